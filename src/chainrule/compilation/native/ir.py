"""LLVM's assembly language, as a builder writes it: types, constants, functions, blocks, and a method an instruction.

Each instruction becomes text at once. The names are those of llvmlite's `ir`, which keeps an object for every operand
and prints them later: several times as long, and more than LLVM itself takes for a short program.
Source of the notation: https://llvm.org/docs/LangRef.html.
"""

import contextlib
import struct
from typing import Any

Undefined = object()  # the value of a constant that stands for any


class _Interned(type):
    """Types are made once: equal ones are the same object."""

    def __call__(cls, *arguments) -> Any:
        key = cls, *(tuple(one) if isinstance(one, list) else one for one in arguments)
        found = _types.get(key)
        if found is None:
            found = _types[key] = super().__call__(*key[1:])
        return found


_types = {}


class Type(metaclass=_Interned):
    """A type; `str` spells it."""

    text: str
    zero = "zeroinitializer"

    def __str__(self):
        return self.text

    def as_pointer(self):
        return PointerType(self)

    def spelled(self, value):
        """A constant of the type."""
        raise TypeError(f"no constants of {self}")


class VoidType(Type):
    text = "void"


class IntType(Type):
    zero = "0"

    def __init__(self, width):
        self.width, self.text = width, f"i{width}"

    def spelled(self, value):
        return str(int(value))


class DoubleType(Type):
    text, zero = "double", "0.0"

    def spelled(self, value):
        return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016x}"


class FloatType(Type):
    """Numbers of 32 bits; LLVM writes them as the same ones of 64."""

    text, zero = "float", "0.0"

    def spelled(self, value):
        return DoubleType().spelled(struct.unpack("<f", struct.pack("<f", value))[0])


class VectorType(Type):
    def __init__(self, element, count):
        self.element, self.count, self.text = element, count, f"<{count} x {element}>"

    def spelled(self, value):
        ones = (one.name if type(one) is Constant else self.element.spelled(one) for one in value)
        return "<" + ", ".join(f"{self.element} {one}" for one in ones) + ">"


class PointerType(Type):
    """LLVM knows pointers of one kind only; here, loads and addresses need to know what they point to."""

    text, zero = "ptr", "null"

    def __init__(self, pointee):
        self.pointee = pointee


class LiteralStructType(Type):
    def __init__(self, elements):
        self.elements, self.text = elements, "{" + ", ".join(map(str, elements)) + "}"


class FunctionType(Type):
    def __init__(self, result, arguments):
        self.result, self.arguments = result, arguments


class Value:
    """The result of an instruction, or an argument.

    Attributes:
        type: its Type.
        name: how other instructions write it.
    """

    __slots__ = ("type", "name")

    def __init__(self, kind, name):
        self.type, self.name = kind, name

    def __str__(self):
        return f"{self.type} {self.name}"


class Constant(Value):
    """A value that is known; None for zero (or no address), `Undefined` for any."""

    __slots__ = ("value",)

    def __init__(self, kind, value):
        text = kind.zero if value is None else "undef" if value is Undefined else kind.spelled(value)
        super().__init__(kind, text)
        self.value = 0 if value is None else value


class _Phi(Value):
    __slots__ = ("_incoming",)

    def __init__(self, kind, name):
        super().__init__(kind, name)
        self._incoming = []

    def add_incoming(self, value, block):
        """Its value, where the block before was this one."""
        self._incoming.append((value, block))

    def line(self):
        pairs = ", ".join(f"[{value.name}, %{block.name}]" for value, block in self._incoming)
        return f"{self.name} = phi {self.type} {pairs}"


class Block:
    """A stretch of instructions that is left at its end only."""

    def __init__(self, function, name):
        self.function, self.name, self.lines, self.is_terminated = function, name, [], False


class Module:
    """What LLVM compiles at once.

    Attributes:
        globals: name -> Function or GlobalVariable.
    """

    def __init__(self):
        self.globals, self._weights = {}, {}

    def get_unique_name(self, name):
        """This name, with a number if it is taken."""
        return name if name not in self.globals else f"{name}.{len(self.globals)}"

    def weights(self, first, second):
        """The mark of a branch that is taken so often and so often."""
        return f"!{self._weights.setdefault((first, second), len(self._weights))}"

    def __str__(self):
        lines = [one.definition() for one in self.globals.values()]
        lines += [
            f'!{i} = !{{!"branch_weights", i32 {first}, i32 {second}}}' for (first, second), i in self._weights.items()
        ]
        return "\n".join([*lines, ""])


class GlobalVariable(Value):
    """A place in memory that has a name, and holds zero at first.

    Attributes:
        symbol: the name, as the code's loader knows it.
        kind: the Type of what it holds.
    """

    __slots__ = ("symbol", "kind")

    def __init__(self, module, kind, name):
        super().__init__(kind.as_pointer(), f'@"{name}"')
        self.symbol, self.kind = name, kind
        module.globals[name] = self

    def definition(self):
        return f"{self.name} = global {self.kind} {self.kind.zero}"


class Function(Value):
    """A function of a module: declared only, while it has no blocks.

    Attributes:
        args: its arguments' Values.
        blocks: its Blocks, the first of which is where it begins.
        attributes: LLVM's words ("noinline").
        linkage, calling_convention: LLVM's words ("internal", "fastcc"), or "".
    """

    __slots__ = ("module", "args", "blocks", "attributes", "linkage", "calling_convention", "count")

    def __init__(self, module, kind, name):
        super().__init__(kind.as_pointer(), f'@"{name}"')
        self.module, self.blocks, self.attributes, self.count = module, [], set(), 0
        self.args = [Value(one, f"%a{i}") for i, one in enumerate(kind.arguments)]
        self.linkage = self.calling_convention = ""
        module.globals[name] = self

    def append_basic_block(self, name):
        block = Block(self, f"{name}{len(self.blocks)}")
        self.blocks.append(block)
        return block

    def definition(self):
        kind = self.type.pointee
        if not self.blocks:
            words = " ".join(filter(None, ["declare", self.calling_convention, str(kind.result)]))
            return f"{words} {self.name}({', '.join(map(str, kind.arguments))})"
        words = ["define", self.linkage, self.calling_convention, str(kind.result)]
        head = f"{' '.join(filter(None, words))} {self.name}({', '.join(map(str, self.args))})"
        lines = [" ".join([head, *sorted(self.attributes), "{"])]
        for block in self.blocks:
            lines.append(f"{block.name}:")
            lines += [line if type(line) is str else line.line() for line in block.lines]
        return "\n".join([*lines, "}"])


def _binary(name):
    def method(self, a, b):
        return self.value(a.type, f"{name} {a.type} {a.name}, {b.name}")

    return method


def _unary(text, after=""):
    def method(self, a):
        return self.value(a.type, f"{text.format(a.type)} {a.name}{after}")

    return method


def _conversion(name):
    def method(self, a, kind):
        return self.value(kind, f"{name} {a.type} {a.name} to {kind}")

    return method


def _truth(kind):
    return VectorType(IntType(1), kind.count) if type(kind) is VectorType else IntType(1)


_RELATIONS = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


def _comparison(name, mark):
    def method(self, relation, a, b):
        word = _RELATIONS.get(relation, relation)
        word = word if word in ("eq", "ne") and name == "icmp" or word == relation else mark + word
        return self.value(_truth(a.type), f"{name} {word} {a.type} {a.name}, {b.name}")

    return method


class IRBuilder:
    """Writes instructions at the end of a block.

    Attributes:
        block: the Block.
    """

    def __init__(self, block):
        self.block = block

    @property
    def function(self):
        return self.block.function

    @property
    def module(self):
        return self.block.function.module

    def value(self, kind, text):
        """Write an instruction, and name its result."""
        function = self.block.function
        function.count += 1
        name = f"%v{function.count}"
        self.block.lines.append(f"{name} = {text}")
        return Value(kind, name)

    def position_at_end(self, block):
        self.block = block

    def append_basic_block(self, name):
        return self.block.function.append_basic_block(name)

    # Arithmetic

    def add(self, a, b):
        if type(a) is Constant and type(b) is Constant and type(a.type) is IntType:
            return Constant(a.type, a.value + b.value)
        if _is(a, 0):
            return b
        return a if _is(b, 0) else self.value(a.type, f"add {a.type} {a.name}, {b.name}")

    def mul(self, a, b):
        if type(a) is Constant and type(b) is Constant and type(a.type) is IntType:
            return Constant(a.type, a.value * b.value)
        if _is(a, 1) or _is(b, 0):
            return b
        return a if _is(b, 1) or _is(a, 0) else self.value(a.type, f"mul {a.type} {a.name}, {b.name}")

    sub, shl, lshr, ashr = map(_binary, ("sub", "shl", "lshr", "ashr"))
    and_, or_, xor = map(_binary, ("and", "or", "xor"))
    fadd, fsub, fmul, fdiv = map(_binary, ("fadd", "fsub", "fmul", "fdiv"))
    fneg = _unary("fneg {}")
    icmp_signed, icmp_unsigned = _comparison("icmp", "s"), _comparison("icmp", "u")
    fcmp_ordered, fcmp_unordered = _comparison("fcmp", "o"), _comparison("fcmp", "u")
    trunc, zext, sext, fpext, fptrunc = map(_conversion, ("trunc", "zext", "sext", "fpext", "fptrunc"))
    sitofp, uitofp, ptrtoint, inttoptr = map(_conversion, ("sitofp", "uitofp", "ptrtoint", "inttoptr"))

    def not_(self, a):
        ones = _ones(a.type)
        return self.value(a.type, f"xor {a.type} {a.name}, {ones}")

    def bitcast(self, a, kind):
        """The same bits, or the same address, as another type."""
        if type(a.type) is PointerType and type(kind) is PointerType:
            return Value(kind, a.name)
        return a if a.type is kind else self.value(kind, f"bitcast {a.type} {a.name} to {kind}")

    def select(self, condition, a, b):
        return self.value(a.type, f"select {condition}, {a}, {b}")

    # Vectors

    def insert_element(self, vector, one, place):
        return self.value(vector.type, f"insertelement {vector}, {one}, {place}")

    def extract_element(self, vector, place):
        return self.value(vector.type.element, f"extractelement {vector}, {place}")

    def shuffle_vector(self, a, b, mask):
        return self.value(VectorType(a.type.element, mask.type.count), f"shufflevector {a}, {b}, {mask}")

    # Memory

    def alloca(self, kind, count=None):
        return self.value(kind.as_pointer(), f"alloca {kind}" + ("" if count is None else f", i32 {count}"))

    def load(self, pointer, align=None):
        kind = pointer.type.pointee
        return self.value(kind, f"load {kind}, ptr {pointer.name}{_aligned(align)}")

    def store(self, value, pointer, align=None):
        self.block.lines.append(f"store {value}, ptr {pointer.name}{_aligned(align)}")

    def gep(self, pointer, indices):
        """The address of an entry: after so many of its kind; with two indices, of a field of a structure."""
        kind = pointer.type.pointee
        first, *fields = indices
        if not fields and _is(first, 0):
            return pointer
        target = kind.elements[fields[0].value].as_pointer() if fields else pointer.type
        places = ", ".join(map(str, indices))
        return self.value(target, f"getelementptr {kind}, ptr {pointer.name}, {places}")

    def atomic_rmw(self, name, pointer, value, ordering):
        return self.value(value.type, f"atomicrmw {name} ptr {pointer.name}, {value} {ordering}")

    # Ways

    def call(self, function, arguments, cconv=""):
        kind = function.type.pointee
        words = " ".join(filter(None, ["call", cconv, str(kind.result)]))
        text = f"{words} {function.name}({', '.join(map(str, arguments))})"
        if type(kind.result) is not VoidType:
            return self.value(kind.result, text)
        self.block.lines.append(text)
        return None

    def phi(self, kind):
        function = self.block.function
        function.count += 1
        made = _Phi(kind, f"%v{function.count}")
        self.block.lines.append(made)
        return made

    def _leave(self, text):
        self.block.lines.append(text)
        self.block.is_terminated = True

    def ret(self, value):
        self._leave(f"ret {value}")

    def ret_void(self):
        self._leave("ret void")

    def branch(self, block):
        self._leave(f"br label %{block.name}")

    def cbranch(self, condition, first, second, weights=None):
        """To one of two blocks; `weights` says how often to either."""
        mark = "" if weights is None else f", !prof {self.module.weights(*weights)}"
        self._leave(f"br {condition}, label %{first.name}, label %{second.name}{mark}")

    @contextlib.contextmanager
    def if_then(self, condition, likely=None):
        """What is written inside runs where the condition holds."""
        inside, after = self.append_basic_block("if"), self.append_basic_block("after")
        self.cbranch(condition, inside, after, _weights(likely))
        self.position_at_end(inside)
        yield
        self._close(after)

    @contextlib.contextmanager
    def if_else(self, condition, likely=None):
        """Gives two contexts: for what runs where the condition holds, and for what runs where it does not."""
        first, second = self.append_basic_block("if"), self.append_basic_block("else")
        after = self.append_basic_block("after")
        self.cbranch(condition, first, second, _weights(likely))
        yield self._within(first, after), self._within(second, after)
        self.position_at_end(after)

    @contextlib.contextmanager
    def _within(self, block, after):
        self.position_at_end(block)
        yield
        if not self.block.is_terminated:
            self.branch(after)

    def _close(self, after):
        if not self.block.is_terminated:
            self.branch(after)
        self.position_at_end(after)


def _is(a, number):
    """Whether a value is this constant whole number."""
    return type(a) is Constant and type(a.type) is IntType and a.value == number


def _ones(kind):
    """All bits set."""
    return "splat (" + f"{kind.element} -1)" if type(kind) is VectorType else "-1"


def _aligned(align):
    return "" if align is None else f", align {align}"


def _weights(likely):
    return None if likely is None else (99, 1) if likely else (1, 99)
