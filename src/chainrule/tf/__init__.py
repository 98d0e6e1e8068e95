"""TensorFlow programs with one line changed: `import chainrule.tf as tf`.

Names, argument orders, defaults, dtypes and messages are TensorFlow's; the graph and the derivatives are
chainrule's. docs/tf-semantics.md lists what is the same and what is deliberately different.

>>> import chainrule.tf as tf
>>> w = tf.Variable(0.5)
>>> x_val = tf.constant(2.0)
>>> y = tf.constant(1.0)
>>> with tf.GradientTape() as tape:
...     z = w * x_val
...     a = tf.sigmoid(z)
...     loss = (a - y) ** 2
>>> print(tape.gradient(loss, w).numpy())
-0.21150835
"""

from chainrule.tf import autodiff, dtypes, errors, linalg, math, nn, random
from chainrule.tf import tracing as _tracing  # noqa: F401  what compiled functions have to know of tapes
from chainrule.tf.arrays import (
    boolean_mask,
    broadcast_to,
    concat,
    expand_dims,
    eye,
    fill,
    gather,
    gather_nd,
    linspace,
    meshgrid,
    one_hot,
    ones,
    ones_like,
    pad,
    range,
    rank,
    repeat,
    reshape,
    reverse,
    roll,
    scatter_nd,
    searchsorted,
    shape,
    size,
    split,
    squeeze,
    stack,
    tensor_scatter_nd_add,
    tensor_scatter_nd_update,
    tile,
    transpose,
    unique,
    unstack,
    zeros,
    zeros_like,
)  # fmt: skip
from chainrule.tf.arrays import slice_ as slice
from chainrule.tf.clipping import clip_by_global_norm, clip_by_norm
from chainrule.tf.compiling import TensorSpec, function
from chainrule.tf.dtypes import (
    DType,
    TensorShape,
    as_dtype,
    complex64,
    complex128,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)  # fmt: skip
from chainrule.tf.dtypes import bool_ as bool
from chainrule.tf.functions import (
    cond,
    custom_gradient,
    map_fn,
    numpy_function,
    py_function,
    recompute_grad,
    stop_gradient,
    vectorized_map,
    while_loop,
)  # fmt: skip
from chainrule.tf.linalg import einsum, matmul, norm, tensordot
from chainrule.tf.module import Module
from chainrule.tf.pointwise import (
    abs,
    acos,
    acosh,
    add,
    add_n,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cast,
    clip_by_value,
    complex,
    cos,
    cosh,
    divide,
    equal,
    exp,
    floor,
    greater,
    greater_equal,
    identity,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    maximum,
    minimum,
    multiply,
    negative,
    not_equal,
    pow,
    round,
    saturate_cast,
    sigmoid,
    sign,
    sin,
    sinh,
    sqrt,
    square,
    subtract,
    tan,
    tanh,
    truediv,
    where,
)  # fmt: skip
from chainrule.tf.reductions import (
    argmax,
    argmin,
    argsort,
    cumsum,
    reduce_all,
    reduce_any,
    reduce_logsumexp,
    reduce_max,
    reduce_mean,
    reduce_min,
    reduce_prod,
    reduce_sum,
    sort,
)  # fmt: skip
from chainrule.tf.tape import GradientTape, UnconnectedGradients
from chainrule.tf.tensor import Tensor, constant, convert_to_tensor, is_tensor
from chainrule.tf.variable import Variable

newaxis, double, half = None, float64, float16

# fmt: off
__all__ = [
    "DType", "GradientTape", "Module", "Tensor", "TensorShape", "TensorSpec", "UnconnectedGradients", "Variable",
    "abs", "acos", "acosh", "add", "add_n", "argmax", "argmin", "argsort", "as_dtype", "asin", "asinh", "atan",
    "atan2", "atanh", "autodiff", "bool", "boolean_mask", "broadcast_to", "cast", "clip_by_global_norm",
    "clip_by_norm", "clip_by_value", "complex", "complex128", "complex64", "concat", "cond", "constant",
    "convert_to_tensor", "cos", "cosh", "cumsum", "custom_gradient", "divide", "double", "dtypes", "einsum", "equal",
    "errors", "exp", "expand_dims", "eye", "fill", "float16", "float32", "float64", "floor", "function", "gather",
    "gather_nd", "greater", "greater_equal", "half", "identity", "int16", "int32", "int64", "int8", "is_tensor",
    "less", "less_equal", "linalg", "linspace", "logical_and", "logical_not", "logical_or", "map_fn", "math",
    "matmul", "maximum", "meshgrid", "minimum", "multiply", "negative", "newaxis", "nn", "norm", "not_equal",
    "numpy_function", "one_hot", "ones", "ones_like", "pad", "pow", "py_function", "random", "range", "rank",
    "recompute_grad", "reduce_all", "reduce_any", "reduce_logsumexp", "reduce_max", "reduce_mean", "reduce_min",
    "reduce_prod", "reduce_sum", "repeat", "reshape", "reverse", "roll", "round", "saturate_cast", "scatter_nd",
    "searchsorted", "shape", "sigmoid", "sign", "sin", "sinh", "size", "slice", "sort", "split", "sqrt", "square",
    "squeeze", "stack", "stop_gradient", "subtract", "tan", "tanh", "tensor_scatter_nd_add",
    "tensor_scatter_nd_update", "tensordot", "tile", "transpose", "truediv", "uint16", "uint32", "uint64", "uint8",
    "unique", "unstack", "vectorized_map", "where", "while_loop", "zeros", "zeros_like",
]
