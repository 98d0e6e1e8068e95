"""One derivative by a vector or a matrix, with everything that can be asked of it."""

from functools import cached_property
from typing import Any

import numpy

from chainrule.derivations.derivation import Derivative
from chainrule.derivations.gradient import Several
from chainrule.derivations.matrices import outlines, remarks
from chainrule.derivations.matrices.checking import Sampler, check, value
from chainrule.derivations.matrices.hops import barred, chain_of_jacobians, path_of, ways
from chainrule.derivations.matrices.jacobians import jacobian
from chainrule.derivations.matrices.tidying import Tidying
from chainrule.derivations.matrices.unifying import Unifier
from chainrule.derivations.matrices.walk import pulled
from chainrule.derivations.model import Check, Differential, Numbers, Path
from chainrule.derivations.names import Letters
from chainrule.errors import ArgumentError, DerivationError, ShapeError
from chainrule.expressions import Expression, Number, Symbol, symbols_of
from chainrule.expressions.arrayprinters import ArrayPython
from chainrule.expressions.arrays import ARRAYS, Array
from chainrule.expressions.instances import instance, size_letters
from chainrule.expressions.shapes import shape_of, written


class MatrixDerivation(Derivative):
    """The derivative of an expression of vectors and matrices by one of them. Made by `chainrule.derive`.

    Attributes:
        expression: what is differentiated; its symbols have shapes.
        variable: by which Symbol.
        shapes: name -> shape; sizes are ints or letters.
        symmetric, positive: names of matrices that are symmetric, or symmetric and positive definite.
        layout: "gradient" for a number (its shape is that of the variable), "jacobian" for a vector by a vector or
            a number (numerator layout), "cotangent" for the rest: what a gradient by the value becomes.
        cotangent: what the gradient by the value is: the number 1, or a Symbol of the value's shape.
        known: values that were given with the function, such as arrays that a program uses.
        named: parts that the user gave a name: name -> expression.

    >>> import chainrule as cr
    >>> d = cr.derive("norm2(A*x - y)^2", wrt="x")
    >>> print(d.result)
    2 Aᵀ (A x − y)
    >>> d.layout, d.factors[-1].shapes[0], d.check.points
    ('gradient', (<Symbol m>,), 12)
    """

    partial = True
    simplified: Any = None  # SymPy has no closed forms of matrices

    def __init__(self, expression, variable, *, shapes, text="", output=None, readings=(), point=None, symmetric=(),
                 positive=(), cotangent=None, known=None, deduced=(), named=None, previous=None):  # fmt: skip
        self.expression, self.variable, self.shapes, self.text = expression, variable.plain, shapes, text
        self.readings, self.point = tuple(readings), point
        self.symmetric, self.positive = frozenset(symmetric) | frozenset(positive), frozenset(positive)
        self.known, self.deduced, self.named = known or {}, tuple(deduced), named or {}
        self.previous, self.order = previous, 1 if previous is None else previous.order + 1
        shape = shape_of(expression)
        self.output = Symbol(self._free_output(shape) if output is None else output, shape)
        given = cotangent is not None
        vector = len(shape) == 1 and len(variable.shape) < 2 and not given
        self.layout = "gradient" if not shape and not given else "jacobian" if vector else "cotangent"
        self.cotangent: Expression = Number(1)
        if self.layout != "gradient":
            self.cotangent = Symbol(cotangent, shape) if given else barred(self.output)

    def _free_output(self, shape):
        """A letter for the value that nobody uses: a capital for a matrix."""
        if len(shape) < 2:
            return Letters(self._used()).output.name
        return next(letter for letter in (*"YFZGH", "Y_") if letter not in self._used())

    def _used(self):
        names = {symbol.name for symbol in symbols_of(self.expression)} | {self.variable.name} | set(self.named)
        return names | set(size_letters(self.expression, self.variable))

    @cached_property
    def letters(self):
        """The letters that stand for inner parts, and what they stand for (`Letters`)."""
        letters = Letters(self._used(), self.output.name)
        for name, part in self.named.items():
            letters.name(Symbol(name, shape_of(part)), part)
        return letters

    @property
    def function(self) -> Expression:
        """The expression."""
        return self.expression

    @cached_property
    def variables(self):
        """The variables of the expression: a tuple of Symbols."""
        sizes = set(size_letters(self.expression))
        return tuple(symbol for symbol in symbols_of(self.expression) if symbol.name not in sizes)

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """One chain of links for each way from the value to the variable; what they carry back adds up."""
        found = [way for way in ways(self.expression, self.variable) or () if way]
        settings = self.variable, self.output, self.letters, self.symmetric, self.cotangent, self.multiplies
        return tuple(path_of(way, *settings) for way in found)

    @cached_property
    def multiplies(self):
        """Whether the chain is a product of Jacobians, as it is where all its letters are vectors."""
        found = ways(self.expression, self.variable)
        return self.layout == "jacobian" and bool(found) and all(way and chain_of_jacobians(way) for way in found)

    @cached_property
    def factors(self):
        """The links of the chain, outermost first; empty where several paths lead to the variable."""
        return self.paths[0].factors if len(self.paths) == 1 else ()

    @cached_property
    def carried(self) -> Expression:
        """What arrives at the variable, exactly as the rules of the rooms gave it."""
        return pulled(self.expression, self.variable, self.cotangent).expression

    @cached_property
    def transposed(self) -> Expression:
        """What arrives at the variable, tidied: the gradient, or what the cotangent becomes."""
        return Tidying(self.expression, self.symmetric)(self.carried)

    @cached_property
    def result(self) -> Expression:
        """The gradient, the Jacobian, or what a gradient by the value becomes, in closed form."""
        if self.layout != "jacobian":
            return self.transposed
        return jacobian(self.expression, self.variable, self.symmetric).expression

    @cached_property
    def python(self) -> str:
        """The result as a NumPy expression: `eval(d.python, {"np": numpy, "A": ..., "x": ...})`."""
        return ArrayPython(self.result, (self.expression,))(self.result)

    @cached_property
    def rules(self) -> tuple[str, ...]:
        """The ids of the rules used, in the order in which they first apply."""
        first = ["paths"] if len(self.paths) > 1 else []
        return tuple(dict.fromkeys([*first, *(factor.step.rule for path in self.paths for factor in path.factors)]))

    @property
    def differential(self) -> Differential:
        """∂f/∂X, ∂²f/∂x²."""
        if self.previous is None:
            return Differential(self.output, (self.variable,), True)
        before = self.previous.differential
        return Differential(before.of, (self.variable, *before.by), True)

    def derivative(self, order=1, wrt=None) -> "MatrixDerivation":
        """The derivation of this gradient: the Hessian, where the variable is a vector.

        Args:
            order: 1; a Hessian is differentiated further by its entries only.
            wrt: another variable, for a mixed second derivative.

        >>> import chainrule as cr
        >>> print(cr.derive("0.5*x'*A*x", wrt="x").derivative().result)
        0.5 (A + Aᵀ)
        """
        if order != 1 or self.previous is not None or self.layout != "gradient":
            raise DerivationError(
                "only a gradient is differentiated once more, to a Hessian",
                "higher orders have more than two axes: take one entry, or use chainrule.hessian for numbers",
            )
        name = self.variable.name if wrt is None else getattr(wrt, "name", wrt)
        if name not in self.shapes:
            raise DerivationError(
                f"{name} is no variable of the expression", f"its variables are {', '.join(self.shapes)}"
            )
        letter = next(letter for letter in (*"gGhH", "g_") if letter not in self._used())
        return MatrixDerivation(
            self.result, Symbol(name, self.shapes[name]), shapes=self.shapes, text=self.text, output=letter,
            readings=self.readings, point=self.point, symmetric=self.symmetric, positive=self.positive,
            known=self.known, deduced=self.deduced, previous=self,
        )  # fmt: skip

    @cached_property
    def notes(self):
        """What to know besides: the shapes as they were read, the layout, where the function lives, kinks."""
        return (*self.readings, *remarks.notes(self))

    @cached_property
    def check(self) -> Check:
        """The closed form compared with the function at random matrices of the stated shapes.

        Raises: DerivationError where they disagree: a derivation that is wrong is never shown.
        """
        sampler = Sampler([self.expression], self.known, self.symmetric, self.positive)
        function, result = Array.of(self.expression), Array.of(self.result)
        if self.layout == "cotangent":
            function = ARRAYS.sum(Array.of(self.cotangent) * function)

        def moved(direction):
            change = Array.of(direction)
            along = result @ change if self.layout == "jacobian" and change.shape else ARRAYS.sum(result * change)
            return (result * change if self.layout == "jacobian" and not change.shape else along).expression

        return check(function.expression, moved, self.variable, sampler)

    def at(self, **point) -> Numbers:
        """The arrays at a point: what each letter is, and what is carried back to it.

        Raises: ArgumentError where a variable has no value; ShapeError where a value has another shape.

        >>> import numpy as np, chainrule as cr
        >>> d = cr.derive("0.5*x'*A*x", wrt="x")
        >>> d.at(A=np.eye(2), x=np.array([3.0, 4.0])).value
        array([3., 4.])
        """
        sizes, values = self._placed({**self.known, **point})

        def number(expression):
            return value(instance(expression, sizes), values)

        shown = self.paths if self.layout != "jacobian" or self.multiplies else ()  # else ȳ would be asked for
        paths = [tuple(number(factor.written) for factor in path.factors) for path in shown]
        letters = {symbol.name: number(meaning) for symbol, meaning in self.letters.meaning.items()}
        result, function = number(self.result), number(self.expression)
        return Numbers(point, result, function, paths[0] if len(paths) == 1 else (), letters, tuple(paths), result)

    def _placed(self, point):
        """The sizes and the values of all symbols at a point."""
        sizes, values = Unifier(), {}
        opened = {name: sizes.open() for name in size_letters(self.expression, self.cotangent)}
        symbols = [*symbols_of(self.expression, self.variable)]
        if type(self.cotangent) is Symbol and self.layout == "cotangent":
            symbols.append(self.cotangent)
        for symbol in symbols:
            if symbol.name in opened and not symbol.shape or symbol.name.startswith("onehot("):
                continue
            if symbol.name not in point:
                raise ArgumentError(
                    f"{symbol.name} has no value at the point", f"give {symbol.name}, {written(symbol.shape)}"
                )
            array = numpy.asarray(point[symbol.name], dtype=float)
            wanted = [opened.get(str(getattr(size, "name", "")), size) for size in symbol.shape]
            fits = array.ndim == len(wanted) and all(
                sizes.same(size, length) is not None for size, length in zip(wanted, array.shape)
            )
            if not fits:
                raise ShapeError(
                    f"{symbol.name} has shape {array.shape}, and {written(symbol.shape)} was stated",
                    "give values of the stated shapes, the same number for the same letter",
                )
            values[symbol.name] = array if array.ndim else float(array)
        for symbol in symbols:
            if symbol.name.startswith("onehot("):
                values[symbol.name] = self._one_hot(symbol, sizes, opened, point)
        numbers = {name: sizes.settled(size) for name, size in opened.items()}
        return {name: size for name, size in numbers.items() if isinstance(size, int)}, values

    def _one_hot(self, symbol, sizes, opened, point):
        """The vector that is 1 at the place that the point gives."""
        label = symbol.name[len("onehot(") : -1]
        size = symbol.shape[0]
        length = sizes.settled(opened.get(str(getattr(size, "name", "")), size))
        if label not in point or not isinstance(length, int) or not 0 <= int(point[label]) < length:
            raise ArgumentError(
                f"{label} is the number of a class, from 0", f"give {label} as a whole number below {length}"
            )
        return numpy.eye(length)[int(point[label])]

    def outline(self, numbers=None, simplify=True):
        return outlines.outline_of(self, numbers)


class MatrixDerivations(Several):
    """The derivatives of an expression of vectors and matrices by several of them.

    Its `parts` are `MatrixDerivation`s; numbers at a point are arrays.

    >>> import chainrule as cr
    >>> d = cr.derive("D = W @ X", wrt=("W", "X"), cotangent="G")
    >>> print(*d.result, sep="   ")
    G Xᵀ   Wᵀ G
    """

    simplified: Any = None  # SymPy has no closed forms of matrices

    def outline(self, numbers=None, simplify=True):
        return outlines.outline_of_several(self, numbers)
