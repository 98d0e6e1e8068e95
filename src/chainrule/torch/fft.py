"""`torch.fft`: discrete Fourier transforms.

>>> import chainrule.torch as torch
>>> torch.fft.fft(torch.tensor([1., 0., 0., 0.]))
tensor([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j])
"""

import numpy

from chainrule.core.spec import shape_of
from chainrule.ops import fft as rooms
from chainrule.torch import dtypes, shapes
from chainrule.torch.closures import quietly
from chainrule.torch.tensor import of_value

__all__ = [
    "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifft2", "ifftn", "ifftshift", "ihfft", "irfft",
    "irfft2", "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn",
]  # fmt: skip


def _one(name):
    room = getattr(rooms, name)

    def transform(input, n=None, dim=-1, norm=None):
        return quietly(room, input, n, dim, norm)

    transform.__name__ = transform.__qualname__ = name
    transform.__doc__ = room.__doc__
    return transform


def _several(name, usual):
    room = getattr(rooms, name)

    def transform(input, s=None, dim=usual, norm=None):
        return quietly(room, input, s, dim, norm)

    transform.__name__ = transform.__qualname__ = name
    transform.__doc__ = room.__doc__
    return transform


fft, ifft, rfft, irfft, hfft, ihfft = map(_one, "fft ifft rfft irfft hfft ihfft".split())
fft2, ifft2, rfft2, irfft2 = (_several(name, (-2, -1)) for name in "fft2 ifft2 rfft2 irfft2".split())
fftn, ifftn, rfftn, irfftn = (_several(name, None) for name in "fftn ifftn rfftn irfftn".split())


def _shifted(input, dim, backward):
    dims = range(len(shape_of(input))) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    lengths = [shape_of(input)[d] for d in dims]
    return shapes.roll(input, tuple(-(n // 2) if backward else n // 2 for n in lengths), tuple(dims))


def fftshift(input, dim=None):
    """The entries with frequency 0 brought to the middle."""
    return _shifted(input, dim, False)


def ifftshift(input, dim=None):
    """What `fftshift` did, undone."""
    return _shifted(input, dim, True)


def _frequencies(function):
    def frequencies(n, d=1.0, *, dtype=None, device=None, requires_grad=False):
        kind = dtypes.default_float() if dtype is None else dtypes.of(dtype).dtype
        return of_value(function(n, d).astype(kind), requires_grad)

    frequencies.__name__ = frequencies.__qualname__ = function.__name__
    frequencies.__doc__ = f"The frequencies of the entries of `{function.__name__[:-4]}`, of samples d apart."
    return frequencies


fftfreq, rfftfreq = map(_frequencies, (numpy.fft.fftfreq, numpy.fft.rfftfreq))
