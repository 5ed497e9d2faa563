"""What workers tell each other: everybody is asked, and nobody is waited for in vain."""

import asyncio

import pytest
from redis.asyncio.client import PubSub

from mockllm.net.shared import bus
from mockllm.net.shared.link import StateGoneError
from tests.net.shared.team import end, opened, say, until

TEXT = "rules: [{replies: [hi]}]"


async def test_all_have_told_everything_when_it_is_settled(team):
    left, right = await team.two(TEXT)
    for _ in range(5):
        end(left, await say(left, "a"))
        await right.bus.settle()
        assert left._told == []


async def test_one_that_does_not_answer_is_not_waited_for(team, monkeypatch):
    left, right = await team.two(TEXT)
    monkeypatch.setattr(bus, "PATIENCE_S", 0.05)

    async def never():
        await asyncio.Event().wait()

    left.bus._flush = never
    await right.bus.settle()
    # Its answer comes to nobody.
    await right.bus._publish({"t": "ack", "id": "long ago"})
    await right.bus.settle()


async def test_who_does_not_listen_tells_by_itself(team):
    worker = await team.join(TEXT)
    end(worker, await say(worker, "a"))
    worker.bus.listening.clear()
    await worker.bus.settle()
    assert worker._told == []


async def test_the_channel_is_heard_again_when_redis_is_there_again(team, redis_server):
    left, right = await team.two(TEXT)
    redis_server.kill()
    await until(lambda: not right.bus.listening.is_set())
    with pytest.raises(StateGoneError):
        await left.bus.settle()
    with pytest.raises(StateGoneError):
        await left.bus.settle()
    redis_server.start()
    await until(lambda: left.common.link.gone is None and right.common.link.gone is None)
    await until(lambda: left.bus.listening.is_set() and right.bus.listening.is_set())
    end(left, await say(left, "a"))
    await right.bus.settle()
    assert left._told == []


async def test_what_is_told_while_a_worker_does_not_listen_is_learned_when_it_does(team):
    """As when Redis is there again a moment before the channel is."""
    left, right = await team.two(TEXT)
    (listening,) = (task for task in left._tasks if task.get_coro().__name__ == "listen")
    listening.cancel()
    await asyncio.wait([listening])
    woken = []
    await left.gates.arrive("scenario", "g", lambda: woken.append("left"))
    await opened(right)
    await right.bus.settle()
    assert woken == []
    listens = asyncio.ensure_future(left.bus.listen())
    await until(lambda: woken == ["left"])
    listens.cancel()


async def test_a_channel_on_which_nothing_is_said_is_listened_to_all_the_same(team, monkeypatch):
    heard, get_message = [], PubSub.get_message

    async def listened(channel, **how):
        heard.append(await get_message(channel, **how))
        return heard[-1]

    monkeypatch.setattr(PubSub, "get_message", listened)
    monkeypatch.setattr(bus, "_STEP_S", 0.001)
    worker = await team.join(TEXT)
    await until(lambda: heard.count(None) > 3)
    end(worker, await say(worker, "a"))
    await worker.bus.settle()
    assert worker._told == []


async def test_where_all_have_answered_already_nobody_is_waited_for(team):
    worker = await team.join(TEXT)

    async def nobody(_told):
        return 0

    worker.bus._publish = nobody
    await worker.bus.settle()
