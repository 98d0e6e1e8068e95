"""Expressions over tf.*: values, dtypes, shapes and gradients are compared with TensorFlow's.

`a`, `b`, `c` are (2, 3), `s` (3, 3) and well conditioned, `v`, `w` (3,), `p` (2, 3) in (0.2, 0.8), `n` a
number, all Variables; `i` integers (2, 3) below 3, `m` a mask (2, 3).
"""

from parity.operands import INDEX, LEAVES, MASK, expressions

POINTWISE = """
tf.exp(a); tf.math.expm1(a); tf.math.log(p); tf.math.log1p(p); tf.sqrt(p); tf.math.rsqrt(p); tf.sin(a); tf.cos(a)
tf.tan(p); tf.asin(p); tf.acos(p); tf.atan(a); tf.sinh(a); tf.cosh(a); tf.tanh(a); tf.asinh(a); tf.acosh(1 + p)
tf.atanh(p); tf.sigmoid(a); tf.nn.softplus(a); tf.math.log_sigmoid(a); tf.math.reciprocal(a); -a; tf.abs(a)
tf.square(a); tf.nn.relu(a); tf.sign(a); tf.floor(a); tf.math.ceil(a); tf.round(a); a + b; a - b; a * b; a / b
a + 1; 1 - a; 2 * a; 1 / a; 3.0 / a; a ** 2; a ** 3; p ** 0.5; p ** b; 2.0 ** a; a // 0.5; a % 1.5; a + n; n * a
tf.add(a, b); tf.subtract(a, b); tf.multiply(a, b); tf.divide(a, b); tf.pow(p, 1.5); tf.negative(a)
tf.math.squared_difference(a, b); tf.atan2(a, b); tf.maximum(a, b); tf.minimum(a, b); tf.maximum(a, 0.0)
tf.clip_by_value(a, -0.5, 0.5); tf.where(m, a, b); tf.where(m, a, 0.0); tf.where(a > 0, a, -b)
tf.math.divide_no_nan(a, b); tf.math.multiply_no_nan(a, b); tf.math.xlogy(p, p); tf.math.xlog1py(p, p)
tf.math.xdivy(p, p); tf.cast(a, tf.float64); tf.identity(a); tf.add_n([a, b, c]); tf.math.polyval([a, b, a], c)
tf.zeros_like(a) + a; tf.ones_like(a) * b; a * tf.cast(m, a.dtype); tf.math.floormod(a, 0.7 * b)
tf.stop_gradient(a) * a; tf.math.is_nan(a); tf.logical_not(m); a > b; a <= b; tf.equal(a, b)
tf.logical_and(m, a > 0)
"""

REDUCTIONS = """
tf.reduce_sum(a); tf.reduce_sum(a, 0); tf.reduce_sum(a, axis=1, keepdims=True); tf.reduce_sum(a, [0, 1])
tf.reduce_mean(a); tf.reduce_mean(a, -1); tf.reduce_prod(a); tf.reduce_prod(a, 1); tf.reduce_max(a)
tf.reduce_max(a, 1); tf.reduce_min(a, 0); tf.math.reduce_variance(a); tf.math.reduce_std(a, 1)
tf.reduce_logsumexp(a); tf.reduce_logsumexp(a, 1, keepdims=True); tf.math.reduce_euclidean_norm(a, 1); tf.norm(a)
tf.norm(a, axis=1); tf.norm(a, 1); tf.norm(a, ord=3, axis=0); tf.norm(a, ord=float("inf")); tf.norm(s, 1, [0, 1])
tf.norm(s, float("inf"), [0, 1]); tf.cumsum(a, 1); tf.cumsum(a, 1, exclusive=True); tf.cumsum(a, 0, reverse=True)
tf.cumsum(a, 1, exclusive=True, reverse=True); tf.math.cumprod(a, 1); tf.math.cumprod(a, 1, exclusive=True)
tf.sort(a, 1); tf.sort(a, axis=0, direction="DESCENDING"); tf.argsort(a, 1); tf.argmax(a); tf.argmax(a, 1)
tf.argmin(a, 1); tf.math.top_k(a, 2)[0]; tf.math.top_k(a, 2).indices; tf.reduce_all(m, 1); tf.reduce_any(m)
tf.math.count_nonzero(m); tf.reduce_sum(i); tf.reduce_mean(i); tf.reduce_max(i, 0)
tf.math.unsorted_segment_sum(a, [1, 0], 3); tf.math.segment_sum(s, [0, 0, 1]); tf.linalg.global_norm([a, b])
tf.clip_by_norm(a, 1.0); tf.clip_by_norm(a, 100.0); tf.clip_by_global_norm([a, b], 1.0)[0][1]
"""

SHAPES = """
tf.reshape(a, [3, 2]); tf.reshape(a, [-1]); tf.reshape(a, (1, -1)); tf.transpose(a); tf.transpose(a[None], [1, 2, 0])
tf.squeeze(a[None]); tf.squeeze(a[None], 0); tf.expand_dims(a, 0); tf.expand_dims(a, -1); tf.tile(v, [2])
tf.tile(a, [1, 2]); tf.repeat(v, 2); tf.repeat(a, 2, 1); tf.repeat(a, [1, 2], 0); tf.broadcast_to(v, [2, 3])
tf.concat([a, b], 0); tf.concat([a, b], axis=-1); tf.stack([a, b]); tf.stack([v, w], axis=1); tf.unstack(a)[1]
tf.unstack(a, axis=1)[2]; tf.split(a, 3, 1)[2]; tf.split(a, [1, 2], 1)[1]; tf.split(v, [1, -1])[1]; tf.reverse(a, [1])
tf.roll(a, 1, 1); tf.pad(a, [[1, 0], [0, 2]]); tf.pad(a, [[0, 0], [1, 1]], constant_values=2.5)
tf.pad(a, [[0, 0], [1, 1]], "REFLECT"); tf.pad(a, [[1, 1], [0, 0]], mode="SYMMETRIC"); a[0]; a[:, 1]; a[1, 2]
a[..., 0]; a[None, 0]; a[:, ::2]; a[:, ::-1]; a[tf.constant(1)]; a[m]; tf.gather(s, i); tf.gather(a, [2, 0], axis=1)
tf.gather(a, i[:, :2], batch_dims=1, axis=1); tf.gather_nd(a, [[0, 1], [1, 2]]); tf.gather_nd(a, [[1]])
tf.boolean_mask(a, m); tf.boolean_mask(a, [True, False]); tf.slice(a, [0, 1], [2, -1]); tf.meshgrid(v, w)[0]
tf.meshgrid(v, w, indexing="ij")[1]; tf.one_hot(i, 3); tf.one_hot([0, 2], 3, axis=0); tf.linspace(n, 5.0, 4)
tf.scatter_nd([[1], [3]], v[:2], [5]); tf.tensor_scatter_nd_update(v, [[1]], [9.0])
tf.tensor_scatter_nd_add(v, [[1], [1]], w[:2]); tf.fill([2, 2], n); tf.eye(2); tf.eye(2, 3); tf.eye(2, batch_shape=[2])
tf.range(4); tf.range(1, 7, 2); tf.range(0.0, 1.0, 0.25); tf.zeros([2]); tf.ones((1, 2)); tf.rank(a); tf.shape(a)
tf.size(a); tf.where(m); tf.unique([3, 1, 3, 2])[0]; tf.unique([3, 1, 3, 2])[1]; tf.convert_to_tensor([v, w])
tf.map_fn(lambda x: x * x, a); tf.vectorized_map(lambda x: tf.reduce_sum(x * v) * x, a)
tf.vectorized_map(lambda x: tf.nn.softmax(tf.linalg.matvec(s, x)), a); tf.recompute_grad(lambda x: tf.sin(x) * x)(a)
tf.constant(1.5, shape=[2, 2]); tf.cast([1, 2], tf.float64); tf.searchsorted([1, 3], [2])
"""

LINEAR = """
a @ s; tf.matmul(a, b, transpose_b=True); tf.matmul(a, b, transpose_a=True); tf.linalg.matvec(a, v)
tf.linalg.matvec(a, w[:2], transpose_a=True); tf.matmul(a[None], s[None]); tf.tensordot(v, w, 1)
tf.tensordot(a, s, [[1], [0]]); tf.tensordot(v, w, 0); tf.einsum("ij,jk->ik", a, s); tf.einsum("ij->j", a)
tf.einsum("i,j->ij", v, w); tf.einsum("bij,bjk->bik", a[None], s[None]); tf.linalg.trace(s); tf.linalg.inv(s)
tf.linalg.det(s); tf.linalg.slogdet(s)[1]; tf.linalg.solve(s, v[:, None]); tf.linalg.solve(s, v[:, None], adjoint=True)
tf.linalg.triangular_solve(s, v[:, None]); tf.linalg.cholesky(s @ tf.transpose(s) + 3 * tf.eye(3, dtype=s.dtype))
tf.linalg.logdet(s @ tf.transpose(s) + 3 * tf.eye(3, dtype=s.dtype)); tf.linalg.diag(v); tf.linalg.diag_part(s)
tf.linalg.set_diag(s, v); tf.linalg.band_part(s, 0, -1); tf.linalg.band_part(s, 1, 0); tf.linalg.cross(v, w)
tf.linalg.matrix_transpose(a); tf.linalg.adjoint(a); tf.linalg.norm(s); tf.linalg.l2_normalize(a, 1)
"""

NETWORK = """
tf.nn.relu6(6 * a); tf.nn.leaky_relu(a); tf.nn.leaky_relu(a, 0.1); tf.nn.elu(a); tf.nn.selu(a); tf.nn.silu(a)
tf.nn.swish(a); tf.nn.gelu(a, approximate=True); tf.nn.softsign(a); tf.nn.sigmoid(a); tf.nn.tanh(a); tf.nn.softmax(a)
tf.nn.softmax(a, axis=0); tf.nn.log_softmax(a)
tf.nn.softmax_cross_entropy_with_logits(labels=tf.nn.softmax(b), logits=a)
tf.nn.sparse_softmax_cross_entropy_with_logits(labels=i[:, 0], logits=a)
tf.nn.sigmoid_cross_entropy_with_logits(labels=p, logits=a); tf.nn.l2_loss(a); tf.nn.bias_add(a, v)
tf.nn.weighted_cross_entropy_with_logits(labels=p, logits=a, pos_weight=2.0); tf.nn.moments(a, [0])[1]
tf.nn.batch_normalization(a, v, w * w, w, v, 0.001); tf.nn.embedding_lookup(s, i); tf.nn.top_k(a, 1)[0]
tf.nn.log_poisson_loss(p, a); tf.nn.l2_normalize(a, 1); tf.math.softmax(a)
"""

GROUPS = {"pointwise": POINTWISE, "reductions": REDUCTIONS, "shapes": SHAPES, "linear": LINEAR, "network": NETWORK}
EXPRESSIONS = expressions(GROUPS)
SINGLE = ("leaky_relu", "gelu")  # TensorFlow computes these with a constant in single precision


def inputs(tf, dtype):
    """The names an expression may use."""
    leaf = lambda data: tf.Variable(data, dtype=dtype)
    return {
        "tf": tf,
        **{name: leaf(data) for name, data in LEAVES.items()},
        "i": tf.constant(INDEX),
        "m": tf.constant(MASK),
    }


def results(tf, expression, dtype):
    """The value's dtype, shape and entries, and the gradients of a weighted sum of it."""
    names = inputs(tf, dtype)
    with tf.GradientTape() as tape:
        value = eval(expression, names)
        total = None
        if value.dtype.is_floating:
            weights = tf.cast(tf.reshape(tf.range(1, int(tf.size(value)) + 1), value.shape), value.dtype)
            total = tf.reduce_sum(value * weights)
    found = {"dtype": value.dtype.name, "shape": tuple(value.shape), "value": value.numpy().tolist()}
    if total is not None:
        for name, gradient in zip(LEAVES, tape.gradient(total, [names[name] for name in LEAVES])):
            found[name] = None if gradient is None else tf.convert_to_tensor(gradient).numpy().tolist()
    return found
