"""Processes that work out the answers, as many as there are cores, while the server goes on listening.

A process is started when a question finds none free. One that dies or takes too long is ended, answered for,
and replaced; one that has grown is replaced after its answer. They end when the server does, however it ends.
"""

import contextlib
import multiprocessing
import os
import queue
import signal
import sys
import threading
import time
import traceback
from multiprocessing import connection
from typing import Any, NamedTuple

from chainrule.errors import ChainruleError
from chainrule.studio.exchange import defect, encoded, refused, told

_SPAWN = multiprocessing.get_context("spawn")
_PATIENCE = 30.0  # seconds in which a process must have started
_GROWTH = 192 * 2**20  # bytes by which a process may have grown when it has answered
_MOST = 2048 * 2**20  # bytes that it may ask for while it works
_ANSWERS = 20_000  # after which it is replaced anyway


class Answer(NamedTuple):
    """What a process sent back: a status as in HTTP, and the bytes to send."""

    status: int
    body: bytes


class Pool:
    """The processes, and who is free.

    Args:
        size: how many there may be; as many as the cores this process may use where not given.
        questions: where the table QUESTIONS of functions and the function `warm` are found.

    >>> with Pool(1) as pool:
    ...     pool.ask("derive", {"text": "sin("}, 20.0).status
    400
    """

    def __init__(self, size=None, questions="chainrule.studio.questions"):
        self.size = size or _cores()
        self._questions, self._closed, self._lock = questions, False, threading.Lock()
        self._workers: set[_Worker] = set()
        self._free: queue.LifoQueue = queue.LifoQueue()  # the last one is the warmest; the others cost nothing
        self._waiting, self._starting = 0, 0
        self._start()

    def ask(self, name, question, seconds) -> Answer:
        """The answer to a question; an error that says so where it takes longer than the seconds, or ends a process.

        Args:
            name: a key of QUESTIONS.
            question: its argument.
            seconds: how long it may take, the wait for a free process included.
        """
        until = time.monotonic() + seconds
        worker = self._taken(until)
        if worker is None:
            return _late(seconds)
        try:
            answer, tired = worker.ask(name, question, until)
        except TimeoutError:
            self._replace(worker)
            return _late(seconds)
        except (EOFError, OSError):
            code = self._replace(worker)
            return _failed(
                f"the process that worked on it ended (exit code {code})", "try it again, or less of it", 500
            )
        if tired:
            self._replace(worker)
        else:
            self._free.put(worker)
        return answer

    def _taken(self, until):
        """A free process, started where there may be another; None where none is free in time."""
        with self._lock:
            self._waiting += 1
        try:
            while True:
                if self._free.empty() and self._waiting > self._starting:
                    self._start()
                worker = self._free.get(timeout=max(0.0, until - time.monotonic()))
                if worker.process.is_alive():
                    return worker
                self._replace(worker)  # it ended while nobody asked it
        except queue.Empty:
            return None
        finally:
            with self._lock:
                self._waiting -= 1

    def _start(self):
        with self._lock:
            if self._closed or len(self._workers) >= self.size:
                return
            worker = _Worker(self._questions)
            self._workers.add(worker)
            self._starting += 1
        threading.Thread(target=self._welcome, args=(worker,), daemon=True).start()

    def _welcome(self, worker):
        """Let a process in once it has started; one that cannot start is dropped."""
        started = worker.started()
        with self._lock:
            self._starting -= 1
            if not started:
                self._workers.discard(worker)
        if started:
            self._free.put(worker)
        else:
            worker.end()

    def _replace(self, worker):
        """End a process and start another in its place; its exit code."""
        code = worker.end()
        with self._lock:
            self._workers.discard(worker)
        self._start()
        return code

    def processes(self):
        """The ids of the processes that run."""
        with self._lock:
            return [worker.process.pid for worker in self._workers]

    def close(self):
        """End all processes; questions that are under way fail."""
        with self._lock:
            self._closed = True
            workers, self._workers = self._workers, set()
        for worker in workers:
            worker.end()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, questions):
        self._pipe, theirs = _SPAWN.Pipe()
        self.process: Any = _SPAWN.Process(target=_serve, args=(theirs, questions), daemon=True)
        with _no_interrupt():
            self.process.start()
        theirs.close()

    def started(self):
        """Whether it says in time that it can be asked."""
        with contextlib.suppress(EOFError, OSError):
            return self._pipe.poll(_PATIENCE) and self._pipe.recv()
        return False

    def ask(self, name, question, until):
        """`(Answer, whether it should be replaced)`.

        Raises: TimeoutError where there is none in time; EOFError or OSError where the process has ended.
        """
        self._pipe.send((name, question))
        if not self._pipe.poll(max(0.0, until - time.monotonic())):
            raise TimeoutError
        status, body, tired = self._pipe.recv()
        return Answer(status, body), tired

    def end(self):
        """End it now; its exit code. Who waits for its answer finds the pipe at its end."""
        self.process.kill()
        self.process.join()
        return self.process.exitcode


@contextlib.contextmanager
def _no_interrupt():
    """Start a process that Ctrl-C in the terminal does not reach: the server ends it in order."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _late(seconds):
    return _failed(f"it takes longer than {seconds:g} seconds", "give a shorter function, or a part of it", 503)


def _failed(what, do, status):
    return Answer(status, encoded(refused(what, do)))


# What runs in the process


def _serve(pipe, questions):
    """Answer questions until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    module = __import__(questions, fromlist=["QUESTIONS"])
    module.warm()
    start = _memory(_RESIDENT)
    _limit()
    with contextlib.suppress(EOFError, OSError):
        pipe.send(True)
        for count in range(1, sys.maxsize):
            name, question = pipe.recv()
            answer = _answered(module.QUESTIONS[name], question)
            pipe.send((*answer, _memory(_RESIDENT) - start > _GROWTH or count >= _ANSWERS))


def _answered(work, question):
    try:
        return Answer(200, work(question))
    except ChainruleError as error:
        return Answer(400, encoded(told(error)))
    except MemoryError:
        return _failed("it needs more memory than it may have", "give a shorter function, or a part of it", 503)
    except Exception as error:
        traceback.print_exc()
        return Answer(500, encoded(defect(error)))


def _end_with_parent():
    """Do not outlive a server that was killed."""
    parent: Any = multiprocessing.parent_process()
    connection.wait([parent.sentinel])
    os._exit(1)


def _limit():
    """A bound on memory, where the system has one and tells how much is used."""
    used = _memory(_ADDRESSES)
    if used:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (used + _MOST, used + _MOST))


_ADDRESSES, _RESIDENT = 0, 1  # columns of statm


def _memory(column):
    """Bytes of memory of this process; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[column]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
