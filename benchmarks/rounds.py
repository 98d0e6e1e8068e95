"""Interleaved timing: every peer in a process of its own, asked in turn.

A peer alone in its process pays for no other peer's imports, threads or garbage. Asked in turn, all of
them meet the same weather: a slow second on a shared machine falls on everybody, and the ratios of
medians stay.
"""

import gc
import multiprocessing
import os
from importlib import import_module
from statistics import median
from time import perf_counter

_SPAWN = multiprocessing.get_context("spawn")
_BATCH = 0.02  # seconds; shorter steps are repeated until a batch takes this long

# One thread for everybody; read by the libraries when a worker imports them.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
}


class Failed(Exception):
    """An adapter raised, or its process died."""


class Worker:
    """A process that holds one adapter, built for one case."""

    def __init__(self, workload, name, case):
        self.name, self.times = name, []
        self._pipe, theirs = _SPAWN.Pipe()
        task = (theirs, workload.__name__, name, case)
        self._process = _SPAWN.Process(target=_serve, args=task, daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, question, within=None):
        """The worker's answer; Failed, with the reason, where there is none (after `within` seconds)."""
        try:
            self._pipe.send(question)
            if not self._pipe.poll(within):
                self._process.kill()
                raise Failed(f"more than {within:g} s")
            answer = self._pipe.recv()
        except (EOFError, OSError):
            raise Failed("its process died") from None
        if isinstance(answer, Failed):
            raise answer
        return answer

    def close(self):
        self._pipe.close()
        self._process.join(10)
        if self._process.is_alive():
            self._process.kill()


def _serve(pipe, workload, name, case):
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # some frameworks greet on standard error
    try:
        answers = _answers(import_module(workload).adapters[name].build(case))
        while True:
            pipe.send(answers[pipe.recv()]())
    except EOFError:
        return
    except Exception as error:
        pipe.send(Failed(f"{type(error).__name__}: {error}".splitlines()[0]))


def _answers(step):
    number = 1

    def calibrate():
        nonlocal number
        spent = _time(step, number)
        while spent < _BATCH:
            number = max(2 * number, int(number * _BATCH / max(spent, 1e-9)))
            spent = _time(step, number)
        return spent / number

    def time():
        gc.collect()
        return _time(step, number) / number

    def once():
        start = perf_counter()
        result = step()
        return perf_counter() - start, _checksum(result)

    return {
        "ready": lambda: None,
        "once": once,
        "result": lambda: _checksum(step()),
        "result and bytes": lambda: _measured(step),
        "calibrate": calibrate,
        "time": time,
    }


def _time(step, number):
    # Unlike timeit, with the garbage collector on: what a graph costs it is part of the price.
    start = perf_counter()
    for _ in range(number):
        step()
    return perf_counter() - start


def _measured(step):
    """The result's checksum, and by how many bytes the process had grown when the step called `mark`."""
    gc.collect()
    before, marked = resident(), []
    result = _checksum(step(mark=lambda: marked.append(resident())))
    return result, marked[0] - before


def resident():
    """Bytes of memory that this process has in use (Linux)."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _checksum(result):
    """How large the result is, and a sum of its entries in which place and sign count."""
    import numpy

    size, total, place = 0.0, 0.0, 0
    for part in result if isinstance(result, (list, tuple)) else [result]:
        entries = numpy.asarray(part, dtype="float64").ravel()
        size += float(numpy.abs(entries).sum())
        total += float(entries @ numpy.cos(numpy.arange(place, place + entries.size)))
        place += entries.size
    return size, total


def _agreed(found, reference, tolerance, name, other):
    if not max(abs(a - b) for a, b in zip(found, reference)) <= tolerance * reference[0]:
        raise AssertionError(f"{name} computed {found}, and {other} {reference}")


def compare(workload, case, names, repeats, say, measure_bytes=False, patience=float("inf"), tolerance=1e-4):
    """Seconds a step, and bytes, of each named adapter on a case.

    Args:
        tolerance: how far results may be from the first adapter's, as a part of the size of all of it.
        patience: seconds; an adapter whose step takes longer is timed once and not in the rounds.

    Returns:
        a dict from name to {"seconds", "bytes"}, or {"failed": why}.
    """
    results, workers, reference = {}, [], None
    for name in names:
        say(f"{workload.title(case)}: {name} starts")
        worker, own = Worker(workload, name, case), {}
        try:
            if measure_bytes:
                found, own["bytes"] = worker.ask("result and bytes")
            else:
                found = worker.ask("result")
            own["seconds"] = worker.ask("calibrate")
        except Failed as failed:
            own = {"failed": str(failed)}
        else:
            reference = found if reference is None else reference
            _agreed(found, reference, tolerance, name, names[0])
        results[name] = own
        if "failed" not in own and own["seconds"] <= patience:
            workers.append(worker)
        else:
            worker.close()
    for i in range(repeats):
        say(f"{workload.title(case)}: round {i + 1} of {repeats}")
        for worker in workers:
            worker.times.append(worker.ask("time"))
    for worker in workers:
        results[worker.name]["seconds"] = median(worker.times)
        worker.close()
    return results


def compare_first(workload, case, names, repeats, say, limit, patience, tolerance=1e-4):
    """Seconds of the one step of a fresh process, asked in turn; everything else as `compare`.

    Args:
        limit: seconds, after which an adapter is given up.
        patience: seconds; an adapter that takes longer is asked once.
    """
    times, failed, reference = {name: [] for name in names}, {}, None
    for i in range(repeats):
        for name in names:
            if name in failed or (times[name] and times[name][0] > patience):
                continue
            say(f"{workload.title(case)}: {name}, round {i + 1} of {repeats}")
            worker = Worker(workload, name, case)
            try:
                worker.ask("ready")
                spent, found = worker.ask("once", limit)
            except Failed as why:
                failed[name] = {"failed": str(why)}
            else:
                reference = found if reference is None else reference
                _agreed(found, reference, tolerance, name, names[0])
                times[name].append(spent)
            worker.close()
    return {name: failed[name] if name in failed else {"seconds": median(times[name])} for name in names}
