"""The machine: its target, and modules of code made for it."""

import ctypes
import ctypes.util
import sys

import llvmlite.binding as llvm

_LIBM = """
    exp exp2 expm1 log log2 log10 log1p pow cbrt sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh
    hypot fmod
""".split()


class Machine:
    """The processor that code is made for.

    Attributes:
        vector_bits: the width of its vector registers that code uses.
    """

    def __init__(self):
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        features = llvm.get_host_cpu_features()
        self.vector_bits = 512 if features.get("avx512f") and features.get("avx512dq") else 256
        if not features.get("avx2"):
            self.vector_bits = 128
        self._features = features.flatten()
        self.target = self._target()
        self._symbols = set()
        self._library = _mathematics()

    def _target(self):
        return llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=self._features, opt=2, jit=True
        )

    def library(self, name):
        """The symbol of a function of the C library's mathematics ("exp", "expf"), made known to LLVM."""
        symbol = f"libm_{name}"
        if symbol not in self._symbols:
            llvm.add_symbol(symbol, ctypes.cast(getattr(self._library, name), ctypes.c_void_p).value)
            self._symbols.add(symbol)
        return symbol

    def address(self, symbol, address):
        """Make an address known to LLVM under a name."""
        if symbol not in self._symbols:
            llvm.add_symbol(symbol, address)
            self._symbols.add(symbol)
        return symbol

    def build(self, module):
        """Optimise and load a module (llvmlite's, or text). Keep the result as long as the code may run."""
        parsed = llvm.parse_assembly(str(module))
        parsed.verify()
        options = llvm.create_pipeline_tuning_options(speed_level=2)
        options.loop_vectorization = options.slp_vectorization = False  # loops come vectorised
        options.loop_unrolling = False
        passes = llvm.create_pass_builder(self.target, options)
        passes.getModulePassManager().run(parsed, passes)
        engine = llvm.create_mcjit_compiler(parsed, self._target())  # which takes the target over
        engine.finalize_object()
        return engine


def _mathematics():
    if sys.platform == "win32":
        return ctypes.CDLL("ucrtbase")
    return ctypes.CDLL(ctypes.util.find_library("m") or None)


_machine = None


def machine():
    """The one machine, found on first use."""
    global _machine
    if _machine is None:
        _machine = Machine()
    return _machine
