"""What a function reads from outside: the names it takes from its module and from enclosing functions.

A program holds their values as the traced run found them, so each call first looks whether they are still
the same objects. Arrays may change in their contents: programs read them anew.
"""

import functools
import os
import random
import types
from typing import Any

import numpy

from chainrule.places import INSIDE

_DEEPEST = 200  # functions that are looked into
_STANDARD = os.path.dirname(os.__file__) + os.sep
_STEADY = {float, int, bool, str, bytes, complex, type(None), types.FunctionType, numpy.ndarray, numpy.dtype}


class Surroundings:
    """The values of outer names, as they were when this was made.

    Attributes:
        names: how many names hold data (numbers, arrays, lists ...) and are looked at in each call.
    """

    def __init__(self, function):
        self._seen, self._places, self.generators = set(), [], []
        self._package = (getattr(function, "__module__", None) or "").partition(".")[0]
        self._look_into(function)
        self._kept = []  # so that no other object takes the place, and the identity, of what was found
        self._found = [self._state(holder, name, self._kept) for holder, name in self._places]

    @property
    def names(self):
        return len(self._places)

    def changed(self):
        """The name of something that is another object now, or None."""
        for place, found in zip(self._places, self._found):
            if self._state(*place) != found:
                return place[1]
        return None

    def objects(self):
        """`(holder, name, object)` for each name, where comparing objects is all there is to do; else None.

        A list or an instance may change inside, which only `changed` sees.
        """
        found = [(holder, name, _get(holder, name)) for holder, name in self._places]
        return found if all(type(value) in _STEADY for _, _, value in found) else None

    def _look_into(self, function):
        if isinstance(function, types.MethodType):
            self._places.append(({"self": function.__self__}, "self"))
            function = function.__func__
        if isinstance(function, functools.partial):
            function = function.func
        if not isinstance(function, types.FunctionType) and isinstance(
            vars(type(function)).get("__call__"), types.FunctionType
        ):
            self._places.append(({type(function).__name__: function}, type(function).__name__))
            function = type(function).__call__
        if not isinstance(function, types.FunctionType) or function in self._seen or len(self._seen) > _DEEPEST:
            return
        self._seen.add(function)
        if self._is_library(function):
            wrapped = [cell.cell_contents for cell in function.__closure__ or () if _filled(cell)]
            for value in wrapped:  # what grad, say, was given
                self._look_into(value)
            return
        for name in _names(function.__code__):
            if name in function.__globals__:
                self._note(function.__globals__, name)
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
            if _filled(cell):
                self._note(cell, name)
        for value in [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]:
            self._look_into(value)

    def _note(self, holder, name):
        value = _get(holder, name)
        if isinstance(value, (numpy.random.Generator, numpy.random.RandomState, random.Random)):
            self.generators.append(value)
        if isinstance(value, types.FunctionType) and not self._is_library(value):
            self._places.append((holder, name))
            self._look_into(value)
        elif not isinstance(
            value, (types.ModuleType, type, types.FunctionType, types.BuiltinFunctionType, numpy.ufunc)
        ):
            self._places.append((holder, name))

    def _is_library(self, function):
        """Whether a function belongs to Python or to an installed package, whose names do not change."""
        filename = function.__code__.co_filename
        if INSIDE[filename] or filename.startswith(("<frozen", _STANDARD)):
            return "site-packages" not in filename or INSIDE[filename]
        return "site-packages" in filename and function.__module__.partition(".")[0] != self._package

    @staticmethod
    def _state(holder, name, kept=None):
        try:
            return _fingerprint(_get(holder, name), kept)
        except (KeyError, ValueError):
            return None


def _get(holder, name):
    return holder.cell_contents if isinstance(holder, types.CellType) else holder[name]


def _filled(cell):
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False


def _names(code):
    """Every name that the code, or a function inside it, may look up in its module."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found.update(_names(constant))
    return sorted(found)


def _fingerprint(value, kept=None, depth=0):
    """Equal as long as the value is the same object with the same parts; `kept` receives the objects."""
    if kept is not None:
        kept.append(value)
    if type(value) in (int, bool, str, complex, bytes):
        return value
    if type(value) is float:
        return value.hex()
    if type(value) in (list, tuple) and depth < 4 and len(value) <= 1000:
        return (id(value) if type(value) is list else 0, *(_fingerprint(item, kept, depth + 1) for item in value))
    if type(value) is dict and depth < 4 and len(value) <= 1000:
        return (id(value), *((name, _fingerprint(item, kept, depth + 1)) for name, item in value.items()))
    own = getattr(value, "__dict__", None)
    if type(own) is dict and depth < 4 and not isinstance(value, (types.FunctionType, types.ModuleType, type)):
        return (id(value), _fingerprint(own, kept, depth + 1))
    return id(value)


class Randomness:
    """Whether something drew random numbers since this was made."""

    def __init__(self, generators):
        self._generators = generators
        self._before = self._states()

    def drawn(self):
        return self._states() != self._before

    def _states(self):
        state: Any = numpy.random.get_state(legacy=False)
        own = [_drawn(generator) for generator in self._generators]
        return random.getstate(), state["state"]["key"].tobytes(), state["state"]["pos"], state["has_gauss"], own


def _drawn(generator):
    if isinstance(generator, numpy.random.Generator):
        return repr(generator.bit_generator.state)
    return repr(generator.getstate() if isinstance(generator, random.Random) else generator.get_state())
