"""Places: the user's own line and expression, whatever library code stands in between."""

import functools
import inspect
import threading

import numpy as np
import pytest

import chainrule as cr
from chainrule import places


def here_line():
    return inspect.currentframe().f_back.f_lineno


def place_of(t):
    return places.Place(t.node.code, t.node.instruction)


w = cr.tensor([1.0, 2.0], requires_grad=True)
PROGRAMS = {
    "an operator": (lambda: w * 2.0, "w * 2.0"),
    "reversed": (lambda: 3.0 / w, "3.0 / w"),
    "a ufunc": (lambda: np.sin(w), "np.sin(w)"),
    "a function": (lambda: np.concatenate([w, w]), "np.concatenate([w, w])"),
    "a method": (lambda: w.sum(), "w.sum()"),
    "an index": (lambda: w[0], "w[0]"),
    "matmul": (lambda: w @ w, "w @ w"),
    "a composition": (lambda: np.linalg.norm(w), "np.linalg.norm(w)"),
    "ours": (lambda: cr.softplus(w), "cr.softplus(w)"),
    "NumPy's Python": (lambda: np.apply_along_axis(np.sum, 0, np.ones(2)) * w, None),
    "map": (lambda: next(map(np.exp, [w])), "next(map(np.exp, [w]))"),
    "reduce": (lambda: functools.reduce(np.multiply, [w, w]), None),
    "the innermost call": (lambda: np.exp(np.sin(w)), "np.exp(np.sin(w))"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_link_knows_its_line_and_its_expression(name):
    function, text = PROGRAMS[name]
    place = place_of(function())
    assert (place.filename, place.line) == (__file__, function.__code__.co_firstlineno)
    if text is not None:
        assert _expression(place) == text


def _expression(place):
    with open(place.filename, "rb") as file:
        line = file.read().splitlines()[place.line - 1]
    return line[place.column : place.end_column].decode()


def test_an_expression_over_several_lines():
    y = np.multiply(
        w,  # a comment keeps the lines apart
        2.0,
    )
    place = place_of(y)
    assert place.end_line - place.line == 3 and place.line == here_line() - 5


def test_columns_count_bytes():
    größe = w
    y = "ü" and größe * 2.0
    assert _expression(place_of(y)) == "größe * 2.0"


def test_here_is_the_present_line():
    place = places.here()
    assert (place.line, place.function) == (here_line() - 1, "test_here_is_the_present_line")
    assert str(place).startswith(f"{__file__}:{place.line}    place = places.here()")


def test_here_inside_our_own_and_numpys_code_is_the_users():
    seen = []

    class Probe:
        def __array__(self, dtype=None, copy=None):
            seen.append(places.here())
            return np.ones(2)

    np.vectorize(lambda x: x)(Probe())
    assert seen[0].function == "__array__"
    assert places.INSIDE[np.__file__] and places.INSIDE[cr.__file__] and not places.INSIDE[__file__]


def test_hidden_directories(tmp_path):
    file = tmp_path / "library" / "part.py"
    file.parent.mkdir()
    file.write_text("def twice(x):\n    return x * 2\n")
    scope = {}
    exec(compile(file.read_text(), str(file), "exec"), scope)
    assert place_of(scope["twice"](w)).filename == str(file)
    hidden = len(places._HIDDEN)
    try:
        places.hide(file.parent)
        assert place_of(scope["twice"](w)).line == here_line()
    finally:
        del places._HIDDEN[hidden:]
        places.INSIDE.clear()


def test_code_without_a_source():
    y = eval("w * 2.0", {"w": w})
    place = place_of(y)
    assert (place.filename, place.text, str(place)) == ("<string>", "", "<string>:1")


def test_places_keep_no_variables_alive():
    class Kept:
        pass

    import weakref

    def function():
        kept = Kept()
        return w * 2.0, weakref.ref(kept)

    y, ref = function()
    assert ref() is None and place_of(y).function == "function"


def test_threads_have_their_own_place():
    results = []
    thread = threading.Thread(target=lambda: results.append(place_of(w * 2.0)))
    thread.start()
    thread.join()
    assert results[0].line == here_line() - 3
