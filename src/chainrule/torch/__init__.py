"""PyTorch programs with one line changed: `import chainrule.torch as torch`.

Names, argument orders, defaults, dtypes and messages are PyTorch's; the graph and the derivatives are
chainrule's. docs/torch-semantics.md lists what is the same and what is deliberately different.

>>> import chainrule.torch as torch
>>> w = torch.tensor(0.5, requires_grad=True)
>>> loss = (torch.sigmoid(w * torch.tensor(2.0)) - torch.tensor(1.0)) ** 2
>>> loss.backward()
>>> print(w.grad.item())
-0.2115083485841751
"""

import math

from chainrule.torch import autograd, fft, func, linalg, nn, utils
from chainrule.torch import methods as _methods  # attaches methods and operators to Tensor
from chainrule.torch.autograd.anomaly import (
    is_anomaly_enabled,
)
from chainrule.torch.autograd.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from chainrule.torch.compiling import compile
from chainrule.torch.dtypes import bool_ as bool
from chainrule.torch.dtypes import (
    complex64,
    complex128,
    dtype,
    finfo,
    float16,
    float32,
    float64,
    get_default_dtype,
    iinfo,
    int8,
    int16,
    int32,
    int64,
    promote_types,
    result_type,
    set_default_dtype,
    uint8,
)
from chainrule.torch.factories import (
    BoolTensor,
    DoubleTensor,
    FloatTensor,
    Generator,
    IntTensor,
    LongTensor,
    arange,
    as_tensor,
    asarray,
    bernoulli,
    complex,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    logspace,
    manual_seed,
    multinomial,
    normal,
    ones,
    ones_like,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
    scalar_tensor,
    tensor,
    zeros,
    zeros_like,
)
from chainrule.torch.func import (
    vmap,
)
from chainrule.torch.pointwise import (
    abs,
    acos,
    acosh,
    add,
    addcdiv,
    addcmul,
    allclose,
    angle,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    ceil,
    clamp,
    clamp_max,
    clamp_min,
    clip,
    conj,
    copysign,
    cos,
    cosh,
    deg2rad,
    div,
    eq,
    equal,
    erf,
    erfc,
    exp,
    exp2,
    expm1,
    float_power,
    floor,
    floor_divide,
    fmax,
    fmin,
    fmod,
    frac,
    ge,
    gt,
    heaviside,
    hypot,
    imag,
    is_tensor,
    isclose,
    isfinite,
    isinf,
    isnan,
    le,
    lerp,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logaddexp2,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    logit,
    lt,
    maximum,
    minimum,
    mul,
    nan_to_num,
    ne,
    neg,
    nonzero,
    positive,
    pow,
    rad2deg,
    real,
    reciprocal,
    relu,
    remainder,
    round,
    rsqrt,
    rsub,
    sigmoid,
    sign,
    sin,
    sinc,
    sinh,
    sqrt,
    square,
    sub,
    tan,
    tanh,
    trunc,
    where,
)
from chainrule.torch.printing import (
    set_printoptions,
)
from chainrule.torch.products import (
    addmm,
    addmv,
    baddbmm,
    bmm,
    chain_matmul,
    cosine_similarity,
    cross,
    dot,
    einsum,
    ger,
    inner,
    kron,
    matmul,
    mm,
    mv,
    outer,
    tensordot,
    trace,
    vdot,
)
from chainrule.torch.reductions import (
    all,
    amax,
    amin,
    any,
    argmax,
    argmin,
    argsort,
    bincount,
    count_nonzero,
    cumprod,
    cumsum,
    diff,
    dist,
    kthvalue,
    log_softmax,
    logsumexp,
    max,
    mean,
    median,
    min,
    nanmean,
    nansum,
    norm,
    prod,
    quantile,
    softmax,
    sort,
    std,
    std_mean,
    sum,
    topk,
    unique,
    var,
    var_mean,
)
from chainrule.torch.shapes import (
    broadcast_tensors,
    broadcast_to,
    cat,
    chunk,
    clone,
    concat,
    concatenate,
    diag,
    diagonal,
    flatten,
    flip,
    fliplr,
    flipud,
    gather,
    hstack,
    index_add,
    index_select,
    masked_fill,
    masked_select,
    meshgrid,
    movedim,
    narrow,
    permute,
    repeat_interleave,
    reshape,
    roll,
    rot90,
    scatter,
    scatter_add,
    select,
    split,
    squeeze,
    stack,
    t,
    take,
    take_along_dim,
    tensor_split,
    tile,
    transpose,
    tril,
    triu,
    unbind,
    unflatten,
    unsqueeze,
    vstack,
)
from chainrule.torch.tensor import (
    Size,
    Tensor,
    device,
)

# Second names

absolute = abs
arccos = acos
arccosh = acosh
arcsin = asin
arcsinh = asinh
arctan = atan
arctan2 = atan2
arctanh = atanh
cdouble = complex128
cfloat = complex64
det = linalg.det
divide = div
double = float64
fix = trunc
float = float32
greater = gt
greater_equal = ge
half = float16
int = int32
inverse = linalg.inv
less = lt
less_equal = le
long = int64
matrix_power = linalg.matrix_power
moveaxis = movedim
multiply = mul
negative = neg
not_equal = ne
short = int16
sgn = sign
slogdet = linalg.slogdet
subtract = sub
swapaxes = transpose
swapdims = transpose
true_divide = div
row_stack = vstack
e, inf, nan, newaxis, pi = math.e, math.inf, math.nan, None, math.pi

del _methods, math

# fmt: off
__all__ = [
    "BoolTensor", "DoubleTensor", "FloatTensor", "Generator", "IntTensor", "LongTensor", "Size", "Tensor",
    "abs", "absolute", "acos", "acosh", "add", "addcdiv", "addcmul",
    "addmm", "addmv", "all", "allclose", "amax", "amin", "angle", "any", "arange", "arccos",
    "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "argmax", "argmin", "argsort",
    "as_tensor", "asarray", "asin", "asinh", "atan", "atan2", "atanh", "autograd", "baddbmm",
    "bernoulli", "bincount", "bmm", "bool", "broadcast_tensors", "broadcast_to", "cat", "cdouble",
    "ceil", "cfloat", "chain_matmul", "chunk", "clamp", "clamp_max", "clamp_min", "clip", "clone",
    "compile", "complex", "complex128", "complex64", "concat", "concatenate", "conj", "copysign", "cos",
    "cosh", "cosine_similarity", "count_nonzero", "cross", "cumprod", "cumsum", "deg2rad", "det",
    "device", "diag", "diagonal", "diff", "dist", "div", "divide", "dot", "double", "dtype", "e",
    "einsum", "empty", "empty_like", "enable_grad", "eq", "equal", "erf", "erfc", "exp", "exp2", "expm1", "eye",
    "fft", "finfo", "fix", "flatten", "flip", "fliplr", "flipud", "float", "float16", "float32", "float64",
    "float_power", "floor", "floor_divide", "fmax", "fmin", "fmod", "frac", "from_numpy", "full",
    "full_like", "func", "gather", "ge", "ger", "get_default_dtype", "greater", "greater_equal",
    "gt", "half", "heaviside", "hstack", "hypot", "iinfo", "imag", "index_add", "index_select",
    "inf", "inference_mode", "inner", "int", "int16", "int32", "int64", "int8", "inverse",
    "is_anomaly_enabled", "is_grad_enabled", "is_inference_mode_enabled", "is_tensor", "isclose",
    "isfinite", "isinf", "isnan", "kron", "kthvalue", "le", "lerp", "less", "less_equal", "linalg",
    "linspace", "log", "log10", "log1p", "log2", "log_softmax", "logaddexp", "logaddexp2",
    "logical_and", "logical_not", "logical_or", "logical_xor", "logit", "logspace", "logsumexp",
    "long", "lt", "manual_seed", "masked_fill", "masked_select", "matmul", "matrix_power", "max",
    "maximum", "mean", "median", "meshgrid", "min", "minimum", "mm", "moveaxis", "movedim", "mul",
    "multinomial", "multiply", "mv", "nan", "nan_to_num", "nanmean", "nansum", "narrow", "ne",
    "neg", "negative", "newaxis", "nn", "no_grad", "nonzero", "norm", "normal", "not_equal", "ones",
    "ones_like", "outer", "permute", "pi", "positive", "pow", "prod", "promote_types", "quantile", "rad2deg",
    "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm", "real",
    "reciprocal", "relu", "remainder", "repeat_interleave", "reshape", "result_type", "roll",
    "rot90", "round", "row_stack", "rsqrt", "rsub", "scalar_tensor", "scatter", "scatter_add",
    "select", "set_default_dtype", "set_grad_enabled", "set_printoptions", "sgn", "short",
    "sigmoid", "sign", "sin", "sinc", "sinh", "slogdet", "softmax", "sort", "split", "sqrt",
    "square", "squeeze", "stack", "std", "std_mean", "sub", "subtract", "sum", "swapaxes",
    "swapdims", "t", "take", "take_along_dim", "tan", "tanh", "tensor", "tensor_split", "tensordot",
    "tile", "topk", "trace", "transpose", "tril", "triu", "true_divide", "trunc", "uint8", "unbind",
    "unflatten", "unique", "unsqueeze", "utils", "var", "var_mean", "vdot", "vmap", "vstack", "where", "zeros",
    "zeros_like",
]
