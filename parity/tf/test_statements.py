"""What the table says of TensorFlow is what TensorFlow does; and what it says of us is what we do."""

import importlib
import os

import pytest

from parity.tf.statements import STATEMENTS
from parity.tf.table import equal

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
IDS = [each.name for each in STATEMENTS]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("each", STATEMENTS, ids=IDS)
def test_theirs(each):
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed here")
    assert equal(each.program(tf), each.theirs)


@pytest.mark.parametrize("each", STATEMENTS, ids=IDS)
def test_ours(each):
    assert equal(each.program(importlib.import_module("chainrule.tf")), each.ours)


def test_names_are_unique():
    assert len(set(IDS)) == len(IDS)
