"""The machine: its target, and modules of code made for it."""

import ctypes
import ctypes.util
import sys

import llvmlite
import llvmlite.binding as llvm

from chainrule.compilation.native.cache import key_of

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
        library, processor = sys.modules[__name__.partition(".")[0]], (llvm.get_host_cpu_name(), self._features)
        versions = (library.__version__, llvmlite.__version__, *map(str, llvm.llvm_version_info))
        self._made_by = (*versions, llvm.get_process_triple(), *processor)
        self._symbols, self._functions = set(), {}
        self._library = _mathematics()

    def _target(self, level=2):
        return llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=self._features, opt=level, jit=True
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

    def build(self, module, cache=None, functions=(), effort="best"):
        """Make the code of a module (an `ir.Module`, or text), and load it. Keep the result as long as it may run.

        Args:
            cache: a Cache that is asked first, and is given what had to be made.
            functions: modules of functions that it calls, made as well as can be, and once in this process.
            effort: "best"; "usual", which has the passes that matter nearly always; or "quick", which has none, for
                code that takes up to twice as long.
        """
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), self._target())  # which takes the target over
        for one in functions:
            text = str(one)
            if text not in self._functions:
                self._functions[text] = self._kept(text, cache, "best")
            engine.add_object_file(llvm.ObjectFileRef.from_data(self._functions[text]))
        engine.add_object_file(llvm.ObjectFileRef.from_data(self._kept(str(module), cache, effort)))
        engine.finalize_object()
        return engine

    def _kept(self, text, cache, effort):
        """The object code of a module, from the cache where it is there."""
        key = cache and key_of(text, effort, *self._made_by)
        code = cache.get(key) if cache else None
        if code is None:
            code = self._code(text, effort)
            if cache:
                cache.put(key, code)
        return code

    def _code(self, text, effort):
        """The object code of a module."""
        parsed = llvm.parse_assembly(text)
        parsed.verify()
        if effort == "quick":
            return self._target(0).emit_object(parsed)
        options = llvm.create_pipeline_tuning_options(speed_level=2)
        options.loop_vectorization = options.slp_vectorization = False  # loops come vectorised
        options.loop_unrolling = False
        builder = llvm.create_pass_builder(self.target, options)
        passes = builder.getModulePassManager() if effort == "best" else _usual_passes()
        passes.run(parsed, builder)
        return self.target.emit_object(parsed)


def _usual_passes():
    passes = llvm.create_new_module_pass_manager()
    passes.add_always_inliner_pass()
    passes.add_sroa_pass()
    passes.add_instruction_combine_pass()
    passes.add_simplify_cfg_pass()
    return passes


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
