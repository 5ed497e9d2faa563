"""Gates that any worker may open, as the exchanges of one worker meet them.

Here: who waits in this process, and how that one learns that it may go on. Not here: which gates are open
(`mockllm/gates.py`, of which each room has a copy) and waiting itself (`net/gates.py`).
"""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import TypeVar

from mockllm.gates import OWN_MARK, Visitor, Wake
from mockllm.net.shared.common import Change, Common
from mockllm.net.shared.link import StateGoneError

_AGAIN_S = 0.1

_Result = TypeVar("_Result")


class SharedGates:
    """The gates of all namespaces."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._gates = common.engine.gates
        self._numbers = count(1)
        self._here: dict[str, Visitor] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        common.on_room.append(self._look)
        common.on_epoch.append(self._come_again)

    def arrive(self, namespace: str, name: str, wake: Wake) -> Awaitable[Visitor | None]:
        """What `Gates.arrive` gives, once it is known to all; while Redis is gone that takes as long as it is."""
        return self._arrive(Visitor((namespace, name), wake, token=f"{self._common.worker}.{next(self._numbers)}"))

    def leave(self, visitor: Visitor) -> None:
        """Wait no longer; does nothing for one that was let through."""
        if self._here.pop(visitor.token, None) is not None:
            self._later(visitor, lambda: self._gates.withdraw(visitor.key[0], visitor.token.__eq__))

    def give_back(self, visitor: Visitor) -> None:
        """One that was let through went away before it went on: a pass for one is for the next."""
        if visitor.once:
            self._later(visitor, lambda: self._gates.open(*visitor.key, once=True))

    def is_awaited(self, namespace: str) -> bool:
        """Whether somebody waits here at a gate of the namespace."""
        return any(visitor.key[0] == namespace for visitor in self._here.values())

    def namespaces(self) -> set[str]:
        """Where somebody waits here."""
        return {visitor.key[0] for visitor in self._here.values()}

    async def _arrive(self, visitor: Visitor) -> Visitor | None:
        task = asyncio.get_running_loop().create_task(self._enter(visitor))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(lambda done: self._withdrawn(visitor, done))
            raise

    async def _enter(self, visitor: Visitor) -> Visitor | None:
        key, token = visitor.key, visitor.token
        found = await self._changed(key[0], lambda: self._gates.arrive(*key, _nothing, token))
        if found is None:
            return None
        self._here[token] = visitor
        return visitor

    def _withdrawn(self, visitor: Visitor, done: "asyncio.Task[Visitor | None]") -> None:
        if not done.cancelled() and done.exception() is None:
            self.leave(visitor)

    async def _changed(self, namespace: str, act: Callable[[], _Result]) -> _Result:
        """What the function gives that changes the gates of a namespace; it is tried until Redis is there."""

        def change(change: Change) -> _Result:
            change.news = {"t": "room", "of": namespace}
            return act()

        while True:
            try:
                return await self._common.change([namespace], change)
            except StateGoneError:
                await asyncio.sleep(_AGAIN_S)

    def _later(self, visitor: Visitor, act: Callable[[], None]) -> None:
        task: asyncio.Task[object] = asyncio.get_running_loop().create_task(self._changed(visitor.key[0], act))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _look(self, namespace: str) -> None:
        """Wake those who wait here and are known to wait no longer."""
        for token, visitor in tuple(self._here.items()):
            if visitor.key[0] == namespace and not self._gates.waits(namespace, token):
                del self._here[token]
                visitor.once = not self._gates.is_open(*visitor.key)
                visitor.wake()

    def _come_again(self) -> None:
        """The state was lost: those who waited for a place go on, and those at a gate come to it anew."""
        for token, visitor in tuple(self._here.items()):
            del self._here[token]
            if OWN_MARK in visitor.key[1]:
                visitor.wake()
            else:
                task: asyncio.Task[object] = asyncio.get_running_loop().create_task(self._anew(visitor))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _anew(self, visitor: Visitor) -> None:
        if await self._enter(visitor) is None:
            visitor.wake()


def _nothing() -> None:
    """What wakes a copy: whoever waits here is found by the token."""
