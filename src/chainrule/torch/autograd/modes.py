"""no_grad, enable_grad, set_grad_enabled, inference_mode: as context managers, decorators and calls."""

import threading
from typing import Any

from chainrule.core.modes import STATE, decorated


class _Inference(threading.local):
    on = False


_INFERENCE = _Inference()


class _Mode:
    """A context manager and a decorator (with or without parentheses) that sets what is recorded."""

    _before: list
    _mode: Any = True

    def __new__(cls, function=None, *args) -> Any:
        mode = object.__new__(cls)
        mode._before = []
        return mode(function) if callable(function) else mode

    def __init__(self, *args):
        pass

    def _set(self):
        raise NotImplementedError

    def __enter__(self):
        self._before.append((STATE.recording, _INFERENCE.on))
        self._set()
        return self

    def __exit__(self, *exception):
        STATE.recording, _INFERENCE.on = self._before.pop()

    def _again(self):
        return type(self)()

    def __call__(self, function):
        return decorated(function, self._again)


class no_grad(_Mode):
    """Record nothing; a block, a decorator, or both.

    >>> import chainrule.torch as torch
    >>> w = torch.ones(1, requires_grad=True)
    >>> with torch.no_grad():
    ...     w -= 0.5
    >>> @torch.no_grad()
    ... def predict(x):
    ...     return w * x
    >>> predict(2.0).requires_grad
    False
    """

    def _set(self):
        STATE.recording = False


class enable_grad(_Mode):
    """Record again inside a `no_grad` block; not inside `inference_mode`."""

    def _set(self):
        STATE.recording = not _INFERENCE.on


class set_grad_enabled(_Mode):
    """Record, or do not, from here on; inside a block where it is used as one; in a function it decorates."""

    def __new__(cls, mode) -> Any:
        made = object.__new__(cls)
        made._mode, made._before = bool(mode), [(STATE.recording, _INFERENCE.on)]
        made._set()
        return made

    def _set(self):
        STATE.recording = self._mode and not _INFERENCE.on

    def __enter__(self):
        if not self._before:
            self._before.append((STATE.recording, _INFERENCE.on))
        self._set()
        return self

    def _again(self):
        return type(self)(self._mode)

    def __call__(self, function):
        STATE.recording, _INFERENCE.on = self._before.pop()  # as a decorator it sets nothing now
        return super().__call__(function)


class inference_mode(_Mode):
    """Record nothing, and let `enable_grad` inside record nothing either; `inference_mode(False)` records."""

    def __new__(cls, mode=True) -> Any:
        if callable(mode):
            return super().__new__(cls)(mode)
        made = super().__new__(cls)
        made._mode = mode
        return made

    def _set(self):
        STATE.recording, _INFERENCE.on = not self._mode, bool(self._mode)

    def _again(self):
        return type(self)(self._mode)


def is_grad_enabled():
    """Whether operations are recorded now."""
    return STATE.recording


def is_inference_mode_enabled():
    """Whether `inference_mode` is on."""
    return _INFERENCE.on
