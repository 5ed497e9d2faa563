"""Gates that any worker may open: nobody passes twice, nobody waits for ever."""

import asyncio

import pytest

from mockllm.gates import Visitor
from mockllm.net.shared.common import Change
from tests.net.shared.team import opened, say, until

TEXT = "rules: [{replies: [{text: [a, b], faults: [{gate: {name: g, at: {token: 1}}}]}]}]"


async def closed(worker):
    await worker.common.change(["scenario"], lambda _: worker._engine.gates.close("scenario", "g"))


@pytest.fixture
async def pair(team):
    workers = await team.two(TEXT)
    await say(workers[0], "so that there is a room")
    return workers


async def waiting(worker, woken, name):
    visitor = await worker.gates.arrive("scenario", "g", lambda: woken.append(name))
    assert isinstance(visitor, Visitor)
    return visitor


async def test_a_gate_that_another_worker_opens_lets_through(pair):
    left, right = pair
    woken = []
    await waiting(left, woken, "left")
    await waiting(right, woken, "right")
    await opened(right)
    await until(lambda: sorted(woken) == ["left", "right"])
    assert await left.gates.arrive("scenario", "g", print) is None
    await closed(left)
    assert await right.gates.arrive("scenario", "g", print) is not None


async def test_a_pass_for_one_lets_through_the_first_wherever_it_waits(pair):
    left, right = pair
    woken = []
    first = await waiting(left, woken, "first")
    await waiting(right, woken, "second")
    await opened(right, once=True)
    await until(lambda: woken == ["first"])
    assert first.once
    left.gates.give_back(first)
    await until(lambda: woken == ["first", "second"])


async def test_what_was_not_passed_once_is_given_back_only_if_it_was_a_pass(pair):
    left, right = pair
    woken = []
    visitor = await waiting(left, woken, "left")
    await opened(right)
    await until(lambda: woken)
    left.gates.give_back(visitor)
    assert not left.gates._tasks


async def test_who_leaves_is_not_let_through_in_place_of_another(pair):
    left, right = pair
    woken = []
    first = await waiting(left, woken, "first")
    await waiting(right, woken, "second")
    left.gates.leave(first)
    await until(lambda: not left.gates._tasks)
    left.gates.leave(first)
    await opened(left, once=True)
    await until(lambda: woken == ["second"])


async def test_who_is_cancelled_on_the_way_to_a_gate_does_not_wait_there(pair):
    left, right = pair
    await left.common.lock.acquire()
    task = asyncio.ensure_future(left.gates.arrive("scenario", "g", print))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    before = int(left.common.rooms.version("scenario"))
    left.common.lock.release()
    woken = []
    # It came to the gate, and left it.
    await until(lambda: left.common.rooms.version("scenario") == str(before + 2))
    assert not left.gates.is_awaited("scenario")
    await waiting(right, woken, "right")
    await opened(left, once=True)
    await until(lambda: woken == ["right"])


async def test_who_is_cancelled_at_an_open_gate_leaves_nothing(pair):
    left, _ = pair
    await opened(left)
    await left.common.lock.acquire()
    task = asyncio.ensure_future(left.gates.arrive("scenario", "g", print))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    left.common.lock.release()
    await left.flush()
    assert not left.gates.is_awaited("scenario")


async def test_a_gate_waits_for_redis_too(pair, redis_server):
    left, _ = pair
    redis_server.pause()
    task = asyncio.ensure_future(left.gates.arrive("scenario", "g", print))
    await until(lambda: left.common.link.gone is not None)
    redis_server.go_on()
    assert isinstance(await task, Visitor)


async def test_who_waits_in_a_state_that_is_lost_comes_to_the_gate_anew(pair, redis_server):
    left, right = pair
    woken = []
    await waiting(left, woken, "author's")
    await left.gates.arrive("scenario", "turn/1", lambda: woken.append("own"))
    redis_server.kill()
    await until(lambda: left.common.link.gone is not None or not asyncio.ensure_future(say(left, "x")))
    redis_server.start()
    await until(lambda: left.common.link.gone is None and right.common.link.gone is None)
    await say(left, "notices")
    # There is nobody any more who could let it have its turn.
    assert woken == ["own"]
    await until(lambda: left.gates.is_awaited("scenario"))
    await opened(right)
    await until(lambda: woken == ["own", "author's"])


async def test_a_gate_that_was_opened_meanwhile_lets_through_who_comes_anew(pair):
    left, _ = pair
    woken = []
    await waiting(left, woken, "left")
    (visitor,) = left.gates._here.values()
    left.gates._here.clear()
    await opened(left)
    await left.gates._anew(visitor)
    assert woken == ["left"]


async def test_gates_of_other_namespaces_are_other_gates(pair):
    left, right = pair
    woken = []
    await waiting(left, woken, "left")
    await right.common.change(["scenario@run"], lambda change: _open_elsewhere(right, change))
    await left._look("scenario@run")
    assert woken == []
    assert left.gates.namespaces() == {"scenario"}


def _open_elsewhere(worker, change):
    change.news = {"t": "room", "of": "scenario@run"}
    worker._engine.gates.open("scenario@run", "g")


def test_a_change_has_no_news_unless_it_says_so():
    assert Change().news is None


async def test_who_never_came_to_the_gate_need_not_leave_it(pair):
    left, _ = pair
    task = asyncio.ensure_future(asyncio.sleep(0))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    left.gates._withdrawn(Visitor(("scenario", "g"), print), task)
    assert not left.gates._tasks
