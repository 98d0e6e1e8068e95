"""A small network trained by the engine, step by step, with the size of the gradient in every layer.

The network is the lesson's: layers of weights with an activation between them, here with biases; the last
layer gives one number, and the loss is the cross entropy of its sigmoid. Nothing stands between the
gradient and the weights but the rate: what vanishes or explodes here does so by the chain rule alone.
"""

import base64
from dataclasses import dataclass
from itertools import pairwise

import numpy

from chainrule.core.tensor import tensor
from chainrule.errors import ArgumentError
from chainrule.explanations import explain
from chainrule.ops.exponential import sigmoid, softplus
from chainrule.studio import numbers
from chainrule.studio.datasets import dataset
from chainrule.transforms.derivatives import value_and_grad

GRID = 40  # points along a side of the decision surface
ACTIVATIONS = {
    "sigmoid": sigmoid,
    "tanh": numpy.tanh,
    "relu": lambda z: numpy.maximum(z, 0.0),
    "softplus": softplus,
    "none": lambda z: z,
}
INITIALISATIONS = {
    "tiny": "every weight from a normal distribution of width 0.05",
    "Glorot": "width √(2 / (inputs + outputs)): made for tanh and sigmoid (Glorot and Bengio 2010)",
    "He": "width √(2 / inputs): made for relu (He et al. 2015)",
    "wide": "width 3: far too large",
}


@dataclass(frozen=True)
class Setting:
    """What a training run is made of.

    Attributes:
        data, activation, initialisation: names in the tables.
        depth: how many hidden layers, from 1 to 12.
        width: how many units each has, from 1 to 32.
        rate: how far a step goes, per unit of gradient.
        seed: of the data and of the weights.

    Raises: ArgumentError for what is not in a table or a range.
    """

    data: str = "moons"
    activation: str = "tanh"
    initialisation: str = "Glorot"
    depth: int = 1
    width: int = 8
    rate: float = 2.0
    seed: int = 0

    def __post_init__(self):
        for name, table in (("activation", ACTIVATIONS), ("initialisation", INITIALISATIONS)):
            given = getattr(self, name)
            if given not in table:
                raise ArgumentError(f"there is no {name} {given!r}", f"choose one of {', '.join(table)}")
        for name, low, high in (("depth", 1, 12), ("width", 1, 32), ("rate", 1e-5, 100.0), ("seed", 0, 10**6)):
            given = getattr(self, name)
            if not low <= given <= high:
                raise ArgumentError(f"{name}={given:g} is out of range", f"choose from {low:g} to {high:g}")


class Run:
    """One training run.

    Attributes:
        setting: its Setting.
        points, labels: what is learned.
        weights: a list of `(W, b)`, one a layer.
        step: how many steps have been made.
        loss, gradients: of the present weights.
        first_sizes: `sizes` before the first step.

    >>> run = Run(Setting())
    >>> before = run.state()["loss"]
    >>> run.advance(50)
    >>> run.state()["loss"] < before
    True
    """

    def __init__(self, setting):
        self.setting, self.step = setting, 0
        self.points, self.labels = dataset(setting.data, setting.seed)
        sizes = [2, *[setting.width] * setting.depth, 1]
        rng = numpy.random.default_rng(setting.seed + 1)
        self.weights = [(rng.normal(0, self._spread(n, m), (n, m)), numpy.zeros(m)) for n, m in pairwise(sizes)]
        self._gradient_of_loss = value_and_grad(self._loss)
        self._grid = self._square()
        with numpy.errstate(all="ignore"):
            self.loss, self.gradients = self._gradient_of_loss(self.weights)
        self.first_sizes, self._first = self.sizes(), self.weights

    def _spread(self, n, m):
        kinds = {"tiny": 0.05, "Glorot": (2 / (n + m)) ** 0.5, "He": (2 / n) ** 0.5, "wide": 3.0}
        return kinds[self.setting.initialisation]

    def _square(self):
        axis = numpy.linspace(-1, 1, GRID)
        x, y = numpy.meshgrid(axis, axis[::-1])
        return numpy.stack([x.ravel(), y.ravel()], 1)

    def output(self, weights, points, seen=None):
        """The number before the last sigmoid, for every point; a dict `seen` receives what is on the way."""
        activation, h, seen = ACTIVATIONS[self.setting.activation], points, {} if seen is None else seen
        for layer, (W, b) in enumerate(weights, 1):
            z = seen[f"z{layer}"] = h @ W + b
            h = z if layer == len(weights) else activation(z)
            seen[f"h{layer}"] = h
        return h[:, 0]

    def _loss(self, weights, seen=None):
        z = self.output(weights, self.points, seen)
        loss = numpy.mean(softplus(z) - self.labels * z)  # -log of the probability of the label
        return loss

    def advance(self, steps):
        """Make steps down the gradient; stops where the loss is no longer a number."""
        with numpy.errstate(all="ignore"):
            for _ in range(steps):
                if not self.finite:
                    return
                rate = self.setting.rate
                self.weights = [
                    (W - rate * dW, b - rate * db) for (W, b), (dW, db) in zip(self.weights, self.gradients)
                ]
                self.loss, self.gradients = self._gradient_of_loss(self.weights)
                self.step += 1

    @property
    def finite(self):
        """Whether loss and gradients are numbers still."""
        return bool(numpy.isfinite(self.loss)) and all(numpy.isfinite(dW).all() for dW, _ in self.gradients)

    def sizes(self):
        """The size of the gradient in each layer: its norm over the root of its number of entries."""
        with numpy.errstate(all="ignore"):
            return [float(numpy.sqrt(numpy.mean(dW**2))) for dW, _ in self.gradients]

    def state(self):
        """Where the run stands, as a dict for JSON: step, loss, accuracy, gradient sizes, decision surface."""
        with numpy.errstate(all="ignore"):
            right = (self.output(self.weights, self.points) > 0) == (self.labels == 1)
            surface = sigmoid(self.output(self.weights, self._grid))
        levels = numpy.nan_to_num(surface * 255, nan=127).astype(numpy.uint8)
        return {
            "step": self.step,
            "loss": numbers.number(self.loss),
            "accuracy": float(right.mean()),
            "gradients": [numbers.number(size) for size in self.sizes()],
            "first": [numbers.number(size) for size in self.first_sizes],
            "surface": base64.b64encode(levels.tobytes()).decode(),
            "finite": self.finite,
        }

    def verdict(self):
        """What `chainrule.explain` finds in the gradient before the first step and now, and the usual repair."""
        before, now = self._found(self._first), self._found(self.weights)
        said = [f"Before the first step: {before[0]}.", f"After {self.step} steps: {now[0]}." if self.step else ""]
        repair = now[1] or before[1]
        return " ".join(filter(None, [*said, f"What to do: {repair}." if repair else ""]))

    def _found(self, weights):
        """`(what was found, its repair)` of the gradient at these weights; only the first finding, the cause."""
        layers = [tuple(tensor(part, requires_grad=True) for part in layer) for layer in weights]
        inputs = {f"W{number}": W for number, (W, _) in enumerate(layers, 1)}
        names = dict(inputs)
        with numpy.errstate(all="ignore"):
            names["loss"] = loss = self._loss(layers, names)
            explanation = explain(loss, wrt=inputs, names=names, show=False)
        if not explanation.findings:
            return explanation.verdict, ""
        first = explanation.findings[0]
        return f"{first.kind}: {first.evidence}", first.repair
