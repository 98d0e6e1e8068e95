"""Text and LaTeX are read back as the same expression; MathML is valid; Python has the same value."""

import math
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chainrule.derivations.parsing import LONGEST, parse
from chainrule.errors import ParseError, UnsupportedFunctionError
from chainrule.expressions import EXPRESSIONS as xp
from chainrule.expressions import Abstract, Apply, Number, Piecewise, Symbol, Values, symbols_of, walk
from chainrule.expressions.latex import latex
from chainrule.expressions.mathml import mathml
from chainrule.expressions.names import ROOMS, WORDS
from chainrule.expressions.python import identifier, python
from chainrule.expressions.text import text
from chainrule.ops import CATALOGUE
from tests.expressions.trees import expressions

x, y = Symbol("x"), Symbol("y")


def read_back(printed):
    assume(len(printed) <= LONGEST)
    try:
        return parse(printed, variables=("rate_k",)).expression
    except ParseError as error:
        assume("the exponent is greater" not in error.what)  # exponents are bounded
        raise


@given(expressions(depth=6))
@settings(max_examples=500, deadline=None)
def test_text_is_read_back(expression):
    assert read_back(text(expression)).plain is expression.plain


@given(expressions(depth=6))
@settings(max_examples=500, deadline=None)
def test_latex_is_read_back(expression):
    assert read_back(latex(expression)).plain is expression.plain


@given(expressions(depth=12), st.sampled_from([text, latex]))
@settings(max_examples=60, deadline=None)
def test_deeper_expressions_are_read_back(expression, printer):
    assert read_back(printer(expression)).plain is expression.plain


@pytest.mark.parametrize("name", WORDS)
def test_every_function_is_read_back(name):
    applied = Apply(CATALOGUE[name], [Symbol(letter) for letter in "xyzt"[: CATALOGUE[name].arity]])
    for printer in (text, latex):
        assert parse(printer(applied)).expression.plain is applied
    assert ROOMS[WORDS[name].text] == name


CORE = set(
    """math mrow mi mn mo mtext mspace ms mfrac msqrt mroot mstyle merror mpadded mphantom msub msup msubsup munder
    mover munderover mmultiscripts mtable mtr mtd semantics annotation""".split()
)
CHILDREN = {"mfrac": 2, "msup": 2, "msub": 2, "mroot": 2}


@given(expressions(depth=6))
@settings(max_examples=300, deadline=None)
def test_mathml_is_one_valid_element_of_mathml_core(expression):
    root = ElementTree.fromstring(f"<math>{mathml(expression)}</math>")
    assert len(root) == 1
    for element in root.iter():
        assert element.tag in CORE
        assert len(element) == CHILDREN.get(element.tag, len(element))
        inner = element.tag in ("mi", "mn", "mo", "mtext")
        assert inner == (not len(element)) and bool((element.text or "").strip("\n ")) == inner


@given(expressions(depth=4, functions=False), st.integers(0, 2**32))
@settings(max_examples=400, deadline=None)
def test_python_has_the_same_value(expression, seed):
    rng = np.random.default_rng(seed)
    at = {symbol.name: rng.choice([-2.5, -1.0, -0.5, 0.3, 0.7, 1.0, 2.0, 3.5], 3) for symbol in symbols_of(expression)}
    values = Values(at)
    values[expression]
    sizes = [np.abs(values[node]) for node in walk(expression) if not getattr(node, "is_condition", False)]
    assume(all(np.all((size < 1e4) | np.isnan(size)) for size in sizes))  # what magnifies rounding shows nothing
    with np.errstate(all="ignore"):
        scope = {identifier(name): value for name, value in at.items()}
        found = eval(python(expression), {"np": np, "math": math, "__builtins__": {}}, scope)
    np.testing.assert_allclose(found, values[expression], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    "expression, one_line, in_latex, in_python",
    [
        (2 * x**2 - 4 * x + 5, "2x² − 4x + 5", "2 x^{2} - 4 x + 5", "2*x**2 - 4*x + 5"),
        ((x + 1) * x / 2, "(x + 1)·x/2", r"\frac{\left(x + 1\right) x}{2}", "(x + 1)*x/2"),
        (x / y / 2, "(x/y)/2", r"\frac{\frac{x}{y}}{2}", "x/y/2"),
        (x - (y - 1), "x − (y − 1)", r"x - \left(y - 1\right)", "x - (y - 1)"),
        (-(x + 1), "−(x + 1)", r"-\left(x + 1\right)", "-(x + 1)"),
        (x**y**2, "x^(y²)", "x^{y^{2}}", "x**(y**2)"),
        ((x**y) ** 2, "(x^y)²", r"\left(x^{y}\right)^{2}", "(x**y)**2"),
        (xp.sin(x) ** 2, "sin²(x)", r"\sin^{2}\left(x\right)", "np.sin(x)**2"),
        (xp.sin(x) ** -1, "sin(x)⁻¹", r"\sin\left(x\right)^{-1}", "np.sin(x)**-1.0"),
        (xp.exp(-x) * y, "e^(−x)·y", "e^{-x} y", "np.exp(-x)*y"),
        (xp.log_base(x, 2), "log₂(x)", r"\log_{2}\left(x\right)", "np.log2(x)"),
        (abs(x) + xp.cbrt(y), "|x| + ∛y", r"\left|x\right| + \sqrt[3]{y}", "np.abs(x) + np.cbrt(y)"),
        (x ** (Number(1) / 3), "x^(1/3)", r"x^{\frac{1}{3}}", "np.cbrt(x)"),
        (Symbol("lambda") * Symbol("x1"), "λ·x₁", r"\lambda x_{1}", "lambda_*x1"),
        (
            Piecewise(((x < 0, -x),), x),
            "{−x if x < 0; x otherwise}",
            r"\begin{cases} -x & \text{if } x < 0 \\ x & \text{otherwise} \end{cases}",
            "np.where(x < 0, -x, x)",
        ),
        (Abstract("f", (x,), (1,)), "f′(x)", r"f'\left(x\right)", "f_1(x)"),
        (Abstract("f", (x, y), (1, 2)), "f^(1, 2)(x, y)", r"f^{(1, 2)}\left(x, y\right)", "f_1_2(x, y)"),
    ],
)
def test_how_it_looks(expression, one_line, in_latex, in_python):
    assert text(expression) == one_line
    assert latex(expression) == in_latex
    assert python(expression) == in_python


def test_leibniz():
    slope = Abstract("y", (x,), (1,), "leibniz")
    assert text(slope * Abstract("y", (x,), None, "leibniz")) == "(dy/dx)·y"
    assert latex(slope) == r"\frac{dy}{dx}".replace("dy", "d y").replace("dx", "d x")
    assert text(Abstract("y", (x,), (2,), "leibniz")) == "d²y/dx²"


def test_mathml_reads_well():
    assert mathml(xp.sin(2 * x)) == (
        "<mrow><mi>sin</mi><mo>&#x2061;</mo><mrow><mo>(</mo><mrow><mn>2</mn><mo>&#x2062;</mo><mi>x</mi></mrow>"
        "<mo>)</mo></mrow></mrow>"
    )
    assert 'intent="absolute-value($x)"' in mathml(abs(x)) and 'arg="x"' in mathml(abs(x))


def test_a_part_can_be_marked():
    inner = x**2
    mark = lambda node: ("<", ">") if node.plain is inner else None
    assert text(xp.sin(inner) + inner, mark) == "sin(<x²>) + <x²>"
    assert latex(xp.sin(inner), mark) == r"\sin\left(<x^{2}>\right)"
    colour = lambda node: ('<mrow class="u1">', "</mrow>") if node.plain is inner else None
    assert '<mrow class="u1"><msup><mi>x</mi><mn>2</mn></msup></mrow>' in mathml(xp.sin(inner), colour)
    outer = lambda node: ("<", ">") if node.plain is xp.sin(x) else None
    assert text(xp.sin(x) ** 2, outer) == "<sin²(x)>"


def test_numbers_keep_their_digits():
    assert text(parse("0.50x").expression) == "0.50x"
    assert text(Number(1.5e-30)) == "1.5e-30" and latex(Number(1.5e-30)) == r"1.5 \times 10^{-30}"
    assert python(Number(10**20)) == "1e+20"


def test_what_numpy_has_no_function_for():
    with pytest.raises(UnsupportedFunctionError, match="scatter has no name in NumPy"):
        python(Apply(CATALOGUE["scatter"], (Symbol("A", (3,)),), {"index": 0, "shape": (3,)}))


@pytest.mark.parametrize("printer", [text, latex, mathml, python])
def test_deep_expressions_are_printed(printer):
    expression = x
    for _ in range(5000):
        expression = xp.sin(expression)
    assert printer(expression).count("sin") == 5000
