"""What is remembered of values that left the graph: the last few of each line, of the latest lines."""

import threading

import chainrule as cr
from chainrule.core import cuts


def lines(count):
    """A program with a cut on each of its lines."""
    return compile("\n".join(["w.detach()"] * count), "many_lines.py", "exec")


def test_the_latest_lines_are_remembered():
    w = cr.tensor(0.5, requires_grad=True)
    exec(lines(700), {"w": w})
    w.detach()
    found = cuts.remembered()
    assert len({str(cut.place) for cut in found}) <= 512
    assert [cut.place.line for cut in found if cut.place.filename == "many_lines.py"][-1] == 700
    assert found[-1].place.filename == __file__ and found[-1].what == "detach"


def test_a_line_keeps_its_last_few():
    w = cr.tensor(0.5, requires_grad=True)
    with cr.no_grad():
        for _ in range(10):
            w * 2.0
    own = [cut for cut in cuts.remembered() if cut.place.filename == __file__ and cut.what == "no_grad"]
    assert len(own) == 4


def test_threads_may_cut_at_once():
    failures = []

    def run():
        w = cr.tensor(0.5, requires_grad=True)
        try:
            for _ in range(3):
                exec(lines(600), {"w": w})
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
