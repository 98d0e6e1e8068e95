"""The chain rule behind one gradient, read aloud: which links, how strong, where it broke, what it means.

Reading order: `collect` (the graph between the value and the inputs, one record a link, gains and shares),
`rules` (a room's rule run on names), `findings` (what is wrong), `render` (the words), and `bridges` (the
same from our own graph, PyTorch, JAX and TensorFlow). `missing` answers why there is no gradient.

The package is called `explanations`, since a submodule named like the function `chainrule.explain`
would replace it.
"""

import builtins
import sys

from chainrule import places
from chainrule.core.record import TENSORS
from chainrule.errors import ArgumentError
from chainrule.explanations import bridges, own
from chainrule.explanations.compare import diff
from chainrule.explanations.explanation import Explanation
from chainrule.explanations.render import layout
from chainrule.explanations.watching import watch

__all__ = ["Explanation", "capture", "diff", "explain", "watch"]


def explain(value, *given, wrt=None, names=None, width=100, paths=8, show=True):
    """How a value's gradient with respect to an input comes about: its chain, its product, its meaning.

    It is printed, and returned. At a prompt or in a notebook it is only returned, since they show what a
    line comes to. The answer comes first, then a verdict with what was found to be wrong, then the evidence.
    For a scalar chain that is every factor between the variables of your program (formula, numbers, value)
    and the links each is made of, and each path and their sum where several lead to the input; for arrays,
    one row a link, with its gain and the share of the gradient that came through it; for a deep network, its
    blocks. Nothing is returned before the product (or the sum) has been checked against the gradient of the
    backward walk.

    Args:
        value: a Tensor holding one number; or a finished loss of PyTorch's, or its `grad_fn`; or a function of
            JAX's or TensorFlow's (or a plain one), whose arguments, a tuple, are then the second argument.
        wrt: the Tensor whose gradient is explained; one that requires a gradient. Or a list or a dict of
            them (for PyTorch also a module); None for all that the value was computed from. For a function,
            the name or number of an argument, or a path such as "params.W1"; "params" also stands for all
            variables of TensorFlow's. May be given second where there are no arguments.
        names: a dict from names to Tensors (other values are passed over), used instead of the variables
            where `explain` is called.
        width: the widest line, at least 40.
        paths: how many paths are shown at most; the largest are.
        show: False to return the explanation without printing it.

    Raises:
        ArgumentError: an argument is not what it should be.
        NotScalarError: the value is not one real number.
        ExplanationError: the check failed.
        GraphFreedError: a backward pass has freed the graph.

    >>> import numpy as np, chainrule as cr
    >>> x = cr.tensor(3.0, requires_grad=True, name="x")
    >>> y = np.sin(x) ** 2
    >>> explanation = cr.explain(y, wrt=x, names={"y": y}, show=False)
    >>> explanation.gradient, explanation.path_count, explanation.findings
    (-0.27941549819892586, 1, [])

    Where no path leads to the input, the finding says so, and why.

    >>> cr.explain(y * 1.0, wrt=cr.tensor(1.0, requires_grad=True), show=False).findings[0].kind
    'disconnected'
    """
    own.check_numbers(width=width, paths=paths)
    args = None
    if _is_function(value):
        args, *given = given or [()]
    if len(given) > 1 or (given and wrt is not None):
        raise ArgumentError("explain was given wrt twice", "explain(loss, wrt=w), or explain(f, args, wrt='params')")
    wrt = given[0] if given else wrt
    explanation = _explained(value, args, wrt, names, width, paths)
    if show and not _shows_results():
        print(layout.fitting(str(explanation), sys.stdout))
    return explanation


def _is_function(value):
    return callable(value) and type(value) not in TENSORS and bridges.framework_of(value) != "torch"


def _explained(value, args, wrt, names, width, paths):
    """The explanation by the bridge of the framework that the value, or a function's arguments, belong to."""
    if args is not None:
        framework = bridges.framework_of_call(value, args)
        if framework == "jax":
            from chainrule.explanations.bridges.foreign import jaxprs

            return jaxprs.explained(value, args, wrt, width)
        if framework == "tensorflow":
            from chainrule.explanations.bridges.foreign import tf_graphs

            return tf_graphs.explained(value, args, wrt, width)
        return own.explained_function(value, args, wrt, width, paths)
    frames = _frames_of(value)
    scopes = [scope for frame in frames for scope in (frame.f_locals, frame.f_globals)]
    if bridges.framework_of(value) == "torch":
        from chainrule.explanations.bridges.pytorch import inputs

        return inputs.explained(value, wrt, frames, width)
    return own.explained(value, wrt, scopes if names is None else [own.checked(names)], width, paths)


def _frames_of(value):
    """The frames whose variables hold the value, where it was made before where it was passed to."""
    nearest = frame = places.user_frame()
    holding = []
    while frame is not None and len(holding) < 4:
        if any(held is value for held in list(frame.f_locals.values())):
            holding.insert(0, frame)
        frame = frame.f_back
    return holding or ([] if nearest is None else [nearest])


def _shows_results():
    """Whether Python runs at a prompt, which shows what a line comes to by itself."""
    return hasattr(sys, "ps1") or hasattr(builtins, "__IPYTHON__")


def capture(*models):
    """Watch a forward pass of PyTorch, so that its explanation has expressions, lines, values and module scopes.

    Args:
        models: modules whose parameter paths and scopes are used; none for functions of tensors.

    Returns: a context manager; compute the loss inside it.

    ```python
    with cr.capture(model):
        loss = criterion(model(x), y)
    cr.explain(loss, wrt=model)
    ```
    """
    from chainrule.explanations.bridges.pytorch.capture import Capture

    return Capture(*models)
