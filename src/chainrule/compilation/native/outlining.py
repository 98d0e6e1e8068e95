"""Vector functions as functions of the module, for programs with many: LLVM then makes the code of each kind once."""

from llvmlite import ir

from chainrule.compilation.native.numbers import BIT, Numbers, mangled


def outlined(numbers, name, args, dtypes):
    """The operation `name` on vectors, by a call; notes for which lanes the result is not good enough."""
    kind = ir.VectorType(BIT, numbers.lanes)
    module = numbers.builder.module
    symbol = "_".join(["vector", name, *map(str, dtypes), *(mangled(x.type) for x in args)])
    function = module.globals.get(symbol) or _written(numbers, symbol, name, args, dtypes, kind)
    result = numbers.builder.call(function, args, cconv="fastcc")
    numbers.deferred.append(numbers.builder.extract_value(result, 1))
    return numbers.builder.extract_value(result, 0)


def _written(numbers, symbol, name, args, dtypes, kind):
    """The function; its result type is known when its body is: so a draft is written first, to ask."""
    draft = ir.Function(ir.Module(), ir.FunctionType(ir.VoidType(), [x.type for x in args]), "draft")
    value, _ = _body(numbers, draft, name, dtypes)
    result = ir.LiteralStructType([value.type, kind])
    function = ir.Function(numbers.builder.module, ir.FunctionType(result, [x.type for x in args]), symbol)
    function.linkage, function.calling_convention = "internal", "fastcc"
    function.attributes.add("noinline")
    value, inside = _body(numbers, function, name, dtypes)
    mask = ir.Constant(kind, None)
    for one in inside.deferred:
        mask = inside.builder.or_(mask, one)
    pair = inside.builder.insert_value(ir.Constant(result, ir.Undefined), value, 0)
    inside.builder.ret(inside.builder.insert_value(pair, mask, 1))
    return function


def _body(numbers, function, name, dtypes):
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    inside = Numbers(builder, numbers.machine, numbers.lanes, [])
    return inside.apply(name, list(function.args), dtypes), inside
