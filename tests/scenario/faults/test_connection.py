"""Faults of the connection: what was due before the position goes out, and then the answer ends."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mockllm.exchange import Ending
from mockllm.net.mock import MockLLM
from mockllm.plan import FOREVER_US, End, Frame, Head, Interim, Messages, Raw, Send, Wait, duration, render
from mockllm.plan import Close as CloseStep
from mockllm.plan import Reset as ResetStep
from mockllm.scenario.faults import AnyFault
from mockllm.scenario.faults.connection import Close, CloseIdle, Garbage, Hang, KeepOpen, Reset, Truncate, _Cut
from mockllm.seeds import Seed
from tests.plans import body, sent, stream
from tests.raw_http import connect, receive, reply, request

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


@settings(deadline=None)
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
        told = message.replace("keys from at", "keys from at, code, reason") if cut is Close else message
        told = told.replace("allowed here: at", "allowed here: at, code, reason") if cut is Close else told
        with pytest.raises(ValidationError) as error:
            FAULT.validate_python({cut.kind: written})
        [details] = error.value.errors()
        assert (details["loc"], details["msg"]) == ((cut.kind, *place), told)


# What is said over a WebSocket: an event of one byte, and another.
SAID = (Messages(), Send(b"a", Frame({}, ordinal=0)), Send(b"b", Frame({}, ordinal=1)), End())


class TestOverAWebSocket:
    def test_a_close_may_say_why(self):
        plan = Close(at={"frame": 1}, code=1011, reason="no").apply(SAID, SEED)
        cause = "fault: close at frame 1"
        assert plan == (*SAID[:2], Raw(b"\x88\x04\x03\xf3no", f"{cause}, 1011"), CloseStep(cause))

    def test_a_close_without_a_code_says_nothing(self):
        assert Close(at={"frame": 1}).apply(SAID, SEED) == (*SAID[:2], CloseStep("fault: close at frame 1"))

    def test_plain_http_has_no_code(self):
        assert Close(at="start", code=1011).apply(stream(), SEED) is None

    def test_a_reason_needs_a_code(self):
        with pytest.raises(ValidationError, match="a reason goes with a code"):
            Close(at="start", reason="no")

    def test_a_truncated_answer_ends_and_the_connection_stays(self):
        assert Truncate(at={"frame": 1}).apply(SAID, SEED) == (*SAID[:2], End("fault: truncate at frame 1"))
        assert Truncate(at="start").apply(SAID, SEED) == (CloseStep("fault: truncate at frame 0"),)

    def test_what_needs_a_head_has_no_place(self):
        assert KeepOpen().apply(SAID, SEED) is None
        assert CloseIdle().apply(SAID, SEED) is None


def test_a_cut_needs_an_end():
    class Nothing(_Cut):
        kind = "nothing"

    with pytest.raises(NotImplementedError):
        Nothing(at="start").apply(stream(), SEED)


class TestHang:
    @pytest.mark.parametrize("plan", [stream(), body(), ()])
    def test_nothing_comes_for_ever(self, plan):
        assert Hang().apply(plan, SEED) == (Wait(FOREVER_US, "fault: hang"), CloseStep("fault: hang"))

    def test_the_request_is_taken_and_no_byte_comes(self):
        with MockLLM(reply("{hang: {}}")) as mock, connect(mock) as client:
            client.sendall(request(stream=True))
            while not mock.journal:
                pass
            client.setblocking(False)
            with pytest.raises(BlockingIOError):
                client.recv(1)
            client.close()
            mock.wait_idle()
            assert list(mock.journal[0].deliveries) == []
            assert str(mock.journal[0].outcome) == "client left at step 0"


def held(plan, **fields):
    return KeepOpen.model_validate(fields).apply(plan, SEED)


class TestKeepOpen:
    def test_the_end_of_the_body_is_held_back(self):
        changed = held(stream(), **{"for": "10m"})
        assert changed == (*stream()[:-1], Wait(600_000_000, "fault: keep_open"), End())

    def test_a_body_that_ends_with_the_connection_is_held_open(self):
        plan = (Head(200, (), "close"), End())
        assert held(plan) == (plan[0], Wait(FOREVER_US, "fault: keep_open"), End())

    @pytest.mark.parametrize("plan", [stream(), body()])
    def test_the_connection_stays_open_behind_the_end(self, plan):
        assert held(plan, what="connection") == (*plan, Wait(FOREVER_US, "fault: keep_open"))

    @pytest.mark.parametrize(
        ("what", "plan"),
        [
            ("body", body()),  # its length tells its end
            ("body", (CloseStep(),)),
            ("body", stream()[:-1]),
            ("connection", (Head(200, (), "close"), End())),
            ("connection", (Head(200, (("content-length", "5"),), "length"), End())),
            ("connection", stream()[:-1]),
            ("connection", ()),
            ("connection", (End(),)),
            ("connection", (Head(200), Raw(b"x"), End())),
        ],
    )
    def test_an_answer_with_no_such_end_is_reported(self, what, plan):
        assert held(plan, what=what) is None

    def test_the_bytes_without_the_last_chunk(self):
        whole = receive(reply("")).body
        with MockLLM(reply("{keep_open: {}}")) as mock, connect(mock) as client:
            client.sendall(request(stream=True))
            received = bytearray()
            while not received.endswith(whole[:-5][-30:]):
                received += client.recv(65_536)
            client.setblocking(False)
            with pytest.raises(BlockingIOError):
                client.recv(1)
        assert bytes(received).partition(b"\r\n\r\n")[2] == whole.removesuffix(b"0\r\n\r\n")

    def test_a_while_later_the_last_chunk_comes(self):
        assert receive(reply("{keep_open: {for: 1us}}")).body == receive(reply("")).body

    def test_the_whole_answer_comes_and_the_connection_lives_until_the_client_leaves_it(self):
        whole = receive(reply("")).body
        with MockLLM(reply("{keep_open: {what: connection}}")) as mock, connect(mock) as client:
            client.sendall(request(stream=True, connection="close"))
            received = bytearray()
            while not received.endswith(b"\r\n0\r\n\r\n"):
                received += client.recv(65_536)
            assert bytes(received).partition(b"\r\n\r\n")[2] == whole
            client.setblocking(False)
            with pytest.raises(BlockingIOError):
                client.recv(1)
            client.close()
            mock.wait_idle()
            assert mock.journal[0].outcome.ending is Ending.LEFT

    def test_a_while_later_the_connection_can_be_used_again(self):
        with MockLLM(reply("{keep_open: {what: connection, for: 1us}}")) as mock, connect(mock) as client:
            for _ in range(2):
                client.sendall(request(stream=True, connection="keep-alive"))
                received = bytearray()
                while not received.endswith(b"\r\n0\r\n\r\n"):
                    received += client.recv(65_536)
            mock.wait_idle()
            assert [exchange.call.connection for exchange in mock.journal] == [1, 1]


class TestCloseIdle:
    @pytest.mark.parametrize("plan", [stream(), body()])
    def test_the_connection_ends_after_the_answer(self, plan):
        assert CloseIdle().apply(plan, SEED) == (*plan, CloseStep("fault: close_idle"))

    def test_or_a_while_later(self):
        changed = FAULT.validate_python({"close_idle": "5ms"}).apply(body(), SEED)
        assert changed == (*body(), Wait(5_000, "fault: close_idle"), CloseStep("fault: close_idle"))

    @pytest.mark.parametrize(
        "plan",
        [
            (),
            (Head(200, (), "close"), End()),
            (Head(200, (("connection", "close"),)), End()),
            (Head(200), ResetStep()),
            (Head(200), End(), CloseStep()),
        ],
    )
    def test_a_connection_that_would_not_have_stayed_is_reported(self, plan):
        assert CloseIdle().apply(plan, SEED) is None

    @pytest.mark.parametrize("stream_", [True, False])
    def test_the_bytes_are_those_of_any_answer_and_then_it_closes(self, stream_):
        received = receive(reply("{close_idle: {}}"), stream=stream_, connection="keep-alive")
        whole = receive(reply(""), stream=stream_)
        assert received.head == whole.head
        assert received.body == whole.body
        assert received.header("connection") is None
        assert received.exchange.outcome.ending is Ending.CUT


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("{headers: {set: {connection: close}}}, {close_idle: {}}", "close_idle"), ("{keep_open: {}}", "keep_open")],
)
def test_a_fault_with_no_place_says_so(fault, kind):
    received = receive(reply(fault), stream=False)
    assert received.exchange.unfired == (kind,)
    assert received.body == receive(reply(""), stream=False).body


@pytest.mark.parametrize(
    ("written", "place", "message"),
    [
        ({"hang": {"at": "start"}}, ("hang", "at"), None),
        ({"keep_open": {"what": "door"}}, ("keep_open", "what"), "expected body or connection, found 'door'"),
        ({"keep_open": {"for": 5}}, ("keep_open", "for"), None),
        ({"close_idle": {"after": -1}}, ("close_idle", "after"), None),
        (
            {"close_idle": {"afer": 0}},
            ("close_idle", "afer"),
            "unknown key 'afer': did you mean 'after'? allowed here: after",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_in_the_others_too(written, place, message):
    with pytest.raises(ValidationError) as error:
        FAULT.validate_python(written)
    [details] = error.value.errors()
    assert details["loc"] == place
    assert message in (None, details["msg"])


@pytest.mark.parametrize(
    ("written", "waits_us", "end"),
    [
        ({}, FOREVER_US, CloseStep),
        ({"for": "60s"}, 60_000_000, CloseStep),
        ({"for": "5ms", "then": "reset"}, 5_000, ResetStep),
    ],
)
def test_a_hang_may_end(written, waits_us, end):
    assert FAULT.validate_python({"hang": written}).apply(stream(), SEED) == (
        Wait(waits_us, "fault: hang"),
        end("fault: hang"),
    )


def test_what_comes_before_a_head_that_never_comes_is_kept():
    plan = (Interim(102), Wait(5), Interim(103), *stream())
    assert Hang().apply(plan, SEED)[:2] == (Interim(102), Interim(103))


class TestGarbage:
    def test_it_comes_in_place_of_the_answer_and_then_the_connection_closes(self):
        raw, end = Garbage().apply(stream(), SEED)
        assert isinstance(raw, Raw)
        assert (len(raw.data), raw.cause) == (64, "fault: garbage before the head")
        assert end == CloseStep(raw.cause)

    def test_no_client_can_take_it_for_a_status_line_or_a_chunk(self):
        firsts = {Garbage(bytes=1).apply((), Seed.of(number))[0].data[0] for number in range(50)}
        assert min(firsts) >= 0x80
        assert len(firsts) > 1

    def test_it_is_drawn_from_the_seed(self):
        assert Garbage().apply((), SEED) == Garbage().apply((), SEED)
        assert Garbage().apply((), SEED) != Garbage().apply((), Seed.of("other"))

    def test_what_was_due_before_goes_out(self):
        changed = Garbage(at={"frame": 3}, text="é").apply(stream(), SEED)
        assert sent(changed) == ALL[:30]
        assert changed[-2:] == (
            Raw("é".encode(), "fault: garbage at frame 3"),
            CloseStep("fault: garbage at frame 3"),
        )

    def test_a_place_that_is_not_there_is_reported(self):
        assert Garbage(at={"frame": 9}).apply(stream(), SEED) is None

    def test_a_text_is_not_drawn(self):
        with pytest.raises(ValidationError, match="bytes says how many are drawn, but a text is sent: drop one of"):
            FAULT.validate_python({"garbage": {"text": "a", "bytes": 5}})
