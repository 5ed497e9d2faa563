"""The control API of several workers with one state: whoever is asked, all do it."""

import asyncio

import pytest

from mockllm.control import clock, events, faults, gates, journal, limits, namespaces, scenarios, status
from mockllm.control.base import ControlError, Nothing
from mockllm.control.table import OPERATIONS
from mockllm.net.control.desk import Desk
from mockllm.net.server import Server
from mockllm.net.shared import way
from mockllm.net.shared.link import StateGoneError
from mockllm.net.shared.way import Together
from mockllm.tally import Tally
from tests.calls import body
from tests.net.shared.team import end, heard, say, until

TEXT = "{name: mine, rules: [{replies: [one, two]}]}"
RUN = namespaces.OneNamespace(namespace="@run")
BOUND = "rules: [{replies: [bound, more]}]"


class Midnight:
    """A clock that stands where the calls of these tests come."""

    def now_us(self):
        return 0


class Asker:
    """The control API of one worker."""

    def __init__(self, worker):
        self.worker = worker
        server = Server(worker)
        server._clock = Midnight()
        self.desk = Desk(worker._engine, Tally(), server)
        self.way = Together(worker)

    async def __call__(self, operation, asked=None):
        return await self.way.act(self.desk, operation, Nothing() if asked is None else asked)


@pytest.fixture
async def pair(team):
    return tuple(Asker(worker) for worker in await team.two(TEXT))


async def test_a_scenario_that_one_binds_all_serve(pair):
    left, right = pair
    await left(namespaces.BIND, namespaces.Bind(namespace="@run", scenario=BOUND))
    assert [heard(await say(it.worker, str(n), base="/@run/v1")) for n, it in enumerate((right, left))] == [
        "bound",
        "more",
    ]
    shown = await right(namespaces.GET, RUN)
    assert (shown.name, shown.bound, shown.exchanges, shown.state["scripts"][0]["taken"]) == ("default@run", True, 2, 2)
    # Another time it begins anew, and what was left over is known to all.
    await right(namespaces.BIND, namespaces.Bind(namespace="@run", named="mine"))
    assert heard(await say(left.worker, "x", base="/@run/v1")) == "one"
    await left(namespaces.BIND, namespaces.Bind(namespace="@run", default=True))
    found = await right(namespaces.PROBLEMS, namespaces.AskProblems(namespace="@run"))
    assert any("of the 2 replies that rules[0] of" in problem for problem in found.problems)
    dropped = await left(namespaces.DROP, RUN)
    assert (dropped.dropped, dropped.namespaces) == (True, ())
    assert heard(await say(right.worker, "x", base="/@run/v1")) == "one"


async def test_what_one_resets_is_reset_for_all(pair):
    left, right = pair
    await left(namespaces.BIND, namespaces.Bind(namespace="@run", scenario=BOUND))
    assert heard(await say(right.worker, "a", base="/@run/v1")) == "bound"
    assert (await left(namespaces.RESET, RUN)).exchanges == 0
    assert heard(await say(right.worker, "a", base="/@run/v1")) == "bound"
    await say(left.worker, "b")
    assert (await right(namespaces.RESET_ALL)).namespaces == ("default@run",)
    assert heard(await say(left.worker, "a", base="/@run/v1")) == "bound"
    assert heard(await say(right.worker, "b")) == "one"


async def test_a_seed_that_one_gives_all_draw_from(pair):
    left, right = pair
    drawn = "rules: [{replies: [{generate: {tokens: 20}}]}]"
    await left(namespaces.BIND, namespaces.Bind(namespace="@run", scenario=drawn))
    before = body(await say(left.worker, "a", base="/@run/v1"))
    await right(namespaces.PUT_SEED, namespaces.PutSeed(namespace="@run", seed=7))
    assert (await left(namespaces.GET_SEED, RUN)).seed == 7
    after = [body(await say(it.worker, "a", base="/@run/v1")) for it in (left, right)]
    assert after[0] == after[1] != before
    await left(namespaces.PUT_SEED, namespaces.PutSeed(namespace="mine@x", seed=3))
    assert (await right(namespaces.GET_SEED, namespaces.OneNamespace(namespace="mine@x"))).seed == 3


async def test_a_scenario_that_one_adds_all_have_until_one_removes_it(pair):
    left, right = pair
    added = scenarios.NamedScenario(name="extra")
    put = {"name": "extra", "default": False}
    await left(scenarios.PUT, scenarios.PutScenario(**put, scenario="rules: [{replies: [a, b]}]"))
    assert heard(await say(right.worker, "1", base="/extra/v1")) == "a"
    assert (await right(scenarios.SOURCE, added)).text == "rules: [{replies: [a, b]}]"
    # Another one of that name begins anew.
    await right(scenarios.PUT, scenarios.PutScenario(**put, scenario={"rules": [{"replies": ["c", "d"]}]}))
    assert [heard(await say(it.worker, str(n), base="/extra/v1")) for n, it in enumerate(pair)] == ["c", "d"]
    await right(scenarios.DELETE, added)
    assert (await left(scenarios.LIST)).scenarios == ("mine",)
    assert (await say(left.worker, "1", base="/extra/v1")).status == 404


async def test_a_gate_that_one_opens_is_open_for_all(pair):
    left, right = pair
    gate = {"namespace": "mine", "gate": "g"}
    woken = []
    await say(left.worker, "x")
    await left.worker.gates.arrive("mine", "g", lambda: woken.append(1))
    (told,) = (await right(gates.LIST, gates.AskGates())).gates
    assert (told.open, told.waiting) == (False, 1)
    await right(gates.OPEN, gates.OpenGate(**gate))
    await until(lambda: woken)
    await left(gates.CLOSE, gates.OneGate(**gate))
    assert (await right(gates.LIST, gates.AskGates())).gates == ()


async def test_limits_are_told_and_filled_for_all(team):
    text = "{name: mine, limits: {requests: 1/h}, rules: [{replies: [a]}]}"
    left, right = (Asker(worker) for worker in await team.two(text))
    asked = namespaces.OneNamespace(namespace="mine")
    await say(left.worker, "x")
    assert [level.remaining for level in (await right(limits.GET, asked)).levels] == [0]
    await right(limits.RESET, asked)
    assert heard(await say(left.worker, "x")) == "a"


async def test_an_end_is_told_before_the_record_is_shown(pair):
    left, right = pair
    end(left.worker, await say(left.worker, "a"))
    (shown,) = (await right(journal.GET, journal.AskJournal())).exchanges
    assert shown["outcome"]["ending"] == "complete"
    await right(journal.CLEAR, journal.AskClear())
    assert (await left(journal.GET, journal.AskJournal())).exchanges == ()


async def test_any_worker_can_be_asked_to_wait(pair):
    left, right = pair
    asked = journal.AskEvent(event="ended", timeout_s=20)
    waiting = asyncio.ensure_future(right(journal.WAIT_FOR, asked))
    end(left.worker, await say(left.worker, "a"))
    assert (await waiting).happened
    assert (await left(journal.WAIT_IDLE, journal.AskIdle(timeout_s=20))).idle


@pytest.mark.parametrize("operation", [clock.GET, clock.PUT, faults.ADD, faults.CLEAR, events.WATCH])
async def test_what_would_be_of_one_worker_is_refused_with_the_reason(pair, operation):
    with pytest.raises(ControlError, match=r"is not for several workers, as .*: start one worker") as error:
        await pair[0](operation)
    assert (error.value.status, error.value.code) == (409, "of_one_worker")


def test_every_operation_has_a_way():
    ways = [way._EVERYWHERE, way._WAITING, set(way._OF_ONE), way._CHANGES, way._READS]
    assert sorted(name for names in ways for name in names) == sorted(operation.name for operation in OPERATIONS)
    assert set(way._CLEARS) < way._CHANGES


async def test_without_redis_operations_are_refused_but_health_is_told(pair, redis_server):
    left, _ = pair
    await say(left.worker, "x")
    redis_server.pause()
    with pytest.raises(ControlError, match="cannot be reached since") as error:
        await left(namespaces.LIST)
    assert (error.value.status, error.value.code) == (503, "state_unreachable")
    assert (await left(status.HEALTH)).status == "ok"
    assert "mockllm_exchanges_total" in (await left(status.METRICS)).text
    redis_server.go_on()


async def test_a_record_that_may_not_have_been_forgotten_is_there_again(pair):
    left, _ = pair
    await say(left.worker, "x")
    common = left.worker.common
    write = common.write

    async def fails(*_):
        common.write = write
        raise StateGoneError("gone")

    common.write = fails
    with pytest.raises(ControlError, match="gone"):
        await left(journal.CLEAR, journal.AskClear())
    assert len((await left(journal.GET, journal.AskJournal())).exchanges) == 1


async def test_an_operation_that_was_too_late_is_done_again(pair, monkeypatch):
    left, right = pair
    common = left.worker.common
    write, tries = common.write, []

    async def late(*arguments):
        tries.append(1)
        if len(tries) == 1:
            common.rooms.doubt(*arguments[1])
            return False
        return await write(*arguments)

    common.write = late
    await left(namespaces.BIND, namespaces.Bind(namespace="@run", scenario=BOUND))
    assert len(tries) == 2
    assert heard(await say(right.worker, "x", base="/@run/v1")) == "bound"

    async def never(*_):
        return False

    monkeypatch.setattr(way, "MOST_TRIES", 2)
    common.write = never
    with pytest.raises(ControlError, match="all the time"):
        await left(namespaces.DROP, RUN)


async def test_an_operation_that_is_refused_changes_nothing(pair):
    left, right = pair
    await left(namespaces.BIND, namespaces.Bind(namespace="@run", scenario=BOUND))
    with pytest.raises(ControlError) as error:
        await left(namespaces.BIND, namespaces.Bind(namespace="@run", scenario="rulez: 1"))
    assert error.value.status == 422
    assert heard(await say(right.worker, "x", base="/@run/v1")) == "bound"
