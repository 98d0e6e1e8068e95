"""The lesson on the chain rule: its formulas, made by the derivations' own writers, and its two programs.

The words stand in `page/lesson.js`; here is what must be right: the formulas, and what the programs print.
"""

import asyncio
import importlib.util
import os
import sys
import tempfile
from pathlib import Path

from chainrule.derivations.model import Differential, Prime
from chainrule.derivations.outline import Equation
from chainrule.derivations.rendering.mathml import MathML
from chainrule.errors import ArgumentError
from chainrule.expressions import EXPRESSIONS as E
from chainrule.expressions import Abstract, Expression, Symbol
from chainrule.studio.snippet import end

_SECONDS = 60.0  # importing a framework takes a while
_limit = asyncio.Semaphore(2)

TORCH = """\
import torch

w = torch.tensor(0.5, requires_grad=True)
x_val = torch.tensor(2.0)
b = torch.tensor(0.0)
y = torch.tensor(1.0)

z = w * x_val + b
a = torch.sigmoid(z)
loss = (a - y) ** 2

loss.backward()
print(w.grad.item())
"""

TENSORFLOW = """\
import tensorflow as tf

w = tf.Variable(0.5)
x_val = tf.constant(2.0)
b = tf.constant(0.0)
y = tf.constant(1.0)

with tf.GradientTape() as tape:
    z = w * x_val + b
    a = tf.sigmoid(z)
    loss = (a - y) ** 2

print(tape.gradient(loss, w).numpy())
"""

PROGRAMS = {
    "torch": ("PyTorch", TORCH, "import torch", "import chainrule.torch as torch"),
    "tensorflow": ("TensorFlow", TENSORFLOW, "import tensorflow as tf", "import chainrule.tf as tf"),
}


def facts():
    """The formulas by name (MathML), and the programs, with whether their frameworks are installed."""
    return {
        "formulas": {name: f"<math>{MathML().equation(equation)}</math>" for name, equation in _formulas()},
        "programs": {
            name: {
                "title": title,
                "source": source,
                "theirs": theirs,
                "ours": ours,
                "installed": importlib.util.find_spec(name) is not None,
            }
            for name, (title, source, theirs, ours) in PROGRAMS.items()
        },
    }


def _formulas():
    """Every formula of the lesson, from the same pieces as those of a derivation."""
    x, y, u, v, z, w, b, a = map(Symbol, "x y u v z w b a".split())
    loss, sigma = Symbol("L"), E.sigmoid

    def d(of, by, partial=False):
        return Differential(of, (by,), partial)

    def f(name, argument, order=0):
        return Prime(name, argument, order)

    g_of_x, h_of_x = Abstract("g", (x,)), Abstract("h", (x,))
    g_of_h = Abstract("g", (h_of_x,))
    yield "power", _eq((3 * x**2 + 1) ** 5)
    yield "sine", _eq(E.sin(x**2))
    yield "root", _eq(E.sqrt(1 + x**3))
    yield "composed", Equation((y, f("f", g_of_x)))
    yield "rule", Equation((d(y, x), (f("f", g_of_x, 1), f("g", x, 1))))
    yield "inner", Equation((u, f("g", x)))
    yield "outer", Equation((y, f("f", u)))
    yield "leibniz", Equation((d(y, x), (d(y, u), d(u, x))))
    yield "three", Equation((y, f("f", g_of_h)))
    yield "three-rule", Equation((d(y, x), (f("f", g_of_h, 1), f("g", h_of_x, 1), f("h", x, 1))))
    yield "three-leibniz", Equation((d(y, x), (d(y, u), d(u, v), d(v, x))))
    yield "neuron-z", Equation((z, w * x + b))
    yield "neuron-a", Equation((a, sigma(z)))
    yield "neuron-loss", Equation((loss, (a - y) ** 2))
    yield "neuron-chain", Equation((d(loss, w, True), (d(loss, a, True), d(a, z, True), d(z, w, True))))
    yield "factor-loss", Equation((d(loss, a, True), 2 * (a - y)))
    yield "factor-sigmoid", Equation((d(a, z, True), sigma(z) * (1 - sigma(z))))
    yield "factor-input", Equation((d(z, w, True), x))
    yield "neuron-product", Equation((d(loss, w, True), 2 * (a - y) * (sigma(z) * (1 - sigma(z))) * x))
    W1, W2, z1, z2, h, p = map(Symbol, ("W1", "W2", "z1", "z2", "h", "p"))
    yield "network", Equation((p, f("σ", W2 * sigma(W1 * x))))
    yield (
        "network-chain",
        Equation(
            (d(loss, W1, True), (d(loss, p, True), d(p, z2, True), d(z2, h, True), d(h, z1, True), d(z1, W1, True)))
        ),
    )


def _eq(expression: Expression):
    return Equation((Symbol("y"), expression))


async def run(name, ours):
    """What one of the lesson's programs prints, run in a process of its own.

    Args:
        name: "torch" or "tensorflow".
        ours: whether its import line is changed to this library's front; else the framework itself runs.

    Raises: ArgumentError for an unknown program, a framework that is not installed, and a run that fails.
    """
    if name not in PROGRAMS:
        raise ArgumentError(f"there is no program {name!r}", f"choose one of {', '.join(PROGRAMS)}", place="")
    title, source, theirs, our_line = PROGRAMS[name]
    if ours:
        root = str(Path(__file__).resolve().parents[2])
        source = f"import sys; sys.path.insert(0, {root!r})\n{source.replace(theirs, our_line, 1)}"
    elif importlib.util.find_spec(name) is None:
        raise ArgumentError(f"{title} is not installed beside the studio", f"pip install {name}", place="")
    async with _limit:
        code, printed = await _run(source, title)
    if code:
        raise ArgumentError(
            f"the program ended with exit code {code}",
            f"see whether {theirs!r} works in Python",
            place="",
        )
    return {"printed": printed.decode(errors="replace").strip()}


async def _run(source, title):
    """The exit code of a program in a process of its own, and what it printed."""
    with tempfile.TemporaryDirectory(prefix="chainrule-studio-") as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-B", "-c", source, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, cwd=folder, start_new_session=True,
            env={"PATH": os.environ.get("PATH", ""), "HOME": folder, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )  # fmt: skip
        try:
            printed, _ = await asyncio.wait_for(process.communicate(), _SECONDS)
        except TimeoutError:
            raise ArgumentError(f"{title} took longer than {_SECONDS:g} seconds", "try it again", place="") from None
        finally:
            await end(process)
    return process.returncode, printed
