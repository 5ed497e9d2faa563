"""Who is there: a worker that is lost leaves nothing open."""

import pytest

from mockllm.exchange import Ending
from mockllm.net.shared.common import GoneError
from mockllm.net.shared.link import StateGoneError
from tests.net.shared.team import end, heard, say, until

TEXT = "{limits: {concurrent: 1, queue: 1}, rules: [{replies: ['{{ user }}']}]}"


@pytest.fixture
def quick(monkeypatch):
    """Signs of life come quickly."""
    monkeypatch.setattr("mockllm.net.shared.roster.ALIVE_MS", 80)


def endings(worker):
    return [exchange.outcome.ending for exchange in worker._engine.journal.now()]


async def test_places_of_a_lost_worker_are_free_and_who_waited_goes_on(team, quick):
    left, right = await team.two(TEXT)
    await say(left, "a")
    second = await say(right, "b")
    woken = []
    await right.gates.arrive("scenario", second.plan[0].name, lambda: woken.append(1))
    await team.vanish(left)
    await until(lambda: woken)
    end(right, second)
    assert heard(await say(right, "c")) == "c"
    await right.ledger.sync()
    assert endings(right) == [Ending.LOST, Ending.COMPLETE, Ending.OPEN]


async def test_a_successor_does_not_wait_until_the_signs_of_life_have_faded(team, monkeypatch):
    worker = await team.join(TEXT, name="group/1/first")
    await say(worker, "a")
    await worker.common.link.client.delete("mockllm:default:worker:group/1/first")
    await team.vanish(worker)
    next_one = await team.join(TEXT, name="group/1/second", succeeds="group/1/")
    await until(lambda: next_one.common.rooms.versions.get("scenario"))
    assert heard(await say(next_one, "b")) == "b"


async def test_who_waits_elsewhere_at_a_gate_does_not_take_a_pass_from_beyond(team, quick):
    left, right = await team.two(TEXT)
    first = await say(left, "a")
    await left.gates.arrive("scenario", "g", print)
    await team.vanish(left)
    await until(lambda: right.common.rooms.versions.get("scenario"))
    await right.ledger.sync()
    await until(lambda: not right._engine.gates.waiting())
    assert first.number


async def test_two_that_bury_the_same_worker_end_its_exchanges_once(team):
    left, right = await team.two(TEXT)
    third = await team.join(TEXT)
    exchange = await say(left, "a")
    await team.vanish(left)
    await right._roster._end("worker-0", exchange.number, "scenario")
    with pytest.raises(GoneError):
        await third._roster._end("worker-0", exchange.number, "scenario")
    await third._roster.bury("worker-0")
    await third.ledger.sync()
    assert endings(third) == [Ending.LOST]


async def test_an_exchange_without_state_is_ended_too(team):
    left, right = await team.two(TEXT)
    exchange = await say(left, "a", base="/nobody/v1")
    await team.vanish(left)
    await right._roster.bury("worker-0")
    await right.ledger.sync()
    assert (exchange.status, endings(right)) == (404, [Ending.LOST])


async def test_nobody_is_counted_lost_because_redis_was_gone(team, redis_server, quick):
    left, right = await team.two(TEXT)
    await say(left, "a")
    redis_server.pause()
    await until(lambda: left.common.link.gone and right.common.link.gone)
    with pytest.raises(StateGoneError):
        await right._roster.bury("worker-0")
    redis_server.go_on()
    await until(lambda: not left.common.link.gone and not right.common.link.gone)
    await right.ledger.sync()
    assert endings(right) == [Ending.OPEN]


async def test_a_grave_that_cannot_be_reached_is_told(team, redis_server):
    worker = await team.join(TEXT)
    redis_server.pause()
    with pytest.raises(StateGoneError):
        await worker._roster.bury("somebody")
    redis_server.go_on()


async def test_who_leaves_is_not_there(team):
    left, right = await team.two(TEXT)
    await left._roster.leave()
    names = await right.common.link.client.smembers("mockllm:default:workers")
    assert b"worker-1" in names
