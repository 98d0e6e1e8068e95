"""What the present thread records: `no_grad`, `enable_grad` and the state behind them."""

import functools
import inspect
import threading
from typing import Any


class State(threading.local):
    """One thread's switches; a new thread starts with the class's defaults."""

    recording = True
    keep_graphs = False
    traced = False  # whether a transform is running the present code, to differentiate it
    copies: dict | None = None  # id of a snapshot -> (it, what it was taken of), while compiling
    loops: Any = None  # what writes loops down, while compiling (see `chainrule.compilation.bodies`)


STATE = State()


def decorated(function, mode):
    """The function, run inside a new `mode()` each time; a generator inside one each time it goes on."""
    if inspect.isgeneratorfunction(function):
        return _decorated_generator(function, mode)

    @functools.wraps(function)
    def run(*args, **kwargs):
        with mode():
            return function(*args, **kwargs)

    return run


def _decorated_generator(function, mode):
    @functools.wraps(function)
    def run(*args, **kwargs):
        generator = function(*args, **kwargs)
        resume, given = generator.send, None
        while True:
            try:
                with mode():
                    value = resume(given)
            except StopIteration as end:
                return end.value
            try:
                given = yield value
                resume = generator.send
            except GeneratorExit:
                with mode():
                    generator.close()
                raise
            except BaseException as error:
                resume, given = generator.throw, error

    return run


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
        return decorated(function, type(self))


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
