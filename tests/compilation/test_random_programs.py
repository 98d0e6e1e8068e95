"""Random programs: compiled as eager, and no byte read or written where none belongs."""

import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.compilation import random_programs as programs

_ROOT = Path(__file__).parents[2]
_number = st.integers(0, 30)
steps = st.lists(
    st.tuples(st.sampled_from(list(programs.OPERATIONS)), _number, _number, _number), min_size=1, max_size=10
)
inputs = st.lists(
    st.tuples(st.sampled_from(programs.KINDS), st.sampled_from(programs.SHAPES), st.sampled_from(programs.LAYOUTS)),
    min_size=1,
    max_size=3,
)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(steps, inputs, st.sampled_from(programs.TRANSFORMS), st.sampled_from(programs.STRUCTURES))
def test_compiled_equals_eager(steps, inputs, transform, structure):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some run eagerly, and say so
        programs.compare(programs.Drawn(steps, *map(list, zip(*inputs)), transform, structure))


@pytest.mark.skipif(sys.platform == "win32", reason="needs mprotect")
def test_no_byte_outside_its_buffers_is_touched():
    """In a process of its own, which a fault would kill."""
    command = [sys.executable, "-m", "tests.compilation.random_programs", "1", "40"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=_ROOT)
    assert done.returncode == 0 and "whole 40" in done.stdout, done.stdout + done.stderr[-2000:]


@pytest.mark.parametrize(("at_start", "outside"), [(False, 24), (True, -1)])
def test_the_guard_works(at_start, outside):
    """A read too far, or too early, does kill it."""
    program = (
        "import ctypes\n"
        "from tests.compilation.guarded_memory import Guarded\n"
        f"own = Guarded(24, {at_start})\n"
        f"ctypes.c_char.from_address(own.address + {0 if at_start else 23}).value\n"
        "print('inside', flush=True)\n"
        f"ctypes.c_char.from_address(own.address + {outside}).value\n"
        "print('outside')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=_ROOT)
    assert done.returncode != 0 and "inside" in done.stdout and "outside" not in done.stdout
