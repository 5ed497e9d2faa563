"""Workers in one process that have one state, on a Redis or on a model of one."""

import asyncio
import json
from collections import Counter

from mockllm.engine import Engine
from mockllm.exchange import Ending, Outcome
from mockllm.net.shared.common import Common
from mockllm.net.shared.engine import SharedEngine
from mockllm.net.shared.link import Link, Place
from mockllm.net.shared.scripts import NAMES, READ, WRITE
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text
from tests.calls import body, chat

PATIENCE_S = 30


def engine_of(*texts):
    return Engine(Library(scenarios=[load_text(text) for text in texts]))


class Team:
    """Workers on one Redis."""

    def __init__(self, url):
        self.url = url
        self.workers = []

    async def join(self, *texts, name=None, succeeds=""):
        """One more worker with these scenarios, of which the first is the default one."""
        name = name or f"worker-{len(self.workers)}"
        worker = SharedEngine(engine_of(*texts), Link(Place.of(self.url)), name, succeeds)
        self.workers.append(worker)
        await worker.open()
        return worker

    async def two(self, *texts):
        return await self.join(*texts), await self.join(*texts)

    async def close(self):
        for worker in self.workers:
            await worker.close()

    async def vanish(self, worker):
        """End a worker as SIGKILL does: it tells nothing."""
        self.workers.remove(worker)
        for task in tuple(worker._tasks):
            task.cancel()
        await worker.common.link.close()


async def opened(worker, name="g", **how):
    """Open the gate by this worker."""

    def act(change):
        change.news = {"t": "room", "of": "scenario"}
        worker._engine.gates.open("scenario", name, **how)

    await worker.common.change(["scenario"], act)


async def say(worker, text="Hi", base="/v1", **fields):
    """The exchange of a call that says this."""
    return await worker.handle(chat(base, messages=[{"role": "user", "content": text}], **fields))


def heard(exchange):
    """What an answer says, or the code of its error."""
    answer = body(exchange)
    return answer["choices"][0]["message"]["content"] if "choices" in answer else answer["error"]["code"]


def end(worker, exchange, ending=Ending.COMPLETE):
    worker.finish(exchange, (), Outcome(ending, len(exchange.plan) - 1))


async def until(is_met):
    """Return when the condition is met."""
    async with asyncio.timeout(PATIENCE_S):
        while not is_met():  # noqa: ASYNC110 - some of it happens in Redis
            await asyncio.sleep(0.002)


class Model:
    """What the scripts do, without a Redis: only rooms, numbers and what was written, in order."""

    def __init__(self):
        self.epoch = ""
        self.numbers = 0
        self.tick = 0
        self.rooms = {}
        self.changed = Counter()
        self.written = []

    def read(self, epoch, floor, numbered, *known):
        if not self.epoch:
            self.epoch, self.numbers = epoch, floor
        self.numbers += numbered
        told = [self.epoch.encode(), self.numbers if numbered else 0]
        for name, version in zip(known[::2], known[1::2], strict=True):
            tick, data = self.rooms.get(name, (0, b""))
            if str(tick) != version:
                told += [name.encode(), str(tick).encode(), data]
        return told

    def write(self, text, *payloads):
        order = json.loads(text)
        if order["epoch"] != self.epoch:
            return [b"epoch"]
        if any(str(self.rooms.get(name, (0, b""))[0]) != version for name, version in order["checks"]):
            return [b"conflict"]
        self.tick += 1
        for name, data in zip(order["rooms"], payloads, strict=False):
            if data:
                self.rooms[name] = (self.tick, data)
            else:
                self.rooms.pop(name, None)
            self.changed[name] = self.tick
        self.written += [event["n"] for event in order["events"]]
        return [b"ok", self.tick]

    def names(self, since, _before):
        changed = [name.encode() for name, tick in self.changed.items() if tick > int(since)]
        return [self.epoch.encode(), str(self.tick).encode(), changed]


class ModelLink:
    """The way of one worker to a model. Each script waits for its turn, which a test gives."""

    gone = None

    def __init__(self, model, turn):
        self.place = Place.of("redis://model")
        self.on_return = []
        self._scripts = {READ: model.read, WRITE: model.write, NAMES: model.names}
        self._turn = turn

    async def run(self, script, *arguments):
        await self._turn()
        return self._scripts[script](*arguments)


async def no_turn():
    """A turn that is always given."""


def common_of(model, worker, *texts, turn=no_turn):
    return Common(engine_of(*texts), ModelLink(model, turn), worker)
