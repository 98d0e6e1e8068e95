"""`chainrule explain`: run a script, then explain the gradient of one of its variables."""

import ast
import difflib
import os
import re
import runpy
import sys
import traceback

import click

from chainrule.cli.common import Failure, said, width_of
from chainrule.core.modes import keep_graphs
from chainrule.core.record import TENSORS
from chainrule.errors import ChainruleError
from chainrule.explanations import explain as explanation_of
from chainrule.explanations.bridges import framework_of
from chainrule.explanations.render import layout


@click.command()
@click.argument("script")
@click.argument("arguments", nargs=-1)
@click.option("--of", "of", required=True, metavar="NAME", help="The value, a loss say.")
@click.option("--wrt", "wrt", required=True, metavar="NAME", help='The input: w, params["W1"].')
@click.option("--width", type=click.IntRange(min=40), help="The widest line; 100 by default.")
@click.option("--paths", type=click.IntRange(min=1), default=8, help="How many paths are shown, at most; 8.")
@click.option("--html", "page", metavar="FILE", help="Also write the report as a page.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def explain(script, arguments, of, wrt, width, paths, page, as_json):
    """Run SCRIPT, then explain the gradient of one of its variables with respect to another.

    The script runs as it would under Python, with ARGUMENTS (after --) as its own. It may already have
    called backward().
    """
    names = _run(script, arguments)
    value, source = _tensor(names, of, "--of"), _tensor(names, wrt, "--wrt")
    if not source.requires_grad:
        raise Failure(f"--wrt {wrt} does not require a gradient. {_tensors(names, tracked=True)}")
    named = {of: value, wrt: source} | names
    asked = source if type(source) in TENSORS else {wrt: source}
    try:
        explanation = explanation_of(
            value, asked, names=named, width=width or width_of(sys.stdout), paths=paths, show=False
        )
    except ChainruleError as error:
        raise Failure(said(error, script)) from None
    if page is not None:
        _save(explanation, page)
    if explanation.gradient is None and not as_json:
        raise Failure(str(explanation))
    click.echo(layout.fitting(explanation.json() if as_json else str(explanation), sys.stdout))


def _save(explanation, page):
    try:
        explanation.save(page if page.endswith((".html", ".htm")) else page + ".html")
    except OSError as error:
        raise Failure(f"--html {page} cannot be written: {error.strerror}", 2) from None


def _run(script, arguments):
    """The script's global variables after it ran, with its graphs kept readable."""
    if not os.path.isfile(script):
        kind = "is not a file" if os.path.exists(script) else "was not found"
        raise Failure(f"the script {script} {kind}", exit_code=2)
    before = sys.argv, sys.path
    sys.argv = [script, *arguments]
    sys.path = [os.path.dirname(os.path.abspath(script)), *sys.path]
    try:
        with keep_graphs():
            return runpy.run_path(script, run_name="__main__")
    except SystemExit as stop:
        if stop.code not in (None, 0):
            raise Failure(f"{script} ended with exit code {stop.code}: nothing to explain") from None
        return _globals(stop, script)
    except Exception as error:
        raise Failure(f"{script} raised an error: nothing to explain\n\n{_tail(error, script)}") from None
    finally:
        sys.argv, sys.path = before


def _globals(stop, script):
    """The variables of a script that ended itself with sys.exit()."""
    frames = [frame for frame, _ in traceback.walk_tb(stop.__traceback__)]
    own = [frame.f_globals for frame in frames if frame.f_code.co_filename == script]
    return dict(own[0]) if own else {}


def _tail(error, script):
    """The script's own traceback: from its first line on, without the machinery that ran it."""
    report = traceback.TracebackException.from_exception(error)
    first = next((i for i, frame in enumerate(report.stack) if frame.filename == script), None)
    del report.stack[: len(report.stack) if first is None else first]
    return "".join(report.format()).rstrip()


_STEP = re.compile(r"""\.?([^\W\d]\w*) | \.(\d+) | \[\s*(-?\d+ | '[^']*' | "[^"]*")\s*\]""", re.VERBOSE)


def _tensor(names, text, option):
    """The Tensor that a name such as w, layers.0.weight or params["W1"] leads to, step by step."""
    steps, end = [], 0
    while end < len(text):
        found = _STEP.match(text, end)
        if found is None or (not steps and (found[1] is None or text[0] == ".")):
            raise Failure(f"{option} {text}: this is not a variable of the script (nor an item of one)", 2)
        key = found[1] if found[1] else int(found[2]) if found[2] else ast.literal_eval(found[3])
        steps.append((found[0], key))
        end = found.end()
    if not steps:
        raise Failure(f"{option} is empty; give the name of a variable of the script", 2)
    first, value = steps[0][1], names
    if first not in names:
        raise Failure(_not_found(names, first, option))
    value, so_far = names[first], first
    for written, key in steps[1:]:
        value = _one_step(value, key, option, so_far, written)
        so_far += written
    if type(value) not in TENSORS and framework_of(value) != "torch":
        raise Failure(f"{option} {text} is a {type(value).__name__}, not a Tensor. {_tensors(names)}")
    return value


def _one_step(value, key, option, so_far, written):
    """An attribute or an item; `.name` also reads a dict, as in params.W1."""
    if isinstance(key, str) and not written.startswith("[") and hasattr(value, key):
        return getattr(value, key)
    try:
        return value[key]
    except Exception:  # whatever a container of the user's raises, the answer is the same
        kind = type(value).__name__
        raise Failure(f"{option} {so_far}{written}: {so_far} (a {kind}) has no {written}") from None


def _not_found(names, name, option):
    public = [other for other in names if not other.startswith("__")]
    near = difflib.get_close_matches(name, public, n=3)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return f"{option} {name}: the script has no variable of that name.{hint} {_tensors(names)}"


def _tensors(names, tracked=False):
    tensors = {name: value for name, value in names.items() if type(value) in TENSORS}
    found = [name for name, value in tensors.items() if value.requires_grad or not tracked]
    kind = "Tensors that do" if tracked else "Tensors"
    return f"The script's {kind} are: {', '.join(found)}." if found else f"The script has no {kind}."
