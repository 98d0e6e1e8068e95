"""From the user's own Python: a function is run once on our Tensors, and its graph is read as expressions.

Loops are unrolled by running. What the program assigns to a variable keeps that name: it becomes a letter with
an equation of its own, so that the factors of the chain are those of the program. Every operation keeps its
line.
"""

import ast
import inspect
import linecache
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from chainrule.core.primitive import Elementwise
from chainrule.core.record import TENSORS
from chainrule.derivations.model import Note
from chainrule.errors import DerivationError
from chainrule.expressions import Apply, Expression, Symbol, lift, symbols_of
from chainrule.ops import CATALOGUE
from chainrule.places import Place
from chainrule.transforms.trace import Trace

_TRIALS = (0.7, 1.3, 0.4, 2.1, -0.6, 0.9, 1.7, 0.2)  # values to run a function at when none are given
_STANDS_STILL = ("positive", "reshape", "ravel", "squeeze", "astype", "broadcast_to")  # of one number: itself


@dataclass
class Program:
    """A function of numbers, read as mathematics.

    Attributes:
        expression: what it returns.
        definitions: its own variables that lead there: Symbol -> expression.
        arguments: the names of its arguments that are variables.
        output: what the returned value is called, or None.
        notes: what the reader should know: a branch that was taken.
    """

    expression: Expression
    definitions: dict
    arguments: list[str]
    output: str | None
    notes: list[Note]


def read(function, at=None) -> Program:
    """The program of a function of numbers.

    Args:
        function: takes numbers, returns one number.
        at: values of arguments to run it at, by name; only needed where the usual ones are outside its domain.

    Raises: DerivationError where it is no function of numbers, or uses what is not known number by number.
    """
    names, values = _arguments(function, dict(at or {}))
    trace = _run(function, names, values)
    leaves = dict(zip(trace.leaves, names))
    output = trace.output
    if type(output) not in TENSORS:
        raise DerivationError(
            f"{_name(function)} returned a {type(output).__name__} that does not depend on its arguments",
            "return the value that you want to differentiate, computed from the arguments",
        )
    reader = _Reader(leaves, set(names))
    expression = reader.read(output.node)
    notes = []
    if reader.branched or _branches(function):
        notes.append(Note("note.branch", {"point": dict(zip(names, values))}, "limit"))
    return Program(
        expression, reader.definitions, names, reader.output or reader.free(_name(function, "")) or None, notes
    )


def _arguments(function, at):
    """The names of the arguments that are variables, and where to run the function."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = [inspect.Parameter("x", inspect.Parameter.POSITIONAL_ONLY)]
    names, values = [], []
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.KEYWORD_ONLY):
            continue
        default = None if parameter.default is parameter.empty else parameter.default
        if parameter.name not in at and default is not None:
            break  # this one and those after it stay as they are
        names.append(parameter.name)
        values.append(at.get(parameter.name))
    unknown = [name for name in at if name not in names]
    if unknown or not names:
        said = f"it has no argument {unknown[0]}" if unknown else "it has no argument"
        raise DerivationError(f"{_name(function)}: {said}", "differentiate by an argument of the function")
    return names, values


def _run(function, names, values):
    """The recorded run, at the first of the usual points where the value is a number."""
    trace: Any = None
    for trial in range(len(_TRIALS)):
        chosen = [_TRIALS[(trial + i) % len(_TRIALS)] if v is None else float(v) for i, v in enumerate(values)]
        trace = Trace(function, tuple(chosen), {}, tuple(range(len(chosen))))
        value = getattr(trace.output, "value", trace.output)
        if getattr(value, "shape", ()) not in ((), (1,)):
            raise DerivationError(
                f"{_name(function)} returned an array of shape {value.shape}, and a derivation is of one number",
                "return one entry, or a sum",
            )
        if math.isfinite(float(value)):
            values[:] = chosen
            return trace
        if all(v is not None for v in values):
            break
    values[:] = [v if v is not None else _TRIALS[0] for v in values]
    return trace


class GraphReader:
    """Reads a recorded graph, from its value back to the arguments.

    A kind of reader adds `_leaf(node)`, `_constant(value)`, `_expression(node, parts, place)` for one link, and
    `_assigned(expression, name, is_root)` for what the program called the result.
    """

    def read(self, root):
        done: dict[Any, Expression] = {}
        stack = [root]
        while stack:
            node = stack[-1]
            missing = [p for p in node.parents if p is not None and p not in done] if node.primitive else []
            if node in done or not missing:
                stack.pop()
                if node not in done:
                    done[node] = self._one(node, done, node is root)
                continue
            stack.extend(missing)
        return done[root]

    def _one(self, node, done, is_root):
        if node.primitive is None:
            return self._leaf(node)
        parts = [self._constant(v) if p is None else done[p] for v, p in zip(node.values, node.parents)]
        place = None if node.code is None else Place(node.code, node.instruction)
        expression = self._expression(node, parts, place)
        return self._assigned(expression, assigned(place) if place is not None else None, is_root)

    def _leaf(self, node) -> Any:
        raise NotImplementedError

    def _constant(self, value) -> Any:
        raise NotImplementedError

    def _expression(self, node, parts, place) -> Any:
        raise NotImplementedError

    def _assigned(self, expression, name, is_root) -> Any:
        raise NotImplementedError


class _Reader(GraphReader):
    """The reader of a program of single numbers."""

    def __init__(self, leaves, used):
        self._leaves, self._used = leaves, used
        self.definitions: dict[Symbol, Expression] = {}
        self.branched = False
        self.output: str | None = None

    def _leaf(self, node):
        return Symbol(self._leaves[node]) if node in self._leaves else self._constant(node.value)

    def _constant(self, value):
        if getattr(value, "shape", ()) not in ((), (1,)):
            raise DerivationError("an array is used in it, and this derivation is of single numbers", "use numbers")
        return number(value)

    def _assigned(self, expression, name, is_root):
        if is_root:
            self.output = self.free(name) if name is not None else None
            return expression
        if name is None or type(expression) is Symbol or not symbols_of(expression):
            return expression
        letter = Symbol(self.free(name))
        self.definitions[letter] = expression
        return letter

    def _expression(self, node, parts, place):
        primitive = node.primitive
        if primitive.name in _STANDS_STILL:
            return parts[0]
        if primitive.name == "where":
            self.branched = True
            return parts[1] if node.values[0] else parts[2]
        if not isinstance(primitive, Elementwise):
            raise DerivationError(
                f"{primitive.name} works on arrays, and this derivation is of single numbers",
                "write the function entry by entry",
                place,
            )
        if primitive.name == "square":
            return Apply(CATALOGUE["power"], (parts[0], 2), place=place)
        if primitive.name == "reciprocal":
            return Apply(CATALOGUE["divide"], (1, parts[0]), place=place)
        return Apply(primitive, parts, node.params or None, place=place)

    def free(self, name):
        """The name, with a number where it is taken already."""
        if name not in self._used:
            self._used.add(name)
            return name
        number = 1
        while f"{name}{number}" in self._used:
            number += 1
        self._used.add(f"{name}{number}")
        return f"{name}{number}"


def number(value):
    """A number that a program uses, as an expression."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, complex):
        raise DerivationError("a complex number is used in it", "use real numbers")
    return lift(int(value) if isinstance(value, bool) else value)


def _name(function, default="the function"):
    name = getattr(function, "__name__", "")
    return name if name.isidentifier() and name != "<lambda>" else default


def _branches(function) -> bool:
    """Whether the source of the function, where it can be read, branches on values."""
    code: Any = getattr(function, "__code__", None)
    tree = None if code is None else _tree(code.co_filename)
    if code is None or tree is None:
        return False
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
            if first == code.co_firstlineno:
                return any(isinstance(part, (ast.If, ast.IfExp, ast.While)) for part in ast.walk(node))
    return False


@lru_cache(maxsize=16)
def _tree(filename):
    """The syntax tree of a source file, or None where it cannot be read."""
    try:
        return ast.parse("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError, RecursionError):
        return None


@lru_cache(maxsize=16)
def _targets(filename):
    """Where each value that is assigned to one name stands: (line, end line, column, end column) -> the name."""
    tree = _tree(filename)
    found = {}
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            value, name = node.value, node.targets[0].id
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            value, name = node, node.target.id
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            value, name = node.value, node.target.id
        else:
            continue
        found[value.lineno, value.end_lineno, value.col_offset, value.end_col_offset] = name
    return found


def assigned(place):
    """The variable that the value at a place is assigned to, or None."""
    return _targets(place.filename).get(place.position)
