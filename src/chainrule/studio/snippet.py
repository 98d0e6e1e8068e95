"""A program that the user typed, run in a process of its own with limits on time, memory and output.

The limits keep a mistake from taking the machine down. They are no cage: the program runs as the user and
may read what the user may read, so it is run only where the studio was started with that option.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

from chainrule.errors import ArgumentError

SECONDS = 10.0  # on the clock
MEGABYTES = 1024
_LARGEST_ANSWER = 1024 * 1024
_WORKER = Path(__file__).parent / "worker.py"


class Programs:
    """Runs programs, one process each; the next process is started ahead, since importing takes longer than running.

    Args:
        ahead: whether one is; who says so calls `close`, on the same event loop.
    """

    def __init__(self, ahead=False):
        self._ahead, self._limit = ahead, asyncio.Semaphore(2)
        self._next: asyncio.Task | None = None

    async def run(self, source, seconds=SECONDS, megabytes=MEGABYTES):
        """The replay of the graph that a program records, and what it printed.

        Args:
            source: Python, in NumPy's, PyTorch's or TensorFlow's spelling; `import torch` and `import
                tensorflow` give the fronts of this library. The value is `loss`, or the last number computed.
            seconds, megabytes: how long it may run, and how much memory it may have.

        Returns:
            the dict of `replay.replayed`, with `source`, `printed` and `given`: the numbers that it starts from.

        Raises: ArgumentError where the program fails, runs too long, or records nothing; it says what to do.
        """
        if os.name != "posix":
            raise ArgumentError(
                "memory and time of a program cannot be limited on this system",
                "run the studio on Linux or macOS, or use `chainrule explain` on a script",
                place="",
            )
        async with self._limit:
            waiting, self._next = self._next, asyncio.create_task(_start()) if self._ahead else None
            started = await (waiting or _start())
            answer = await _answer(started, source, seconds, megabytes)
        if "error" in answer:
            raise ArgumentError(answer["error"]["what"], answer["error"]["do"], place=answer["error"].get("where", ""))
        return answer

    async def close(self):
        """End the process that waits."""
        self._ahead = False
        if self._next is not None:
            await _end(await self._next)


async def run(source, seconds=SECONDS, megabytes=MEGABYTES):
    """As `Programs.run`, once."""
    return await Programs().run(source, seconds, megabytes)


async def _start():
    """A process that waits for a program, and the empty folder it is in."""
    folder = tempfile.TemporaryDirectory(prefix="chainrule-studio-")
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": folder.name, "LANG": "C.UTF-8"}
    environment |= {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-B", "-X", "utf8", str(_WORKER),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        cwd=folder.name, env=environment, start_new_session=True, limit=_LARGEST_ANSWER,
    )  # fmt: skip
    return process, folder


async def _end(started):
    process, folder = started
    await end(process)
    folder.cleanup()


async def _answer(started, source, seconds, megabytes):
    question = json.dumps({"source": source, "seconds": int(seconds) + 1, "megabytes": megabytes})
    try:
        return await asyncio.wait_for(_exchange(started[0], question), seconds)
    except TimeoutError:
        return _failed(f"the program ran longer than {seconds:g} seconds", "make it shorter, or its arrays smaller")
    finally:
        await _end(started)


async def _exchange(process, question):
    process.stdin.write(question.encode())
    process.stdin.close()
    text = await process.stdout.read(_LARGEST_ANSWER + 1)
    while text and len(text) <= _LARGEST_ANSWER and (more := await process.stdout.read(_LARGEST_ANSWER)):
        text += more
    if len(text) > _LARGEST_ANSWER:
        return _failed("the graph is too large to be shown", "use a smaller program")
    try:
        return json.loads(text)
    except ValueError:
        code = await process.wait()
        if code in (-signal.SIGXCPU, -signal.SIGKILL):
            return _failed("the program used up its time", "make it shorter, or its arrays smaller")
        return _failed(
            f"the program ended before it was done (exit code {code}); it may have asked for more memory than the "
            "limit",
            "use smaller arrays, and leave out sys.exit() and os._exit()",
        )


async def end(process):
    """End a process and, where there are groups of processes, all that it started."""
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    await process.wait()


def _failed(what, do):
    return {"error": {"what": what, "do": do}}
