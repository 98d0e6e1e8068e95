"""What the commands share: how a failure is said, and how wide the terminal is."""

import shutil

import click

_WIDEST = 100


class Failure(click.ClickException):
    """One readable message on standard error, and an exit code; never a traceback of ours."""

    exit_code: int

    def __init__(self, message, exit_code=1):
        super().__init__(message)
        self.exit_code = exit_code


def said(error, script=None):
    """An error of ours in the words of the command: the place only where it is a line of the script's own."""
    lines = [error.what]
    if error.place is not None and getattr(error.place, "filename", None) == script:
        lines.append(f"  where: {error.place}")
    return "\n".join([*lines, f"  what to do: {error.do}"])


def width_of(stream):
    """How wide to print: the terminal's width up to 100 columns; 100 where it is no terminal."""
    if not stream.isatty():
        return _WIDEST
    return max(40, min(_WIDEST, shutil.get_terminal_size((_WIDEST, 24)).columns))
