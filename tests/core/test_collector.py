"""Full collections come less often while a graph grows, and as usual otherwise."""

import gc

import pytest

import chainrule as cr
from chainrule.core.collector import _LONGEST, mind_the_collector


@pytest.fixture(autouse=True)
def thresholds():
    gc.collect()
    gc.collect()  # after which the interval is the usual one, whatever graph the test before this one left
    before = gc.get_threshold()
    yield before
    gc.set_threshold(*before)
    gc.collect()


def grow(links):
    y = cr.tensor(1.0, requires_grad=True)
    for _ in range(links):
        y = y * 1.0
    return y


def test_a_growing_graph_puts_the_next_full_collection_off(thresholds):
    grown = []
    for _ in range(8):
        grown.append(grow(30_000))
        gc.collect()
    assert thresholds[2] < gc.get_threshold()[2] <= _LONGEST
    del grown
    gc.collect()
    gc.collect()
    assert gc.get_threshold() == thresholds


def test_thresholds_of_the_program_are_left_alone():
    gc.set_threshold(500, 5, 7)
    graph = [grow(30_000)]
    gc.collect()
    graph.append(grow(30_000))
    gc.collect()
    assert gc.get_threshold()[:2] == (500, 5)
    gc.set_threshold(600, 6, 9)
    gc.collect()
    assert gc.get_threshold() == (600, 6, 9)


def test_it_is_registered_once_and_garbage_is_still_found():
    count = len(gc.callbacks)
    mind_the_collector()
    assert len(gc.callbacks) == count

    class Cycle:
        def __init__(self):
            self.me = self

    gc.collect()
    Cycle()
    assert gc.collect() >= 1
