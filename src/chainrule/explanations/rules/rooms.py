"""A framework's operation and the room that is the same function: whose formula it then has.

Rooms hold the only table of derivatives; what stands here is names. An operation that has no room is given
its framework's own rule in words.
"""

import re
from typing import Any

import numpy

from chainrule.explanations.rules import formulas, symbols
from chainrule.ops import CATALOGUE

# The framework's name, without the affixes of its gradient nodes -> ours.
SAME = {
    "sub": "subtract", "rsub": "subtract", "add_v2": "add", "bias_add": "add", "mul": "multiply", "div": "divide",
    "real_div": "divide", "neg": "negative", "pow": "power", "integer_pow": "power", "mm": "matmul",
    "bmm": "matmul", "mv": "matmul", "mat_mul": "matmul", "batch_mat_mul_v2": "matmul", "batch_mat_mul": "matmul",
    "dot_general": "matmul", "dot": "matmul", "t": "transpose", "permute": "transpose", "view": "reshape",
    "unsafe_view": "reshape", "reshape_alias": "reshape", "expand": "broadcast_to",
    "broadcast_in_dim": "broadcast_to", "unsqueeze": "expand_dims", "select": "get_item", "slice": "get_item",
    "index": "get_item", "gather": "get_item", "strided_slice": "get_item", "dynamic_slice": "get_item",
    "select_n": "where", "select_v2": "where", "reduce_sum": "sum", "cat": "concatenate",
    "concat_v2": "concatenate", "abs": "absolute", "clamp": "clip", "logistic": "sigmoid", "to_copy": "astype",
    "convert_element_type": "astype", "cast": "astype",
}  # fmt: skip

# What has no room of ours, argument by argument, in words; A, B ... are the arguments, Y the value.
WORDS = {
    "addmm": ("G, summed over the rows", "G Cᵀ", "Bᵀ G"),
    "relu": ("G where A > 0, else 0",),
    "softmax": ("Y·(G − (the sum of G·Y))",),
    "log_softmax": ("G − exp(Y)·(the sum of G)",),
    "mse_loss": ("G·2·(A − B), divided by the number of entries",),
    "layer_norm": ("G without its mean and its part along Y, divided by the deviation",),
    "gelu": ("G times the slope of gelu",),
    "silu": ("G times the slope of silu",),
    "convolution": ("G convolved with the flipped kernel", "A correlated with G", "G, summed over batch and space"),
    "rsqrt": ("G·(−Y³/2)",),
    "nll_loss": ("−G at the entry of the right class, divided by the number of rows",),
    "dropout": ("G where kept, scaled up",),
    "embedding": ("G, added up at the rows that were looked up",),
    "clone": ("G",),
    "astype": ("G in the dtype of the argument",),
    "stop_gradient": ("nothing: the gradient is cut here",),
}  # fmt: skip


def snake(name):
    """AddmmBackward0, BatchMatMulV2 -> addmm, batch_mat_mul_v2."""
    out = []
    for i, letter in enumerate(name):
        if letter.isupper() and i and (name[i - 1].islower() or (name[i + 1 : i + 2].islower() and name[i - 1] != "_")):
            out.append("_")
        out.append(letter.lower())
    return "".join(out)


def same(name):
    """The room's name for a framework's operation, or the name as it is."""
    return SAME.get(name, name)


def formula(op, argument, names, result):
    """What becomes of G, as the room writes it with these names; "" where there is neither room nor words.

    Args:
        op: the operation, by our name where there is one.
        argument: which argument.
        names: what the arguments are called, all of them.
        result: what the value is called.
    """
    phrase = WORDS.get(op)
    if phrase is None:
        return _of_room(op, argument, names, result)
    said = phrase[min(argument, len(phrase) - 1)]
    letters = dict(zip("ABC", map(_closed, names))) | {"Y": _closed(result)}
    return "".join(letters.get(c, c) if _alone(said, i) else c for i, c in enumerate(said))


def _alone(text, i):
    before, after = text[i - 1 : i], text[i + 1 : i + 2]
    return text[i] in "ABCY" and not before.isalpha() and not (after.isalpha() and after not in "ᵀ")


def _closed(name):
    """A name as it may stand beside a sign: in brackets where it is an expression."""
    plain = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", name)
    return name if re.fullmatch(r"[\w.#]+", plain) else f"({name})"


def _of_room(op, argument, names, result):
    closure = CATALOGUE.get(op)
    if closure is None:
        return ""
    room: Any = getattr(closure, "primitive", closure)
    sample = numpy.array([0.25, 0.5])
    xs = [_symbol(name, sample) for name in names]
    if getattr(room, "partials", None) is None:
        phrase = formulas.words_of(room, argument, {})
        return formulas.lettered(phrase, [symbols.lift(x).inside(symbols.ATOM) for x in xs], _closed(result))
    if len(room.partials) != len(xs):
        return ""
    try:
        with numpy.errstate(all="ignore"):
            raw = room.slope(symbols.SYMBOLS, argument, _symbol(result, sample), *xs)
        slope = symbols.written(raw)
    except Exception:  # a rule may use what symbols lack; the link is then shown without a formula
        return ""
    return formulas.times_g(slope)


def _symbol(name, sample):
    try:
        return float(name) if "." in name or "e" in name else int(name)
    except ValueError:
        return symbols.named(name, sample, symbols.ATOM if _closed(name) == name else symbols.LOOSE)
