"""Machine code on disk: found again by another process, whatever has happened to the files."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import chainrule as cr
from chainrule.compilation.native.cache import Cache
from chainrule.compilation.native.machine import Machine

PROGRAM = """
import sys, numpy as np, chainrule as cr
from chainrule.compilation.native.machine import Machine
made, code = [], Machine._code
Machine._code = lambda self, text, effort: made.append(1) or code(self, text, effort)
def f(w, x):
    return np.sum(np.tanh(x @ w) ** 2), w * 2.0
fast = cr.compile(cr.value_and_grad(f, has_aux=True), cache=sys.argv[1])
w, x = np.linspace(-1, 1, 6).reshape(3, 2), np.linspace(0, 1, 12).reshape(4, 3)
fast(w, x)
(value, aux), gradient = fast(w, x)
print(repr(float(value)), repr(float(gradient.sum())), len(made))
"""


def run(directory, program=PROGRAM):
    return subprocess.Popen([sys.executable, "-c", program, str(directory)], stdout=subprocess.PIPE, text=True)


def said(process):
    out = process.communicate(timeout=120)[0].split()
    assert process.returncode == 0
    return out


def test_another_process_finds_it_and_so_do_processes_that_race(tmp_path):
    racing = [said(one) for one in [run(tmp_path) for _ in range(4)]]
    assert len({tuple(one[:2]) for one in racing}) == 1
    later = said(run(tmp_path))
    assert later == [*racing[0][:2], "0"]
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:-1] + b"x", b"x" + whole, whole + b"x", b""):
        file.write_bytes(damaged)
        assert Cache(tmp_path).get(file.stem) is None
    assert said(run(tmp_path)) == [*racing[0][:2], "1"] and file.read_bytes() == whole


WRITER = """
import os, sys
from chainrule.compilation.native.cache import Cache
cache, data = Cache(sys.argv[1]), [bytes([k]) * 3_000_000 for k in range(8)]
print("ready", flush=True)
while True:
    for k, one in enumerate(data):
        cache.put(f"key{k}", one)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_process_killed_while_it_writes_leaves_nothing_half_done(tmp_path):
    for pause in (0.0, 0.003, 0.011):
        writer = run(tmp_path, WRITER)
        assert writer.stdout is not None and writer.stdout.readline() == "ready\n"
        time.sleep(0.05 + pause)
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        cache = Cache(tmp_path)
        for k in range(8):
            assert cache.get(f"key{k}") in (None, bytes([k]) * 3_000_000)
    cache.put("key0", b"new")
    assert cache.get("key0") == b"new"
    for left in [*tmp_path.glob("*.part"), tmp_path / "another.part"]:
        left.touch()
        os.utime(left, (0, 0))
    cache.put("last", b"x")  # what was left goes
    assert not list(tmp_path.glob("*.part")) and cache.get("last") == b"x"


def test_what_was_used_longest_ago_goes_first(tmp_path):
    cache = Cache(tmp_path, largest=10_000)
    for k in range(4):
        cache.put(f"k{k}", bytes(2000))
        os.utime(tmp_path / f"k{k}.code", (k, k))
    assert cache.get("k0") is not None  # and is the newest now
    cache.put("k4", bytes(2000))
    found = [cache.get(f"k{k}") is not None for k in range(5)]
    assert found == [True, False, False, True, True] and cache.get("none") is None


def test_a_directory_that_cannot_be_written_or_is_not_ours_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    fast = cr.compile(lambda x: np.sin(x) * 2.0, cache=tmp_path / "file" / "below")
    assert [fast(0.5), fast(0.5)] == [np.sin(0.5) * 2.0] * 2
    shared = tmp_path / "shared"
    shared.mkdir()
    cache = Cache(shared)
    cache.put("a", b"1")
    assert cache.get("a") == b"1"
    if hasattr(os, "getuid"):
        shared.chmod(0o777)
        assert cache.get("a") is None
        cache.put("b", b"2")
        assert not (shared / "b.code").exists()
        shared.chmod(0o700)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "home"))
    if sys.platform != "darwin":
        cr.compile(lambda x: np.sin(x) * 3.0, cache=True)(0.5)
        assert len(list((tmp_path / "home" / "chainrule").glob("*.code"))) == 1


def test_code_of_one_process_serves_several_functions(tmp_path, monkeypatch):
    made, code = [], Machine._code
    monkeypatch.setattr(Machine, "_code", lambda self, text, effort: made.append(1) or code(self, text, effort))

    def f(k):
        return cr.compile(lambda x, y: {"a": x * k + y, "b": (y, k)}, cache=tmp_path)

    one, other = f(np.ones(3)), f(np.full(3, 2.0))
    for _ in range(3):
        np.testing.assert_array_equal(one(np.ones(3), 1.0)["a"], 2.0)
        np.testing.assert_array_equal(other(np.ones(3), 1.0)["a"], 3.0)
    assert len(made) == 1
