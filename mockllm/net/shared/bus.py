"""What workers tell each other at once.

Here: the channel, which wakes who waits at a gate that was opened elsewhere, and the question to all whether they have
told everything that has happened to them. Not here: what is told (`common.py`, `gates.py`).
"""

import asyncio
import contextlib
import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from redis.exceptions import RedisError

from mockllm.net.shared.link import Link, StateGoneError

PATIENCE_S = 2.0
"""How long the answers of all workers are waited for; one that does not answer is about to be missed."""

_STEP_S = 0.5
_TURNS = 16


class Bus:
    """The channel of all workers. `flush` tells what is still to be told, `look` reads a room again, and `catch_up`
    learns what was missed while nothing was heard.
    """

    def __init__(
        self,
        link: Link,
        flush: Callable[[], Awaitable[None]],
        look: Callable[[str], Awaitable[None]],
        catch_up: Callable[[], Awaitable[None]],
    ) -> None:
        self._link = link
        self._flush = flush
        self._look = look
        self._catch_up = catch_up
        self._channel = f"{link.place.prefix}bus"
        self._asked: dict[str, tuple[asyncio.Event, list[int]]] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self.listening = asyncio.Event()

    async def listen(self) -> None:
        """Obey what is told, for ever. While Redis is gone there is nothing to hear."""
        while True:
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                async with self._link.client.pubsub() as channel:
                    await channel.subscribe(self._channel)
                    await channel.get_message(timeout=PATIENCE_S)
                    self.listening.set()
                    self._start(self._catch_up())  # Redis may have been there for longer than this was heard
                    while True:
                        message = await channel.get_message(ignore_subscribe_messages=True, timeout=_STEP_S)
                        if message is not None:
                            self._start(self._obey(json.loads(message["data"])))
            self.listening.clear()
            await asyncio.sleep(_STEP_S / 2)

    async def settle(self) -> None:
        """Return when every worker has told what has happened to it until now. Raises StateGoneError."""
        name, done, missing = secrets.token_hex(8), asyncio.Event(), [0]
        self._asked[name] = (done, missing)
        try:
            missing[0] += await self._publish({"t": "settle", "id": name})
            if missing[0] > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PATIENCE_S):
                        await done.wait()
            if not self.listening.is_set():
                await self._told_all()
        finally:
            del self._asked[name]

    async def _obey(self, told: dict[str, Any]) -> None:
        if told["t"] == "room":
            await self._look(told["of"])
        elif told["t"] == "settle":
            await self._told_all()
            await self._publish({"t": "ack", "id": told["id"]})
        elif told["id"] in self._asked:
            done, missing = self._asked[told["id"]]
            missing[0] -= 1
            if missing[0] == 0:
                done.set()

    async def _told_all(self) -> None:
        """Let the server finish what it has in hand, and tell it."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        await self._flush()

    async def _publish(self, told: dict[str, Any]) -> int:
        if self._link.gone is not None:
            raise StateGoneError(self._link.gone)
        try:
            return int(await self._link.client.publish(self._channel, json.dumps(told)))
        except (RedisError, OSError, TimeoutError) as error:
            self._link.fail(str(error) or type(error).__name__)
            raise StateGoneError(str(self._link.gone)) from error

    def _start(self, work: Any) -> None:
        async def quietly() -> None:
            with contextlib.suppress(StateGoneError):
                await work

        task: asyncio.Task[object] = asyncio.get_running_loop().create_task(quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
