"""Derivations: the chain rule on paper, every step named, nothing simplified away, checked in numbers.

Reading order: `sources` (what can be given), `model` (what a derivation is made of), `steps` (the rules
applied), `totals` (letters given by equations of their own), `paths`; then what is asked of a derivation:
`domain` on `conditions`, `intervals` and `zeros`; `checking` on `points` and `precision`; `forms` on
`simplification`. What is shown is `outlining`, in the words of `messages`; `terminal` prints it.
"""

from chainrule.derivations.derivation import Derivation
from chainrule.derivations.gradient import Gradient
from chainrule.derivations.implicit import Implicit
from chainrule.derivations.parametric import Parametric
from chainrule.derivations.sources import derive

__all__ = ["Derivation", "Gradient", "Implicit", "Parametric", "derive"]
