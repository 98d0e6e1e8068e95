"""What an explanation costs, beside the backward pass that it explains.

Time: a network of 50 layers with 1e7 parameters, float32; every parameter's gradient explained and the report
written, against the backward walk alone. Memory: the same depth with about 1 GB of activations, the largest that
a fresh process becomes while it makes the graph and walks back, or explains.
"""

import gc
import json
import subprocess
import sys
from statistics import median
from time import perf_counter

DEPTH = 50
WIDE, DEEP = (32, 447), (20_000, 128)  # rows and width: 50 * 447^2 parameters; 100 arrays of 10 MB


def _loss(rows, width):
    """A network's loss and its parameters by name."""
    import numpy as np

    import chainrule as cr

    rng = np.random.default_rng(0)
    parameters, h = {}, rng.normal(size=(rows, width)).astype("float32")
    for k in range(DEPTH):
        weights = rng.normal(0, width**-0.5, (width, width)).astype("float32")
        parameters[f"W{k}"] = cr.tensor(weights, requires_grad=True)
        parameters[f"b{k}"] = cr.tensor(np.zeros(width, "float32"), requires_grad=True)
    for k in range(DEPTH):
        z = h @ parameters[f"W{k}"] + parameters[f"b{k}"]
        h = np.tanh(z)
    return np.mean(h**2), parameters


def _backward(loss, parameters):
    loss.backward()
    return [one.grad for one in parameters.values()]


def _explain(loss, parameters):
    import chainrule as cr

    explanation = cr.explain(loss, wrt=parameters, show=False)
    assert set(explanation.gradient) == set(parameters)
    return str(explanation)


WAYS = {"backward": _backward, "explain": _explain}


def times(repeats, say):
    """Seconds of each way on a graph of its own: medians, in turn."""
    found = {name: [] for name in WAYS}
    for i in range(repeats):
        say(f"explain: round {i + 1} of {repeats}")
        for name, way in WAYS.items():
            loss, parameters = _loss(*WIDE)
            gc.collect()
            start = perf_counter()
            way(loss, parameters)
            found[name].append(perf_counter() - start)
    return {name: median(spent) for name, spent in found.items()}


def peaks(say):
    """Bytes that a fresh process becomes at most in each way."""
    found = {}
    for name in WAYS:
        say(f"explain: memory of {name}")
        command = [sys.executable, "-c", f"from benchmarks import explaining; explaining.peak({name!r})"]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        found[name] = json.loads(run.stdout.splitlines()[-1])
    return found


def peak(name):
    """Print the bytes that this process became at most; in a process of its own."""
    import resource

    WAYS[name](*_loss(*DEEP))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
