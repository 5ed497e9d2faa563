"""What a watcher is told, and where it goes on."""

from dataclasses import replace

import pytest

from mockllm.control.base import Nothing
from mockllm.control.feed import Feed, event, key_of, mark_of, pages
from mockllm.control.journal import Cleared
from mockllm.exchange import Ending, Exchange, Outcome
from mockllm.request import Call

OPEN = Exchange(1, "s", Call("GET", "/v1/models"), None, 200, ())


def opened(number):
    return replace(OPEN, number=number)


def ended(number):
    return replace(OPEN, number=number, outcome=Outcome(Ending.COMPLETE))


def test_what_changes_twice_is_told_once_and_in_order():
    feed = Feed()
    for exchange in (opened(2), opened(1), ended(2)):
        feed.note(exchange)
    assert feed.take() == (opened(1), ended(2))
    assert feed.take() == ()


def test_the_mark_is_before_the_first_that_is_open():
    feed = Feed()
    assert feed.mark == 0
    feed.told([ended(1), opened(2), opened(3)])
    assert feed.mark == 1
    feed.note(ended(2))
    assert feed.mark == 1
    feed.take()
    assert feed.mark == 2
    feed.told([ended(3)])
    assert feed.mark == 3


def test_what_was_cleared_holds_the_mark_no_longer():
    feed = Feed()
    feed.told([opened(1), ended(2)])
    feed.forget()
    assert feed.mark == 2


def test_what_is_too_much_is_counted_and_what_waits_is_kept_up_to_date():
    feed = Feed(most=2)
    for exchange in (opened(1), opened(2), opened(3), ended(1), ended(3)):
        feed.note(exchange)
    assert feed.missed == 2
    assert feed.take() == (ended(1), opened(2))
    assert feed.mark == 1


def test_the_newest_page_comes_first():
    every = tuple(map(ended, range(1, 6)))
    assert [[it.number for it in page] for page in pages(every, 2)] == [[4, 5], [2, 3], [1]]
    assert list(pages((), 2)) == []


def test_an_event_is_three_lines_and_an_empty_one():
    assert event("gone", Cleared(exchanges=3)) == b'event: gone\ndata: {"exchanges":3}\n\n'
    assert event("gone", Nothing(), "e-7") == b"event: gone\ndata: {}\nid: e-7\n\n"


@pytest.mark.parametrize(
    ("key", "mark"),
    [("e-f-12", 12), ("e-f-0", 0), ("e-12", None), ("12", None), ("e-f-", None), ("e-f-x", None), ("e-f-²", None)],
)
def test_a_key_is_understood_by_the_server_that_gave_it(key, mark):
    assert mark_of(key, "e-f") == mark


def test_a_key_comes_back():
    assert mark_of(key_of("e-f", 12), "e-f") == 12
    assert mark_of(None, "e") is None
