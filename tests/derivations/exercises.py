"""Exercises of the kinds that calculus textbooks set, with answers worked out by hand.

Each row: what a student types, the variable, the answer as Python (log, sec ... as in `formula.py`), and
rules that the derivation must name.
"""

ONE_VARIABLE = [
    # Powers, sums, constant multiples
    ("7", "x", "0", {"constant"}),
    ("x", "x", "1", {"variable"}),
    ("-x", "x", "-1", {"constant-multiple"}),
    ("5x^4 - 3x^2 + 2x - 9", "x", "20*x**3-6*x+2", {"sum", "constant-multiple", "power", "constant"}),
    ("x^7/7", "x", "x**6", {"constant-multiple", "power"}),
    ("3/x^4", "x", "-12/x**5", {"power"}),
    ("4/x", "x", "-4/x**2", {"power"}),
    ("x^(3/2)", "x", "1.5*sqrt(x)", {"power"}),
    ("x^(-1/2)", "x", "-0.5*x**(-1.5)", {"power"}),
    ("x^pi", "x", "pi*x**(pi-1)", {"power"}),
    ("cbrt(x)", "x", "1/(3*cbrt(x)**2)", {"power"}),
    ("(3x+1)(2x-5)", "x", "12*x-13", {"product", "sum"}),
    ("x^3(2-x)", "x", "6*x**2-4*x**3", {"product"}),
    ("-(x^2+1)", "x", "-2*x", {"constant-multiple", "sum", "power"}),
    ("(x^2+3x)/5", "x", "(2*x+3)/5", {"constant-multiple", "sum"}),
    # Chains of two
    ("(2x^3-5)^7", "x", "42*x**2*(2*x**3-5)**6", {"chain", "power"}),
    ("(1-x)^10", "x", "-10*(1-x)**9", {"chain", "power"}),
    ("1/(x^2+1)^3", "x", "-6*x/(x**2+1)**4", {"chain", "power"}),
    ("sqrt(x^2+9)", "x", "x/sqrt(x**2+9)", {"chain"}),
    ("cbrt(1+x^3)", "x", "x**2/cbrt(1+x**3)**2", {"chain"}),
    ("5 sin(2x)", "x", "10*cos(2*x)", {"chain", "sin"}),
    ("cos(x/2)", "x", "-sin(x/2)/2", {"chain", "cos"}),
    ("tan(x^3)", "x", "3*x**2*sec(x**3)**2", {"chain", "tan"}),
    ("cot(5x)", "x", "-5*csc(5*x)**2", {"chain", "cot"}),
    ("csc(x^2)", "x", "-2*x*csc(x**2)*cot(x**2)", {"chain", "csc"}),
    ("sec(3x)", "x", "3*sec(3*x)*tan(3*x)", {"chain", "sec"}),
    ("e^(-x^2)", "x", "-2*x*exp(-x**2)", {"chain", "exponential"}),
    ("2^(x^2)", "x", "2*x*2**(x**2)*log(2)", {"chain", "exponential"}),
    ("10^x", "x", "10**x*log(10)", {"exponential"}),
    ("e^(sqrt x)", "x", "exp(sqrt(x))/(2*sqrt(x))", {"chain", "exponential"}),
    ("ln(5x)", "x", "1/x", {"chain", "logarithm"}),
    ("ln(cos x)", "x", "-tan(x)", {"chain", "logarithm", "cos"}),
    ("(ln x)^3", "x", "3*log(x)**2/x", {"chain", "power", "logarithm"}),
    ("ln(ln x)", "x", "1/(x*log(x))", {"chain", "logarithm"}),
    ("log_10(3x+1)", "x", "3/((3*x+1)*log(10))", {"chain", "logarithm"}),
    ("log_3(x)", "x", "1/(x*log(3))", {"logarithm"}),
    ("arctan(x^2)", "x", "2*x/(1+x**4)", {"chain", "arctan"}),
    ("arccos(3x)", "x", "-3/sqrt(1-9*x**2)", {"chain", "arccos"}),
    ("arcsin(sqrt x)", "x", "1/(2*sqrt(x)*sqrt(1-x))", {"chain", "arcsin"}),
    ("sinh(3x)", "x", "3*cosh(3*x)", {"chain", "sinh"}),
    ("cosh(x^2)", "x", "2*x*sinh(x**2)", {"chain", "cosh"}),
    ("arsinh(2x)", "x", "2/sqrt(1+4*x**2)", {"chain", "arcsinh"}),
    ("artanh(x/2)", "x", "0.5/(1-x**2/4)", {"chain", "arctanh"}),
    ("sigmoid(3x-1)", "x", "3*exp(-(3*x-1))/(1+exp(-(3*x-1)))**2", {"chain", "sigmoid"}),
    # Chains of three and more
    ("sin^3(4x)", "x", "12*sin(4*x)**2*cos(4*x)", {"chain", "power", "sin"}),
    ("cos^2(x^2)", "x", "-4*x*cos(x**2)*sin(x**2)", {"chain", "power", "cos"}),
    ("e^(tan(3x))", "x", "3*exp(tan(3*x))*sec(3*x)**2", {"chain", "exponential", "tan"}),
    ("sqrt(1 + sin(e^(x^2)))", "x", "x*exp(x**2)*cos(exp(x**2))/sqrt(1+sin(exp(x**2)))", {"chain", "sin"}),
    ("ln(sin(x^2+1))", "x", "2*x*cos(x**2+1)/sin(x**2+1)", {"chain", "logarithm", "sin"}),
    ("sin(cos(tan x))", "x", "-cos(cos(tan(x)))*sin(tan(x))*sec(x)**2", {"chain", "sin", "cos", "tan"}),
    ("(1+(1+x^2)^3)^4", "x", "24*x*(1+x**2)**2*(1+(1+x**2)**3)**3", {"chain", "power"}),
    ("sqrt(1+sqrt(1+x))", "x", "1/(4*sqrt(1+x)*sqrt(1+sqrt(1+x)))", {"chain"}),
    ("tanh(ln(x^2))", "x", "2*(1-tanh(log(x**2))**2)/x", {"chain", "tanh"}),
    # Products and quotients
    ("x^2 e^x", "x", "2*x*exp(x)+x**2*exp(x)", {"product", "exponential"}),
    ("x e^(-2x)", "x", "exp(-2*x)-2*x*exp(-2*x)", {"product", "chain"}),
    ("(x+1)/(x-1)", "x", "-2/(x-1)**2", {"quotient"}),
    ("x/(x^2+1)", "x", "(1-x**2)/(x**2+1)**2", {"quotient"}),
    ("sin(x)/x", "x", "(x*cos(x)-sin(x))/x**2", {"quotient", "sin"}),
    ("e^x/(1+e^x)", "x", "exp(x)/(1+exp(x))**2", {"quotient"}),
    ("((x-1)/(x+1))^3", "x", "6*(x-1)**2/(x+1)**4", {"chain", "power", "quotient"}),
    ("x^2 sqrt(1-x^2)", "x", "2*x*sqrt(1-x**2)-x**3/sqrt(1-x**2)", {"product", "chain"}),
    ("sin(x)cos(x)", "x", "cos(2*x)", {"product"}),
    ("e^x sin(2x) ln x", "x", "exp(x)*(sin(2*x)*log(x)+2*cos(2*x)*log(x)+sin(2*x)/x)", {"product"}),
    ("ln(x)/x^2", "x", "(1-2*log(x))/x**3", {"quotient", "logarithm"}),
    # Base and exponent
    ("x^(sin x)", "x", "x**sin(x)*(cos(x)*log(x)+sin(x)/x)", {"general-power"}),
    ("(x^2+1)^(3x)", "x", "(x**2+1)**(3*x)*(3*log(x**2+1)+6*x**2/(x**2+1))", {"general-power"}),
    ("x^(1/x)", "x", "x**(1/x)*(1-log(x))/x**2", {"general-power"}),
    # Not differentiable everywhere
    ("|x|", "x", "sign(x)", {"abs"}),
    ("|sin x|", "x", "cos(x)*sign(sin(x))", {"chain", "abs"}),
    ("min(x, x^2)", "x", "1 if x < 0 or x > 1 else 2*x", {"min"}),
    ("max(x^2, 2x)", "x", "2*x if x < 0 or x > 2 else 2", {"max"}),
    ("relu(3x-2)", "x", "3 if x > 2/3 else 0", {"chain", "max"}),
    ("sqrt(x^2)", "x", "sign(x)", {"chain"}),
    # Parameters are constants
    ("a x^2 + b x + c", "x", "2*a*x+b", {"sum", "constant-multiple"}),
    ("A sin(w t + p)", "t", "A*w*cos(w*t+p)", {"chain", "sin"}),
    ("e^(-k t)", "t", "-k*exp(-k*t)", {"chain", "exponential"}),
    ("e^(-(x-m)^2/(2 s^2))", "x", "-(x-m)/s**2*exp(-(x-m)**2/(2*s**2))", {"chain", "exponential"}),
    ("a^x", "x", "a**x*log(a)", {"exponential"}),
    ("x^n", "x", "n*x**(n-1)", {"power"}),
    # Several variables
    ("x^2 y + y^3", "y", "x**2+3*y**2", {"sum", "partial"}),
    ("e^(x y)", "x", "y*exp(x*y)", {"chain", "partial"}),
    ("sqrt(x^2+y^2+z^2)", "z", "z/sqrt(x**2+y**2+z**2)", {"chain", "partial"}),
    ("ln(x/y)", "y", "-1/y", {"chain", "partial"}),
    ("arctan(y/x)", "x", "-y/(x**2+y**2)", {"chain", "partial"}),
    ("x^y", "y", "x**y*log(x)", {"exponential", "partial"}),
]

# What one substitution after another leads to: text, variable, answer in that variable, rules
SUBSTITUTIONS = [
    ("y = u^5; u = x^2 + 1", "x", "10*x*(x**2+1)**4", {"chain", "substitution"}),
    ("y = sin u; u = v^2; v = 3x - 1", "x", "6*(3*x-1)*cos((3*x-1)**2)", {"chain", "substitution"}),
    ("y = e^u; u = -x/2", "x", "-exp(-x/2)/2", {"chain", "substitution"}),
    ("w = x y; x = t^2; y = sin t", "t", "2*t*sin(t)+t**2*cos(t)", {"total"}),
    ("w = x^2 + y^2 + z^2; x = cos t; y = sin t; z = t", "t", "2*t", {"total"}),
    ("z = ln(x + y); x = e^t; y = e^(-t)", "t", "(exp(t)-exp(-t))/(exp(t)+exp(-t))", {"total"}),
]

# Implicit: equation, a point (x, y) on the curve, dy/dx in x and y
IMPLICIT = [
    ("x^2 + y^2 = 25", (3, 4), "-x/y"),
    ("x^3 + y^3 = 6 x y", (3, 3), "(2*y-x**2)/(y**2-2*x)"),
    ("sin(x y) = x", (0.5, 1.0471975511965976), "(1-y*cos(x*y))/(x*cos(x*y))"),
    ("x e^y = 1", (0.5, 0.6931471805599453), "-1/x"),
    ("sqrt(x) + sqrt(y) = 3", (1, 4), "-sqrt(y)/sqrt(x)"),
    ("x^y = y^x", (2, 4), "(log(y)-y/x)/(log(x)-x/y)"),
    ("y^2 = x^3 - x", (2, 2.449489742783178), "(3*x**2-1)/(2*y)"),
]

# Parametric: text, dy/dx in t
PARAMETRIC = [
    ("x = cos t, y = sin t", "-cos(t)/sin(t)"),
    ("x = t^2, y = t^3", "3*t/2"),
    ("x = t - sin t, y = 1 - cos t", "sin(t)/(1-cos(t))"),
    ("x = e^t, y = e^(2t) + 1", "2*exp(t)"),
]

# Higher and mixed orders: text, variables in order, answer
ORDERS = [
    ("x^5", "x", 2, "20*x**3"),
    ("sin(2x)", "x", 2, "-4*sin(2*x)"),
    ("e^(x^2)", "x", 2, "2*exp(x**2)+4*x**2*exp(x**2)"),
    ("ln x", "x", 3, "2/x**3"),
    ("x e^x", "x", 3, "(x+3)*exp(x)"),
    ("1/(1+x)", "x", 2, "2/(1+x)**3"),
    ("sqrt(1+x^2)", "x", 2, "(1+x**2)**-1.5"),
]
MIXED = [
    ("x^2 y^3", "xy", "6*x*y**2"),
    ("sin(x y)", "xy", "cos(x*y)-x*y*sin(x*y)"),
    ("e^(x+2y)", "yx", "2*exp(x+2*y)"),
    ("x^3 y^2 z", "xyz", "6*x**2*y"),
]
