"""Matrix products by the BLAS inside NumPy's wheel (or that of scipy-openblas32), called from native code."""

import ctypes
import glob
import os

import numpy
from llvmlite import ir

from chainrule.compilation.native.loops import counting
from chainrule.compilation.native.numbers import LONG, WORD, declare
from chainrule.compilation.schedule import Unsupported

_ROWS, _PLAIN, _TRANSPOSED = 101, 111, 112  # CBLAS's enumerations

_NAMES = (
    ("scipy_cblas_{}64_", LONG, "scipy_{}_64_"),
    ("cblas_{}64_", LONG, "{}_64_"),
    ("scipy_cblas_{}", WORD, "scipy_{}_"),
)


class _Blas:
    """The library, and how its functions are called.

    Attributes:
        whole: LLVM's type of its lengths.
        fortran: the pattern of its LAPACK's names; None where there is none.
    """

    def __init__(self, library, pattern, whole, fortran):
        self.library, self.pattern, self.whole = library, pattern, whole
        self.fortran = fortran if hasattr(library, fortran.format("dgesv")) else None

    def symbol(self, machine, name):
        function = getattr(self.library, self.pattern.format(name))
        return machine.address(f"blas_{name}", ctypes.cast(function, ctypes.c_void_p).value)

    def routine(self, machine, name):
        """The symbol of one of LAPACK's routines."""
        function = getattr(self.library, self.fortran.format(name))
        return machine.address(f"lapack_{name}", ctypes.cast(function, ctypes.c_void_p).value)


def _find():
    """NumPy's own copy, else scipy-openblas32's; None where there is neither."""
    beside = os.path.dirname(os.path.dirname(numpy.__file__))
    for path in sorted(glob.glob(os.path.join(beside, "numpy.libs", "*openblas*"))):
        found = _opened(ctypes.CDLL(path))
        if found is not None:
            return found
    try:
        import scipy_openblas32  # pyright: ignore[reportMissingImports]
    except ImportError:
        return None
    return _opened(ctypes.CDLL(os.path.join(scipy_openblas32.get_lib_dir(), scipy_openblas32.get_library(True))))


def _opened(library):
    for pattern, whole, fortran in _NAMES:
        if hasattr(library, pattern.format("dgemm")):
            return _Blas(library, pattern, whole, fortran)
    return None


_found = []


def blas():
    """The one BLAS, looked for on first use; None where there is none."""
    if not _found:
        _found.append(_find())
    return _found[0]


def emit(kernel, one):
    """Write a matrix product at the end of a kernel. Raises Unsupported for what BLAS cannot take in place."""
    _Product(kernel, one).emit()


def over_front(kernel, front, operands, write):
    """Loops over the axes of a stack, which broadcast; `write` takes where one matrix begins in each operand.

    Args:
        operands: pairs of a variable and the number of its axes that are no axes of the stack.
    """
    builder = kernel.builder

    def within(axis, offsets):
        if axis == len(front):
            write(*offsets)
            return
        with counting(builder, front[axis]) as i:
            moved = []
            for offset, (x, inner), strides in zip(offsets, operands, steps):
                at = axis - (len(front) + inner - len(x.shape))
                step = strides[at] if at >= 0 and x.shape[at] != 1 else 0
                moved.append(builder.add(offset, builder.mul(i, ir.Constant(LONG, step))))
            within(axis + 1, moved)

    steps = [kernel.access(x, x.shape).strides for x, _ in operands]
    within(0, [ir.Constant(LONG, 0)] * len(operands))


class _Matrix:
    """A matrix in memory: its first entry, whether it lies transposed, and the distance of its rows."""

    def __init__(self, pointer, turned, distance):
        self.pointer, self.turned, self.distance = pointer, turned, distance


class _Product:
    """One product under construction."""

    def __init__(self, kernel, one):
        self.kernel, self.one, self.library = kernel, one, blas()
        (self.a, self.b), (self.y,) = one.inputs, one.outputs
        if self.library is None:
            raise Unsupported("matmul: NumPy's BLAS was not found")
        self.letter = {"float64": "d", "float32": "s"}.get(str(self.y.dtype))
        for x in (self.a, self.b):
            if x in kernel.schedule.filled or getattr(x, "dtype", None) != self.y.dtype or self.letter is None:
                raise Unsupported("matmul of these kinds")
        self.kind = ir.DoubleType() if self.letter == "d" else ir.FloatType()

    def emit(self):
        a, b = len(self.a.shape), len(self.b.shape)
        if not all((*self.a.shape, *self.b.shape)):
            raise Unsupported("matmul of nothing")
        if a == b == 1:
            self._inner()
        elif a == 2 and b == 1:
            self._rows(self.a, self.b, turned=False)
        elif a == 1 and b == 2:
            self._rows(self.b, self.a, turned=True)
        else:
            self._stack()

    def _call(self, name, result, arguments):
        kinds = [x.type for x in arguments]
        symbol = self.library.symbol(self.kernel.machine, self.letter + name)
        return self.kernel.builder.call(declare(self.kernel.module, symbol, result, kinds), arguments)

    def _length(self, n):
        return ir.Constant(self.library.whole, n)

    def _number(self, value):
        return ir.Constant(self.kind, value)

    def _vector(self, x):
        access = self.kernel.access(x, x.shape)
        if access.strides[0] <= 0 and x.shape[0] > 1:
            raise Unsupported("matmul of a vector that is spread")
        return access.pointer, self._length(max(access.strides[0], 1))

    def _inner(self):
        (a, step), (b, other) = self._vector(self.a), self._vector(self.b)
        arguments = [self._length(self.a.shape[0]), a, step, b, other]
        self.kernel.set_number(self.y, self._call("dot", self.kind, arguments))

    def _matrix(self, x, offset=None):
        """The last two axes of an operand, for BLAS."""
        access = self.kernel.access(x, x.shape)
        (rows, columns), (down, across) = x.shape[-2:], access.strides[-2:]
        pointer = access.pointer if offset is None else self.kernel.builder.gep(access.pointer, [offset])
        if (across == 1 or columns == 1) and (down >= columns or rows == 1):
            return _Matrix(pointer, False, max(down if rows > 1 else columns, columns, 1))
        if (down == 1 or rows == 1) and (across >= rows or columns == 1):
            return _Matrix(pointer, True, max(across if columns > 1 else rows, rows, 1))
        raise Unsupported("matmul of a matrix that does not lie in rows")

    def _rows(self, matrix, vector, turned):
        lies = self._matrix(matrix)
        x, step = self._vector(vector)
        shape = matrix.shape[::-1] if lies.turned else matrix.shape
        way = _TRANSPOSED if lies.turned is not turned else _PLAIN
        arguments = [ir.Constant(WORD, _ROWS), ir.Constant(WORD, way), *map(self._length, shape), self._number(1)]
        arguments += [lies.pointer, self._length(lies.distance), x, step, self._number(0)]
        arguments += [self.kernel.access(self.y, self.y.shape).pointer, self._length(1)]
        self._call("gemv", ir.VoidType(), arguments)

    def _stack(self):
        """One product, or one for each place of the axes in front, which broadcast."""
        front = self.y.shape[:-2] if len(self.a.shape) > 1 and len(self.b.shape) > 1 else None
        if front is None:
            raise Unsupported("matmul of a vector and a stack")
        over_front(self.kernel, front, [(x, 2) for x in (self.a, self.b, self.y)], self._gemm)

    def _gemm(self, *offsets):
        a, b = self._matrix(self.a, offsets[0]), self._matrix(self.b, offsets[1])
        (m, k), n = self.a.shape[-2:], self.b.shape[-1]
        out = self.kernel.builder.gep(self.kernel.access(self.y, self.y.shape).pointer, [offsets[2]])
        ways = [ir.Constant(WORD, _TRANSPOSED if x.turned else _PLAIN) for x in (a, b)]
        arguments = [ir.Constant(WORD, _ROWS), *ways, *map(self._length, (m, n, k)), self._number(1)]
        arguments += [a.pointer, self._length(a.distance), b.pointer, self._length(b.distance), self._number(0)]
        arguments += [out, self._length(n)]
        self._call("gemm", ir.VoidType(), arguments)
