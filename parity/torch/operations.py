"""Expressions over torch.*: values, dtypes, shapes and gradients are compared with PyTorch's.

`a`, `b`, `c` are (2, 3), `s` (3, 3) and well conditioned, `v`, `w` (3,), `p` (2, 3) in (0.2, 0.8), `n` a
number, all float and requiring gradients; `i` integers (2, 3) below 3, `m` a mask (2, 3).
"""

from parity.operands import INDEX, LEAVES, MASK, expressions

POINTWISE = """
torch.exp(a); a.expm1(); torch.exp2(a); torch.log(p); p.log2(); p.log10(); torch.log1p(p); torch.sqrt(p)
torch.rsqrt(p); torch.sin(a); a.cos(); torch.tan(p); torch.asin(p); p.acos(); a.atan(); torch.sinh(a)
a.cosh(); a.tanh(); a.asinh(); torch.acosh(1 + p); p.atanh(); torch.sigmoid(a); torch.sinc(a)
a.reciprocal(); -a; a.abs(); a.square(); a.relu(); a.sign(); a.floor(); a.ceil(); a.trunc(); a.round()
torch.round(a, decimals=1); a.frac(); torch.logit(p); torch.deg2rad(a); a + b; a - b; a * b; a / b
a + 1; 1 - a; 2 * a; 1 / a; 3.0 / a; a ** 2; a ** 3; p ** 0.5; p ** b; 2 ** a; a % 1.5
torch.add(a, b, alpha=2); torch.sub(a, b, alpha=2); torch.rsub(a, b)
torch.div(a, b, rounding_mode="floor"); torch.div(a, b, rounding_mode="trunc"); torch.fmod(a, 1.5)
torch.remainder(a, b); torch.atan2(a, b); torch.hypot(a, b); torch.logaddexp(a, b); torch.maximum(a, b)
torch.minimum(a, b); torch.fmax(a, b); torch.fmin(a, b); torch.copysign(a, b); a.clamp(-0.5, 0.5)
a.clamp(min=0.1); a.clamp(max=b); torch.clamp_min(a, 0); a.clamp_max(0.2); torch.where(m, a, b)
torch.where(m, a, 0.0); torch.where(a > 0, a, -b); torch.lerp(a, b, 0.3)
torch.addcmul(a, b, c, value=2); torch.addcdiv(a, b, c, value=2); torch.nan_to_num(a)
torch.erf(a); a.erfc(); a.masked_fill(m, 2.0); a * m; a + n; n * a; a.float(); a.double()
"""

REDUCTIONS = """
a.sum(); a.sum(0); a.sum(1, keepdim=True); torch.sum(a, dim=(0, 1)); a.mean(); a.mean(-1); a.prod()
a.prod(1); a.var(); a.std(); a.var(1); a.std(0, unbiased=False); torch.var(a, dim=1, correction=0)
torch.var_mean(a)[1]; a.max(); a.min(); a.max(1).values; a.max(1)[1]; torch.min(a, 0).values
torch.max(a, b); a.amax(0); a.amin((0, 1)); a.argmax(); a.argmin(1); a.argmax(1, keepdim=True); a.norm()
a.norm(dim=1); torch.norm(a, p=1); a.norm(p=3, dim=0); a.norm(p=float("inf")); torch.logsumexp(a, 1)
a.softmax(1); torch.softmax(a, dim=0); a.log_softmax(-1); a.cumsum(1); a.cumprod(0); a.sort(1).values
a.sort(1, descending=True)[1]; torch.topk(a, 2).values; a.topk(2, largest=False).indices
a.kthvalue(2, 1).values; torch.diff(a); torch.dist(a, b); a.nansum(); a.argsort(1)
torch.sort(a, 0, descending=True).values; (a > 0).all(); (a > 0).any(1); torch.count_nonzero(m); i.sum()
m.sum(); a.median(); a.median(1).values; a.median(0)[1]; torch.quantile(a, 0.3); a.quantile(0.6, dim=1)
torch.quantile(a, torch.tensor([0.2, 0.7], dtype=a.dtype), dim=0, keepdim=True)
a.quantile(0.4, 1, interpolation="lower"); a.quantile(0.4, interpolation="midpoint")
torch.unique(i); torch.bincount(i.flatten())
"""

SHAPES = """
a.reshape(3, 2); a.view(-1); a.view(3, -1); a.flatten(); a.T; a.t(); a.mT; a.transpose(0, 1)
a.permute(1, 0); a.unsqueeze(0); a.unsqueeze(-1).squeeze(); torch.squeeze(a[None], 0); v.expand(2, 3)
v.expand_as(a); v.repeat(2, 2); torch.tile(v, (2,)); v.repeat_interleave(2); a.flip(0)
torch.roll(a, 1, 1); torch.rot90(a); torch.cat([a, b]); torch.cat((a, b), dim=1); torch.stack([a, b])
torch.stack([v, w], dim=1); torch.hstack([v, w]); torch.vstack([v, w]); a.split(2, dim=1)[1]
a.split([1, 2], 1)[0]; a.chunk(2, dim=1)[1]; a.unbind()[1]; torch.tensor_split(v, 2)[0]; a[0]; a[:, 1]
a[1, 2]; a[..., 0]; a[None, 0]; a[:, ::2]; s[i]; a[m]; a[[0, 1], [2, 0]]; a[torch.tensor([1, 0])]
a.select(1, 2); a.narrow(1, 0, 2); a.index_select(1, torch.tensor([2, 0]))
torch.take(a, torch.tensor([0, 5])); a.gather(1, i[:, :2]); a.masked_select(m)
a.scatter(1, i[:, :1], b[:, :1]); a.scatter_add(1, i, b); a.index_add(0, torch.tensor([1]), b[:1])
s.diagonal(); torch.diag(v); torch.diag(s); s.tril(); s.triu(1); torch.broadcast_to(v, (2, 3))
torch.meshgrid(v, w, indexing="ij")[0]; a.clone(); a.movedim(0, 1); a.unflatten(1, (3, 1))
a.take_along_dim(i, 1); torch.broadcast_tensors(v, a)[0]; a.swapaxes(0, 1)
"""

LINEAR = """
a @ s; torch.matmul(a, v); v @ s; v @ w; torch.mm(a, s); torch.mv(a, v); torch.dot(v, w)
torch.bmm(a[None], s[None]); torch.outer(v, w); torch.einsum("ij,jk->ik", a, s)
torch.einsum("ij->j", a); torch.addmm(b, a, s, beta=2, alpha=3); torch.tensordot(a, s, dims=1)
torch.kron(v, w); torch.linalg.cross(v, w); torch.trace(s); torch.inner(a, b); torch.linalg.solve(s, v)
torch.linalg.solve(torch.stack([s, s + 1]), a); torch.linalg.solve(s, s, left=False)
torch.linalg.solve(torch.stack([s, s + 1]), v); torch.linalg.solve(torch.stack([s, s.T]), s)
torch.linalg.inv(s); torch.linalg.det(s); torch.linalg.slogdet(s)[1]; torch.linalg.norm(s)
torch.linalg.cholesky(s @ s.T + 3 * torch.eye(3, dtype=s.dtype)); torch.linalg.matrix_power(s, 3)
torch.linalg.vector_norm(v); torch.linalg.norm(v, 1); torch.linalg.matrix_norm(s)
torch.cosine_similarity(a, b); torch.linalg.diagonal(s); torch.linalg.vecdot(a, b)
torch.chain_matmul(s, s, s); torch.linalg.norm(s, float("inf")); torch.inverse(s); s.det()
"""

FUNCTIONAL = """
F.gelu(a); F.gelu(a, approximate="tanh")
F.relu(a); F.leaky_relu(a); F.leaky_relu(a, 0.2); F.elu(a); F.elu(a, 0.5); F.selu(a); F.silu(a)
F.softplus(a); F.softplus(a, 2); F.logsigmoid(a); F.softsign(a); F.tanhshrink(a); F.softmin(a, dim=1)
F.hardtanh(a); F.relu6(6 * p); F.softmax(a, dim=1); F.log_softmax(a, 1); F.normalize(a)
F.linear(a, s, v); F.linear(a, s); F.mse_loss(a, b); F.mse_loss(a, b, reduction="sum"); F.l1_loss(a, b)
F.huber_loss(a, b, delta=0.3); F.smooth_l1_loss(a, b); F.kl_div(a, p)
F.kl_div(a, p, reduction="batchmean"); F.nll_loss(a.log_softmax(1), i[:, 0])
F.cross_entropy(a, i[:, 0]); F.cross_entropy(a, i[:, 0], reduction="none"); F.cross_entropy(a, p)
F.cross_entropy(a, i[:, 0], weight=p[0].detach()); F.cross_entropy(a, i[:, 0], label_smoothing=0.1)
F.cross_entropy(a, i[:, 0], ignore_index=1); F.cross_entropy(v, i[0, 0])
F.binary_cross_entropy(p, m.to(p.dtype)); F.binary_cross_entropy_with_logits(a, m.to(a.dtype))
F.binary_cross_entropy_with_logits(a, p, pos_weight=p[0].detach()); F.one_hot(i[0], 3)
F.cosine_similarity(a, b); F.dropout(a, 0.5, training=False); F.sigmoid(a); F.tanh(a)
F.pad(a, (1, 2)); F.pad(a, (0, 1, 2, 0), value=1.5); F.pad(a[None], (1, 1), mode="reflect")
F.pad(a[None], (1, 1), mode="replicate"); F.pad(a[None], (1, 1), mode="circular")
"""

CONVOLUTIONS = """
F.conv1d(a[None], b[None, :, :2])
F.conv1d(a[None], b[None, :, :2], v[:1], padding=1); F.conv1d(a, b[:, None, :2], groups=2, stride=2)
F.conv1d(a[None], b[None], padding="same"); F.conv2d(s[None, None], a[None, None, :, :2])
F.conv2d(s[None, None], b[None, None, :, :2], v[:1], stride=(2, 1), padding=(1, 2), dilation=(1, 2))
F.conv2d(torch.stack([s, s.T])[None], torch.stack([a, b])[:, None, :, :2], groups=2, padding=1)
F.conv2d(torch.stack([s, s.T])[None], torch.stack([a, b])[None], padding="same", dilation=2)
F.conv3d(s[None, None, None], a[None, None, None, :, :2], padding=1)
F.conv_transpose1d(a[None], b[:, :, None].transpose(1, 2)); F.conv_transpose1d(a, b[:, None, :2], stride=2)
F.conv_transpose2d(s[None, None], a[None, None], v[:1], stride=2, padding=1, output_padding=1)
F.conv_transpose2d(torch.stack([s, s.T])[None], torch.stack([a, b])[:, None], groups=2, dilation=2)
F.max_pool1d(a[None], 2); F.max_pool2d(s[None, None], 2, stride=1); F.max_pool2d(s[None, None], 2, padding=1)
F.max_pool2d(s[None], 2, ceil_mode=True); F.max_pool2d(s[None, None], 2, 1, return_indices=True)[1]
F.avg_pool1d(a[None], 2, 1); F.avg_pool2d(s[None, None], 2, stride=1, padding=1)
F.avg_pool2d(s[None, None], 2, padding=1, count_include_pad=False); F.avg_pool2d(s[None], 2, divisor_override=3)
F.unfold(s[None, None], 2); F.unfold(s[None, None], (2, 1), padding=1, stride=2)
torch.fft.fft(a).abs(); torch.fft.rfft(a, dim=0).real; torch.fft.irfft(torch.fft.rfft(a)); torch.fft.fft2(a).imag
torch.fft.ifft(a, n=4, norm="ortho").real; torch.fft.fftn(a).abs(); torch.fft.fftshift(a); torch.fft.ifftshift(a, 1)
torch.fft.irfft2(torch.fft.rfft2(s), s=(3, 3)); torch.fft.hfft(a); torch.fft.ihfft(a).abs(); torch.fft.fftfreq(5)
torch.fft.rfftfreq(4, 0.5)
"""

GROUPS = {
    "pointwise": POINTWISE,
    "reductions": REDUCTIONS,
    "shapes": SHAPES,
    "linear": LINEAR,
    "functional": FUNCTIONAL,
    "convolutions": CONVOLUTIONS,
}
EXPRESSIONS = expressions(GROUPS)


def inputs(torch, dtype):
    """The names an expression may use."""
    leaf = lambda data: torch.tensor(data, dtype=dtype, requires_grad=True)
    return {
        "torch": torch,
        "F": torch.nn.functional,
        **{name: leaf(data) for name, data in LEAVES.items()},
        "i": torch.tensor(INDEX),
        "m": torch.tensor(MASK),
    }


def results(torch, expression, dtype):
    """The value's dtype, shape and entries, whether it is recorded, and the gradients of a weighted "
    "sum of it."""
    names = inputs(torch, dtype)
    value = eval(expression, names)
    found = {
        "dtype": str(value.dtype),
        "shape": tuple(value.shape),
        "value": value.tolist(),
        "recorded": value.requires_grad,
    }
    if value.requires_grad:
        weights = torch.arange(1.0, value.numel() + 1).reshape(tuple(value.shape)).to(value.dtype)
        (value * weights).sum().backward()
        for name in LEAVES:
            gradient = names[name].grad
            found[name] = None if gradient is None else gradient.tolist()
    return found
