"""The table of TensorFlow's semantics, without TensorFlow: what it says of us, and the document made from it."""

import importlib
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))  # where parity/ lies

from parity.tf.statements import STATEMENTS
from parity.tf.table import equal
from parity.tf.write import PATH, document


@pytest.mark.parametrize("each", STATEMENTS, ids=[each.name for each in STATEMENTS])
def test_statement(each):
    assert equal(each.program(importlib.import_module("chainrule.tf")), each.ours)


def test_the_document_is_up_to_date():
    assert PATH.read_text(encoding="utf-8") == document(), "run python -m parity.tf.write"
