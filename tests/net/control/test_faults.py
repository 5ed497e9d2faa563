"""Faults that are added while a server runs."""

import pytest

from mockllm.control import clock, faults, namespaces
from mockllm.control.clock import Advance, PutClock
from mockllm.control.faults import AddFault
from mockllm.control.namespaces import Bind, OneNamespace
from mockllm.net.control import faults as actions

ONE = OneNamespace(namespace="hello@a")
TROUBLE = {"error": {"status": 503}}


def add(**fields):
    return AddFault(**{"namespace": "hello@a", "entry": TROUBLE, **fields})


def statuses(ask, texts):
    return [ask("hello@a", text)[0] for text in texts]


def test_a_fault_lives_for_so_many_calls(call, ask):
    told = call(faults.ADD, add(calls=2))
    (fault,) = told.faults
    assert (told.namespace, fault.entry, fault.calls, fault.seen, fault.acted, fault.alive) == (
        "hello@a",
        TROUBLE,
        2,
        0,
        0,
        True,
    )
    assert statuses(ask, "abc") == [503, 503, 200]
    (fault,) = call(faults.LIST, ONE).faults
    assert (fault.seen, fault.acted, fault.alive) == (3, 2, False)


def test_a_fault_lives_for_so_many_seconds_of_the_clock(call, ask):
    call(clock.PUT, PutClock(paused=True))
    assert statuses(ask, "a") == [200]
    call(clock.ADVANCE, Advance(by_s=100))
    call(faults.ADD, add(for_s=10))
    assert statuses(ask, "b") == [503]
    call(clock.ADVANCE, Advance(by_s=9))
    assert statuses(ask, "c") == [503]
    call(clock.ADVANCE, Advance(by_s=1))
    assert statuses(ask, "d") == [200]
    assert [it.alive for it in call(faults.LIST, ONE).faults] == [False]


def test_only_its_namespace_has_it_and_scripts_go_on(call, ask):
    call(namespaces.BIND, Bind(namespace="@a", scenario="rules: [{replies: [one, two]}]"))
    assert '"one"' in ask("@a", "x")[1]
    call(faults.ADD, AddFault(namespace="@a", entry=TROUBLE, calls=1))
    assert ask("@a", "y")[0] == 503
    assert ask("@b", "y")[0] == 200
    assert '"two"' in ask("@a", "y")[1]


def test_they_are_taken_away_together_and_can_be_added_again(call, ask):
    call(faults.ADD, add(calls=5))
    call(faults.ADD, add(entry={"error": {"status": 500}}, calls=5))
    assert statuses(ask, "a") == [503]
    assert call(faults.CLEAR, ONE).faults == ()
    assert statuses(ask, "b") == [200]
    assert call(faults.CLEAR, ONE).faults == ()
    (fault,) = call(faults.ADD, add(calls=1)).faults
    assert fault.alive
    assert statuses(ask, "cd") == [503, 200]


def test_the_scenarios_own_chaos_stays(call, ask):
    chaotic = {"chaos": [{"first": 1, "error": {"status": 500}}], "rules": [{"replies": ["hi"]}]}
    call(namespaces.BIND, Bind(namespace="hello@a", called="hello", scenario=chaotic))
    assert statuses(ask, "a") == [500]
    call(faults.ADD, add(calls=1))
    assert statuses(ask, "bc") == [503, 200]
    call(faults.CLEAR, ONE)
    assert statuses(ask, "d") == [200]


@pytest.mark.parametrize("again", ["reset", "bind", "drop", "all"])
def test_they_are_gone_when_a_namespace_begins_anew(call, ask, again):
    call(faults.ADD, add(calls=5))
    match again:
        case "reset":
            call(namespaces.RESET, ONE)
        case "bind":
            call(namespaces.BIND, Bind(namespace="hello@a", named="hello"))
        case "drop":
            call(namespaces.DROP, ONE)
        case _:
            call(namespaces.RESET_ALL, namespaces.Nothing())
    assert call(faults.LIST, ONE).faults == ()
    assert statuses(ask, "a") == [200]


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({}, 422, "a fault needs an end"),
        ({"calls": 1, "entry": {"first": 2, **TROUBLE}}, 422, "the entry has first"),
        ({"calls": 1, "entry": {"fault": {}}}, 422, "unknown key 'fault'"),
        ({"calls": 1, "entry": {}}, 422, "entry: nothing goes wrong here"),
        ({"calls": 1, "namespace": "nowhere"}, 404, "there is no scenario 'nowhere'"),
    ],
)
def test_what_cannot_be_added_is_told(refusal, fields, status, words):
    refused = refusal(faults.ADD, add(**fields))
    assert refused.status == status
    assert words in str(refused)


def test_there_is_room_for_so_many(call, refusal, monkeypatch):
    monkeypatch.setattr(actions, "MOST_FAULTS", 1)
    call(faults.ADD, add(calls=1))
    refused = refusal(faults.ADD, add(calls=1))
    assert (refused.status, refused.code) == (409, "too_many_faults")
