"""Derivations of every kind, to be rendered in every format."""

import numpy as np


def program(x):
    y = x
    for _ in range(3):
        y = np.sin(y * x)
    return y


SOURCES = [
    ("sqrt(1 + sin(e^(x^2)))", {"at": {"x": 0.5}}),
    ("x^2 e^x/(1+x)", {}),
    ("|sin x|", {"at": {"x": 0.0}}),
    ("2(x y + max(z, w))", {"wrt": "x", "at": {"x": 3.0, "y": -4.0, "z": 2.0, "w": -1.0}}),
    ("x y + z^2", {"wrt": ("x", "z")}),
    ("1/(1 + e^(-x))", {}),
    ("x^(sin x)", {}),
    ("log(log(sin x))", {}),
    ("sin(3x)", {"order": 3}),
    ("y = 6u^3; u = 7x - 4", {"at": {"x": 1.0}}),
    ("w = x y; x = t^2; y = sin t", {"at": {"t": 1.0}}),
    ("x^2 + y^2 = 25", {}),
    ("x = cos t, y = sin t", {}),
    ("f(g(x))", {"functions": ("f", "g")}),
    ("alpha x_max^2 + 3.50 x_max", {"wrt": "x_max"}),
    ("sin(" * 40 + "x" + ")" * 40, {}),
    ("max(x, x^2)", {"at": {"x": 0.3}}),
    ("floor(x) + sec x", {}),
    ("norm2(A*x - y)^2", {"wrt": "x"}),
    ("W2@tanh(W1@x+b1)+b2", {"wrt": ("W1", "b1")}),
    ("sum(log(1+exp(-y.*(X*w))))", {"wrt": "w"}),
    (program, {"at": {"x": 0.5}}),
]
