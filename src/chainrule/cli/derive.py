"""`chainrule derive`: the derivative of what is typed, or of a function in a file, step by step."""

import os
import re
import runpy
import sys

import click

from chainrule.cli.common import Failure, said, width_of
from chainrule.derivations import derive as derivation_of
from chainrule.derivations.formats import FORMATS
from chainrule.derivations.messages import LANGUAGES
from chainrule.errors import ChainruleError, ParseError, excerpt
from chainrule.explanations import layout

_NOTATIONS = ("both", "leibniz", "lagrange")
_SHAPE = re.compile(r"(\w+)\s*=\s*(?:\(([^()]*)\)|([^,()=]+))")
_SIZES = re.compile(r"\s*[,x×]\s*")


@click.command()
@click.argument("source")
@click.option("--wrt", metavar="NAMES", help="The variable, or several: x,y,z.")
@click.option("--at", "at", metavar="POINT", help="Numbers under every factor there: x=0.2 or x=3,y=-4.")
@click.option("--order", type=click.IntRange(1, 20), default=1, help="The order of the derivative; 1.")
@click.option("--functions", metavar="NAMES", help="Names that are functions although not given: f,g.")
@click.option("--shapes", metavar="SHAPES", help="Of vectors and matrices: A=mxn,x=n, or A=3x2.")
@click.option("--symmetric", metavar="NAMES", help="Names of matrices that are symmetric: A,B.")
@click.option("--positive", metavar="NAMES", help="Names of matrices that are symmetric and positive definite.")
@click.option("--notation", type=click.Choice(_NOTATIONS), default="both", help="dy/dx, f′(x), or both side by side.")
@click.option("--format", "format", type=click.Choice(list(FORMATS)), default="text", help="How it is written; text.")
@click.option("--language", type=click.Choice(list(LANGUAGES)), default="en", help="Of the words; en.")
@click.option("--simplify/--no-simplify", default=True, help="Whether to add the simplified form (by SymPy).")
@click.option("--width", type=click.IntRange(min=40), help="The widest line of text; 100 by default.")
def derive(source, wrt, at, order, functions, shapes, symmetric, positive, notation, format, language, simplify,
           width):  # fmt: skip
    """Differentiate SOURCE step by step.

    SOURCE is mathematics as one types it ("tan^2 3x"), LaTeX, equations ("6u^3; u = 7x - 4",
    "x^2 + y^2 = 25", "x = cos t, y = sin t"), vectors and matrices ("norm2(A*x - y)^2"), or a Python function
    as FILE.py:NAME.
    """
    try:
        variables = [name.strip() for name in wrt.split(",")] if wrt else None
        derivation = derivation_of(
            _function(source) or source,
            wrt=variables[0] if variables and len(variables) == 1 else variables,
            at=_point(at),
            order=order,
            functions=_names(functions),
            shapes=_shapes(shapes),
            symmetric=_names(symmetric),
            positive=_names(positive),
        )
        options = {"simplify": simplify, "language": language}
        if format == "text":
            colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
            options |= {"width": width or width_of(sys.stdout), "colour": colour, "notation": notation}
        text = derivation.render(format, **options)
    except ParseError as error:
        raise Failure(_with_carets(error)) from None
    except ChainruleError as error:
        raise Failure(said(error, source.rpartition(":")[0])) from None
    click.echo(layout.fitting(text.rstrip("\n"), sys.stdout))


def _with_carets(error):
    """The message, the text as it was typed, carets under the place, and what to do."""
    return f"{error.what}\n\n{excerpt(error.text, error.start, error.end)}\n\n  what to do: {error.do}"


def _names(text):
    return tuple(text.replace(",", " ").split()) if text else ()


def _shapes(text):
    """{"A": ("m", 3), "x": "n"} for A=mx3,x=n; the sizes of a shape may stand in brackets."""
    if not text:
        return None
    shapes = {}
    for found in _SHAPE.finditer(text):
        name, bracketed, plain = found.groups()
        sizes = tuple(int(size) if size.isdigit() else size for size in _SIZES.split((bracketed or plain).strip()))
        if not all(isinstance(size, int) or size.isidentifier() for size in sizes):
            break
        shapes[name] = sizes[0] if len(sizes) == 1 else sizes
    else:
        if shapes and not _SHAPE.sub("", text).strip(", "):
            return shapes
    raise Failure(f"--shapes {text}: this is no list of shapes; write A=mxn,x=n or A=3x2", 2)


def _point(text):
    """{"x": 0.2} for x=0.2; the values may be numbers only."""
    if not text:
        return None
    point = {}
    for pair in text.split(","):
        name, equals, value = pair.partition("=")
        try:
            point[name.strip()] = float(value)
        except ValueError:
            equals = ""
        if not equals or not name.strip():
            raise Failure(
                f"--at {text}: {pair.strip() or 'nothing'} is not a variable with a number; write x=0.5,y=2", 2
            )
    return point


def _function(source):
    """The Python function that FILE.py:NAME leads to; None where the source is something else."""
    path, colon, name = source.rpartition(":")
    if not colon or not path.endswith(".py") or not name.isidentifier():
        return None
    if not os.path.isfile(path):
        raise Failure(f"the file {path} was not found", 2)
    before = sys.path
    sys.path = [os.path.dirname(os.path.abspath(path)), *sys.path]
    try:
        names = runpy.run_path(path, run_name="chainrule.derived")
    except Exception as error:  # whatever the user's program raises, the answer is the same
        raise Failure(f"{path} raised {type(error).__name__}: {error}") from None
    finally:
        sys.path = before
    if not callable(names.get(name)):
        functions = ", ".join(n for n, value in names.items() if callable(value) and not n.startswith("_"))
        raise Failure(f"{path} has no function {name}. Its functions are: {functions or 'none'}.")
    return names[name]
