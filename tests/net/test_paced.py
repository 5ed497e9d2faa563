"""Scores with pauses: what the player of steps would do, with fewer turns."""

import asyncio
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockllm.dialects.chat.mould import PADDING_LENGTH, Chunk, Chunks, Mould
from mockllm.exchange import Deliveries, Delivery, Ending, Outcome
from mockllm.net import paced
from mockllm.net.paced import MOST_EVENTS, play_score
from mockllm.net.player import interrupted, play
from mockllm.plan import Head
from mockllm.score import Score
from tests.net.test_player import START_US, Recording, VirtualClock

HEAD = Head(200, (("content-type", "text/event-stream"),))
HEAD_BYTES = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
DONE = b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"


def events(count, text="x"):
    """So many chunks and `[DONE]`."""
    chunks = [Chunk({"delta": {"content": f"{text}{number}"}}, tokens=1) for number in range(count)]
    mould = Mould(chunks, {"object": "o"}, 2, padded=True)
    return Chunks(mould, "id", "p" * PADDING_LENGTH)


class WakingClock(VirtualClock):
    """Time that passes only when somebody is woken, and by `late_us` more then."""

    def wake_at(self, due_us, wake):
        def jump():
            self.sleeps.append(due_us - START_US)
            self.at_us = due_us + self.late_us
            wake()

        return asyncio.get_running_loop().call_soon(jump)


def perform(how, score, clock, **connection_fields):
    connection = Recording(clock, **connection_fields)
    deliveries = Deliveries(score)
    outcome = asyncio.run(how(score, connection, clock, START_US, deliveries))
    return connection, list(deliveries), outcome


def perform_score(score, *, late_us=0, **connection_fields):
    return perform(play_score, score, WakingClock(late_us), **connection_fields)


def test_every_event_goes_out_when_it_is_due_and_those_together_that_are_due_together():
    connection, deliveries, outcome = perform_score(Score(HEAD, events(3), (300, 300, 500, 500)))
    chunk = b'%x\r\ndata: {"id":"id","object":"o","choices":[{"delta":{"content":"x%d"}}],"obfuscation":"%b"}\n\n\r\n'
    # The JSON of a chunk is 80 bytes without padding, so one character fills it up to a multiple of 16 plus one.
    first, second, third = (chunk % (6 + 80 + 1 + 2, number, b"p") for number in range(3))
    assert connection.events == [
        (0, "write", HEAD_BYTES),
        (300, "write", first + second),
        (500, "write", third + DONE),
    ]
    assert [(it.step, it.due_us, it.done_us) for it in deliveries] == [
        (0, 0, 0),
        (1, 300, 300),
        (2, 300, 300),
        (3, 300, 300),
        (4, 500, 500),
        (5, 500, 500),
        (6, 500, 500),
        (7, 500, 500),
    ]
    assert outcome == Outcome(Ending.COMPLETE, 7)


@given(
    gaps=st.lists(st.sampled_from([0, 0, 1, 40, 1_000]), max_size=12),
    head_us=st.sampled_from([0, 30]),
    late_us=st.sampled_from([0, 7, 900]),
    full=st.booleans(),
    leaves_after=st.none() | st.integers(0, 6),
)
def test_it_does_what_the_player_of_steps_does(gaps, head_us, late_us, full, leaves_after):
    """But for two things: what is late is written together with what is due by then, and a client is missed when there
    is something to write, not before the wait for it.
    """
    score = Score(HEAD, events(max(len(gaps) - 1, 0)), accumulate(gaps, initial=head_us) if gaps else (), head_us)
    score = Score(HEAD, score.events, score.dues[: len(score.events)], head_us)
    fields = {"full": full, "leaves_after": None if late_us else leaves_after}
    mine, my_deliveries, my_outcome = perform_score(score, late_us=late_us, **fields)
    other, deliveries, outcome = perform(play, score, VirtualClock(late_us), **fields)
    assert mine.written == other.written
    assert my_outcome.ending is outcome.ending
    waited = my_outcome.step - outcome.step
    assert waited == 0 or (waited == 1 and outcome.ending is Ending.LEFT)
    assert [(it.step, it.due_us, it.bytes) for it in my_deliveries[: len(my_deliveries) - waited]] == [
        (it.step, it.due_us, it.bytes) for it in deliveries
    ]
    assert all(it.done_us >= it.due_us for it in my_deliveries)
    if not late_us:
        assert [it for it in mine.events if it[1] == "write"] == [it for it in other.events if it[1] == "write"]
        assert my_deliveries[: len(deliveries)] == deliveries


def test_a_connection_that_is_full_is_drained_before_it_gets_more():
    connection, deliveries, outcome = perform_score(Score(HEAD, events(0), (5,), 5), full=True)
    assert [event[:2] for event in connection.events] == [(5, "drain"), (5, "write")]
    assert (len(deliveries), outcome) == (4, Outcome(Ending.COMPLETE, 3))


def test_what_is_late_is_written_together():
    """An event each 10 us, and each wake 25 us late."""
    connection, _, _ = perform_score(Score(HEAD, events(6), (10, 20, 30, 40, 50, 60, 70)), late_us=25)
    assert [at_us for at_us, *_ in connection.events] == [0, 35, 65, 95]


def test_a_long_stream_without_pauses_lets_others_have_their_turn():
    score = Score(HEAD, events(3 * MOST_EVENTS))
    turns = []

    async def run():
        clock = WakingClock()
        connection = Recording(clock)
        playing = asyncio.ensure_future(play_score(score, connection, clock, START_US, Deliveries(score)))
        while not playing.done():
            turns.append(len(connection.events))
            await asyncio.sleep(0)
        return connection

    connection = asyncio.run(run())
    assert {0, 1, 2, 3} <= set(turns)
    assert connection.written.count(b"\r\ndata: ") == 3 * MOST_EVENTS + 1


def test_no_write_has_more_than_its_share_of_bytes_but_for_one_event(monkeypatch):
    monkeypatch.setattr(paced, "MOST_BYTES", 1_000)
    connection, _, _ = perform_score(Score(HEAD, events(40)))
    sizes = [len(data) for _, _, data in connection.events]
    assert max(sizes[1:]) < 1_200
    assert len(sizes) >= sum(sizes) // 1_200
    large, _, _ = perform_score(Score(HEAD, events(3, text="y" * 2_000)))
    assert [data.count(b"\r\ndata: ") for _, _, data in large.events] == [1, 1, 1, 1]


@pytest.mark.parametrize(("left", "ending"), [(True, Ending.LEFT), (False, Ending.STOPPED)])
def test_one_that_is_cancelled_writes_no_more(left, ending):
    score = Score(HEAD, events(1), (500, 900))

    class Asleep(VirtualClock):
        woken = None

        def wake_at(self, due_us, wake):
            self.woken = asyncio.get_running_loop().call_later(0.001, wake)
            return self.woken

    async def run():
        clock = Asleep()
        connection, deliveries = Recording(clock), Deliveries(score)
        playing = asyncio.ensure_future(play_score(score, connection, clock, START_US, deliveries))
        await asyncio.sleep(0)
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await playing
        connection.left = left
        return connection.events, clock.woken.cancelled(), list(deliveries), interrupted(score, connection, deliveries)

    written, cancelled, deliveries, outcome = asyncio.run(run())
    assert (written, cancelled) == ([(0, "write", HEAD_BYTES)], True)
    assert deliveries == [Delivery(0, 0, 0, 0)]
    assert outcome == Outcome(ending, 1)


def test_what_goes_wrong_while_it_writes_by_itself_is_told():
    class Broken(Recording):
        def write(self, data):
            super().write(data)
            if len(self.events) == 2:
                raise RuntimeError("no more")

    async def run():
        clock, score = WakingClock(), Score(HEAD, events(1), (500, 900))
        await play_score(score, Broken(clock), clock, START_US, Deliveries(score))

    with pytest.raises(RuntimeError, match="no more"):
        asyncio.run(run())


def test_a_head_that_cannot_be_sent_is_refused_before_anything_is():
    with pytest.raises(ValueError, match="has a line break"):
        perform_score(Score(Head(200, (("a", "b\r\nc: d"),)), events(1), (5, 5)))
