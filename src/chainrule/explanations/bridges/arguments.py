"""The arguments of a function by name, and which of them a gradient was asked for."""

import inspect
import re

from chainrule.errors import ArgumentError


def parameter_names(function, count):
    """What a function calls its positional arguments."""
    try:
        names = [
            p.name
            for p in inspect.signature(function).parameters.values()
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
    except (TypeError, ValueError):
        names = []
    return [names[i] if i < len(names) else f"argument{i}" for i in range(count)]


def chosen(wrt, paths, parameters):
    """The positions in `paths` that `wrt` names.

    Args:
        wrt: an argument's name or number, a path such as `params.W1` or `params['W1']`, or several of these.
            None, or "params" where no argument has that name, is the first argument.
        paths: the name of every leaf, `params['W1']`.
        parameters: the names of the arguments.

    Raises: ArgumentError where it names nothing.
    """
    if isinstance(wrt, (list, tuple)):
        return sorted({i for one in wrt for i in chosen(one, paths, parameters)})
    if wrt is None or (wrt == "params" and "params" not in parameters):
        wrt = 0
    if isinstance(wrt, int) and 0 <= wrt < len(parameters):
        wrt = parameters[wrt]
    wanted = _plain(str(wrt))
    found = [i for i, path in enumerate(paths) if _plain(path) == wanted or _plain(path).startswith(wanted + ".")]
    found = found or [i for i, path in enumerate(paths) if _plain(path).endswith("." + wanted)]
    if not found:
        raise ArgumentError(f"wrt={wrt!r} names no argument", f"the inputs are {', '.join(paths[:8])}")
    return found


def _plain(path):
    """params['W1'][0] -> params.W1.0"""
    return re.sub(r"\[['\"]?([^\]'\"]*)['\"]?\]", r".\1", path)
