"""Random well-shaped expressions of vectors and matrices, with letters for sizes."""

from hypothesis import strategies as st

from chainrule.expressions import Symbol
from chainrule.expressions.arrays import ARRAYS, Array
from chainrule.expressions.shapes import same_shape

M, N = Symbol("m"), Symbol("n")
SYMBOLS = {
    "s": (),
    "t": (),
    "x": (N,),
    "v": (N,),
    "y": (M,),
    "A": (M, N),
    "B": (N, N),
    "C": (M, M),
    "D": (M, N),
}
SHAPES = [(), (N,), (M,), (M, N), (N, M), (N, N), (M, M)]
_FUNCTIONS = ("sin", "tanh", "exp", "arctan", "sigmoid", "cos", "square", "negative")


def leaves(shape):
    """Symbols of a shape; transposed ones too."""
    found = [Array.of(Symbol(name, own)) for name, own in SYMBOLS.items() if same_shape(own, shape)]
    if len(shape) == 2:
        turned = [Symbol(name, own) for name, own in SYMBOLS.items() if same_shape(own[::-1], shape) and len(own) == 2]
        found += [ARRAYS.transpose(Array.of(symbol)) for symbol in turned]
    return found


@st.composite
def arrays(draw, shape, depth):
    """An Array of a shape, of at most that many operations inside each other."""
    if depth == 0:
        return draw(st.sampled_from(leaves(shape)))
    part = lambda own, less=1: draw(arrays(own, draw(st.integers(0, depth - less))))
    choice = draw(st.sampled_from(_choices(shape)))
    if choice == "leaf":
        return draw(st.sampled_from(leaves(shape)))
    if choice == "function":
        return getattr(ARRAYS, draw(st.sampled_from(_FUNCTIONS)))(part(shape) * 0.5)
    if choice in ("add", "subtract", "multiply"):
        return getattr(ARRAYS, choice)(part(shape), part(shape))
    if choice == "scale":
        return part(()) * part(shape)
    if choice == "divide":
        return part(shape) / (1.5 + ARRAYS.square(part(() if draw(st.booleans()) else shape)))
    if choice == "maximum":
        return ARRAYS.maximum(part(shape), 0.3)  # two parts may tie wherever they are the same
    if choice == "spread":
        return part(()) + part(shape)
    return _shaped(draw, part, shape, choice)


def _choices(shape):
    common = ["leaf", "function", "add", "subtract", "multiply"]
    if not shape:
        return [*common, "inner", "form", "sum", "norm", "trace", "mean", "divide", "logsumexp"]
    common += ["scale", "divide", "spread", "maximum", "matmul"]
    if len(shape) == 1:
        return [*common, "row sums", "column sums", "diagonal", "softmax", "row matmul", "solve"]
    square = ["diag", "inverse"] if same_shape(shape[:1], shape[1:]) else []
    return [*common, "outer", "transpose", "rows scaled", *square]


def _shaped(draw, part, shape, choice):
    size = draw(st.sampled_from([M, N]))
    other = draw(st.sampled_from([M, N]))
    if choice == "inner":
        return part((size,)) @ part((size,))
    if choice == "form":
        return part((size,)) @ part((size, other)) @ part((other,))
    if choice in ("sum", "mean"):
        return getattr(ARRAYS, choice)(part(draw(st.sampled_from(SHAPES[1:]))))
    if choice == "norm":
        return ARRAYS.norm(1.5 + ARRAYS.square(part((size,))), axis=None, keepdims=False)
    if choice == "trace":
        return ARRAYS.trace(part((size, size)))
    if choice == "logsumexp":
        return ARRAYS.logsumexp(part((size,)), axis=None, keepdims=False)
    if choice == "matmul":
        return part((shape[0], size)) @ part((size, *shape[1:]))
    if choice == "row matmul":
        return part((size,)) @ part((size, shape[0]))
    if choice == "row sums":
        return ARRAYS.sum(part((shape[0], size)), axis=1)
    if choice == "column sums":
        return ARRAYS.sum(part((size, shape[0])), axis=0)
    if choice == "diagonal":
        return ARRAYS.diagonal(part((shape[0], shape[0])))
    if choice == "softmax":
        return ARRAYS.softmax(part(shape), axis=None)
    if choice == "outer":
        column, row = part(shape[:1]), part(shape[1:])
        return ARRAYS.expand_dims(column, 1) * ARRAYS.expand_dims(row, 0)
    if choice == "transpose":
        return ARRAYS.transpose(part(shape[::-1]))
    if choice == "rows scaled":
        return ARRAYS.expand_dims(part(shape[:1]), 1) * part(shape)
    if choice == "diag":
        return ARRAYS.diag(part(shape[:1]))
    well = 3 * ARRAYS.diag(ARRAYS.broadcast_to(1, (shape[0],))) + ARRAYS.tanh(part((shape[0], shape[0]))) * 0.3
    return ARRAYS.inv(well) if choice == "inverse" else ARRAYS.solve(well, part(shape))
