"""What was asked for beside the function."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Options:
    """How a function is to be compiled; see `chainrule.compile`.

    Attributes:
        variants: how many ways through the branches are compiled for one kind of call.
        strict: whether what cannot be compiled raises (`fullgraph`).
        precise: whether functions give the bits of the C library's.
        donate: names and positions of the arguments whose arrays a result may take.
        cache: where machine code is kept (a `native.cache.Cache`), or None.
        budget: seconds that making code of one program may take, as estimated.
        threads: how many share a large loop.
    """

    variants: int = 8
    strict: bool = False
    precise: bool = False
    donate: tuple = ()
    cache: Any = None
    budget: float = 10.0
    threads: int = 1
