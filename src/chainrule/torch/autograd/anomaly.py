"""`detect_anomaly`: which function returned a NaN in the backward pass, and which line it stands on."""

import threading
import warnings

import numpy

from chainrule.core.record import TENSORS
from chainrule.errors import ChainruleError
from chainrule.places import Place
from chainrule.torch import gradfn


class AnomalyError(ChainruleError, RuntimeError):
    """A function returned NaN in a backward pass under `detect_anomaly`.

    >>> import warnings
    >>> import chainrule.torch as torch
    >>> x = torch.tensor(0.0, requires_grad=True)
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     with torch.autograd.detect_anomaly():
    ...         (torch.sqrt(x) * 0).backward()
    Traceback (most recent call last):
    chainrule.torch.autograd.anomaly.AnomalyError: Function 'SqrtBackward0' returned nan values...
    """


class _State(threading.local):
    on = False
    check_nan = True


STATE = _State()


class set_detect_anomaly:
    """Turn the search for NaN on or off, at once; also a context manager."""

    def __init__(self, mode, check_nan=True):
        self._before = STATE.on, STATE.check_nan
        STATE.on, STATE.check_nan = bool(mode), check_nan

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        STATE.on, STATE.check_nan = self._before


class detect_anomaly:
    """Raise in backward passes inside the block when a function returns NaN, and name its line."""

    def __init__(self, check_nan=True):
        self._check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be "
            "enabled for "
            "debugging.",
            UserWarning,
            stacklevel=2,
        )

    def __enter__(self):
        self._before = STATE.on, STATE.check_nan
        STATE.on, STATE.check_nan = True, self._check_nan
        return self

    def __exit__(self, *exception):
        STATE.on, STATE.check_nan = self._before


def is_anomaly_enabled():
    """Whether NaN are searched for."""
    return STATE.on


def watch(roots):
    """Put a check on every node below the roots; pairs of a node and its check, to be taken off again."""
    checks, seen, stack = [], set(roots), list(roots)
    users = {}
    while stack:
        node = stack.pop()
        for i, parent in enumerate(node.parents):
            if parent is None:
                continue
            users.setdefault(parent, []).append((node, i))
            if parent not in seen:
                seen.add(parent)
                stack.append(parent)
    if not STATE.check_nan:
        return checks
    for node, above in users.items():
        check = _check(above)
        if node.hooks is None:
            node.hooks = []
        node.hooks.insert(0, check)
        checks.append((node, check))
    return checks


def _check(above):
    def check(gradient):
        value = gradient.node.value if type(gradient) in TENSORS else gradient
        if not numpy.isnan(value).any():
            return
        node, place = above[-1]
        where = Place(node.code, node.instruction) if node.code is not None else None
        raise AnomalyError(
            f"Function '{gradfn.of(node).name()}' returned nan values in its {place}th output.",
            "look at the line above: a slope that is infinite times a zero, or a NaN that came in",
            where,
        )

    return check
