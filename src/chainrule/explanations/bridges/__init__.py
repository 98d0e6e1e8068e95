"""One bridge for each framework, each the sole importer of it; `base` says what a bridge supplies.

A framework is imported only when the user's own object belongs to it, which its type says.
"""

_PACKAGES = {"torch": "torch", "jax": "jax", "jaxlib": "jax", "tensorflow": "tensorflow", "keras": "tensorflow"}


def framework_of(value):
    """"torch", "jax" or "tensorflow" for one of their objects, "chainrule" for everything else."""
    for cls in type(value).__mro__:
        package = (cls.__module__ or "").partition(".")[0]
        if package in _PACKAGES:
            return _PACKAGES[package]
    name = type(value).__name__
    return "torch" if name.endswith(("Backward", "Backward0", "AccumulateGrad")) else "chainrule"
