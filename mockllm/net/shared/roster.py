"""Which workers are there, and what becomes of the exchanges of one that is not any more.

Here: the sign of life, and ending what a lost worker had open: its places are freed, its record says so. Not here: the
processes (`cli/workers.py`).
"""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from redis.exceptions import RedisError

from mockllm.exchange import Ending, Outcome
from mockllm.net.shared.common import Change, Common, GoneError
from mockllm.net.shared.ledger import ended
from mockllm.net.shared.link import StateGoneError
from mockllm.net.shared.scripts import JOIN, LEAVE

ALIVE_MS = 2_000
"""How long a worker is there after a sign of life."""

BEATS = 4
"""How many signs of life a worker gives in that time, and for how many more others wait before they count it lost."""


class Roster:
    """The signs of life of one worker. It ends what the lost workers of whom `succeeds` says so had open, at once."""

    def __init__(self, common: Common, succeeds: str = "") -> None:
        self._common = common
        self._succeeds = succeeds
        self._absent: dict[str, int] = {}
        common.link.on_return.append(self.join)

    async def join(self) -> None:
        """Be there from now on; what was asked before and not answered is not done any more. Raises StateGoneError."""
        self._absent.clear()
        await self._beat()

    async def live(self) -> None:
        """Give signs of life for ever, and look after those that give none."""
        while True:
            try:
                for worker in await self._beat():
                    beats = self._absent[worker] = self._absent.get(worker, 0) + 1
                    if beats > BEATS or (self._succeeds and worker.startswith(self._succeeds)):
                        await self.bury(worker)
            except StateGoneError:
                self._absent.clear()
            await asyncio.sleep(ALIVE_MS / BEATS / 1_000)

    async def leave(self) -> None:
        """Be there no more, with nothing left open. Raises StateGoneError."""
        await self._common.link.run(LEAVE, self._common.worker)

    async def bury(self, worker: str) -> None:
        """End every exchange that the worker had open. Raises StateGoneError."""
        link = self._common.link
        try:
            left: Mapping[Any, Any] = await link.client.hgetall(f"{link.place.prefix}open:{worker}")
        except (RedisError, OSError, TimeoutError) as error:
            link.fail(str(error) or type(error).__name__)
            raise StateGoneError(str(link.gone)) from error
        for number, namespace in left.items():
            with contextlib.suppress(GoneError):
                await self._end(worker, int(number), namespace.decode())
        await link.run(LEAVE, worker)
        self._absent.pop(worker, None)

    async def _end(self, worker: str, number: int, namespace: str) -> None:
        engine = self._common.engine

        def act(change: Change) -> None:
            change.lost.append((worker, number))
            change.events.append(ended(number, namespace, (), Outcome(Ending.LOST)))
            change.news = {"t": "room", "of": namespace}
            engine.gates.withdraw(namespace, lambda token: token.startswith(f"{worker}."))
            if (state := engine.get(namespace)) is not None:
                engine.free(namespace, number, state)

        await self._common.change([namespace], act)

    async def _beat(self) -> list[str]:
        common = self._common
        epoch, absent = await common.link.run(JOIN, *common.beginning(), common.worker, common.fence, ALIVE_MS)
        if epoch.decode() != common.epoch:
            async with common.lock:
                common.meet(epoch.decode())
        return [worker.decode() for worker in absent]
