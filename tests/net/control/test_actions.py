"""Every operation of the table is done by somebody."""

from mockllm.control.table import OPERATIONS
from mockllm.net.control.actions import ACTIONS


def test_the_table_of_operations_and_that_of_actions_are_one():
    assert list(ACTIONS) != []
    assert set(ACTIONS) == {operation.name for operation in OPERATIONS}
