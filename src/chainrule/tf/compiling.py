"""`tf.function`: a function of tensors, traced once for each kind of call and run as native code."""

import functools
from typing import Any

import numpy

from chainrule.core import tree
from chainrule.core.record import TENSORS
from chainrule.core.spec import dtype_of, shape_of
from chainrule.tf.errors import KindError
from chainrule.tf.tensor import Tensor, convert_to_tensor


def function(func=None, input_signature=None, autograph=True, jit_compile=None, reduce_retracing=False,
             **options) -> Any:  # fmt: skip
    """The function as native code: Python runs once for each kind of call, and its operations from then on.

    It is `chainrule.compile` under TensorFlow's name, and gives what the function gives, in and outside of tapes,
    with tapes inside, and with Variables that it assigns to. A kind of call is what it is in TensorFlow: shapes
    and dtypes of tensors and arrays, the values of Python numbers, texts and flags, and which object others are.
    A print, or another side effect of Python, happens while it is traced only.

    * A Python `if`, `while` or `for` that depends on a tensor is followed under a guard: another outcome traces
      another variant (autograph, in TensorFlow, compiles both sides at once). `autograph` changes nothing.
    * `jit_compile` changes nothing: there is one compiler. With `reduce_retracing` and with shapes in
      `input_signature` that are not known, each shape is still a trace of its own.
    * `input_signature` is checked: other numbers, dtypes or shapes of arguments raise.
    * What cannot be compiled (tf.print, random numbers, .numpy() of a value) runs as it is, with one
      RunsEagerlyWarning that says why. Where llvmlite is not installed, everything does, without a word.

    Returns: a function with `python_function`, `experimental_get_tracing_count()` and what a compiled function of
        chainrule has: `report()`, `why_retraced()`, `variants()`.

    Raises: KindError for arguments that do not fit `input_signature`.

    >>> import chainrule.tf as tf
    >>> @tf.function
    ... def square(x):
    ...     print("tracing")
    ...     return x * x
    >>> square(tf.constant(3.0))
    tracing
    <tf.Tensor: shape=(), dtype=float32, numpy=9.0>
    >>> square(tf.constant(4.0))
    <tf.Tensor: shape=(), dtype=float32, numpy=16.0>
    """
    if func is None:
        return functools.partial(function, input_signature=input_signature, autograph=autograph,
                                 jit_compile=jit_compile, reduce_retracing=reduce_retracing, **options)  # fmt: skip
    try:
        import llvmlite  # noqa: F401
    except ImportError:
        return _Plain(func, input_signature)
    from chainrule.compilation.options import Options
    from chainrule.tf.traced import Function

    return Function(_numeric_results(func), Options(), input_signature)


def _numeric_results(func):
    """The function, with tensors for the numbers and arrays that it returns."""

    @functools.wraps(func)
    def returning(*args, **kwargs):
        return tree.map(_result, func(*args, **kwargs))

    return returning


def _result(leaf):
    if type(leaf) in TENSORS:
        return leaf if isinstance(leaf, Tensor) else leaf.value() if hasattr(leaf, "_rest") else leaf
    numeric = isinstance(leaf, (int, float, complex, numpy.ndarray, numpy.generic))
    return convert_to_tensor(leaf) if numeric else leaf


def given(args, kwargs, specs):
    """The arguments with tensors in place of arrays, as an `input_signature` has them."""
    args = [tree.map(_tensor, arg) for arg in args]
    if specs is None:
        return args, {name: tree.map(_tensor, value) for name, value in kwargs.items()}
    specs = list(specs)
    args = [*args, *kwargs.values()]
    if len(args) != len(specs):
        raise KindError(
            f"the function takes {len(specs)} arguments, as its input_signature says, and was given {len(args)} "
            f"(Binding inputs to tf.function failed)",
            "call it with the arguments of input_signature",
        )
    return [_fitting(i, arg, spec) for i, (arg, spec) in enumerate(zip(args, specs))], {}


def _tensor(leaf):
    return convert_to_tensor(leaf) if isinstance(leaf, (numpy.ndarray, numpy.generic)) else leaf


def _fitting(i, arg, spec):
    tensor = arg if type(arg) in TENSORS else convert_to_tensor(arg, spec.dtype)
    if dtype_of(tensor.node.value) != spec.dtype.dtype:
        raise KindError(
            f"argument {i} has dtype {tensor.dtype.name}, and input_signature says {spec.dtype.name} (Binding inputs "
            "to tf.function failed)",
            f"convert it: tf.cast(x, tf.{spec.dtype.name})",
        )
    shape = shape_of(tensor.node.value)
    known = None if spec.shape is None else tuple(spec.shape)
    if known is not None and (len(known) != len(shape) or any(n not in (None, m) for n, m in zip(known, shape))):
        raise KindError(
            f"argument {i} has shape {shape}, and input_signature says {known} (Binding inputs to tf.function failed)",
            "give an argument of that shape, or None in the signature where lengths differ",
        )
    return tensor


class TensorSpec:
    """What an argument has to be: a shape, with None for lengths that may differ, and a dtype.

    >>> import chainrule.tf as tf
    >>> total = tf.function(lambda x: tf.reduce_sum(x), input_signature=[tf.TensorSpec([None], tf.float32)])
    >>> float(total(tf.ones([3])))
    3.0
    """

    def __init__(self, shape=None, dtype: Any = None, name=None):
        from chainrule.tf import dtypes

        self.shape = None if shape is None else tuple(shape)
        self.dtype, self.name = dtypes.as_dtype(dtypes.float32 if dtype is None else dtype), name

    def __repr__(self):
        return f"TensorSpec(shape={self.shape}, dtype={self.dtype!r}, name={self.name!r})"


class _Plain:
    """A function under tf.function where nothing can be compiled."""

    def __init__(self, func, specs):
        functools.update_wrapper(self, func)
        self.python_function, self._returning, self._specs = func, _numeric_results(func), specs

    def __get__(self, instance, owner=None):
        return self if instance is None else functools.partial(self, instance)

    def __call__(self, *args, **kwargs):
        args, kwargs = given(args, kwargs, self._specs) if self._specs is not None else (args, kwargs)
        return self._returning(*args, **kwargs)
