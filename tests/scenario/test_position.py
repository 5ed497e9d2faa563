"""Positions: each on streams and on plain bodies, at the end, beyond it, and after what earlier faults did."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mockllm.plan import End, Frame, Head, HeadRest, Plan, Reset, Send, Wait, duration
from mockllm.scenario.position import At, AtByte, AtEvent, AtFrame, AtShare, AtToken, Point
from tests.plans import BODY, FRAMES, at_us, body, sent, stream

READ: TypeAdapter[At] = TypeAdapter(At)
ALL = b"".join(f"<frame {number}>\n".encode() for number in range(6))


def before(at, plan: Plan) -> Plan | None:
    """What goes out before the position; None if there is no such position."""
    place = READ.validate_python(at).find(plan)
    if place is None:
        return None
    divided, index = place
    assert sent(divided) == sent(plan), "finding a position loses nothing"
    assert duration(divided) == duration(plan)
    return divided[:index]


def frames_before(at, plan: Plan) -> int | None:
    """How many frames go out before the position."""
    plan_before = before(at, plan)
    if plan_before is None:
        return None
    return len({step.frame.ordinal for step in plan_before if isinstance(step, Send) and step.frame.ordinal >= 0})


@pytest.mark.parametrize(
    ("at", "frames", "us"),
    [
        ("headers", 0, 0),
        ({"token": 0}, 1, 40_000),
        ({"token": 1}, 2, 60_000),
        ({"token": 2}, 3, 80_000),  # in the middle of a frame that goes whole
        ({"token": 3}, 3, 80_000),
        ({"token": 4}, 4, 80_000),  # all tokens: right after the last, not when the next frame is due
        ({"token": 5}, None, None),
        ({"frame": 0}, 0, 20_000),
        ({"frame": 3}, 3, 80_000),
        ({"frame": 6}, 6, 120_000),
        ({"frame": 7}, None, None),
        ({"event": "delta"}, 1, 40_000),
        ({"event": "completed"}, 4, 100_000),
        ({"event": "response.completed"}, None, None),
        ({"byte": 0}, 0, 20_000),
        ({"byte": 20}, 2, 60_000),
        ({"byte": 60}, 6, 120_000),
        ({"byte": 61}, None, None),
        ({"share": "0%"}, 0, 20_000),
        ({"share": "50%"}, 3, 80_000),
        ({"share": "66%"}, 3, 80_000),  # 3.96 frames, rounded down
        ({"share": "67%"}, 4, 100_000),
        ({"share": "100%"}, 6, 120_000),
        ("finish", 4, 100_000),
        ("done", 5, 120_000),
        ("end", 6, 120_000),
    ],
)
def test_a_position_in_a_stream(at, frames, us):
    assert frames_before(at, stream()) == frames
    if frames is not None:
        divided, index = READ.validate_python(at).find(stream())
        assert at_us(divided, index) == us


@pytest.mark.parametrize(
    ("at", "text"),
    [
        ("headers", b""),
        ({"token": 0}, None),
        ({"token": 1}, None),
        ({"frame": 0}, b""),
        ({"frame": 1}, b"0123456789"),
        ({"frame": 2}, None),
        ({"event": "delta"}, None),
        ({"byte": 0}, b""),
        ({"byte": 4}, b"0123"),
        ({"byte": 10}, b"0123456789"),
        ({"byte": 11}, None),
        ({"share": "0%"}, b""),
        ({"share": "50%"}, b"01234"),
        ({"share": "59%"}, b"01234"),
        ({"share": "100%"}, b"0123456789"),
        ("finish", None),
        ("done", None),
        ("end", b"0123456789"),
    ],
)
def test_a_position_in_a_plain_body(at, text):
    plan_before = before(at, body())
    assert (None if plan_before is None else sent(plan_before)) == text
    if plan_before is not None:
        assert any(isinstance(step, Head) for step in plan_before)


@pytest.mark.parametrize("plan", [stream(), body()])
def test_the_start_is_before_everything_also_before_the_first_wait(plan):
    assert before("start", plan) == ()


def test_a_position_within_a_frame_divides_its_bytes():
    plan = stream()
    divided, index = AtByte(count=23).find(plan)
    first, second = divided[index - 1], divided[index]
    assert isinstance(first, Send)
    assert isinstance(second, Send)
    assert (first.data, second.data) == (b"<fr", b"ame 2>\n")
    assert (first.offset, second.offset) == (20, 23)
    assert first.frame is second.frame
    assert len(divided) == len(plan) + 1


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=60), st.sampled_from([None, 1, 3, 4, 100]))
def test_a_byte_position_is_exact_in_any_pieces(count, size):
    assert sent(before({"byte": count}, stream(split=size))) == ALL[:count]


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=6), st.sampled_from([None, 1, 3, 7]))
def test_pieces_of_a_frame_stay_together_at_a_frame_position(number, size):
    assert sent(before({"frame": number}, stream(split=size))) == ALL[: 10 * number]


@pytest.mark.parametrize(("count", "frames"), [(0, 1), (1, 2), (2, 3), (3, 3), (4, 4)])
def test_pieces_of_a_frame_stay_together_at_a_token_position(count, frames):
    assert sent(before({"token": count}, stream(split=3))) == ALL[: 10 * frames]


def test_pieces_of_a_frame_stay_together_at_the_end_marker():
    assert sent(before("done", stream(split=3))) == ALL[:50]
    assert sent(before({"event": "completed"}, stream(split=3))) == ALL[:40]


@pytest.mark.parametrize(("share", "bytes_"), [("29%", 29), ("57%", 57), ("58%", 58), ("0.5%", 0), ("99.9%", 99)])
def test_a_share_is_exact(share, bytes_):
    """As floats 0.29 * 100 is 28.999999999999996 and 0.57 * 100 is 56.99999999999999."""
    assert sent(before({"share": share}, body(b"x" * 100))) == b"x" * bytes_


class TestAfterOtherFaults:
    def test_a_frame_that_was_dropped_still_counts(self):
        dropped = stream((*FRAMES[:2], *FRAMES[3:]))
        assert sent(before({"frame": 3}, dropped)) == sent(before({"frame": 2}, dropped)) == ALL[:20]
        assert sent(before({"frame": 4}, dropped)) == ALL[:20] + ALL[30:40]
        assert sent(before({"frame": 6}, dropped)) == ALL[:20] + ALL[30:]
        assert before({"frame": 7}, dropped) is None

    def test_its_tokens_still_count(self):
        dropped = stream((*FRAMES[:2], *FRAMES[3:]))
        assert sent(before({"token": 3}, dropped)) == ALL[:20]
        assert sent(before({"token": 4}, dropped)) == ALL[:20] + ALL[30:40]
        without_last = stream((*FRAMES[:3], *FRAMES[4:]))
        assert sent(before({"token": 4}, without_last)) == ALL[:30]
        assert before({"token": 5}, without_last) is None

    def test_it_is_part_of_the_whole_of_which_a_share_is_taken(self):
        dropped = stream((FRAMES[0], *FRAMES[4:]))
        assert sent(before({"share": "80%"}, dropped)) == ALL[:10]
        assert sent(before({"share": "84%"}, dropped)) == ALL[:10] + ALL[40:50]

    def test_a_frame_that_was_added_never_counts(self):
        added = replace(FRAMES[5], ordinal=-1, event="completed")
        plan = stream((FRAMES[0], added, *FRAMES[1:], added))
        assert frames_before({"frame": 1}, plan) == 1
        assert frames_before({"frame": 6}, plan) == 6
        assert before({"frame": 7}, plan) is None
        assert frames_before({"event": "completed"}, plan) == 4
        assert frames_before("done", plan) == 5
        assert sent(before({"byte": 20}, plan)).replace(b"<frame -1>\n", b"") == ALL[:20]
        assert frames_before({"share": "50%"}, plan) == 3

    def test_an_end_marker_that_was_omitted_is_no_position(self):
        plan = stream(FRAMES[:5])
        assert before("done", plan) is None
        assert frames_before("end", plan) == 5

    def test_the_end_is_no_position_where_the_answer_was_cut(self):
        assert before("end", (*stream()[:5], Reset())) is None


@pytest.mark.parametrize("at", [{"token": 0}, {"frame": 0}, {"event": "x"}, {"byte": 0}, {"share": "0%"}, "finish"])
def test_an_answer_without_a_body_has_no_position_in_it(at):
    assert before(at, (Head(200), End())) is None
    assert before(at, ()) is None


def test_a_stream_without_tokens_has_no_token_position():
    assert before({"token": 0}, stream((FRAMES[0], *FRAMES[4:]))) is None


def test_the_head_is_sent_when_its_last_piece_is():
    plan = (Head(200, first=4), Wait(5), HeadRest(4), Wait(5), HeadRest(), Wait(5), End())
    assert before("headers", plan) == plan[:5]


def test_headers_are_no_position_without_a_head():
    assert before("headers", (Wait(5), Reset())) is None


def test_an_empty_body_has_its_one_frame():
    plan = (Head(204, (), "length"), Send(b"", BODY[0]), End())
    assert len(before({"frame": 1}, plan)) == 2
    assert len(before({"byte": 0}, plan)) == 1
    assert len(before({"share": "50%"}, plan)) == 1


def test_finding_a_position_never_edits_the_plan():
    plan = stream()
    copy = tuple(plan)
    for at in ({"byte": 3}, {"frame": 2}, {"token": 1}, {"share": "10%"}, "done"):
        READ.validate_python(at).find(plan)
    assert plan == copy


@pytest.mark.parametrize(
    ("written", "position"),
    [
        ("start", Point(name="start")),
        ({"token": 3}, AtToken(count=3)),
        ({"frame": 3}, AtFrame(number=3)),
        ({"event": "response.completed"}, AtEvent(name="response.completed")),
        ({"byte": 120}, AtByte(count=120)),
        ({"share": "50%"}, AtShare(share="50%")),
        ({"share": {"share": "50%"}}, AtShare(share="50%")),
    ],
)
def test_every_written_form(written, position):
    assert READ.validate_python(written) == position
    assert READ.validate_python(position) is position


FORMS = "start, headers, finish, done, end, {token: 3}, {frame: 3}, {event: NAME}, {byte: 120}, {share: 50%}"
OR_FORMS = "start, headers, finish, done, end, {token: 3}, {frame: 3}, {event: NAME}, {byte: 120} or {share: 50%}"


@pytest.mark.parametrize(
    ("written", "place", "message"),
    [
        ("strat", (), f"unknown position 'strat': did you mean 'start'? allowed: {FORMS}"),
        ("frame", (), "the position 'frame' needs a value: write {frame: 3}"),
        ("share", (), "the position 'share' needs a value: write {share: 50%}"),
        ("zzz", (), f"unknown position 'zzz': allowed: {FORMS}"),
        (3, (), "a position needs a unit: write {frame: 3}, {token: 3} or {byte: 3}"),
        (0.5, (), f"expected a position: {OR_FORMS}, found 0.5"),
        (True, (), f"expected a position: {OR_FORMS}, found true"),
        (None, (), f"expected a position: {OR_FORMS}, found null"),
        ({}, (), f"expected a position: {OR_FORMS}, found {{}}"),
        ({"fram": 3}, (), "unknown position 'fram': did you mean 'frame'? allowed: token, frame, event, byte, share"),
        ({"frame": 3, "token": 3}, (), "one position per entry, found 2 keys: frame, token: make an entry of each"),
        ({"token": -1}, ("token",), "expected a value of at least 0, found -1"),
        ({"token": "3"}, ("token",), "expected a whole number, found '3': remove the quotes"),
        ({"event": 3}, ("event",), "expected a text, found 3: put it in quotes"),
        ({"share": 0.5}, ("share",), "0.5 is not a share: write it as a number with its unit, such as 5%"),
        ({"share": {"share": "5%", "x": 1}}, ("share", "x"), "unknown key 'x': allowed here: share"),
    ],
)
def test_what_is_no_position_is_refused_with_what_is_one(written, place, message):
    with pytest.raises(ValidationError) as error:
        READ.validate_python(written)
    [details] = error.value.errors()
    assert (details["loc"], details["msg"]) == (place, message)


def test_editors_know_the_named_points():
    assert {"enum": ["start", "headers", "finish", "done", "end"]} in READ.json_schema()["anyOf"]


def test_frames_of_several_choices_count_together():
    """Frames count every event, and the first finish frame is the finish."""
    frames = (*FRAMES[:4], Frame("f", "finish", ordinal=4, tokens_before=4), Frame("g", "finish", ordinal=5))
    assert frames_before("finish", stream(frames)) == 4
