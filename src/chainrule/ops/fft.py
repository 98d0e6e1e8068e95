"""Discrete Fourier transforms along one axis; the others are compositions of these."""

from chainrule.core.primitive import Linear
from chainrule.core.samples import array, call
from chainrule.core.spec import normal_axis, shape_of
from chainrule.ops.arithmetic import divide, multiply
from chainrule.ops.complex import conjugate, real
from chainrule.ops.index import getitem
from chainrule.ops.shape import concatenate, flip, pad


class Fft(Linear):
    """Y = F x. F is symmetric, so its adjoint is the conjugate of F applied to the conjugate."""

    latex, words = r"\mathcal{{F}} {0}", "the transform of the conjugate cotangent, conjugated"
    samples = (call(array(4), axis=0, norm=None), call(array(2, 3), axis=-1, norm="ortho"))

    def shape(self, shape, axis, norm):
        return shape

    def forward(self, xp, x, axis, norm):
        return xp.fft.fft(x, axis=axis, norm=norm)

    def transpose(self, xp, g, i, x, axis, norm):
        return xp.conj(xp.fft.fft(xp.conj(g), axis=axis, norm=norm))


class Ifft(Linear):
    """Y = F⁻¹ x; its adjoint as for `Fft`."""

    latex, words = r"\mathcal{{F}}^{{-1}} {0}", "the inverse transform of the conjugate cotangent, conjugated"
    samples = (call(array(4), axis=0, norm=None), call(array(2, 3), axis=-1, norm="forward"))

    def shape(self, shape, axis, norm):
        return shape

    def forward(self, xp, x, axis, norm):
        return xp.fft.ifft(x, axis=axis, norm=norm)

    def transpose(self, xp, g, i, x, axis, norm):
        return xp.conj(xp.fft.ifft(xp.conj(g), axis=axis, norm=norm))


_fft, _ifft = Fft(), Ifft()


def _resized(x, n, axis):
    """x cut or padded with zeros to n entries along an axis."""
    own = shape_of(x)[axis]
    if n is None or n == own:
        return x
    axis = normal_axis(axis, len(shape_of(x)))
    if n < own:
        return getitem(x, (slice(None),) * axis + (slice(0, n),))
    return pad(x, [(0, n - own if i == axis else 0) for i in range(len(shape_of(x)))])


def fft(a, n=None, axis=-1, norm=None):
    """The discrete Fourier transform along an axis."""
    return _fft(_resized(a, n, axis), axis=axis, norm=norm)


def ifft(a, n=None, axis=-1, norm=None):
    """The inverse transform along an axis."""
    return _ifft(_resized(a, n, axis), axis=axis, norm=norm)


def rfft(a, n=None, axis=-1, norm=None):
    """The non-redundant half of the transform of a real array."""
    whole = fft(a, n, axis, norm)
    axis = axis % len(shape_of(whole))
    return getitem(whole, (slice(None),) * axis + (slice(0, shape_of(whole)[axis] // 2 + 1),))


def irfft(a, n=None, axis=-1, norm=None):
    """The real array whose transform has the given half."""
    axis = normal_axis(axis, len(shape_of(a)))
    n = 2 * (shape_of(a)[axis] - 1) if n is None else n
    half = _resized(a, n // 2 + 1, axis)

    def along(part):
        return (slice(None),) * axis + (part,)

    mirrored = conjugate(flip(getitem(half, along(slice(1, (n + 1) // 2))), axis))
    # The first entry (and the middle one, for even n) enters by its real part only, as in NumPy.
    first = real(getitem(half, along(slice(0, 1)))) + 0j
    middle = [real(getitem(half, along(slice(n // 2, n // 2 + 1)))) + 0j] if n % 2 == 0 else []
    inside = getitem(half, along(slice(1, (n + 1) // 2)))
    return real(ifft(concatenate([first, inside, *middle, mirrored], axis), None, axis, norm))


def hfft(a, n=None, axis=-1, norm=None):
    """The real transform of a sequence that is its own conjugate mirrored, given by its half."""
    n = 2 * (shape_of(a)[axis] - 1) if n is None else n
    return multiply(irfft(conjugate(a), n, axis, norm), _unit(n, norm))


def ihfft(a, n=None, axis=-1, norm=None):
    """The half of the sequence whose `hfft` a real array is."""
    n = shape_of(a)[axis] if n is None else n
    return divide(conjugate(rfft(a, n, axis, norm)), _unit(n, norm))


def _unit(n, norm):
    """What the transforms of `hfft` and its inverse scale by, over what those of `irfft` and `rfft` do."""
    return {None: n, "backward": n, "ortho": 1, "forward": 1 / n}[norm]


def _each(transform, a, s, axes, norm):
    axes = list(range(len(shape_of(a)))) if axes is None else list(axes)
    axes = axes[-len(s) :] if s is not None and len(s) < len(axes) else axes
    for i, axis in enumerate(axes):
        a = transform(a, None if s is None else s[i], axis, norm)
    return a


def fft2(a, s=None, axes=(-2, -1), norm=None):
    """The transform along two axes."""
    return _each(fft, a, s, axes, norm)


def ifft2(a, s=None, axes=(-2, -1), norm=None):
    """The inverse transform along two axes."""
    return _each(ifft, a, s, axes, norm)


def fftn(a, s=None, axes=None, norm=None):
    """The transform along several axes (all by default)."""
    return _each(fft, a, s, axes, norm)


def ifftn(a, s=None, axes=None, norm=None):
    """The inverse transform along several axes (all by default)."""
    return _each(ifft, a, s, axes, norm)


def _half_last(a, s, axes):
    """The lengths and the axes of a transform whose last axis is the halved one."""
    ndim = len(shape_of(a))
    axes = (range(ndim) if s is None else range(ndim - len(s), ndim)) if axes is None else axes
    axes = [normal_axis(axis, ndim) for axis in axes]
    return [None] * len(axes) if s is None else list(s), axes


def rfftn(a, s=None, axes=None, norm=None):
    """The non-redundant half of the transform of a real array along several axes."""
    s, axes = _half_last(a, s, axes)
    return _each(fft, rfft(a, s[-1], axes[-1], norm), s[:-1], axes[:-1], norm)


def irfftn(a, s=None, axes=None, norm=None):
    """The real array whose transform along several axes has the given half."""
    s, axes = _half_last(a, s, axes)
    return irfft(_each(ifft, a, s[:-1], axes[:-1], norm), s[-1], axes[-1], norm)


def rfft2(a, s=None, axes=(-2, -1), norm=None):
    """As `rfftn`, along two axes."""
    return rfftn(a, s, axes, norm)


def irfft2(a, s=None, axes=(-2, -1), norm=None):
    """As `irfftn`, along two axes."""
    return irfftn(a, s, axes, norm)
