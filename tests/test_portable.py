"""The state of a namespace as JSON and back: nothing is lost, and what follows from it is the same."""

from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm import namespace
from mockllm.limits import Bucket, Meter, Slots, Window
from mockllm.namespace import Namespace
from mockllm.plan import Frame
from mockllm.portable import from_json, pack_namespace, to_json, unpack_namespace
from mockllm.scenario.chaos import Counts
from mockllm.scenario.document import Scenario
from mockllm.store import Store, Stored
from mockllm.usage import Usage
from tests.calls import call, chat, engine, sent

SCENARIO = Scenario()

small = st.integers(0, 5)
number = st.integers(-(10**18), 10**18)
words = st.text(max_size=5)
buckets = st.builds(Bucket, number, number, number, number)
windows = st.builds(Window, number, number, small, st.none() | number, small, small)
meters = st.builds(Meter, st.sampled_from(["requests", "tokens", "project-tokens"]), buckets | windows)
slots = st.builds(Slots, small, small, st.lists(small, max_size=3).map(tuple), st.lists(small, max_size=3).map(tuple))
sharers = st.tuples(number, st.lists(words, max_size=2).map(tuple))
usages = st.builds(
    Usage,
    meters=st.dictionaries(sharers, st.lists(meters, max_size=2).map(tuple), max_size=2),
    slots=st.dictionaries(sharers, slots, max_size=2),
    places=st.dictionaries(number, sharers, max_size=2),
)
json_values = st.recursive(
    st.none() | st.booleans() | small | words, lambda inner: st.lists(inner, max_size=2), max_leaves=4
)
objects = st.dictionaries(words, json_values, max_size=2)
stored = st.builds(
    Stored,
    kind=words,
    id=words,
    value=objects,
    details=st.lists(objects, max_size=2).map(tuple),
    content=st.binary(max_size=4),
    frames=st.lists(st.builds(Frame, objects, tokens=small, label=words), max_size=2).map(tuple),
    dues=st.lists(small, max_size=2).map(tuple),
    replays=st.booleans(),
    at_us=number,
)
stores = st.builds(
    Store.of,
    st.dictionaries(words, st.dictionaries(words, stored, max_size=2), max_size=2),
    st.dictionaries(st.binary(max_size=4), small, max_size=2),
)
counts = st.builds(Counts, st.dictionaries(words, small, max_size=2), st.dictionaries(words, small, max_size=2))
namespaces = st.builds(
    Namespace,
    scenario=st.just(SCENARIO),
    taken=st.dictionaries(number, small, max_size=3),
    tries=st.dictionaries(st.tuples(number, small, words), small, max_size=3),
    pending=st.dictionaries(st.tuples(number, words), small, max_size=3),
    fired=st.sets(st.tuples(number, small, small, small), max_size=3),
    store=stores,
    usage=usages,
    used_us=number,
    began_us=st.none() | number,
    connections=small,
    leaves=small,
    copies=st.dictionaries(words, small, max_size=3),
    counts=counts,
    struck=st.sets(words, max_size=3),
)


@settings(max_examples=200)
@given(namespaces)
def test_every_state_comes_back_as_it_was_in_the_same_order(state):
    back = unpack_namespace(from_json(to_json(pack_namespace(state))), SCENARIO)
    assert back == state
    for name in ("taken", "tries", "pending", "copies"):
        assert list(getattr(back, name)) == list(getattr(state, name)), "the oldest is forgotten first"
    assert list(back.usage.meters) == list(state.usage.meters)


@pytest.mark.parametrize("text", ["plain", "Zürich", "\udcff"])
def test_any_text_can_be_written(text):
    assert from_json(to_json({text: [text]})) == {text: [text]}


BUSY = """
limits: {requests: 5/min, concurrent: 3, queue: 2}
chaos: [{chance: 50%, error: server_error}]
rules:
  - {when: {last: a}, replies: [{text: one, attempts: [{error: server_error}]}, two], then: loop}
  - replies: ["{{ user }}"]
"""
CALLS = [
    chat(messages=[{"role": "user", "content": "a"}]),
    chat(store=True),
    chat(messages=[{"role": "user", "content": "b"}], store=True),
    call("POST", "/v1/responses", {"model": "m", "input": "a"}),
    call("POST", "/v1/batches", {"input_file_id": "f", "endpoint": "/v1/chat/completions", "completion_window": "24h"}),
]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(range(len(CALLS))), min_size=1, max_size=12), st.integers(0, 11))
def test_answers_are_the_same_whether_the_state_was_packed_in_between_or_not(numbers, at):
    straight, packed = engine(BUSY), engine(BUSY)
    for index, which in enumerate(numbers):
        if index == at and (state := packed.get("scenario")) is not None:
            back = unpack_namespace(from_json(to_json(pack_namespace(deepcopy(state)))), state.scenario)
            packed.replace("scenario", None, back)
        left, right = straight.handle(CALLS[which]), packed.handle(CALLS[which])
        assert (sent(left), left.attempt, left.status) == (sent(right), right.attempt, right.status)
    assert straight.state("scenario") == packed.state("scenario")


def test_a_state_that_came_back_forgets_the_oldest_too(monkeypatch):
    monkeypatch.setattr(namespace, "MOST_REMEMBERED", 2)
    state = engine(BUSY)
    for asked in CALLS[:3]:
        state.handle(asked)
    kept = unpack_namespace(from_json(to_json(pack_namespace(state.get("scenario")))), state.get("scenario").scenario)
    state.replace("scenario", None, kept)
    for number in range(3):
        state.handle(chat(messages=[{"role": "user", "content": f"a{number}"}], store=True))
    assert (len(kept.tries), len(kept.copies)) == (2, 2)
