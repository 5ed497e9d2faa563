"""The common journal: every worker finds all of it, in order, and what was forgotten is forgotten by all."""

import asyncio

import pytest

from mockllm.exchange import Deliveries, Ending, Outcome
from mockllm.journal.query import awaited
from mockllm.net.shared.common import Change
from mockllm.net.shared.ledger import cleared
from mockllm.net.shared.link import StateGoneError
from tests.calls import chat
from tests.net.shared.team import Team, end, say, until

TEXT = "rules: [{replies: [hi]}]"


def numbers(worker):
    return [exchange.number for exchange in worker._engine.journal.now()]


async def test_all_find_the_same_record_in_the_order_of_arrival(team):
    left, right = await team.two(TEXT)
    said = [await say((left, right)[number % 2], f"{number}", stream=number > 2) for number in range(6)]
    for number, exchange in enumerate(said):
        end((left, right)[number % 2], exchange)
    await asyncio.gather(left.flush(), right.flush())
    await asyncio.gather(left.ledger.sync(), right.ledger.sync())
    assert numbers(left) == numbers(right) == [exchange.number for exchange in said]
    for mine, other in zip(left._engine.journal.now(), right._engine.journal.now(), strict=True):
        assert (mine.call, mine.request, tuple(mine.plan)) == (other.call, other.request, tuple(other.plan))
        assert (list(mine.deliveries), mine.outcome) == (list(other.deliveries), other.outcome)


async def test_header_bytes_that_are_no_text_are_told_too(team):
    left, right = await team.two(TEXT)
    call = chat()
    strange = type(call.headers)((*call.headers.pairs, ("x-odd", "\udcff")))
    await left.handle(type(call)(call.method, call.path, "", strange, call.body))
    await right.ledger.sync()
    assert right._engine.journal.now()[0].call.headers.get("x-odd") == "\udcff"


async def test_what_one_forgets_all_forget_but_not_what_came_later(team):
    left, right = await team.two(TEXT)
    await say(left, "a")
    await say(left, "b", base="/@run/v1")
    await right.ledger.sync()
    await right.common.tell(Change(events=[cleared("scenario")]))
    later = await say(left, "c")
    await left.ledger.sync()
    await right.ledger.sync()
    assert numbers(left) == numbers(right)
    assert [exchange.namespace for exchange in right._engine.journal.now()] == ["scenario@run", "scenario"]
    assert numbers(right)[-1] == later.number
    await left.common.tell(Change(events=[cleared(None)]))
    fresh = await team.join(TEXT)
    for worker in (left, right, fresh):
        await worker.ledger.sync()
        assert numbers(worker) == []


async def test_the_oldest_go_first(team, monkeypatch):
    monkeypatch.setattr("mockllm.net.shared.common.MOST_EXCHANGES", 2)
    left = await team.join(TEXT)
    for number in range(8):
        end(left, await say(left, str(number)))
        await left.flush()
    late = await team.join(TEXT)
    await late.ledger.sync()
    assert numbers(late) == numbers(left)[-3:]


async def test_heavy_ones_go_first_too(team, monkeypatch):
    monkeypatch.setattr("mockllm.net.shared.common.MOST_BYTES", 6_000)
    left = await team.join(TEXT)
    for number in range(5):
        await say(left, str(number) * 3_000)
    late = await team.join(TEXT)
    await late.ledger.sync()
    assert numbers(late) == []
    await say(left, "x")
    await late.ledger.sync()
    assert len(numbers(late)) == 1


async def test_what_happens_elsewhere_is_learned_while_somebody_waits(team):
    left, right = await team.two(TEXT)
    seen = asyncio.Event()
    ended = awaited("ended", count=1, gate=None, namespace=None, only={})
    journal = right._engine.journal
    async with right.ledger.followed(), right.ledger.followed():
        with journal.watched(lambda _: seen.set() if ended.met(journal.now()) else None):
            end(left, await say(left, "a"))
            await seen.wait()
    await until(lambda: right.ledger._following is None)


async def test_following_goes_on_when_redis_is_there_again(team, redis_server):
    left, right = await team.two(TEXT)
    async with right.ledger.followed():
        redis_server.pause()
        await until(lambda: right.common.link.gone is not None)
        redis_server.go_on()
        await until(lambda: left.common.link.gone is None and right.common.link.gone is None)
        await say(left, "a")
        await until(lambda: numbers(right))


async def test_an_end_is_learned_once(team):
    left, right = await team.two(TEXT)
    exchange = await say(left, "a")
    end(left, exchange, Ending.CUT)
    await left.flush()
    await right.ledger.sync()
    right.finish(exchange, (), Outcome(Ending.COMPLETE))
    await right.flush()
    late = await team.join(TEXT)
    await late.ledger.sync()
    assert late._engine.journal.get(exchange.number).outcome.ending is Ending.CUT


async def test_a_record_is_learned_anew_if_it_is_in_doubt(redis_server):
    team = Team(redis_server.url)
    worker = await team.join(TEXT)
    await say(worker, "a")
    before = numbers(worker)
    worker.ledger.begin()
    assert numbers(worker) == []
    await worker.ledger.sync()
    assert numbers(worker) == before
    await team.close()


async def test_what_was_delivered_is_told_with_its_times(team):
    left, right = await team.two(TEXT)
    exchange = await say(left, "a")
    deliveries = Deliveries(exchange.plan)
    deliveries.add(2, 7)
    left.finish(exchange, deliveries, Outcome(Ending.LEFT, 2))
    await left.flush()
    await right.ledger.sync()
    (told,) = right._engine.journal.now()
    assert [delivery.done_us for delivery in told.deliveries] == [7, 7]


async def test_nothing_is_learned_while_redis_is_gone(team):
    worker = await team.join(TEXT)
    worker.common.link.fail("gone")
    with pytest.raises(StateGoneError, match="gone"):
        await worker.ledger.sync()
