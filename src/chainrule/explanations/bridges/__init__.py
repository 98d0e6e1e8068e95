"""One bridge for each framework, each the sole importer of it; `base` says what a bridge supplies.

A framework is imported only when the user's own object belongs to it, which its type says.
"""

import types

from chainrule.core import tree

_PACKAGES = {"torch": "torch", "jax": "jax", "jaxlib": "jax", "tensorflow": "tensorflow", "keras": "tensorflow"}


def framework_of(value):
    """ "torch", "jax" or "tensorflow" for one of their objects, "chainrule" for everything else."""
    for cls in type(value).__mro__:
        package = (cls.__module__ or "").partition(".")[0]
        if package in _PACKAGES:
            return _PACKAGES[package]
    name = type(value).__name__
    return "torch" if name.endswith(("Backward", "Backward0", "AccumulateGrad")) else "chainrule"


def framework_of_call(function, args):
    """The framework of a function's arguments; where they tell nothing, of the modules that it names."""
    found = {framework_of(leaf) for leaf in tree.flatten(args)[0]} - {"chainrule"}
    if found:
        return found.pop()
    named = _modules_of(function)
    return next((package for package in ("jax", "tensorflow") if package in named), "chainrule")


def _modules_of(function):
    """The packages of the modules and objects that a function's code names, in its globals and its closure."""
    code, scope = getattr(function, "__code__", None), getattr(function, "__globals__", {})
    wrapped = getattr(function, "__wrapped__", None)
    if code is None:
        return _modules_of(wrapped) if wrapped is not None else {framework_of(function)}
    held = [scope.get(name) for name in code.co_names]
    held += [cell.cell_contents for cell in function.__closure__ or () if _filled(cell)]
    packages = set()
    for value in held:
        if isinstance(value, types.ModuleType):
            package = value.__name__.partition(".")[0]
            packages.add(_PACKAGES.get(package, package))
        elif value is not None:
            packages |= {framework_of(leaf) for leaf in tree.flatten(value)[0][:50]}
    return packages


def _filled(cell):
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False
