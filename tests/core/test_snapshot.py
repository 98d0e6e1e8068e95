"""Snapshots: a constant is copied once, and only where somebody could change it."""

import gc

import numpy as np

from chainrule.core import snapshot as module
from chainrule.core.snapshot import is_frozen, snapshot


def test_what_nobody_can_change_is_not_copied():
    frozen = np.ones(5000)
    frozen.flags.writeable = False
    assert is_frozen(frozen) and snapshot(frozen) is frozen
    writeable = np.ones(5000)
    view = writeable[:]
    view.flags.writeable = False
    assert not is_frozen(view) and snapshot(view) is not view
    assert is_frozen(np.broadcast_to(frozen, (2, 5000)))


def test_large_arrays_share_one_copy_until_they_change():
    array = np.ones(5000)
    first = snapshot(array)
    assert snapshot(array) is first and not np.shares_memory(first, array)
    array[0] = 7.0
    second = snapshot(array)
    assert second is not first and (first[0], second[0]) == (1.0, 7.0)
    array[1] = np.nan
    assert snapshot(array) is snapshot(array)


def test_views_dtypes_and_layouts():
    array = np.arange(10000.0).reshape(100, 100)
    for view in (array.T, array[::2], array[:, ::-1], array.astype(np.float32), array > 5, array.astype(complex)):
        kept = snapshot(view)
        np.testing.assert_array_equal(kept, view)
        assert kept.dtype == view.dtype and not np.shares_memory(kept, view)


def test_nothing_is_remembered_of_arrays_that_are_gone():
    gc.collect()
    before = len(module._copies)
    arrays = [np.full(5000, float(i)) for i in range(5)]
    kept = [snapshot(array) for array in arrays]
    assert len(module._copies) == before + 5
    del arrays, kept
    gc.collect()
    assert len(module._copies) == before
