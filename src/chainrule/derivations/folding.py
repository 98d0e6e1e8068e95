"""Keeping what is printed short: parts that have a letter are shown by it where an expression is long."""

from chainrule.expressions.tree import Symbol, part_by_part

LONG = 90  # operations and operands beyond which letters are put in
TOO_LONG = 200  # and beyond which the expression is not printed at all
SMALLEST = 5  # a part shorter than this is clearer written out than by its letter
SMALLEST_DERIVATIVE = 10  # likewise one that is shown by a derivative, du/dx


class Folding:
    """Expressions with shorthand in the place of their parts. Each part is looked at once, however often it occurs.

    Args:
        shorthand: what is shown -> the part it stands for: letters, and their derivatives.

    >>> from chainrule.expressions import EXPRESSIONS, Symbol
    >>> x, u = Symbol("x"), Symbol("u")
    >>> inner = EXPRESSIONS.exp(x**2 + 1)
    >>> folding = Folding({u: inner})
    >>> print(folding.folded(EXPRESSIONS.sin(inner) + inner, most=5), folding.size(inner))
    sin(u) + u 6
    """

    def __init__(self, shorthand):
        self._sizes = {}
        self._alive = list(shorthand.values())
        self.shorthand = {shown: part for shown, part in shorthand.items() if self.size(part) >= _least(shown)}
        self._shown = {id(part.plain): shown for shown, part in self.shorthand.items()}

    def size(self, expression):
        """How many operations and operands are printed, repeated parts counted every time."""
        sizes = self._sizes
        self._alive.append(expression)
        return part_by_part(expression, sizes, lambda node: 1 + sum(sizes[id(child)] for child in node.children))

    def folded(self, expression, most=LONG):
        """The expression, with shorthand for its parts (not for itself) where it is longer than `most`."""
        if not self.shorthand or not expression.children or self.size(expression) <= most:
            return expression
        done = {}
        stack = [expression]
        while stack:
            node = stack[-1]
            key = id(node.plain)
            if key in done:
                stack.pop()
                continue
            if key in self._shown and node is not expression:
                done[key] = self._shown[key]
                continue
            missing = [child for child in node.children if id(child.plain) not in done]
            if missing:
                stack.extend(missing)
                continue
            children = [done[id(child.plain)] for child in node.children]
            same = all(one is other for one, other in zip(children, node.children))
            done[key] = node if same else node.of(*children)
        return done[id(expression.plain)]


def _least(shown):
    return SMALLEST if type(shown) is Symbol else SMALLEST_DERIVATIVE
