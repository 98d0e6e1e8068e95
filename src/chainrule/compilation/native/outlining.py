"""Vector functions for programs with many: LLVM makes the code of each kind once."""

from chainrule.compilation.native import ir
from chainrule.compilation.native.numbers import Numbers, declare, either, mangled

_CONVENTION = "fastcc"


def outlined(numbers, functions, name, args, dtypes):
    """The operation `name` on vectors, by a call of a function that is right for every argument.

    functions: symbol -> Module of one such function; the function goes there, if it is not there yet.
    """
    symbol = "_".join(["vector", name, *map(str, dtypes), *(mangled(x.type) for x in args)])
    kinds = [x.type for x in args]
    if symbol not in functions:
        functions[symbol] = _module(numbers, symbol, name, kinds, dtypes)
    result = functions[symbol].globals[symbol].type.pointee.result
    function = declare(numbers.builder.module, symbol, result, kinds)
    function.calling_convention = _CONVENTION
    return numbers.builder.call(function, args, _CONVENTION)


def _module(numbers, symbol, name, kinds, dtypes):
    """A module with the function; its result type is known when its body is: so a draft is written first, to ask."""
    draft = ir.Function(ir.Module(), ir.FunctionType(ir.VoidType(), kinds), "draft")
    value, _ = _body(numbers, draft, name, dtypes)
    module = ir.Module()
    function = ir.Function(module, ir.FunctionType(value.type, kinds), symbol)
    function.calling_convention = _CONVENTION
    value, inside = _body(numbers, function, name, dtypes)
    if inside.deferred:
        rare = Numbers(inside.builder, numbers.machine, numbers.lanes)
        (value,) = either(inside.builder, inside.deferred, [value], lambda: [rare.apply(name, function.args, dtypes)])
    inside.builder.ret(value)
    return module


def _body(numbers, function, name, dtypes):
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    inside = Numbers(builder, numbers.machine, numbers.lanes, [])
    return inside.apply(name, list(function.args), dtypes), inside
