"""Trees of arguments: flattening is undone by rebuilding, whatever the tree."""

import collections
import dataclasses
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.core import tree


class Pair(NamedTuple):
    left: Any
    right: Any


@dataclasses.dataclass
class Layer:
    w: Any
    b: Any = None


@dataclasses.dataclass(frozen=True)
class Frozen:
    w: Any


@dataclasses.dataclass
class Derived:
    w: Any
    doubled: Any = dataclasses.field(init=False)

    def __post_init__(self):
        self.doubled = [self.w, self.w]


def inner(children):
    return st.one_of(
        st.lists(children, max_size=3),
        st.lists(children, max_size=3).map(tuple),
        st.dictionaries(st.one_of(st.text(max_size=2), st.integers(0, 3)), children, max_size=3),
        st.builds(Pair, children, children),
        st.builds(Layer, children, children),
        st.builds(Frozen, children),
        st.dictionaries(st.text(max_size=2), children, max_size=2).map(collections.OrderedDict),
        st.dictionaries(st.text(max_size=2), children, max_size=2).map(lambda d: collections.defaultdict(list, d)),
    )


TREES = st.recursive(st.one_of(st.none(), st.floats(allow_nan=False)), inner, max_leaves=12)


@given(TREES)
def test_flatten_and_rebuild(value):
    leaves, rebuild = tree.flatten(value)
    again = rebuild(leaves)
    assert again == value and type(again) is type(value)
    assert len(tree.paths(value)) == len(leaves)
    negated = tree.map(lambda x: -x, value)
    assert tree.flatten(negated)[0] == [-x for x in leaves]
    assert tree.difference(negated, value) == ""


@given(TREES)
def test_paths_lead_to_the_leaves(value):
    for leaf, path in zip(tree.flatten(value)[0], tree.paths(value)):
        assert eval("value" + path, {"value": value}) is leaf


def test_what_a_dict_subclass_holds_besides_is_kept():
    value = collections.defaultdict(int, a=1.0)
    again = tree.map(lambda x: x + 1, value)
    assert again == {"a": 2.0} and again["missing"] == 0 and "missing" not in value


def test_dicts_keep_their_order_and_flatten_in_sorted_order():
    leaves, rebuild = tree.flatten({"b": 1, "a": 2})
    assert leaves == [2, 1] and list(rebuild(leaves)) == ["b", "a"]


def test_derived_fields_of_a_dataclass_are_derived_again():
    again = tree.map(lambda x: x * 10, Derived(1.0))
    assert again.doubled == [10.0, 10.0]


def test_values_are_not_changed():
    value = {"a": [1.0], "b": Layer(2.0)}
    tree.map(lambda x: x + 1, value)
    assert value == {"a": [1.0], "b": Layer(2.0)}


@pytest.mark.parametrize(
    "one, other, words",
    [
        ([1.0], [1.0, 2.0], "nothing stands at [1]"),
        ([1.0, 2.0], [1.0], "something stands at [1]"),
        ({"a": 1.0}, {"b": 1.0}, "nothing stands at ['b'] and something stands at ['a']"),
        (1.0, [1.0], "nothing stands at [0] and something stands at its top"),
        (None, 1.0, "nothing stands at its top"),
    ],
)
def test_differences_in_words(one, other, words):
    assert tree.difference(one, other) == words


@pytest.mark.parametrize("one, other", [([1.0], (2.0,)), ({"a": 1.0}, collections.OrderedDict(a=3.0)), ([], None)])
def test_lists_and_tuples_may_stand_for_each_other(one, other):
    assert tree.difference(one, other) == ""
