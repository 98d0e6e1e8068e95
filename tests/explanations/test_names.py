"""The user's own names: from assignments, from uses, from the frame, and what stands in for them."""

import numpy as np

import chainrule as cr


def factors(explanation):
    return [factor.name for factor in explanation.factors]


def test_every_kind_of_assignment_names_its_value():
    x = cr.tensor(0.7, requires_grad=True)
    p: object = np.sin(x)
    q = r = np.exp(p)
    s, t = np.tanh(r), 3.0
    if (u := s * t) > 0:
        u += 1.0
    y = np.log(u)
    assert factors(cr.explain(y, wrt=x)) == ["∂y/∂u₂", "∂u₂/∂u₁", "∂u₁/∂s", "∂s/∂q", "∂q/∂p", "∂p/∂x"]
    assert q is r


def test_names_inside_a_function_outlive_it():
    def loss(v):
        inner = v * 2.0
        return np.exp(inner)

    w = cr.tensor(0.5, requires_grad=True)
    out = loss(w)
    assert factors(cr.explain(out, wrt=w)) == ["∂out/∂inner", "∂inner/∂w"]


def test_a_parameter_names_the_value_given_to_it():
    def sigma(z):
        return 1 / (1 + np.exp(-z))

    w = cr.tensor(0.5, requires_grad=True)
    out = sigma(w * 2.0)
    assert factors(cr.explain(out, wrt=w)) == ["∂out/∂z", "∂z/∂w"]


def test_a_lambda_is_read_like_any_expression():
    square = lambda t: np.tanh(t) ** 2
    w = cr.tensor(0.5, requires_grad=True)
    out = square(w)
    assert [link.symbol for link in cr.explain(out, wrt=w).paths[0].links] == ["2·tanh(w)", "1 − tanh(w)²"]


def test_constants_are_named_as_they_are_written():
    w = cr.tensor(0.5, requires_grad=True)
    settings = {"rate": 3.0}
    y = w * settings["rate"]
    assert cr.explain(y, wrt=w).paths[0].links[0].symbol == "settings['rate']"
    n = 3.0
    y = w**n
    assert cr.explain(y, wrt=w).paths[0].links[0].symbol == "n·w^(n − 1)"
    y = w**3
    assert cr.explain(y, wrt=w).paths[0].links[0].symbol == "3·w²"


def test_a_name_that_stands_for_many_values_is_numbered():
    h = x = cr.tensor(0.9, requires_grad=True)
    for _ in range(3):
        h = np.sin(h)
    assert factors(cr.explain(h, wrt=x)) == ["∂h/∂h₂", "∂h₂/∂h₁", "∂h₁/∂x"]


def test_the_name_given_to_a_leaf_serves_where_no_variable_does():
    box = [cr.tensor(0.9, requires_grad=True, name="weight")]
    y = np.sin(box[0])
    assert factors(cr.explain(y, wrt=box[0])) == ["∂y/∂weight"]


def test_an_item_names_its_value():
    params = {"w": cr.tensor(0.9, requires_grad=True)}
    y = np.sin(params["w"])
    assert factors(cr.explain(y, wrt=params["w"])) == ["∂y/∂params['w']"]


def test_names_can_be_given():
    w = cr.tensor(0.9, requires_grad=True)
    y = np.sin(w)
    assert factors(cr.explain(y, wrt=w, names={"loss": y, "theta": w, "other": 3})) == ["∂loss/∂theta"]


def test_without_source_every_value_gets_a_number():
    scope = {"np": np, "w": cr.tensor(0.5, requires_grad=True)}
    exec("z = np.exp(w * 2.0)\nl = (z - 1.0) ** 2", scope)
    explanation = cr.explain(scope["l"], wrt=scope["w"], names={})
    text = str(explanation)
    assert factors(explanation) == ["∂value/∂u3", "∂u3/∂u2", "∂u2/∂u1", "∂u1/∂input"]
    assert "where u1 = input·2" in text and "u2 = exp(u1)" in text and "u3 = u2 − 1" in text


def test_without_source_the_frame_still_names_what_it_holds():
    scope = {"np": np, "w": cr.tensor(0.5, requires_grad=True)}
    exec("z = np.exp(w)\nl = z * z", scope)
    explanation = cr.explain(scope["l"], wrt=scope["w"], names=scope)
    assert [f.name for f in explanation.paths[0].factors] == ["∂l/∂z", "∂z/∂w"]


def test_a_placeholder_avoids_the_users_own_u1():
    u1 = cr.tensor(1.5, requires_grad=True)
    y = np.log(np.sin(u1) * np.exp(u1) + np.cosh(u1) + np.arctan(u1) * 2.0)
    text = str(cr.explain(y, wrt=u1))
    assert "where node1 = sin(u1)·exp(u1) + cosh(u1) + arctan(u1)·2" in text


def test_calls_and_methods_over_several_lines():
    x = cr.tensor([1.0, 4.0], requires_grad=True)
    total = np.sqrt(
        x,
    ).sum()
    rows = cr.explain(total, wrt=x).links()
    assert [str(row) for row in rows] == ["total → √x", "√x → x"]


def test_the_argument_of_a_method_is_not_taken_for_its_object():
    x = cr.tensor([1.0, 4.0], requires_grad=True)
    axis = 0
    y = (x * 2.0).sum(axis)
    assert [str(row) for row in cr.explain(y, wrt=x).links()] == ["y → x·2", "x·2 → x"]


def test_a_function_of_ours_that_records_several_links_is_one_expression():
    x = cr.tensor(0.3, requires_grad=True)
    e = np.abs(np.exp(1j * x) + 0.5)
    text = str(cr.explain(e, wrt=x))
    assert "u2 = real(u1)" in text and "u3 = imag(u1)" in text


def test_a_watched_tensor_is_named_and_explained_after_its_tape():
    w = cr.tensor(2.0)
    with cr.GradientTape() as tape:
        tape.watch(w)
        y = np.exp(w * 3.0)
    assert factors(cr.explain(y, wrt=w)) == ["∂y/∂w"]
