"""One operation on one number, or on a vector of them, with IEEE 754's results, as NumPy has them.

`Numbers` writes LLVM instructions. The same lines serve numbers (`lanes` is None) and vectors. What a processor
has no instruction for is called in the C library, entry by entry, unless `vector_math` has it.
"""

import functools
import math
from typing import Any

import numpy

from chainrule.compilation.native import ir, vector_math
from chainrule.compilation.program import spelled
from chainrule.compilation.schedule import Unsupported

BIT, BYTE, WORD, LONG = ir.IntType(1), ir.IntType(8), ir.IntType(32), ir.IntType(64)
TYPES = {"float64": ir.DoubleType(), "float32": ir.FloatType(), "bool": BIT, "int64": LONG}


class Numbers:
    """Writes operations at the end of a block.

    Args:
        builder: an `ir.IRBuilder`, placed where the code goes.
        machine: the `Machine`.
        lanes: how many numbers a value holds; None for one.
        deferred: a list for masks of the lanes whose arguments vector code does not serve; None where functions
            are the C library's, lane by lane.
    """

    lanes: Any
    deferred: Any
    do_exp: Any
    do_exp2: Any
    do_log: Any
    do_log1p: Any
    do_fmod: Any
    _general_power: Any

    def __init__(self, builder, machine, lanes=None, deferred=None):
        self.builder, self.machine, self.lanes, self.deferred = builder, machine, lanes, deferred

    # Types and constants

    def type(self, dtype):
        """LLVM's type for values of a dtype."""
        one = TYPES.get(spelled(dtype))
        if one is None:
            raise Unsupported(f"dtype {dtype}")
        return self.wide(one)

    def wide(self, one):
        return one if self.lanes is None else ir.VectorType(one, self.lanes)

    def constant(self, dtype, value):
        """A number of a dtype in every lane."""
        one = TYPES.get(spelled(dtype))
        if one is None:
            raise Unsupported(f"dtype {dtype}")
        return self.splat(one, bool(value) if one == BIT else value)

    def splat(self, one, value):
        if isinstance(one, ir.IntType):
            value = int(value)
        else:
            value = float(value)
        if self.lanes is None:
            return ir.Constant(one, value)
        return splat(one, value, self.lanes)

    def spread(self, value):
        """One number in every lane."""
        if self.lanes is None:
            return value
        kind = ir.VectorType(value.type, self.lanes)
        first = self.builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(WORD, 0))
        return self.builder.shuffle_vector(
            first, ir.Constant(kind, ir.Undefined), ir.Constant(ir.VectorType(WORD, self.lanes), None)
        )

    def like(self, x, value):
        """A constant of the type of x."""
        return self.splat(element(x), value)

    # Conversions

    def convert(self, x, source, target):
        """x of dtype `source` as dtype `target`."""
        if source == target:
            return x
        source, target = spelled(source), spelled(target)
        if source == target:
            return x
        kind, b = self.type(target), self.builder
        if target == "bool":
            zero = self.like(x, 0)
            return b.icmp_signed("!=", x, zero) if source == "int64" else b.fcmp_unordered("!=", x, zero)
        if source == "bool":
            return b.zext(x, kind) if target == "int64" else b.uitofp(x, kind)
        if source == "int64":
            return b.sitofp(x, kind)
        if target == "int64":
            raise Unsupported("conversion to whole numbers")
        return b.fpext(x, kind) if target == "float64" else b.fptrunc(x, kind)

    # Calls

    def intrinsic(self, name, *args):
        """An LLVM intrinsic whose arguments and result have one type."""
        kind = args[0].type
        function = declare(self.builder.module, f"llvm.{name}.{mangled(kind)}", kind, [kind] * len(args))
        return self.builder.call(function, args)

    def library(self, name, *args):
        """A function of the C library, lane by lane."""
        one = element(args[0])
        symbol = self.machine.library(name + ("f" if isinstance(one, ir.FloatType) else ""))
        function = declare(self.builder.module, symbol, one, [one] * len(args))
        if self.lanes is None:
            return self.builder.call(function, args)
        return self.builder.call(self._lane_by_lane(name, function, args), args)

    def careful(self, wanted, usual):
        """`usual`, noting for which lanes it is not good enough; the loop then repeats the work without vector code."""
        self.deferred.append(wanted)
        return usual

    def _lane_by_lane(self, name, function, args):
        """A function of this module: the C library's result in every lane."""
        kind, module = args[0].type, self.builder.module
        symbol = f"lanes_{name}_{mangled(kind)}"
        if symbol in module.globals:
            return module.globals[symbol]
        made = ir.Function(module, ir.FunctionType(kind, [kind] * len(args)), symbol)
        made.linkage = "internal"
        made.attributes.add("noinline")
        b = ir.IRBuilder(made.append_basic_block("entry"))
        one, places = element(args[0]), []
        for value in made.args:
            place = b.alloca(kind)
            b.store(value, place)
            places.append(b.bitcast(place, one.as_pointer()))
        entry, loop, done = b.block, b.append_basic_block("loop"), b.append_basic_block("done")
        b.branch(loop)
        b.position_at_end(loop)
        i = b.phi(WORD)
        i.add_incoming(ir.Constant(WORD, 0), entry)
        b.store(b.call(function, [b.load(b.gep(place, [i])) for place in places]), b.gep(places[0], [i]))
        more = b.add(i, ir.Constant(WORD, 1))
        i.add_incoming(more, loop)
        b.cbranch(b.icmp_unsigned("<", more, ir.Constant(WORD, self.lanes)), loop, done)
        b.position_at_end(done)
        b.ret(b.load(b.bitcast(places[0], kind.as_pointer())))
        return made

    def select(self, condition, x, y):
        return self.builder.select(condition, x, y)

    def isnan(self, x):
        return self.builder.fcmp_unordered("uno", x, x)

    # The operations, by NumPy's names

    def apply(self, name, args, dtypes):
        """The operation `name` on values of dtypes that NumPy's loop has; Unsupported where there is none."""
        method = getattr(self, "do_" + name, None)
        if method is None:
            raise Unsupported(name)
        if name in _BOOLEAN:
            return method(*(self.convert(x, dtype, "bool") for x, dtype in zip(args, dtypes)))
        if dtypes[0] == "bool" and name not in _ANY:
            raise Unsupported(f"{name} of booleans")
        if dtypes[0] == "int64":
            return self._whole(name, args)
        return method(*args)

    def _whole(self, name, args):
        b = self.builder
        if name in ("add", "subtract", "multiply"):
            return {"add": b.add, "subtract": b.sub, "multiply": b.mul}[name](*args)
        if name in _ORDER:
            return b.icmp_signed(_ORDER[name], *args)
        if name in ("maximum", "minimum"):
            return b.select(b.icmp_signed(">" if name == "maximum" else "<", *args), *args)
        if name in ("positive", "conjugate"):
            return args[0]
        if name in ("negative", "square", "absolute"):
            (x,) = args
            if name == "square":
                return b.mul(x, x)
            turned = b.sub(self.like(x, 0), x)
            return turned if name == "negative" else b.select(b.icmp_signed("<", x, self.like(x, 0)), turned, x)
        if name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
            return {"bitwise_and": b.and_, "bitwise_or": b.or_, "bitwise_xor": b.xor}[name](*args)
        if name == "where":
            return b.select(*args)
        raise Unsupported(f"{name} of whole numbers")

    def do_add(self, a, b):
        return self.builder.fadd(a, b)

    def do_subtract(self, a, b):
        return self.builder.fsub(a, b)

    def do_multiply(self, a, b):
        return self.builder.fmul(a, b)

    def do_divide(self, a, b):
        return self.builder.fdiv(a, b)

    def do_negative(self, x):
        return self.builder.fneg(x)

    def do_positive(self, x):
        return x

    def do_absolute(self, x):
        return self.intrinsic("fabs", x)

    do_fabs = do_absolute
    do_conjugate = do_positive

    def do_deg2rad(self, x):
        return self.builder.fmul(x, self.like(x, math.pi / 180))

    def do_rad2deg(self, x):
        return self.builder.fmul(x, self.like(x, 180 / math.pi))

    do_radians, do_degrees = do_deg2rad, do_rad2deg

    def do_square(self, x):
        return self.builder.fmul(x, x)

    def do_reciprocal(self, x):
        return self.builder.fdiv(self.like(x, 1), x)

    def do_sqrt(self, x):
        return self.intrinsic("sqrt", x)

    def do_floor(self, x):
        return self.intrinsic("floor", x)

    def do_ceil(self, x):
        return self.intrinsic("ceil", x)

    def do_trunc(self, x):
        return self.intrinsic("trunc", x)

    def do_rint(self, x):
        return self.intrinsic("rint", x)

    def do_copysign(self, a, b):
        return self.intrinsic("copysign", a, b)

    def compare(self, relation, a, b):
        """`a relation b`, false where either is NaN (but for "!=")."""
        if element(a) == BIT:
            return self.builder.icmp_unsigned(relation, a, b)
        if relation == "!=":
            return self.builder.fcmp_unordered("!=", a, b)
        return self.builder.fcmp_ordered(relation, a, b)

    def do_logical_not(self, x):
        return self.builder.not_(x)

    def do_logical_and(self, a, b):
        return self.builder.and_(a, b)

    def do_logical_or(self, a, b):
        return self.builder.or_(a, b)

    def do_logical_xor(self, a, b):
        return self.builder.xor(a, b)

    do_bitwise_and, do_bitwise_or, do_bitwise_xor, do_invert = (
        do_logical_and,
        do_logical_or,
        do_logical_xor,
        do_logical_not,
    )

    def do_isnan(self, x):
        return self.isnan(x)

    def do_isinf(self, x):
        return self.builder.fcmp_ordered("==", self.do_absolute(x), self.like(x, math.inf))

    def do_isfinite(self, x):
        return self.builder.fcmp_ordered("<", self.do_absolute(x), self.like(x, math.inf))

    # Written so that processors have one instruction for all but the NaN.

    def do_maximum(self, a, b):
        return self.select(self.isnan(b), b, self.select(self.builder.fcmp_ordered("<", a, b), b, a))

    def do_minimum(self, a, b):
        return self.select(self.isnan(b), b, self.select(self.builder.fcmp_ordered(">", a, b), b, a))

    def do_fmax(self, a, b):
        first = self.builder.or_(self.builder.fcmp_ordered(">=", a, b), self.isnan(b))
        return self.select(first, a, b)

    def do_fmin(self, a, b):
        first = self.builder.or_(self.builder.fcmp_ordered("<=", a, b), self.isnan(b))
        return self.select(first, a, b)

    def do_sign(self, x):
        zero, one = self.like(x, 0), self.like(x, 1)
        signed = self.select(self.builder.fcmp_ordered("<", x, zero), self.like(x, -1), zero)
        signed = self.select(self.builder.fcmp_ordered(">", x, zero), one, signed)
        return self.select(self.isnan(x), x, signed)

    def do_heaviside(self, a, b):
        zero, one = self.like(a, 0), self.like(a, 1)
        step = self.select(self.builder.fcmp_ordered("<", a, zero), zero, one)
        step = self.select(self.builder.fcmp_ordered("==", a, zero), b, step)
        return self.select(self.isnan(a), a, step)

    def _divmod(self, a, b):
        """The quotient rounded down and the remainder with the sign of b, as NumPy computes them."""
        w, zero = self.builder, self.like(a, 0)
        mod = self.do_fmod(a, b)
        div = w.fdiv(w.fsub(a, mod), b)
        there = w.fcmp_unordered("!=", mod, zero)
        apart = w.xor(w.fcmp_ordered("<", b, zero), w.fcmp_ordered("<", mod, zero))
        wrong = w.and_(there, apart)
        div = self.select(wrong, w.fsub(div, self.like(a, 1)), div)
        mod = self.select(there, self.select(wrong, w.fadd(mod, b), mod), self.do_copysign(zero, b))
        down = self.do_floor(div)
        more = w.fcmp_ordered(">", w.fsub(div, down), self.like(a, 0.5))
        down = self.select(more, w.fadd(down, self.like(a, 1)), down)
        quotient = w.fdiv(a, b)
        down = self.select(w.fcmp_unordered("!=", div, zero), down, self.do_copysign(zero, quotient))
        by_zero = w.fcmp_ordered("==", b, zero)
        return self.select(by_zero, quotient, down), self.select(by_zero, self.like(a, math.nan), mod)

    def do_floor_divide(self, a, b):
        return self._divmod(a, b)[0]

    def do_remainder(self, a, b):
        return self._divmod(a, b)[1]

    def do_power(self, x, y):
        if is_products("power", (x, y)) and (self.deferred is not None or y.number in _NUMPY_PRODUCTS):
            return _PRODUCTS[y.number](self, x)
        return self._general_power(x, y)

    def do_float_power(self, x, y):
        return self._general_power(x, y)

    def do_where(self, condition, a, b):
        return self.select(condition, a, b)

    def _logaddexp(self, a, b, exp, log1p, one):
        w = self.builder
        apart = w.fsub(a, b)
        larger = self.select(w.fcmp_ordered(">", apart, self.like(a, 0)), a, b)
        sum_ = w.fadd(larger, log1p(exp(w.fneg(self.do_absolute(apart)))))
        sum_ = self.select(self.isnan(apart), apart, sum_)
        return self.select(w.fcmp_ordered("==", a, b), w.fadd(a, self.like(a, one)), sum_)

    def do_logaddexp(self, a, b):
        return self._logaddexp(a, b, self.do_exp, self.do_log1p, math.log(2))

    def do_logaddexp2(self, a, b):
        def log2_1p(x):
            return self.builder.fmul(self.do_log1p(x), self.like(x, 1 / math.log(2)))

        return self._logaddexp(a, b, self.do_exp2, log2_1p, 1.0)


_LIBRARY = {
    "exp": "exp",
    "exp2": "exp2",
    "expm1": "expm1",
    "log": "log",
    "log2": "log2",
    "log10": "log10",
    "log1p": "log1p",
    "cbrt": "cbrt",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arctan2": "atan2",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "hypot": "hypot",
    "fmod": "fmod",
}


def _from_library(name, symbol):
    def method(self, *args):
        wide = vector_math.FUNCTIONS.get(name) if self.deferred is not None else None
        return self.library(symbol, *args) if wide is None else wide(self, *args)

    return method


def _comparison(relation):
    return lambda self, a, b: self.compare(relation, a, b)


def _square_of_square(n, x):
    return n.do_square(n.do_square(x))


# Powers with a constant exponent that are a product or two: within 2 units in the last place.
_PRODUCTS = {
    2.0: Numbers.do_square,
    -1.0: Numbers.do_reciprocal,
    0.5: Numbers.do_sqrt,
    1.0: Numbers.do_positive,
    0.0: lambda n, x: n.like(x, 1),
    3.0: lambda n, x: n.do_multiply(n.do_square(x), x),
    4.0: _square_of_square,
    -2.0: lambda n, x: n.do_square(n.do_reciprocal(x)),
}
_NUMPY_PRODUCTS = (2.0, -1.0, 0.5, 1.0, 0.0)  # those which NumPy takes for arrays, too
_ORDER = {"less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=", "equal": "==", "not_equal": "!="}
for _name, _symbol in _LIBRARY.items():
    setattr(Numbers, f"do_{_name}", _from_library(_name, _symbol))
Numbers._general_power = _from_library("power", "pow")
for _name, _symbol in _ORDER.items():
    setattr(Numbers, f"do_{_name}", _comparison(_symbol))
_BOOLEAN = frozenset("logical_not logical_and logical_or logical_xor".split())
_ANY = frozenset("bitwise_and bitwise_or bitwise_xor invert where".split()) | frozenset(_ORDER)


def is_products(name, args):
    """Whether an operation is a power with a constant exponent that is a product or two."""
    return name == "power" and type(args[1]) is _Splat and args[1].number in _PRODUCTS


def splat(one, value, lanes):
    """A constant in every lane."""
    return _Splat(ir.VectorType(one, lanes), value)


class _Splat(ir.Constant):
    """A vector of one constant, in LLVM's short spelling."""

    __slots__ = ("number",)

    def __init__(self, kind, number):
        super().__init__(kind, None)
        self.name, self.number = f"splat ({kind.element} {kind.element.spelled(number)})", number


def element(x):
    """The LLVM type of one number of a value."""
    return x.type.element if isinstance(x.type, ir.VectorType) else x.type


def mangled(kind):
    """How LLVM spells a type in the names of intrinsics."""
    if isinstance(kind, ir.VectorType):
        return f"v{kind.count}{mangled(kind.element)}"
    if isinstance(kind, ir.IntType):
        return f"i{kind.width}"
    return "f64" if isinstance(kind, ir.DoubleType) else "f32"


def declare(module, name, result, arguments):
    """A function of another module, declared once."""
    known = module.globals.get(name)
    if known is not None:
        return known
    return ir.Function(module, ir.FunctionType(result, arguments), name)


def either(builder, tests, usual, rare):
    """The values `usual`; what `rare()` writes instead, where some lane of one of the masks `tests` is set."""
    every = tests[0]
    for test in tests[1:]:
        every = builder.or_(every, test)
    bits = ir.IntType(every.type.count)
    before, unusual, after = builder.block, builder.append_basic_block("rare"), builder.append_basic_block("usual")
    some = builder.icmp_unsigned("!=", builder.bitcast(every, bits), ir.Constant(bits, 0))
    builder.cbranch(some, unusual, after, (1, 1000))
    builder.position_at_end(unusual)
    others = rare()
    unusual = builder.block
    builder.branch(after)
    builder.position_at_end(after)
    merged = []
    for one, other in zip(usual, others):
        phi = builder.phi(one.type)
        phi.add_incoming(one, before)
        phi.add_incoming(other, unusual)
        merged.append(phi)
    return merged


def loop_dtypes(instruction):
    """The dtypes in which NumPy computes an elementwise instruction: of its inputs, and of its result."""
    given = [_offered(x) for x in instruction.inputs]
    result = instruction.outputs[0].dtype
    if instruction.name == "where":
        return ["bool", spelled(result), spelled(result)], spelled(result)
    if instruction.name not in ("astype", "item") and not isinstance(instruction.function, numpy.ufunc):
        raise Unsupported(instruction.name)
    if instruction.name in ("astype", "item"):
        source = instruction.inputs[0].dtype if hasattr(instruction.inputs[0], "dtype") else numpy.dtype(float)
        return [spelled(source)], spelled(result)
    if all(isinstance(x, type) for x in given):
        weak = [
            numpy.dtype(float) if float in given or instruction.function in _TRUE else numpy.dtype(x) for x in given
        ]
        given = weak
    *inputs, output = _resolved(instruction.function, tuple(given)) or (None,)
    if output is None:
        raise Unsupported(f"{instruction.name} of these dtypes")
    if output != result:
        raise Unsupported(f"{instruction.name} in {output}")
    return [spelled(x) for x in inputs], spelled(result)


@functools.cache
def _resolved(function, given):
    """The dtypes of a ufunc's loop for operands of these dtypes; None where it has none."""
    try:
        return function.resolve_dtypes((*given, None))
    except TypeError:
        return None


_TRUE = (numpy.divide, numpy.exp, numpy.sqrt)


def _offered(x):
    """An operand's dtype as NumPy's promotion takes it: the class of a weak Python number."""
    if hasattr(x, "kind"):
        return float if x.kind == "float" else x.dtype
    if type(x.value) in (float, int):
        return type(x.value)
    return numpy.result_type(x.value)
