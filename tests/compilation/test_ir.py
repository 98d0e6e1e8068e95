import ctypes
import math
import struct

import llvmlite.binding as llvm
import numpy as np
import pytest

from chainrule.compilation.native import ir
from chainrule.compilation.native.machine import machine

DOUBLE, FLOAT, LONG, WORD, BIT = ir.DoubleType(), ir.FloatType(), ir.IntType(64), ir.IntType(32), ir.IntType(1)


def function(kind, write):
    """A function of the C kind (result, then arguments) whose LLVM code `write(builder, *arguments)` writes."""
    kinds = {ctypes.c_double: DOUBLE, ctypes.c_int64: LONG, ctypes.c_void_p: DOUBLE.as_pointer()}
    module = ir.Module()
    made = ir.Function(module, ir.FunctionType(kinds[kind[0]], [kinds[one] for one in kind[1:]]), "made")
    builder = ir.IRBuilder(made.append_basic_block("entry"))
    builder.ret(write(builder, *made.args))
    engine = machine().build(module)
    call = ctypes.CFUNCTYPE(*kind)(engine.get_function_address("made"))
    call.engine = engine  # the code lives as long
    return call


def test_types_are_one_object_each():
    assert ir.IntType(8) is ir.IntType(8) and ir.IntType(8) is not ir.IntType(16)
    assert ir.VectorType(DOUBLE, 4) is ir.VectorType(DOUBLE, 4)
    assert ir.FunctionType(DOUBLE, [DOUBLE]) is ir.FunctionType(DOUBLE, (DOUBLE,))
    assert str(ir.LiteralStructType([LONG, DOUBLE.as_pointer()])) == "{i64, ptr}"


@pytest.mark.parametrize("number", [0.0, -0.0, 1.5, -math.inf, 5e-324, 1.7976931348623157e308, 0.1])
def test_constants_keep_every_bit(number):
    given = function([ctypes.c_double], lambda b: ir.Constant(DOUBLE, number))()
    assert struct.pack("d", given) == struct.pack("d", number)
    narrow = (
        function([ctypes.c_double], lambda b: b.fpext(ir.Constant(FLOAT, number), DOUBLE))
        if abs(number) < 1e38
        else None
    )
    if narrow is not None:
        assert narrow() == float(np.float32(number))
    assert math.isnan(function([ctypes.c_double], lambda b: ir.Constant(DOUBLE, math.nan))())


def test_whole_constants_are_put_together_at_once():
    builder = ir.IRBuilder(ir.Function(ir.Module(), ir.FunctionType(LONG, [LONG]), "f").append_basic_block("entry"))
    x, zero, one, two = builder.function.args[0], *(ir.Constant(LONG, n) for n in range(3))
    assert builder.add(x, zero) is x and builder.add(zero, x) is x
    assert builder.mul(x, one) is x and builder.mul(one, x) is x and builder.mul(x, zero) is zero
    assert builder.add(two, builder.mul(two, two)).name == "6"
    assert not builder.block.lines
    assert builder.add(x, two).name != x.name and len(builder.block.lines) == 1


def test_branches_memory_and_vectors():
    def largest_of(b, pointer, count):
        """The largest of some numbers, four at a time, from 0 on."""
        kind = ir.VectorType(DOUBLE, 4)
        before, loop, after = b.block, b.append_basic_block("loop"), b.append_basic_block("after")
        b.branch(loop)
        b.position_at_end(loop)
        i, held = b.phi(LONG), b.phi(kind)
        i.add_incoming(ir.Constant(LONG, 0), before)
        held.add_incoming(ir.Constant(kind, None), before)
        four = b.load(b.bitcast(b.gep(pointer, [i]), kind.as_pointer()), align=8)
        larger = b.select(b.fcmp_ordered(">", four, held), four, held)
        following = b.add(i, ir.Constant(LONG, 4))
        i.add_incoming(following, loop)
        held.add_incoming(larger, loop)
        b.cbranch(b.icmp_signed("<", following, count), loop, after, (9, 1))
        b.position_at_end(after)
        place = b.alloca(DOUBLE)
        b.store(ir.Constant(DOUBLE, None), place)
        for lane in range(4):
            one = b.extract_element(larger, ir.Constant(WORD, lane))
            with b.if_then(b.fcmp_ordered(">", one, b.load(place)), likely=True):
                b.store(one, place)
        return b.load(place)

    x = np.random.default_rng(0).normal(size=24)
    call = function([ctypes.c_double, ctypes.c_void_p, ctypes.c_int64], largest_of)
    assert call(x.ctypes.data, x.size) == x.max()


def test_both_ways_meet():
    def sign(b, x):
        place = b.alloca(LONG)
        with b.if_else(b.fcmp_ordered("<", x, ir.Constant(DOUBLE, 0.0))) as (then, otherwise):
            with then:
                b.store(ir.Constant(LONG, -1), place)
            with otherwise:
                b.store(ir.Constant(LONG, 1), place)
        return b.load(place)

    call = function([ctypes.c_int64, ctypes.c_double], sign)
    assert (call(-0.5), call(0.5)) == (-1, 1)


def test_what_is_printed_is_what_llvm_reads():
    module = ir.Module()
    declared = ir.Function(module, ir.FunctionType(ir.VoidType(), [BIT]), "elsewhere")
    ir.GlobalVariable(module, LONG, "kept")
    made = ir.Function(module, ir.FunctionType(ir.VoidType(), [BIT, WORD]), module.get_unique_name("elsewhere"))
    made.linkage, made.calling_convention = "internal", "fastcc"
    made.attributes.update(("nounwind", "noinline"))
    b = ir.IRBuilder(made.append_basic_block("entry"))
    b.call(declared, [b.not_(made.args[0])])
    b.ret_void()
    parsed = llvm.parse_assembly(str(module))
    parsed.verify()
    assert [one.name for one in parsed.functions] == ["elsewhere", "elsewhere.2"]
    assert [one.name for one in parsed.global_variables] == ["kept"]
    assert (
        str(module).splitlines()[2] == 'define internal fastcc void @"elsewhere.2"(i1 %a0, i32 %a1) noinline nounwind {'
    )
