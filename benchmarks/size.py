"""What an installation takes on disk: a distribution and everything it requires."""

from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement

DISTRIBUTIONS = ("chainrule", "torch", "tensorflow", "jax", "autograd", "casadi")


def required(name, seen=None):
    """The installed distributions that a distribution needs, itself among them."""
    seen = {} if seen is None else seen
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return seen
    if name.lower() not in seen:
        seen[name.lower()] = found
        for line in found.requires or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                required(requirement.name, seen)
    return seen


def _files(found):
    if found.metadata["Name"] == "chainrule":  # installed editable here: its files are not listed
        [folder] = find_spec("chainrule").submodule_search_locations
        return Path(folder).rglob("*")
    return (Path(found.locate_file(file)) for file in found.files or ())


def size(found):
    """Bytes of a distribution's files, compiled Python files left out."""
    return sum(f.stat().st_size for f in _files(found) if f.is_file() and f.suffix != ".pyc")


def measure():
    """For each installed distribution: bytes of its own, and with everything it requires."""
    results = {}
    for name in DISTRIBUTIONS:
        needed = required(name)
        if needed:
            sizes = {each: size(found) for each, found in needed.items()}
            results[name] = {"own": sizes[name], "all": sum(sizes.values())}
    return results
