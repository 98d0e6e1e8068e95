"""The chain rule behind one gradient, read aloud: which links, how strong, what it means.

Reading order: `collect` (the graph between the value and the input, and its slopes), `names` and
`source` (what the user calls each value), `symbols` and `formulas` (a room's rule run on names),
`links` (factors and paths), then `scalar` and `arrays` (the words) on `layout`.

The package is called `explanations`, since a submodule named like the function `chainrule.explain`
would replace it.
"""

import builtins
import re
import sys

import numpy

from chainrule import places
from chainrule.core.record import TENSORS
from chainrule.core.spec import dtype_of, shape_of
from chainrule.errors import ArgumentError, ExplanationError, NotScalarError
from chainrule.explanations import arrays, collect, layout, links, scalar
from chainrule.explanations.names import Names, in_scopes
from chainrule.explanations.symbols import compact

__all__ = ["Explanation", "explain"]

_LONGEST_ORIGIN = 48  # a formula longer than this would hide the number it comes to


def explain(value, wrt, *, names=None, width=100, paths=8, show=True):
    """How a value's gradient with respect to an input comes about: its chain, its product, its meaning.

    It is printed, and returned. At a prompt or in a notebook it is only returned, since they show what a
    line comes to. For a scalar chain it shows every factor between the variables of your
    program (formula, numbers, value) and the links each is made of; where several paths lead to the
    input, each path and their sum; for arrays, one row a link. Nothing is returned before the product
    (or the sum) has been checked against the gradient of the backward walk.

    Args:
        value: a Tensor holding one number.
        wrt: the Tensor whose gradient is explained; one that requires a gradient.
        names: a dict from names to Tensors (other values are passed over), used instead of the variables
            where `explain` is called.
        width: the widest line, at least 40.
        paths: how many paths are shown at most; the largest are.
        show: False to return the explanation without printing it.

    Raises:
        ArgumentError: an argument is not what it should be.
        NotScalarError: the value is not one real number.
        ExplanationError: the value does not depend on the input, or the check failed.
        GraphFreedError: a backward pass has freed the graph.

    >>> import numpy as np, chainrule as cr
    >>> x = cr.tensor(3.0, requires_grad=True, name="x")
    >>> y = np.sin(x) ** 2
    >>> explanation = cr.explain(y, wrt=x, names={"y": y}, show=False)
    >>> explanation.gradient, explanation.path_count
    (-0.27941549819892586, 1)
    """
    _check_arguments(value, wrt, width, paths)
    if names is None:
        frame = places.user_frame()
        scopes = [] if frame is None else [frame.f_locals, frame.f_globals]
    else:
        scopes = [_checked(names)]
    frame_names, modules = in_scopes(scopes)
    graph = collect.Graph(value.node, collect.node_of(wrt))
    explanation = Explanation(graph, Names(graph, frame_names, modules), width, paths)
    if show and not _shows_results():
        print(layout.fitting(str(explanation), sys.stdout))
    return explanation


def _shows_results():
    """Whether Python runs at a prompt, which shows what a line comes to by itself."""
    return hasattr(sys, "ps1") or hasattr(builtins, "__IPYTHON__")


class Explanation:
    """One gradient, explained. Prints as text.

    Attributes:
        of, wrt: the names of the value and of the input.
        gradient: the derivative, as the backward walk gives it.
        product: the same, as the links give it: the product along the path, summed over paths.
        links: every link shown, from the value back; each has `name`, `expression`, `op`, `symbol`
            (its formula), `numbers`, `value` and `place`.
        factors: for one scalar path, the factors between named variables, each with its `links`.
        paths: for scalars, the paths shown, the largest product first, each with `factors`, `links`
            and `product`.
        path_count: how many paths there are in all.
        left_out: what the paths that are not shown add up to.
        sentence: what the gradient means.
    """

    def __init__(self, graph, names, width, paths):
        self.gradient, self.path_count = graph.gradient, graph.path_count
        self.of, self.wrt = names.symbol(graph.value).text, names.symbol(graph.wrt).text
        self.scalar, self.left_out = graph.scalar, 0.0
        if self.scalar:
            self._collect_paths(graph, names, paths)
        else:
            self._collect_rows(graph, names)
        words = scalar if self.scalar else arrays
        self.sentence = words.sentence(self)
        self._text = "\n".join(self._lines(graph, names, words, width))

    @property
    def factors(self):
        return self.paths[0].factors if len(self.paths) == 1 else []

    def _collect_paths(self, graph, names, limit):
        self.gradient = links.number(graph.gradient)
        table = links.links_of(graph, names)
        product, size = links.total(graph, table)
        _compare(graph, product, self.gradient, size)
        self.product = links.number(numpy.asarray(product, dtype_of(self.gradient)))
        shown = links.largest(graph, table, min(limit, graph.path_count))
        self.paths = [links.Path(path, names) for path in shown]
        self.links = [link for path in self.paths for link in path.links]
        if graph.path_count > len(shown):
            self.left_out = product - sum(path.product for path in self.paths)
        else:
            _compare(graph, sum(path.product for path in self.paths), self.gradient, size)

    def _collect_rows(self, graph, names):
        self.paths = []
        self.links, self.product = arrays.rows_of(graph, names)
        _compare(graph, self.product, self.gradient, 0.0)

    def _lines(self, graph, names, words, width):
        yield from layout.paragraph(self._headline(), width)
        at = layout.where(graph.value.place)
        yield from layout.paragraph(_origin(graph, names) + (f", computed at {at}" if at else ""), width)
        yield ""
        body = list(words.lines(self, width))
        yield from body
        yield from _legend(names, "\n".join([*body, self.sentence]), width)
        yield ""
        yield from layout.paragraph(self.sentence, width)

    def _headline(self):
        name = f"∂{self.of}/∂{self.wrt}"
        count = "" if self.path_count == 1 else f"{scalar.counted(self.path_count)} paths"
        if self.scalar or shape_of(self.gradient) == ():
            return f"{name} = {compact(self.gradient)}" + (f", the sum over {count}" if count else "")
        size = f"{name} has shape {shape_of(self.gradient)} and size {collect.norm(self.gradient):.6g}"
        return size + (f", the sum over {count}" if count else "")

    def __str__(self):
        return self._text

    __repr__ = __str__

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": self._text}


def _origin(graph, names):
    """The value: its formula where that is short, and its number."""
    step, value = graph.value, links.number(graph.value.value)
    formula = "" if step.primitive is None else names.formula(step).text
    said = f" = {formula}" if 0 < len(formula) <= _LONGEST_ORIGIN else ""
    return f"{names.symbol(step)}{said} = {compact(value)}"


def _legend(names, body, width):
    """What u1, u2 ... stand for, where the text uses them."""
    spelled, used = [], set(re.findall(r"\w+", body))
    for step, name in names.placeholders.items():
        if name in used:
            spelled.append(layout.shortened(f"{name} = {names.formula(step).text}", width - 8))
    for number, line in enumerate(spelled):
        if number == 0:
            yield ""
        yield ("  where " if number == 0 else "        ") + line


def _compare(graph, product, gradient, scale):
    """Refuse an explanation that the backward walk contradicts."""
    dtype = max((dtype_of(step.value) for step in graph.steps), key=collect.rounding)
    if not collect.agree(product, gradient, dtype, scale):
        raise ExplanationError(
            f"the links come to {_said(product)}, and the backward walk gives {_said(gradient)}",
            "nothing is shown, since one of the two is wrong; run check_grads on the function, and report it",
        )


def _said(result):
    return compact(result) if not shape_of(result) else f"an array of norm {collect.norm(result):.8g}"


def _check_arguments(value, wrt, width, paths):
    for name, given in (("value", value), ("wrt", wrt)):
        if type(given) not in TENSORS:
            many = isinstance(given, (list, tuple, dict, set))
            raise ArgumentError(
                f"{name} is a {type(given).__name__}, not a Tensor",
                "explain one Tensor at a time" if many else "give the Tensor itself: explain(loss, wrt=w)",
            )
    for name, given, least in (("width", width, 40), ("paths", paths, 1)):
        if not isinstance(given, int) or isinstance(given, bool) or given < least:
            raise ArgumentError(f"{name}={given!r} makes no sense", f"give a whole number from {least} up")
    if collect.node_of(wrt).tracked is False:  # a record whose tape has stopped counts as well
        raise ArgumentError(
            "wrt does not require a gradient, so nothing was recorded for it",
            "make it with requires_grad=True (or watch it on a tape) before the value is computed",
        )
    if value.node.tracked is False:
        raise collect.unreachable()
    size = numpy.prod(value.shape, dtype=int)  # a front's `size` may be a method
    if size != 1 or value.dtype.kind == "c":
        kind = f"shape {value.shape}" if size != 1 else f"the complex dtype {value.dtype}"
        raise NotScalarError(
            f"explain needs one real number, and this value has {kind}",
            "reduce it first (.sum() or .mean()), or explain one entry, value[i]",
        )


def _checked(names):
    if not isinstance(names, dict) or not all(isinstance(name, str) for name in names):
        raise ArgumentError(
            f"names is a {type(names).__name__}, not a dict from names to Tensors",
            "give names={'loss': loss, 'w': w}, or leave it out",
        )
    return names
