"""What a function reads from outside: the names it takes from its module and from enclosing functions.

A program holds their values as the traced run found them, so each call first looks whether they are still
the same objects. Arrays may change in their contents: programs read them anew. What a run computes of arrays alone is
a constant of its program, though, so where there may be such a thing the contents are compared, too.
"""

import functools
import os
import random
import types
from typing import Any

import numpy

from chainrule.compilation.program import LOOPS, Constant
from chainrule.core.node import next_order
from chainrule.places import INSIDE
from chainrule.transforms.checkpoint import SOURCES

_DEEPEST = 200  # functions that are looked into
_STANDARD = os.path.dirname(os.__file__) + os.sep
_STEADY = {float, int, bool, str, bytes, complex, type(None), types.FunctionType, numpy.ndarray, numpy.dtype}
_COMPUTED = (numpy.ndarray, numpy.generic)
_GENERATORS = (numpy.random.Generator, numpy.random.RandomState, random.Random)


class Surroundings:
    """The values of outer names, as they were when this was made.

    Attributes:
        names: how many names hold data (numbers, arrays, lists ...) and are looked at in each call.
        order: a number between those of the nodes made before and of those made after.
    """

    def __init__(self, function):
        self._seen, self._places, self.order = set(), [], next_order()
        self._package = (getattr(function, "__module__", None) or "").partition(".")[0]
        self._look_into(function)
        self.kept: list[Any] = []  # so that no other object takes the place, and the identity, of what was found
        self._values = [(place, _get(*place)) for place in self._places]
        self._found = [self._state(holder, name, self.kept) for holder, name in self._places]
        self.generators = [one for one in self.kept if isinstance(one, _GENERATORS)]
        self._contents = [(one, one.copy()) for one in self.kept if type(one) in (list, dict)]
        self._watched = {}  # id of an array -> (it, its contents when it was read)

    @property
    def names(self):
        return len(self._places)

    def changed(self):
        """The name of something that is another object now, or None."""
        for place, found in zip(self._places, self._found):
            if self._state(*place) != found:
                return place[1]
        for array, contents in self._watched.values():
            if array.tobytes() != contents:
                return self._name(array)
        return None

    def watch(self, program, earlier, always=False):
        """From now on compare the contents of arrays that a run may have computed with by itself.

        Those are the arrays that its program does not read, and all of them where the program has constants that
        are no number of the user's source.

        earlier: what was looked at for the programs made before, or None.
        always: whether the program is not all that is made of the run.
        """
        read = {id(one) for _, array in program.captured for one in (array, array.base)}
        known = {id(one) for one in self.kept}
        computed = always or any(
            id(x.value) not in known for x in _constants(program) if isinstance(x.value, _COMPUTED)
        )
        for one in self.kept:
            if type(one) is numpy.ndarray and (computed or id(one) not in read):
                self._watched[id(one)] = one, one.tobytes()
        if earlier is not None:
            self._watched = {**earlier._watched, **self._watched}

    def _name(self, array):
        """The outer name of an array, or of what holds it."""
        for holder, name in self._places:
            held = []
            fingerprint(_get(holder, name), held)
            if any(one is array for one in held):
                return name if held[0] is array else f"an array in {name}"
        return "an array"

    def restore(self):
        """Give names, lists, dicts and attributes back what they held when this was made."""
        for (holder, name), value in self._values:
            if isinstance(holder, types.CellType):
                holder.cell_contents = value
            else:
                holder[name] = value
        for container, contents in self._contents:
            if type(container) is list:
                if not _identical(container, contents):
                    container[:] = contents
            elif list(container) != list(contents) or not _identical(container.values(), contents.values()):
                container.clear()
                container.update(contents)

    def objects(self):
        """`(holder, name, object)` for each name, where comparing objects is all there is to do; else None.

        A list or an instance may change inside, which only `changed` sees, as it does the contents of arrays.
        """
        if self._watched:
            return None
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
            return fingerprint(_get(holder, name), kept)
        except (KeyError, ValueError):
            return None


def _identical(ones, others):
    return len(ones) == len(others) and all(one is other for one, other in zip(ones, others))


def _constants(program):
    """The constants of a program, and of the programs inside."""
    for one in program.instructions:
        for inside in one.function.programs() if one.name in LOOPS else ():
            yield from _constants(inside)
        yield from (x for x in one.inputs if type(x) is Constant)
    yield from (x for x in program.results if type(x) is Constant)


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


def fingerprint(value, kept=None, depth=0):
    """Equal as long as the value is the same object with the same parts; `kept` receives the objects."""
    if kept is not None:
        kept.append(value)
    if type(value) in (int, bool, str, bytes):
        return type(value), value
    if type(value) in (float, complex):
        return repr(value)  # in which 0.0 is not -0.0
    if type(value) in (list, tuple) and depth < 4 and len(value) <= 1000:
        return (id(value) if type(value) is list else 0, *(fingerprint(item, kept, depth + 1) for item in value))
    if type(value) is dict and depth < 4 and len(value) <= 1000:
        return (id(value), *((name, fingerprint(item, kept, depth + 1)) for name, item in value.items()))
    own = getattr(value, "__dict__", None)
    if type(own) is dict and depth < 4 and not isinstance(value, (types.FunctionType, types.ModuleType, type)):
        return (id(value), fingerprint(own, kept, depth + 1))
    return id(value)


class Randomness:
    """Whether something drew random numbers since this was made."""

    def __init__(self, generators):
        self._generators = generators
        self._sources, self._own = [get() for get, _ in SOURCES], [_state(one) for one in generators]
        self._before = _plain(self._sources), _plain(self._own)

    def drawn(self):
        """Whether a generator is in another state now."""
        now = _plain([get() for get, _ in SOURCES]), _plain([_state(one) for one in self._generators])
        return now != self._before

    def restore(self):
        """Give the generators their states back."""
        for (_, put), state in zip(SOURCES, self._sources):
            put(state)
        for generator, state in zip(self._generators, self._own):
            if isinstance(generator, numpy.random.Generator):
                generator.bit_generator.state = state
            elif isinstance(generator, random.Random):
                generator.setstate(state)
            else:
                generator.set_state(state)


def _plain(state) -> Any:
    """A state as something that can be compared."""
    if isinstance(state, numpy.ndarray):
        return state.tobytes()
    if isinstance(state, dict):
        return [(name, _plain(part)) for name, part in state.items()]
    return [_plain(part) for part in state] if isinstance(state, (list, tuple)) else state


def _state(generator) -> Any:
    """The state of a generator, as a copy."""
    if isinstance(generator, numpy.random.Generator):
        return generator.bit_generator.state
    return generator.getstate() if isinstance(generator, random.Random) else generator.get_state()
