"""The program that a traced run is written down as: one list of instructions in single assignment.

An instruction names a NumPy function (most bear the name of their room) and has operands: variables, each
with a shape and a dtype, and constants. Guards stand where the run took a branch: they state what a value
must be for the rest of the program to be right.
"""

import functools
import operator
from dataclasses import dataclass, field
from typing import Any

import numpy

from chainrule.errors import ChainruleError

_KEYED = 4096  # entries; larger constants are the same where they are one object
LOOPS = ("scan", "while")  # instructions with programs inside: see `scans`


class Variable:
    """One value of a program.

    Attributes:
        number: its place in the program, for printing.
        shape, dtype: what NumPy found them to be.
        kind: "float" for a weak Python float, "scalar" for a NumPy scalar, "array" for an array.
    """

    __slots__ = ("dtype", "kind", "number", "shape")

    def __init__(self, number, shape, dtype, kind):
        self.number, self.shape, self.dtype, self.kind = number, shape, dtype, kind

    def __repr__(self):
        return f"%{self.number}"

    @property
    def described(self):
        """The dtype and the shape in words: `float64[3,4]`, `float` for a weak number."""
        if self.kind == "float":
            return "float"
        return f"{self.dtype}" + (f"[{','.join(map(str, self.shape))}]" if self.kind == "array" else "")

    def fit(self, value):
        """A value that NumPy computed as this variable holds it; None where its shape or dtype is another one."""
        if self.kind == "float":
            return float(value)
        value = numpy.asarray(value)
        if value.shape != self.shape or value.dtype != self.dtype:
            return None
        return value if self.kind == "array" else value[()]


class Constant:
    """A value that is the same in every call of the program."""

    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value

    def __repr__(self):
        value = self.value
        if isinstance(value, numpy.ndarray) and value.size > 4:
            return f"{value.dtype}[{','.join(map(str, value.shape))}]{{...}}"
        return repr(value.tolist() if isinstance(value, (numpy.ndarray, numpy.generic)) else value)


@dataclass(eq=False, slots=True)
class Instruction:
    """`outputs = function(*inputs, **params)`.

    Attributes:
        name: what it is called when printed, and what native code knows it by.
        function: what computes it with NumPy.
        inputs: Variables and Constants.
        params: what is fixed: an axis, a shape, an index.
        outputs: the Variables it makes; none for a guard.
        place: the line of the user's program, or None.
    """

    name: str
    function: Any
    inputs: tuple
    params: dict
    outputs: tuple
    place: Any = None

    def variables(self):
        """The operands that are variables."""
        return [x for x in self.inputs if type(x) is Variable]

    def __str__(self):
        params = [f"{name}={_short(value)}" for name, value in self.params.items()]
        call = f"{self.name}({', '.join([*map(repr, self.inputs), *params])})"
        if not self.outputs:
            return call
        inside = f" {self.function!r}" if self.name in LOOPS else ""
        made = f"{', '.join(map(repr, self.outputs))} : {', '.join(v.described for v in self.outputs)}"
        return f"{made} = {call}{inside}"


def _short(value):
    text = repr(value).replace("\n", " ")
    return text if len(text) < 60 else text[:57] + "..."


@functools.cache
def spelled(dtype):
    """The name of a dtype ("float64"), which NumPy puts together anew each time."""
    return str(dtype)


def key_of(value):
    """A parameter or a constant as a key: equal where they are the same bit by bit."""
    if isinstance(value, (numpy.ndarray, numpy.generic)):
        return (spelled(value.dtype), value.shape, value.tobytes(), type(value)) if value.size <= _KEYED else id(value)
    if type(value) is float:
        return value.hex()
    if isinstance(value, (tuple, list)):
        return type(value), tuple(map(key_of, value))
    if isinstance(value, slice):
        return slice, value.start, value.stop, value.step
    return type(value), value


def alike(x, y):
    """Whether two variables are of one shape, dtype and kind."""
    return (x.shape, x.dtype, x.kind) == (y.shape, y.dtype, y.kind)


def with_inputs(one, inputs):
    """The instruction with other operands."""
    return Instruction(one.name, one.function, tuple(inputs), one.params, one.outputs, one.place)


def guard(variable, expected, place):
    """An instruction that states what a variable must be."""
    return Instruction("guard", None, (variable,), {"is": expected}, (), place)


@dataclass(eq=False)
class Program:
    """A traced run.

    Attributes:
        arguments: one Variable for each number or array among the arguments.
        captured: `(Variable, array)` for each array that the function reads from outside.
        instructions: in the order of the run.
        results: one operand for each leaf of the result.
        rebuild: from a list of the results to what the function returns.
        notes: what was done to the program, for a reader, in lines.
    """

    arguments: list
    captured: list
    instructions: list
    results: list
    rebuild: Any = None
    notes: list = field(default_factory=list)

    def inputs(self):
        """Every variable that comes from outside."""
        return [*self.arguments, *(variable for variable, _ in self.captured)]

    def guards(self):
        return [one for one in self.instructions if one.name == "guard"]

    def replaced(self, instructions, results=None):
        """The program with other instructions (and results)."""
        results = self.results if results is None else results
        return Program(self.arguments, self.captured, instructions, results, self.rebuild, list(self.notes))

    def __str__(self):
        lines = list(self.notes)
        lines += ["inputs " + ", ".join(f"{v!r} : {v.described}" for v in self.inputs())]
        lines += [f"  {one}" for one in self.instructions]
        lines += ["results " + ", ".join(map(repr, self.results))]
        return "\n".join(lines)


class BrokenProgramError(ChainruleError, AssertionError):
    """A pass over a program left it without sense. This is an error of the library, not of yours.

    Tests verify every program after every pass; a user never meets this one.
    """


def verify(program):
    """Raise BrokenProgramError unless every operand is defined before it is read, once, and is used as it is."""
    defined = set(program.inputs())
    if len(defined) != len(program.inputs()):
        raise BrokenProgramError("an input stands twice among the inputs", "report this")
    for one in program.instructions:
        for x in one.inputs:
            if type(x) is Variable and x not in defined:
                raise BrokenProgramError(f"{x} is read before it is made, in: {one}", "report this")
            if type(x) not in (Variable, Constant):
                raise BrokenProgramError(f"an operand is a {type(x).__name__}, in: {one}", "report this")
        for y in one.outputs:
            if y in defined:
                raise BrokenProgramError(f"{y} is made twice, in: {one}", "report this")
            defined.add(y)
        if one.name in LOOPS:
            (_verify_loop if one.name == "scan" else _verify_while)(one)
    for result in program.results:
        if type(result) is Variable and result not in defined:
            raise BrokenProgramError(f"the result {result} is never made", "report this")
    return program


def _verify_loop(one):
    """Raise BrokenProgramError unless the operands of a `scan` are what its body takes and gives (see `Scan`)."""
    loop = one.function
    body, carried, end = loop.body, loop.carried, loop.carried + loop.sliced
    verify(body)
    if len(one.inputs) != len(body.arguments) or len(one.outputs) != len(body.results) or loop.trips < 1:
        raise BrokenProgramError(f"a loop has other operands than its body, in: {one}", "report this")
    pairs = list(zip(body.arguments, one.inputs)) + list(zip(body.arguments[:carried], body.results[:carried]))
    pairs += zip(body.arguments[:carried], one.outputs[:carried])
    for i, (inner, outer) in enumerate(pairs):
        shape, dtype, kind = _described(outer)
        stack = carried <= i < end
        own = (loop.trips, *inner.shape) if stack else inner.shape
        if shape != own or dtype != inner.dtype or not stack and kind not in (inner.kind, None):
            raise BrokenProgramError(f"{outer} does not fit {inner} : {inner.described}, in: {one}", "report this")
    for inner, outer in zip(body.results[carried:], one.outputs[carried:]):
        shape, dtype, _ = _described(inner)
        if (outer.shape, outer.dtype, outer.kind) != ((loop.trips, *shape), dtype, "array"):
            raise BrokenProgramError(f"{outer} does not fit what is kept of {inner}, in: {one}", "report this")


def _verify_while(one):
    """Raise BrokenProgramError unless the operands of a `while` are what its programs take and give."""
    loop = one.function
    asked, done, carried = *loop.programs(), loop.carried
    verify(asked)
    verify(done)
    carries, read = one.inputs[:carried], one.inputs[carried : carried + loop.read]
    pairs = list(
        zip([*asked.arguments, *done.arguments], [*carries, *read, *carries, *one.inputs[carried + loop.read :]])
    )
    pairs += [*zip(done.arguments, done.results), *zip(done.arguments, one.outputs)]
    if not len(done.results) == len(one.outputs) == carried or len(asked.results) != 1:
        raise BrokenProgramError(f"a loop has other operands than its programs, in: {one}", "report this")
    for inner, outer in pairs:
        if _described(outer)[:2] != (inner.shape, inner.dtype):
            raise BrokenProgramError(f"{outer} does not fit {inner} : {inner.described}, in: {one}", "report this")


def _described(x):
    """Shape, dtype and kind of an operand; a kind of None for a constant."""
    if type(x) is Variable:
        return x.shape, x.dtype, x.kind
    return numpy.shape(x.value), numpy.result_type(x.value), None


class GuardFailed(Exception):
    """A value is not what a guard states; `instruction` is that guard, `value` what was found."""

    def __init__(self, instruction, value):
        self.instruction, self.value = instruction, value


class Raises(GuardFailed):
    """NumPy raises for these values: the function itself is to do so, or to go on from there."""


# What NumPy raises errors about that depend on values: kept, though nothing may need the result.
RAISING = frozenset("solve inv cholesky eigh eigvalsh eig eigvals svd svdvals lstsq pinv matrix_power qr".split())

# Calls whose results have the same shapes and dtypes whatever the values are. What others give must be looked at.
STEADY = frozenset(
    """
    argmax argmin sort argsort partition argpartition round around einsum tile searchsorted digitize isin interp kron
    tensordot inner outer vdot cross convolve correlate median percentile quantile nanmedian norm fft ifft rfft irfft
    """.split()
) | {
    f"{name} as called"
    for name in "sum prod max min any all reshape transpose concatenate cumsum cumprod astype".split()
}


def same(expected, value):
    """Whether a value is what a guard states: the same bits for a float, so that NaN is itself and 0.0 not -0.0."""
    if type(expected) is float:
        return expected.hex() == float(value).hex()
    return bool(expected == value)


def run(instruction, values):
    """Compute one instruction with NumPy; `values` (Variable -> value) receives what it makes."""
    inputs = [values[x] if type(x) is Variable else x.value for x in instruction.inputs]
    if instruction.name == "guard":
        if not same(instruction.params["is"], inputs[0]):
            raise GuardFailed(instruction, inputs[0])
        return
    try:
        found = instruction.function(*inputs, **instruction.params)
    except (GuardFailed, KeyboardInterrupt):
        raise
    except Exception as raised:
        raise Raises(instruction, raised) from None
    for output, one in zip(instruction.outputs, (found,) if len(instruction.outputs) == 1 else found):
        values[output] = fitted = output.fit(one)
        if fitted is None:  # how many entries a mask selects, say
            raise GuardFailed(instruction, f"{numpy.result_type(one)} of shape {numpy.shape(one)}")


def interpret(program, inputs):
    """The results of a program, computed by NumPy one instruction after another.

    Args:
        inputs: one value for each of `program.inputs()`.

    Raises: GuardFailed where a guard does not hold.
    """
    values = dict(zip(program.inputs(), inputs))
    with numpy.errstate(all="ignore"):
        for instruction in program.instructions:
            run(instruction, values)
    return [values[x] if type(x) is Variable else x.value for x in program.results]


def index(x, index):
    """x[index], the function behind `getitem` instructions."""
    return operator.getitem(x, index)
