"""The common state as workers see it: whatever their scripts interleave to, it is as if one engine had done it all."""

import asyncio
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm.net.shared.common import Change, Event, GoneError
from mockllm.net.shared.link import StateGoneError
from mockllm.net.shared.rooms import UNKNOWN
from mockllm.portable import pack_namespace
from tests.calls import chat, sent
from tests.net.shared.team import Model, common_of, engine_of

TEXT = """
limits: {requests: 6/min}
rules:
  - {when: {last: a}, replies: [{text: one, attempts: [{error: server_error}]}, two, three], then: loop}
  - {replies: ["{{ user }}"], chaos: [{every: 2, error: {status: 418}}]}
"""
CALLS = [
    chat(messages=[{"role": "user", "content": "a"}]),
    chat(messages=[{"role": "user", "content": "b"}]),
    chat("/@run/v1", messages=[{"role": "user", "content": "a"}]),
]


class Turns:
    """Gives one script after another its turn, as a test says which."""

    def __init__(self):
        self.waiting = []

    async def __call__(self):
        turn = asyncio.get_running_loop().create_future()
        self.waiting.append(turn)
        await turn

    async def run(self, tasks, choices):
        """Let the tasks run to their end; the choices say which of the scripts that wait comes next."""
        choice = itertools.chain(choices, itertools.repeat(0))
        while not all(task.done() for task in tasks):
            for _ in range(3):
                await asyncio.sleep(0)
            if self.waiting:
                self.waiting.pop(next(choice) % len(self.waiting)).set_result(None)


async def ask(common, call):
    """What a worker does for a call, as far as rooms are concerned."""
    async with common.lock:
        while True:
            names, namespace = common.rooms.asked_by(call)
            number = await common.read(names, number=True)
            exchange = common.engine.hearing.decide(call, number)
            if await common.write(names, [namespace], Change(events=[Event("open", number, namespace)])):
                return exchange


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1), st.sampled_from(range(len(CALLS)))), min_size=1, max_size=8),
    st.lists(st.integers(0, 7), max_size=40),
)
def test_two_workers_are_one_engine_in_the_order_in_which_their_changes_were_made(asked, choices):
    async def together():
        model, turns = Model(), Turns()
        workers = [common_of(model, f"w{number}", TEXT, turn=turns) for number in range(2)]
        tasks = [asyncio.create_task(ask(workers[worker], CALLS[which])) for worker, which in asked]
        await turns.run(tasks, choices)
        return model, {
            task.result().number: (which, task.result()) for task, (_, which) in zip(tasks, asked, strict=True)
        }

    model, exchanges = asyncio.run(together())
    one = engine_of(TEXT)
    assert sorted(model.written) == sorted(exchanges)
    for number in model.written:
        which, exchange = exchanges[number]
        alone = one.handle(CALLS[which])
        assert (sent(exchange), exchange.status, exchange.attempt) == (sent(alone), alone.status, alone.attempt)
    fresh = common_of(model, "late", TEXT)

    async def look():
        async with fresh.lock:
            await fresh.read_all()

    asyncio.run(look())
    assert {name: pack_namespace(state) for name, state in fresh.engine.namespaces().items()} == {
        name: pack_namespace(state) for name, state in one.namespaces().items()
    }


async def taken(common):
    await ask(common, CALLS[0])
    return common.engine.get("scenario").taken


async def test_a_change_that_came_too_late_is_made_again_on_what_is_there():
    model = Model()
    first, second = common_of(model, "1", TEXT), common_of(model, "2", TEXT)
    tries = []

    def act(change):
        tries.append(dict(second.engine.get("scenario").taken))
        if len(tries) == 1:
            # Somebody else is faster.
            model.rooms["scenario"] = (model.tick + 1, model.rooms["scenario"][1])
            model.tick += 1
        change.events.append(Event("end", 9, "scenario"))
        return "done"

    await ask(first, CALLS[0])
    assert await second.change(["scenario"], act) == "done"
    assert tries == [{0: 1}, {0: 1}]
    assert model.written == [1, 9]


async def test_a_function_that_fails_changes_nothing():
    model = Model()
    common = common_of(model, "1", TEXT)
    await ask(common, CALLS[0])

    def act(_change):
        common.engine.get("scenario").taken.clear()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await common.change(["scenario"], act)
    assert common.rooms.version("scenario") == UNKNOWN
    async with common.lock:
        await common.read_all()
    assert common.engine.get("scenario").taken == {0: 1}


async def test_too_much_haste_is_told(monkeypatch):
    monkeypatch.setattr("mockllm.net.shared.common.MOST_TRIES", 3)
    model = Model()
    common = common_of(model, "1", TEXT)
    model.write = lambda *_: [b"conflict"]
    common.link._scripts = {
        **common.link._scripts,
        **{script: model.write for script in common.link._scripts if "PUBLISH" in script},
    }
    with pytest.raises(StateGoneError, match="change the same namespace all the time"):
        await common.change(["scenario"], lambda _: None)


@pytest.mark.parametrize(("told", "error"), [(b"gone", GoneError), (b"fence", StateGoneError)])
async def test_what_cannot_be_done_any_more_is_told(told, error):
    common = common_of(Model(), "1", TEXT)
    common.link._scripts = {script: lambda *_: [told] for script in common.link._scripts}
    async with common.lock:
        with pytest.raises(error):
            await common.write((), ["scenario"], Change())
    assert common.rooms.version("scenario") == UNKNOWN


async def test_when_the_state_is_lost_everything_begins_anew(caplog):
    model = Model()
    common = common_of(model, "1", TEXT)
    begun = []
    common.on_epoch.append(lambda: begun.append(1))
    assert await taken(common) == {0: 1}
    model.__init__()
    await common.tell(Change())
    assert common.engine.get("scenario") is None
    assert await taken(common) == {0: 1}
    assert model.written == [1_000_001], "no number is given twice"
    assert "is empty: all namespaces begin anew" in caplog.text
    assert len(begun) == 2
    model.__init__()
    async with common.lock:
        await common.read_all()
    assert common.engine.namespaces() == {}


async def test_a_room_that_cannot_be_read_begins_anew(caplog):
    model = Model()
    common = common_of(model, "1", TEXT)
    await taken(common)
    model.rooms["scenario"] = (99, b'{"state": {"nonsense": 1}}')
    assert await taken(common) == {0: 1}
    assert "cannot read the namespace scenario" in caplog.text
