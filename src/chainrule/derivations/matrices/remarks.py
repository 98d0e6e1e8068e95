"""What to know about a derivative of arrays besides the result: shapes as read, the layout, the domain, kinks."""

from chainrule.core.primitive import Elementwise
from chainrule.derivations.conditions import conditions, exactly
from chainrule.derivations.model import Note
from chainrule.expressions import EXPRESSIONS, Apply, Comparison, walk
from chainrule.expressions.shapes import rank, shape_of, written
from chainrule.expressions.text import letter

_INVERTIBLE = ("inv", "solve", "logabsdet")
_POSITIVE = ("softmax", "exp", "sigmoid")  # functions whose value is positive whatever comes in
_MOST = 6


def notes(derivation):
    """The notes of one derivation."""
    if derivation.deduced:
        shapes = shapes_said({name: derivation.shapes[name] for name in derivation.deduced})
        yield Note("note.shapes-deduced", {"shapes": shapes}, "reading")
    if derivation.known:
        yield Note("note.arrays-used", {"names": ", ".join(letter(name) for name in derivation.known)}, "reading")
    yield _layout(derivation)
    names = [name for name in derivation.symmetric if name in derivation.shapes]
    if names:
        yield Note("note.symmetric", {"names": ", ".join(sorted(names))}, "convention")
    yield from _domain(derivation)
    yield from _kinks(derivation)


def shapes_said(shapes):
    """Shapes in a line: A (m, n), x (n,)."""
    return ", ".join(f"{letter(name)} {written(shape) if shape else '()'}" for name, shape in shapes.items())


def _layout(derivation):
    values = {"x": derivation.variable, "y": derivation.output, "shape": written(derivation.variable.shape)}
    if derivation.layout == "cotangent":
        values |= {"g": derivation.cotangent, "of": written(derivation.output.shape)}
    if derivation.layout == "jacobian":
        values["shape"] = written(shape_of(derivation.result))
    return Note(f"note.layout-{derivation.layout}", values, "convention")


def _domain(derivation):
    found, empty = conditions(derivation.expression)
    for condition in found[:_MOST]:
        if empty:
            yield Note("note.empty-domain", {"condition": condition})
        elif not _always(condition):
            each = "note.domain-entries" if rank(condition.left) else "note.domain"
            yield Note(each, {"condition": condition})
    seen = set()
    for node in walk(derivation.expression):
        if type(node) is Apply and node.name in _INVERTIBLE and id(node.arguments[0].plain) not in seen:
            seen.add(id(node.arguments[0].plain))
            yield Note("note.invertible", {"matrix": node.arguments[0]})
        if type(node) is Apply and node.name == "cholesky":
            yield Note("note.definite", {"matrix": node.arguments[0]})


def _always(condition):
    """Whether a condition asks for the sign of what is positive anyway."""
    return type(condition.left) is Apply and condition.left.name in _POSITIVE


def _kinks(derivation):
    moving = {id(derivation.variable)}
    for node in walk(derivation.expression):
        if type(node) is not Apply or not any(id(part.plain) in moving for part in node.arguments):
            continue
        moving.add(id(node.plain))
        if node.name == "norm":
            yield Note("note.norm-zero", {"of": node.arguments[0]}, "kink")
        elif node.name in ("max", "min"):
            yield Note("note.one-extreme", {"of": node.arguments[0]}, "kink")
        elif isinstance(node.primitive, Elementwise):
            for one, other in node.primitive.kinks(EXPRESSIONS, *exactly(node.arguments)):
                yield Note("note.sides-meet", {"equation": Comparison("=", one, other)}, "kink")
