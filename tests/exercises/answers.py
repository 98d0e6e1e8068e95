"""Wrong answers to questions of many kinds, and what went wrong in each.

Rows: question, what the student wrote, the id of the misconception, where it happened (as the question's text
has it). `FROM_LITERATURE` is shared/acceptance/grading.json of this project, with its sources (STACK, Numbas,
the College Board, Khan Academy); the others are written for these tests.
"""

FROM_LITERATURE = [
    ("sin(x^2)", "cos(x**2)", "missing-inner-factor", "x^2"),
    ("sin(x^2)", "cos(2*x)", "outer-at-inner-derivative", "x^2"),
    ("ln(sin x)", "sin(x)/x+log(x)*cos(x)", "composition-as-product", "ln(sin x)"),
    ("(x^2+1)^5", "5*(x**2+1)**4", "missing-inner-factor", "x^2+1"),
    ("(x^2+1)^5", "5*(2*x)**4", "outer-at-inner-derivative", "x^2+1"),
    ("(x^2+1)^5", "5*(x**2+1)**4+2*x", "added-instead-of-multiplied", "(x^2+1)^5"),
    ("e^(x^2)", "exp(x**2)", "missing-inner-factor", "x^2"),
    ("e^(x^2)", "2*x*exp(x**2-1)", "exponent-of-e-lowered", "e^(x^2)"),
    ("sin(cos(tan x))", "-cos(cos(tan(x)))*sin(tan(x))", "stopped-early", "tan x"),
    ("2x e^(6x)", "12*exp(6*x)", "product-of-derivatives", "2x e^(6x)"),
    ("x^3", "x**4/4", "integrated-instead", "x^3"),
    ("(x^2+1)/(x-1)", "-(x**2-2*x-1)/(x-1)**2", "quotient-order-swapped", "(x^2+1)/(x-1)"),
]

OTHERS = [
    # The factor of the inner function is missing
    ("cos(5x)", "-sin(5x)", "missing-inner-factor", "5x"),
    ("tan(3x+1)", "sec^2(3x+1)", "missing-inner-factor", "3x+1"),
    ("sqrt(x^2+9)", "1/(2 sqrt(x^2+9))", "missing-inner-factor", "x^2+9"),
    ("ln(x^2+1)", "1/(x^2+1)", "missing-inner-factor", "x^2+1"),
    ("arctan(2x)", "1/(1+4x^2)", "missing-inner-factor", "2x"),
    ("2^(3x)", "2^(3x) ln 2", "missing-inner-factor", "3x"),
    ("1/(2x+1)^3", "-3/(2x+1)^4", "missing-inner-factor", "2x+1"),
    ("x^2 sin(3x)", "2x sin(3x) + x^2 cos(3x)", "missing-inner-factor", "3x"),
    ("e^(2x)/x", "(e^(2x) x - e^(2x))/x^2", "missing-inner-factor", "2x"),
    ("sin(2x) + cos(3x)", "cos(2x) - 3 sin(3x)", "missing-inner-factor", "2x"),
    ("sinh(x^3)", "cosh(x^3)", "missing-inner-factor", "x^3"),
    ("e^(tan(3x))", "3 e^(tan(3x))", "missing-inner-factor", "tan(3x)"),
    # A layer early
    ("sqrt(1 + sin(e^(x^2)))", "e^(x^2) cos(e^(x^2))/(2 sqrt(1+sin(e^(x^2))))", "stopped-early", "x^2"),
    ("tan^2(3x)", "2 tan(3x) sec^2(3x)", "stopped-early", "3x"),
    ("ln(cos(4x))", "-tan(4x)", "stopped-early", "4x"),
    ("e^(sin(x^2))", "e^(sin(x^2)) cos(x^2)", "stopped-early", "x^2"),
    ("x ln(ln(5x+2))", "ln(ln(5x+2)) + x/(ln(5x+2) (5x+2))", "stopped-early", "5x+2"),
    # f'(g')
    ("e^(3x)", "e^3", "outer-at-inner-derivative", "3x"),
    ("ln(x^3)", "1/(3x^2)", "outer-at-inner-derivative", "x^3"),
    ("sqrt(x^2+4)", "1/(2 sqrt(2x))", "outer-at-inner-derivative", "x^2+4"),
    ("x cos(x^2)", "cos(x^2) - x sin(2x)", "outer-at-inner-derivative", "x^2"),
    ("sin^3(x)", "3 cos^2 x", "outer-at-inner-derivative", "sin^3(x)"),
    # Read as a product
    ("sin(e^x)", "cos(x) e^x + sin(x) e^x", "composition-as-product", "sin(e^x)"),
    ("e^(cos x)", "e^x cos x - e^x sin x", "composition-as-product", "e^(cos x)"),
    ("1 + ln(tan x)", "tan(x)/x + ln(x) sec^2 x", "composition-as-product", "ln(tan x)"),
    # Added
    ("sin(x^3)", "cos(x^3) + 3x^2", "added-instead-of-multiplied", "sin(x^3)"),
    ("e^(5x)", "e^(5x) + 5", "added-instead-of-multiplied", "e^(5x)"),
    ("x (2x+1)^4", "(2x+1)^4 + x (4(2x+1)^3 + 2)", "added-instead-of-multiplied", "(2x+1)^4"),
    # Powers
    ("x^4", "4x^4", "exponent-not-lowered", "x^4"),
    ("5x^3 - 2x", "15x^3 - 2", "exponent-not-lowered", "x^3"),
    ("(3x-1)^6", "18 (3x-1)^6", "exponent-not-lowered", "(3x-1)^6"),
    ("sqrt(x)", "sqrt(x)/2", "exponent-not-lowered", "sqrt(x)"),
    ("x^7 + x", "x^6 + 1", "exponent-not-brought-down", "x^7"),
    ("1/x^2", "-2/x", "exponent-raised", "1/x^2"),
    ("x^5", "4x^4", "lowered-exponent-in-front", "x^5"),
    # Exponentials
    ("2^x", "x*2^(x-1)", "power-rule-on-exponential", "2^x"),
    ("e^(x^2)", "x^2 e^(x^2-1)*2x", "power-rule-on-exponential", "e^(x^2)"),
    ("x^(sin x)", "sin(x) x^(sin x - 1)", "power-rule-on-exponential", "x^(sin x)"),
    ("e^(5x)", "5 e^(5x-1)", "exponent-of-e-lowered", "e^(5x)"),
    ("3^x", "3^x", "logarithm-of-base-missing", "3^x"),
    ("x^4", "x^4 ln x", "exponential-rule-on-power", "x^4"),
    ("e^(2x)", "4x e^(2x)", "exponent-brought-down", "e^(2x)"),
    # Products and quotients
    ("x^2 e^x", "2x e^x", "product-of-derivatives", "x^2 e^x"),
    ("sin x cos x", "-cos x sin x", "product-of-derivatives", "sin x cos x"),
    ("x^3 ln x", "3x^2 ln x - x^2", "product-subtracted", "x^3 ln x"),
    ("x sin x", "1 + cos x", "product-as-sum", "x sin x"),
    ("x^2 sin x", "x^2 cos x", "one-factor-only", "x^2 sin x"),
    ("sin(x)/x", "(sin x - x cos x)/x^2", "quotient-order-swapped", "sin(x)/x"),
    ("x^2/(x+1)", "2x", "quotient-of-derivatives", "x^2/(x+1)"),
    ("x/(x^2+1)", "(1-x^2)/(x^2+1)", "quotient-not-squared", "x^2+1"),
    ("ln(x)/x^2", "(x + 2x ln x)/x^4", "quotient-added", "ln(x)/x^2"),
    ("3 + e^x/(1+x)", "(e^x - e^x (1+x))/(1+x)^2", "quotient-order-swapped", "e^x/(1+x)"),
    # Signs, constants, integrals, other functions
    ("cos(x)", "sin x", "sign", "cos(x)"),
    ("cos(x^2)", "2x sin(x^2)", "sign", "cos(x^2)"),
    ("x^2 cos x", "2x cos x + x^2 sin x", "sign", "cos x"),
    ("cot(2x)", "2 csc^2(2x)", "sign", "cot(2x)"),
    ("arccos x", "1/sqrt(1-x^2)", "sign", "arccos x"),
    ("cos(3x)", "sin(3x)/3", "integrated-instead", "cos(3x)"),
    ("1/x", "ln x", "integrated-instead", "1/x"),
    ("e^(4x)", "e^(4x)/4", "integrated-instead", "e^(4x)"),
    ("sin x", "-cos x", "integrated-instead", "sin x"),
    ("3x^2", "x^3 + C", "integrated-instead", "3x^2"),
    ("sqrt(x)", "2/3 x^(3/2)", "integrated-instead", "sqrt(x)"),
    ("7 sin x", "cos x", "constant-factor-dropped", "7 sin x"),
    ("x^2 + 5", "2x + 5", "constant-kept", "5"),
    ("7", "7", "constant-kept", "7"),
    ("tan x", "sec x", "square-missing", "tan x"),
    ("arcsin x", "-cos(x)/sin^2 x", "inverse-as-reciprocal", "arcsin x"),
    ("arctan x", "1/sqrt(1-x^2)", "other-function", "arctan x"),
    ("|x^2-1|", "2x", "absolute-value-ignored", "|x^2-1|"),
    ("max(x, x^2)", "2x", "other-branch", "max(x, x^2)"),
    ("sin(x^2)", "2x sin(x^2)", "outer-not-differentiated", "sin(x^2)"),
    ("ln(x^3+x)", "(3x^2+1)/x", "outer-at-variable", "x^3+x"),
    ("x^2 + sin x", "2x", "term-missing", "sin x"),
]

# Two slips at once, or the same one in several places: the ids of all of them
TOGETHER = [
    ("(x^2+1)^5", "5(x^2+1)^5", ["exponent-not-lowered", "missing-inner-factor"]),
    ("e^(x^2)", "x^2 e^(x^2-1)", ["power-rule-on-exponential", "missing-inner-factor"]),
    ("cos(x^2)", "sin(x^2)", ["sign", "missing-inner-factor"]),
    ("sin(2x) + cos(3x)", "cos(2x) - sin(3x)", ["missing-inner-factor", "missing-inner-factor"]),
    ("x^4 + cos x", "4x^4 + sin x", ["exponent-not-lowered", "sign"]),
    ("sin(2x)+sin(3x)+sin(4x)", "cos(2x)+cos(3x)+cos(4x)", ["missing-inner-factor"] * 3),
    ("cos^3(x)", "3 cos^3(x) sin(x)", ["exponent-not-lowered", "sign"]),
    ("(2x+1)^3 (x-4)^2", "6(2x+1)^2 (x-4)", ["product-of-derivatives", "missing-inner-factor"]),
    ("sin(2x)/x", "(sin(2x) - x cos(2x))/x^2", ["quotient-order-swapped", "missing-inner-factor"]),
]

# Wrong as a whole: not a slip in one place
AS_A_WHOLE = [
    ("x^2 y", "x", "x^2", "wrong-variable"),
    ("sqrt(x^2)", "x", "1", "part-of-domain"),
    ("2^x", "x", "0.6931*2^x", "rounded"),
    ("x^2", "x", "2x + 3", "constant-added"),
    ("(2x+1)^3", "x", "5(2x+1)^2", "factor-wrong"),
    ("x^2", "x", "sin x + x^7", "unknown"),
]

# Right answers, in forms in which they are really given
RIGHT = [
    ("tan(1-2e^x)", "-2e^x (1 + tan^2(1-2e^x))"),
    ("tan(1-2e^x)", "-2e^x sec^2(1-2e^x)"),
    ("sin^2 x", "sin(2x)"),
    ("sin^2 x", "2 sin x cos x"),
    ("ln(5x)", "1/x"),
    ("ln(x^2)", "2/x"),
    ("sqrt(x^2)", "x/|x|"),
    ("sqrt(x^2)", "sign(x)"),
    ("|x|", "|x|/x"),
    ("x^x", "x^x (1 + ln x)"),
    ("x^x", "e^(x ln x)(ln x + 1)"),
    ("cbrt(x)", "1/(3 x^(2/3))"),
    ("x^(1/3)", "1/3 x^(-2/3)"),
    ("arcsin(sqrt x)", "1/(2 sqrt(x-x^2))"),
    ("1/(1+e^(-x))", "e^x/(1+e^x)^2"),
    ("log_10(x)", "1/(x ln 10)"),
    ("max(x, x^2)", "(1+2x)/2 + (2x-1)/2 sign(x^2-x)"),
    ("ln(ln(ln x))", "1/(x ln(x) ln(ln x))"),
    ("n x^(n-1)", "n(n-1) x^(n-2)"),
    ("(x^2+1)^5", "dy/dx = 10x(x^2+1)^4"),
    ("(x^2+1)^5", "y' = 10x (1+x^2)^4"),
    ("(x^2+1)^5", "10x^9+40x^7+60x^5+40x^3+10x"),
    ("(x+1)^2/(x+1)", "1"),
    ("sin(x)/cos(x)", "sec^2 x"),
    ("arctan(x) + arctan(1/x)", "0"),
    ("e^(ln x)", "1"),
    ("cosh(x)^2 - sinh(x)^2", "0"),
    ("ln|x|", "1/x"),
    ("5", "0"),
]
