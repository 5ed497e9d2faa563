import importlib.metadata
import json
import threading

import pytest

from mockllm.errors import MockLLMError
from mockllm.exchange import Delivery, Ending, Exchange, GateVisit, Outcome
from mockllm.journal import Journal
from mockllm.journal.query import Query
from mockllm.plan import End, Head
from mockllm.report import table
from mockllm.request import Call, Message, Request
from mockllm.scenario.match import When

CHAT = Call("POST", "/v1/chat/completions")


def exchange(number: int, model: str = "gpt-5.1", text: str = "hello", namespace: str = "weather") -> Exchange:
    request = Request("chat", CHAT, model=model, messages=(Message("user", text),))
    return Exchange(number, namespace, CHAT, request, 200, (Head(200), End()), rule="rules[0]")


def journal(*endings: Ending) -> Journal:
    """A journal of one exchange for each ending; OPEN is left open."""
    record = Journal()
    for number, ending in enumerate(endings, start=1):
        record.open(exchange(number))
        if ending is not Ending.OPEN:
            record.end(number, (), Outcome(ending, 1))
    return record


def test_an_exchange_is_open_until_it_ends():
    record = journal(Ending.OPEN)
    assert record[0].outcome == Outcome(Ending.OPEN)
    deliveries = (Delivery(0, 0, 10, 0),)
    record.end(1, deliveries, Outcome(Ending.COMPLETE, 1))
    assert record[0].outcome == Outcome(Ending.COMPLETE, 1)
    assert record[0].deliveries == deliveries


def test_exchanges_are_kept_in_the_order_in_which_they_arrived():
    record = journal(Ending.OPEN, Ending.OPEN, Ending.OPEN)
    record.end(2, (), Outcome(Ending.COMPLETE))
    assert [it.number for it in record] == [1, 2, 3]
    assert len(record) == 3
    assert record.last.number == 3
    assert [it.number for it in record.open_exchanges()] == [1, 3]


def test_one_namespace_can_be_asked_for():
    record = Journal()
    record.open(exchange(1, namespace="weather"))
    record.open(exchange(2, namespace="weather@a"))
    assert [it.number for it in record.all(namespace="weather@a")] == [2]
    assert [it.number for it in record.all()] == [1, 2]


def test_an_empty_journal_has_no_last_exchange():
    with pytest.raises(AssertionError, match="no request arrived"):
        _ = Journal().last


def test_the_oldest_goes_when_there_are_too_many():
    record = Journal(most_exchanges=2)
    for number in (1, 2, 3):
        record.open(exchange(number))
    assert [it.number for it in record] == [2, 3]
    assert record.dropped == 1


def test_the_oldest_goes_when_bodies_are_too_large_but_the_last_one_stays():
    large = Exchange(1, "", Call("POST", "/", body=b"x" * 13_080), None, 200, ())
    record = Journal(most_bytes=13_080)
    record.open(large)
    assert [it.number for it in record] == [1]
    record.open(exchange(2))
    assert [it.number for it in record] == [2]
    # 4,200 and 80 for each of two steps is what an exchange counts for; three of these fit, the fourth does not.
    for number in (3, 4, 5):
        record.open(exchange(number))
    assert [it.number for it in record] == [3, 4, 5]


def test_what_was_dropped_stays_dropped_when_it_ends():
    record = Journal(most_exchanges=1)
    record.open(exchange(1))
    record.open(exchange(2))
    record.end(1, (), Outcome(Ending.COMPLETE))
    assert [it.number for it in record] == [2]


def test_one_exchange_is_found_by_its_number():
    record = Journal()
    record.open(exchange(7))
    assert record.get(7) == exchange(7)
    assert record.get(8) is None


def test_whoever_looks_can_tell_that_something_was_forgotten():
    record = Journal()
    record.open(exchange(1))
    assert record.clears == 0
    record.clear(namespace="weather")
    record.clear()
    assert record.clears == 2


def test_a_cleared_journal_begins_anew():
    record = Journal(most_exchanges=1)
    record.open(exchange(1))
    record.open(exchange(2))
    record.clear()
    assert len(record) == 0
    assert record.dropped == 0


@pytest.mark.parametrize(
    "read",
    [
        len,
        list,
        str,
        Journal.all,
        Journal.calls,
        Journal.json_lines,
        Journal.har,
        Journal.open_exchanges,
        lambda it: it[0],
        lambda it: it.last,
        lambda it: it.assert_requests(1),
        lambda it: it.assert_outcomes("complete"),
        lambda it: it.assert_called({}),
    ],
)
def test_every_reading_settles_first_and_may_record_meanwhile(read):
    def settle() -> None:
        if not settled:
            settled.append(True)
            record.open(exchange(1))
            record.end(1, (), Outcome(Ending.COMPLETE))

    settled: list[bool] = []
    record = Journal(settle=settle)
    read(record)
    assert settled == [True]


def test_reading_and_writing_from_several_threads_loses_nothing():
    record = Journal()

    def write(first: int) -> None:
        for number in range(first, first + 200):
            record.open(exchange(number))
            record.end(number, (), Outcome(Ending.COMPLETE))

    writers = [threading.Thread(target=write, args=(first,)) for first in (0, 1_000)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        list(record)
    for writer in writers:
        writer.join()
    assert len(record) == 400
    assert record.open_exchanges() == ()


def test_the_right_number_of_requests_passes():
    Journal().assert_requests(0)
    journal(Ending.COMPLETE, Ending.OPEN).assert_requests(2)


@pytest.mark.parametrize(
    ("endings", "count", "said"),
    [
        ((), 1, "expected 1 request, 0 arrived:\nno request arrived"),
        ((Ending.COMPLETE,), 2, "expected 2 requests, 1 arrived:\n#  request"),
        ((Ending.COMPLETE, Ending.COMPLETE), 0, "expected 0 requests, 2 arrived:\n#  request"),
    ],
)
def test_another_number_of_requests_fails_and_shows_them(endings, count, said):
    with pytest.raises(AssertionError) as failure:
        journal(*endings).assert_requests(count)
    assert str(failure.value).startswith(said)


def test_the_right_outcomes_pass_in_words_or_as_endings():
    record = journal(Ending.COMPLETE, Ending.CUT, Ending.LEFT)
    record.assert_outcomes("complete", "cut as scripted", "client left")
    record.assert_outcomes(Ending.COMPLETE, Ending.CUT, Ending.LEFT)
    record.assert_outcomes("complete", "cut as scripted", "client left at step 1")
    Journal().assert_outcomes()


@pytest.mark.parametrize(
    "outcomes",
    [
        (),
        ("complete",),
        ("cut as scripted", "complete"),
        ("complete", "cut as scripted", "complete"),
        ("complete", "client left"),
    ],
)
def test_other_outcomes_fail(outcomes):
    with pytest.raises(AssertionError):
        journal(Ending.COMPLETE, Ending.CUT).assert_outcomes(*outcomes)


def test_a_client_that_left_at_another_step_fails():
    with pytest.raises(AssertionError):
        journal(Ending.LEFT).assert_outcomes("client left at step 2")


def test_the_failure_sets_the_outcomes_side_by_side_and_shows_what_arrived():
    record = journal(Ending.COMPLETE, Ending.LEFT)
    with pytest.raises(AssertionError) as failure:
        record.assert_outcomes("cut as scripted", "complete")
    assert str(failure.value) == (
        f"expected cut as scripted, complete\n   found complete, client left at step 1\n{table(record)}"
    )


def test_no_outcome_is_said_in_words():
    with pytest.raises(AssertionError, match="expected complete\n   found no exchange\nno request arrived"):
        Journal().assert_outcomes("complete")
    with pytest.raises(AssertionError, match="expected no exchange\n   found complete\n"):
        journal(Ending.COMPLETE).assert_outcomes()


@pytest.mark.parametrize("outcome", ["completed", "complete at step 3", "client left at step x", ""])
def test_words_that_no_exchange_ends_with_are_an_error_of_the_test(outcome):
    with pytest.raises(ValueError, match="an outcome is one of open, complete, cut as scripted, client left,"):
        journal(Ending.COMPLETE).assert_outcomes(outcome)


def test_a_misspelt_outcome_names_the_nearest():
    with pytest.raises(ValueError, match=r"no exchange ends with 'completed': did you mean 'complete'\?"):
        journal(Ending.COMPLETE).assert_outcomes("completed")


def asked() -> Journal:
    """Three requests: two for weather, one of them to another model."""
    record = Journal()
    record.open(exchange(1, text="the weather in Paris"))
    record.open(exchange(2, model="gpt-4o", text="the weather in Rome"))
    record.open(exchange(3, text="hello"))
    return record


def test_the_exchanges_that_match_are_returned():
    found = asked().assert_called({"last": {"role": "user", "contains": "weather"}}, times=2)
    assert [it.number for it in found] == [1, 2]


def test_at_least_one_match_is_enough_if_no_number_is_given():
    assert [it.number for it in asked().assert_called({"model": "gpt-5*"})] == [1, 3]


def test_no_match_can_be_asserted():
    assert asked().assert_called({"last": "snow"}, times=0) == ()


def test_a_matcher_may_be_a_value():
    assert [it.number for it in asked().assert_called(When(model=("gpt-4o",)))] == [2]


def test_a_missing_request_shows_the_nearest_and_every_difference_from_it():
    record = asked()
    with pytest.raises(AssertionError) as failure:
        record.assert_called({"model": "gpt-4o", "last": "hello"}, times=2)
    assert str(failure.value) == (
        "expected 2 requests to match {'model': 'gpt-4o', 'last': 'hello'}, 0 of 3 did:\n"
        f"{table(record)}\n"
        "the nearest that does not match:\n"
        "  #2 POST /v1/chat/completions, rules[0], try 1, status 200\n"
        "    last: wanted a text with 'hello', found 'the weather in Rome'"
    )


def test_too_many_requests_need_no_nearest():
    record = asked()
    with pytest.raises(AssertionError) as failure:
        record.assert_called({"last": "weather"}, times=1)
    assert str(failure.value) == (f"expected 1 request to match {{'last': 'weather'}}, 2 of 3 did:\n{table(record)}")


def test_a_matcher_that_is_a_value_is_shown_as_it_would_be_written():
    with pytest.raises(AssertionError) as failure:
        asked().assert_called(When.model_validate({"json": {"$.user": "me"}}))
    assert str(failure.value).startswith(
        "expected at least one request to match {'json': {'$.user': 'me'}}, 0 of 3 did:\n"
    )


def test_an_empty_journal_has_nothing_near():
    with pytest.raises(AssertionError) as failure:
        Journal().assert_called({})
    assert str(failure.value) == "expected at least one request to match {}, 0 of 0 did:\nno request arrived"


def test_a_call_that_was_refused_unread_matches_nothing_and_says_why():
    record = Journal()
    record.open(Exchange(1, "", CHAT, None, 404, (), why="Invalid URL (POST /v2)"))
    with pytest.raises(AssertionError, match=r"request: wanted one that the API accepts, found Invalid URL \(POST /v2"):
        record.assert_called({})


def test_a_refused_call_without_a_reason_is_said_in_words():
    record = Journal()
    record.open(Exchange(1, "", CHAT, None, 413, ()))
    with pytest.raises(AssertionError, match="found a call that was refused"):
        record.assert_called({})


def test_a_matcher_that_does_not_exist_is_an_error_with_the_nearest():
    with pytest.raises(MockLLMError, match=r"this is not a matcher: .*unknown key 'modle': did you mean 'model'\?"):
        asked().assert_called({"modle": "gpt-5.1"})


def test_every_wrong_matcher_is_told_with_its_place():
    with pytest.raises(MockLLMError) as failure:
        asked().assert_called({"turn": {"min": "two"}, "stream": "yes"})
    assert "turn.min: " in str(failure.value)
    assert "stream: " in str(failure.value)


def test_the_journal_prints_as_a_table():
    record = asked()
    assert str(record) == table(record)


def test_a_part_of_the_record_can_be_asked_for():
    record = journal(Ending.COMPLETE, Ending.LEFT, Ending.OPEN)
    assert [it.number for it in record.all(outcome="client left")] == [2]
    assert [it.number for it in record.all(since=1)] == [2, 3]
    assert [it.number for it in record.all(rule="rules[0]", namespace="weather", since_us=0, outcome="open")] == [3]
    assert record.all(rule="rules[1]") == ()
    assert [it.number for it in record.query(Query(when=When(model="gpt-5*"), since=2))] == [3]


def test_visits_to_gates_are_recorded_in_order_and_each_once():
    record = journal(Ending.OPEN)
    record.visit(1, GateVisit("g", 2, 5))
    record.visit(1, GateVisit("g", 2, 5, 9))
    record.visit(1, GateVisit("g", 4, 11))
    assert record[0].gates == (GateVisit("g", 2, 5, 9), GateVisit("g", 4, 11))
    assert record.end(1, (), Outcome(Ending.LEFT)).gates == record[0].gates


def test_what_was_dropped_visits_no_gates():
    record = Journal(most_exchanges=1)
    record.open(exchange(1))
    record.open(exchange(2))
    record.visit(1, GateVisit("g", 2, 5))
    assert record.end(1, (), Outcome(Ending.LEFT)) is None
    assert [it.gates for it in record] == [()]


def test_every_change_is_told_to_those_who_watch():
    record, seen = Journal(), []
    with record.watched(seen.append):
        record.open(exchange(1))
        record.visit(1, GateVisit("g", 0, 1))
        record.end(1, (), Outcome(Ending.COMPLETE))
    record.open(exchange(2))
    assert [(len(it.gates), it.outcome.ending) for it in seen] == [
        (0, Ending.OPEN),
        (1, Ending.OPEN),
        (1, Ending.COMPLETE),
    ]


def test_the_exchanges_come_as_calls_too():
    record = journal(Ending.LEFT, Ending.COMPLETE)
    [group] = record.calls(namespace="weather")
    assert [it.number for it in group.attempts] == [1, 2]
    assert record.calls(namespace="other") == ()


def test_the_record_can_be_written_for_other_programs():
    record = journal(Ending.COMPLETE, Ending.OPEN)
    assert [json.loads(line)["number"] for line in record.json_lines().splitlines()] == [1, 2]
    assert record.json_lines().endswith("\n")
    assert Journal().json_lines() == ""
    log = record.har()["log"]
    assert [entry["_mockllm_number"] for entry in log["entries"]] == [1, 2]
    assert log["creator"]["version"] == importlib.metadata.version("mockllm-server")
