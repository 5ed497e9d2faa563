import pytest

from mockllm.errors import MockLLMError
from mockllm.exchange import Ending, Exchange, GateVisit, Outcome
from mockllm.journal.query import Awaited, Event, Query, awaited, matcher
from mockllm.plan import End, Head
from mockllm.report import table
from mockllm.request import Call, Message, Request
from mockllm.scenario.match import When

OPEN = Outcome(Ending.OPEN)


def exchange(number, *, namespace="n", rule="rules[0]", outcome=OPEN, at_us=0, text="hello", gates=()):
    call = Call("POST", "/v1/chat/completions", at_us=at_us)
    request = Request("chat", call, model="m", messages=(Message("user", text),))
    return Exchange(
        number, namespace, call, request, 200, (Head(200), End()), rule=rule, outcome=outcome, gates=tuple(gates)
    )


LEFT = Outcome(Ending.LEFT, 3)
RECORD = (
    exchange(1, outcome=Outcome(Ending.COMPLETE, 1), at_us=10),
    exchange(2, namespace="n@a", rule="rules[1]", outcome=LEFT, at_us=20, gates=[GateVisit("g", 1, 5)]),
    exchange(3, rule=None, at_us=30, text="goodbye", gates=[GateVisit("g", 1, 5, 6), GateVisit("h", 2, 7)]),
)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        (Query(), [1, 2, 3]),
        (Query(namespace="n"), [1, 3]),
        (Query(rule="rules[1]"), [2]),
        (Query(outcome="complete"), [1]),
        (Query(outcome="client left"), [2]),
        (Query(outcome="client left at step 3"), [2]),
        (Query(outcome="client left at step 4"), []),
        (Query(since=1), [2, 3]),
        (Query(since_us=20), [2, 3]),
        (Query(when=When(model="m")), [1, 2, 3]),
        (Query(when=matcher({"last": "bye"})), [3]),
        (Query(namespace="n", since=1, outcome="open"), [3]),
    ],
)
def test_a_query_chooses_what_meets_all_of_it(query, numbers):
    assert [it.number for it in RECORD if query.fits(it)] == numbers


def test_a_call_that_was_never_read_matches_nothing():
    refused = Exchange(1, "n", Call("GET", "/"), None, 404, ())
    assert not Query(when=When()).fits(refused)


def test_an_outcome_that_there_is_not_is_an_error_with_the_nearest():
    with pytest.raises(ValueError, match=r"no exchange ends with 'completed': did you mean 'complete'\?"):
        Query(outcome="completed")


@pytest.mark.parametrize(
    ("event", "gate", "numbers"),
    [
        (Event.ARRIVED, None, [1, 2, 3]),
        (Event.LEFT, None, [2]),
        (Event.ENDED, None, [1, 2]),
        (Event.GATE, None, [2, 3]),
        (Event.GATE, "h", [3]),
        (Event.GATE, "i", []),
    ],
)
def test_an_event_has_happened_to_these(event, gate, numbers):
    assert [it.number for it in Awaited(event, gate=gate).met(RECORD)] == numbers


def test_an_event_counts_only_for_what_is_chosen():
    assert Awaited(Event.GATE, gate="g", query=Query(namespace="n")).met(RECORD) == (RECORD[2],)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (Awaited(Event.ARRIVED), "waited 2 s for 1 exchange that arrived, found 3."),
        (Awaited(Event.ENDED, 4), "waited 2 s for 4 exchanges that ended, found 2."),
        (Awaited(Event.GATE), "waited 2 s for 1 exchange that came to a gate, found 2."),
        (Awaited(Event.GATE, gate="i"), "waited 2 s for 1 exchange that came to the gate 'i', found 0."),
        (
            Awaited(Event.LEFT, query=Query("n", "rules[2]", "open", 1, 7, matcher({"model": "m"}))),
            (
                "waited 2 s for 1 exchange whose client left of namespace 'n' answered by 'rules[2]' with outcome "
                "'open' after number 1 from us 7 matching {'model': ('m',)}, found 0."
            ),
        ),
    ],
)
def test_what_did_not_happen_is_told_with_what_did(words, said):
    assert words.missed(RECORD, 2.0) == f"{said} This is what happened:\n{table(RECORD)}"


def test_what_stands_at_a_gate_is_told():
    assert "waits at the gate 'h' since 7us" in Awaited(Event.LEFT).missed(RECORD, 1)


def test_the_words_of_a_caller_become_what_is_awaited():
    asked = awaited(
        "gate",
        count=2,
        gate="g",
        namespace="n",
        only={"rule": "r", "outcome": "open", "since": 1, "since_us": 2, "when": {"model": "m"}},
    )
    assert asked == Awaited(Event.GATE, 2, "g", Query("n", "r", "open", 1, 2, When(model="m")))
    assert awaited("left", count=1, gate=None, namespace=None, only={}) == Awaited(Event.LEFT)


@pytest.mark.parametrize(
    ("event", "gate", "said"),
    [
        (
            "arived",
            None,
            r"there is no event 'arived': did you mean 'arrived'\? wait for one of arrived, gate, left, en",
        ),
        ("left", "g", "the event 'left' has no gate: wait for 'gate', or leave out gate='g'"),
    ],
)
def test_words_that_mean_nothing_are_an_error(event, gate, said):
    with pytest.raises(ValueError, match=said):
        awaited(event, count=1, gate=gate, namespace=None, only={})


def test_a_matcher_that_does_not_exist_is_an_error():
    with pytest.raises(MockLLMError, match=r"this is not a matcher: .*unknown key 'modle'"):
        awaited("left", count=1, gate=None, namespace=None, only={"when": {"modle": "m"}})
