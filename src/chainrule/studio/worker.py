"""The other side of `snippet`: waits for a program on its standard input, limits itself, runs it, answers in JSON.

Run as a script by a Python that is told to ignore its surroundings, so it finds this library by its own place.
"""

import ast
import contextlib
import importlib
import io
import json
import linecache
import math
import os
import resource
import sys
import traceback
from pathlib import Path

_NAME = "<your program>"
_PRINTED = 20_000  # letters of its output that are kept


def main():
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    from chainrule.core.modes import keep_graphs
    from chainrule.studio import replay

    for front in ("chainrule.torch", "chainrule.torch.nn.functional", "chainrule.tf"):
        importlib.import_module(front)  # while nobody waits

    question = sys.stdin.read()
    if not question:  # the studio has ended
        os._exit(0)
    question = json.loads(question)
    with keep_graphs():
        _limit(question["seconds"], question["megabytes"])
        answer = _run(question["source"], replay)
    json.dump(answer, answers, allow_nan=False)
    answers.close()
    os._exit(0)  # a thread that the program left behind is not waited for


def _limit(seconds, megabytes):
    used = resource.getrusage(resource.RUSAGE_SELF)
    for kind, most in (
        (resource.RLIMIT_CPU, seconds + math.ceil(used.ru_utime + used.ru_stime)),
        (resource.RLIMIT_AS, megabytes * 2**20),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(kind, (most, most))


class _Bounded(io.StringIO):
    def write(self, text):
        return super().write(text[: max(0, _PRINTED - self.tell())])


def _run(source, replay):
    from chainrule.errors import ChainruleError
    from chainrule.explanations.collect.names import in_scopes

    lines = source.splitlines(keepends=True)
    linecache.cache[_NAME] = (len(source), None, lines, _NAME)
    scope, printed = {"__name__": "__main__"}, _Bounded()
    try:
        _fronts(source)
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            exec(compile(source, _NAME, "exec"), scope)
        answer = replay.replayed(_value(scope), *in_scopes([scope]))
    except ChainruleError as error:
        return _failed(error.what, error.do, str(error.place or ""))
    except MemoryError:
        return _failed("the program asked for more memory than the limit", "use smaller arrays")
    except BaseException as error:  # whatever a program may raise, sys.exit() too
        return _failed(_said(error), "correct the program, and run it again")
    return answer | {"source": source, "printed": printed.getvalue(), "given": _given(source)}


def _given(source):
    """The numbers that a program starts from, `w = 0.5` or `w = tensor(0.5, ...)`, and where each stands.

    A place is counted as JavaScript counts letters, in units of UTF-16.
    """
    lines, found = source.splitlines(keepends=True), {}
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode("utf-16-le")) // 2)
    for statement in ast.parse(source).body:
        if not (isinstance(statement, ast.Assign) and len(statement.targets) == 1):
            continue
        name, number, role = statement.targets[0], statement.value, "number"
        if isinstance(number, ast.Call) and number.args:
            role = "weight" if _is_weight(number) else role
            number = number.args[0]
        value = _number(number)
        if not isinstance(name, ast.Name) or value is None or number.end_lineno != number.lineno:
            continue
        line = lines[number.lineno - 1].encode()
        span = [
            starts[number.lineno - 1] + len(line[:column].decode().encode("utf-16-le")) // 2
            for column in (number.col_offset, number.end_col_offset)
        ]
        found[name.id] = {"name": name.id, "role": role, "value": value, "span": span}
    return list(found.values())


def _is_weight(call):
    """Whether a call makes something that requires a gradient."""
    named = getattr(call.func, "attr", getattr(call.func, "id", ""))
    asked = [word.value for word in call.keywords if word.arg == "requires_grad"]
    return named in ("Variable", "Parameter") or any(getattr(value, "value", None) is True for value in asked)


def _number(node):
    """The float that is written there, with its sign, or None."""
    sign = 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        sign, node = -1 if isinstance(node.op, ast.USub) else 1, node.operand
    return sign * node.value if isinstance(node, ast.Constant) and type(node.value) is float else None


def _fronts(source):
    """`import torch` and `import tensorflow` are this library's fronts here: it is their graph that is shown."""
    if "torch" in source:
        for name, module in list(sys.modules.items()):
            if name == "chainrule.torch" or name.startswith("chainrule.torch."):
                sys.modules[name.removeprefix("chainrule.")] = module
    if "tensorflow" in source:
        sys.modules["tensorflow"] = sys.modules["chainrule.tf"]


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
