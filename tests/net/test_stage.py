"""The life of an exchange: which way its plan goes, when it is open, and how it ends."""

import asyncio
from dataclasses import dataclass, field

import pytest

from mockllm.exchange import Deliveries, Delivery, Ending, Exchange, Outcome
from mockllm.gates import Gates
from mockllm.net.stage import Stage
from mockllm.plan import FOREVER_US, End, Frame, Head, Send, Wait
from mockllm.request import Call
from tests.waking import Waking

HEAD = Head(200, (("content-length", "2"),), "length")
OK = (HEAD, Send(b"ok", Frame("x")), End())
OK_BYTES = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
START_US = 1_000


@dataclass
class Clock(Waking):
    now: int = START_US

    def now_us(self):
        return self.now

    async def sleep_until(self, due_us):
        await asyncio.sleep(FOREVER_US if due_us > START_US + 1 else 0)


@dataclass
class Connection:
    full: bool = False
    left: bool = False
    dead: bool = False
    events: list = field(default_factory=list)

    def write(self, data):
        self.events.append(bytes(data))

    def reset(self):
        self.events.append("RST")


@dataclass
class Engine:
    gates: Gates = field(default_factory=Gates)
    ended: dict = field(default_factory=dict)

    def at_gate(self, exchange, visit):
        """Nobody comes to one."""

    def finish(self, exchange, deliveries, outcome):
        self.ended[exchange.number] = (tuple(deliveries), outcome)
        if exchange.number < 0:
            raise RuntimeError("no end")


def exchange(plan=OK, number=1, method="GET"):
    return Exchange(number, "", Call(method, "/", at_us=START_US), None, 200, plan)


@pytest.fixture
def engine():
    return Engine()


def in_loop(test):
    """Run the test with a stage for the engine, in a loop."""

    async def run(engine):
        await test(engine, Stage(engine))

    def wrapped(engine):
        asyncio.run(run(engine))

    wrapped.__name__ = test.__name__
    wrapped.__doc__ = test.__doc__
    return wrapped


@in_loop
async def test_all_answers_of_a_turn_go_out_together_and_each_is_recorded_then(engine, stage):
    clock, one, other = Clock(), Connection(), Connection()
    first, second = exchange(), exchange(number=2)
    assert stage.send(first, one, clock)
    assert stage.send(second, other, clock)
    assert (one.events, other.events, engine.ended) == ([], [], {})
    assert [playing for playing, _ in stage.playing] == [first, second]
    clock.now += 7
    await asyncio.wait_for(stage.idle(), 5)
    assert (one.events, other.events, stage.playing) == ([OK_BYTES], [OK_BYTES], ())
    delivered = (Delivery(0, 0, 7, 0), Delivery(1, 0, 7, 2), Delivery(2, 0, 7, 0))
    assert engine.ended == dict.fromkeys((1, 2), (delivered, Outcome(Ending.COMPLETE, 2)))


@pytest.mark.parametrize(("left", "ending"), [(True, Ending.LEFT), (False, Ending.STOPPED)])
def test_a_connection_that_is_lost_before_gets_nothing(engine, left, ending):
    async def run():
        stage, connection = Stage(engine), Connection()
        assert stage.send(exchange(), connection, Clock())
        connection.dead, connection.left = True, left
        await stage.idle()
        return connection.events

    assert asyncio.run(run()) == []
    assert engine.ended == {1: ((), Outcome(ending, 0))}


@pytest.mark.parametrize(
    ("asked", "connection"),
    [
        (exchange(), Connection(full=True)),
        (exchange(method="HEAD"), Connection()),
        (exchange((HEAD, Wait(5), *OK[1:])), Connection()),
        (exchange((Head(200, (("x", "a\nb"),)), End())), Connection()),
        (exchange((Head(200, (("connection", "close"), ("content-length", "2")), "length"), *OK[1:])), Connection()),
    ],
    ids=["full", "HEAD", "waits", "cannot be sent", "closes"],
)
def test_what_does_not_go_out_whole_is_for_a_play(engine, asked, connection):
    stage = Stage(engine)
    assert not stage.send(asked, connection, Clock())
    assert (stage.playing, engine.ended, connection.events) == ((), {}, [])


@in_loop
async def test_a_play_is_open_until_it_ends(engine, stage):
    connection = Connection()
    playing = asyncio.ensure_future(stage.play(exchange((HEAD, Wait(FOREVER_US), *OK[1:])), connection, Clock()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [(it.number, len(deliveries)) for it, deliveries in stage.playing] == [(1, 1)]
    stage.cancel()
    stage.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert (stage.playing, engine.ended[1][1]) == ((), Outcome(Ending.STOPPED, 1))


@in_loop
async def test_who_cancels_a_play_says_how_it_ended(engine, stage):
    playing = asyncio.ensure_future(stage.play(exchange((HEAD, Wait(FOREVER_US), *OK[1:])), Connection(), Clock()))
    await asyncio.sleep(0)
    playing.cancel(Ending.CUT)
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert engine.ended[1][1].ending is Ending.CUT


@in_loop
async def test_what_is_delivered_can_be_seen_from_outside(engine, stage):
    deliveries = Deliveries(OK)
    assert await stage.play(exchange(), Connection(), Clock(), deliveries=deliveries)
    assert len(deliveries) == 3
    assert engine.ended[1] == (tuple(deliveries), Outcome(Ending.COMPLETE, 2))


@in_loop
async def test_a_head_that_cannot_be_sent_is_a_failure_before_anything_was(engine, stage):
    connection = Connection()
    assert not await stage.play(exchange((Head(200, (("x", "a\nb"),)), End())), connection, Clock())
    assert (connection.events, engine.ended[1]) == ([], ((), Outcome(Ending.STOPPED, 0)))


@in_loop
async def test_an_end_that_cannot_be_recorded_ends_no_server(engine, stage):
    assert stage.send(exchange(number=-1), Connection(), Clock())
    assert stage.send(exchange(number=2), Connection(), Clock())
    await stage.idle()
    assert sorted(engine.ended) == [-1, 2]
