"""The programs that the studio shows, as the source that the page shows beside their graph.

They are run as any program is, and what the page plays is the graph that the engine recorded of them.
"""

import linecache
import re
import sys
from dataclasses import dataclass

import numpy

from chainrule.core.tensor import tensor
from chainrule.errors import ArgumentError
from chainrule.studio.replay import replayed

ACTIVATIONS = {
    "sigmoid": "cr.sigmoid({})",
    "sigmoid, written out": "1 / (1 + np.exp(-{}))",
    "tanh": "np.tanh({})",
    "relu": "np.maximum({}, 0.0)",
    "softplus": "cr.softplus({})",
    "sine": "np.sin({})",
}
_LARGEST = 1e6  # of an input; more would only show how numbers end


@dataclass(frozen=True)
class Input:
    """An input of a program: its name, the part it plays, and where it starts."""

    name: str
    role: str  # "input", "weight" or "target"
    start: float | tuple


@dataclass(frozen=True)
class Program:
    """A program of the studio.

    Attributes:
        title, about: what it is called, and what it shows, in a sentence.
        inputs: its inputs.
        source: its lines; an activation stands as `@(argument)`, and `loss` is the value.
    """

    title: str
    about: str
    inputs: tuple
    source: str


PROGRAMS = {
    "neuron": Program(
        "A neuron",
        "One weight, one input, one bias, a squared error: three factors lead from the loss to the weight.",
        (Input("w", "weight", 0.5), Input("x", "input", 2.0), Input("b", "weight", 0.0), Input("y", "target", 1.0)),
        "z = w * x + b\na = @(z)\nloss = (a - y) ** 2\n",
    ),
    "network": Program(
        "Two layers, number by number",
        "Two inputs, two hidden units, one output. Each input feeds both units, so its gradient is a sum.",
        (
            Input("x1", "input", 1.0),
            Input("x2", "input", -0.5),
            Input("w11", "weight", 0.6),
            Input("w12", "weight", -0.4),
            Input("w21", "weight", 0.3),
            Input("w22", "weight", 0.8),
            Input("v1", "weight", 0.9),
            Input("v2", "weight", -0.7),
            Input("y", "target", 1.0),
        ),
        "z1 = w11 * x1 + w12 * x2\nh1 = @(z1)\nz2 = w21 * x1 + w22 * x2\nh2 = @(z2)\n"
        "z = v1 * h1 + v2 * h2\np = @(z)\nloss = (p - y) ** 2\n",
    ),
    "matrices": Program(
        "Two layers, as matrices",
        "σ(W2 σ(W1 x)): the same network with arrays on the links. Local derivatives are rules for arrays.",
        (
            Input("x", "input", (1.0, -0.5)),
            Input("W1", "weight", ((0.6, -0.4), (0.3, 0.8), (-0.5, 0.2))),
            Input("W2", "weight", ((0.9, -0.7, 0.4),)),
            Input("y", "target", (1.0,)),
        ),
        "z1 = W1 @ x\nh = @(z1)\nz2 = W2 @ h\np = @(z2)\nloss = np.sum((p - y) ** 2)\n",
    ),
    "shared": Program(
        "One weight, used twice",
        "A recurrent unit over two steps: w is used in both, so two products meet at it and are added.",
        (
            Input("w", "weight", 0.8),
            Input("x1", "input", 1.0),
            Input("x2", "input", -0.3),
            Input("y", "target", 0.5),
        ),
        "z1 = w * x1\nh1 = @(z1)\nz2 = w * h1 + x2\nh2 = @(z2)\nloss = (h2 - y) ** 2\n",
    ),
}


def written(name, activation="sigmoid"):
    """The source of a program, with its activation put in.

    Raises: ArgumentError for a name that is not in the tables.

    >>> print(written("neuron", "tanh"))
    z = w * x + b
    a = np.tanh(z)
    loss = (a - y) ** 2
    <BLANKLINE>
    """
    if name not in PROGRAMS:
        raise ArgumentError(f"there is no program {name!r}", f"choose one of {', '.join(PROGRAMS)}")
    if activation not in ACTIVATIONS:
        raise ArgumentError(f"there is no activation {activation!r}", f"choose one of {', '.join(ACTIVATIONS)}")
    return re.sub(r"@\((\w+)\)", lambda found: ACTIVATIONS[activation].format(found[1]), PROGRAMS[name].source)


def run(name, activation="sigmoid", values=None):
    """A program's replay at the given inputs.

    Args:
        name, activation: which program.
        values: a dict from names of inputs to numbers or nested lists; the others start as they stand.

    Returns:
        the dict of `replay.replayed`, and `source`, `program`, `activation`, and `given` (name, role, value
        of each input).

    Raises: ArgumentError for an unknown name, or a value that does not fit.

    >>> replay = run("neuron")
    >>> [node["gradient"] for node in replay["nodes"] if node["name"] == "w"]
    [-0.21150837...]
    """
    source, program, values = written(name, activation), PROGRAMS[name], dict(values or {})
    given = {put.name: _fitting(put, values.pop(put.name, put.start)) for put in program.inputs}
    if values:
        raise ArgumentError(f"{name} has no input {next(iter(values))!r}", f"its inputs are {', '.join(given)}")
    scope: dict = {"np": numpy, "cr": sys.modules["chainrule"]}
    scope |= {key: tensor(value, requires_grad=True, name=key) for key, value in given.items()}
    filename = f"<{name}, {activation}>"
    lines = source.splitlines(keepends=True)
    linecache.cache[filename] = (len(source), None, lines, filename)
    exec(compile(source, filename, "exec"), scope)  # a source of the table above, not of the user's
    replay = replayed(scope["loss"], modules=("np", "cr"))
    shown = [
        {"name": put.name, "role": put.role, "value": numpy.asarray(given[put.name]).tolist()} for put in program.inputs
    ]
    return replay | {"source": source, "program": name, "activation": activation, "given": shown}


def _fitting(put, value):
    """The value as floats of the shape of the input's start."""
    start = numpy.asarray(put.start)
    try:
        array = numpy.asarray(value, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise ArgumentError(f"{put.name} was given something that is not a number", "give numbers") from None
    if array.shape != start.shape:
        raise ArgumentError(
            f"{put.name} was given shape {array.shape}, and has shape {start.shape}", "give one number for each entry"
        )
    if not (abs(array) <= _LARGEST).all():
        raise ArgumentError(
            f"{put.name} is not a number between {-_LARGEST:g} and {_LARGEST:g}", "give a smaller number"
        )
    return array if array.ndim else float(array)
