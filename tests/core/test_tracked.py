"""`tracked` may be a list that a front fills and empties; results inherit it."""

import numpy as np

import chainrule as cr
from chainrule.core import record, reverse
from chainrule.core.node import leaf_node
from chainrule.ops import CATALOGUE


def watched(value, switch):
    return cr.Tensor._of(leaf_node(value, tracked=switch))


def test_results_inherit_the_switch():
    switch = [True]
    x = watched(2.0, switch)
    y, z, total = np.sin(x), x * x, np.stack([x, x]).sum()
    assert all(each.node.tracked is switch for each in (y, z, total))
    assert x.requires_grad is True
    switch.clear()
    assert not any(each.requires_grad for each in (x, y, z, total))
    assert (z * 2.0).node.primitive is None


def test_a_value_tracked_for_good_wins():
    one, other, always = watched(2.0, [True]), watched(3.0, [True]), cr.tensor(5.0, requires_grad=True)
    assert (one * other).node.tracked is True
    assert (one * always).node.tracked is True
    assert np.stack([one, always]).node.tracked is True


def test_a_walk_within_a_period():
    x = cr.tensor(2.0, requires_grad=True)
    y = x * x
    start = y.node.order
    z = y * x
    everything, _ = reverse.walk([(z.node, 1.0)], {x.node})
    later, _ = reverse.walk([(z.node, 1.0)], {x.node}, within=lambda order: order > start)
    assert everything[x.node] == 12.0 and later[x.node] == 4.0


def test_a_front_may_repair_what_its_rule_refuses():
    double = record.binary(CATALOGUE["multiply"], lambda xp, x, y: _strict(x, y), lambda a, b, _: (a, np.float64(b)))
    x = cr.tensor(np.float32(3.0), requires_grad=True)
    assert double(x, np.float32(2.0)).item() == 6.0


def _strict(x, y):
    if y.dtype != np.float64:
        raise TypeError
    return x * y
