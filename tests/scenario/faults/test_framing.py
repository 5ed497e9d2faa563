"""Faults of how frames become bytes."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mockllm.plan import Frame, Framing, Send, Wait, render, stamp
from mockllm.scenario.faults import AnyFault
from mockllm.scenario.faults.framing import (
    Bom,
    Coalesce,
    Done,
    Escape,
    EventNames,
    Ids,
    LineEnding,
    MultilineData,
    NoSpace,
    Split,
    UnterminatedLastEvent,
    _Restyle,
)
from mockllm.seeds import Seed
from tests import calls
from tests.calls import chat, engine
from tests.plans import BODY, FRAMES
from tests.raw_http import receive, reply
from tests.sse_decoder import decode

SEED = Seed.of("fault")
NO_DURATION = "is not a duration: write it as a number with its unit, such as 250ms"
FAULT: TypeAdapter[AnyFault] = TypeAdapter(AnyFault)
MODES = ["omit", "twice", "spaced", "late", "text_after"]
MARKER = FRAMES[-1]


def ending(mode, **fields):
    changed = Done.model_validate({"mode": mode, **fields}).apply(FRAMES, SEED)
    assert changed[:5] == FRAMES[:5], "the frames before the end marker stay"
    return changed[5:]


class TestDone:
    def test_omitted_it_never_comes(self):
        assert ending("omit") == ()

    def test_twice_it_comes_again_and_the_second_does_not_count(self):
        first, second = ending("twice")
        assert (first.data, second.data) == ("[DONE]", "[DONE]")
        assert (first.ordinal, second.ordinal) == (5, -1)

    def test_spaced_a_space_follows(self):
        [marker] = ending("spaced")
        assert marker.data == "[DONE] "

    def test_late_it_is_held_back(self):
        [marker] = ending("late")
        assert marker.framing == Framing(delay_us=5_000_000)
        [marker] = ending("late", by="30s")
        assert marker.framing == Framing(delay_us=30_000_000)

    def test_text_after_it_is_an_event_that_does_not_count(self):
        first, second = ending("text_after")
        assert (first.data, first.ordinal) == ("[DONE]", 5)
        assert (second.data, second.ordinal, second.label) == ("still here", -1, '"still here"')

    @pytest.mark.parametrize("mode", MODES[1:])
    def test_the_timeline_names_the_fault(self, mode):
        assert {frame.cause for frame in ending(mode)} == {f"fault: done {mode}"}

    @pytest.mark.parametrize("mode", MODES)
    @pytest.mark.parametrize("frames", [(), FRAMES[:5], BODY])
    def test_an_answer_without_end_marker_is_reported(self, mode, frames):
        assert Done(mode=mode).apply(frames, SEED) is None

    def test_the_word_alone_is_enough(self):
        assert FAULT.validate_python({"done": "omit"}) == Done(mode="omit")
        assert FAULT.validate_python({"done": {"mode": "late", "by": "1s"}}) == Done(mode="late", by="1s")

    @pytest.mark.parametrize(
        ("written", "place", "message"),
        [
            ("omi", (), "expected omit, twice, spaced, late or text_after, found 'omi': did you mean 'omit'?"),
            (None, (), "expected omit, twice, spaced, late or text_after, found null"),
            ({"by": "1s"}, ("mode",), "the key 'mode' is missing"),
            (
                {"mode": "omit", "by": "1s"},
                (),
                "by says how late the end is, but the mode is omit: drop by, or write mode: late",
            ),
            (
                {"mode": "late", "by": 3},
                ("by",),
                f"3 {NO_DURATION}",
            ),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, written, place, message):
        with pytest.raises(ValidationError) as error:
            FAULT.validate_python({"done": written})
        [details] = error.value.errors()
        assert (details["loc"], details["msg"]) == (("done", *place), message)


class TestSplit:
    @pytest.mark.parametrize("frames", [FRAMES, BODY])
    def test_every_frame_is_marked_to_be_cut(self, frames):
        changed = Split(bytes=7, every="10ms").apply(frames, SEED)
        assert changed == tuple(
            replace(frame, framing=Framing(split_bytes=7, split_every_us=10_000)) for frame in frames
        )

    def test_by_default_every_byte_is_alone_and_at_once(self):
        assert FAULT.validate_python({"split": {}}) == Split(bytes=1, every=0)

    def test_other_framing_stays(self):
        crlf = tuple(replace(frame, framing=Framing(line_ending="\r\n")) for frame in FRAMES)
        assert Split().apply(crlf, SEED)[0].framing == Framing(line_ending="\r\n", split_bytes=1)

    def test_an_answer_without_frames_is_reported(self):
        assert Split().apply((), SEED) is None

    @pytest.mark.parametrize(
        ("written", "message"),
        [
            ({"bytes": 0}, "expected a value of at least 1, found 0"),
            ({"every": 5}, f"5 {NO_DURATION}"),
            (3, "expected a mapping with keys from bytes, every, found 3"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, written, message):
        with pytest.raises(ValidationError) as error:
            FAULT.validate_python({"split": written})
        assert error.value.errors()[0]["msg"] == message


SAY = "text: [Hi, ' ', 🌞]"


def served(fault="", reply=SAY, *, stream=True):
    scenario = f"pace: {{itl: 10ms}}\nrules: [{{replies: [{{{reply}, faults: [{fault}]}}]}}]"
    return engine(scenario).handle(chat(stream=stream))


def lines_of(exchange):
    return calls.sent(exchange).decode().split("\n")


def events_of(exchange):
    return decode(calls.sent(exchange)).events


HEALTHY = calls.sent(served())
EVENTS = HEALTHY.removesuffix(b"\n\n").split(b"\n\n")
"""Role, three tokens, finish, end marker."""


class TestLineEnding:
    @pytest.mark.parametrize(("style", "ending"), [("crlf", b"\r\n"), ("cr", b"\r")])
    def test_every_line_ends_so_and_nothing_else_changes(self, style, ending):
        exchange = served(f"{{line_ending: {style}}}")
        assert calls.sent(exchange) == HEALTHY.replace(b"\n", ending)
        assert len(events_of(exchange)) == 6
        assert exchange.unfired == ()

    def test_only_the_chosen_frames_are_written_so(self):
        exchange = served("{line_ending: {style: crlf, frames: [1]}}")
        wanted = [event + (b"\r\n\r\n" if index == 1 else b"\n\n") for index, event in enumerate(EVENTS)]
        assert calls.sent(exchange) == b"".join(wanted)


class TestNoSpace:
    def test_no_space_follows_a_colon(self):
        exchange = served("{no_space: {}}")
        assert calls.sent(exchange) == HEALTHY.replace(b"data: ", b"data:")
        assert events_of(exchange) == decode(HEALTHY).events

    def test_a_comment_is_no_field(self):
        assert NoSpace().apply((Frame(": hm", "comment"),), SEED) is None


class TestMultilineData:
    def test_json_comes_in_several_lines_and_is_the_same_json(self):
        exchange = served("{multiline_data: {}}")
        assert lines_of(exchange)[:2] == ["data: {", f'data:   "id": "{json.loads(EVENTS[0][6:])["id"]}",']
        assert [json.loads(event.data) for event in events_of(exchange)[:-1]] == [
            json.loads(event[6:]) for event in EVENTS[:-1]
        ]
        assert calls.sent(exchange).endswith(b"data: }\n\ndata: [DONE]\n\n")

    def test_a_line_separator_inside_a_text_ends_no_line(self):
        exchange = served("{multiline_data: {}}", 'text: "a\\u2028b"')
        assert "\u2028" in calls.sent(exchange).decode()
        assert events_of(exchange)[-1].data == "[DONE]"
        assert all(line == "" or line.startswith("data: ") for line in lines_of(exchange))


class TestEventNames:
    def test_every_event_has_the_name(self):
        exchange = served("{event_names: message.delta}")
        assert calls.sent(exchange) == b"".join(b"event: message.delta\n" + event + b"\n\n" for event in EVENTS)

    def test_the_name_is_the_type_in_the_json(self):
        exchange = served("{event_names: from_type}", "events: [{data: {type: delta}}, {data: {a: 1}}, '[DONE]', [1]]")
        assert calls.sent(exchange) == (
            b'event: delta\ndata: {"type":"delta"}\n\ndata: {"a":1}\n\ndata: [DONE]\n\ndata: [1]\n\n'
        )

    def test_an_answer_without_types_is_reported(self):
        exchange = served("{event_names: from_type}")
        assert (calls.sent(exchange), exchange.unfired) == (HEALTHY, ("event_names",))


class TestIds:
    def test_every_event_has_a_number(self):
        exchange = served("{ids: 7}")
        assert [event.id for event in events_of(exchange)] == ["7", "8", "9", "10", "11", "12"]
        assert lines_of(exchange)[0] == "id: 7"

    def test_a_frame_that_a_fault_added_has_none(self):
        assert Ids().apply((Frame({"a": 1}), Frame(": hm", "comment", ordinal=0)), SEED) is None


class TestBom:
    @pytest.mark.parametrize("stream", [True, False])
    def test_it_comes_before_the_first_byte(self, stream):
        healthy, wrong = served(stream=stream), served("{bom: {}}", stream=stream)
        assert calls.sent(wrong) == b"\xef\xbb\xbf" + calls.sent(healthy)
        if not stream:
            assert calls.header(wrong, "content-length") == str(len(calls.sent(wrong)))

    def test_there_may_be_two(self):
        assert calls.sent(served("{bom: 2}")) == b"\xef\xbb\xbf" * 2 + HEALTHY

    def test_an_answer_without_frames_is_reported(self):
        assert served("{bom: {}}", "events: []").unfired == ("bom",)


class TestUnterminatedLastEvent:
    @pytest.mark.parametrize(("ends", "missing"), [("after_line", 1), ("in_line", 2)])
    def test_the_end_of_the_last_event_is_missing(self, ends, missing):
        exchange = served(f"{{unterminated_last_event: {ends}}}")
        assert calls.sent(exchange) == HEALTHY[:-missing]
        assert len(events_of(exchange)) == 5, "a parser by the standard drops what no blank line ends"

    def test_the_last_event_may_be_another(self):
        exchange = served("{done: omit}, {unterminated_last_event: {}}")
        assert calls.sent(exchange) == b"\n\n".join(EVENTS[:-1]) + b"\n"

    def test_an_answer_without_frames_is_reported(self):
        assert served("{unterminated_last_event: {}}", "events: []").unfired == ("unterminated_last_event",)


def writes(exchange):
    """How many frames go out at each moment: the role with the first token, the end with the last."""
    now, times = 0, {}
    for step in exchange.plan:
        if isinstance(step, Wait):
            now += step.us
        elif isinstance(step, Send):
            times[now] = times.get(now, 0) + 1
    return times


class TestCoalesce:
    def test_events_wait_for_the_last_of_their_group(self):
        assert writes(served()) == {0: 2, 10_000: 1, 20_000: 3}
        exchange = served("{coalesce: 3}")
        assert writes(exchange) == {10_000: 3, 20_000: 3}
        assert calls.sent(exchange) == HEALTHY

    def test_the_last_group_may_be_smaller(self):
        assert writes(served("{coalesce: 4}")) == {20_000: 6}
        assert writes(served("{coalesce: 99}")) == {20_000: 6}

    def test_a_single_frame_is_reported(self):
        assert served("{coalesce: 2}", "events: [x]").unfired == ("coalesce",)


OF_EVENTS = [
    "line_ending: cr", "no_space: {}", "multiline_data: {}", "event_names: x", "ids: {}",
    "unterminated_last_event: {}", "coalesce: 2",
]  # fmt: skip


@pytest.mark.parametrize("fault", OF_EVENTS)
def test_a_plain_body_has_no_events_and_so_the_fault_is_reported(fault):
    exchange = served(f"{{{fault}}}", stream=False)
    assert exchange.unfired == (fault.split(":")[0],)
    assert calls.sent(exchange) == calls.sent(served(stream=False))


@pytest.mark.parametrize("fault", [*OF_EVENTS, "bom: {}"])
def test_the_timeline_names_the_fault_that_changes_the_framing(fault):
    assert f"(fault: {fault.split(':')[0]})" in render(served(f"{{{fault}}}").plan)


@pytest.mark.parametrize(
    ("written", "place", "message"),
    [
        ({"line_ending": "lf"}, (), "expected crlf or cr, found 'lf'"),
        ({"line_ending": {"frames": "all"}}, ("style",), "the key 'style' is missing"),
        ({"no_space": "alll"}, (), "expected first, last, all, role"),
        ({"multiline_data": {"indent": 9}}, ("indent",), "expected a value of at most 8, found 9"),
        ({"event_names": 5}, (), "expected a text, found 5: put it in quotes"),
        ({"ids": -1}, (), "expected a value of at least 0, found -1"),
        ({"bom": True}, (), "expected a whole number, found true"),
        ({"unterminated_last_event": "line"}, (), "expected after_line or in_line, found 'line'"),
        ({"coalesce": 1}, (), "expected a value of at least 2, found 1"),
        ({"coalesce": {}}, ("frames",), "the key 'frames' is missing: how many frames a piece has"),
    ],
)
def test_what_no_framing_can_be_is_refused(written, place, message):
    with pytest.raises(ValidationError) as error:
        FAULT.validate_python(written)
    [details] = error.value.errors()
    assert details["loc"] == (next(iter(written)), *place)
    assert details["msg"].startswith(message)


def test_a_restyling_needs_a_style():
    class Nothing(_Restyle):
        kind = "nothing"

    with pytest.raises(NotImplementedError):
        Nothing().apply(FRAMES, SEED)


FAULTS = st.one_of(
    st.sampled_from(MODES).map(lambda mode: Done(mode=mode)),
    st.integers(1, 9).map(lambda size: Split(bytes=size)),
    st.integers(2, 9).map(lambda size: Coalesce(frames=size)),
    st.sampled_from([LineEnding(style="cr"), NoSpace(), MultilineData(), EventNames(name="x"), Ids(), Bom()]),
    st.just(UnterminatedLastEvent()),
)


@settings(deadline=None)
@given(FAULTS, st.lists(st.sampled_from(FRAMES), unique_by=lambda frame: frame.ordinal))
def test_frames_that_were_given_are_never_edited_and_the_same_seed_gives_the_same(fault, frames):
    given_frames = tuple(replace(frame) for frame in frames)
    changed = fault.apply(given_frames, SEED)
    assert given_frames == tuple(frames)
    assert fault.apply(given_frames, SEED) == changed
    if changed is not None:
        kept = [frame.ordinal for frame in changed if frame.ordinal >= 0]
        assert kept == [frame.ordinal for frame in frames if frame.ordinal in kept], "frames keep their ordinals"


class TestEscape:
    @pytest.mark.parametrize(
        ("what", "data", "text"),
        [
            ("non_ascii", {"a": "é"}, '{"a":"\\u00e9"}'),
            ("non_ascii", {"a": "🌞<"}, '{"a":"\\ud83c\\udf1e<"}'),
            ("html", {"a": "<b>&'é"}, '{"a":"\\u003cb\\u003e\\u0026\\u0027é"}'),
            ("all", {"a": 'x"\n', "n": [1, None]}, '{"\\u0061":"\\u0078\\u0022\\u000a","\\u006e":[1,null]}'),
            ("all", ["\ud83c"], '["\\ud83c"]'),
        ],
    )
    def test_characters_become_their_utf_16_units(self, what, data, text):
        """RFC 8259 §7."""
        (frame,) = Escape(what=what).apply(stamp((Frame(data),)), SEED)
        assert frame.data == text
        assert json.loads(frame.data) == data
        assert frame.cause == "fault: escape"

    @pytest.mark.parametrize("data", [{"a": "plain"}, "[DONE]", None])
    def test_where_nothing_changes_it_is_reported(self, data):
        assert Escape().apply(stamp((Frame(data),)), SEED) is None

    def test_only_the_chosen_frames_change(self):
        frames = stamp((Frame({"a": "é"}), Frame({"a": "é"})))
        assert Escape(frames=1).apply(frames, SEED)[0] == frames[0]

    def test_a_plain_body_has_them_too(self):
        received = receive(reply("{escape: {}}", text="é"), stream=False)
        assert b"\\u00e9" in received.body
        assert json.loads(received.body)["choices"][0]["message"]["content"] == "é"
