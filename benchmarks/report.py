"""The rows of a run, the targets they are held to, and the table that is printed."""

from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

from benchmarks import (
    camera,
    chain,
    derivations,
    first_call,
    fronts,
    native,
    network,
    runge_kutta,
    studio,
    studio_page,
)
from benchmarks.peers import OURS

SHORTEST, LONGEST = chain.title(chain.CASES[0]), chain.title(chain.CASES[-1])
SHALLOW, DEEP, DEEPEST = (derivations.title(depth) for depth in derivations.DEPTHS)
LARGEST = network.title(network.CASES[-1])
BUNDLE, LONGEST_RUN = camera.title(camera.CASES[-1]), runge_kutta.title(runge_kutta.CASES[-1])

# (workload, case, who) -> what the project holds itself to: of a peer, how many times our figure; of
# ours, the quantity that `Row.held` states.
TARGETS = {
    ("neuron", "", "PyTorch eager"): ("at least", 3.0),
    ("neuron", "", "TensorFlow eager"): ("at least", 12.0),
    ("chain", LONGEST, "PyTorch eager"): ("at least", 3.0),
    ("chain", f"{LONGEST} against {SHORTEST}", OURS): ("at most", 1.5),
    ("memory", LONGEST, OURS): ("at most", 600.0),
    ("network", LARGEST, "PyTorch eager"): ("at least", 1.0),
    **{
        ("fronts", fronts.title(case), f"{front} against {engine}"): ("at most", 1.15)
        for case in fronts.CASES
        for front, (engine, _) in fronts.FRONTS.items()
    },
    ("fronts", fronts.NEURON, "PyTorch eager against chainrule.torch"): ("at least", 2.5),
    ("native", native.title("chain"), native.THREADED): ("at most", 1 / 1.7),
    ("runge-kutta", LONGEST_RUN, "PyTorch eager"): ("at least", 20.0),
    ("runge-kutta", LONGEST_RUN, f"{OURS} against C"): ("at most", 3.0),
    ("camera", BUNDLE, "the best of the peers"): ("at least", 3.0),
    ("camera", BUNDLE, f"{OURS} against C"): ("at most", 2.0),
    **{
        ("first-call", case, "JAX jit"): ("at least", 3.0)
        for case in (first_call.NEURON, first_call.NETWORK, first_call.LONG, first_call.LONG_GRADIENT)
    },
    **{
        ("first-call", case, "chainrule, from nothing"): ("at most", bound)
        for case, bound in (
            (first_call.NEURON, 0.04),
            (first_call.NETWORK, 0.25),
            (first_call.LONG, 2.0),
            (first_call.LONG_GRADIENT, 2.0),
            (first_call.LOOP, 2.0),
            (first_call.LOOP_GRADIENT, 2.0),
        )
    },
    ("explain", "50 layers, 1e7 parameters", "against 3 backward + 0.5 s"): ("at most", 1.0),
    ("derivations", "derive and check", OURS): ("at most", 5.0),
    ("derivations", "checked text, simplified", OURS): ("at most", 100.0),
    ("derivations", SHALLOW, OURS): ("at most", 0.5),
    ("derivations", f"{DEEPEST} against {DEEP}", OURS): ("at most", 1.5),
    ("worst inputs", "the slowest", OURS): ("at most", 1.0),
    ("worst inputs", "the largest, MB", OURS): ("at most", 200.0),
    ("import", "", OURS): ("at most", 1.4),
    ("studio", studio.title("who think for 1 s"), "median"): ("at most", 50.0),
    ("studio", studio_page.FRAME, "median"): ("at most", 16.7),
    **{("studio", studio_page.WORK, who): ("at most", 16.7) for who in ("median", "p95")},
    ("studio", studio_page.KEYSTROKE, "median"): ("at most", 100.0),
    ("studio", studio_page.PAINT, "median"): ("at most", 500.0),
    ("studio", studio_page.WEIGHT, ""): ("at most", 300.0),
    **{("studio", studio.title(thinking), "errors"): ("at most", 0.0) for thinking in studio.THINKING},
    **{("studio", studio.title(thinking), "memory"): ("at most", 1.1) for thinking in studio.THINKING},
}


@dataclass
class Row:
    """One measured figure.

    Attributes:
        figure: the figure as it is printed, with its unit.
        ratio: how many times ours it is.
        held: what the target is about; the ratio where not given.
    """

    workload: str
    case: str
    who: str
    figure: str
    ratio: float | None = None
    held: float | None = None

    @property
    def target(self):
        return TARGETS.get((self.workload, self.case, self.who))

    @property
    def verdict(self):
        """What was reached and whether that is enough; nothing where there is no target."""
        held = self.ratio if self.held is None else self.held
        if held is None or self.target is None:
            return "" if self.held is None else f"{held:.3g}"
        sense, bound = self.target
        reached = held >= bound if sense == "at least" else held <= bound
        return f"{held:.3g} {'ok' if reached else 'short'}"


def seconds(value):
    """Seconds with a fitting unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-9:.3g} ns"


def show(rows, title):
    """The table on standard output, as wide as it needs to be."""
    table = Table(title=title, title_justify="left")
    for heading, justify in (
        ("workload", "left"),
        ("case", "left"),
        ("who", "left"),
        ("figure", "right"),
        ("x ours", "right"),
        ("target", "right"),
        ("reached", "left"),
    ):
        table.add_column(heading, justify=justify, no_wrap=True)
    before = None
    for row in rows:
        here = (row.workload, row.case)
        if before is not None and here != before:
            table.add_section()
        workload, case = here if here != before else ("", "")
        before = here
        ratio = "" if row.ratio is None else f"{row.ratio:.3g}"
        target = "{} {:g}".format(*row.target) if row.target else ""
        table.add_row(workload, case, row.who, row.figure, ratio, target, row.verdict)
    Console(width=150).print(table)


def as_json(rows):
    return [asdict(row) | {"target": row.target, "verdict": row.verdict} for row in rows]
