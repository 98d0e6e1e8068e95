"""The processes: one that fails, dies, runs on or grows is answered for and replaced, and none is left behind."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from chainrule.studio.pool import Pool

QUESTIONS = textwrap.dedent(
    """
    import os, time
    from chainrule.errors import ArgumentError

    kept = []

    def echo(question):
        return str(question["say"]).encode()

    def pid(question):
        time.sleep(question.get("seconds", 0))
        return str(os.getpid()).encode()

    def refuse(question):
        raise ArgumentError("this cannot be", "ask for something else", place="")

    def fail(question):
        raise RuntimeError("a broken part")

    def die(question):
        os._exit(3)

    def run_on(question):
        while True:
            pass

    def grow(question):
        kept.append(b"x" * (200 * 2**20))
        return pid({})

    def ask_for_too_much(question):
        return bytes(2**40)

    QUESTIONS = {work.__name__: work for work in (echo, pid, refuse, fail, die, run_on, grow, ask_for_too_much)}

    def warm():
        pass
    """
)


linux = pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="looks at processes as Linux shows them")


@pytest.fixture
def pool(tmp_path, monkeypatch):
    (tmp_path / "troublesome.py").write_text(QUESTIONS)
    monkeypatch.syspath_prepend(tmp_path)
    with Pool(1, "troublesome") as pool:
        yield pool


def wait_for_the_end_of(pid):
    deadline = time.monotonic() + 10
    while lives(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def lives(pid):
    """Whether a process runs; one that has ended may not have been asked for its exit code."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def error(answer):
    return json.loads(answer.body)["error"]


def test_it_answers(pool):
    assert pool.ask("echo", {"say": "aye"}, 20.0) == (200, b"aye")
    refused = pool.ask("refuse", {}, 20.0)
    assert refused.status == 400
    assert error(refused) == {"what": "this cannot be", "do": "ask for something else", "kind": "ArgumentError"}


def test_a_defect_is_told_as_one(pool):
    before = pool.ask("pid", {}, 20.0)
    failed = pool.ask("fail", {}, 20.0)
    assert failed.status == 500 and "a broken part" in error(failed)["what"] and "report" in error(failed)["do"]
    assert pool.ask("pid", {}, 20.0) == before


@linux
def test_one_that_dies_is_answered_for_and_replaced(pool):
    before = pool.ask("pid", {}, 20.0)
    died = pool.ask("die", {}, 20.0)
    assert died.status == 500 and error(died)["what"] == "the process that worked on it ended (exit code 3)"
    after = pool.ask("pid", {}, 20.0)
    assert after.status == 200 and after != before
    os.kill(int(after.body), signal.SIGKILL)  # while nobody asks
    wait_for_the_end_of(int(after.body))
    assert pool.ask("pid", {}, 20.0) not in (before, after) and len(pool.processes()) == 1


def test_one_that_runs_on_is_ended(pool):
    assert pool.ask("pid", {}, 20.0).status == 200
    late = pool.ask("run_on", {}, 0.3)
    assert late.status == 503 and error(late)["what"] == "it takes longer than 0.3 seconds"
    assert pool.ask("pid", {}, 20.0).status == 200


@linux
def test_memory_is_bounded(pool):
    refused = pool.ask("ask_for_too_much", {}, 20.0)
    assert refused.status == 503 and "more memory" in error(refused)["what"]
    before = pool.ask("pid", {}, 20.0)
    assert pool.ask("grow", {}, 20.0) == before  # its answer counts; then it goes
    assert pool.ask("pid", {}, 20.0).body != before.body


def test_it_is_as_large_as_it_need_be(tmp_path, monkeypatch):
    (tmp_path / "troublesome.py").write_text(QUESTIONS)
    monkeypatch.syspath_prepend(tmp_path)
    with Pool(2, "troublesome") as pool, ThreadPoolExecutor(4) as threads:
        assert pool.ask("pid", {}, 20.0).status == 200 and len(pool.processes()) == 1
        asked = [threads.submit(pool.ask, "pid", {"seconds": 0.5}, 20.0) for _ in range(4)]
        assert len({one.result().body for one in asked}) == 2
        started = pool.processes()
    assert not set(started) & {process.pid for process in multiprocessing.active_children()}


@linux
@pytest.mark.parametrize("end", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_nothing_is_left_behind(end):
    program = "from chainrule.studio.pool import Pool\nif __name__ == '__main__':\n    pool = Pool(1)\n"
    program += "    pool.ask('derive', {'text': 'x'}, 20.0)\n    print(*pool.processes(), flush=True)\n    input()\n"
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    started = int(process.stdout.readline())
    process.send_signal(signal.Signals[end])
    process.communicate(timeout=20)
    wait_for_the_end_of(started)
