"""What each way of writing is read as, and which readings are told."""

import json
import pathlib

import pytest

from chainrule.derivations.parsing import parse
from chainrule.expressions import EXPRESSIONS as xp
from chainrule.expressions import Abstract, Number, Piecewise, Symbol, evaluate
from tests.derivations.formula import value

x, y, z, t = (Symbol(name) for name in "xyzt")

# text, the expression, the codes of the readings
POLICY = [
    ("sin x cos x", xp.sin(x) * xp.cos(x), []),
    ("x sin x e^x", x * xp.sin(x) * xp.exp(x), []),
    ("1/2x", (Number(1) / 2) * x, ["quotient"]),
    ("arcsin(x)", xp.arcsin(x), []),
    ("asin(x)", xp.arcsin(x), []),
    ("sin^-1 x", xp.arcsin(x), ["inverse"]),
    ("log x", xp.log(x), ["log"]),
    ("e^x", xp.exp(x), []),
    ("sigmoid(x)", xp.sigmoid(x), []),
    ("relu(x)", xp.maximum(0, x), []),
    ("σ(x)", xp.sigmoid(x), ["sigmoid"]),
    ("|x|", abs(x), []),
    ("x²", x**2, []),
    ("√x", xp.sqrt(x), []),
    ("2^3^2", Number(2) ** (Number(3) ** 2), []),
    ("-x^2", -(x**2), []),
    ("xyz", x * y * z, ["letters"]),
    ("f(x)", Abstract("f", (x,)), ["function"]),
    ("sin^2(x)", xp.sin(x) ** 2, []),
    ("sin(x)^2", xp.sin(x) ** 2, []),
    ("sin x^2", xp.sin(x**2), []),
    (r"\frac12 x", (Number(1) / 2) * x, []),
    (r"\operatorname{sigmoid}(x)", xp.sigmoid(x), []),
    (r"\begin{cases} x^2 & x < 0 \\ x & \text{otherwise} \end{cases}", Piecewise(((x < 0, x**2),), x), []),
]

MORE = [
    ("x(x+1)", x * (x + 1), ["product"]),
    ("2(x+1)", 2 * (x + 1), []),
    ("xy(x+y)", x * y * (x + y), ["letters", "product"]),
    ("xsinx", x * xp.sin(x), ["run together"]),
    ("sin2x", xp.sin(2 * x), []),
    ("tan^2 3x", xp.tan(3 * x) ** 2, []),
    ("sin x y", xp.sin(x * y), ["argument"]),
    ("sin 2(x+1)", xp.sin(2 * (x + 1)), []),
    ("sin x (x+1)", xp.sin(x) * (x + 1), []),
    ("sin x/2", xp.sin(x) / 2, ["argument"]),
    ("sin -x", xp.sin(-x), []),
    ("sin sin x", xp.sin(xp.sin(x)), []),
    ("ln|x|", xp.log(abs(x)), []),
    ("x|x|", x * abs(x), []),
    ("||x|-1|", abs(abs(x) - 1), []),
    ("|x||y|", abs(x) * abs(y), []),
    ("√x²", xp.sqrt(x**2), ["root"]),
    ("√(x)²", xp.sqrt(x) ** 2, []),
    ("√2x", xp.sqrt(Number(2)) * x, ["root"]),
    ("∛x", xp.cbrt(x), []),
    ("½x", (Number(1) / 2) * x, []),
    ("x⁻²ⁿ", x ** -(2 * Symbol("n")), []),
    ("x₁ + x_1 + x1", Symbol("x1") + Symbol("x1") + Symbol("x1"), []),
    ("x_max t", Symbol("x_max") * t, []),
    ("alpha + β", Symbol("alpha") + Symbol("beta"), []),
    ("2πx", 2 * parse("pi").expression * x, []),
    ("-2x", -(2 * x), []),
    ("2*-x", Number(2) * -x, []),
    ("x--y", x - -y, []),
    ("e^-x^2", xp.exp(-(x**2)), []),
    ("e^2x", xp.exp(Number(2)) * x, ["exponent"]),
    ("(e)^x", parse("e").expression ** x, []),
    ("x^1/2", x**1 / 2, ["exponent"]),
    ("x**2·y×z÷t", x**2 * y * z / t, []),
    ("log_2(x)", xp.log_base(x, 2), []),
    ("log₂x", xp.log_base(x, 2), []),
    ("log2(x)", xp.log_base(x, 2), []),
    ("log10 x", xp.log_base(x, 10), ["log index"]),
    ("log_y(x)", xp.log_base(x, y), []),
    ("log(x, 3)", xp.log_base(x, 3), []),
    ("lg x", xp.log_base(x, 10), ["log 10"]),
    ("ln^-1 x", xp.log(x) ** -1, []),
    ("sinh^(-1)(x)", xp.arcsinh(x), ["inverse"]),
    ("sin^n x", xp.sin(x) ** Symbol("n"), []),
    ("max(x, y, z)", xp.maximum(xp.maximum(x, y), z), []),
    ("atan2(y, x) + hypot(x, y)", xp.arctan2(y, x) + xp.hypot(x, y), []),
    ("root(x, 5)", x ** (Number(1) / 5), []),
    ("where(x > 0, x, 0)", Piecewise(((x > 0, x),), 0), []),
    ("x if x > 0 else -x", Piecewise(((x > 0, x),), -x), []),
    ("{x if 0 <= x < 1; 1 otherwise}", Piecewise(((parse("{x if 0 <= x and x < 1}").expression.branches[0]),), 1), []),
    ("np.exp(-x**2)", xp.exp(-(x**2)), []),
    ("Sin(x)", xp.sin(x), ["case"]),
    ("2e3", Number(2000), ["scientific"]),
    ("1.5e-3x", Number(1500) / 10**6 * x, []),
    ("f'(g(x)) g'(x)", Abstract("f", (Abstract("g", (x,)),), (1,)) * Abstract("g", (x,), (1,)), ["function"] * 3),
    ("F(x, y)", Abstract("F", (x, y)), []),
    ("f^(1, 2)(x, y)", Abstract("f", (x, y), (1, 2)), []),
    ("f^2(x)", Abstract("f", (x,)) ** 2, ["function"]),
    ("σ x", Symbol("sigma") * x, []),
    ("⌊x⌋ + ⌈y⌉", xp.floor(x) + xp.ceil(y), []),
]

LATEX = [
    (r"f^{2}(x)", Abstract("f", (x,)) ** 2, ["function"]),
    (r"f^{3} \left(x\right)^{2}", Symbol("f") ** 3 * x**2, []),
    (r"f^{(2)}\left(x\right)", Abstract("f", (x,), (2,)), ["function"]),
    (r"\sin x \cos x", xp.sin(x) * xp.cos(x), []),
    (r"\sin^2 x", xp.sin(x) ** 2, []),
    (r"\tan^2 3x", xp.tan(3 * x) ** 2, []),
    (r"\sin^{-1}\left(9t\right)", xp.arcsin(9 * t), ["inverse"]),
    (r"\sin{x}\cos{x}", xp.sin(x) * xp.cos(x), []),
    (r"\frac{x^2+1}{x-1}", (x**2 + 1) / (x - 1), []),
    (r"\dfrac1{1+e^{-x}}", 1 / (1 + xp.exp(-x)), []),
    (r"\sqrt[3]{x}", xp.cbrt(x), []),
    (r"\sqrt[n]{x}", x ** (1 / Symbol("n")), []),
    (r"\sqrt2 x", xp.sqrt(Number(2)) * x, []),
    (r"\sqrt{x}^2", xp.sqrt(x) ** 2, []),
    (r"\left|x-1\right| + \lvert x \rvert", abs(x - 1) + abs(x), []),
    (r"\ln x + \log_2 x + \log_{10}(x)", xp.log(x) + xp.log_base(x, 2) + xp.log_base(x, 10), []),
    (r"\exp\left(-\tfrac{x^2}{2}\right)", xp.exp(-(x**2 / 2)), []),
    (r"\mathrm{e}^{x}", xp.exp(x), []),
    (r"\text{rate} \cdot t", Symbol("rate") * t, []),
    (r"\theta_{1} x_{\mathrm{max}}", Symbol("theta1") * Symbol("x_max"), []),
    (r"\hat{y} - y", Symbol("y_hat") - y, []),
    (r"2 \times 10^{-3} x", Number(2) / 1000 * x, []),
    (r"\cos 2\pi x", xp.cos(2 * parse("pi").expression * x), []),
    (r"\max\{x, y\}", xp.maximum(x, y), []),
    (r"\begin{cases} x, & \text{if } x \le 0 \\ 0, & x > 0 \\ \end{cases}", Piecewise(((x <= 0, x), (x > 0, 0))), []),
    (r"f'(x)", Abstract("f", (x,), (1,)), ["function"]),
    (r"f^{\prime}(x)", Abstract("f", (x,), (1,)), ["function"]),
    (r"$x^{10}$", x**10, []),
    (r"\[ x \]", x, []),
    (r"\log x", xp.log(x), ["log"]),
    (r"x^{\frac{1}{2}}", x ** (Number(1) / 2), []),
]


@pytest.mark.parametrize(
    "text, expected, codes", POLICY + MORE + LATEX, ids=lambda part: part if isinstance(part, str) else ""
)
def test_policy(text, expected, codes):
    parsed = parse(text)
    same = parsed.expression.plain is expected.plain
    if not same:  # decimals of another spelling
        point = {symbol: 0.3 for symbol in "xyztn"}
        assert evaluate(parsed.expression, point) == evaluate(expected, point), str(parsed)
    assert [reading.code for reading in parsed.readings] == codes
    for reading in parsed.readings:
        start, end = reading.place
        assert text[start:end] == reading.written
        assert "{" not in str(reading) or "{" in text


AS_PRINTED = r"""
xe^x => x·e^x
cot^2(x^3) => cot²(x³)
e^{-x}cos(x) => e^(−x)·cos(x)
cos^2 x sin^3 x => cos²(x)·sin³(x)
sin 3x cos 2x => sin(3x)·cos(2x)
sinxcosx => sin(x)·cos(x)
ax^2+bx+c => a·x² + b·x + c
\arctan\frac{1}{x} => arctan(1/x)
\ln\sqrt{x} => ln(√x)
y=\ln\left|\frac{x-1}{x+1}\right| => y = ln(|(x − 1)/(x + 1)|)
\left\{\begin{array}{ll} x & x>0 \\ -x & x \le 0\end{array}\right. => {x if x > 0; −x if x ≤ 0}
{x^2, x<0; x, x>=0} => {x² if x < 0; x if x ≥ 0}
³√x + x³√y => ∛x + x³·√y
ReLU(x) + ArcTan(x) => relu(x) + arctan(x)
\operatorname{ReLU}(x) => relu(x)
find dy/dx if x^2+y^2=1 => x² + y² = 1
derivative of sin x => sin(x)
[x+1]^2 => (x + 1)²
x - -y => x − (−y)
2(3(4x)) => 2·(3·(4x))
""".strip().split("\n")


@pytest.mark.parametrize("case", AS_PRINTED)
def test_more_of_what_textbooks_write(case):
    text, printed = case.split(" => ")
    assert str(parse(text)) == printed


@pytest.mark.parametrize("text, way", [("1/2x", "1/(2x)"), ("sin^-1 x", "1/sin(x)"), ("sin x y", "sin(x)·y")])
def test_the_other_reading_is_offered_as_text_that_says_it(text, way):
    (reading,) = parse(text).readings
    assert str(reading.alternative) == way or "".join(map(str, reading.alternative)) == way
    assert way in str(reading)
    assert parse(way).readings == ()


def test_the_base_of_log_can_be_chosen():
    assert parse("log(x)", log=10).expression.plain is xp.log_base(x, 10)
    (reading,) = parse("log(x)", log=10).readings
    assert str(reading) == "`log(x)` is read as the logarithm to base 10; write ln(x) for the natural one"


def test_what_is_declared_is_kept_whole():
    rate = Symbol("rate")
    assert parse("rate*t", variables=("rate",)).expression.plain is rate * t
    assert parse("foo(x) + 1", functions=("foo",)).expression.plain is (Abstract("foo", (x,)) + 1).plain
    assert parse("f(x)", variables=("f",)).expression.plain is (Symbol("f") * x).plain
    assert parse("x y", functions=("y(x)",)).expression.plain is (x * Abstract("y", (x,))).plain
    assert parse("y'", functions="y(x)").expression.plain is Abstract("y", (x,), (1,))
    assert parse(r"\mathrm{foo}(x)", functions=("foo",)).expression.plain is Abstract("foo", (x,))
    assert parse("σ(x)", variables=("σ",)).expression.plain is (Symbol("sigma") * x).plain


def test_places_point_into_the_text():
    text = "x + sin(2x)"
    sine = parse(text).expression.arguments[1]
    assert text[slice(*sine.place)] == "sin(2x)"
    assert text[slice(*sine.arguments[0].place)] == "2x"


CASES = json.loads((pathlib.Path(__file__).parent.parent / "acceptance.json").read_text())


@pytest.mark.parametrize("case", [c for c in CASES if c["sym"] and c["pt"]], ids=lambda case: case["id"])
def test_acceptance_inputs_mean_what_the_case_says(case):
    parsed = parse(case["input"])
    at = dict(case["pt"])
    for symbol, expression in reversed(parsed.substitutions):
        at[symbol.name] = evaluate(expression, at)
    if parsed.wrt:  # the case's formula is differentiated once already
        return
    assert evaluate(parsed.expression, at) == pytest.approx(value(case["sym"], case["pt"]), rel=1e-12)
