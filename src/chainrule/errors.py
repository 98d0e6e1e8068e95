"""Every error this library raises: what happened, where, and what to do about it.

Each class shows the program that fails and the program that works; both run as doctests. Every
message has the same three parts, and the second one is the user's own line.
"""

from numpy.linalg import LinAlgError

from chainrule.places import here


class ChainruleError(Exception):
    """The base of every error here.

    Args:
        what: what went wrong, in one sentence.
        do: what to do about it.
        place: where; the user's present line unless given.

    Attributes:
        what, do, place: the three parts of the message.
    """

    def __init__(self, what, do, place=None):
        self.what, self.do = what, do
        self.place = place if place is not None else here()
        super().__init__("\n".join(self._lines()))

    def __reduce__(self):
        return type(self), (self.what, self.do, str(self.place or ""))

    def _lines(self):
        yield self.what
        if self.place:
            yield f"  where: {self.place}"
        yield f"  what to do: {self.do}"


class UnsupportedFunctionError(ChainruleError, TypeError):
    """A function was given a Tensor and has no derivative rule here.

    >>> import numpy as np, chainrule as cr
    >>> t = cr.tensor([3.0, 1.0, 2.0], requires_grad=True)
    >>> np.nanmedian(t)
    Traceback (most recent call last):
    chainrule.errors.UnsupportedFunctionError: numpy.nanmedian has no derivative rule here...

    Use a function that has one; the message names the nearest.

    >>> np.median(t)
    tensor(2., requires_grad=True)
    """


class LostDerivativeError(ChainruleError, RuntimeError):
    """A conversion would have dropped the derivative.

    Not a TypeError: NumPy replaces those by a message of its own about sequences.

    >>> import math, numpy as np, chainrule as cr
    >>> t = cr.tensor(0.5, requires_grad=True)
    >>> math.sin(t)
    Traceback (most recent call last):
    chainrule.errors.LostDerivativeError: float() of a Tensor would drop its derivative...

    Use the NumPy function, or say that the derivative is not wanted.

    >>> np.sin(t)
    tensor(0.479426, requires_grad=True)
    >>> math.sin(cr.stop_gradient(t))
    0.479425538604203
    """


class ImmutableError(ChainruleError, TypeError):
    """A value that the graph may still need was about to be changed in place.

    >>> import numpy as np, chainrule as cr
    >>> t = cr.tensor([1.0, 2.0], requires_grad=True)
    >>> t[0] = 5.0
    Traceback (most recent call last):
    chainrule.errors.ImmutableError: a Tensor cannot be changed in place...

    Build a new value instead.

    >>> np.where([True, False], 5.0, t)
    tensor([5., 2.], requires_grad=True)
    """


class ShapeError(ChainruleError, ValueError):
    """Two shapes do not go together.

    >>> import chainrule as cr
    >>> a = cr.tensor([1.0, 2.0], requires_grad=True)
    >>> a + cr.tensor([1.0, 2.0, 3.0])
    Traceback (most recent call last):
    chainrule.errors.ShapeError: add: shapes (2,) and (3,) do not broadcast...

    >>> a + cr.tensor([1.0, 2.0])
    tensor([2., 4.], requires_grad=True)
    """


class OutOfRangeError(ChainruleError, IndexError):
    """An index names an entry that is not there.

    >>> import chainrule as cr
    >>> a = cr.tensor([1.0, 2.0], requires_grad=True)
    >>> a[2]
    Traceback (most recent call last):
    chainrule.errors.OutOfRangeError: get_item: index 2 is out of bounds for axis 0 with size 2...

    >>> a[-1]
    tensor(2., requires_grad=True)
    """


class SingularError(ChainruleError, LinAlgError):
    """A matrix has no inverse, or lacks what a decomposition needs.

    >>> import numpy as np, chainrule as cr
    >>> a = cr.tensor([[1.0, 2.0], [2.0, 4.0]], requires_grad=True)
    >>> np.linalg.inv(a)
    Traceback (most recent call last):
    chainrule.errors.SingularError: inv: Singular matrix...

    >>> np.linalg.inv(a + 0.5 * np.eye(2)).shape
    (2, 2)
    """


class DtypeError(ChainruleError, TypeError):
    """A dtype has no derivative, or two dtypes do not go together.

    >>> import chainrule as cr
    >>> cr.tensor([1, 2], requires_grad=True)
    Traceback (most recent call last):
    chainrule.errors.DtypeError: a value of dtype int64 cannot require a gradient...

    >>> cr.tensor([1.0, 2.0], requires_grad=True)
    tensor([1., 2.], requires_grad=True)
    """


class NotScalarError(ChainruleError, ValueError):
    """A gradient was asked of a value that is not one number.

    >>> import chainrule as cr
    >>> t = cr.tensor([1.0, 2.0], requires_grad=True)
    >>> (t * t).backward()
    Traceback (most recent call last):
    chainrule.errors.NotScalarError: backward needs one number, and this value has shape (2,)...

    >>> (t * t).sum().backward()
    >>> t.grad
    tensor([2., 4.])
    """


class NoGraphError(ChainruleError, RuntimeError):
    """A gradient was asked of a value that no recorded operation made.

    >>> import chainrule as cr
    >>> cr.tensor(1.0).backward()
    Traceback (most recent call last):
    chainrule.errors.NoGraphError: this value was not computed from anything that requires a gradient...

    >>> cr.tensor(1.0, requires_grad=True).backward()
    """


class GraphFreedError(ChainruleError, RuntimeError):
    """A second backward pass, or an explanation, through a graph that the first pass freed.

    >>> import chainrule as cr
    >>> w = cr.tensor(3.0, requires_grad=True)
    >>> y = w * w
    >>> y.backward()
    >>> y.backward()
    Traceback (most recent call last):
    chainrule.errors.GraphFreedError: the graph behind this value was freed by an earlier backward pass...

    >>> y = w * w
    >>> y.backward(retain_graph=True)
    >>> y.backward()
    """

    node = None  # the node whose link is gone, where a walk met it


class ArgumentError(ChainruleError, ValueError):
    """An argument of one of our own functions does not make sense.

    >>> import chainrule as cr
    >>> cr.grad(lambda x: x * x, argnums=1)(2.0)
    Traceback (most recent call last):
    chainrule.errors.ArgumentError: argnums=1, but the function was called with 1 positional argument...

    >>> cr.grad(lambda x: x * x)(2.0)
    4.0
    """


class VmapError(ChainruleError, RuntimeError):
    """A function that is mapped over rows does what has no one answer for all of them.

    >>> import numpy as np, chainrule as cr
    >>> cr.vmap(lambda x: x if x > 0 else -x)(np.array([1.0, -2.0]))
    Traceback (most recent call last):
    chainrule.errors.VmapError: a value that differs from row to row was used as one truth value under vmap...

    >>> cr.vmap(lambda x: np.where(x > 0, x, -x))(np.array([1.0, -2.0]))
    array([1., 2.])
    """


class CheckpointError(ChainruleError, RuntimeError):
    """A checkpointed function gave other values when it was run again for the backward pass.

    >>> import numpy as np, chainrule as cr
    >>> w, calls = cr.tensor(2.0, requires_grad=True), []
    >>> y = cr.checkpoint(lambda w: w * (calls.append(1) or len(calls)))(w)
    >>> y.backward()
    Traceback (most recent call last):
    chainrule.errors.CheckpointError: <lambda> gave other values when it was computed again...

    It must depend on its arguments only.

    >>> cr.checkpoint(lambda w, n: w * n)(w, len(calls)).backward()
    """


class TapeError(ChainruleError, RuntimeError):
    """A GradientTape was used in an order that has no meaning.

    >>> import chainrule as cr
    >>> w = cr.tensor(2.0)
    >>> with cr.GradientTape() as tape:
    ...     tape.watch(w)
    ...     y = w * w
    >>> tape.gradient(y, w)
    tensor(4.)
    >>> tape.gradient(y, w)
    Traceback (most recent call last):
    chainrule.errors.TapeError: this tape has already given its gradient...

    Use `GradientTape(persistent=True)` to ask more than once.
    """


class GradientCheckError(ChainruleError, AssertionError):
    """`check_grads` found a derivative that differences contradict.

    >>> import numpy as np, chainrule as cr
    >>> cr.check_grads(np.sin, (0.5,))

    A function with a kink at the very point fails, as it should: it has no derivative there.

    >>> cr.check_grads(lambda x: np.maximum(x, 3 * x), (0.0,))
    Traceback (most recent call last):
    chainrule.errors.GradientCheckError: ...
    """


class UnfinishedRoomError(ChainruleError, TypeError):
    """A primitive was defined without something that its kind needs.

    >>> from chainrule.core.primitive import Elementwise
    >>> class Tan(Elementwise):
    ...     def forward(self, xp, x):
    ...         return xp.tan(x)
    Traceback (most recent call last):
    chainrule.errors.UnfinishedRoomError: Tan is an unfinished room: it lacks latex, partials, samples...
    """


class ParseError(ChainruleError, ValueError):
    """A text is not mathematics that the parser reads; the message points at the place.

    >>> from chainrule.derivations.parsing import parse
    >>> parse("x + foo(x)")
    Traceback (most recent call last):
    chainrule.errors.ParseError: there is no function foo
      where: x + foo(x)
                 ^^^
      what to do: declare it: functions=("foo",)

    >>> print(parse("x + foo(x)", functions=("foo",)).expression)
    x + foo(x)

    Attributes:
        text, start, end: the text, and the part of it that is meant.
    """

    def __init__(self, what, do, text="", start=0, end=0, place=None):
        self.text, self.start, self.end = text, start, end
        if text:
            place = excerpt(text, start, end).replace("\n", "\n" + " " * len("  where: "))
        super().__init__(what, do, place)

    def __reduce__(self):
        return type(self), (self.what, self.do, self.text, self.start, self.end, str(self.place or ""))


def excerpt(text, start, end):
    """The line of a text around a place, about 72 characters of it, and carets under the place."""
    end = max(end, start + 1)
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", start)
    line_end = len(text) if line_end < 0 else line_end
    first, last = max(line_start, start - 36), min(line_end, start + 36)
    head, tail = "…" if first > line_start else "", "…" if last < line_end else ""
    shown = "".join(character if character.isprintable() else "·" for character in text[first:last])
    carets = "^" * max(1, min(end, last) - start)
    return f"{head}{shown}{tail}\n{' ' * (len(head) + start - first)}{carets}"


class ExplanationError(ChainruleError, ValueError):
    """There is nothing to explain, or the explanation failed its own check.

    >>> import chainrule as cr
    >>> a, b = cr.tensor(1.0), cr.tensor(2.0, requires_grad=True)
    >>> cr.explain(a * a)
    Traceback (most recent call last):
    chainrule.errors.ExplanationError: no path leads from the value to the input...

    >>> cr.explain(a * b, show=False).gradient
    1.0
    """


class DerivationError(ChainruleError, ValueError):
    """A derivation was asked for that has no meaning, or it failed its own check.

    >>> import chainrule as cr
    >>> cr.derive("a x^2")
    Traceback (most recent call last):
    chainrule.errors.DerivationError: the expression has several variables, a and x, and none was named...

    >>> print(cr.derive("a x^2", wrt="x").result)
    a·(2x)
    """


class MissingPackageError(ChainruleError, ImportError):
    """Something was asked for that an optional package does, and it is not installed.

    >>> import chainrule as cr
    >>> print(cr.derive("(x^2+1)^5").simplified)  # without SymPy: MissingPackageError, and what to install
    10x·(x² + 1)⁴
    """
