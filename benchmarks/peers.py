"""Who is compared: one adapter for each way of computing the same thing."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

OURS = "chainrule"


@dataclass(frozen=True)
class Adapter:
    """One way of computing a workload.

    Attributes:
        name: what the report calls it.
        needs: the package it imports; left out where that is not installed.
        build: from a case to the function that is timed, with everything made once already made.
    """

    name: str
    needs: str
    build: Callable[[Any], Callable]

    @property
    def installed(self):
        return find_spec(self.needs) is not None


class Adapters(dict):
    """The adapters of a workload, by name, in order of definition."""

    def add(self, name, needs):
        def register(build):
            self[name] = Adapter(name, needs, build)
            return build

        return register

    def installed(self):
        return [name for name, adapter in self.items() if adapter.installed]
