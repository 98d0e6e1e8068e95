from hypothesis import given
from hypothesis import strategies as st

from chainrule.compilation.native.workspace import ALIGNED, Workspace


def test_what_is_given_back_is_taken_again():
    memory = Workspace()
    first, second = memory.take(100), memory.take(64)
    assert (first, second, memory.size) == (0, 128, 192)
    memory.give_back(first, 100)
    assert [memory.take(60), memory.take(8)] == [0, 64]  # the part is shared out
    assert memory.size == 192
    assert memory.take(1) == 192


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 1000)), max_size=60))
def test_no_two_parts_lie_over_one_another(steps):
    memory, held = Workspace(), []
    for gives_back, number in steps:
        if gives_back and held:
            memory.give_back(*held.pop(number % len(held)))
        elif not gives_back:
            offset = memory.take(number)
            assert offset % ALIGNED == 0 and offset + number <= memory.size
            for start, size in held:
                assert not number or not size or offset + number <= start or start + size <= offset
            held.append((offset, number))
