"""Random programs: compiled as eager, and no byte read or written where none belongs."""

import importlib.util
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

_PLACE = Path(__file__).with_name("random_programs.py")
_SPEC = importlib.util.spec_from_file_location("random_programs", _PLACE)
programs = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(programs)

steps = st.lists(
    st.tuples(st.sampled_from(programs.NAMES), st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=10
)
inputs = st.lists(
    st.tuples(st.sampled_from(["float64", "float32", "float"]), st.sampled_from(programs.SHAPES)),
    min_size=1,
    max_size=3,
)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(steps, inputs, st.booleans(), st.booleans())
def test_compiled_equals_eager(steps, inputs, branch, differentiated):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some run eagerly, and say so
        programs.compare(steps, branch, [kind for kind, _ in inputs], [shape for _, shape in inputs], differentiated)


@pytest.mark.skipif(sys.platform == "win32", reason="needs mprotect")
def test_no_byte_outside_its_buffers_is_touched():
    """In a process of its own, which a fault would kill."""
    done = subprocess.run([sys.executable, str(_PLACE), "1", "25"], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0 and "whole 25" in done.stdout, done.stderr[-2000:]


def test_the_guard_works():
    """A read too far does kill it."""
    program = (
        f"import sys; sys.path.insert(0, {str(_PLACE.parent)!r})\n"
        "import ctypes, random_programs as r\n"
        "own = r.Guarded(24)\n"
        "ctypes.c_char.from_address(own.address + 23).value\n"
        "print('inside', flush=True)\n"
        "ctypes.c_char.from_address(own.address + 24).value\n"
        "print('outside')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode != 0 and "inside" in done.stdout and "outside" not in done.stdout
