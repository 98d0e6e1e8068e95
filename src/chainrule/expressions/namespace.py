"""`EXPRESSIONS`: NumPy's spelling over expressions, the `xp` in which a room's rules give expressions.

>>> from chainrule.expressions import EXPRESSIONS, Symbol
>>> print(EXPRESSIONS.sin(Symbol("x") ** 2))
sin(x²)
"""

from chainrule.expressions.conditions import decided, negated
from chainrule.expressions.tree import Apply, Piecewise, lift, number_of
from chainrule.ops import CATALOGUE

_SPELLED_OTHERWISE = {"abs": "absolute", "conj": "conjugate"}


class Expressions:
    """Every primitive by name, as a function that applies it to expressions or numbers."""

    def __getattr__(self, name: str):
        primitive = CATALOGUE.get(_SPELLED_OTHERWISE.get(name, name))
        if primitive is None:
            raise AttributeError(name)

        def apply(*arguments, **params):
            return Apply(primitive, [number_of(argument) for argument in arguments], params)

        setattr(self, name, apply)
        return apply

    @staticmethod
    def where(condition, x, y):
        """x where the condition holds, else y; the one of them where that is known already."""
        known = decided(condition)
        if known is not None:
            return x if known else y
        return Piecewise(((condition, number_of(x)),), number_of(y))

    @staticmethod
    def logical_not(condition):
        return negated(condition)

    @staticmethod
    def conj(x):  # variables are real
        return x

    @staticmethod
    def real(x):
        return x

    @staticmethod
    def plain_value(x):
        return x

    @staticmethod
    def isfinite(x):
        return True

    @staticmethod
    def isnan(x):
        return False

    @staticmethod
    def zeros_like(x):
        return lift(0)

    @staticmethod
    def ones_like(x):
        return lift(1)


EXPRESSIONS = Expressions()
