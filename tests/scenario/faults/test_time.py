"""Faults of time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mockllm.plan import FOREVER_US, Frame, Head, Send, Wait, duration, render
from mockllm.scenario.faults import AnyFault
from mockllm.scenario.faults.time import Stall
from mockllm.seeds import Seed
from tests.plans import at_us, body, sent, stream

SEED = Seed.of("fault")
NO_DURATION = "is not a duration: write it as a number with its unit, such as 250ms"
FAULT: TypeAdapter[AnyFault] = TypeAdapter(AnyFault)
BEAT = Send(b": keep-alive\n\n", Frame(": keep-alive", "comment", label=": keep-alive"))
CAUSE = "fault: stall"


def stalled(at, plan=None, **fields):
    return Stall.model_validate({"at": at, **fields}).apply(stream() if plan is None else plan, SEED)


def test_nothing_comes_for_a_while_and_then_all_that_is_left():
    changed = stalled({"token": 3}, **{"for": "30s"})
    assert changed == (*stream()[:8], Wait(30_000_000, CAUSE), *stream()[8:])
    assert at_us(changed, 8) == 80_000, "the silence begins when the next frame was due"
    assert duration(changed) == duration(stream()) + 30_000_000


def test_without_an_end_it_lasts_as_long_as_the_longest_wait():
    assert stalled("start") == (Wait(FOREVER_US, CAUSE), *stream())


def test_in_the_middle_of_a_frame_the_rest_comes_after():
    changed = stalled({"byte": 13}, **{"for": "1s"})
    index = changed.index(Wait(1_000_000, CAUSE))
    assert (changed[index - 1].data, changed[index + 1].data) == (b"<fr", b"ame 1>\n")
    assert sent(changed) == sent(stream())


def test_a_plain_body_may_stall_too():
    assert stalled("headers", body(), **{"for": "1s"}) == (*body()[:2], Wait(1_000_000, CAUSE), *body()[2:])


@pytest.mark.parametrize(
    ("lasts", "beats", "rest"),
    [("10s", 2, 0), ("12s", 2, 2_000_000), ("4s", 0, 4_000_000), ("5s", 1, 0), ("1us", 0, 1)],
)
def test_a_heartbeat_comes_each_time_its_time_has_passed(lasts, beats, rest):
    changed = stalled({"frame": 1}, **{"for": lasts, "heartbeat": "5s"})
    silence = (Wait(5_000_000, CAUSE), BEAT) * beats + ((Wait(rest, CAUSE),) if rest else ())
    assert changed == (*stream()[:4], *silence, *stream()[4:])


def test_the_timeline_of_a_stall():
    changed = stalled({"frame": 1}, stream()[:5], **{"for": "6s", "heartbeat": "5s"})
    assert render(changed) == (
        "  0.000  head   200 text/event-stream\n"
        "  0.020  send   #0  role\n"
        "  0.040  wait   5s    (fault: stall)\n"
        "  5.040  send   +   : keep-alive\n"
        "  5.040  wait   1s    (fault: stall)\n"
        '  6.040  send   #1  "It"'
    )


def test_heartbeats_count_in_no_position():
    changed = stalled({"frame": 1}, **{"for": "10s", "heartbeat": "5s"})
    again = Stall.model_validate({"at": {"frame": 2}, "for": "1s"}).apply(changed, SEED)
    assert sent(again[: again.index(Wait(1_000_000, CAUSE))]).replace(BEAT.data, b"") == sent(stream())[:20]


@pytest.mark.parametrize(
    ("at", "plan"),
    [
        ("start", stream()),  # no head yet, so a comment would not be HTTP
        ("headers", body()),  # the length of the body is told, so a comment would be part of it
        ({"byte": 4}, body()),
    ],
)
def test_where_no_comment_can_be_sent_a_heartbeat_is_reported(at, plan):
    assert stalled(at, plan, **{"for": "10s", "heartbeat": "5s"}) is None
    assert stalled(at, plan, **{"for": "10s"}) is not None


def test_a_body_that_ends_with_the_connection_takes_a_heartbeat():
    plan = (Head(200, (), "close"), *stream()[1:])
    assert BEAT in stalled("headers", plan, **{"for": "10s", "heartbeat": "5s"})


@pytest.mark.parametrize("at", [{"frame": 7}, {"token": 5}, {"byte": 61}, {"event": "none"}])
def test_a_position_beyond_the_end_is_reported(at):
    assert stalled(at, **{"for": "1s"}) is None


@given(st.integers(0, 60), st.integers(0, 100_000), st.one_of(st.none(), st.integers(1, 50_000)))
def test_a_stall_loses_nothing_and_lasts_exactly_as_long_as_it_says(count, lasts_us, beat_us):
    fields = {"for": f"{lasts_us}us"} | ({"heartbeat": f"{beat_us}us"} if beat_us else {})
    plan = stream(split=4)
    before = tuple(plan)
    changed = stalled({"byte": count}, plan, **fields)
    assert plan == before, "the plan that was given stays as it is"
    assert stalled({"byte": count}, plan, **fields) == changed
    assert duration(changed) == duration(plan) + lasts_us
    assert sent(changed).replace(BEAT.data, b"") == sent(plan)


@pytest.mark.parametrize(
    ("written", "place", "message"),
    [
        ({"for": "1s"}, ("at",), "the key 'at' is missing: where the silence begins"),
        (
            {"at": "start", "for": 30},
            ("for",),
            f"30 {NO_DURATION}",
        ),
        ({"at": "start", "heartbeat": 0}, ("heartbeat",), "expected a value above 0, found 0"),
        (
            {"at": "start", "heartbeat": "500ms"},
            (),
            "more than 100000 heartbeats: lengthen `heartbeat` or shorten `for`",
        ),
        (
            {"at": "start", "fro": "1s"},
            ("fro",),
            "unknown key 'fro': did you mean 'for'? allowed here: at, for, heartbeat",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(written, place, message):
    with pytest.raises(ValidationError) as error:
        FAULT.validate_python({"stall": written})
    [details] = error.value.errors()
    assert (details["loc"], details["msg"]) == (("stall", *place), message)


def test_a_hundred_thousand_heartbeats_are_allowed():
    assert Stall.model_validate({"at": "headers", "for": "100s", "heartbeat": "1ms"}).heartbeat == 1_000
