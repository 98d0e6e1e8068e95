"""The native way in: which calls it takes, what becomes of those it does not, and that nothing thrown at it faults."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule.compilation.function import CompiledFunction


@pytest.fixture
def python_calls(monkeypatch):
    """A list that grows with each call that Python had to take."""
    seen, call = [], CompiledFunction.__call__

    def spy(self, *args, **kwargs):
        seen.append(args)
        return call(self, *args, **kwargs)

    monkeypatch.setattr(CompiledFunction, "__call__", spy)
    return seen


A = np.linspace(-1.0, 2.0, 24).reshape(4, 6)
LAYOUTS = {
    "transposed": A.T,
    "rows from the end": A[::-1],
    "every other column": A[:, ::2],
    "Fortran": np.asfortranarray(A),
    "repeated": np.broadcast_to(A[0], (4, 6)),
    "backward": A[::-2, ::-3],
    "moved axes": np.moveaxis(np.linspace(0, 1, 24).reshape(2, 3, 4), 0, 2),
    "float32": np.asfortranarray(A.astype("f4")),
    "contiguous": A,
    "empty": A[:0],
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_are_taken_natively(name, python_calls):
    x = LAYOUTS[name]
    fast = cr.compile(lambda x: np.sin(x) * 2.0 + 1.0)
    before = x.copy()
    fast(x)
    seen = len(python_calls)
    np.testing.assert_allclose(fast(x), np.sin(x) * 2.0 + 1.0, rtol=1e-6 if x.dtype == np.float32 else 1e-14)
    assert len(python_calls) == seen
    np.testing.assert_array_equal(x, before)


def test_keywords_defaults_and_scalars_are_taken_natively(python_calls):
    def f(w, x, b=2.0):
        return np.sin(w) * x + b

    fast = cr.compile(f)
    calls = [
        ((1.0, 2.0), {}),
        ((1.0,), {"x": 2.0}),
        ((1.0,), {"x": 2.0, "b": 3.0}),
        ((), {"b": 3.0, "w": 1.0, "x": 2.0}),
        ((np.float64(0.5), 2.0), {}),
        ((0.5, np.float32(2.5)), {}),
        ((0.5, np.int64(3)), {"b": np.True_}),
        ((0.5, np.int16(3)), {}),
    ]
    for args, kwargs in calls:
        fast(*args, **kwargs)
    seen = len(python_calls)
    for args, kwargs in calls[:-1]:
        ours, theirs = fast(*args, **kwargs), f(*args, **kwargs)
        assert type(ours) is type(theirs) and ours == pytest.approx(theirs, rel=1e-6)
    assert len(python_calls) == seen
    assert fast(0.5, np.int16(3)) == pytest.approx(f(0.5, np.int16(3)))  # by way of Python
    assert len(python_calls) == seen + 1
    with pytest.raises(TypeError, match="positional"):
        fast()
    with pytest.raises(TypeError, match="unexpected"):
        fast(1.0, 2.0, c=3.0)


class Marked(np.ndarray):
    """A subclass of arrays."""


class Half(float):
    """A subclass of numbers."""


@pytest.mark.filterwarnings("ignore:.*runs eagerly")
def test_anything_else_is_handed_on():
    def f(x):
        return x * 2.0 + x

    fast = cr.compile(f)
    fast(A)
    fast(1.5)
    raw = np.zeros(A.nbytes + 1, "u1")
    misaligned = raw[1:].view(float).reshape(4, 6)
    misaligned[...] = A
    huge = np.lib.stride_tricks.as_strided(np.zeros(1), (3, 2), (2**40, 0))[:1]
    cases = [A.view(Marked), misaligned, misaligned.T, huge, A.astype(">f8"), A.astype("f2"), A.astype(complex), A > 0]
    cases += [Half(1.5), 3, True, 2.5 + 1j, np.float16(1.5), np.longdouble(1.5), np.ma.masked_array(A, A > 0)]
    for x in cases:
        for _ in range(2):
            np.testing.assert_allclose(fast(x), f(x), rtol=1e-6)
    for x in (None, "text", [1.0], object(), np.array(["a"]), {"a": 1.0}, np.array([None])):
        with pytest.raises(TypeError):
            f(x)
        with pytest.raises(TypeError):
            fast(x)
    np.testing.assert_array_equal(fast(A), f(A))


def test_a_donated_array_is_the_result():
    def step(w, g):
        return w - 0.5 * g

    fast = cr.compile(step, donate="w")
    for _ in range(3):
        w, g = np.ones(1000), np.arange(1000.0)
        expected = step(w, g)
        found = fast(w, g)
        np.testing.assert_array_equal(found, expected)
    assert found is w  # from the second call on: the first one traces
    before = sys.getrefcount(w)
    for _ in range(100):
        w = fast(w, g)
    assert abs(sys.getrefcount(w) - before) < 3


def test_what_is_not_donated_or_is_still_needed_is_not_overwritten():
    w, g = np.ones(8), np.arange(8.0)
    kept = cr.compile(lambda w, g: w - 0.5 * g)
    kept(w, g)
    assert kept(w, g) is not w and (w == 1).all()
    fast = cr.compile(lambda w, g: w - 0.5 * g, donate=["w"])
    fast(w.copy(), g)
    same = np.arange(8.0)
    np.testing.assert_array_equal(fast(same, same), 0.5 * np.arange(8.0))
    np.testing.assert_array_equal(same, np.arange(8.0))  # its memory is another argument's
    whole = np.arange(12.0)
    np.testing.assert_array_equal(fast(whole[:8], whole[4:]), np.arange(8.0) - 0.5 * np.arange(4.0, 12.0))
    np.testing.assert_array_equal(whole, np.arange(12.0))
    frozen = np.ones(8)
    frozen.flags.writeable = False
    np.testing.assert_array_equal(fast(frozen, g), 1 - 0.5 * g)
    np.testing.assert_array_equal(frozen, 1.0)
    for function in (
        lambda x: (x + 1.0, np.sum(x * x)),
        lambda x: x[::-1] + 1.0,
        lambda x: x - np.sum(x + 1.0),
        lambda x: np.reshape(x, (4, 4)) @ np.ones((4, 4)) + np.reshape(x, (4, 4)),
        lambda x: (np.exp(x), np.cumsum(x) + x),
        lambda x: (x * 2.0, x),
    ):
        fast = cr.compile(function, donate=0)
        for _ in range(3):
            x = np.linspace(0, 1, 16)
            theirs = function(x.copy())
            ours = fast(x)
            for one, other in zip(ours, theirs) if type(ours) is tuple else ((ours, theirs),):
                np.testing.assert_allclose(one, other, rtol=1e-14)
    with pytest.raises(cr.errors.ArgumentError, match="names no argument"):
        cr.compile(lambda x: x, donate="y")


def test_threads_in_one_function_at_once():
    """Long calls let each other run, each with memory of its own."""
    x = np.linspace(0, 3, 400_000)

    def f(x, k):
        y = np.sin(x) * k
        return np.sum(np.exp(y) / np.linalg.norm(np.sum(y))), y

    fast = cr.compile(f)
    fast(x, 1.0)
    expected = {k: fast(x, k) for k in (1.0, 2.0, 3.0, 4.0)}
    wrong = []

    def work(k):
        for _ in range(15):
            value, array = fast(x, k)
            if value != expected[k][0] or not np.array_equal(array, expected[k][1]):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in expected]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not wrong


def test_recursion_and_exceptions():
    fast = cr.compile(lambda x, n: x if n == 0 else fast(x * 0.5 + 1.0, n - 1))
    assert [fast(1.0, 5), fast(1.0, 5)] == [1.96875, 1.96875]

    def deep(n):
        return fast(1.0, 0) if n == 0 else deep(n - 1)

    with pytest.raises(RecursionError):
        deep(10**6)
    assert fast(2.0, 0) == 2.0


@pytest.mark.skipif(sys.platform == "win32", reason="needs setitimer")
def test_an_interrupt_leaves_nothing_broken():
    """In long calls, in traces and while code is made: whatever comes next is right."""
    program = (
        "import signal, numpy as np, chainrule as cr, chainrule.torch as torch\n"
        "from chainrule.compilation.handles import PLACES\n"
        "x, w = np.linspace(0, 1, 300000), torch.tensor([1.0, 2.0], requires_grad=True)\n"
        "f = lambda x: np.sum(np.exp(np.sin(x)))\n"
        "g = lambda t: (torch.sin(w) * t).sum()\n"
        "fast, met = cr.compile(f, threads=2), 0\n"
        "for k in range(10):\n"
        "    try:\n"
        "        signal.signal(signal.SIGALRM, signal.default_int_handler)\n"
        "        signal.setitimer(signal.ITIMER_REAL, 0.004 * (k + 1), 0.3)\n"  # again, where a destructor ate it
        "        for _ in range(1000):\n"
        "            if k % 2: fast(x)\n"
        "            else: torch.compile(g)(torch.ones(2)); cr.compile(f)\n"
        "    except KeyboardInterrupt:\n"
        "        met += 1\n"
        "    signal.setitimer(signal.ITIMER_REAL, 0)\n"
        "    assert all(vars(place.cls)[place.name] is place.member for place in PLACES)\n"
        "    assert np.isclose(fast(x), f(x)), k\n"
        "    assert k % 2 or np.isclose(torch.compile(g)(torch.ones(2)).item(), g(torch.ones(2)).item())\n"
        "print(met > 5)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["True"], done.stderr[-3000:]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_goes_on():
    program = (
        "import os, numpy as np, chainrule as cr\n"
        "x = np.linspace(0, 1, 300000)\n"
        "fast = cr.compile(lambda x: np.sum(np.exp(np.sin(x))))\n"
        "fast(x); expected = fast(x)\n"
        "child = os.fork()\n"
        "same = fast(x) == expected and cr.compile(lambda x: x * 2.0 + 1.0)(3.0) == 7.0\n"
        "if child == 0: os._exit(0 if same else 3)\n"
        "print(os.waitpid(child, 0)[1], same)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["0", "True"], done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs mprotect")
def test_no_byte_outside_an_argument_is_read():
    """In a process of its own, which a fault would kill: arguments of many layouts that end where memory ends."""
    program = (
        "import ctypes, itertools, numpy as np, chainrule as cr\n"
        "from tests.compilation.guarded_memory import Guarded\n"
        "for dtype, shape in itertools.product(('f8', 'f4', '?'), ((7,), (3, 5))):\n"
        "    size = int(np.prod(shape)) * np.dtype(dtype).itemsize\n"
        "    own = Guarded(size)\n"
        "    x = np.frombuffer((ctypes.c_char * size).from_address(own.address), dtype).reshape(shape)\n"
        "    x[...] = np.arange(x.size).reshape(shape) % 3\n"
        "    views = x, x.T, x[::-1], x[..., ::2], np.broadcast_to(x, (2, *shape)), x[..., ::-1].T, x[:0]\n"
        "    fast = cr.compile(lambda x: (np.where(x > 0, np.sin(x * 1.0), 2.0), np.sum(x * 1.0)))\n"
        "    for view in views:\n"
        "        for _ in range(2):\n"
        "            assert np.allclose(fast(view)[0], np.where(view > 0, np.sin(view * 1.0), 2.0), rtol=1e-6)\n"
        "    keep = cr.compile(lambda x, y: x * 2.0 + y, donate='x')\n"
        "    for _ in range(2): keep(x, x.copy())\n"
        "print('whole')\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=root)
    assert done.stdout.split() == ["whole"], done.stderr[-2000:]
