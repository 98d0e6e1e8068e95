"""The compiled function: which variant serves a call, and what happens where none does."""

import contextlib
import copy
import dataclasses
import importlib
import operator
import threading
import types
import warnings
from typing import Any

from chainrule.compilation import signature as signatures
from chainrule.compilation.native.entry import Unenterable, available, entry
from chainrule.compilation.native.vectorcall import enter_at, fast_type
from chainrule.compilation.plan import Plan
from chainrule.compilation.program import GuardFailed, Raises
from chainrule.compilation.recording import Untraceable
from chainrule.compilation.simplify import ready
from chainrule.compilation.tracing import Changing, record
from chainrule.compilation.values import values
from chainrule.compilation.work import seconds_to_compile
from chainrule.core.modes import STATE
from chainrule.errors import ArgumentError, ChainruleError

_STRUCTURES = 64  # kinds of call (shapes, dtypes, whole numbers) that one function keeps programs for


class RunsEagerlyWarning(UserWarning):
    """A function given to `compile` runs as it is, uncompiled; the message says why."""


class NotCompiledError(ChainruleError, RuntimeError):
    """A function that was to be compiled as a whole (`fullgraph=True`) cannot be.

    >>> import chainrule.torch as torch
    >>> torch.compile(lambda x: x + torch.rand(1), fullgraph=True)(torch.tensor(1.0))
    Traceback (most recent call last):
    chainrule.compilation.function.NotCompiledError: <lambda> cannot be compiled as a whole: it draws random numbers...
    """


class Variant:
    """One compiled program: for one kind of call, and for one way through the branches.

    Attributes:
        traced: the program as the run was written down.
        program: the same after simplification, which is what runs.
        plan: how it runs.
        side: a TensorSide where Tensors are read, changed or returned, else None.
        reason: why it was traced, in a line.
    """

    def __init__(self, traced, reason, side, options):
        self.traced, self.reason, self.side, self._options = traced, reason, side, options
        self.program = ready(traced)
        needed = seconds_to_compile(self.program.instructions)
        if needed > options.budget:
            raise Untraceable(
                f"making native code of its {len(self.program.instructions)} steps would take some {needed:.1f} s, and "
                f"budget={options.budget}"
            )
        self.plan, self.entry = Plan(self.program, options.precise, options.threads), None
        if side is not None and side.pullback is not None:
            side.pullback.options = options

    def __call__(self, function, leaves, args, kwargs):
        """The function's result; raises GuardFailed."""
        if self.side is None:
            return self.program.rebuild(self.plan(leaves))
        return self.side.call(self.program, self.entry, leaves, (function, args, kwargs))

    def prepare(self, key, objects, slow, donated=()):
        """Make the code: with an entry for calls of this key where there can be one, which hands on to `slow`.

        objects: what `Surroundings.objects` gives.
        """
        if self.side is not None:
            self.entry = values(self.plan, self._options.cache)
            return
        if objects is not None:
            with contextlib.suppress(Unenterable):
                self.entry = entry(key, self.plan, objects, slow, donated, self._options.cache)
        if self.entry is None:
            self.plan.build(self._options.cache)

    def __str__(self):
        text = f"traced:\n{self.traced}\nsimplified:\n{self.program}\n{self.plan}"
        pullback = None if self.side is None else self.side.pullback
        return text if pullback is None else f"{text}\nback:\n{pullback}"


class CompiledFunction:
    """What `compile` returns. Call it as the function itself.

    Attributes:
        traces: how often the function has been traced.
        eager_calls: how many calls ran the function as it is.
    """

    fixed = False  # whether Python's floats among the arguments are constants of a program
    once = False  # whether what a function changes outside, besides Tensors, is changed in traces only

    __slots__ = (
        "function",
        "traces",
        "eager_calls",
        "__name__",
        "__wrapped__",
        "_variants",
        "_eager",
        "_retraced",
        "_retired",
        "_surroundings",
        "_lock",
        "_warned",
        "_changing",
        "_options",
        "__weakref__",
    )

    def __init__(self, function, options):
        if not callable(function):
            raise ArgumentError(
                f"a {type(function).__name__} cannot be compiled: it is not a function",
                "pass the function itself: compile(f)(x), not compile(f(x))",
            )
        self.function = self.__wrapped__ = function
        self.__name__ = getattr(function, "__name__", type(function).__name__)
        donated = signatures.checked(function, options.donate)
        self._options = dataclasses.replace(options, donate=donated)
        self._variants, self._eager, self._retraced, self._retired = {}, {}, [], []
        self._surroundings, self._lock, self._warned = None, threading.RLock(), set()
        self._changing = set()
        self.traces = self.eager_calls = 0

    def __get__(self, instance, owner=None):
        """A method is compiled for each instance, which is found like any other object from outside."""
        if instance is None:
            return self
        return _method(self, instance)

    def __getattr__(self, name):
        if name.startswith("__") or isinstance(self.function, types.FunctionType):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.function, name)

    def __call__(self, *args, **kwargs) -> Any:
        if STATE.copies is not None:  # part of what is being traced
            return self.function(*args, **kwargs)
        try:
            key, leaves = signatures.signature(args, kwargs, self.fixed)
            known = self._variants.get(key)
        except signatures.Uncompiled as reason:
            return self.function(*args, **kwargs) if reason.inline else self._as_it_is(str(reason), args, kwargs)
        except Exception:  # an argument that has no hash, or is nested too deeply, or does not let itself be looked at
            return self._as_it_is("an argument cannot be looked up", args, kwargs)
        if self._surroundings is not None and self._surroundings.names:
            changed = self._surroundings.changed()
            if changed is not None:
                return self._forget(f"{changed} has changed", args, kwargs)
        if type(self._surroundings) is _Unsteady:
            return self._as_it_is("what it reads from outside changes again and again; pass it in", args, kwargs)
        failed = None
        for variant in known or ():
            try:
                return variant(self.function, leaves, args, kwargs)
            except GuardFailed as guard:
                failed = guard
        if key in self._eager:
            return self._as_it_is(self._eager[key], args, kwargs)
        if type(failed) is Raises:
            result = self.function(*args, **kwargs)
            self._note("for some arguments NumPy raises in it, and it goes on from there", 3)
            return result
        return self._traced(key, leaves, args, kwargs, failed)

    def again(self, function):
        """Another function, to be compiled in the same way."""
        return type(self)(function, self._options)

    def __deepcopy__(self, memo):
        return self.again(copy.deepcopy(self.function, memo))

    def __reduce__(self):
        module, name = getattr(self.function, "__module__", None), getattr(self.function, "__qualname__", None)
        with contextlib.suppress(Exception):
            if _named(module, name) is self:  # a decorated function, which its name stands for
                return _named, (module, name)
        return _again, (None if type(self) is Compiled else type(self), self.function, self._options)

    def variants(self):
        """The compiled programs, oldest first; print one to see it before and after simplification."""
        return [variant for found in self._variants.values() for variant in found]

    def why_retraced(self):
        """One line for each trace after the first: which argument, or which guard at which line."""
        return list(self._retraced)

    def report(self):
        """In a few lines: how often it was traced, what runs natively, what as a NumPy call, what eagerly."""
        lines = [f"{self.__name__}: traced {self.traces} times, {len(self.variants())} programs"]
        for variant in self.variants():
            lines.append(f"- {variant.reason}: {len(variant.program.instructions)} instructions")
            lines += [f"  {line}" for line in (*variant.program.notes, *variant.plan.report())]
        if self.eager_calls:
            lines.append(f"{self.eager_calls} calls ran eagerly: " + "; ".join(sorted(self._warned)))
        return "\n".join(lines)

    def _forget(self, why, args, kwargs) -> Any:
        with self._lock:
            self._enter_at(None)
            self._retired.append(self._variants)  # their code may be running, further down the stack
            self._variants, self._eager, self._surroundings = {}, {}, None
            self._retraced.append(why)
            if len(self._retired) > self._options.variants:
                self._surroundings = _Unsteady()
        return self(*args, **kwargs)

    def _as_it_is(self, reason, args, kwargs) -> Any:
        """The function, uncompiled; said once for each reason."""
        self._note(reason, 4)
        return self.function(*args, **kwargs)

    def _note(self, reason, level):
        if self._options.strict:
            raise NotCompiledError(
                f"{self.__name__} cannot be compiled as a whole: {reason}",
                "change that, or leave fullgraph=True away: the function then runs as it is, and says so once",
            )
        self.eager_calls += 1
        if reason not in self._warned:
            self._warned.add(reason)
            warnings.warn(f"{self.__name__} runs eagerly: {reason}", RunsEagerlyWarning, stacklevel=level)

    def _traced(self, key, leaves, args, kwargs, failed) -> Any:
        error = None
        with self._lock:
            known = self._variants.get(key, [])
            if len(known) >= self._options.variants:
                self._eager[key] = f"its branches went more than {self._options.variants} ways"
                return self._as_it_is(self._eager[key], args, kwargs)
            if not known and len(self._variants) + len(self._eager) >= _STRUCTURES:
                return self._as_it_is(f"it was called in more than {_STRUCTURES} ways", args, kwargs)
            reason = self._reason(key, failed)
            self.traces += 1
            try:
                program, side, result, surroundings = record(self, leaves, args, kwargs)
                surroundings.watch(program, self._surroundings, always=side is not None)
                variant = Variant(program, reason, side, self._options)
                objects = surroundings.objects() if type(self) is Compiled else None
                variant.prepare(
                    key, objects, self.__call__, signatures.places(self.function, key, self._options.donate)
                )
            except Exception as raised:
                error = raised.with_traceback(None)
            else:
                if self.traces > 1:
                    self._retraced.append(reason)
                self._surroundings = surroundings
                self._variants[key] = [variant, *known]
                self._enter(variant)
        if error is None:
            if self._options.precise and variant.side is None:  # the first call, too, gives the C library's bits
                with contextlib.suppress(GuardFailed):
                    return variant(self.function, leaves, args, kwargs)
            return result if variant.side is None else self._first(variant, leaves, args, kwargs)
        if isinstance(error, Changing) and key not in self._changing:  # once, as where it makes what it keeps
            self._changing.add(key)
            self.eager_calls += 1
            return self.function(*args, **kwargs)
        if not isinstance(error, Untraceable):  # the function's own, perhaps: then it comes again
            result = self.function(*args, **kwargs)
            self._eager[key] = f"tracing it raised {type(error).__name__}: {error}"
            self._note(self._eager[key], 3)
            return result
        self._eager[key] = str(error)
        return self._as_it_is(str(error), args, kwargs)

    def _first(self, variant, leaves, args, kwargs) -> Any:
        try:
            return variant(self.function, leaves, args, kwargs)
        except GuardFailed:  # a guard on the last bits of a number, which native code computes otherwise
            return self._as_it_is("its branches depend on the last bits of a number", args, kwargs)

    def _enter(self, newest):
        """Let calls go to the newest native entry first; each hands on what it does not take."""
        entered = [one for found in self._variants.values() for one in found if one.entry is not None]
        entries = [one.entry for one in entered if one.side is None]
        entries.sort(key=lambda one: one is not newest.entry)
        for one, following in zip(entries, [*entries[1:], None]):
            one.hand_on_to(following)
        self._enter_at(entries[0].address if entries else None)

    def _enter_at(self, address):
        if type(self) is Compiled:
            enter_at(self, address)

    def _reason(self, key, failed):
        if failed is not None:
            one = failed.instruction
            place = f" at {one.place}" if one.place else ""
            if one.name != "guard" and one.function is None:
                return f"{one.name} {failed.value}"
            if one.name != "guard":
                return f"{one.name}{place} gave {failed.value}"
            return f"guard{place}: was {one.params['is']}, is {failed.value}"
        if self._variants:
            return signatures.difference(key, list(self._variants))
        return "the first call"


def _method(compiled, instance):
    """The compiled method of an instance, kept with the instance where that can be."""
    own = getattr(instance, "__dict__", None)
    name = f"_compiled_{compiled.__name__}_{id(compiled):x}"
    found = own.get(name) if own is not None else None
    if found is None:
        found = compiled.again(types.MethodType(compiled.function, instance))
        if own is not None:
            own[name] = found
    return found


def _named(module, name):
    """What a name stands for in a module that is loaded, or can be."""
    return operator.attrgetter(name)(importlib.import_module(module))


def _again(kind, function, options):
    """A compiled function as it was pickled; `kind` is its class, None for the usual one."""
    return (kind or Compiled)(function, options)


class _Unsteady:
    """Stands for the surroundings of a function that are different at every call."""

    names = 0

    def changed(self):
        return None


Compiled = fast_type(CompiledFunction) if available() else CompiledFunction
