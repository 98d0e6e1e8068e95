"""The formula of a link, from the primitive's own room, and the check that it is the rule that ran."""

import contextlib
import re

import numpy

from chainrule.core import reverse
from chainrule.core.selection import plain, times
from chainrule.core.spec import dtype_of, shape_of
from chainrule.errors import ExplanationError
from chainrule.explanations.collect import graph as collect
from chainrule.explanations.rules import symbols


def slope(step, i, names, numbers=False):
    """The local derivative by argument i as the room writes it, on symbols; None where it has none."""
    primitive = step.primitive
    if getattr(primitive, "partials", None) is None:
        return None
    xs = names.arguments(step, numbers)
    try:
        with numpy.errstate(all="ignore"):
            return primitive.slope(symbols.SYMBOLS, i, names.symbol(step, numbers), *xs)
    except (TypeError, AttributeError, ValueError):
        return None  # a rule may use what symbols lack; the link is then shown by its numbers alone


def checked(step, i, names, g, c):
    """The local derivative by argument i as a Symbol; None where no formula holds at this point.

    Args:
        g, c: what arrives at the link in the backward walk, and what the link passes on.

    Raises: ExplanationError where the formula's value is not the slope that the walk multiplied by.
    """
    raw = slope(step, i, names)
    if raw is None:
        return None
    with numpy.errstate(all="ignore"):
        expected = reverse.fit(plain(times(numpy, g, symbols.evaluated(raw))), step.parents[i].value)
    if collect.agree(expected, c, dtype_of(step.parents[i].value)):
        return symbols.written(raw)
    if numpy.isfinite(numpy.asarray(plain(c))).all() and not numpy.isfinite(numpy.asarray(expected)).all():
        return None  # the walk took a special case, as for the slope of x**n where n and x are 0
    raise ExplanationError(
        f"the rule of {step.primitive.name} does not agree with itself: its formula reads "
        f"{symbols.written(raw)}, which gives {_short(expected)}, and the backward walk used {_short(c)}",
        "nothing is shown, since one of the two is wrong; mend the rule, and run check_grads on it",
        step.place,
    )


def _short(value):
    value = plain(value)
    return symbols.compact(value) if not shape_of(value) else f"an array of norm {collect.norm(value):.6g}"


def words(step, i):
    """How a cotangent, G, passes through a link that has no formula: the room's phrase."""
    return words_of(step.primitive, i, step.params or {})


def words_of(primitive, i, params):
    """The same, of a primitive with these parameters."""
    values = _Params(params)
    phrase = getattr(primitive, "words", "") or f"the slope of {primitive.name} at this point"
    if not isinstance(phrase, str):
        phrase = phrase[i] if i < len(phrase) else phrase[-1]
    with contextlib.suppress(IndexError, ValueError, AttributeError):  # a phrase with brackets of its own
        phrase = phrase.format_map(values)
    phrase = re.sub(r"the (summed )?axes (None|\{axis\})", "all axes" if "axis" in params else "the axes", phrase)
    return re.sub(r"\bthe cotangent\b", "G", phrase)


def times_g(slope):
    """What becomes of G by a slope, a Symbol."""
    if slope.number == 1:
        return "G"
    if slope.opposite is not None:
        return "−G" if slope.number == -1 else f"−G·{slope.opposite.inside(symbols.PRODUCT)}"
    return f"G·{slope.inside(symbols.PRODUCT)}"


def lettered(phrase, texts, result):
    """A room's phrase with the user's names for A, B and Y."""
    letters = dict(zip("AB", texts)) | {"Y": result}
    return re.sub(r"(?<!\w)([ABY])(?=[ᵀ⁻]| G|$)", lambda found: letters.get(found[1], found[1]), phrase)


class _Params(dict):
    def __missing__(self, key):
        return "{" + key + "}"
