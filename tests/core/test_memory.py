"""The collector's thresholds come back, in whichever order threads end."""

import gc
import threading

from chainrule.core.memory import seldom_collected


def test_thresholds_come_back():
    before = gc.get_threshold()
    with seldom_collected():
        raised = gc.get_threshold()
        with seldom_collected():
            assert gc.get_threshold() == raised
        assert gc.get_threshold() == raised
    assert raised[0] > before[0] and raised[1:] == before[1:]
    assert gc.get_threshold() == before


def test_threads_that_overlap():
    before, first_in, second_in = gc.get_threshold(), threading.Event(), threading.Event()

    def first():
        with seldom_collected():
            first_in.set()
            second_in.wait(10)

    thread = threading.Thread(target=first)
    thread.start()
    first_in.wait(10)
    with seldom_collected():
        second_in.set()
        thread.join(10)
        assert gc.get_threshold() != before
    assert gc.get_threshold() == before


def test_a_collector_that_is_off_stays_off():
    before = gc.get_threshold()
    gc.set_threshold(0, *before[1:])
    try:
        with seldom_collected():
            assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*before)


def test_the_other_thresholds_are_left_alone():
    before = gc.get_threshold()
    try:
        with seldom_collected():
            gc.set_threshold(*gc.get_threshold()[:2], before[2] + 7)
        assert gc.get_threshold() == (*before[:2], before[2] + 7)
    finally:
        gc.set_threshold(*before)
