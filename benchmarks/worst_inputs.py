"""The worst inputs of up to 10,000 characters: processor seconds and peak memory to derive, check and print each.

Each is run in a fresh process, once SymPy and mpmath are loaded there. Those that are refused take part: a
refusal has to come as soon as an answer.

    python -m benchmarks.worst_inputs                 the table
    python -m benchmarks.worst_inputs NAME            one of them, stage by stage, with every other form of it
"""

import json
import subprocess
import sys
import time
from typing import Any

LONGEST = 10_000  # characters that the parser takes


def _repeated(pattern, first=1):
    """`pattern` with 1, 2, 3 ... in its places, as often as there is room."""
    parts, used, number = [], 0, first
    while used + len(part := pattern.format(number, number + 1)) <= LONGEST - 20:
        parts.append(part)
        used += len(part)
        number += 1
    return "".join(parts)


def _nested(opening, inside, closing, deepest=2400):
    """`inside` wrapped as often as there is room for, or the parser nests."""
    times = min(deepest, (LONGEST - len(inside)) // len(opening + closing))
    return opening * times + inside + closing * times


def _filled(part, joint, last=""):
    times = (LONGEST - len(last)) // len(part + joint)
    return joint.join([part] * times) + last


def _chained(pattern, first, last):
    """Equations one of which leads to the next: u1 = sin u2; u2 = sin u3 ..."""
    text = first
    number = 1
    while len(text) < LONGEST - 60:
        text += pattern.format(number, number + 1)
        number += 1
    return text + last.format(number)


def _variables(pattern, joint, most=24):
    letters = "abcdhjklmnopqrstuvwxyz"[:most]
    parts, number = [], 0
    while sum(map(len, parts)) + len(joint) * len(parts) < LONGEST - 40:
        parts.append(pattern.format(letters[number % len(letters)], letters[(7 * number + 3) % len(letters)]))
        number += 1
    return joint.join(parts)


def shapes():
    """Name -> (text, further arguments of `derive`)."""
    x = {"wrt": "x"}
    by_variable = {
        "sum of squares": _filled("x^2", "+"),
        "sum of x": _filled("x", "+"),
        "differences": _filled("x", "-"),
        "sum of sines": _repeated("+sin({0}x)")[1:],
        "long polynomial": _repeated("+{0}x^{1}")[1:],
        "sum of quotients": _repeated("+x/(x+{0})")[1:],
        "product of x": _filled("x", "*"),
        "product of sums": _repeated("(x+{0})"),
        "product of sines": _repeated("sin({0}x)"),
        "product of squares": _filled("x^2", " "),
        "product, signs": _filled("(-1)", "", "x"),
        "quotients": _filled("x", "/"),
        "quotients below": "1/" * 4999 + "x",
        "quotients nested": _nested("1/(x+", "x", ")"),
        "continued fraction": _nested("x+1/(", "x", ")"),
        "brackets": _nested("(", "x", ")"),
        "brackets of sums": _nested("(x+", "x", ")"),
        "brackets of products": _nested("x(1+", "x", ")"),
        "tower of x": "x^" * 2400 + "x",
        "tower of 2": "2^" * 2400 + "x",
        "tower of brackets": _nested("(1+", "x", ")^2"),
        "powers of powers": _nested("(", "x", ")^x", 2000),
        "general powers": _repeated("+x^(x+{0})")[1:],
        "sines": _nested("sin(", "x", ")"),
        "sines, bare": "sin " * 2499 + "x",
        "sines, squared": "sin^2 " * 1428 + "x",
        "tangents": _nested("tan(", "x", ")"),
        "square roots": "sqrt " * 1900 + "x",
        "roots of sums": _nested("√(1+", "x", ")", 1200),
        "exponentials": _nested("e^(", "x", ")"),
        "exponentials, damped": _nested("e^(-", "x", ")", 800),
        "logarithms": _nested("ln(1+", "x", ")"),
        "arctangents": _nested("arctan(", "x", ")"),
        "error functions": _nested("erf(", "x", ")"),
        "absolute values": _filled("|x|", ""),
        "absolute values nested": _nested("abs(x-", "x", ")"),
        "sum of absolute values": _repeated("+|x-{0}|")[1:],
        "maxima nested": _nested("max(x,", "x^2", ")"),
        "maximum of many": "max(" + _repeated(",x+{0}")[1:] + ")",
        "maxima": _repeated("+max(x,{0})")[1:],
        "clipped": _nested("min(1,max(-1,", "x", "))"),
        "piecewise nested": _nested("{x if x<1; ", "x^2", " otherwise}"),
        "piecewise sum": _repeated("+{{x if x<{0}; 1 otherwise}}")[1:],
        "piecewise, many branches": "{" + "; ".join(f"x^2 + {k} if x < {k}" for k in range(400)) + "; x otherwise}",
        "signs": "-" * 2400 + "x",
        "definitions": _chained(";u{0}=sin u{1}", "u1", ";u{0}=x"),
        "definitions, products": _chained(";u{0}=u{1}*u{1}", "u1", ";u{0}=x"),
        "definitions, doubled": _chained(";u{0}=u{1}+u{1}^2", "u1", ";u{0}=x"),
        "definitions, x in each": _chained(";u{0}=x u{1}", "u1", ";u{0}=x"),
        "long number": "1" * 390 + "x+" + "7" * 390 + "^x",
        "too long a number": "1" * 9990 + "x",
        "kinks of waves": "+".join(
            "|" + "+".join(f"sin({k + 20 * j}x)" for k in range(1, 21)) + "|" for j in range(40)
        ),
        "decimals": _repeated("+0.{0}x^0.{1}")[1:],
        "unknown words": "foo " * 2500,
        "unknown function": "sinn(" * 1900 + "x" + ")" * 1900,
        "letters": "x" * 10_000,
        "unicode": _filled("√x²", "·"),
        "unicode, other signs": "𝕩∑∫" * 3300,
        "LaTeX fractions": _nested(r"\frac{x}{1+", "x", "}"),
        "LaTeX fractions above": _nested(r"\frac{", "x", "}{x+1}"),
        "LaTeX roots": _nested(r"\sqrt{", "x", "}", 1200),
        "LaTeX roots of sums": _nested(r"\sqrt{1+", "x", "}"),
        "LaTeX cases": r"\begin{cases}" + r"\\ ".join(f"x^{k} & x<{k}" for k in range(2, 600)) + r"\end{cases}",
        "LaTeX products": _filled(r"\sin x", r" \cdot "),
        "open brackets": "(" * 10_000,
        "abstract functions": _nested("f(", "x", ")"),
        "abstract products": _filled("f(x)", "*"),
        "mixed functions": _nested("sin(ln(x^2+1)+e^(-", "x", "))"),
        "nested quotients": _nested("(x+1)/(2+", "x", ")"),
        "nested products": _nested("(sin x)(1+", "x", ")"),
    }
    others = {
        "second derivative of a sum": (_filled("x^2", "+"), {**x, "order": 2}),
        "second derivative of a product": (_filled("x", "*"), {**x, "order": 2}),
        "second derivative of quotients": (_filled("x", "/"), {**x, "order": 2}),
        "second derivative of sines": (_nested("sin(", "x", ")", 800), {**x, "order": 2}),
        "second derivative of fractions": (_nested("x+1/(", "x", ")"), {**x, "order": 2}),
        "twentieth derivative": (_nested("sin(1+", "x", ")", 3), {**x, "order": 20}),
        "twentieth derivative of a product": ("x*sin x*e^x", {**x, "order": 20}),
        "mixed derivative": ("d2/dxdy: " + _repeated("+x^{0} y^{1}")[1:-20], {}),
        "many variables": (_variables("{0}*{1}", "+"), {"wrt": "x"}),
        "many variables, all": (_variables("{0}*{1}", "+"), {"wrt": tuple("abcdhjklmnopqrstuvwxyz")}),
        "many indices": (_repeated("+x{0} x{1}")[1:], {"wrt": "x7"}),
        "many indices, none named": (_repeated("+x{0} x{1}")[1:], {}),
        "implicit sum": (_repeated("+x^{0} y")[1:-10] + "=1", {}),
        "implicit product": (_filled("x y", " ", "=1"), {}),
        "implicit sines": (_nested("sin(x+", "y", ")", 1200) + "=1/2", {}),
        "parametric": ("x=" + _repeated("+t^{0}")[1 : LONGEST // 2] + "+t, y=" + _nested("sin(", "t", ")", 900), {}),
        "with a point": (_filled("x^2", "+"), {**x, "at": {"x": 0.5}}),
        "matrices, sum": (_filled("x'*A*x", "+"), {"wrt": "x", "shapes": {"A": ("n", "n"), "x": "n"}}),
        "matrices, product": (_filled("A", "*", "*x"), {"wrt": "x", "shapes": {"A": ("n", "n"), "x": "n"}}),
        "matrices, nested": (
            _nested("tanh(A*", "x", ")", 600),
            {"wrt": "x", "shapes": {"A": ("n", "n"), "x": "n"}},
        ),
        "matrices, norms": (_filled("norm2(A*x-y)^2", "+"), {"wrt": "x"}),
    }
    return {name: (text, x) for name, text in by_variable.items()} | others


FORMS = "latex mathml html json".split()
PARTS = "result factors paths rules notes python simplified forms".split()


def measured(name, everything=False) -> dict[str, Any]:
    """Stage -> processor seconds for one of the shapes, its peak memory in MB, and how it ended; in this process."""
    import mpmath  # noqa: F401
    import sympy  # noqa: F401

    import chainrule as cr

    text, options = shapes()[name]
    derive: Any = cr.derive
    text = text[:LONGEST]
    str(cr.derive("sin(x^2)"))  # what is loaded at first use
    found: dict[str, Any] = {"characters": len(text)}
    before = time.process_time()
    try:
        derivation = derive(text, **options)
        found["derive"] = time.process_time() - before
        _ = derivation.check
        found["check"] = time.process_time() - before - found["derive"]
        found["lines"] = str(derivation).count("\n") + 1
        found["said"] = f"checked at {derivation.check.points} points"
        if not derivation.check.points:
            found["said"] = derivation.check.reason
    except cr.errors.ChainruleError as error:
        found["said"] = f"refused: {str(error).splitlines()[0]}"
        derivation = None
    found["seconds"], found["megabytes"] = time.process_time() - before, peak()
    if everything and derivation is not None:
        found |= _further(derivation)
    return found


def _further(derivation):
    """Every other form: what it takes, and how long it is."""
    found = {}
    for part in [*PARTS, *FORMS, "at"]:
        before = time.process_time()
        try:
            if part == "at":
                names = [symbol.name for symbol in getattr(derivation, "variables", ())]
                derivation.at(**dict.fromkeys(names, 0.7))
                size = 0
            else:
                value = getattr(derivation, part)
                value = value() if part in FORMS else value
                size = len(value) if hasattr(value, "__len__") else 0
            found[part] = f"{time.process_time() - before:.2f} s, {size:,}"
        except Exception as error:  # what it says is what is asked for
            found[part] = f"{time.process_time() - before:.2f} s, {type(error).__name__}: {str(error)[:70]}"
    return found | {"megabytes in the end": peak()}


def peak():
    """The most memory that this process has used, in MB (Linux)."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def in_a_fresh_process(name, everything=False):
    """`measured` of a process of its own; what went wrong where it died."""
    command = [sys.executable, "-m", "benchmarks.worst_inputs", "--json", name, *(["all"] if everything else [])]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return {"seconds": float("inf"), "megabytes": float("inf"), "said": (done.stderr.splitlines() or ["died"])[-1]}
    return json.loads(done.stdout)


def main(arguments):
    if arguments[:1] == ["--json"]:
        print(json.dumps(measured(arguments[1], everything=arguments[2:] == ["all"])))
        return
    for name in arguments or shapes():
        found = in_a_fresh_process(name, everything=bool(arguments))
        stages = (f"{stage} {found.get(stage, float('nan')):5.2f}" for stage in ("derive", "check", "seconds"))
        print(f"{name:34s}", *stages, f"{found['megabytes']:4.0f} MB", found.get("lines", ""), found["said"][:90],
              flush=True)  # fmt: skip
        for key in (*PARTS, *FORMS, "at", "megabytes in the end"):
            if key in found:
                print(f"    {key:24s} {found[key]}")


if __name__ == "__main__":
    main(sys.argv[1:])
