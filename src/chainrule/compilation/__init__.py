"""Functions as native code: trace a run, simplify the program, run it without Python.

Reading order: `function` (what `compile` returns, and which variant serves a call), `traced` (values that
write down what is done with them), `program` (what is written), `rolling` (equal steps as loops), `simplify`,
`schedule` (what shares a loop), `plan` (how it runs), `native` (machine code; the sole importer of llvmlite).
"""

from chainrule.errors import ArgumentError, MissingPackageError


def compile(function, *, variants=8, fullgraph=False, precise=False, donate=(), cache=None, budget=10.0, threads=1):
    """The function as native code: traced once for each kind of call, simplified, and run without Python.

    The first call runs the function on traced values, which take part in NumPy's dispatch. What it asks of
    NumPy is written down, and later calls of the same structure, shapes and dtypes run what was written.
    A branch that depends on a value becomes a guard; where a later call would take another way, another
    variant is traced. So a compiled function gives what the function itself gives:

    * What cannot be followed (assignment into arrays, random numbers, printing a value, an argument that is
      no number, array or tree of them, more than 30,000 steps) runs eagerly, with one RunsEagerlyWarning
      that says why.
    * A Python loop is run in the trace, trip by trip, and its trips, if they are equal steps, are one loop of the
      program again: with what they hand on, entries `x[i]` of arrays, numbers of their own, and loops inside; so is
      the walk back through them. A loop of 20,000 trips takes as long to compile as one of 200, beside the trace.
    * Whole numbers, booleans, texts and functions among the arguments are constants of a program; another
      one is another variant.
    * `isinstance(x, np.ndarray)` is true of what stands for an array; `type(x) is np.ndarray` is not, and takes
      the other branch.
    * Names that the function takes from outside are compared at each call, and arrays among them are read anew
      where they meet an argument. What is computed from them alone is a constant; where there is such a thing, the
      contents of arrays are compared too, which takes time: pass them in. Printing a constant, or another side
      effect, happens in a trace only.
    * Arguments are never changed (but see `donate`), and results are fresh arrays in C order. NumPy's warnings are
      not given. A call of more than some 0.1 ms lets other threads of Python run meanwhile.
    * Tensors may be arguments, found outside, changed in place and returned. A gradient flows through the call as
      through one link, whose pullback is native code too; a `backward` inside grows `.grad` as it does eagerly.

    Args:
        function: any function, also what `grad`, `value_and_grad`, `jacobian`, `hessian` or `jvp` returns.
        variants: how many ways through the branches are compiled for one kind of call; past that, such
            calls run eagerly.
        donate: names or positions of arguments whose arrays are not needed afterwards. A result of the same shape
            and dtype may then be such an array itself, overwritten, where nothing else reads its memory.
        cache: a directory where machine code is kept for later processes, or True for the user's own (on Linux
            ~/.cache/chainrule); tracing is done anew. By default nothing is written to disk. Several processes may
            share it; files that are damaged or cannot be written are no error; 256 MiB are kept.
        budget: seconds; a program that would take longer to compile, as its steps are counted (no clock is asked),
            runs eagerly, and that is said.
        threads: how many share a loop of more than some 0.3 ms. Sums are then made of parts that do not depend on
            how many there are: the result is the same for 2 and for 20.
        fullgraph: raise NotCompiledError instead of running the function eagerly.
        precise: whether exp, sin, pow and their kin give the bits of the C library's functions, which are called
            for every entry. Otherwise functions of arrays are computed in vector registers, within 2 units in the
            last place for exp, log, hypot and cbrt, and 4 for the others. (Powers of arrays with an exponent of
            2, 0.5, -1, 1 or 0 are products and roots either way, as in NumPy. Sums have another order than NumPy's
            either way, too.)

    Returns: a `CompiledFunction`: call it as the function. `variants()`, `why_retraced()` and `report()` tell what
        was done, `traces` and `eager_calls` count.

    Raises: ArgumentError for what is not a function, or has no such argument to donate; MissingPackageError where
        llvmlite is not installed.

    >>> import numpy as np, chainrule as cr
    >>> def loss(w, x, b, y):
    ...     a = 1 / (1 + np.exp(-(w * x + b)))
    ...     return (a - y) ** 2
    >>> fast = cr.compile(cr.value_and_grad(loss))
    >>> fast(0.5, 2.0, 0.0, 1.0) == cr.value_and_grad(loss)(0.5, 2.0, 0.0, 1.0)
    True
    >>> fast(0.25, 2.0, 0.0, 1.0) == cr.value_and_grad(loss)(0.25, 2.0, 0.0, 1.0)
    True
    >>> fast.traces
    1
    """
    try:
        import llvmlite  # noqa: F401
    except ImportError:
        raise MissingPackageError(
            "compile makes native code with llvmlite, which is not installed",
            "pip install 'chainrule[native]' (or pip install llvmlite); without it, call the function as it is",
        ) from None
    if type(threads) is not int or threads < 1:
        raise ArgumentError(f"threads={threads!r} is no number of threads", "give 1, 2, ...")
    from chainrule.compilation.function import Compiled
    from chainrule.compilation.native.cache import Cache, usual
    from chainrule.compilation.options import Options

    kept = None if cache is None or cache is False else Cache(usual() if cache is True else cache)
    return Compiled(function, Options(variants, fullgraph, precise, donate, kept, budget, threads))
