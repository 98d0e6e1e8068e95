"""The other side of `snippet`: limits itself, runs the program on its standard input, answers in JSON.

Run as a script by a Python that is told to ignore its surroundings, so it finds this library by its own place.
"""

import contextlib
import io
import json
import linecache
import os
import resource
import sys
import traceback
from pathlib import Path

_NAME = "<your program>"
_PRINTED = 20_000  # letters of its output that are kept


def main():
    seconds, megabytes = int(sys.argv[1]), int(sys.argv[2])
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    source = sys.stdin.read()
    import chainrule
    from chainrule.core.modes import keep_graphs

    with keep_graphs():
        _limit(seconds, megabytes)
        answer = _run(source, chainrule)
    json.dump(answer, answers, allow_nan=False)
    answers.close()
    os._exit(0)  # a thread that the program left behind is not waited for


def _limit(seconds, megabytes):
    for kind, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, megabytes * 2**20),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(kind, (most, most))


class _Bounded(io.StringIO):
    def write(self, text):
        return super().write(text[: max(0, _PRINTED - self.tell())])


def _run(source, chainrule):
    from chainrule.errors import ChainruleError
    from chainrule.explanations.collect.names import in_scopes
    from chainrule.studio.replay import replayed

    lines = source.splitlines(keepends=True)
    linecache.cache[_NAME] = (len(source), None, lines, _NAME)
    scope, printed = {"__name__": "__main__"}, _Bounded()
    try:
        _fronts(source)
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            exec(compile(source, _NAME, "exec"), scope)
        answer = replayed(_value(scope), *in_scopes([scope]))
    except ChainruleError as error:
        return _failed(error.what, error.do, str(error.place or ""))
    except MemoryError:
        return _failed("the program asked for more memory than the limit", "use smaller arrays")
    except BaseException as error:  # whatever a program may raise, sys.exit() too
        return _failed(_said(error), "correct the program, and run it again")
    return answer | {"source": source, "printed": printed.getvalue()}


def _fronts(source):
    """`import torch` and `import tensorflow` are this library's fronts here: it is their graph that is shown."""
    if "torch" in source:
        import chainrule.torch
        import chainrule.torch.nn.functional

        for name, module in list(sys.modules.items()):
            if name == "chainrule.torch" or name.startswith("chainrule.torch."):
                sys.modules[name.removeprefix("chainrule.")] = module
    if "tensorflow" in source:
        import chainrule.tf

        sys.modules["tensorflow"] = chainrule.tf


def _value(scope):
    """The Tensor called loss; else the number that was computed last."""
    from chainrule.core.record import TENSORS
    from chainrule.errors import ArgumentError

    found = scope.get("loss")
    if type(found) in TENSORS:
        return found
    tensors = [value for value in scope.values() if type(value) in TENSORS and value.node.values]
    single = [value for value in tensors if getattr(value.node.value, "size", 1) == 1]
    if not single:
        raise ArgumentError(
            "the program computes no number from inputs that require a gradient",
            "make the inputs with requires_grad=True, and call the result loss",
        )
    return max(single, key=lambda value: value.node.order)


def _said(error):
    report = traceback.TracebackException.from_exception(error)
    own = [frame.lineno for frame in report.stack if frame.filename == _NAME]
    line = own[-1] if own else getattr(error, "lineno", None)
    said = "".join(report.format_exception_only()).strip().splitlines()[-1]
    return f"line {line}: {said}" if line else said


def _failed(what, do, where=""):
    return {"error": {"what": what, "do": do, "where": where}}


if __name__ == "__main__":
    main()
