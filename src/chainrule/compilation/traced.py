"""Values of a run that is being written down.

A traced value stands for a number or an array. It holds the example's value, so the run takes the branches
that the example takes, and everything NumPy is asked to do with it is written down. It takes part in NumPy's
own dispatch (NEP 13 and 18), one level below Tensors: the engine's nodes hold traced values during such a
run, and the program of a gradient is what the engine's own walk does. There is no other table of derivatives.

Where a value leaves (`if`, `int()`, an index), a guard is written down. What cannot be followed raises
Untraceable, and the function then runs as it is, uncompiled.
"""

import operator
import sys
from typing import Any

import numpy

from chainrule.compilation import canonical, composed
from chainrule.compilation.calls import KINDS, STANDING, Standing, bare, inner, is_traced, is_weak, mentions
from chainrule.core.namespace import KIND
from chainrule.core.record import TENSORS
from chainrule.core.rows import Rows
from chainrule.core.spec import ARRAYS, REAL, WEAK
from chainrule.core.told import takes_only_arrays
from chainrule.places import INSIDE


class Traced(Standing):
    """Stands for an array or a NumPy scalar."""

    __slots__ = ("recording", "variable", "value", "__weakref__")
    __array_priority__ = 1000.0

    def __init__(self, recording, variable, value):
        self.recording, self.variable, self.value = recording, variable, value

    # What it is

    @property
    def __class__(self):  # what `isinstance` in the user's program sees
        asks = sys._getframe(1).f_code.co_filename
        return type(self) if INSIDE[asks] and not takes_only_arrays(asks) else type(self.value)

    @property
    def shape(self):
        return self.variable.shape

    @property
    def dtype(self):
        return self.variable.dtype

    @property
    def kind(self):
        return self.variable.kind

    @property
    def ndim(self):
        return len(self.variable.shape)

    @property
    def size(self):
        return int(numpy.prod(self.shape, dtype=int))

    @property
    def nbytes(self):
        return self.size * self.dtype.itemsize

    @property
    def itemsize(self):
        return self.dtype.itemsize

    @property
    def T(self):
        return numpy.transpose(self)

    @property
    def mT(self):
        return numpy.swapaxes(self, -1, -2)

    @property
    def real(self):
        return self if self.dtype.kind != "c" else self.recording.call(numpy.real, (self,), {}, "real")

    @property
    def imag(self):
        return self.recording.call(numpy.imag, (self,), {}, "imag")

    # NumPy's dispatch

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        for x in inputs:
            if type(x) in TENSORS or type(x) is Rows:
                return NotImplemented
        if _is_users(sys._getframe(1).f_code):
            inputs = _given(inputs)
        recording = self.recording
        if "out" in kwargs and any(out is not None for out in kwargs["out"]):
            recording.refuse(f"numpy.{ufunc.__name__} writes into an array (out=)")
        kwargs.pop("out", None)
        if method == "reduce" and ufunc in canonical.REDUCE:
            known = canonical.REDUCE[ufunc](*inputs, **kwargs)
            if known is not None:
                return self._known(known, ufunc.reduce, inputs, kwargs)
        known = ufunc.nout == 1 and (ufunc.signature is None or ufunc is numpy.matmul)
        if method == "__call__" and not kwargs and known and all([type(x) in _OPERANDS for x in inputs]):
            return self._apply(ufunc, inputs)
        if method == "at" or "where" in kwargs:
            recording.refuse(f"numpy.{ufunc.__name__}.{method} writes into an array")
        name = ufunc.__name__ + ("" if method == "__call__" else f".{method}")
        return recording.call(getattr(ufunc, method), inputs, kwargs, name)

    def _apply(self, ufunc, inputs):
        """A ufunc of numbers, entry by entry (or a matrix product)."""
        result = _computed(ufunc, inputs)
        if type(result) is numpy.float64 and inner(inputs) and all([type(x) in _WEAK for x in inputs]):
            result = float(result)
        return self.recording.write(ufunc.__name__, ufunc, inputs, {}, result)

    def _known(self, known, function, args, kwargs):
        name, canonical_function, inputs, params = known
        result = self.recording.compute(function, args, kwargs)
        if name == "where" and inner(inputs) and all(map(is_weak, inputs[1:])):
            result = float(result)
        return self.recording.write(name, canonical_function, inputs, params, result)

    def __array_function__(self, function, types, args, kwargs):
        if any(kind in TENSORS or kind is Rows for kind in types):
            return NotImplemented
        if function in canonical.STATIC:
            return function(*bare(args), **bare(kwargs))
        if _is_users(sys._getframe(1).f_code):
            args = _given(args)
        if function in composed.FUNCTIONS:
            result = composed.FUNCTIONS[function](*args, **kwargs)
            if result is not None:
                return result
        if function in canonical.FUNCTIONS:
            known = canonical.FUNCTIONS[function](*args, **kwargs)
            if known is not None:
                return self._known(known, function, args, kwargs)
        if kwargs.get("out") is not None or function.__name__ in _WRITING_FUNCTIONS:
            self.recording.refuse(f"numpy.{function.__name__} writes into an array")
        return self.recording.call(function, args, kwargs, function.__name__)

    def recorded(self, function, **params):
        """A plain function of this value, written down as it is."""
        if mentions(params) is not None or _has_array(params.get("index")):
            return self.beside(function, self, **params)
        result = function(self.value, **params)
        return self.recording.write(function.__name__.strip("_"), function, (self,), params, result)

    def with_added(self, function, add_at, g, index):
        """The sum with an array of zeros that has g at an index; nobody else may hold the example's array.

        function: makes that array, of g, the index and the shape. add_at: adds g to a plain array in place. So an
        example of many entries is not gone through once for each of them.
        """
        value = g.value if type(g) in STANDING else g
        own = numpy.result_type(self.value, value) == self.dtype and self.value.flags.writeable
        if not own or self.recording.met is not None:  # which holds the example's arrays too
            return self + g.recorded(function, index=index, shape=self.shape)
        recording, params = self.recording, {"index": index, "shape": self.shape}
        made = recording.unseen("scattered", function, (g,), params, self.shape, numpy.result_type(value))
        add_at(self.value, index, value)
        sum_ = recording.unseen("add", numpy.add, (self, made), {}, self.shape, self.dtype)
        return type(self)(recording, sum_.variable, self.value)

    def beside(self, function, *args, **params):
        """A plain function of several values, this one among them, written down as it is."""
        return self.recording.call(function, args, params, f"{function.__name__.strip('_')} at values")

    def engine_value(self):
        """What the engine holds for it."""
        return self

    def __getattr__(self, name):
        if name.startswith("_") or not hasattr(numpy.ndarray, name):
            raise AttributeError(f"{type(self.value).__name__!r} object has no attribute {name!r}")
        if name in _WRITING or not callable(getattr(numpy.ndarray, name)):
            self.recording.refuse(f"it uses .{name} of an array")
        return _Method(self, name)

    def certain(self):
        """A shortcut that the example would take is taken, under a guard; else the general rule holds for both."""
        return bool(self) if self.value else False

    def possible(self):
        """Marks a value of which nothing is known beforehand (see `chainrule.core.selection.possible`)."""
        return True

    # Ways out

    def __array__(self, dtype=None, copy=None):
        return self.recording.refuse(
            "an ndarray is made of a value (np.array, np.asarray or an assignment into an array); "
            "np.stack and np.where build arrays that can be followed"
        )

    def __bool__(self):
        return self.recording.guard(self, bool(self.value))

    def __int__(self):
        return int(self._whole(int))

    def __index__(self):
        return self.value.__index__() if self._whole(int) is not None else 0

    def __float__(self):
        return float(self._whole(float))

    def __complex__(self):
        return complex(self._whole(complex))

    def _whole(self, kind):
        """The value as a Python number, which a guard states."""
        number = kind(self.value)
        if kind is int and self.dtype.kind == "f":
            whole = numpy.trunc(self)
            self.recording.guard(whole if whole.ndim == 0 else whole.reshape(()), float(number))
            return number
        self.recording.guard(self, number)
        return number

    def item(self, *place):
        value = self if not place else self[place]
        if value.dtype in (numpy.float32, numpy.float16):
            value = value.astype(numpy.float64)
        if value.dtype != numpy.float64 or value.size != 1:
            return _python(value)
        value = value if not value.ndim else value.reshape(())
        return self.recording.write("item", numpy.float64, (value,), {}, float(value.value), GivenFloat)

    def tolist(self):
        return self.item() if not self.ndim else [one.tolist() for one in self]

    def __len__(self):
        return len(self.value)

    def __iter__(self):
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(self.shape[0]))

    def __contains__(self, item):
        return bool((self == item).any())

    def __hash__(self):
        hash(self.value)
        return hash(self.recording.guard(self, numpy.asarray(self.value).item()))

    def __format__(self, spec):
        return self.recording.refuse("it prints or formats a value")

    def __repr__(self):
        return self.recording.refuse("it prints or formats a value")

    __str__ = __repr__

    def __setitem__(self, index, value):
        self.recording.refuse("it assigns into an array; np.where and np.stack build new ones")

    def __delitem__(self, index):
        raise ValueError("cannot delete array elements")

    def __copy__(self):
        return numpy.positive(self)

    def __deepcopy__(self, memo):
        return numpy.positive(self)

    def __divmod__(self, other):
        return self.__floordiv__(other), self.__mod__(other)

    def __rdivmod__(self, other):
        return self.__rfloordiv__(other), self.__rmod__(other)

    def __reduce__(self):
        return self.recording.refuse("it pickles a value")

    def __getitem__(self, index):
        if mentions(index) is None:
            index = _with_arrays(index)
        if mentions(index) is not None or _has_array(index):
            return self.recording.call(canonical.getitem, (self, index), {}, "getitem")
        if type(index) is tuple and not index and self.kind != "array":
            return self
        result = self.value[index]
        return self.recording.write("getitem", canonical.getitem, (self,), {"index": index}, result)

    def __round__(self, ndigits=None):
        if self.kind == "array":
            raise TypeError("type numpy.ndarray doesn't define __round__ method")
        if ndigits is None:
            return int(numpy.rint(self))
        return self.recording.call(numpy.round, (self, ndigits), {}, "round")


class TracedFloat(Traced):
    """Stands for a Python float that the engine holds: a weak number."""

    __slots__ = ()
    standing = "weak"

    def weak(self, number):
        """A cotangent brought to the kind of this value: a weak number."""
        if not is_traced(number):
            return float(number.real if isinstance(number, (complex, numpy.complexfloating)) else number)
        if number.dtype.kind == "c":
            number = numpy.real(number)
        if type(number) is TracedFloat:
            return number
        return self.recording.write("item", numpy.float64, (number,), {}, float(number.value), TracedFloat)

    def given(self):
        """The same number in the user's hands."""
        return GivenFloat(self.recording, self.variable, self.value)

    def item(self, *place):
        return self.given()

    def astype(self, dtype):
        result = canonical.convert(self.value, dtype)
        return self.recording.write("astype", canonical.convert, (self,), {"dtype": dtype}, result)

    @property
    def real(self):
        return self

    @property
    def imag(self):
        return 0.0

    def conjugate(self):
        return self

    conj = conjugate


class GivenFloat(TracedFloat):
    """Stands for a Python float in the user's hands: a NumPy function makes a NumPy scalar of it."""

    __slots__ = ()
    standing = "given"

    def engine_value(self):
        return TracedFloat(self.recording, self.variable, self.value)

    def __getattr__(self, name):
        if name in ("hex", "is_integer", "as_integer_ratio"):
            return getattr(float(self), name)
        raise AttributeError(f"'float' object has no attribute {name!r}")

    def __round__(self, ndigits=None):
        return super().__round__() if ndigits is None else self.recording.call(round, (self, ndigits), {}, "round")

    def __len__(self):
        raise TypeError("object of type 'float' has no len()")

    def __iter__(self):
        raise TypeError("'float' object is not iterable")

    def __getitem__(self, index):
        raise TypeError("'float' object is not subscriptable")


def _not_of_floats(name):
    """An attribute of arrays, which a Python float in the user's hands has not."""

    def get(self):
        if _is_users(sys._getframe(1).f_code):
            raise AttributeError(f"'float' object has no attribute {name!r}")
        return getattr(super(GivenFloat, self), name)

    return property(get)


for _name in "shape dtype ndim size nbytes itemsize T mT item tolist astype".split():
    setattr(GivenFloat, _name, _not_of_floats(_name))


class GivenTruth(Traced):
    """Stands for Python's True or False, which comparing Python floats gives.

    NumPy takes it for its own, and so does the engine. In the user's hands it is a number, which is asked for where
    it is whole.
    """

    __slots__ = ()
    standing = "truth"

    def __init__(self, recording, variable, value):
        super().__init__(recording, variable, bool(value))

    def number(self):
        """1.0 or 0.0."""
        params, value = {"dtype": _FLOAT}, float(self.value)
        return self.recording.write("astype", canonical.convert, (self,), params, value, GivenFloat)


class _Method:
    """A method of an array, waiting for its arguments."""

    __slots__ = ("name", "of")

    def __init__(self, of, name):
        self.of, self.name = of, name

    def __call__(self, *args, **kwargs):
        of, name = self.of, self.name
        if kwargs.get("out") is not None:
            of.recording.refuse(f"it uses .{name} with out=")
        if name in composed.METHODS:
            result = composed.METHODS[name](of, *args, **kwargs)
            if result is not None:
                return result
        known = canonical.method_call(name, of, args, kwargs)
        function = _bound(name)
        if known is not None:
            return of._known(known, function, (of, *args), kwargs)
        return of.recording.call(function, (of, *args), kwargs, name)


class _bound:
    """`method(name)(x, ...)` is `x.name(...)`."""

    def __init__(self, name):
        self.name = name

    def __call__(self, x, *args, **kwargs):
        return getattr(x, self.name)(*args, **kwargs)


_WRITING_FUNCTIONS = frozenset("copyto putmask place put fill_diagonal put_along_axis".split())
_WRITING = frozenset(  # methods and attributes that write, or hand out memory
    """
    sort partition fill put resize setflags setfield itemset byteswap view tobytes tofile dump dumps data flat
    ctypes base strides flags getfield
    """.split()
)


def _computed(ufunc, inputs):
    """What a ufunc makes of the values; Python's own operators compute the same for numbers, and sooner."""
    values = [x.value if type(x) in STANDING else x for x in inputs]
    if ufunc in _PLAIN and all([type(x) in _DOUBLE for x in values]):
        return numpy.float64(_PLAIN[ufunc](*values))
    return ufunc(*values)


_PLAIN = {numpy.add: operator.add, numpy.subtract: operator.sub, numpy.multiply: operator.mul}
_DOUBLE = frozenset((float, numpy.float64))
_BITS = (numpy.bitwise_and, numpy.bitwise_or, numpy.bitwise_xor)
_FLOAT = numpy.dtype(float)


def _with_arrays(index):
    """An index with arrays for lists."""
    if type(index) is tuple:
        return tuple(map(_with_arrays, index))
    return numpy.asarray(index, None if index else int) if type(index) is list else index


def _has_array(index):
    """Whether an index is, or has among its parts, an array."""
    return any(type(part) is numpy.ndarray for part in (index if type(index) is tuple else (index,)))


def _python(traced):
    """A Python number that a guard states."""
    return traced.recording.guard(traced, traced.value.item())


def _python_division(inputs):
    """Python refuses to divide floats by zero, and NumPy does not."""
    divisor = inputs[1]
    there = bool(numpy.not_equal(divisor, 0.0)) if is_traced(divisor) else divisor != 0
    if not there:
        raise ZeroDivisionError("float division by zero")


def _python_power(recording, result):
    """Python's power of floats raises, or turns complex, where NumPy's is inf or NaN."""
    if not numpy.isfinite(result):
        recording.refuse("a power of Python floats is not finite, where Python and NumPy differ")


_DIVIDING = (numpy.divide, numpy.floor_divide, numpy.remainder)


def _weak_operation(recording, ufunc, inputs):
    """An operator on Python floats: the result is one too."""
    given = not inner(inputs)
    if given and ufunc in _DIVIDING:
        _python_division(inputs)
    result = _computed(ufunc, inputs)
    if type(result) is not numpy.float64:
        compared = recording.write(ufunc.__name__, ufunc, inputs, {}, result)
        return GivenTruth(recording, compared.variable, result)
    cls = GivenFloat if given else TracedFloat
    traced = recording.write(ufunc.__name__, ufunc, inputs, {}, float(result), cls)
    if given and ufunc is numpy.power:
        _python_power(recording, traced)
    return traced


def _operator(ufunc, swapped=False):
    plain, name = _PLAIN.get(ufunc), ufunc.__name__

    def method(self, other):
        kind = type(other)
        if kind is GivenTruth and isinstance(self, TracedFloat):
            other, kind = other.number(), GivenFloat
        if (kind is TracedFloat or type(self) is TracedFloat) and _is_users(sys._getframe(1).f_code):
            self, other = _given((self, other))
            kind = type(other)
        inputs = (other, self) if swapped else (self, other)
        if kind in _WEAK and type(self) is not Traced:
            if plain is None:
                return _weak_operation(self.recording, ufunc, inputs)
            value = other.value if kind in STANDING else other
            result = plain(value, self.value) if swapped else plain(self.value, value)
            cls = TracedFloat if TracedFloat in (kind, type(self)) else GivenFloat
            return self.recording.write(name, ufunc, inputs, {}, result, cls)
        if kind in STANDING:
            return self._apply(ufunc, inputs)
        if kind in TENSORS or other is None or kind in (str, bytes, dict, set):
            return NotImplemented
        return ufunc(*inputs)

    return method


def _is_users(code):
    """Whether code is the user's program: not the library's, and no rule of a room, which computes for the engine."""
    return not INSIDE[code.co_filename] and "xp" not in code.co_varnames


def _given(inputs) -> Any:
    """Values that the engine's functions gave the user, in whose hands a number is a Python float."""
    return [x.given() if type(x) is TracedFloat else x for x in inputs]


def _operator_of_truth(name, ufunc):
    def method(self, other):
        kind = type(other)
        if not _is_users(sys._getframe(1).f_code):
            return getattr(Traced, name)(self, other)
        if kind is float or kind is GivenFloat or kind is TracedFloat:
            return getattr(self.number(), name)(other)
        if kind is bool or kind is GivenTruth:
            if ufunc in _BITS:
                made = self._apply(ufunc, (self, other))
                return GivenTruth(self.recording, made.variable, made.value)
            return getattr(bool(self), name)(bool(other))
        return getattr(bool(self), name)(other) if kind is int else getattr(Traced, name)(self, other)

    return method


def _unary(ufunc):
    def method(self):
        if type(self) is TracedFloat and _is_users(sys._getframe(1).f_code):
            self = self.given()
        return _weak_operation(self.recording, ufunc, (self,)) if is_weak(self) else ufunc(self)

    return method


def _unary_of_truth(name):
    def method(self):
        users = _is_users(sys._getframe(1).f_code)
        return getattr(bool(self), name)() if users else getattr(Traced, name)(self)

    return method


def _in_place(name):
    def method(self, other):
        if self.kind == "array":
            self.recording.refuse("it changes an array in place; write a = a + b instead of a += b")
        return getattr(self, name)(other)

    return method


_OPERATORS = {
    "add": numpy.add,
    "sub": numpy.subtract,
    "mul": numpy.multiply,
    "truediv": numpy.divide,
    "floordiv": numpy.floor_divide,
    "mod": numpy.remainder,
    "pow": numpy.power,
    "matmul": numpy.matmul,
    "and": numpy.bitwise_and,
    "or": numpy.bitwise_or,
    "xor": numpy.bitwise_xor,
    "lshift": numpy.left_shift,
    "rshift": numpy.right_shift,
}
for _name, _ufunc in _OPERATORS.items():
    setattr(Traced, f"__{_name}__", _operator(_ufunc))
    setattr(Traced, f"__r{_name}__", _operator(_ufunc, swapped=True))
    setattr(Traced, f"__i{_name}__", _in_place(f"__{_name}__"))
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    _ufunc = {"eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater"}.get(_name)
    setattr(Traced, f"__{_name}__", _operator(getattr(numpy, _ufunc or "greater_equal")))
for _name, _ufunc in {
    "neg": numpy.negative,
    "pos": numpy.positive,
    "abs": numpy.absolute,
    "invert": numpy.invert,
}.items():
    setattr(Traced, f"__{_name}__", _unary(_ufunc))
for _name, _ufunc in _OPERATORS.items():
    for _full in (f"__{_name}__", f"__r{_name}__"):
        setattr(GivenTruth, _full, _operator_of_truth(_full, _ufunc))
    setattr(GivenTruth, f"__i{_name}__", getattr(GivenTruth, f"__{_name}__"))
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(GivenTruth, f"__{_name}__", _operator_of_truth(f"__{_name}__", None))
for _name in ("neg", "pos", "abs", "invert"):
    setattr(GivenTruth, f"__{_name}__", _unary_of_truth(f"__{_name}__"))
GivenTruth.__hash__ = lambda self: hash(bool(self))
Traced.__divmod__ = lambda self, other: (self // other, self % other)
Traced.__rdivmod__ = lambda self, other: (other // self, other % self)

KINDS.update({cls.standing: cls for cls in (Traced, TracedFloat, GivenFloat, GivenTruth)})
STANDING.update(KINDS.values())
_WEAK = frozenset((float, int, bool, TracedFloat, GivenFloat))
_OPERANDS = frozenset((*KIND, *STANDING))  # what a ufunc takes as it is, and no list
KIND.update({Traced: 1, TracedFloat: 1, GivenTruth: 1})  # the engine takes them for the numbers they stand for
WEAK.add(TracedFloat)
REAL.add(TracedFloat)
ARRAYS.update((Traced, TracedFloat, GivenTruth))
