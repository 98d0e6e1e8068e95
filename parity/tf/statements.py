"""All statements, in the order of the document."""

from parity.tf import statements_tape  # isort: skip
from parity.tf import statements_gradient  # isort: skip
from parity.tf import statements_none  # isort: skip
from parity.tf import statements_more  # isort: skip
from parity.tf import statements_values  # isort: skip
from parity.tf.table import STATEMENTS

__all__ = [
    "STATEMENTS",
    "statements_gradient",
    "statements_more",
    "statements_none",
    "statements_tape",
    "statements_values",
]
