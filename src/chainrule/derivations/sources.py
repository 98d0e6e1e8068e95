"""What is to be differentiated, in all the ways in which it can be given: text, a Python function, an expression."""

from collections.abc import Callable
from typing import Any

from chainrule.derivations import programs
from chainrule.derivations.derivation import HIGHEST_ORDER, Derivation
from chainrule.derivations.gradient import Gradient
from chainrule.derivations.implicit import Implicit
from chainrule.derivations.matrices import sources as arrays
from chainrule.derivations.model import Note
from chainrule.derivations.parametric import Parametric
from chainrule.derivations.parsing import Parsed, parse
from chainrule.derivations.totals import Definitions
from chainrule.errors import ArgumentError, DerivationError
from chainrule.expressions import Expression, Symbol, lift, symbols_of
from chainrule.expressions.names import variable_name


def derive(source: str | Parsed | Expression | Callable, wrt: Any = None, at: Any = None, *, order: int = 1,
           functions=(), variables=(), log: Any = "e", shapes: Any = None, symmetric=(), positive=(),
           cotangent: Any = None) -> Any:  # fmt: skip
    """The derivative of a function, step by step: every rule named, nothing simplified away, checked in numbers.

    Args:
        source: mathematics as one types it ("sqrt(1 + sin(e^(x^2)))"), or LaTeX; equations: "y = 6u^3; u = 7x - 4",
            "x^2 + y^2 = 25" for dy/dx, "x = cos t, y = sin t"; a Python function of numbers, which is run once;
            an expression of `chainrule.expressions`, or a text that `derivations.parsing.parse` has read.
        wrt: the variable; several names for all their partial derivatives; asked for where it is not clear.
        at: a point, as {"x": 0.5}, at which numbers are shown.
        order: of the derivative; mixed ones are `.derivative(wrt=...)` of one another, or "d2/dxdy: x^2 y^3".
        functions, variables: names that are functions (not given), and variables of more than one letter.
        log: the base of log without one, "e" or 10.
        shapes: of vectors and matrices, as {"A": ("m", "n"), "x": "n", "b": 3}; what is not given is deduced. A text
            such as "0.5*x'*A*x" is read as one of matrices by itself; a Python function is where `at` has arrays.
        symmetric, positive: names of matrices that are symmetric, or symmetric and positive definite.
        cotangent: a name for the gradient by the value, where that is a vector or a matrix.

    Returns: a `Derivation` (or a `Gradient`, `Implicit` or `Parametric`): prints as text, and has `result`,
        `simplified`, `factors`, `paths`, `rules`, `notes`, `check`, `python`, `at()`, `derivative()`, `latex()`,
        `mathml()`, `html()` and `json()`.

    Raises:
        ParseError: the text is not understood; the message points at the place.
        DerivationError: the variable is not clear; the function is none of numbers; or, when it is shown, the
            check contradicts the derivation.
        ArgumentError: another argument makes no sense.

    >>> import numpy as np, chainrule as cr
    >>> d = cr.derive("sin(x^2)")
    >>> print(d.result, d.at(x=0.5).factors, d.rules)
    cos(x²)·(2x) (0.9689124217106447, 1.0) ('chain', 'sin', 'power')
    >>> print(cr.derive("norm2(A*x - y)^2", wrt="x").result)
    2 Aᵀ (A x − y)
    >>> print(cr.derive(lambda t: np.exp(-(t**2))).result)
    −e^(−t²)·(2t)
    """
    if not isinstance(order, int) or isinstance(order, bool) or not 1 <= order <= HIGHEST_ORDER:
        raise ArgumentError(f"order={order!r} makes no sense", f"give a whole number from 1 to {HIGHEST_ORDER}")
    names, point = _names(wrt), _checked_point(at)
    about = {"shapes": shapes, "symmetric": symmetric, "positive": positive, "cotangent": cotangent}
    if arrays.is_meant(source, point, **about):
        return arrays.derive(source, names, point, order, functions=functions, variables=variables, log=log, **about)
    if isinstance(source, (str, Parsed)):
        parsed = parse(source, functions, variables, log) if isinstance(source, str) else source
        return _of_text(parsed, names, point, order)
    if isinstance(source, Expression):
        return _explicit(source, names, point, order)
    if not callable(source):
        raise ArgumentError(
            f"a {type(source).__name__} cannot be differentiated", "give text, a Python function, or an expression"
        )
    program = programs.read(source, point)
    names = names or (program.arguments if len(program.arguments) == 1 else None)
    return _explicit(
        program.expression, names, point, order, definitions=program.definitions, output=program.output,
        readings=program.notes, candidates=program.arguments,
    )  # fmt: skip


def _names(wrt):
    """The names of the variables asked for, or None."""
    if wrt is None:
        return None
    given = [wrt] if isinstance(wrt, (str, Symbol)) else list(wrt) if isinstance(wrt, (tuple, list)) else [None]
    names = [one.name if isinstance(one, Symbol) else str(one or "") for one in given]
    if not names or not all(name.strip() for name in names):
        raise ArgumentError(f"wrt={wrt!r} names no variable", "write wrt='x', or wrt=('x', 'y') for several")
    if len(set(names)) < len(names):
        raise ArgumentError(f"wrt={wrt!r} names a variable twice", "name each once; order=2 differentiates twice")
    return [variable_name(name.strip()) for name in names]


def _checked_point(at):
    if at is None:
        return None
    if not isinstance(at, dict) or not all(isinstance(name, str) for name in at):
        raise ArgumentError(f"at={at!r} is no point", "write at={'x': 0.5}")
    return {variable_name(name): value for name, value in at.items()}


def _of_text(parsed, names, point, order):
    point = {**parsed.at, **(point or {})} or None
    readings = [Note(f"reading.{one.code}", one.values, "reading", one.place) for one in parsed.readings]
    common = {"text": parsed.text, "readings": readings}
    if parsed.kind == "implicit":
        return _implicit(parsed, names, point, order, common)
    if parsed.kind == "parametric":
        return _parametric(parsed, names, point, order, common)
    output = parsed.name.name if parsed.name is not None else None
    candidates = [symbol.name for symbol in parsed.arguments] or None
    if parsed.wrt:
        names, mixed = [parsed.wrt[-1]], parsed.wrt[-2::-1]
    else:
        mixed = ()
    found = _explicit(
        parsed.expression, names, point, 1 if parsed.wrt else order, definitions=dict(parsed.substitutions),
        output=output, candidates=candidates, **common,
    )  # fmt: skip
    for name in mixed:
        found = found.derivative(wrt=name)
    return found


def _explicit(expression, names, point, order, definitions=None, output=None, candidates=None, **common) -> Any:
    """The derivation of an expression, with letters that are given by equations of their own."""
    definitions = dict(definitions or {})
    for name in names or ():  # a letter that is differentiated by is a variable, whatever it stands for
        definitions.pop(Symbol(name), None)
    free = [s.name for s in symbols_of(Definitions(definitions).written_out(expression))]
    point, fixed = _split(point, free)
    definitions |= fixed
    if names is None:
        free = [name for name in free if Symbol(name) not in fixed]
        names = [_the_one(candidates or free, free)]
    made = [
        Derivation(expression, Symbol(name), output=output, definitions=definitions, point=point, **common)
        for name in names
    ]
    if len(made) == 1:
        return made[0] if order == 1 else made[0].derivative(order - 1)
    if order > 1:
        raise ArgumentError("a higher order is of one variable at a time", 'use .derivative(wrt="y") of the first one')
    return Gradient(made)


def _split(point, free):
    """The point, where it has a value for every variable; else None, and the values as definitions."""
    if point is None or set(free) == set(point):
        return point, {}
    unknown = [name for name in point if name not in free]
    if unknown:
        do = f"give a number for each of {', '.join(free)}" if free else "leave at= away"
        raise ArgumentError(f"at: {unknown[0]} is no variable of it", do)
    return None, {Symbol(name): lift(value) for name, value in point.items()}


def _the_one(candidates, free):
    """The variable, where there is only one that can be meant."""
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        return "x"
    said = " and ".join([", ".join(candidates[:-1]), candidates[-1]])
    choices = " or ".join(f'wrt="{name}"' for name in candidates[:3])
    raise DerivationError(
        f"the expression has several variables, {said}, and none was named",
        f"say by which to differentiate: {choices}; or all of them: wrt={tuple(candidates)}",
    )


def _implicit(parsed, names, point, order, common):
    left, right = (Definitions(dict(parsed.substitutions)).written_out(side) for side in parsed.equation)
    found = [symbol.name for symbol in symbols_of(left, right)]
    variable = _single(names, parsed.wrt) or ("x" if "x" in found else None)
    others = [name for name in found if name != variable]
    dependent = "y" if "y" in others else others[0] if len(others) == 1 else None
    if variable is None or dependent is None:
        raise DerivationError(
            f"the equation has the variables {', '.join(found) or 'none'}, and it is not clear which depends on which",
            "write it in x and y: dy/dx is then found",
        )
    first = Implicit(left, right, Symbol(variable), Symbol(dependent), point=point, **common)
    order = max(order, len(parsed.wrt))
    return first if order == 1 else first.derivative(order - 1)


def _single(names, asked):
    names = list(dict.fromkeys(asked)) or names
    if names is not None and len(names) > 1:
        raise ArgumentError(f"an equation has one derivative, and wrt names {len(names)}", "name one variable")
    return names[0] if names else None


def _parametric(parsed, names, point, order, common):
    (x, x_of), (y, y_of) = parsed.curve
    written = Definitions(dict(parsed.substitutions)).written_out
    x_of, y_of = written(x_of), written(y_of)
    free = [symbol.name for symbol in symbols_of(x_of, y_of)]
    asked = [name for name in names or () if name not in (x.name, y.name)]
    parameter = asked[0] if asked else _the_one(free, free)
    first = Parametric(x_of, y_of, Symbol(parameter), (x, y), point=point, **common)
    order = max(order, len(parsed.wrt))
    return first if order == 1 else first.derivative(order - 1)
