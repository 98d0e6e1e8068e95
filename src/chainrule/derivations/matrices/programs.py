"""From the user's own NumPy: a function is run once at example arrays, and its graph is read as an expression.

>>> import numpy as np
>>> program = read(lambda X, w: np.sum(np.exp(X @ w)), {"X": np.ones((3, 2)), "w": np.ones(2)})
>>> print(program.expression)
sum(exp(X w))
"""

import inspect
import itertools
from dataclasses import dataclass
from typing import Any

import numpy

from chainrule.core.record import TENSORS
from chainrule.derivations.model import Note
from chainrule.derivations.programs import GraphReader, number
from chainrule.errors import ArgumentError, DerivationError
from chainrule.expressions import Apply, Comparison, Expression, Number, Piecewise, Symbol
from chainrule.ops import CATALOGUE
from chainrule.transforms.trace import Trace

_PASSES = ("positive", "astype", "real", "conjugate")  # of real arrays: themselves


@dataclass
class Program:
    """A function of arrays, read as mathematics.

    Attributes:
        expression: what it returns, of symbols that have the shapes of the examples.
        arguments: the names of its arguments that are variables.
        known: name -> array, for arrays that the function uses without being given them.
        named: the program's own variables that lead there: name -> expression.
        output: what the returned value is called, or None.
        notes: what the reader should know.
    """

    expression: Expression
    arguments: list[str]
    known: dict
    named: dict
    output: str | None
    notes: list[Note]


def read(function, examples) -> Program:
    """The program of a function of arrays.

    Args:
        examples: name of an argument -> an array or a number to run it at.

    Raises: ArgumentError for arguments without an example; DerivationError where the value depends on none.
    """
    names, values = _arguments(function, examples)
    trace = Trace(function, tuple(values), {}, tuple(range(len(values))))
    output = trace.output
    if type(output) not in TENSORS:
        raise DerivationError(
            f"the function returned a {type(output).__name__} that does not depend on its arguments",
            "return the value that you want to differentiate, computed from the arguments",
        )
    reader = _Reader(function, dict(zip(trace.leaves, names)))
    expression = reader.read(output.node)
    name = getattr(function, "__name__", "")
    output_name = reader.output or (name if name.isidentifier() and name not in names else None)
    return Program(expression, names, reader.known, reader.named, output_name, reader.notes)


def _arguments(function, examples):
    try:
        parameters = [
            one for one in inspect.signature(function).parameters.values()
            if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
        ]  # fmt: skip
    except (TypeError, ValueError):
        raise ArgumentError(
            "the arguments of the function are not known by name", "give a function of Python"
        ) from None
    names = [one.name for one in parameters]
    unknown = [name for name in examples if name not in names]
    if unknown:
        raise ArgumentError(f"the function has no argument {unknown[0]}", f"its arguments are {', '.join(names)}")
    values = []
    for one in parameters:
        if one.name not in examples and one.default is one.empty:
            raise ArgumentError(f"{one.name} has no example value", f"give one: at={{{one.name!r}: ...}}")
        if one.name not in examples:
            break
        value = examples[one.name]
        values.append(numpy.asarray(value, dtype=float) if numpy.ndim(value) else float(value))
    return names[: len(values)], values


class _Reader(GraphReader):
    """The reader of a program of arrays."""

    def __init__(self, function, leaves):
        self._leaves, self._used = leaves, set(leaves.values())
        self._arrays = _arrays_known_to(function)
        self.known: dict[str, Any] = {}
        self.named: dict[str, Expression] = {}
        self.notes: list[Note] = []
        self.output: str | None = None

    def _leaf(self, node):
        if node in self._leaves:
            return Symbol(self._leaves[node], numpy.shape(node.value))
        return self._constant(node.value)

    def _assigned(self, expression, name, is_root):
        if is_root:
            self.output = name if name not in self._used else None
        elif name is not None and name not in self._used and type(expression) is Apply:
            self._used.add(name)
            self.named[name] = expression
        return expression

    def _expression(self, node, parts, place):
        name = node.primitive.name
        if name in _PASSES:
            return parts[0]
        if name == "where":
            if not any(note.id == "note.mask" for note in self.notes):
                self.notes.append(Note("note.mask", {}, "limit"))
            return Piecewise(((Comparison(">", parts[0], Number(0)), parts[1]),), parts[2], place=place)
        if name == "square":
            return Apply(CATALOGUE["power"], (*parts, Number(2)), place=place)
        params = dict(node.params or {})
        if any(isinstance(one, numpy.ndarray) for value in params.values() for one in _flat(value)):
            raise DerivationError(
                f"{name} picks entries by an array of places, which has no closed form in matrices",
                "use whole axes, products and masks, or chainrule.grad for the numbers",
                place,
            )
        return Apply(node.primitive, parts, params or None, place=place)

    def _constant(self, value):
        """A number as it is; an array as a symbol, by the name that the function knows it by."""
        if not numpy.ndim(value):
            return number(value)
        array = numpy.asarray(value)
        if array.dtype.kind == "c":
            raise DerivationError("a complex array is used in it", "use real numbers")
        name = next((name for name, known in self._arrays.items() if known is value), None)
        name = name or next((name for name, known in self.known.items() if known is value), None)
        if name is None:
            taken = self._used | set(self.known)
            name = next(f"C{i}" for i in itertools.count(1) if f"C{i}" not in taken)
        self.known[name] = array.astype(float) if array.dtype.kind in "biu" else array
        return Symbol(name, array.shape)


def _arrays_known_to(function):
    """The arrays that a function finds in its surroundings, by name."""
    try:
        found = inspect.getclosurevars(function)
    except (TypeError, ValueError):
        return {}
    surroundings = {**found.globals, **found.nonlocals}
    return {name: value for name, value in surroundings.items() if isinstance(value, numpy.ndarray)}


def _flat(value):
    return value if isinstance(value, tuple) else (value,)
