"""What was asked for beside the function."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """How a function is to be compiled; see `chainrule.compile`.

    Attributes:
        variants: how many ways through the branches are compiled for one kind of call.
        strict: whether what cannot be compiled raises (`fullgraph`).
        precise: whether functions give the bits of the C library's.
        donate: names and positions of the arguments whose arrays a result may take.
    """

    variants: int = 8
    strict: bool = False
    precise: bool = False
    donate: tuple = ()
