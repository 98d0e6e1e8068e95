"""Random expressions: what the rules carry back, tidied and not, is how the function moves; every format prints it."""

import xml.dom.minidom

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from chainrule.derivations.matrices.checking import Sampler, check, value
from chainrule.derivations.matrices.derivation import MatrixDerivation
from chainrule.derivations.matrices.jacobians import jacobian
from chainrule.derivations.matrices.tidying import Tidying
from chainrule.derivations.matrices.walk import pulled
from chainrule.errors import DerivationError
from chainrule.expressions import symbols_of
from chainrule.expressions.arrayprinters import ArrayPython
from chainrule.expressions.arrays import ARRAYS, Array
from chainrule.expressions.latex import latex
from chainrule.expressions.mathml import mathml
from chainrule.expressions.shapes import same_shape, shape_of
from chainrule.expressions.text import text
from tests.derivations.matrices.expressions import SYMBOLS, M, N, arrays

SIZES = {M.name, N.name}
common = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


def one_variable(data, expression):
    variables = [symbol for symbol in symbols_of(expression) if symbol.name not in SIZES]
    assume(variables)
    return data.draw(st.sampled_from(variables))


def checked(function, form, variable):
    found = check(function, lambda direction: ARRAYS.sum(Array.of(form) * Array.of(direction)).expression, variable,
                  Sampler([]), count=3)  # fmt: skip
    assert found.passed or found.reason
    return found.passed


@common
@given(arrays((), 4), st.data())
def test_gradients_of_numbers(array, data):
    function = array.expression
    variable = one_variable(data, function)
    carried = pulled(function, variable, 1)
    assert same_shape(carried.shape, variable.shape)
    tidy = Tidying(function)(carried.expression)
    assert same_shape(shape_of(tidy), variable.shape)
    if checked(function, tidy, variable):
        checked(function, carried.expression, variable)


@common
@given(arrays((M,), 3), st.data())
def test_jacobians_of_vectors(array, data):
    function = array.expression
    variable = one_variable(data, function)
    assume(len(variable.shape) < 2)
    try:
        found = jacobian(function, variable)
    except DerivationError as error:
        assert "no closed form" in str(error)
        return
    assert same_shape(found.shape, (*shape_of(function), *variable.shape))

    def moved(direction):
        change = Array.of(direction)
        return (found @ change if change.shape else found * change).expression

    check(function, moved, variable, Sampler([]), count=3)


@common
@given(arrays((M, N), 3), st.data())
def test_what_a_gradient_by_a_matrix_becomes(array, data):
    variable = one_variable(data, array.expression)
    derivation = MatrixDerivation(array.expression, variable, shapes=SYMBOLS, cotangent="G")
    assert derivation.layout == "cotangent"
    assert same_shape(shape_of(derivation.result), variable.shape)
    assert derivation.check.passed or derivation.check.reason


@common
@given(arrays((), 3), st.data())
def test_paths_add_up_and_factors_chain(array, data):
    variable = one_variable(data, array.expression)
    derivation = MatrixDerivation(array.expression, variable, shapes=SYMBOLS)
    assume(derivation.paths)
    total = None
    for path in derivation.paths:
        assert [factor.number for factor in path.factors] == list(range(1, len(path.factors) + 1))
        for one, other in zip(path.factors, path.factors[1:]):
            assert same_shape(one.shapes[1], other.shapes[0]) and one.by.plain is other.of.plain
        product = Array.of(path.product)
        total = product if total is None else total + product
    checked(array.expression, total.expression, variable)


@common
@given(arrays((), 3), st.data())
def test_every_printer_and_numpy_reads_it_back(array, data):
    function = array.expression
    variable = one_variable(data, function)
    result = Tidying(function)(pulled(function, variable, 1).expression)
    for expression in (function, result):
        assert "Symbol" not in text(expression)
        assert latex(expression).count("{") == latex(expression).count("}")
        xml.dom.minidom.parseString(f"<math>{mathml(expression)}</math>")
    for _, at, (ready, _) in Sampler([result, function]).points(2):
        found = eval(ArrayPython(result, (function,))(result), {"np": np}, dict(at))
        np.testing.assert_allclose(found, value(ready, at), rtol=1e-7, atol=1e-9)


@common
@given(arrays((M, N), 3))
def test_tidying_keeps_values_and_shapes(array):
    tidy = Tidying()(array.expression)
    assert same_shape(shape_of(tidy), array.shape)
    for _, at, (one, other) in Sampler([array.expression, tidy]).points(2):
        np.testing.assert_allclose(value(one, at), value(other, at), rtol=1e-7, atol=1e-9)
