"""The plan as values, and its timeline."""

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm.plan import (
    FOREVER_US,
    Admit,
    Close,
    End,
    Frame,
    Gate,
    Head,
    HeadRest,
    Interim,
    Messages,
    Raw,
    Reset,
    Send,
    Wait,
    duration,
    render,
    seconds,
    stamp,
)

STREAM = (("content-type", "text/event-stream; charset=utf-8"),)


def frame(ordinal, label, tokens=1):
    return Frame({"n": ordinal}, tokens=tokens, label=label, ordinal=ordinal)


def send(ordinal, label):
    return Send(b"data: x\n\n", frame(ordinal, label))


def test_the_timeline_of_the_design():
    plan = (
        Head(200, STREAM),
        Wait(300_000),
        send(0, "role"),
        send(1, '"It"'),
        Wait(20_000),
        send(2, '" is"'),
        Wait(20_000),
        Reset("fault: reset at frame 3"),
    )
    assert render(plan) == (
        "  0.000  head   200 text/event-stream\n"
        "  0.300  send   #0  role\n"
        '  0.300  send   #1  "It"\n'
        '  0.320  send   #2  " is"\n'
        "  0.340  reset      (fault: reset at frame 3)"
    )


def test_every_step_has_its_line_and_a_wait_only_if_it_has_a_cause():
    plan = (
        Wait(1_500),
        Head(429, (("x-a", "b"), ("Content-Type", "application/json"))),
        HeadRest(12),
        HeadRest(cause="fault: slow_headers"),
        Wait(2_000_000, "fault: stall"),
        Gate("first", "fault: gate"),
        Send(b": keep-alive\n\n", Frame("", kind="comment")),
        Send(b"{}", frame(12, "body chat"), cause="fault: split"),
        send(100, "late"),
        Raw(b"\x00\x01\x02", "fault: bad_chunk_size"),
        Wait(3_600_000_000),
        End(),
        Close(),
        Reset(),
        End("fault: truncate after the head"),
    )
    assert render(plan) == (
        "  0.002  head   429 application/json\n"
        "  0.002  head   +   12 bytes\n"
        "  0.002  head   +   the rest    (fault: slow_headers)\n"
        "  0.002  wait   2s    (fault: stall)\n"
        "  2.002  gate   first    (fault: gate)\n"
        "  2.002  send   +   14 bytes\n"
        "  2.002  send   #12 body chat    (fault: split)\n"
        "  2.002  send   #100 late\n"
        "  2.002  raw    3 bytes    (fault: bad_chunk_size)\n"
        "3602.002  end\n"
        "3602.002  close\n"
        "3602.002  reset\n"
        "3602.002  end        (fault: truncate after the head)"
    )


def test_a_head_without_content_type_shows_its_status_alone():
    assert render((Head(204),)) == "  0.000  head   204"
    assert render((Head(502, cause="fault: status"),)) == "  0.000  head   502    (fault: status)"


@settings(deadline=None)
@given(st.text(), st.text())
def test_a_step_is_one_line_whatever_its_label_and_cause_contain(label, cause):
    text = render((Send(b"x", frame(0, label), cause=cause), End()))
    assert len(text.splitlines()) == 2
    assert all(line.isprintable() for line in text.splitlines())


def test_line_breaks_in_a_label_are_written_as_escapes():
    assert render((send(0, "a\nb\x1b[31m\u2028c 🌞"),)) == "  0.000  send   #0  a\\nb\\x1b[31m\\u2028c 🌞"


def test_of_a_long_label_the_beginning_and_the_length_are_shown():
    shown = [render((Send(b"", Frame("", label="x" * length)),)) for length in (200, 201)]
    assert shown == [f"  0.000  send   +   {'x' * 200}", f"  0.000  send   +   {'x' * 200}... (201 characters)"]


def test_an_empty_plan_has_no_lines_and_no_duration():
    assert render(()) == ""
    assert duration(()) == 0


def test_the_duration_is_the_sum_of_all_waits():
    assert duration((Wait(5), Head(200), Wait(7, "fault: stall"), send(0, "a"), End(), Wait(1))) == 13


def test_stamping_numbers_frames_from_0_and_counts_the_tokens_before_each():
    frames = (
        Frame("role", "role"), Frame("a", tokens=1), Frame("b", tokens=3), Frame("f", "finish"), Frame("c", tokens=2),
    )  # fmt: skip
    stamped = stamp(frames)
    assert [(frame.ordinal, frame.tokens_before) for frame in stamped] == [(0, 0), (1, 0), (2, 1), (3, 4), (4, 4)]
    assert [frame.data for frame in stamped] == ["role", "a", "b", "f", "c"]
    assert [frame.ordinal for frame in frames] == [-1] * 5, "the frames that were given stay as they are"


@settings(deadline=None)
@given(st.lists(st.integers(min_value=0, max_value=5)))
def test_stamping_twice_changes_nothing(tokens):
    once = stamp(tuple(Frame(index, tokens=count) for index, count in enumerate(tokens)))
    assert stamp(once) == once


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (0, "0us"),
        (40, "40us"),
        (999, "999us"),
        (1_000, "1ms"),
        (1_500, "1.5ms"),
        (250_000, "250ms"),
        (999_999, "999.999ms"),
        (1_000_000, "1s"),
        (1_500_000, "1.5s"),
        (30_000_000, "30s"),
        (100_000_001, "100.000001s"),
        (FOREVER_US, "86400s"),
    ],
)
def test_a_duration_for_people_is_exact(us, text):
    assert seconds(us) == text


@pytest.mark.parametrize("step", [Wait(1), Head(200), HeadRest(1), send(0, "a"), Raw(b""), End(), Close(), Reset()])
def test_steps_and_frames_are_frozen(step):
    with pytest.raises(FrozenInstanceError):
        step.cause = "x"
    with pytest.raises(FrozenInstanceError):
        frame(0, "a").data = 1


def test_a_head_shows_what_steers_a_client():
    head = Head(429, (("content-type", "application/json"), ("retry-after", "1"), ("x-request-id", "r")))
    assert render((head,)) == "  0.000  head   429 application/json  retry-after: 1"


def test_a_gate_takes_no_time_of_a_plan():
    assert duration((Wait(5), Gate("g"), Wait(7))) == 12


def test_an_interim_response_and_a_connection_that_is_let_in_have_their_lines():
    plan = (Wait(1_000, "accept: stall"), Admit("accept: stall"), Interim(103, (), "fault: interim"), Head(204))
    assert render(plan).splitlines() == [
        "  0.000  wait   1ms    (accept: stall)",
        "  0.001  admit      (accept: stall)",
        "  0.001  head   103 (interim)    (fault: interim)",
        "  0.001  head   204",
    ]


def test_messages_of_a_websocket_are_shown_like_the_events_of_a_stream():
    plan = (Head(101), Messages(), Send(b"x", Frame({}, label="created", ordinal=0)), End())
    assert render(plan).splitlines() == [
        "  0.000  head   101",
        "  0.000  websocket",
        "  0.000  send   #0  created",
        "  0.000  end",
    ]
