"""Whole frames that are missing, come again, or change places."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mockllm.plan import Send, Wait, render
from mockllm.scenario.faults import AnyFault
from mockllm.scenario.faults.payload.frames import Drop, Duplicate, Reorder
from mockllm.seeds import Seed
from tests.calls import chat, engine, header, sent
from tests.plans import BODY, FRAMES

SEED = Seed.of("fault")
FAULT: TypeAdapter[AnyFault] = TypeAdapter(AnyFault)


def served(fault="", *, stream=True, pace=""):
    scenario = f"pace: {{{pace}}}\nrules: [{{replies: [{{text: [a, b, c], faults: [{fault}]}}]}}]"
    return engine(scenario).handle(chat(stream=stream))


EVENTS = [event + b"\n\n" for event in sent(served()).removesuffix(b"\n\n").split(b"\n\n")]
"""Role, three tokens, finish, end marker."""


def joined(*numbers):
    return b"".join(EVENTS[number] for number in numbers)


@pytest.mark.parametrize(
    ("fault", "numbers"),
    [
        ("drop: first", [1, 2, 3, 4, 5]),
        ("drop: finish", [0, 1, 2, 3, 5]),
        ("drop: token", [0, 4, 5]),
        ("drop: [1, 3, 99]", [0, 2, 4, 5]),
        ("drop: all", []),
        ("drop: {frames: last}", [0, 1, 2, 3, 4]),
        ("duplicate: 2", [0, 1, 2, 2, 3, 4, 5]),
        ("duplicate: {frames: [1, 4], times: 3}", [0, 1, 1, 1, 2, 3, 4, 4, 4, 5]),
        ("duplicate: done", [0, 1, 2, 3, 4, 5, 5]),
        ("reorder: [3, 1]", [0, 3, 2, 1, 4, 5]),
        ("reorder: [2, 3, 1]", [0, 2, 3, 1, 4, 5]),
        ("reorder: {frames: [5, 4]}", [0, 1, 2, 3, 5, 4]),
    ],
)
def test_these_events_go_out_in_this_order(fault, numbers):
    exchange = served(f"{{{fault}}}")
    assert sent(exchange) == joined(*numbers)
    assert exchange.unfired == ()


def test_positions_count_what_the_turn_produced():
    """The copies of frame 1 are not counted, and a dropped frame is."""
    exchange = served("{duplicate: {frames: 1, times: 3}}, {truncate: {at: {frame: 3}}}")
    assert sent(exchange) == joined(0, 1, 1, 1, 2)
    exchange = served("{drop: 1}, {truncate: {at: {frame: 3}}}")
    assert sent(exchange) == joined(0, 2)
    whole = len(joined(0, 1, 2))
    exchange = served(f"{{duplicate: 1}}, {{truncate: {{at: {{byte: {whole}}}}}}}")
    assert sent(exchange) == joined(0, 1, 1, 2)


def test_a_frame_never_comes_before_it_is_due():
    """The last token takes the place of the first, which then comes right after it."""
    now, times = 0, []
    for step in served("{reorder: [3, 1]}", pace="ttft: 100ms, itl: 10ms").plan:
        if isinstance(step, Wait):
            now += step.us
        elif isinstance(step, Send):
            times.append((step.frame.ordinal, now))
    assert times == [(0, 100_000), (3, 120_000), (2, 120_000), (1, 120_000), (4, 120_000), (5, 120_000)]


def test_a_plain_body_can_be_missing_or_come_twice_under_an_honest_length():
    healthy = sent(served(stream=False))
    gone = served("{drop: body}", stream=False)
    assert (sent(gone), header(gone, "content-length")) == (b"", "0")
    twice = served("{duplicate: body}", stream=False)
    assert (sent(twice), header(twice, "content-length")) == (healthy * 2, str(2 * len(healthy)))


@pytest.mark.parametrize("fault", ["drop: usage", "drop: 6", "duplicate: usage", "duplicate: 6", "reorder: [6, 1]"])
def test_a_frame_that_is_not_there_is_reported(fault):
    exchange = served(f"{{{fault}}}")
    assert sent(exchange) == joined(0, 1, 2, 3, 4, 5)
    assert exchange.unfired == (fault.split(":")[0],)


@pytest.mark.parametrize("fault", ["drop: token", "duplicate: token", "reorder: [1, 0]"])
def test_a_plain_body_has_no_such_frames(fault):
    exchange = served(f"{{{fault}}}", stream=False)
    assert sent(exchange) == sent(served(stream=False))
    assert exchange.unfired == (fault.split(":")[0],)


@pytest.mark.parametrize("fault", ["duplicate: 1", "reorder: [2, 1]"])
def test_the_timeline_names_the_fault(fault):
    assert f"(fault: {fault.split(':')[0]})" in render(served(f"{{{fault}}}").plan)


@pytest.mark.parametrize(
    ("written", "place", "message"),
    [
        ({"drop": "dnoe"}, (), "expected first, last, all"),
        ({"drop": {}}, ("frames",), "the key 'frames' is missing: which frames"),
        ({"duplicate": {"times": 2}}, ("frames",), "the key 'frames' is missing: which frames"),
        ({"duplicate": {"frames": 1, "times": 1}}, ("times",), "expected a value of at least 2, found 1"),
        ({"reorder": [1, 3]}, (), "these frames are in their order already: name two or more in the order"),
        ({"reorder": [1]}, (), "these frames are in their order already"),
        ({"reorder": []}, (), "these frames are in their order already"),
        ({"reorder": [3, 1, 3]}, (), "a frame is named twice: name each once"),
        ({"reorder": 3}, (), "expected a list, found 3"),
        ({"reorder": [3, -1]}, (1,), "expected a value of at least 0, found -1"),
    ],
)
def test_what_makes_no_sense_is_refused(written, place, message):
    with pytest.raises(ValidationError) as error:
        FAULT.validate_python(written)
    [details] = error.value.errors()
    assert details["loc"] == (next(iter(written)), *place)
    assert details["msg"].startswith(message)


CHOICES = st.one_of(
    st.sampled_from(["all", "first", "last", "token", "done", "body"]),
    st.integers(0, 7),
    st.lists(st.integers(0, 7), max_size=3),
)
FAULTS = st.one_of(
    CHOICES.map(lambda which: Drop(frames=which)),
    st.tuples(CHOICES, st.integers(2, 4)).map(lambda drawn: Duplicate(frames=drawn[0], times=drawn[1])),
    st.permutations(range(4)).filter(lambda order: order != [0, 1, 2, 3]).map(lambda order: Reorder(frames=order)),
)


@given(FAULTS, st.sampled_from([FRAMES, BODY, ()]))
def test_frames_that_were_given_are_never_edited_and_no_frame_is_made_up(fault, frames):
    before = deepcopy(frames)
    changed = fault.apply(frames, SEED)
    assert frames == before
    if changed is not None:
        assert {frame.label for frame in changed} <= {frame.label for frame in frames}
        kept = [frame.ordinal for frame in changed if frame.ordinal >= 0]
        assert len(set(kept)) == len(kept)
