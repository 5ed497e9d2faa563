from dataclasses import replace
from typing import ClassVar

import pytest
from pydantic import TypeAdapter

from mockllm import compile as compilation
from mockllm.answer import Answer, Style
from mockllm.compile import PlanTooLongError, compile_answer, event_dues
from mockllm.dialects.base import Layout
from mockllm.dialects.chat import CHAT
from mockllm.plan import Close, End, Frame, Head, Messages, Reset, Send, Wait, stamp
from mockllm.scenario.faults import AnyFault, Drop, FrameFault, Heartbeat, Ids, Layer, Stall
from mockllm.scenario.pace import Pace
from mockllm.score import Edited, Score
from mockllm.seeds import Seed
from mockllm.turn import Reasoning, Text
from tests.turns import asked, pieces, turn
from tests.turns import said as choice

S = 1_000_000
SEED = Seed.of("test")
STREAM = (
    Frame({"n": 0}, "role"),
    Frame({"n": 1}, "token", 1),
    Frame({"n": 2}, "token", 1),
    Frame({"n": 3}, "token", 1),
    Frame({"n": 4}, "finish"),
    Frame("[DONE]", "done"),
)
# Each of the five JSON events is 15 bytes long, the last one 14.
EVENT = len(b'data: {"n":0}\n\n')
BODY = Frame({"n": 0}, "body")
PACED = Pace(ttft="300ms", itl="20ms")


def streamed(**fields):
    return Answer(**{"status": 200, "headers": (("content-type", "text/event-stream"),), "frames": STREAM, **fields})


def plain(**fields):
    return Answer(**{"status": 200, "headers": (("content-type", "application/json"),), "frames": (BODY,), **fields})


def compiled(answer, *faults, pace=PACED):
    read = TypeAdapter(tuple[AnyFault, ...]).validate_python(faults)
    return compile_answer(answer, pace, read, SEED, "req_1")


def timeline(answer, *faults, pace=PACED):
    """Every step but the waits, with the microsecond at which it is due; a long wait has a line of its own."""
    now, lines = 0, []
    for step in compiled(answer, *faults, pace=pace).plan:
        match step:
            case Wait(us=us):
                now += us
            case Head(status=status):
                lines.append((now, f"head {status}"))
            case Send(data=data, frame=frame):
                text = data.decode().strip().removeprefix("data: ")
                lines.append((now, text if frame.ordinal >= 0 else f"+ {text}"))
            case End() | Close() | Reset():
                lines.append((now, type(step).__name__.lower()))
    return lines


def headers(answer, *faults, pace=PACED):
    return next(step for step in compiled(answer, *faults, pace=pace).plan if isinstance(step, Head)).headers


# A stream without faults.

WHOLE = [
    (0, "head 200"),
    (300_000, '{"n":0}'),
    (300_000, '{"n":1}'),
    (320_000, '{"n":2}'),
    (340_000, '{"n":3}'),
    (340_000, '{"n":4}'),
    (340_000, "[DONE]"),
    (340_000, "end"),
]


def test_a_stream_has_its_head_at_once_and_token_k_at_ttft_plus_k_itl():
    assert timeline(streamed()) == WHOLE


def test_waits_are_only_where_time_passes():
    waits = [step.us for step in compiled(streamed()).plan if isinstance(step, Wait)]
    assert waits == [300_000, 20_000, 20_000]
    assert not any(isinstance(step, Wait) for step in compiled(streamed(), pace=Pace()).plan)


def test_without_pace_everything_is_due_at_once():
    assert {due for due, _ in timeline(streamed(), pace=Pace())} == {0}


def test_the_pace_can_move_head_role_finish_and_done():
    pace = Pace(head="100ms", role="200ms", ttft="300ms", itl="20ms", finish="5ms", done="7ms")
    assert timeline(streamed(), pace=pace) == [
        (100_000, "head 200"),
        (200_000, '{"n":0}'),
        (300_000, '{"n":1}'),
        (320_000, '{"n":2}'),
        (340_000, '{"n":3}'),
        (345_000, '{"n":4}'),
        (347_000, "[DONE]"),
        (347_000, "end"),
    ]


def test_nothing_goes_out_before_the_head():
    assert timeline(streamed(), pace=Pace(head="2s", ttft="300ms"))[:2] == [(2 * S, "head 200"), (2 * S, '{"n":0}')]


def test_the_body_of_a_stream_is_chunked_and_has_no_length():
    head = compiled(streamed()).plan[0]
    assert isinstance(head, Head)
    assert head.body == "chunked"
    assert "content-length" not in dict(head.headers)


def test_sends_know_their_frame_and_the_bytes_before_them():
    sends = [step for step in compiled(streamed()).plan if isinstance(step, Send)]
    assert [send.frame for send in sends] == list(stamp(STREAM))
    assert [send.offset for send in sends] == [0, EVENT, 2 * EVENT, 3 * EVENT, 4 * EVENT, 5 * EVENT]
    assert not any(send.alone for send in sends)


def test_a_stream_without_events_is_a_head_and_an_end():
    assert timeline(streamed(frames=())) == [(0, "head 200"), (0, "end")]


# A plain body.


def test_a_plain_body_goes_out_with_its_head_when_its_stream_would_have_ended():
    assert timeline(plain(paced=STREAM)) == [
        (340_000, "head 200"),
        (340_000, '{\n  "n": 0\n}'),
        (340_000, "end"),
    ]


def test_a_plain_body_that_stands_for_no_stream_goes_out_at_the_first_token():
    assert [due for due, _ in timeline(plain())] == [300_000] * 3


@pytest.mark.parametrize(
    ("pace", "head", "body"),
    [
        ({"body": "1s"}, S, S),
        ({"head": "100ms"}, 100_000, 340_000),
        ({"head": "1s"}, S, S),
        ({"head": "100ms", "body": "1s"}, 100_000, S),
        ({"head": "2s", "body": "1s"}, 2 * S, 2 * S),
        ({"body": "0"}, 0, 0),
    ],
)
def test_the_pace_can_move_the_head_and_the_body_which_never_comes_before_it(pace, head, body):
    full = Pace(ttft="300ms", itl="20ms", **pace)
    assert [due for due, _ in timeline(plain(paced=STREAM), pace=full)] == [head, body, body]


def test_a_plain_body_is_printed_in_its_layout_with_its_length():
    found = compiled(plain(layout=Layout(indent=0, newline=True)))
    assert [step.data for step in found.plan if isinstance(step, Send)] == [b'{"n":0}\n']
    head = next(step for step in found.plan if isinstance(step, Head))
    assert head.body == "length"
    assert dict(head.headers)["content-length"] == "8"


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_says_nothing_of_its_length(status):
    empty = plain(status=status, frames=(Frame("", "body"),))
    assert "content-length" not in dict(headers(empty))


# Headers.


def test_headers_are_the_answers_then_the_length_then_those_of_the_layer():
    assert [name for name, _ in headers(plain())] == [
        "content-type",
        "content-length",
        "access-control-expose-headers",
        "openai-organization",
        "openai-processing-ms",
        "openai-project",
        "openai-version",
        "x-content-type-options",
        "x-request-id",
    ]


@pytest.mark.parametrize(
    ("layer", "names"),
    [
        ("edge", {"content-type", "content-length", "vary", "x-content-type-options", "x-request-id"}),
        ("verbatim", {"content-type", "content-length"}),
    ],
)
def test_the_edge_and_verbatim_answers_have_less(layer, names):
    assert {name for name, _ in headers(plain(layer=layer))} == names


def test_the_processing_time_is_the_time_to_the_first_byte_of_the_body_in_milliseconds():
    assert dict(headers(streamed()))["openai-processing-ms"] == "300"
    assert dict(headers(plain(paced=STREAM)))["openai-processing-ms"] == "340"
    assert dict(headers(streamed(frames=())))["openai-processing-ms"] == "0"


def test_the_request_id_is_the_one_that_was_given():
    assert dict(headers(plain()))["x-request-id"] == "req_1"


def test_a_header_of_the_answer_wins_over_ours_and_is_not_sent_twice():
    told = plain(headers=(("content-type", "a/b"), ("Content-Length", "5"), ("X-Request-ID", "mine")))
    found = [(name.lower(), value) for name, value in headers(told)]
    assert [value for name, value in found if name == "content-length"] == ["5"]
    assert [value for name, value in found if name == "x-request-id"] == ["mine"]


def test_overrides_win_over_everything():
    told = plain(overrides=(("Content-Type", "text/html"), ("content-length", "1"), ("x-new", "a")))
    found = headers(told)
    assert found[0] == ("Content-Type", "text/html")
    assert found[-1] == ("x-new", "a")
    assert dict(found)["content-length"] == "1"


# Each kind of fault.


def test_a_patch_changes_what_a_frame_says_and_not_when():
    found = timeline(streamed(), {"patch": {"frames": 2, "set": {"$.n": "x"}}})
    assert found == [*WHOLE[:3], (320_000, '{"n":"x"}'), *WHOLE[4:]]


@pytest.mark.parametrize(
    ("mode", "ending"),
    [
        ("omit", []),
        ("twice", [(340_000, "[DONE]"), (340_000, "+ [DONE]")]),
        ("text_after", [(340_000, "[DONE]"), (340_000, "+ still here")]),
        ({"mode": "late", "by": "1s"}, [(1_340_000, "[DONE]")]),
    ],
)
def test_the_end_marker_can_go_wrong(mode, ending):
    end = ending[-1][0] if ending else 340_000
    assert timeline(streamed(), {"done": mode}) == [*WHOLE[:6], *ending, (end, "end")]


def test_a_spaced_end_marker_has_its_space_on_the_wire():
    last = [step for step in compiled(streamed(), {"done": "spaced"}).plan if isinstance(step, Send)][-1]
    assert last.data == b"data: [DONE] \n\n"


def test_split_cuts_every_frame_into_writes_of_their_own_at_the_same_time():
    sends = [step for step in compiled(streamed(), {"split": {"bytes": 4}}).plan if isinstance(step, Send)]
    first = [send.data for send in sends if send.frame.ordinal == 0]
    assert first == [b"data", b': {"', b'n":0', b"}\n\n"]
    assert [send.offset for send in sends][:5] == [0, 4, 8, 12, 15]
    assert all(send.alone for send in sends)
    assert b"".join(send.data for send in sends) == b"".join(
        step.data for step in compiled(streamed()).plan if isinstance(step, Send)
    )
    assert [due for due, _ in timeline(streamed(), {"split": {"bytes": 8}})] == [
        0,
        *[300_000] * 4,
        *[320_000] * 2,
        *[340_000] * 7,
    ]


def test_split_can_take_time_between_the_pieces_of_a_frame_and_what_follows_waits():
    found = timeline(streamed(frames=STREAM[:2]), {"split": {"bytes": 8, "every": "1ms"}}, pace=Pace())
    assert [due for due, _ in found] == [0, 0, 1_000, 1_000, 2_000, 2_000]


def test_a_stall_moves_all_that_follows_it():
    assert timeline(streamed(), {"stall": {"at": {"token": 2}, "for": "10s"}}) == [
        *WHOLE[:4],
        (10_340_000, '{"n":3}'),
        (10_340_000, '{"n":4}'),
        (10_340_000, "[DONE]"),
        (10_340_000, "end"),
    ]


def test_a_stall_may_send_comments_meanwhile():
    assert timeline(streamed(), {"stall": {"at": "headers", "for": "10s", "heartbeat": "4s"}}, pace=Pace())[:4] == [
        (0, "head 200"),
        (4 * S, "+ : keep-alive"),
        (8 * S, "+ : keep-alive"),
        (10 * S, '{"n":0}'),
    ]


def test_a_status_changes_only_the_head():
    assert timeline(streamed(), {"status": 503}) == [(0, "head 503"), *WHOLE[1:]]


@pytest.mark.parametrize(("kind", "last"), [("reset", "reset"), ("close", "close"), ("truncate", "end")])
def test_a_cut_delivers_exactly_what_comes_before_it_and_comes_when_the_next_frame_was_due(kind, last):
    assert timeline(streamed(), {kind: {"at": {"frame": 3}}}) == [*WHOLE[:4], (340_000, last)]


def test_a_cut_at_the_start_sends_nothing():
    assert timeline(streamed(), {"reset": {"at": "start"}}) == [(0, "reset")]


def test_a_truncated_body_has_the_length_of_what_is_left():
    found = compiled(plain(layout=Layout(indent=0, newline=False)), {"truncate": {"at": {"byte": 3}}})
    assert [step.data for step in found.plan if isinstance(step, Send)] == [b'{"n']
    assert dict(next(step for step in found.plan if isinstance(step, Head)).headers)["content-length"] == "3"


class Pick(FrameFault):
    """The frames in another order: some missing, some twice, -1 for an added one."""

    kind: ClassVar[str] = "pick"
    layer: ClassVar[Layer] = Layer.PAYLOAD

    numbers: tuple[int, ...]

    def apply(self, frames, _seed):
        added = Frame("added", "event", ordinal=-1)
        return tuple(frames[number] if number >= 0 else added for number in self.numbers)


def picked(*numbers):
    found = compile_answer(streamed(), PACED, (Pick(numbers=numbers),), SEED, "req_1").plan
    now, lines = 0, []
    for step in found:
        if isinstance(step, Wait):
            now += step.us
        elif isinstance(step, Send):
            lines.append((now, step.frame.ordinal))
    return lines


def test_a_frame_that_is_missing_does_not_change_the_times_of_the_others():
    assert picked(0, 1, 3, 5) == [(300_000, 0), (300_000, 1), (340_000, 3), (340_000, 5)]


def test_an_added_frame_goes_out_with_the_one_before_it():
    assert picked(-1, 0, 2, -1, 3) == [(0, -1), (300_000, 0), (320_000, 2), (320_000, -1), (340_000, 3)]


def test_a_frame_that_comes_twice_comes_at_the_same_time():
    assert picked(2, 2, 3) == [(320_000, 2), (320_000, 2), (340_000, 3)]


def test_no_frame_goes_out_before_the_one_in_front_of_it():
    assert picked(3, 1, 2) == [(340_000, 3), (340_000, 1), (340_000, 2)]


def test_held_frames_go_out_with_the_next_that_is_not():
    assert [now for now, _ in timeline(streamed(), {"coalesce": 2})] == [
        0, 300_000, 300_000, 340_000, 340_000, 340_000, 340_000, 340_000,
    ]  # fmt: skip


def test_a_held_frame_without_a_next_goes_out_when_it_is_due():
    found = timeline(streamed(), {"coalesce": 99}, {"done": "omit"})
    assert [now for now, _ in found] == [0, 340_000, 340_000, 340_000, 340_000, 340_000, 340_000]


def test_bytes_count_those_of_the_turn_and_not_those_that_faults_add():
    """After the two events that the turn has before it, although an added one lies between them."""
    added = {"insert": {"at": {"frame": 1}, "raw": "0123456789"}}
    found = timeline(streamed(), added, {"reset": {"at": {"byte": 2 * EVENT}}})
    assert [what for _, what in found] == ["head 200", '{"n":0}', "+ 0123456789", '{"n":1}', "reset"]


def test_a_plain_body_has_its_length_with_what_faults_put_before_it():
    found = compiled(plain(layout=Layout(indent=0, newline=False)), {"bom": {}}).plan
    assert [step.data for step in found if isinstance(step, Send)] == [b'\xef\xbb\xbf{"n":0}']
    head = next(step for step in found if isinstance(step, Head))
    assert dict(head.headers)["content-length"] == "10"


# Faults together.


def test_faults_apply_in_the_order_of_their_layers_whatever_the_order_of_the_file():
    faults = [
        {"reset": {"at": {"frame": 5}}},
        {"status": 206},
        {"stall": {"at": {"frame": 3}, "for": "10s"}},
        {"split": {"bytes": 100}},
        {"patch": {"frames": 1, "set": {"$.n": "x"}}},
    ]
    forwards, backwards = compiled(streamed(), *faults), compiled(streamed(), *reversed(faults))
    assert [str(step) for step in forwards.plan] == [str(step) for step in backwards.plan]


@pytest.mark.parametrize(
    ("earlier", "later", "unfired"),
    [
        # The stall finds its place because the cut comes after it.
        ({"stall": {"at": {"frame": 3}, "for": "1s"}}, {"reset": {"at": {"frame": 1}}}, ()),
        # The last frame is still the end marker, which is no JSON.
        ({"patch": {"frames": "last", "set": {"$.n": 9}}}, {"done": "omit"}, ("patch",)),
    ],
)
def test_a_fault_sees_nothing_of_a_later_layer(earlier, later, unfired):
    forwards, backwards = compiled(streamed(), earlier, later), compiled(streamed(), later, earlier)
    assert forwards.unfired == backwards.unfired == unfired
    assert [str(step) for step in forwards.plan] == [str(step) for step in backwards.plan]


def test_every_layer_acts_in_one_answer():
    found = timeline(
        streamed(),
        {"close": {"at": {"frame": 5}}},
        {"status": 206},
        {"stall": {"at": {"frame": 3}, "for": "10s"}},
        {"split": {"bytes": 100}},
        {"patch": {"frames": 1, "set": {"$.n": "x"}}},
    )
    assert found == [
        (0, "head 206"),
        (300_000, '{"n":0}'),
        (300_000, '{"n":"x"}'),
        (320_000, '{"n":2}'),
        (10_340_000, '{"n":3}'),
        (10_340_000, '{"n":4}'),
        (10_340_000, "close"),
    ]


def test_positions_count_the_frames_of_the_turn_and_not_those_that_faults_add():
    assert timeline(streamed(), {"done": "twice"}, {"reset": {"at": {"frame": 6}}})[-2:] == [
        (340_000, "[DONE]"),
        (340_000, "reset"),
    ]
    assert timeline(streamed(), {"done": "omit"}, {"reset": {"at": {"token": 3}}})[-2:] == [
        (340_000, '{"n":3}'),
        (340_000, "reset"),
    ]


def test_within_a_layer_the_order_is_that_of_the_file():
    first, second = {"patch": {"set": {"$.n": "first"}}}, {"patch": {"set": {"$.n": "second"}}}
    assert '{"n":"second"}' in dict(map(reversed, timeline(streamed(), first, second)))
    assert '{"n":"first"}' in dict(map(reversed, timeline(streamed(), second, first)))


def test_a_fault_without_a_place_is_told_and_changes_nothing():
    found = compiled(streamed(), {"reset": {"at": {"frame": 99}}}, {"patch": {"frames": "usage", "set": {"$.n": 1}}})
    assert found.unfired == ("patch", "reset")
    assert found.plan == compiled(streamed()).plan


def test_a_fault_that_acts_is_not_told():
    assert compiled(streamed(), {"reset": {"at": {"frame": 1}}}).unfired == ()


# Limits.


def test_a_plan_that_is_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(compilation, "MOST_STEPS", 20)
    assert len(compiled(streamed(), {"split": {"bytes": 10}}).plan) <= 20
    with pytest.raises(PlanTooLongError, match="more than 20 steps: shorten the reply or its faults"):
        compiled(streamed(), {"split": {"bytes": 1}})
    with pytest.raises(PlanTooLongError):
        compiled(streamed(), {"stall": {"at": "headers", "for": "100s", "heartbeat": "1s"}})


def chat_stream():
    """An answer of the chat dialect, whose frames are printed."""
    told = turn(choice(Reasoning(pieces("so")), Text(pieces("Hel", "lo"))), choice(Text(pieces("Bye"))))
    return streamed(frames=CHAT.stream(told, asked(), SEED))


PACES = [
    Pace(),
    Pace(ttft="300ms", itl={"normal": {"mean": "20ms", "sd": "10ms"}}, role="10ms", done="1s"),
    Pace(head="50ms", ttft="20ms", itl="0ms"),
]


def wire(plan):
    """What a plan does, step by step, without what its frames were made of."""
    return [replace(step, frame=replace(step.frame, data=None)) if isinstance(step, Send) else step for step in plan]


@pytest.mark.parametrize("pace", PACES, ids=["at once", "drawn", "head"])
@pytest.mark.parametrize(
    "faults",
    [
        (),
        ({"stall": {"at": {"token": 2}, "for": "5s", "heartbeat": "1s"}},),
        ({"reset": {"at": {"share": "50%"}}}, {"slow": 2}),
        ({"close": {"at": {"token": 99}}},),
        ({"truncate": {"at": "finish"}}, {"done": "omit"}),
    ],
    ids=["none", "stall", "reset", "missed", "frames too"],
)
def test_a_printed_stream_has_the_plan_of_its_frames(pace, faults):
    answer = chat_stream()
    printed = compiled(answer, *faults, pace=pace)
    framed = compiled(replace(answer, frames=tuple(answer.frames)), *faults, pace=pace)
    assert wire(printed.plan) == wire(framed.plan)
    assert (printed.unfired, printed.missed) == (framed.unfired, framed.missed)


def test_a_printed_stream_keeps_little_of_its_plan_unless_its_frames_are_changed():
    answer = chat_stream()
    assert isinstance(compiled(answer).plan, Score)
    assert isinstance(compiled(answer, {"finish_reason": "length"}).plan, Score)
    assert isinstance(compiled(answer, {"stall": {"at": "headers", "for": "5s"}}).plan, Edited)
    assert isinstance(compiled(answer, {"done": "omit"}).plan, tuple)


def test_a_printed_stream_that_is_too_long_is_refused(monkeypatch):
    answer = chat_stream()
    monkeypatch.setattr(compilation, "MOST_STEPS", len(compiled(answer).plan) - 1)
    with pytest.raises(PlanTooLongError):
        compiled(answer)


def test_the_same_answer_and_seed_give_the_same_plan_and_another_seed_other_times():
    drawn = Pace(ttft="300ms", itl={"normal": {"mean": "20ms", "sd": "10ms"}})
    assert compiled(streamed(), pace=drawn) == compiled(streamed(), pace=drawn)
    other = compile_answer(streamed(), drawn, (), Seed.of("other"), "req_1")
    assert other != compiled(streamed(), pace=drawn)


def causes(*faults):
    """Every cause in the plan, once, with the faults asked for by `x` but for those that `fault` names."""
    found = [step.cause for step in compiled(streamed(), *faults).plan if step.cause]
    return list(dict.fromkeys(found))


def by_chaos(*written):
    return [fault.asked_by("x") for fault in TypeAdapter(tuple[AnyFault, ...]).validate_python(written)]


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"reset": {"at": {"frame": 3}}}, "x: reset at frame 3"),
        ({"stall": {"at": {"token": 1}, "for": "1s"}}, "x: stall"),
        ({"duplicate": {"frames": 1}}, "x: duplicate"),
        ({"done": "omit"}, None),
        ({"done": "twice"}, "x: done twice"),
        ({"status": 500}, "x: status"),
        ({"split": {"bytes": 1}}, "x: split"),
        ({"no_space": {}}, "x: no_space"),
        ({"slow": 2}, None),
    ],
)
def test_what_somebody_else_than_the_script_asked_for_has_their_name(fault, cause):
    assert causes(*by_chaos(fault)) == ([] if cause is None else [cause])


def test_a_cause_that_was_there_keeps_its_name():
    scripted = {"stall": {"at": {"token": 1}, "for": "1s"}}
    assert causes(scripted, *by_chaos({"reset": {"at": {"token": 2}}})) == ["fault: stall", "x: reset at frame 3"]
    assert causes({"status": 500}, *by_chaos({"headers": {"set": {"a": "b"}}})) == ["fault: status, headers"]


def test_a_fault_without_a_place_is_told_with_who_asked():
    faults = [{"reset": {"at": {"token": 9}}}, *by_chaos({"reset": {"at": {"token": 9}}}, {"bom": {}})]
    assert compiled(streamed(), *faults).unfired == ("reset", "x: reset")


# What is told of the times.


def timing(answer, *faults, pace):
    return dict(headers(answer, *faults, pace=pace)).get("server-timing")


def test_a_header_tells_the_planned_times_only_if_it_is_asked_for():
    pace = {"ttft": "300ms", "itl": "20500us", "done": "1s"}
    assert timing(streamed(), pace=Pace(**pace)) is None
    assert timing(streamed(), pace=Pace(**pace, tell=True)) == "ttft;dur=300.000, total;dur=1341.000"


@pytest.mark.parametrize(("answer", "announced"), [(streamed(), "server-timing"), (plain(paced=STREAM), None)])
def test_a_trailer_is_announced_for_the_end_of_a_stream_that_is_to_tell_its_times(answer, announced):
    for tell in (False, True):
        pace = Pace(ttft="300ms", tell=tell)
        assert dict(headers(answer, pace=pace)).get("trailer") == (announced if tell else None)
        end = compiled(answer, pace=pace).plan[-1]
        assert end == End(tells=tell and announced is not None)


def test_of_a_stream_without_tokens_or_events_it_tells_the_first_frame_or_nothing():
    bare = (Frame({"n": 0}, "role"), Frame("[DONE]", "done"))
    assert timing(streamed(frames=bare), pace=Pace(ttft="5ms", tell=True)) == "ttft;dur=5.000, total;dur=5.000"
    assert timing(streamed(frames=()), pace=Pace(ttft="5ms", tell=True)) == "ttft;dur=0.000, total;dur=0.000"


def test_of_a_plain_body_both_times_are_when_it_goes_out():
    pace = Pace(ttft="300ms", itl="20ms", tell=True)
    assert timing(plain(paced=STREAM), pace=pace) == "ttft;dur=340.000, total;dur=340.000"
    assert timing(plain(paced=STREAM, layer="verbatim"), pace=pace) == "ttft;dur=340.000, total;dur=340.000"


def test_faults_are_not_in_it():
    pace = Pace(ttft="1ms", tell=True)
    stalled = timing(streamed(), {"stall": {"at": "headers", "for": "9s"}}, pace=pace)
    assert stalled == "ttft;dur=1.000, total;dur=1.000"


def test_a_busy_engine_and_its_input_are_in_the_times():
    pace = Pace.model_validate({"ttft": "1ms", "itl": "20ms", "prefill": "1ms"})
    plan = compile_answer(streamed(input_tokens=10), pace, (), SEED, "req_1", slowness=2.0).plan
    assert [step.us for step in plan if isinstance(step, Wait)] == [21_000, 40_000, 40_000]


# What a profile asks for.


def styled(*faults, headers=(), bare=False, answer=None):
    style = Style(tuple(fault.asked_by("profile: p") for fault in faults), headers, bare)
    return replace(streamed() if answer is None else answer, style=style)


def test_faults_of_a_profile_come_first_bear_its_name_and_are_never_missed():
    profile = (Drop(frames="first"), Drop(frames=99))
    found = compile_answer(styled(*profile), Pace(), (Drop(frames="first"), Drop(frames=98)), SEED, "req_1")
    # The profile's first drop took what the script's first one meant.
    assert (found.unfired, found.missed) == (("drop", "drop"), (0, 1))
    changed = Ids(first=5)
    steps = compile_answer(styled(changed), Pace(), (), SEED, "req_1").plan
    assert {step.cause for step in steps if isinstance(step, Send)} >= {"profile: p: ids"}


def test_heartbeats_of_a_profile_are_heard_in_the_silences_of_the_script():
    stall = Stall.model_validate({"at": "headers", "for": "3s"})
    beat = Heartbeat.model_validate({"every": "1s"})
    plan = compile_answer(styled(beat), Pace(), (stall,), SEED, "req_1").plan
    assert sum(isinstance(step, Send) and step.frame.kind == "comment" for step in plan) >= 2


def test_headers_of_a_profile_replace_and_take_away_and_those_of_the_author_win():
    answer = replace(streamed(), overrides=(("x-author", "mine"),))
    headers = (("content-type", "text/event-stream"), ("openai-version", None), ("x-author", "profile"), ("x-new", "1"))
    found = head_of(compile_answer(styled(headers=headers, answer=answer), Pace(), (), SEED, "req_1").plan)
    assert found["content-type"] == "text/event-stream"
    assert "openai-version" not in found
    assert (found["x-author"], found["x-new"]) == ("mine", "1")
    assert "x-request-id" in found
    told = replace(streamed(), told=(("x-limit", "3"),))
    bare = head_of(compile_answer(styled(bare=True, answer=told), Pace(), (), SEED, "req_1").plan)
    assert bare.keys() == {"content-type", "x-limit"}


def head_of(plan):
    return dict(next(step for step in plan if isinstance(step, Head)).headers)


def test_kept_frames_are_due_as_in_their_stream_and_added_ones_with_those_before_them():
    made = stamp((Frame("a", "opening"), Frame("b", tokens=1), Frame("c", tokens=1), Frame("d", "finish")))
    pace = Pace(ttft="1s", itl="250ms", finish="10ms")
    assert event_dues(made, made, pace, SEED) == (0, 1_000_000, 1_250_000, 1_260_000)
    kept = (*made[:2], Frame("error", "error"), Frame("failed", "finish"))
    assert event_dues(made, kept, pace, SEED) == (0, 1_000_000, 1_000_000, 1_000_000)
    assert event_dues((), (), pace, SEED) == ()


# --- over a WebSocket ----------------------------------------------------------------------------------------------

EVENTS = (Frame({"type": "a"}, "token", 1), Frame({"type": "b"}, "finish"))


def said(*faults, status=200, pace=None):
    answer = Answer(status, (("upgrade", "websocket"),), EVENTS, messages=True)
    read = TypeAdapter(tuple[AnyFault, ...]).validate_python(faults)
    return compile_answer(answer, pace or Pace(), read, SEED, "req_1")


def test_messages_have_no_head_and_their_connection_stays_open():
    opened, first, second, end = said().plan
    assert (opened, end) == (Messages(), End())
    assert (first.data, second.data) == (b'\x81\x0c{"type":"a"}', b'\x81\x0c{"type":"b"}')


def test_the_answer_that_opens_the_connection_has_a_head_without_a_length():
    head, opened, *_ = said(status=101).plan
    assert (head.status, head.body, opened) == (101, "length", Messages())
    names = [name.lower() for name, _ in head.headers]
    assert "upgrade" in names
    assert not {"content-length", "transfer-encoding"} & set(names)


def test_messages_are_paced_like_any_stream():
    plan = said(pace=Pace.model_validate({"ttft": "5ms"})).plan
    assert [step for step in plan if isinstance(step, Wait)] == [Wait(5_000)]


SSE_OR_HTTP = [{"line_ending": "crlf"}, {"no_space": "all"}, {"ids": 1}, {"status": 503}, {"gzip": {}}]


@pytest.mark.parametrize("fault", SSE_OR_HTTP)
def test_faults_of_sse_and_http_have_no_place_among_messages(fault):
    compiled = said(fault)
    assert compiled.unfired == tuple(fault)
    assert compiled.missed == (0,)
    assert compiled.plan == said().plan


def test_those_of_http_act_on_the_head_that_opens_the_connection():
    assert said({"status": 503}, status=101).unfired == ()
    assert said({"line_ending": "crlf"}, status=101).unfired == ("line_ending",)


def test_all_other_faults_act_on_messages():
    compiled = said({"patch": {"frames": 0, "set": {"x": 1}}}, {"reset": {"at": {"frame": 1}}}, {"status": 503})
    assert compiled.unfired == ("status",)
    assert [step.data for step in compiled.plan if isinstance(step, Send)] == [b'\x81\x12{"type":"a","x":1}']
    assert isinstance(compiled.plan[-1], Reset)


def test_a_pace_that_only_says_how_much_a_delta_carries_has_no_times():
    printed = chat_stream()
    assert compiled(printed, pace=Pace(chunk_tokens=5)).plan.dues == compiled(printed, pace=Pace()).plan.dues
    assert len(compiled(printed, pace=PACED).plan.dues) == len(printed.frames)
