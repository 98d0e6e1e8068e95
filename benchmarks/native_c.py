"""Hand-written C, compiled by gcc with everything it can do: what native code can be measured against."""

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.native_programs import LINKS, data

_FLAGS = ["-O3", "-march=native", "-ffast-math", "-fPIC", "-shared", "-lm"]
_FLAGS.append("-fdisable-tree-sincos")  # which would merge sine and cosine, and keep the loop from being vectorised

_NEURON = """
#include <math.h>
void both(const double *in, double *out) {
    double w = in[0], x = in[1], b = in[2], y = in[3];
    double a = 1 / (1 + exp(-(w * x + b))), d = a - y;
    out[0] = d * d;
    out[1] = 2 * d * a * (1 - a) * x;
}
"""
_LOGSUMEXP = """
#include <math.h>
float both(const float *x, float *gradient, long n) {
    float top = x[0];
    for (long i = 1; i < n; i++) top = x[i] > top ? x[i] : top;
    double sum = 0;
    for (long i = 0; i < n; i++) { gradient[i] = expf(x[i] - top); sum += gradient[i]; }
    float inverse = 1 / sum;
    for (long i = 0; i < n; i++) gradient[i] *= inverse;
    return logf(sum) + top;
}
"""


def _chain():
    """The chain with its slopes multiplied along, in one loop that gcc vectorises with libmvec."""
    slopes = {"sin": "cosf({x})", "cos": "-sinf({x})", "exp": "{y}", "tanh": "(1 - {y} * {y})"}
    lines = ["float v0 = x[i], g = 1;"]
    for k, name in enumerate(LINKS):
        x, y = f"v{k}", f"v{k + 1}"
        lines.append(f"float {y} = {name}f({x}); g *= {slopes[name].format(x=x, y=y)};")
    body = "\n        ".join(lines)
    return f"""
#include <math.h>
float both(const float *restrict x, float *restrict gradient, long n) {{
    double sum = 0;
    for (long i = 0; i < n; i++) {{
        {body}
        gradient[i] = g;
        sum += v{len(LINKS)};
    }}
    return sum;
}}
"""


def _library(text):
    if shutil.which("gcc") is None:
        raise NotImplementedError("no gcc here")
    place = Path(tempfile.mkdtemp())
    (place / "program.c").write_text(text)
    subprocess.run(["gcc", str(place / "program.c"), *_FLAGS, "-o", str(place / "program.so")], check=True)
    return ctypes.CDLL(str(place / "program.so"))


def build(case):
    """The step of a case in C, called with ctypes; the neuron's call is mostly that of ctypes."""
    import numpy as np

    if case == "neuron":
        library = _library(_NEURON)
        given, made = (ctypes.c_double * 4)(*data(case)), (ctypes.c_double * 2)()

        def neuron():
            library.both(given, made)
            return list(made)

        return neuron
    text = {"chain": _chain, "logsumexp": lambda: _LOGSUMEXP}.get(case)
    if text is None:
        raise NotImplementedError("not written")
    (x,) = data(case)
    both, pointer = _library(text()).both, ctypes.POINTER(ctypes.c_float)
    both.restype, both.argtypes = ctypes.c_float, [pointer, pointer, ctypes.c_long]

    def step():
        gradient = np.empty_like(x)
        value = both(x.ctypes.data_as(pointer), gradient.ctypes.data_as(pointer), x.size)
        return [value, gradient]

    return step


_EMPTY = """
extern long _Py_NoneStruct[];
void *empty(void *self, void **args, long n) { _Py_NoneStruct[0]++; return _Py_NoneStruct; }
"""


class _Method(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


def empty(case):
    """A call of a native function that does nothing: the least that a call can cost."""
    if case != "neuron":
        raise NotImplementedError("for the neuron only")
    library = _library(_EMPTY)
    address = ctypes.cast(library.empty, ctypes.c_void_p).value
    method = _Method(b"empty", address, 0x0080, None)  # METH_FASTCALL
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
    function = make(ctypes.addressof(method), None, None)
    w, x, b, y = data(case)
    expected, kept = build(case)(), (library, method)

    def step():
        function(w, x, b, y)
        return expected if kept else None

    return step
