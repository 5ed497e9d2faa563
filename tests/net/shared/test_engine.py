"""An engine whose state is common: each call on the state as it is, and told when it is over."""

import asyncio

import pytest

from mockllm.errors import ApiError
from mockllm.exchange import Ending, Exchange, GateVisit, Outcome
from mockllm.hearing import HEALTH
from mockllm.net.shared.link import StateGoneError
from tests.calls import body, call, chat
from tests.net.shared.team import Team, end, heard, say, until

SCRIPT = "rules: [{replies: [one, two, three], then: loop}]"
ONE_AT_A_TIME = "{limits: {concurrent: 1}, rules: [{replies: ['{{ user }}']}]}"
QUEUE = "{limits: {concurrent: 1, queue: 1}, rules: [{replies: ['{{ user }}']}]}"


async def test_steps_are_taken_in_turn_by_two_workers(team):
    workers = await team.two(SCRIPT)
    said = [await say(workers[number % 2], f"ask {number}") for number in range(4)]
    assert [heard(exchange) for exchange in said] == ["one", "two", "three", "one"]
    assert [exchange.number for exchange in said] == sorted({exchange.number for exchange in said})


async def test_many_at_once_each_take_a_step_of_their_own(team):
    workers = await team.two("rules: [{replies: [" + ", ".join(f"r{number}" for number in range(40)) + "]}]")
    said = await asyncio.gather(*(say(workers[number % 2], f"ask {number}") for number in range(40)))
    assert sorted(map(heard, said)) == sorted(f"r{number}" for number in range(40))


async def test_a_place_is_free_once_its_exchange_has_ended_wherever_that_was(team):
    left, right = await team.two(ONE_AT_A_TIME)
    first = await say(left, "a")
    assert heard(await say(right, "b")) == "rate_limit_exceeded"
    end(left, first)
    # The end is not told yet when the next call comes, and counts all the same.
    assert heard(await say(right, "c")) == "c"


async def test_who_waits_for_a_place_of_another_worker_goes_on_when_it_is_free(team):
    left, right = await team.two(QUEUE)
    first = await say(left, "a")
    second = await say(right, "b")
    gate = second.plan[0]
    woken = []
    visitor = await right.gates.arrive(second.namespace, gate.name, lambda: woken.append(1))
    assert visitor is not None
    end(left, first)
    await until(lambda: woken)
    end(right, second)
    assert heard(await say(left, "c")) == "c"


async def test_who_comes_to_the_gate_when_it_is_its_turn_already_does_not_wait(team):
    left, right = await team.two(QUEUE)
    first, second = await say(left, "a"), await say(right, "b")
    end(left, first)
    await left.flush()
    assert await right.gates.arrive(second.namespace, second.plan[0].name, print) is None


async def test_calls_that_are_no_ones_are_answered_and_recorded(team):
    worker = await team.join(SCRIPT)
    missing = await worker.handle(chat("/nobody/v1"))
    assert (missing.status, missing.namespace) == (404, "")
    large = await worker.too_large(chat(), 10)
    assert large.status == 413
    away = await worker.refuse(chat(), ApiError(400, "no event"))
    assert body(away)["error"]["message"] == "no event"
    assert [it.number for it in worker._engine.journal.now()] == [missing.number, large.number, away.number]


async def test_health_is_no_exchange(team):
    worker = await team.join(SCRIPT)
    assert worker.handle(call("GET", HEALTH)).status == 200
    assert worker._engine.journal.now() == ()


async def test_leave_is_asked_for_on_the_common_state(team):
    worker = await team.join("{expect_continue: ignore, rules: [{replies: [a]}]}", "{name: other}")
    assert await worker.leave(chat()) is False
    assert await worker.leave(chat("/other/v1")) is True
    assert worker._engine.get("scenario").leaves == 1


async def test_connections_are_counted_by_all(team):
    text = "{accept: [reset, serve, reset], rules: [{replies: [a]}]}"
    left, right = await team.two(text)
    met = [await worker.connect(number, 0) for number, worker in enumerate((left, right, left))]
    assert [it is not None and it.why for it in met] == [
        "connection 1 of 'scenario' met accept: reset",
        False,
        "connection 3 of 'scenario' met accept: reset",
    ]


async def test_connections_meet_nothing_where_nothing_is_scripted(team):
    worker = await team.join(SCRIPT, "{name: other}")
    assert worker.connect(1, 0) is None
    empty = await team.join()
    assert empty.connect(1, 0) is None


async def test_what_happened_is_told_to_others_with_its_visits_and_its_end(team):
    left, right = await team.two(SCRIPT)
    first = await say(left, "a")
    left.at_gate(first, GateVisit("g", 1, 5))
    left.at_gate(first, GateVisit("g", 1, 5, 9))
    end(left, first)
    await left.flush()
    await right.ledger.sync()
    (told,) = right._engine.journal.now()
    assert (told.number, told.gates, told.outcome.ending) == (first.number, (GateVisit("g", 1, 5, 9),), Ending.COMPLETE)


async def test_a_client_that_leaves_while_it_is_decided_is_recorded_as_having_left(team):
    worker = await team.join(ONE_AT_A_TIME)
    await worker.common.lock.acquire()
    waiting = asyncio.ensure_future(worker.handle(chat()))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    worker.common.lock.release()
    await until(lambda: [it.outcome.ending for it in worker._engine.journal.now()] == [Ending.LEFT])
    assert heard(await say(worker, "next")) == "next"


async def test_a_bug_is_an_answer_too(team, caplog):
    worker = await team.join(SCRIPT)
    worker._engine.hearing.decide = None
    exchange = await worker.handle(chat())
    assert (exchange.status, exchange.number) == (500, 0)
    assert "The engine failed on POST /v1/chat/completions." in caplog.text


async def test_without_redis_calls_are_refused_and_ends_are_told_later(team, redis_server):
    left, right = await team.two(ONE_AT_A_TIME)
    first = await say(left, "a")
    redis_server.pause()
    refused = await say(left, "b")
    assert (refused.status, refused.number, heard(refused)) == (503, 0, "state_unreachable")
    assert await left.leave(chat()) is True
    assert left.handle(call("GET", HEALTH)).status == 503
    end(left, first)
    redis_server.go_on()
    await until(lambda: left.common.link.gone is None)
    await until(lambda: not left._told)
    assert heard(await say(right, "c")) == "c"


async def test_an_exchange_of_which_nobody_knows_whether_it_is_open_is_ended(team):
    worker = await team.join(ONE_AT_A_TIME)
    write = worker.common.write

    async def lost(*arguments):
        worker.common.write = write
        await write(*arguments)
        raise StateGoneError("the answer was lost")

    worker.common.write = lost
    assert heard(await say(worker, "a")) == "state_unreachable"
    await worker.flush()
    assert heard(await say(worker, "b")) == "b"
    await worker.ledger.sync()
    assert [it.outcome.ending for it in worker._engine.journal.now()] == [Ending.STOPPED, Ending.OPEN]


async def test_what_was_to_be_told_of_a_lost_state_is_forgotten(team, redis_server):
    worker = await team.join(SCRIPT)
    first = await say(worker, "a")
    redis_server.kill()
    assert heard(await say(worker, "b")) == "state_unreachable"
    end(worker, first)
    redis_server.start()
    await until(lambda: worker.common.link.gone is None)
    assert heard(await say(worker, "c")) == "one"
    assert worker._told == []


async def test_haste_without_end_is_told(team, monkeypatch):
    monkeypatch.setattr("mockllm.net.shared.engine.MOST_TRIES", 2)
    worker = await team.join(SCRIPT)

    async def never(*_):
        return False

    worker.common.write = never
    exchange = await say(worker, "a")
    assert (exchange.status, "changed by others all the time" in body(exchange)["error"]["message"]) == (503, True)


async def test_a_worker_begins_although_redis_is_gone(redis_server, monkeypatch):
    monkeypatch.setattr("mockllm.net.shared.engine._OPENING_S", 0.05)
    redis_server.pause()
    team = Team(redis_server.url)
    worker = await team.join(SCRIPT)
    assert heard(await say(worker, "a")) == "state_unreachable"
    redis_server.go_on()
    await until(lambda: worker.common.link.gone is None)
    assert heard(await say(worker, "a")) == "one"
    await team.close()


async def test_an_exchange_that_has_no_number_is_not_told_of(team):
    worker = await team.join(SCRIPT)
    nobody = Exchange(0, "", chat(), None, 200, ())
    worker.finish(nobody, (), Outcome(Ending.COMPLETE))
    assert worker._told == []


async def test_ends_are_told_in_their_order_with_and_without_a_place(team):
    text = "{limits: {concurrent: 9, models: limited}, rules: [{replies: [a]}]}"
    left, right = await team.two(text)
    said = [
        await say(left, str(number), model=model) for number, model in enumerate(("free", "free", "limited", "free"))
    ]
    for exchange in said:
        end(left, exchange)
    await left.flush()
    await right.ledger.sync()
    assert {it.outcome.ending for it in right._engine.journal.now()} == {Ending.COMPLETE}
    assert right.common.engine.get("scenario") is None
    await right.common.change(["scenario"], lambda _: None)
    assert right.common.engine.get("scenario").usage.places == {}


async def test_a_place_in_a_state_that_was_reset_is_gone_with_it(team):
    worker = await team.join(ONE_AT_A_TIME)
    exchange = await say(worker, "a")
    await worker.common.change(["scenario"], lambda _: worker._engine.replace("scenario", None, None))
    end(worker, exchange)
    await worker.flush()
    assert worker._engine.get("scenario") is None


async def test_a_client_that_leaves_while_it_asks_for_leave_has_begun_nothing(team):
    worker = await team.join(SCRIPT)
    await worker.common.lock.acquire()
    waiting = asyncio.ensure_future(worker.leave(chat()))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    worker.common.lock.release()
    await say(worker, "next")
    assert len(worker._engine.journal.now()) == 1


@pytest.mark.parametrize("text", ["{name: a, rules: [{replies: [x]}]}"])
async def test_workers_of_one_team_give_the_same_bytes(team, text):
    left, right = await team.two(text)
    first, second = await say(left, "same", base="/@1/v1"), await say(right, "same", base="/@2/v1")
    again = await say(right, "same", base="/@1/v1")
    assert body(first) == body(again)
    assert body(first)["id"] != body(second)["id"]
