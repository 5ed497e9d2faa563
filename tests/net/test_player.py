"""The player on a connection that records and a clock that jumps: exact timelines, in microseconds."""

import asyncio
import itertools

import pytest

from mockllm.exchange import Deliveries, Delivery, Ending, GateVisit, Outcome
from mockllm.gates import Gates
from mockllm.net import player
from mockllm.net.gates import Gatekeeper
from mockllm.net.player import interrupted, play
from mockllm.plan import Admit, Close, End, Frame, Gate, Head, HeadRest, Interim, Raw, Reset, Send, Wait

START_US = 1_000_000
HEAD = Head(200, (), "chunked")
HEAD_BYTES = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
PLAIN = Head(200, (("content-length", "2"),), "length")
PLAIN_BYTES = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"
FRAME = Frame("x")


def send(data, **fields):
    return Send(data, FRAME, **fields)


class VirtualClock:
    """Time that passes only by sleeping, and by `late_us` more at each sleep."""

    def __init__(self, late_us=0):
        self.at_us = START_US
        self.late_us = late_us
        self.sleeps = []

    def now_us(self):
        return self.at_us

    async def sleep_until(self, due_us):
        self.sleeps.append(due_us - START_US)
        self.at_us = due_us + self.late_us


class Recording:
    """A connection that notes what is done to it, and when."""

    def __init__(self, clock, *, full=False, leaves_after=None, write_us=0):
        self.clock = clock
        self.full = full
        self.left = leaves_after == 0
        self.leaves_after = leaves_after
        self.write_us = write_us
        self.events = []

    def note(self, *event):
        self.events.append((self.clock.now_us() - START_US, *event))
        if self.leaves_after is not None and len(self.events) >= self.leaves_after:
            self.left = True

    def write(self, data):
        self.clock.at_us += self.write_us
        self.note("write", bytes(data))

    async def drain(self):
        self.note("drain")
        self.full = False

    async def flush(self):
        self.note("flush")

    def close(self):
        self.note("close")

    def reset(self):
        self.note("reset")

    @property
    def written(self):
        return b"".join(event[2] for event in self.events if event[1] == "write")


def perform(plan, *, late_us=0, **connection_fields):
    """Events, deliveries and the outcome of a plan."""
    clock = VirtualClock(late_us)
    connection = Recording(clock, **connection_fields)
    deliveries = Deliveries(plan)
    outcome = asyncio.run(play(plan, connection, clock, START_US, deliveries))
    return connection, list(deliveries), outcome


def test_bytes_with_no_wait_between_are_one_write():
    connection, deliveries, outcome = perform((HEAD, send(b"a"), Wait(0), send(b"bc"), End()))
    assert connection.events == [(0, "write", HEAD_BYTES + b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n")]
    assert deliveries == [
        Delivery(0, 0, 0, 0),
        Delivery(1, 0, 0, 1),
        Delivery(2, 0, 0, 0),
        Delivery(3, 0, 0, 2),
        Delivery(4, 0, 0, 0),
    ]
    assert outcome == Outcome(Ending.COMPLETE, 4)


def test_a_trailer_tells_when_the_stream_really_ended():
    """Due after 300 ms, and half a millisecond late."""
    connection, _, outcome = perform((HEAD, Wait(300_000), send(b"a"), End(tells=True)), late_us=500)
    trailer = b"server-timing: actual;dur=300.500, late;dur=0.500\r\n"
    assert connection.written == HEAD_BYTES + b"1\r\na\r\n0\r\n" + trailer + b"\r\n"
    assert outcome.ending is Ending.COMPLETE


def test_the_head_goes_out_before_the_wait_for_the_first_token():
    connection, _, _ = perform((HEAD, Wait(300_000), send(b"a"), End()))
    assert connection.events == [(0, "write", HEAD_BYTES), (300_000, "write", b"1\r\na\r\n0\r\n\r\n")]


def test_a_head_may_go_out_in_pieces_after_which_the_connection_is_as_good_as_ever():
    head = Head(200, (("content-length", "0"),), "length", first=8)
    connection, deliveries, outcome = perform((head, Wait(100), HeadRest(5), Wait(100), HeadRest(), End()))
    assert connection.events == [
        (0, "write", b"HTTP/1.1"),
        (100, "write", b" 200 "),
        (200, "write", b"OK\r\ncontent-length: 0\r\n\r\n"),
    ]
    assert [delivery.bytes for delivery in deliveries] == [0] * 6
    assert outcome == Outcome(Ending.COMPLETE, 5)


def test_waits_are_due_at_their_sum_and_deliveries_say_due_and_done():
    plan = (HEAD, Wait(100), send(b"a"), Wait(50), send(b"b"), Wait(25), End())
    connection, deliveries, _ = perform(plan)
    assert [event[0] for event in connection.events] == [0, 100, 150, 175]
    assert deliveries == [
        Delivery(0, 0, 0, 0),
        Delivery(1, 100, 100, 0),
        Delivery(2, 100, 100, 1),
        Delivery(3, 150, 150, 0),
        Delivery(4, 150, 150, 1),
        Delivery(5, 175, 175, 0),
        Delivery(6, 175, 175, 0),
    ]


def test_lateness_does_not_add_up():
    plan = (HEAD, Wait(100), send(b"a"), Wait(100), send(b"b"), Wait(100), End())
    connection, deliveries, _ = perform(plan, late_us=30)
    assert [event[0] for event in connection.events] == [0, 130, 230, 330]
    assert [(delivery.due_us, delivery.done_us) for delivery in deliveries[-2:]] == [(300, 330), (300, 330)]


def test_a_wait_that_is_over_already_does_not_sleep():
    clock = VirtualClock()
    connection = Recording(clock, write_us=250)
    plan = (HEAD, Wait(100), send(b"a"), Wait(100), send(b"b"), Wait(600), End())
    asyncio.run(play(plan, connection, clock, START_US, Deliveries(plan)))
    assert clock.sleeps == [800]
    assert [event[0] for event in connection.events] == [250, 500, 750, 1050]


def test_a_plain_body_has_no_framing():
    connection, deliveries, outcome = perform((PLAIN, send(b"ok"), End()))
    assert connection.events == [(0, "write", PLAIN_BYTES + b"ok")]
    assert [delivery.bytes for delivery in deliveries] == [0, 2, 0]
    assert outcome == Outcome(Ending.COMPLETE, 2)


@pytest.mark.parametrize(("step", "verb"), [(Close(), "close"), (Reset(), "reset")])
def test_a_cut_flushes_what_was_written_and_nothing_follows_it(step, verb):
    connection, deliveries, outcome = perform((HEAD, send(b"a"), step, send(b"b"), End()))
    assert connection.events == [(0, "write", HEAD_BYTES + b"1\r\na\r\n"), (0, "flush"), (0, verb)]
    assert [delivery.step for delivery in deliveries] == [0, 1, 2]
    assert outcome == Outcome(Ending.CUT, 2)


def test_a_truncated_body_ends_well_but_counts_as_cut():
    connection, _, outcome = perform((HEAD, send(b"a"), End("truncate")))
    assert connection.events == [(0, "write", HEAD_BYTES + b"1\r\na\r\n0\r\n\r\n")]
    assert outcome == Outcome(Ending.CUT, 2)


@pytest.mark.parametrize(
    ("plan", "written", "ending"),
    [
        pytest.param((Head(200, (), "close"), send(b"ok"), End()), b"ok", Ending.COMPLETE, id="framed by close"),
        pytest.param((PLAIN, send(b"o"), End("truncate")), b"o", Ending.CUT, id="shorter than promised"),
        pytest.param((PLAIN, send(b"okay"), End()), b"okay", Ending.COMPLETE, id="longer than promised"),
        pytest.param((HEAD, Raw(b"zz\r\n"), End()), b"zz\r\n0\r\n\r\n", Ending.COMPLETE, id="raw in the body"),
        pytest.param((Raw(b"HTTP/0.9"), End()), b"HTTP/0.9", Ending.COMPLETE, id="no head"),
        pytest.param((HEAD, send(b"a")), b"1\r\na\r\n", Ending.COMPLETE, id="no end"),
        pytest.param((HEAD, End(), Raw(b"junk")), b"0\r\n\r\njunk", Ending.COMPLETE, id="raw after the end"),
    ],
)
def test_a_body_whose_end_a_client_cannot_tell_is_ended_by_the_connection(plan, written, ending):
    connection, deliveries, outcome = perform(plan)
    assert connection.written.endswith(written)
    assert [event[1] for event in connection.events] == ["write", "flush", "close"]
    assert outcome == Outcome(ending, len(plan) - 1)
    assert [delivery.step for delivery in deliveries] == list(range(len(plan)))


def test_no_step_follows_an_end_that_took_the_connection_with_it():
    connection, deliveries, outcome = perform((Head(200, (), "close"), End(), Wait(10), Raw(b"late")))
    assert [event[1] for event in connection.events] == ["write", "flush", "close"]
    assert len(deliveries) == 2
    assert outcome == Outcome(Ending.COMPLETE, 1)


def test_steps_after_the_end_of_a_body_are_played():
    connection, _, outcome = perform((HEAD, End(), Wait(10), Close()))
    assert connection.events == [(0, "write", HEAD_BYTES + b"0\r\n\r\n"), (10, "flush"), (10, "close")]
    assert outcome == Outcome(Ending.CUT, 3)


def test_an_empty_plan_says_nothing_and_closes():
    connection, deliveries, outcome = perform(())
    assert connection.events == [(0, "flush"), (0, "close")]
    assert (deliveries, outcome) == ([], Outcome(Ending.COMPLETE, 0))


def test_a_send_alone_is_a_write_of_its_own_with_a_flush_on_either_side():
    plan = (HEAD, send(b"a"), send(b"b", alone=True), send(b"c", alone=True), send(b"d"), End())
    connection, deliveries, _ = perform(plan)
    assert [event[1:] for event in connection.events] == [
        ("write", HEAD_BYTES + b"1\r\na\r\n"),
        ("flush",),
        ("write", b"1\r\nb\r\n"),
        ("flush",),
        ("write", b"1\r\nc\r\n"),
        ("flush",),
        ("write", b"1\r\nd\r\n0\r\n\r\n"),
    ]
    assert [delivery.bytes for delivery in deliveries] == [0, 1, 1, 1, 1, 0]


def test_an_empty_send_writes_nothing_whether_alone_or_not():
    connection, deliveries, _ = perform((HEAD, Wait(1), send(b"", alone=True), send(b""), Wait(1), End()))
    assert [event for event in connection.events if event[1] == "write"] == [
        (0, "write", HEAD_BYTES),
        (2, "write", b"0\r\n\r\n"),
    ]
    assert [delivery.bytes for delivery in deliveries] == [0] * 6


def test_a_full_connection_is_drained_before_a_write_and_never_after_the_last():
    plan = (PLAIN, Wait(1), send(b"ok"), End())
    connection, _, _ = perform(plan, full=True)
    assert [event[1] for event in connection.events] == ["drain", "write", "write"]


def test_a_large_body_is_written_in_pieces_without_its_head():
    size = 2 * 1024 * 1024 + 1
    body = bytes(itertools.islice(itertools.cycle(range(251)), size))
    connection, deliveries, outcome = perform(
        (Head(200, (("content-length", str(size)),), "length"), send(body), End())
    )
    sizes = [len(event[2]) for event in connection.events]
    assert sizes[1:] == [65_536] * 32 + [1]
    assert connection.written.endswith(b"\r\n\r\n" + body)
    assert deliveries[1].bytes == size
    assert outcome == Outcome(Ending.COMPLETE, 2)


def test_a_long_plan_gives_way_to_others_and_is_written_in_bounded_pieces():
    tokens = 10_000
    plan = (HEAD, *(send(b"x" * 100) for _ in range(tokens)), End())

    async def turns_of_another_task():
        clock = VirtualClock()
        connection = Recording(clock)
        deliveries = Deliveries(plan)
        turns = 0
        playing = asyncio.ensure_future(play(plan, connection, clock, START_US, deliveries))
        while not playing.done():
            await asyncio.sleep(0)
            turns += 1
        return turns, connection, deliveries

    turns, connection, deliveries = asyncio.run(turns_of_another_task())
    assert turns >= tokens // player.STEPS_PER_TURN
    assert max(len(event[2]) for event in connection.events) <= player.STEPS_PER_TURN * 110
    assert len(connection.written) == len(HEAD_BYTES) + tokens * len(b"64\r\n" + b"x" * 100 + b"\r\n") + 5
    assert [delivery.step for delivery in deliveries] == list(range(len(plan)))


def test_what_is_gathered_is_handed_over_when_it_is_a_piece():
    plan = (HEAD, *(send(b"x" * 40_000) for _ in range(4)), End())
    connection, _, _ = perform(plan)
    assert [len(event[2]) > player.PIECE_BYTES for event in connection.events] == [True, True, False]


@pytest.mark.parametrize(
    ("plan", "leaves_after", "step"),
    [
        pytest.param((HEAD, send(b"a"), End()), 0, 0, id="before the first byte"),
        pytest.param((Wait(5), HEAD, End()), 0, 0, id="before a first wait"),
        pytest.param((HEAD, Wait(5), send(b"a"), End()), 1, 1, id="before a wait"),
        pytest.param((HEAD, send(b"a", alone=True), send(b"b"), End()), 3, 2, id="after a send alone"),
        pytest.param((HEAD, send(b"a"), Reset()), 1, 2, id="before a reset"),
        pytest.param((HEAD, send(b"a"), Close()), 2, 2, id="while flushing before a close"),
        pytest.param((PLAIN, send(b"x" * 200_000), End()), 2, 1, id="in the middle of a large body"),
    ],
)
def test_a_client_that_left_ends_the_play_at_the_step_that_was_not_finished(plan, leaves_after, step):
    connection, deliveries, outcome = perform(plan, leaves_after=leaves_after)
    assert outcome == Outcome(Ending.LEFT, step)
    assert len(deliveries) == step
    assert not {"close", "reset"} & {event[1] for event in connection.events}


def test_a_client_that_leaves_while_the_connection_drains_gets_no_more_writes():
    connection, _, outcome = perform((HEAD, send(b"a"), End()), full=True, leaves_after=1)
    assert connection.events == [(0, "drain")]
    assert outcome == Outcome(Ending.LEFT, 0)


class Asleep(VirtualClock):
    """Time that never comes."""

    async def sleep_until(self, due_us):
        await asyncio.get_running_loop().create_future()


@pytest.mark.parametrize(("left", "ending"), [(True, Ending.LEFT), (False, Ending.STOPPED)])
def test_a_cancelled_play_goes_through_and_its_deliveries_tell_the_step(left, ending):
    plan = (HEAD, send(b"a"), Wait(10), End())
    clock = Asleep()
    connection = Recording(clock)
    deliveries = Deliveries(plan)

    async def cancel():
        playing = asyncio.ensure_future(play(plan, connection, clock, START_US, deliveries))
        await asyncio.sleep(0)
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await playing

    asyncio.run(cancel())
    connection.left = left
    assert interrupted(plan, connection, deliveries) == Outcome(ending, 2)


def test_an_interrupted_play_never_names_a_step_beyond_the_plan():
    connection = Recording(VirtualClock())
    plan = (HEAD, End())
    deliveries = Deliveries(plan)
    deliveries.add(2, 0)
    assert interrupted(plan, connection, deliveries) == Outcome(Ending.STOPPED, 1)


def test_a_head_that_cannot_be_sent_raises_before_anything_is_written():
    connection = Recording(VirtualClock())
    plan = (Head(200, (("x-a", "\n"),)), End())
    with pytest.raises(ValueError, match="x-a"):
        asyncio.run(play(plan, connection, connection.clock, START_US, Deliveries(plan)))
    assert connection.events == []


def test_unpaced_streams_are_played_without_one_turn_of_the_loop():
    clock = VirtualClock()
    plan = (HEAD, *(send(b"x") for _ in range(50)), End())
    with pytest.raises(StopIteration) as done:
        play(plan, Recording(clock), clock, START_US, Deliveries(plan)).send(None)
    assert done.value.value == Outcome(Ending.COMPLETE, 51)


class Held:
    """A plan that is played up to its gate `g`, and what is needed to go on."""

    def __init__(self, plan, **connection_fields):
        self.plan = plan
        self.gates = Gates()
        self.clock = VirtualClock()
        self.connection = Recording(self.clock, **connection_fields)
        self.deliveries = Deliveries(plan)
        self.visits = []
        self.keeper = Gatekeeper(self.gates, "n", self.clock, START_US, self.visits.append)

    async def begin(self):
        playing = play(self.plan, self.connection, self.clock, START_US, self.deliveries, gatekeeper=self.keeper)
        self.playing = asyncio.ensure_future(playing)
        for _ in range(5):
            await asyncio.sleep(0)

    def open_at(self, us):
        self.clock.at_us = START_US + us
        self.gates.open("n", "g")


GATED = (HEAD, Wait(100), send(b"a"), Gate("g"), send(b"b"), Wait(50), send(b"c"), End())


def test_a_closed_gate_holds_what_follows_and_later_waits_count_from_its_opening():
    async def scene():
        held = Held(GATED)
        await held.begin()
        before = list(held.connection.events)
        held.open_at(5_000)
        return held, before, await held.playing

    held, before, outcome = asyncio.run(scene())
    assert before == [(0, "write", HEAD_BYTES), (100, "write", b"1\r\na\r\n")]
    assert held.connection.events[2:] == [
        (5_000, "write", b"1\r\nb\r\n"),
        (5_050, "write", b"1\r\nc\r\n0\r\n\r\n"),
    ]
    assert held.visits == [GateVisit("g", 3, 100), GateVisit("g", 3, 100, 5_000)]
    assert [(it.due_us, it.done_us) for it in held.deliveries][2:6] == [
        (100, 100),
        (5_000, 5_000),
        (5_000, 5_000),
        (5_050, 5_050),
    ]
    assert outcome == Outcome(Ending.COMPLETE, 7)


def test_a_gate_that_was_opened_before_changes_nothing():
    async def scene():
        held = Held(GATED)
        held.gates.open("n", "g")
        await held.begin()
        return held, await held.playing

    held, outcome = asyncio.run(scene())
    assert [event[0] for event in held.connection.events] == [0, 100, 100, 150]
    assert outcome == Outcome(Ending.COMPLETE, 7)


def test_a_gate_that_nobody_opens_ends_with_a_reset():
    async def scene():
        held = Held((HEAD, Wait(100), send(b"a"), Gate("g", most_us=1), End()))
        await held.begin()
        return held, await held.playing

    held, outcome = asyncio.run(scene())
    assert held.connection.events[-1] == (100, "reset")
    assert outcome == Outcome(Ending.SHUT, 3)
    assert len(held.deliveries) == 3


def test_a_client_that_has_left_does_not_wait_at_a_gate():
    async def scene():
        held = Held(GATED, leaves_after=2)
        await held.begin()
        return held, await held.playing

    held, outcome = asyncio.run(scene())
    assert outcome == Outcome(Ending.LEFT, 3)
    assert held.visits == []


def test_a_client_that_leaves_just_when_the_gate_opens_has_left_there():
    async def scene():
        held = Held(GATED)
        await held.begin()
        held.open_at(200)
        held.connection.left = True
        return await held.playing

    assert asyncio.run(scene()) == Outcome(Ending.LEFT, 3)


def test_without_a_gatekeeper_all_gates_are_open():
    connection, _, outcome = perform((PLAIN, Gate("g"), send(b"ok"), End()))
    assert connection.written == PLAIN_BYTES + b"ok"
    assert outcome == Outcome(Ending.COMPLETE, 3)


def test_interim_responses_come_before_the_head_and_leave_the_connection_as_good_as_ever():
    connection, deliveries, outcome = perform((Interim(103, (("link", "a"),)), Wait(100), PLAIN, send(b"ok"), End()))
    assert connection.events == [
        (0, "write", b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n"),
        (100, "write", PLAIN_BYTES + b"ok"),
    ]
    assert [delivery.bytes for delivery in deliveries] == [0, 0, 0, 2, 0]
    assert outcome == Outcome(Ending.COMPLETE, 4)


def test_a_connection_that_is_let_in_stays_open_though_nothing_was_sent():
    connection, deliveries, outcome = perform((Wait(100), Admit()))
    assert connection.events == []
    assert [delivery.done_us for delivery in deliveries] == [100, 100]
    assert outcome == Outcome(Ending.COMPLETE, 1)
