"""Where the user's program is: the line and the expression that asked for an operation.

Recording keeps two things a link, the code object and the instruction in it, and nothing of the
frame, so no local variable is kept alive. Python 3.11 and later can turn the pair back into the
exact columns of the expression (PEP 657), which is how an explanation finds the user's own names.
"""

import contextlib
import copy
import functools
import linecache
import os
import sys

import numpy


def _directory(module_file):
    return os.path.dirname(os.path.abspath(module_file)) + os.sep


_PACKAGE = _directory(__file__)
_HIDDEN = [_PACKAGE, _directory(numpy.__file__), "<__array_function__"]
_HIDDEN += [copy.__file__, functools.__file__, contextlib.__file__]


class _Inside(dict):
    """File name -> whether its frames are ours (or NumPy's) and so never the user's line."""

    def __missing__(self, filename):
        inside = self[filename] = filename.startswith(tuple(_HIDDEN))
        return inside


INSIDE = _Inside()


def hide(directory):
    """Never report a line of the files under `directory` as the user's (a library's own files)."""
    _HIDDEN.append(os.path.abspath(directory) + os.sep)
    INSIDE.clear()


class Place:
    """One expression of a program: file, line, columns and the text that stands there.

    Made cheaply; the position is looked up when it is first asked for.
    """

    __slots__ = ("code", "instruction", "_position")

    def __init__(self, code, instruction):
        self.code, self.instruction, self._position = code, instruction, None

    @property
    def position(self):
        """`(line, end_line, column, end_column)`; columns count UTF-8 bytes, from 0."""
        if self._position is None:
            self._position = position(self.code, self.instruction)
        return self._position

    @property
    def filename(self):
        return self.code.co_filename

    @property
    def function(self):
        return self.code.co_name

    @property
    def line(self):
        return self.position[0]

    @property
    def end_line(self):
        return self.position[1]

    @property
    def column(self):
        return self.position[2]

    @property
    def end_column(self):
        return self.position[3]

    @property
    def text(self):
        """The whole source line, stripped; empty where the source cannot be read."""
        return linecache.getline(self.filename, self.line or 0).strip()

    def __str__(self):
        text = self.text
        return f"{self.filename}:{self.line}" + (f"    {text}" if text else "")


def position(code, instruction):
    """`(line, end_line, column, end_column)` of one instruction; columns count UTF-8 bytes."""
    for index, where in enumerate(code.co_positions()):
        if index == instruction // 2:
            return where
    return code.co_firstlineno, code.co_firstlineno, None, None


def user_frame():
    """The innermost frame that is neither ours nor NumPy's; None when there is none."""
    frame = sys._getframe(1)
    while frame is not None and INSIDE[frame.f_code.co_filename]:
        frame = frame.f_back
    return frame


def here():
    """The user's present place, or None when no user code is running."""
    frame = user_frame()
    return None if frame is None else Place(frame.f_code, frame.f_lasti)
