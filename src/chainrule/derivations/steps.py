"""The rules, applied: from an expression to the tree of steps that differentiates it.

No derivative stands here. What a function contributes is its room's own rule, run on expressions
(`local_derivative`); a step gives that a name and puts the parts together as a textbook would: a sum of
terms, a product of factors, a chain as one flat list.

A composition is cut into links from the outside in. What only adds a constant or multiplies by one goes
with the function inside it, so (σ(wx + b) - y)² has three links: u₁², u₁ = σ(u₂) - y, u₂ = wx + b.

Steps ask for the steps of their parts by yielding them (`Steps.of` runs them), so no depth is too deep,
and each part is differentiated once however often it occurs.
"""

import functools
import operator
from typing import Any

from chainrule.derivations.model import Chain, Differential, Factor, Prime, Step
from chainrule.errors import DerivationError
from chainrule.expressions import (
    Abstract,
    Apply,
    Comparison,
    Number,
    Piecewise,
    Symbol,
    combined,
    exact,
    generic,
    local_derivative,
    part_by_part,
    replaced,
    tidied,
    tidy,
)
from chainrule.ops import CATALOGUE

# What a room's rule is called where that is not the name of the room.
_CALLED = {
    **dict.fromkeys(("power", "square", "sqrt", "cbrt", "reciprocal", "divide"), "power"),
    **dict.fromkeys(("exp", "exp2", "expm1"), "exponential"),
    **dict.fromkeys(("log", "log2", "log10", "log1p", "log_base"), "logarithm"),
    **dict.fromkeys(("maximum", "fmax"), "max"),
    **dict.fromkeys(("minimum", "fmin"), "min"),
    **dict.fromkeys(("where", "clip"), "piecewise"),
    **dict.fromkeys("sign floor ceil trunc rint heaviside floor_divide".split(), "step"),
    "absolute": "abs",
}
_SUMS = ("add", "subtract")
_AFFINE = ("add", "subtract", "negative", "positive", "multiply", "divide")
_GUARDED = ("power", "hypot", "sinc")  # rooms whose rules treat single points apart
MOST_PRODUCTS = 40_000, 16_000  # of a first derivative (a product of 5,000 factors has 30,000), and of a further one
_MOST_FACTORS, _MOST_TERMS = 6, 100  # what is longer is taken apart in several steps


def plus(a, b):
    """a + b, as a textbook would write it down; neither is looked into."""
    return combined("add", a, b)


def minus(a, b):
    return combined("subtract", a, b)


def times(a, b):
    """a · b; a factor that selects (1 where a condition holds, else 0) selects b."""
    if type(a) is Piecewise and _selects(a):
        return Piecewise(((a.branches[0][0], b),), Number(0))
    return combined("multiply", a, b)


def over(a, b):
    return combined("divide", a, b)


def _selects(slope):
    return len(slope.branches) == 1 and exact(slope.branches[0][1]) == 1 and exact(slope.otherwise) == 0


class Steps:
    """The steps of one derivation: every part differentiated once by each variable.

    Args:
        letters: where letters for inner parts come from.
        root: the expression whose letter is `letters.output`.
        several: whether other variables are held constant, so that derivatives are partial ones.
        moving: symbols that depend on the variable although they are not it, and their derivatives: the y of
            implicit differentiation.
        most: how many products there may be, before it is refused.
    """

    def __init__(self, letters, root, several=False, moving=None, most=MOST_PRODUCTS[0]):
        self.letters, self.root, self.several = letters, root, several
        self.moving = {id(symbol.plain): derivative for symbol, derivative in (moving or {}).items()}
        self._done: dict[Any, Any] = {}
        self._reads = Reads()
        self._moving_bits = sum(self._reads.bit(symbol) for symbol in moving or {})
        self._direct: set[tuple[int, int]] = set()  # keys of what has no function inside a function
        self._alive = []  # whose identities are keys of the tables
        self._products, self._most = 0, most

    def of(self, expression, variable) -> Step:
        """The step that differentiates the expression by the variable, with all that it is made of.

        >>> from chainrule.derivations.names import Letters
        >>> from chainrule.expressions import EXPRESSIONS, Symbol
        >>> x = Symbol("x")
        >>> step = Steps(Letters({"x"}), None).of(EXPRESSIONS.sin(x**2), x)
        >>> step.rule, [str(factor.local) for factor in step.chain.factors]
        ('chain', ['cos(u₁)', '2x'])
        """
        stack, keys, wanted = [], [], (expression, variable)
        result: Any = None
        while True:
            key = id(wanted[0].plain), id(wanted[1].plain)
            result = self._done.get(key)
            if result is None:
                self._alive.append(wanted)
                stack.append(self._step(*wanted))
                keys.append(key)
            while stack:
                try:
                    wanted = stack[-1].send(result)
                    break
                except StopIteration as finished:
                    stack.pop()
                    result = self._done[keys.pop()] = finished.value
            if not stack:
                assert result is not None
                return result

    def _spend(self, products):
        """Count products that a rule is going to write down.

        Raises: DerivationError where they are too many: a product of many compositions has a quadratic derivative.
        """
        self._products += products
        if self._products > self._most:
            raise DerivationError(
                f"the derivative consists of more than {self._most:,} products",
                "differentiate a part of the function, or ask for a lower order",
            )

    def known(self, expression, variable) -> Step | None:
        """The step of an expression by the variable, where it was already needed."""
        return self._done.get((id(expression.plain), id(variable.plain)))

    def depends(self, node, variable):
        """Whether the node changes with the variable."""
        return self._reads.of(node) & (self._reads.bit(variable) | self._moving_bits)

    def _step(self, node, x):
        if not self.depends(node, x):
            return Step("constant", node, x, Number(0), place=node.place)
        if node.plain is x.plain:
            return Step("variable", node, x, Number(1), place=node.place)
        if id(node.plain) in self.moving:
            return Step("moving", node, x, self.moving[id(node.plain)], place=node.place)
        links = self._links(node, x)
        if len(links) > 1:
            return (yield from self._chain(node, links, x))
        return (yield from self._rule(node, x))

    def _rule(self, node, x):
        """One rule that is not the chain rule."""
        if type(node) is Piecewise:
            return (yield from self._piecewise(node, x))
        if type(node) is Apply:
            if node.name in _SUMS:
                return (yield from self._sum(node, x))
            if node.name in ("negative", "positive"):
                return (yield from self._multiple(node, local_derivative(node, 0), node.arguments[0], x))
            if node.name == "multiply":
                return (yield from self._product(node, x))
            if node.name == "divide":
                return (yield from self._quotient(node, x))
            if node.name == "power" and all(self.depends(part, x) for part in node.arguments):
                return (yield from self._general_power(node, x))
        return (yield from self._function(node, x))

    def _sum(self, node, x):
        terms = signed_terms(node)
        parts = []
        for _, term in terms:
            parts.append((yield term, x))
        total: Any = None
        for (sign, _), part in zip(terms, parts):
            if total is None:
                total = part.derivative if sign == 1 else tidied(-part.derivative)
            else:
                total = (plus if sign == 1 else minus)(total, part.derivative)
        return Step("sum", node, x, total, tuple(parts), place=node.place)

    def _multiple(self, node, constant, rest, x):
        part = yield rest, x
        derivative = times(constant, part.derivative)
        return Step("constant-multiple", node, x, derivative, (part,), constant=constant, place=node.place)

    def _product(self, node, x):
        factors = _factors(node)
        fixed = [factor for factor in factors if not self.depends(factor, x)]
        if fixed:
            rest = product([factor for factor in factors if self.depends(factor, x)])
            return (yield from self._multiple(node, product(fixed), rest, x))
        parts = []
        for factor in factors:
            parts.append((yield factor, x))
        self._spend(len(factors) * (len(factors) - 1))
        total: Any = None
        for i, part in enumerate(parts):
            term = _tidy_product([part.derivative if j == i else factor for j, factor in enumerate(factors)])
            total = term if total is None else plus(total, term)
        return Step("product", node, x, total, tuple(parts), place=node.place)

    def _quotient(self, node, x):
        top, bottom = node.arguments
        if not self.depends(bottom, x):
            part, constant = (yield top, x), slope(node, 0)
            derivative = over(part.derivative, bottom)
            return Step("constant-multiple", node, x, derivative, (part,), constant=constant, place=node.place)
        if not self.depends(top, x):
            return (yield from self._reciprocal(node, x))
        parts = (yield top, x), (yield bottom, x)
        above = minus(times(parts[0].derivative, bottom), times(top, parts[1].derivative))
        return Step("quotient", node, x, over(above, bottom**2), parts, place=node.place)

    def _reciprocal(self, node, x):
        """c / xⁿ, read as c · x⁻ⁿ."""
        top, bottom = node.arguments
        base, exponent = as_power(bottom) or (bottom, Number(1))
        part = yield base ** tidy(-exponent), x
        derivative = times(top, part.derivative)
        if exact(top) == 1:
            return Step("power", node, x, derivative, part.parts, function="divide", place=node.place)
        return Step("constant-multiple", node, x, derivative, (part,), constant=top, place=node.place)

    def _general_power(self, node, x):
        """u^v = e^(v ln u): its logarithm is differentiated, as a product."""
        base, exponent = node.arguments
        logarithm = exponent * Apply(CATALOGUE["log"], (base,))
        part = yield logarithm, x
        inside = Step("logarithmic-differentiation", logarithm, x, part.derivative, (part,))
        return Step("general-power", node, x, times(node, part.derivative), (inside,), place=node.place)

    def _function(self, node, x):
        """A function of the variable itself, or of several parts that move."""
        moving = [i for i, part in enumerate(node.children) if self.depends(part, x)]
        parts = []
        for i in moving:
            parts.append((yield node.children[i], x))
        derivative = _added([slope(node, i) for i in moving], [part.derivative for part in parts])
        shown = tuple(parts) if len(moving) > 1 else ()
        return Step(_called(node, moving), node, x, derivative, shown, function=node.name, place=node.place)

    def _piecewise(self, node, x):
        values = [value for _, value in node.branches]
        if node.otherwise is not None:
            values.append(node.otherwise)
        parts = []
        for value in values:
            parts.append((yield value, x))
        slopes = [part.derivative for part in parts]
        kept = [*slopes, *(condition for condition, _ in node.branches)]
        otherwise = slopes.pop() if node.otherwise is not None else None
        branches = [(condition, value) for (condition, _), value in zip(node.branches, slopes)]
        derivative = tidy(Piecewise(branches, otherwise), kept)
        return Step("piecewise", node, x, derivative, tuple(parts), place=node.place)

    # The chain rule

    def _links(self, node, x):
        """The composition cut into links from the outside in: `(whole, path, inner)`.

        `path` leads from the whole to its part `inner`, without it. The last link has neither.
        """
        links = []
        while True:
            path, inner = self._inner(node, x)
            links.append((node, path, inner))
            if inner is None:
                return links
            node = inner

    def _inner(self, node, x):
        """The path to what stands inside the outermost function, and that part; None where that is the variable."""
        path, inner = self._path(node, x)
        if inner is None:
            self._direct.update((id(one.plain), id(x.plain)) for one in path)
        return path, inner

    def _path(self, node, x):
        path = []
        while True:
            moving = [part for part in node.children if self.depends(part, x)]
            if len(moving) != 1 or type(node) is Piecewise or (id(node.plain), id(x.plain)) in self._direct:
                return path, None
            path.append(node)
            inside = moving[0]
            if self._passes(node, inside):
                node = inside
                continue
            if type(node) is Apply and node.name == "divide" and as_power(inside):
                path.append(inside)
                inside = inside.arguments[0]
            return path, None if inside.plain is x.plain else inside

    def _passes(self, node, inside):
        """Whether the node only adds a constant to its moving part, or multiplies it by one.

        A factor that is another variable, before a sum, is a link of its own: z · (x + y) is z · u.
        """
        if type(node) is not Apply or node.name not in _AFFINE:
            return False
        if node.name == "divide":
            return node.arguments[0] is inside
        if node.name == "multiply" and self.several and type(inside) is Apply and inside.name in _SUMS:
            return all(not self._reads.of(part) for part in node.arguments if part is not inside)
        return True

    def _chain(self, node, links, x):
        self._spend(len(links))
        letters = [self._letter(inner) for _, _, inner in links[:-1]] + [x]
        functions = [self.letters.next_function() for _ in links]
        of = self.letters.output if node is self.root else self.letters.letter_of(node)
        factors: list[Factor] = []
        derivative: Any = None
        for number, ((whole, path, inner), letter) in enumerate(zip(links, letters), 1):
            outer = whole if inner is None else _with_letter(path, inner, letter)
            step = yield outer, letter
            written = step.derivative if inner is None else replaced(step.derivative, {letter: inner})
            derivative = written if derivative is None else times(derivative, written)
            function = functions[number - 1]
            if inner is None and id(whole.plain) in self.moving:  # the y of an equation: y(x)
                outer, function = Abstract(whole.name, (x,)), whole.name
            partial = self.several and bool(self._reads.of(outer) & ~self._reads.bit(letter))
            leibniz = Differential(of or outer, (letter,), partial)
            lagrange = Prime(function, letter)
            here = x if inner is None else inner
            factors.append(Factor(number, of or outer, letter, outer, here, step.derivative, written, step,
                                  leibniz, lagrange, partial))  # fmt: skip
            of = letter
        chain = Chain(tuple(factors), derivative)
        return Step("chain", node, x, derivative, tuple(f.step for f in factors), chain, place=node.place)

    def _letter(self, inner):
        return inner if id(inner.plain) in self.moving else self.letters.stand_for(inner)


class Reads:
    """Which symbols an expression reads, as the bits of a number; each node is looked at once."""

    def __init__(self):
        self._bits, self._found, self._alive = {}, {}, []

    def bit(self, symbol):
        """The bit that stands for a symbol."""
        key = id(symbol.plain)
        if key not in self._bits:
            self._bits[key] = 1 << len(self._bits)
            self._alive.append(symbol.plain)
        return self._bits[key]

    def of(self, node):
        """The bits of all symbols that the node reads."""
        return part_by_part(node, self._found, self._bits_of)

    def _bits_of(self, node):
        bits = self.bit(node) if type(node) is Symbol else 0
        for child in node.children:
            bits |= self._found[id(child)]
        self._alive.append(node)
        return bits


def slope(node, i):
    """The local derivative of a node by its argument i; where it selects, the condition is a strict one."""
    found = local_derivative(node, i)
    if type(found) is Piecewise or node.name in _GUARDED:
        found = generic(found, kept=node.children)
    if type(found) is Piecewise and _selects(found):
        ((condition, one),) = found.branches
        return Piecewise(((_strict(condition), one),), found.otherwise)
    return found


def _strict(condition):
    """a > b for a ≥ b: at a tie there is no derivative."""
    if type(condition) is Comparison and condition.relation in (">=", "<="):
        return Comparison(condition.relation[0], condition.left, condition.right)
    return condition


def _added(slopes, derivatives) -> Any:
    """One path or several: each slope times what leads on, added; of slopes that select, the one that holds."""
    if len(slopes) > 1 and all(type(one) is Piecewise and _selects(one) for one in slopes):
        return Piecewise([(one.branches[0][0], derivative) for one, derivative in zip(slopes, derivatives)])
    total = None
    for one, derivative in zip(slopes, derivatives):
        term = times(one, derivative)
        total = term if total is None else plus(total, term)
    return total


def _called(node, moving):
    """The id of the rule of one function, differentiated by the arguments numbered in `moving`."""
    if type(node) is Abstract:
        return "abstract" if len(moving) == 1 else "total"
    if node.name == "power" and moving == [1]:
        return "exponential"
    called = _CALLED.get(node.name, node.name)
    return called if len(moving) == 1 or called in ("max", "min") else "paths"


def as_power(node):
    """(base, exponent) of xⁿ, x² and √x with a constant exponent that is a number; None for others."""
    if type(node) is not Apply:
        return None
    if node.name == "power" and exact(node.arguments[1]) is not None:
        return node.arguments
    if node.name == "square":
        return node.arguments[0], Number(2)
    if node.name == "sqrt":
        return node.arguments[0], Number(1) / 2
    return None


def _with_letter(path, inner, letter):
    """The outermost function in terms of a letter: the path, with the letter in the place of `inner`."""
    built, before = letter, inner
    for node in reversed(path):
        built = node.of(*[built if part is before else part for part in node.children])
        before = node
    return built


def signed_terms(node):
    """The terms of a sum in order, each with its sign: what `Add` and `Subtract` give as their slopes."""
    terms = []
    while type(node) is Apply and node.name in _SUMS and len(terms) < _MOST_TERMS:
        terms.append((node.primitive.partials[1], node.arguments[1]))
        node = node.arguments[0]
    return [(1, node), *reversed(terms)]


def _factors(node):
    """The factors of a product in order; the first is itself a product where they are many."""
    factors = []
    while type(node) is Apply and node.name == "multiply" and len(factors) < _MOST_FACTORS - 1:
        factors.append(node.arguments[1])
        node = node.arguments[0]
    return [node, *reversed(factors)]


def product(factors):
    """Expressions multiplied from left to right, as they are."""
    return functools.reduce(operator.mul, factors)


def _tidy_product(factors):
    return functools.reduce(times, factors)
