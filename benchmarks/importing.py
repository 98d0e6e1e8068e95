"""The time of `import`, each in a fresh process, in turn."""

import subprocess
import sys
from compileall import compile_dir
from importlib.util import find_spec
from pathlib import Path
from statistics import median

MODULES = ("numpy", "chainrule", "torch", "tensorflow", "jax", "autograd", "casadi")
_PROGRAM = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def measure(repeats, say, repeats_of_peers=3):
    """Seconds of each installed module's import: medians of interleaved fresh processes."""
    compile_dir(Path(find_spec("chainrule").origin).parent, quiet=1)  # as pip does; a checkout may lack it
    installed = [module for module in MODULES if find_spec(module)]
    times = {module: [] for module in installed}
    for i in range(repeats + 1):  # the first round warms the disk's cache and is dropped
        say(f"import: round {i} of {repeats}")
        for module in installed:
            if module in ("numpy", "chainrule") or i <= repeats_of_peers:
                command = [sys.executable, "-c", _PROGRAM.format(module)]
                run = subprocess.run(command, capture_output=True, text=True, check=True)
                times[module].append(float(run.stdout.splitlines()[-1]))
    return {module: median(spent[1:]) for module, spent in times.items()}
