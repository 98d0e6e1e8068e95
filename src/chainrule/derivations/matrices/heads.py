"""The functions of vectors and matrices by the names that people type, as rooms.

Each takes the elaborator, the node and its typed arguments, and gives a typed value. Norms and the like that
are no rooms of their own are written out: norm1(x) is the sum of the absolute values.
"""

from typing import Any

from chainrule.expressions import Abstract, Apply, Comparison, Number, Symbol, exact
from chainrule.ops import CATALOGUE

_COUNTS = {"outer": (2,), "dot": (2,), "inner": (2,), "hadamard": (2,), "solve": (2,), "crossentropy": (2,)}
_REDUCTIONS = {"sum": "sum", "mean": "mean", "prod": "prod", "var": "var", "std": "std", "maximum": "max",
               "minimum": "min", "logsumexp": "logsumexp", "softmax": "softmax"}  # fmt: skip


def apply(elaborator, node, parts):
    """The typed value of a head; a function that is unknown is refused."""
    if node.name not in _HEADS:
        elaborator.fail(node, f"{node.name} is no function of vectors or matrices that is known here",
                        f"the known ones are {', '.join(sorted(_HEADS))}")  # fmt: skip
    wanted = _COUNTS.get(node.name, (1, 2) if node.name in _REDUCTIONS else (1,))
    if len(node.children) not in wanted:
        count = f"{' or '.join(map(str, wanted))} argument{'s' if wanted != (1,) else ''}"
        do = f"write {node.name}({', '.join('AB'[: wanted[0]])})"
        elaborator.fail(node, f"{node.name} takes {count}, not {len(node.children)}", do)
    return _HEADS[node.name](elaborator, node, *parts)


def names_axis(node):
    """Whether the second argument of a node is an axis: sum(X, 1), max(X, axis=0)."""
    if type(node) is not Abstract or node.name not in _REDUCTIONS or len(node.children) != 2:
        return False
    named = type(node.children[1]) is Comparison
    return named or node.name not in ("maximum", "minimum") and type(exact(node.children[1])) is int


def _axis(elaborator, node, x):
    """The axis that a second argument names, or None."""
    if len(node.children) == 1:
        return None
    argument = node.children[1]
    if type(argument) is Comparison:
        named = argument.relation == "=" and type(argument.left) is Symbol and argument.left.name == "axis"
        argument = argument.right if named else argument
    axis: Any = exact(argument)
    if type(axis) is not int or not -len(x.shape) <= axis < len(x.shape):
        elaborator.fail(node, "the second argument is an axis: 0 for down the columns, 1 for along the rows",
                        f"write {node.name}(X, 1)")  # fmt: skip
    return axis % len(x.shape)


def _reduction(elaborator, node, x, other=None):
    name = _REDUCTIONS[node.name]
    if other is not None:
        if name in ("max", "min"):
            return _larger(elaborator, node, x, other)
        elaborator.fail(node, f"the second argument of {node.name} is an axis", f"write {node.name}(X, 1)")
    axis = _axis(elaborator, node, x)
    if not x.shape:
        elaborator.fail(node, f"{node.name} is of a vector or a matrix, and this is a number", "give shapes=")
    if name == "softmax" and axis is None and len(x.shape) == 2:
        elaborator.fail(node, "softmax of a matrix is along an axis", "write softmax(X, 1) for shares in each row")
    params = {"axis": axis} if name == "softmax" else {"axis": axis, "keepdims": False}
    if name in ("var", "std"):
        params["ddof"] = 0
    return elaborator.room(node, name, x, side=x.side if name == "softmax" else None, **params)


def _larger(elaborator, node, a, b):
    """max(a, b), entry by entry."""
    room = CATALOGUE[node.name]
    relu = exact(a.node) == 0 and node.name == "maximum"
    return elaborator._entrywise(
        node, (a, b), lambda *nodes: Apply(room, nodes, None, "relu" if relu else None, node.place)
    )


def _trace(elaborator, node, x):
    return elaborator.room(node, "trace", x)


def _log_determinant(elaborator, node, x):
    return elaborator.room(node, "logabsdet", x)


def _diag(elaborator, node, x):
    """A vector on the diagonal of a matrix, or the diagonal of a matrix."""
    return elaborator.room(node, "diagonal" if len(x.shape) == 2 else "diag", x)


def _norm(elaborator, node, x):
    if len(x.shape) == 2 and node.name == "norm2":
        elaborator.fail(
            node, "the largest singular value has no rule here", "write normF(X) for the root of all squares"
        )
    if not x.shape:
        elaborator.fail(
            node, "a norm is of a vector or a matrix, and this is a number", "write abs(x), or give shapes="
        )
    return elaborator.room(node, "norm", x, axis=None, keepdims=False)


def _absolute_norm(elaborator, node, x):
    """norm1 is the sum of the absolute values, norminf the largest of them."""
    sizes = elaborator.room(node, "absolute", x, side=x.side)
    return elaborator.room(node, "sum" if node.name == "norm1" else "max", sizes, axis=None, keepdims=False)


def _outer(elaborator, node, a, b):
    if len(a.shape) != 1 or len(b.shape) != 1:
        elaborator.fail(node, "outer takes two vectors", "write outer(u, v)")
    return elaborator.outer(node, a, b)


def _dot(elaborator, node, a, b):
    if len(a.shape) == len(b.shape) == 2:  # the inner product of matrices
        product = elaborator.room(node, "multiply", a, b)
        return elaborator.room(node, "sum", product, axis=None, keepdims=False)
    return elaborator._dot(Abstract(".", node.arguments, place=node.place), a, b)


def _hadamard(elaborator, node, a, b):
    return elaborator._abstract(Abstract(".*", node.arguments, place=node.place), (a, b))


def _transpose(elaborator, node, x):
    return elaborator._transpose(node, x)


def _cross_entropy(elaborator, node, p, label):
    """-ln p_k for a class k, or -Σ t ln p for shares t."""
    target = label if label.shape else _one_hot(elaborator, node, label, p)
    logs = elaborator.room(node, "log", p, side=p.side)
    products = elaborator._entrywise(node, (target, logs), lambda *nodes: Apply(CATALOGUE["multiply"], nodes))
    total = elaborator.room(node, "sum", products, axis=None, keepdims=False)
    return elaborator.room(node, "negative", total)


def _one_hot(elaborator, node, label, like=None):
    """The vector that is 1 at place k and 0 elsewhere, as a symbol that says so."""
    shape = like.shape[-1:] if like is not None else (elaborator.sizes.open(),)
    name = f"onehot({label.node})"
    symbol = Symbol(name, shape)
    elaborator.shapes.setdefault(name, shape)
    return type(label)(symbol, shape, "column")


def names_size(node):
    """Whether the argument of a node is a size: ones(n), eye(3)."""
    return type(node) is Abstract and node.name in ("ones", "eye") and len(node.children) == 1


def _ones(elaborator, node):
    """ones(n): a vector of ones; eye(n): the identity."""
    argument = node.children[0]
    size = argument if type(argument) is Symbol else exact(argument)
    if not isinstance(size, Symbol) and (type(size) is not int or size < 1):
        elaborator.fail(node, f"{node.name} takes a size", f"write {node.name}(n), or {node.name}(3)")
    ones = elaborator.constant(Number(1), (size,), node)
    return elaborator.room(node, "diag", ones) if node.name == "eye" else ones


def _filled(elaborator, node, number):
    """vector(c) and matrix(c): c for every entry of what fits there."""
    if number.shape:
        elaborator.fail(node, f"{node.name} takes a number", f"write {node.name}(1)")
    count = 1 if node.name == "vector" else 2
    return elaborator.constant(number.node, tuple(elaborator.sizes.open() for _ in range(count)), node)


def _inverse(elaborator, node, x):
    return elaborator.room(node, "inv", x)


def _determinant(elaborator, node, x):
    return elaborator.room(node, "det", x)


def _cholesky(elaborator, node, x):
    return elaborator.room(node, "cholesky", x)


def _solve(elaborator, node, a, b):
    return elaborator.room(node, "solve", a, b)


_HEADS = {
    **dict.fromkeys(_REDUCTIONS, _reduction),
    **dict.fromkeys(("tr", "trace"), _trace),
    **dict.fromkeys(("norm", "norm2", "normF"), _norm),
    **dict.fromkeys(("norm1", "norminf"), _absolute_norm),
    **dict.fromkeys(("dot", "inner"), _dot),
    **dict.fromkeys(("chol", "cholesky"), _cholesky),
    **dict.fromkeys(("ones", "eye"), _ones),
    **dict.fromkeys(("vector", "matrix"), _filled),
    "det": _determinant,
    "logdet": _log_determinant,
    "inv": _inverse,
    "diag": _diag,
    "outer": _outer,
    "crossentropy": _cross_entropy,
    "onehot": _one_hot,
    "solve": _solve,
    "transpose": _transpose,
    "hadamard": _hadamard,
}
