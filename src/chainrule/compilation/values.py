"""A program as a plain function of values, with a native way in where there can be one."""

import contextlib
from typing import Any

from chainrule.compilation.native.entry import Unenterable, available, entry
from chainrule.compilation.native.vectorcall import enter_at, fast_type


class _Values:
    """Calls a plan with its arguments one by one; returns the list of its results. Raises GuardFailed."""

    __slots__ = ("entry", "plan", "__weakref__")

    def __init__(self, plan):
        self.plan = plan
        self.entry: Any = None

    def __call__(self, *arguments):
        return self.plan(arguments)


_Fast = fast_type(_Values) if available() else _Values


def values(plan, cache):
    """The function of a plan whose code is not made yet."""
    function = _Fast(plan)
    if _Fast is not _Values:
        key = tuple(_part(x) for x in plan.program.arguments), ()
        with contextlib.suppress(Unenterable):
            function.entry = entry(key, plan, [], lambda *arguments: plan(arguments), cache=cache, rebuild=list)
            enter_at(function, function.entry.address)
            return function
    plan.build(cache)
    return function


def _part(x):
    """What an argument is in the key of a call (see `signature`)."""
    if x.kind == "float":
        return float
    return x.dtype.type if x.kind == "scalar" else (x.dtype.char, x.shape, None)
