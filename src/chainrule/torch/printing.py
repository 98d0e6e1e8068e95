"""How PyTorch prints a tensor: four digits, one format for all entries, aligned, cut in the middle "
"when long."""

import math

import numpy

from chainrule.core.rows import Rows


class _Options:
    precision, threshold, edgeitems, linewidth, sci_mode = 4, 1000, 3, 80, None


OPTIONS = _Options()


def set_printoptions(precision=None, threshold=None, edgeitems=None, linewidth=None, profile=None, sci_mode=None):
    """Set how tensors print; as PyTorch's.

    >>> import chainrule.torch as torch
    >>> torch.set_printoptions(precision=2)
    >>> torch.tensor(1.23456)
    tensor(1.23)
    >>> torch.set_printoptions(profile="default")
    """
    profiles = {
        "default": (4, 1000, 3, 80),
        "short": (2, 1000, 2, 80),
        "full": (4, math.inf, 3, 80),
    }
    if profile is not None:
        OPTIONS.precision, OPTIONS.threshold, OPTIONS.edgeitems, OPTIONS.linewidth = profiles[profile]
    for name, value in (("precision", precision), ("threshold", threshold), ("edgeitems", edgeitems),
                        ("linewidth", linewidth)):  # fmt: skip
        if value is not None:
            setattr(OPTIONS, name, value)
    OPTIONS.sci_mode = sci_mode


class _Format:
    """One format for every entry of an array, chosen by the finite entries that are not 0."""

    def __init__(self, values):
        self.real = values.dtype.kind == "f"
        self.integral, self.scientific, self.width = True, False, 1
        flat = values.ravel()
        if not self.real:
            self.width = max((len(str(value)) for value in flat.tolist()), default=1)
            return
        flat = flat.astype(float)
        flat = flat[numpy.isfinite(flat) & (flat != 0)]
        if not flat.size:
            return
        size = abs(flat)
        largest, smallest = float(size.max()), float(size.min())
        self.integral = bool(numpy.all(flat == numpy.ceil(flat)))
        self.scientific = largest > 1000 * smallest or largest > 1.0e8 or smallest < 1.0e-4
        if OPTIONS.sci_mode is not None:
            self.scientific = OPTIONS.sci_mode
        self.width = max(len(self._text(value)) for value in flat.tolist())

    def _text(self, value):
        if not self.real:
            return str(value)
        if self.scientific:
            return f"{value:.{OPTIONS.precision}e}"
        if self.integral:
            return f"{value:.0f}" + ("." if math.isfinite(value) else "")
        return f"{value:.{OPTIONS.precision}f}"

    def __call__(self, value):
        return self._text(value).rjust(self.width)


def _complex(values):
    real, imag = _Format(values.real), _Format(values.imag)

    def text(value):
        part = imag(value.imag).lstrip()
        return real(value.real) + (part if part.startswith("-") else "+" + part) + "j"

    return text, real.width + imag.width + 1


def _summarised(values):
    """The entries that are printed of a long array."""
    edge = OPTIONS.edgeitems
    if not values.ndim:
        return values
    if values.shape[0] > 2 * edge:
        values = numpy.concatenate([values[:edge], values[-edge:]])
    if values.ndim == 1:
        return values
    return numpy.stack([_summarised(row) for row in values]) if len(values) else values


def _lines(values, text, width, indent, summarise):
    edge = OPTIONS.edgeitems
    cut = summarise and values.shape[0] > 2 * edge
    if values.ndim == 1:
        per_line = max(1, math.floor((OPTIONS.linewidth - indent) / (width + 2)))
        if cut:
            items = [text(v) for v in values[:edge].tolist()] + [" ..."] + [text(v) for v in values[-edge:].tolist()]
        else:
            items = [text(v) for v in values.tolist()]
        rows = [", ".join(items[i : i + per_line]) for i in range(0, len(items), per_line)]
        return "[" + (",\n" + " " * (indent + 1)).join(rows) + "]"
    rows = [values[i] for i in range(values.shape[0])]
    if cut:
        texts = [_lines(row, text, width, indent + 1, summarise) for row in rows[:edge]]
        texts += ["..."] + [_lines(row, text, width, indent + 1, summarise) for row in rows[-edge:]]
    else:
        texts = [_lines(row, text, width, indent + 1, summarise) for row in rows]
    return "[" + ("," + "\n" * (values.ndim - 1) + " " * (indent + 1)).join(texts) + "]"


def entries(values, indent):
    """The entries of an array as PyTorch prints them, the first line beginning at column `indent`."""
    summarise = values.size > OPTIONS.threshold
    shown = _summarised(values) if summarise else values
    if values.dtype.kind == "c":
        text, width = _complex(shown)
    else:
        text = _Format(shown)
        width = text.width
    if not values.ndim:
        return text(values.item()).strip()
    return _lines(values, text, width, indent, summarise)


def show(tensor, name):
    """`tensor(...)` with the suffixes that PyTorch adds."""
    if type(tensor.node.value) is Rows:  # inside vmap
        return f"BatchedTensor({tensor.node.value!r})"
    values = numpy.asarray(tensor.node.value)
    dtype = tensor.dtype
    suffixes = []
    usual = dtype.is_floating_point and dtype == _default() or dtype.kind == "b" or dtype == numpy.dtype("i8")
    usual = usual or (dtype.is_complex and dtype == numpy.result_type(_default(), numpy.complex64))
    if values.size:
        text = entries(values, len(name) + 1)
    else:
        text = "[]"
        if values.ndim != 1:
            suffixes.append(f"size={tuple(values.shape)}")
        usual = dtype.is_floating_point and dtype == _default()
    if not usual:
        suffixes.append(f"dtype={dtype}")
    if tensor.node.tracked:
        function = tensor.grad_fn
        suffixes.append("requires_grad=True" if function is None else f"grad_fn=<{function.name()}>")
    whole = f"{name}({text}"
    length = len(whole) - whole.rfind("\n") + 1
    for suffix in suffixes:
        if length + len(suffix) + 2 > OPTIONS.linewidth:
            whole += ",\n" + " " * (len(name) + 1) + suffix
            length = len(name) + 1 + len(suffix)
        else:
            whole += ", " + suffix
            length += len(suffix) + 2
    return whole + ")"


def _default():
    from chainrule.torch.dtypes import default_float

    return default_float()
