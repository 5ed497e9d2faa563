"""Asking what happened."""

import pytest

from mockllm.control import journal
from mockllm.control.journal import AskClear, AskEvent, AskIdle, AskJournal

ALL = AskJournal(namespace="hello@a", rule="rules[0]", outcome="client left at step 3", since=7)
CASES = [
    (journal.GET, AskJournal()),
    (journal.GET, ALL),
    (journal.LINES, ALL),
    (journal.HAR, ALL),
    (journal.RECORDS, ALL),
    (journal.CLEAR, AskClear(namespace="hello")),
    (journal.WAIT_IDLE, AskIdle(namespace="hello", timeout_s=0.5)),
    (journal.WAIT_FOR, AskEvent(event="gate", count=2, gate="g", when={"last": "hi"}, since_us=3, timeout_s=0)),
]


@pytest.mark.parametrize(("operation", "asked"), CASES)
def test_a_request_arrives_as_it_was_meant(arrived, operation, asked):
    assert arrived(operation, asked) == asked


def test_every_operation_is_tried():
    assert {operation for operation, _ in CASES} == set(journal.OPERATIONS)


def test_nobody_waits_for_longer_than_five_minutes():
    with pytest.raises(ValueError, match="less than or equal to 300"):
        AskIdle(timeout_s=301)
    with pytest.raises(ValueError, match="less than or equal to 300"):
        AskEvent(event="arrived", timeout_s=301)
