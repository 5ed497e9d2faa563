"""Faults of time."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mockllm.plan import FOREVER_US, MOST_GATE_US, End, Frame, Head, Messages, Send, Wait, duration, render
from mockllm.plan import Gate as GateStep
from mockllm.scenario.faults import AnyFault
from mockllm.scenario.faults.time import Drip, Gate, Heartbeat, Slow, Stall
from mockllm.seeds import Seed
from tests.plans import at_us, body, sent, stream
from tests.raw_http import receive, reply

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


@settings(deadline=None)
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
            "unknown key 'fro': did you mean 'for'? allowed here: at, for, heartbeat, jitter",
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


GAPS = (
    Head(200, ()),
    Wait(1_000_000),
    Send(b"data: 1\n\n", stream()[2].frame),
    Wait(400_000, "fault: stall"),
    Wait(600_000),
    Send(b"data: 2\n\n", stream()[4].frame),
    End(),
)


def slowed(factor, plan=None, **fields):
    return Slow.model_validate({"factor": factor, **fields}).apply(stream() if plan is None else plan, SEED)


class TestSlow:
    def test_every_wait_is_so_many_times_as_long(self):
        changed = slowed(3)
        assert changed == tuple(Wait(60_000) if isinstance(step, Wait) else step for step in stream())
        assert duration(changed) == 3 * duration(stream())

    def test_what_goes_before_the_position_keeps_its_time(self):
        # The wait for frame 2 is before its position.
        changed = slowed(10, **{"from": {"frame": 2}})
        assert [step.us for step in changed if isinstance(step, Wait)] == [20_000] * 3 + [200_000] * 3

    def test_a_silence_keeps_its_name(self):
        assert slowed(0.5, GAPS)[3] == Wait(200_000, "fault: stall")

    def test_a_factor_is_exact(self):
        assert slowed(0.29, (Wait(100), End())) == (Wait(29), End())

    def test_no_wait_is_longer_than_a_day(self):
        assert slowed(1e300, (Wait(1), End())) == (Wait(FOREVER_US), End())

    @pytest.mark.parametrize(
        ("factor", "plan", "fields"),
        [
            (3, (Head(200), End()), {}),
            (3, stream(), {"from": {"frame": 9}}),
            (3, stream(), {"from": "end"}),
            (1, stream(), {}),
        ],
    )
    def test_where_nothing_gets_slower_it_is_reported(self, factor, plan, fields):
        assert slowed(factor, plan, **fields) is None

    def test_the_number_alone_is_enough(self):
        assert FAULT.validate_python({"slow": 3}) == Slow(factor=3)


def dripped(plan, **fields):
    return Drip.model_validate(fields).apply(plan, SEED)


class TestDrip:
    def test_the_body_comes_in_pieces_one_after_each_interval(self):
        changed = dripped(body(), bytes=4, every="100ms")
        frame = body()[2].frame
        piece = {"alone": True, "cause": "fault: drip"}
        assert changed == (
            *body()[:2],
            Send(b"0123", frame, 0, **piece),
            Wait(100_000),
            Send(b"4567", frame, 4, **piece),
            Wait(100_000),
            Send(b"89", frame, 8, **piece),
            End(),
        )

    def test_a_frame_that_is_due_waits_for_the_pieces_before_it_and_no_longer(self):
        """Frames of ten bytes every 20 ms as two pieces with 15 ms between take 30 ms each."""
        changed = dripped(stream(), bytes=5, every="15ms")
        times = [at_us(changed, index) for index, step in enumerate(changed) if isinstance(step, Send)]
        assert times == [20_000 + 15_000 * number for number in range(12)]

    def test_a_frame_that_is_not_due_is_not_early(self):
        changed = dripped(stream(), bytes=5, every="1ms")
        times = [at_us(changed, index) for index, step in enumerate(changed) if isinstance(step, Send)]
        assert times == [20_000 * frame + late for frame in range(1, 7) for late in (0, 1_000)]
        assert duration(changed) == duration(stream()) + 1_000

    def test_before_the_position_nothing_changes(self):
        changed = dripped(stream(), bytes=1, every="1ms", at={"frame": 2})
        assert changed[:6] == stream()[:6]
        assert len([step for step in changed if isinstance(step, Send)]) == 2 + 4 * 10

    def test_positions_still_find_their_place(self):
        changed = Stall.model_validate({"at": {"byte": 13}, "for": "1s"}).apply(dripped(stream(), bytes=4), SEED)
        assert sent(changed[: changed.index(Wait(1_000_000, CAUSE))]) == sent(stream())[:13]

    @pytest.mark.parametrize("at", [{"frame": 7}, "end"])
    def test_where_nothing_is_sent_it_is_reported(self, at):
        assert dripped(stream(), at=at) is None
        assert dripped((Head(204), End())) is None

    @settings(deadline=None)
    @given(st.integers(1, 12), st.integers(1, 50_000))
    def test_nothing_is_lost_and_no_piece_is_sooner_than_it_was(self, size, every):
        changed = dripped(stream(), bytes=size, every=f"{every}us")
        assert sent(changed) == sent(stream())
        times = [at_us(changed, index) for index, step in enumerate(changed) if isinstance(step, Send)]
        assert all(later - sooner >= every for sooner, later in pairwise(times))
        assert all(step.us > 0 for step in changed if isinstance(step, Wait))

    def test_each_piece_is_a_chunk_of_its_own(self):
        received = receive(reply("{drip: {bytes: 40, every: 1us}}"))
        whole = receive(reply("")).data
        assert received.data == whole
        assert received.body.startswith(b"28\r\n" + whole[:40] + b"\r\n28\r\n" + whole[40:80] + b"\r\n")


def beaten(plan, **fields):
    return Heartbeat.model_validate(fields).apply(plan, SEED)


class TestHeartbeat:
    def test_a_comment_fills_each_silence_that_is_longer(self):
        changed = beaten(GAPS, every="300ms", text=": ping")
        comment = Frame(": ping", "comment", label=": ping")
        beat = Send(b": ping\n\n", comment, cause="fault: heartbeat")
        assert changed == (
            Head(200, ()),
            *(Wait(300_000), beat) * 3,
            Wait(100_000),
            GAPS[2],
            Wait(300_000, "fault: stall"),
            beat,
            Wait(100_000, "fault: stall"),
            Wait(200_000),
            beat,
            Wait(300_000),
            beat,
            Wait(100_000),
            GAPS[5],
            End(),
        )

    def test_it_adds_no_time(self):
        assert duration(beaten(GAPS, every="70ms")) == duration(GAPS)

    def test_a_silence_that_is_just_as_long_has_none(self):
        assert beaten(GAPS, every="1s") is None
        assert len(beaten(GAPS, every="999999us")) == len(GAPS) + 4

    def test_an_event_in_pieces_is_not_torn(self):
        frame = GAPS[2].frame
        plan = (Head(200), Wait(9), Send(b"da", frame), Wait(9_000_000), Send(b"ta: 1\n\n", frame, 2), End())
        assert beaten(plan, every="1s") is None

    @pytest.mark.parametrize("end", ["\n\n", "\r\n\r\n", "\r\r"])
    def test_an_event_may_end_in_any_style(self, end):
        plan = (Head(200), Send(f"data: 1{end}".encode(), GAPS[2].frame), Wait(0), Wait(2_000_000), End())
        assert len(beaten(plan, every="1s")) == len(plan) + 2

    @pytest.mark.parametrize(
        "plan",
        [
            body(),
            (Head(200, (), "length"), Wait(9_000_000), End()),
            (Wait(9_000_000), Head(200), Send(b"data: 1\n\n", GAPS[2].frame), End()),
            (Head(200), End(), Wait(9_000_000)),
            (),
        ],
    )
    def test_where_no_stream_is_silent_it_is_reported(self, plan):
        assert beaten(plan, every="1s") is None

    def test_an_answer_that_never_ends_has_a_limit_of_comments(self):
        plan = (Head(200), Wait(FOREVER_US), End())
        changed = beaten(plan, every="1us")
        assert sum(isinstance(step, Send) for step in changed) == 100_000
        assert duration(changed) == FOREVER_US

    def test_the_bytes_of_a_comment(self):
        faults = "{stall: {at: {token: 1}, for: 25us}}, {heartbeat: {every: 10us, text: ': ping'}}"
        received = receive(reply(faults))
        whole = receive(reply("")).data.split(b"\n\n")
        assert received.data.split(b"\n\n") == [*whole[:2], b": ping", b": ping", *whole[2:]]


@pytest.mark.parametrize(
    ("fault", "stream_"),
    [("{slow: {factor: 2}}", True), ("{drip: {at: {token: 9}}}", True), ("{heartbeat: {every: 1s}}", False)],
)
def test_a_fault_with_no_place_says_so_and_does_nothing(fault, stream_):
    received = receive(reply(fault), stream=stream_)
    assert received.exchange.unfired == (fault[1:].split(":")[0],)
    assert received.body == receive(reply(""), stream=stream_).body


@pytest.mark.parametrize(
    ("written", "place", "message"),
    [
        ({"slow": {}}, ("slow", "factor"), "the key 'factor' is missing: how many times as long a wait is"),
        ({"slow": -1}, ("slow",), "expected a value of at least 0, found -1"),
        ({"slow": {"factor": 2, "form": "start"}}, ("slow", "form"), None),
        ({"drip": {"bytes": 0}}, ("drip", "bytes"), "expected a value of at least 1, found 0"),
        ({"drip": {"every": 0}}, ("drip", "every"), "expected a value above 0, found 0"),
        ({"drip": {"every": 5}}, ("drip", "every"), f"5 {NO_DURATION}"),
        ({"heartbeat": {"every": 0}}, ("heartbeat", "every"), "expected a value above 0, found 0"),
        (
            {"heartbeat": {"text": "ping"}},
            ("heartbeat", "text"),
            "a comment is one line that begins with a colon, such as ': ping'",
        ),
        (
            {"heartbeat": {"text": ": a\ndata: b"}},
            ("heartbeat", "text"),
            "a comment is one line that begins with a colon, such as ': ping'",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_in_the_others_too(written, place, message):
    with pytest.raises(ValidationError) as error:
        FAULT.validate_python(written)
    [details] = error.value.errors()
    assert details["loc"] == place
    assert message in (None, details["msg"])


GATE = GateStep("first", "fault: gate", MOST_GATE_US)


@pytest.mark.parametrize(
    ("written", "index"),
    [
        ({"gate": "first"}, 0),
        ({"gate": {"name": "first"}}, 0),
        ({"gate": {"name": "first", "at": "headers"}}, 1),
        ({"gate": {"name": "first", "at": {"token": 3}}}, 8),
    ],
)
def test_a_gate_stands_where_it_says_and_before_all_else_if_it_says_nothing(written, index):
    changed = FAULT.validate_python(written).apply(stream(), SEED)
    assert changed == (*stream()[:index], GATE, *stream()[index:])


def test_a_gate_may_stand_in_the_middle_of_a_plain_body():
    changed = Gate(name="first", at={"byte": 4}).apply(body(), SEED)
    assert sent(changed) == sent(body())
    assert sent(changed[: changed.index(GATE)]) == sent(body())[:4]


def test_a_gate_may_have_a_shorter_longest_wait():
    assert Gate(name="g", most="5s").apply((), SEED) == (GateStep("g", "fault: gate", 5_000_000),)


@pytest.mark.parametrize("at", [{"frame": 7}, {"token": 5}, {"byte": 61}, {"event": "none"}])
def test_a_gate_beyond_the_end_is_reported(at):
    assert Gate(name="g", at=at).apply(stream(), SEED) is None


@pytest.mark.parametrize("name", ["", "a/b", "a b", "é", "x" * 65])
def test_a_gate_has_a_plain_name(name):
    with pytest.raises(ValidationError):
        Gate(name=name)


def test_what_is_slowed_down_and_what_drips_keeps_its_gate():
    gated = Gate(name="first", at={"frame": 1}).apply(stream(), SEED)
    slowed = Slow.model_validate({"factor": 2}).apply(gated, SEED)
    assert (slowed.index(GATE), duration(slowed)) == (gated.index(GATE), 2 * duration(gated))
    dripping = Drip.model_validate({"bytes": 4}).apply(gated, SEED)
    assert sent(dripping[: dripping.index(GATE)]) == sent(gated[: gated.index(GATE)])


class TestJitter:
    def test_a_stall_is_longer_or_shorter_by_up_to_the_jitter_and_the_same_for_a_seed(self):
        fault = FAULT.validate_python({"stall": {"at": "start", "for": "100ms", "jitter": "40ms"}})
        lengths = [fault.apply(stream(), Seed.of(number))[0].us for number in range(200)]
        assert (min(lengths) >= 60_000, max(lengths) <= 140_000) == (True, True)
        assert (min(lengths) < 70_000, max(lengths) > 130_000) == (True, True)
        assert fault.apply(stream(), Seed.of(1)) == fault.apply(stream(), Seed.of(1))

    def test_no_wait_is_longer_than_the_longest(self):
        fault = FAULT.validate_python({"stall": {"at": "start", "jitter": "24h"}})
        assert max(fault.apply(stream(), Seed.of(number))[0].us for number in range(20)) == FOREVER_US

    def test_it_cannot_be_longer_than_the_silence(self):
        with pytest.raises(ValidationError, match="the jitter is longer than the silence itself: shorten `jitter`"):
            FAULT.validate_python({"stall": {"at": "start", "for": "1s", "jitter": "2s"}})


class TestCountedPieces:
    def test_so_many_pieces_come_in_so_long_a_time(self):
        """Ten bytes in four pieces: three, three, three and one."""
        changed = FAULT.validate_python({"drip": {"pieces": 4, "over": "1s"}}).apply(body(), SEED)
        assert [step.data for step in changed if isinstance(step, Send)] == [b"012", b"345", b"678", b"9"]
        assert [step.us for step in changed if isinstance(step, Wait)] == [50_000, 250_000, 250_000, 250_000]

    def test_a_piece_goes_on_in_the_next_frame(self):
        """Sixty bytes in four pieces of fifteen: the second begins in the middle of frame 1."""
        plan = tuple(step for step in stream() if not isinstance(step, Wait))
        changed = FAULT.validate_python({"drip": {"pieces": 4, "over": "4s"}}).apply(plan, SEED)
        sizes = [len(step.data) if isinstance(step, Send) else step.us for step in changed[1:-1]]
        assert sizes == [10, 5, 1_000_000, 5, 10, 1_000_000, 10, 5, 1_000_000, 5, 10]

    @pytest.mark.parametrize(
        ("written", "message"),
        [
            ({"pieces": 3}, "so many pieces come over so long a time: give pieces and over together"),
            ({"over": "3s"}, "so many pieces come over so long a time: give pieces and over together"),
            ({"pieces": 3, "over": "3s", "bytes": 1}, "pieces and over stand in place of bytes and every: keep one"),
        ],
    )
    def test_it_is_said_in_one_way(self, written, message):
        with pytest.raises(ValidationError, match=message):
            FAULT.validate_python({"drip": written})


# What is said over a WebSocket, with 50 us between two events.
SAID = (Messages(), Send(b"a", Frame({}, ordinal=0)), Wait(50), Send(b"b", Frame({}, ordinal=1)), End())
PING = b"\x89\x0c: keep-alive"


def test_over_a_websocket_heartbeats_are_pings():
    stalled = Stall(at={"frame": 1}, for_="20us", heartbeat="10us").apply(SAID, SEED)
    assert [step.data for step in stalled if isinstance(step, Send)] == [b"a", PING, PING, b"b"]
    filled = Heartbeat(every="20us").apply(SAID, SEED)
    assert [step.data for step in filled if isinstance(step, Send)] == [b"a", PING, PING, b"b"]
    assert duration(filled) == duration(SAID)
    assert Stall(at="start", for_="20us", heartbeat="10us").apply(SAID, SEED) is None


def test_no_ping_comes_in_the_middle_of_a_message():
    pieces = (Messages(), Send(b"a", Frame({}), alone=True), Wait(50), Send(b"b", Frame({}), alone=True), End())
    assert Heartbeat(every="20us").apply(pieces, SEED) is None
