"""What the present thread records: `no_grad`, `enable_grad` and the state behind them."""

import functools
import threading
from typing import Any


class State(threading.local):
    """One thread's switches; a new thread starts with the class's defaults."""

    recording = True
    keep_graphs = False
    traced = False  # whether a transform is running the present code, to differentiate it


STATE = State()


class _Mode:
    """Sets one switch of this thread inside a `with` block or a decorated function."""

    _switch: str
    _setting: bool
    _before: dict

    def __new__(cls, function=None) -> Any:
        mode = object.__new__(cls)
        mode._before = {}  # thread -> what it had, innermost last: an instance may be shared
        return mode if function is None else mode(function)  # @no_grad without parentheses

    def __enter__(self):
        self._before.setdefault(threading.get_ident(), []).append(getattr(STATE, self._switch))
        setattr(STATE, self._switch, self._setting)
        return self

    def __exit__(self, *exception):
        setattr(STATE, self._switch, self._before[threading.get_ident()].pop())

    def __call__(self, function):
        @functools.wraps(function)
        def decorated(*args, **kwargs):
            with type(self)():
                return function(*args, **kwargs)

        return decorated


class no_grad(_Mode):
    """Record nothing: results inside carry no gradient. A context manager and a decorator.

    >>> import chainrule as cr
    >>> w = cr.tensor(2.0, requires_grad=True)
    >>> with cr.no_grad():
    ...     y = w * w
    >>> y.requires_grad
    False
    """

    _switch, _setting = "recording", False


class enable_grad(_Mode):
    """Record again inside a `no_grad` block. A context manager and a decorator."""

    _switch, _setting = "recording", True


class keep_graphs(_Mode):
    """Let `backward` leave what it would free readable, for an explanation afterwards."""

    _switch, _setting = "keep_graphs", True
