"""Hand-written C, compiled by gcc with everything it can do: what native code can be measured against.

The programs are in c/. The chain's is written out here, since the list of its links is.
"""

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.native_programs import LINKS, data

_FLAGS = ["-O3", "-march=native", "-ffast-math", "-fPIC", "-shared", "-lm"]
_FLAGS.append("-fdisable-tree-sincos")  # which would merge sine and cosine, and keep the loop from being vectorised


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


def _compiled(text):
    if shutil.which("gcc") is None:
        raise NotImplementedError("no gcc here")
    place = Path(tempfile.mkdtemp())
    (place / "program.c").write_text(text)
    subprocess.run(["gcc", str(place / "program.c"), *_FLAGS, "-o", str(place / "program.so")], check=True)
    return ctypes.CDLL(str(place / "program.so"))


def library(name):
    """A program of c/, compiled and loaded."""
    return _compiled((Path(__file__).parent / "c" / f"{name}.c").read_text())


def pointer(array):
    """What a function of C takes for an array."""
    return ctypes.c_void_p(array.ctypes.data)


def _neuron():
    both = library("neuron").both
    given, made = (ctypes.c_double * 4)(*data("neuron")), (ctypes.c_double * 2)()

    def step():
        both(given, made)
        return list(made)

    return step


def _of_one_array(both, case):
    """The step of a program from one array of float32 to its value and gradient."""
    import numpy as np

    (x,) = data(case)
    both.restype = ctypes.c_float

    def step():
        gradient = np.empty_like(x)
        value = both(pointer(x), pointer(gradient), ctypes.c_long(x.size))
        return [value, gradient]

    return step


def _logistic():
    import numpy as np

    w, x, y = data("logistic")
    both = library("logistic").both
    both.restype, sizes = ctypes.c_float, [ctypes.c_long(size) for size in x.shape]

    def step():
        gradient = np.empty_like(w)
        value = both(pointer(w), pointer(x), pointer(y), pointer(gradient), *sizes)
        return [value, gradient]

    return step


_STEPS = {
    "neuron": _neuron,
    "chain": lambda: _of_one_array(_compiled(_chain()).both, "chain"),
    "logsumexp": lambda: _of_one_array(library("logsumexp").both, "logsumexp"),
    "logistic": _logistic,
}


def build(case):
    """The step of a case in C, called with ctypes; the neuron's call is mostly that of ctypes."""
    if case not in _STEPS:
        raise NotImplementedError("not written")
    return _STEPS[case]()


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
    loaded = library("empty")
    address = ctypes.cast(loaded.empty, ctypes.c_void_p).value
    method = _Method(b"empty", address, 0x0080, None)  # METH_FASTCALL
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
    function = make(ctypes.addressof(method), None, None)
    w, x, b, y = data(case)
    expected, kept = build(case)(), (loaded, method)

    def step():
        function(w, x, b, y)
        return expected if kept else None

    return step
