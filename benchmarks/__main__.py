"""`python -m benchmarks`: run the workloads, print the table."""

import json
import os
import platform
import sys
from datetime import date
from importlib.metadata import version

import click

from benchmarks import camera, chain, first_call, fronts, native, network, neuron, report, runge_kutta
from benchmarks.rounds import ONE_THREAD
from benchmarks.runs import RUNS


def say(message):
    """Progress, on standard error."""
    print(message, file=sys.stderr, flush=True)


def about():
    """When, where, and which versions."""
    workloads = (neuron, chain, network, fronts, native, runge_kutta, camera, first_call)
    adapters = [adapter for workload in workloads for adapter in workload.adapters.values()]
    packages = sorted({a.needs for a in adapters if a.installed} | {"numpy"})
    python, cores = platform.python_version(), os.cpu_count()
    return {
        "date": str(date.today()),
        "machine": f"{platform.system()} {platform.machine()}, {cores} cores, Python {python}",
        "versions": {name: version(name) for name in packages},
    }


@click.command()
@click.argument("workloads", nargs=-1, type=click.Choice(list(RUNS)))
@click.option("--json", "path", type=click.Path(dir_okay=False), help="Also write the rows here.")
@click.option("--repeats", default=11, show_default=True, help="Interleaved repeats; medians are reported.")
def main(workloads, path, repeats):
    """Compare with every installed peer: one thread, ratios of one run."""
    os.environ.update(ONE_THREAD)
    rows = [row for name in workloads or RUNS for row in RUNS[name](repeats, say)]
    run = about()
    listed = ", ".join(f"{name} {number}" for name, number in run["versions"].items())
    report.show(rows, f"{run['date']}; {run['machine']}; one thread; medians of {repeats}\n{listed}")
    if path:
        with open(path, "w") as file:
            json.dump(run | {"rows": report.as_json(rows)}, file, indent=1)


if __name__ == "__main__":
    main()
