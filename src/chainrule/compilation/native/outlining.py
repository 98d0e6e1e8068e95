"""Vector functions as functions of the module, for programs with many: LLVM then makes the code of each kind once."""

from chainrule.compilation.native import ir

from chainrule.compilation.native.numbers import Numbers, either, mangled


def outlined(numbers, name, args, dtypes):
    """The operation `name` on vectors, by a call of a function that is right for every argument."""
    module = numbers.builder.module
    symbol = "_".join(["vector", name, *map(str, dtypes), *(mangled(x.type) for x in args)])
    function = module.globals.get(symbol) or _written(numbers, symbol, name, args, dtypes)
    return numbers.builder.call(function, args, cconv="fastcc")


def _written(numbers, symbol, name, args, dtypes):
    """The function; its result type is known when its body is: so a draft is written first, to ask."""
    kinds = [x.type for x in args]
    draft = ir.Function(ir.Module(), ir.FunctionType(ir.VoidType(), kinds), "draft")
    value, _ = _body(numbers, draft, name, dtypes)
    function = ir.Function(numbers.builder.module, ir.FunctionType(value.type, kinds), symbol)
    function.linkage, function.calling_convention = "internal", "fastcc"
    function.attributes.add("noinline")
    value, inside = _body(numbers, function, name, dtypes)
    if inside.deferred:
        rare = Numbers(inside.builder, numbers.machine, numbers.lanes)
        (value,) = either(inside.builder, inside.deferred, [value], lambda: [rare.apply(name, function.args, dtypes)])
    inside.builder.ret(value)
    return function


def _body(numbers, function, name, dtypes):
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    inside = Numbers(builder, numbers.machine, numbers.lanes, [])
    return inside.apply(name, list(function.args), dtypes), inside
