"""What the table says of PyTorch is what PyTorch does; and what it says of us is what we do."""

import importlib
import warnings

import pytest

from parity.torch.statements import STATEMENTS
from parity.torch.table import equal

IDS = [each.name for each in STATEMENTS]


@pytest.mark.parametrize("each", STATEMENTS, ids=IDS)
def test_theirs(each):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert equal(each.program(torch), each.theirs)


@pytest.mark.parametrize("each", STATEMENTS, ids=IDS)
def test_ours(each):
    assert equal(each.program(importlib.import_module("chainrule.torch")), each.ours)


def test_names_are_unique():
    assert len(set(IDS)) == len(IDS)
