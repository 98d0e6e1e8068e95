"""The compiled function: which variant serves a call, and what happens where none does."""

import contextlib
import threading
import warnings

import numpy

from chainrule.compilation import signature as signatures
from chainrule.compilation.bodies import Loops
from chainrule.compilation.calls import is_traced
from chainrule.compilation.native.entry import Unenterable, available, enter_at, entry, fast_type
from chainrule.compilation.plan import Plan
from chainrule.compilation.program import GuardFailed
from chainrule.compilation.recording import Recording, Untraceable
from chainrule.compilation.simplify import simplify
from chainrule.compilation.surroundings import Randomness, Surroundings
from chainrule.compilation.unpacking import unpack
from chainrule.core import tree
from chainrule.core.modes import STATE
from chainrule.errors import ArgumentError

_STRUCTURES = 64  # kinds of call (shapes, dtypes, whole numbers) that one function keeps programs for


class RunsEagerlyWarning(UserWarning):
    """A function given to `compile` runs as it is, uncompiled; the message says why."""


class Variant:
    """One compiled program: for one kind of call, and for one way through the branches.

    Attributes:
        traced: the program as the run was written down.
        program: the same after simplification, which is what runs.
        plan: how it runs.
        reason: why it was traced, in a line.
    """

    def __init__(self, traced, reason, precise):
        self.traced, self.reason = traced, reason
        self.program = simplify(unpack(simplify(traced)))
        self.plan, self.entry = Plan(self.program, precise), None

    def __call__(self, leaves):
        """The function's result; raises GuardFailed."""
        return self.program.rebuild(self.plan(leaves))

    def prepare(self, key, objects, slow):
        """Make the code: with an entry for calls of this key where there can be one, which hands on to `slow`.

        objects: what `Surroundings.objects` gives.
        """
        if objects is not None:
            with contextlib.suppress(Unenterable):
                self.entry = entry(key, self.plan, objects, slow)
        if self.entry is None:
            self.plan.build()

    def __str__(self):
        return f"traced:\n{self.traced}\nsimplified:\n{self.program}\n{self.plan}"


class CompiledFunction:
    """What `compile` returns. Call it as the function itself.

    Attributes:
        traces: how often the function has been traced.
        eager_calls: how many calls ran the function as it is.
    """

    __slots__ = (
        "function",
        "traces",
        "eager_calls",
        "__name__",
        "__wrapped__",
        "_limit",
        "_precise",
        "_variants",
        "_eager",
        "_retraced",
        "_retired",
        "_surroundings",
        "_lock",
        "_warned",
        "__weakref__",
    )

    def __init__(self, function, variants, precise=False):
        if not callable(function):
            raise ArgumentError(
                f"a {type(function).__name__} cannot be compiled: it is not a function",
                "pass the function itself: compile(f)(x), not compile(f(x))",
            )
        self.function = self.__wrapped__ = function
        self.__name__ = getattr(function, "__name__", type(function).__name__)
        self._precise = precise
        self._limit, self._variants, self._eager, self._retraced, self._retired = variants, {}, {}, [], []
        self._surroundings, self._lock, self._warned = None, threading.RLock(), set()
        self.traces = self.eager_calls = 0

    def __call__(self, *args, **kwargs):
        try:
            key, leaves = signatures.signature(args, kwargs)
            known = self._variants.get(key)
        except signatures.Uncompiled as reason:
            return self.function(*args, **kwargs) if reason.inline else self._as_it_is(str(reason), args, kwargs)
        except TypeError:  # an argument that has no hash
            return self._as_it_is("an argument cannot be looked up", args, kwargs)
        if self._surroundings is not None and self._surroundings.names:
            changed = self._surroundings.changed()
            if changed is not None:
                return self._forget(f"{changed} is another object now", args, kwargs)
        if type(self._surroundings) is _Unsteady:
            return self._as_it_is("what it reads from outside changes again and again; pass it in", args, kwargs)
        failed = None
        for variant in known or ():
            try:
                return variant(leaves)
            except GuardFailed as guard:
                failed = guard
        if key in self._eager:
            return self._as_it_is(self._eager[key], args, kwargs)
        return self._traced(key, leaves, args, kwargs, failed)

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
            lines += [f"  {line}" for line in variant.plan.report()]
        if self.eager_calls:
            lines.append(f"{self.eager_calls} calls ran eagerly: " + "; ".join(sorted(self._warned)))
        return "\n".join(lines)

    def _forget(self, why, args, kwargs):
        with self._lock:
            enter_at(self, None)
            self._retired.append(self._variants)  # their code may be running, further down the stack
            self._variants, self._eager, self._surroundings = {}, {}, None
            self._retraced.append(why)
            if len(self._retired) > self._limit:
                self._surroundings = _Unsteady()
        return self(*args, **kwargs)

    def _as_it_is(self, reason, args, kwargs):
        """The function, uncompiled; said once for each reason."""
        self._note(reason, 4)
        return self.function(*args, **kwargs)

    def _note(self, reason, level):
        self.eager_calls += 1
        if reason not in self._warned:
            self._warned.add(reason)
            warnings.warn(f"{self.__name__} runs eagerly: {reason}", RunsEagerlyWarning, stacklevel=level)

    def _traced(self, key, leaves, args, kwargs, failed):
        error = None
        with self._lock:
            known = self._variants.get(key, [])
            if len(known) >= self._limit:
                self._eager[key] = f"its branches went more than {self._limit} ways"
                return self._as_it_is(self._eager[key], args, kwargs)
            if not known and len(self._variants) + len(self._eager) >= _STRUCTURES:
                return self._as_it_is(f"it was called in more than {_STRUCTURES} ways", args, kwargs)
            reason = self._reason(key, failed)
            self.traces += 1
            recording = Recording()
            try:
                program, result, surroundings = self._record(recording, args, kwargs)
                variant = Variant(program, reason, self._precise)
                variant.prepare(key, surroundings.objects(), self.__call__)
            except Exception as raised:
                error = raised.with_traceback(None)
            else:
                if self.traces > 1:
                    self._retraced.append(reason)
                self._surroundings = surroundings
                self._variants[key] = [variant, *known]
                self._enter(variant)
                if self._precise:  # the first call, too, gives the C library's bits
                    with contextlib.suppress(GuardFailed):
                        return variant(leaves)
                return result
        if not isinstance(error, Untraceable):  # the function's own, perhaps: then it comes again
            result = self.function(*args, **kwargs)
            self._eager[key] = f"tracing it raised {type(error).__name__}: {error}"
            self._note(self._eager[key], 3)
            return result
        self._eager[key] = str(error)
        return self._as_it_is(str(error), args, kwargs)

    def _enter(self, newest):
        """Let calls go to the newest native entry first; each hands on what it does not take."""
        entries = [one.entry for found in self._variants.values() for one in found if one.entry is not None]
        entries.sort(key=lambda one: one is not newest.entry)
        for one, following in zip(entries, [*entries[1:], None]):
            one.hand_on_to(following)
        enter_at(self, entries[0].address if entries else None)

    def _reason(self, key, failed):
        if failed is not None:
            one = failed.instruction
            place = f" at {one.place}" if one.place else ""
            if one.name != "guard":
                return f"{one.name}{place} gave {failed.value}"
            return f"guard{place}: was {one.params['is']}, is {failed.value}"
        if self._variants:
            return signatures.difference(key, list(self._variants))
        return "the first call"

    def _record(self, recording, args, kwargs):
        """The program of one run, what the run returned, and what it may have read from outside."""
        surroundings = Surroundings(self.function)
        randomness = Randomness(surroundings.generators)
        traced_args = signatures.replaced(args, recording.argument)
        traced_kwargs = signatures.replaced(kwargs, recording.argument)
        before = STATE.copies, STATE.loops
        STATE.copies, STATE.loops = {}, Loops(recording)
        try:
            with numpy.errstate(all="ignore"):
                result = self.function(*traced_args, **traced_kwargs)
            leaves, rebuild = tree.flatten(result)
            del result
            if recording.failed:
                raise Untraceable(recording.failed)
            if randomness.drawn():
                raise Untraceable("it draws random numbers; pass them as an argument")
            program = recording.program(leaves, rebuild)
        finally:
            STATE.copies, STATE.loops = before
        if surroundings.changed() is not None:
            raise Untraceable(f"it changes {surroundings.changed()}, which is defined outside")
        found = [leaf.value if is_traced(leaf) else leaf for leaf in leaves]
        result = rebuild([one.copy() if type(one) is numpy.ndarray else one for one in found])
        return program, result, surroundings


class _Unsteady:
    """Stands for the surroundings of a function that are different at every call."""

    names = 0

    def changed(self):
        return None


Compiled = fast_type(CompiledFunction) if available() else CompiledFunction
