"""Faults of the connection: what was due before the position goes out, and then the answer ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mockllm.plan import Close as CloseStep
from mockllm.plan import End, Frame, Head, Send, Wait, duration, render
from mockllm.plan import Reset as ResetStep
from mockllm.scenario.faults import AnyFault
from mockllm.scenario.faults.connection import Close, Reset, Truncate, _Cut
from mockllm.seeds import Seed
from tests.plans import body, sent, stream

SEED = Seed.of("fault")
FAULT: TypeAdapter[AnyFault] = TypeAdapter(AnyFault)
CUTS = [Reset, Close, Truncate]
LAST = {Reset: ResetStep, Close: CloseStep, Truncate: End}
ALL = sent(stream())


@pytest.mark.parametrize("cut", CUTS)
def test_a_cut_after_three_frames_delivers_the_head_and_exactly_three_frames(cut):
    """Law 3. The cut happens when the fourth frame was due."""
    changed = cut(at={"frame": 3}).apply(stream(), SEED)
    assert changed[:-1] == stream()[: len(changed) - 1]
    assert isinstance(changed[0], Head)
    assert sent(changed) == ALL[:30]
    assert isinstance(changed[-1], LAST[cut])
    assert duration(changed) == 80_000


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize(
    ("at", "where", "bytes_"),
    [
        ("start", "before the head", 0),
        ("headers", "after the head", 0),
        ({"frame": 0}, "after the head", 0),
        ({"frame": 3}, "at frame 3", 30),
        ({"token": 1}, "at frame 2", 20),
        ({"byte": 30}, "at frame 3", 30),
        ({"byte": 31}, "in frame 3", 31),
        ({"byte": 3}, "in frame 0", 3),
        ("done", "at frame 5", 50),
        ("end", "at frame 6", 60),
    ],
)
def test_the_timeline_says_how_far_the_answer_came(cut, at, where, bytes_):
    changed = cut(at=at).apply(stream(), SEED)
    assert changed[-1].cause == f"fault: {cut.kind} {where}"
    assert sent(changed) == ALL[:bytes_]


def test_in_pieces_a_frame_is_either_whole_or_not():
    plan = stream(split=4)
    assert Reset(at={"byte": 30}).apply(plan, SEED)[-1].cause == "fault: reset at frame 3"
    assert Reset(at={"byte": 34}).apply(plan, SEED)[-1].cause == "fault: reset in frame 3"
    assert sent(Reset(at={"byte": 34}).apply(plan, SEED)) == ALL[:34]


def test_the_timeline_of_a_reset():
    assert render(Reset(at={"frame": 2}).apply(stream(), SEED)) == (
        "  0.000  head   200 text/event-stream\n"
        "  0.020  send   #0  role\n"
        '  0.040  send   #1  "It"\n'
        "  0.060  reset      (fault: reset at frame 2)"
    )


def test_an_added_frame_is_no_measure_of_how_far_the_answer_came():
    comment = Send(b": hi\n\n", Frame(": hi", "comment"))
    plan = (*stream()[:1], comment, *stream()[1:])
    assert Reset(at={"frame": 0}).apply(plan, SEED)[-1].cause == "fault: reset after the head"
    assert Reset(at={"frame": 1}).apply(plan, SEED)[-1].cause == "fault: reset at frame 1"


class TestTruncate:
    def test_a_stream_ends_as_if_it_were_whole(self):
        changed = Truncate(at={"frame": 3}).apply(stream(), SEED)
        assert changed == (*stream()[:7], Wait(20_000), End("fault: truncate at frame 3"))

    def test_the_length_of_a_plain_body_stays_honest(self):
        changed = Truncate(at={"byte": 4}).apply(body(), SEED)
        assert changed == (
            Wait(50_000),
            Head(200, (("Content-Length", "4"),), "length"),
            Send(b"0123", body()[2].frame),
            End("fault: truncate in frame 0"),
        )

    def test_the_length_counts_bytes_and_no_other_header_changes(self):
        head = Head(200, (("x-a", "9"), ("content-length", "4"), ("x-b", "")), "length")
        plan = (head, Send("🌞".encode(), body()[2].frame), End())
        changed = Truncate(at={"byte": 2}).apply(plan, SEED)
        assert changed[0] == Head(200, (("x-a", "9"), ("content-length", "2"), ("x-b", "")), "length")

    def test_after_the_head_the_body_is_empty(self):
        changed = Truncate(at="headers").apply(body(), SEED)
        assert changed[1] == Head(200, (("Content-Length", "0"),), "length")
        assert changed[2:] == (End("fault: truncate after the head"),)

    def test_before_the_head_there_is_no_body_to_end(self):
        assert Truncate(at="start").apply(body(), SEED) == (CloseStep("fault: truncate before the head"),)


@pytest.mark.parametrize("cut", [Reset, Close])
def test_the_length_of_a_body_that_is_broken_off_promises_more(cut):
    changed = cut(at={"byte": 4}).apply(body(), SEED)
    assert changed[1] == Head(200, (("Content-Length", "10"),), "length")
    assert sent(changed) == b"0123"


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("at", [{"frame": 7}, {"token": 5}, {"byte": 61}, {"event": "none"}])
def test_a_position_beyond_the_end_is_reported(cut, at):
    assert cut(at=at).apply(stream(), SEED) is None


@pytest.mark.parametrize("cut", CUTS)
def test_after_an_earlier_cut_a_later_position_is_no_more(cut):
    changed = Reset(at={"frame": 2}).apply(stream(), SEED)
    assert cut(at={"frame": 3}).apply(changed, SEED) is None
    assert sent(cut(at={"frame": 1}).apply(changed, SEED)) == ALL[:10]


POSITIONS = st.one_of(
    st.sampled_from(["start", "headers", "finish", "done", "end"]),
    st.integers(0, 8).map(lambda number: {"frame": number}),
    st.integers(0, 6).map(lambda number: {"token": number}),
    st.integers(0, 70).map(lambda number: {"byte": number}),
    st.integers(0, 100).map(lambda number: {"share": f"{number}%"}),
)
PLANS = st.sampled_from([stream(), stream(split=3), body(), body(b""), ()])


@given(st.sampled_from(CUTS), POSITIONS, PLANS)
def test_what_goes_out_is_a_beginning_of_what_was_planned(cut, at, plan):
    before = tuple(plan)
    changed = cut(at=at).apply(plan, SEED)
    assert plan == before, "the plan that was given stays as it is"
    assert cut(at=at).apply(plan, SEED) == changed
    if changed is not None:
        assert sent(plan).startswith(sent(changed))
        assert duration(changed) <= duration(plan)
        assert [step for step in changed if isinstance(step, (End, CloseStep, ResetStep))] == [changed[-1]]


@pytest.mark.parametrize(
    ("written", "place", "message"),
    [
        ({}, ("at",), "the key 'at' is missing: where the answer ends"),
        ("start", (), "expected a mapping with keys from at, found 'start'"),
        ({"at": "start", "att": 1}, ("att",), "unknown key 'att': did you mean 'at'? allowed here: at"),
        ({"at": 3}, ("at",), "a position needs a unit: write {frame: 3}, {token: 3} or {byte: 3}"),
    ],
)
def test_what_makes_no_sense_is_refused(written, place, message):
    for cut in CUTS:
        with pytest.raises(ValidationError) as error:
            FAULT.validate_python({cut.kind: written})
        [details] = error.value.errors()
        assert (details["loc"], details["msg"]) == ((cut.kind, *place), message)


def test_a_cut_needs_an_end():
    class Nothing(_Cut):
        kind = "nothing"

    with pytest.raises(NotImplementedError):
        Nothing(at="start").apply(stream(), SEED)
