"""The mock's side of an event loop that it shares with the test.

Here: what tells the mock's tasks and callbacks from the test's, and turns of a loop that only the mock takes. Not here:
the server (`serving.py`) and what else is changed on a loop (`loops.py`).

In real time the server lives in a thread of its own: it sees none of the test's context variables, its tasks are not
among those of the test's loop, and it goes on while a coroutine looks at the journal. So it is here, too.
"""

import asyncio
import selectors
from collections.abc import Iterator
from contextvars import Context, ContextVar
from typing import Any

from mockllm.net.protocol import HttpProtocol

_MOST_TURNS = 1_000

_OURS: ContextVar[bool] = ContextVar("mockllm_side", default=False)


def own_context() -> Context:
    """The context of a connection that the mock serves: nothing of the test's is in it."""
    context = Context()
    context.run(_OURS.set, True)
    return context


def is_ours() -> bool:
    """Whether what runs now is the mock's."""
    return _OURS.get()


def hide(*tasks: "asyncio.Task[Any]") -> None:
    """Leave the tasks out of `asyncio.all_tasks`, which a test may wait for, and which the end of a run cancels."""
    for task in tasks:
        asyncio._unregister_task(task)


class SideProtocol(HttpProtocol):
    """A connection whose task is hidden. From Python 3.12 on aiohttp begins it eagerly, past the loop."""

    __slots__ = ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `HttpProtocol`."""
        before = asyncio.all_tasks()
        super().connection_made(transport)
        hide(*asyncio.all_tasks() - before)


def take_turns(loop: asyncio.AbstractEventLoop) -> None:
    """In a coroutine or a callback on this loop, let the mock do all that it can do now, while the test's side stands
    still. What the mock is called by is called in its order, ahead of what the test has in the loop's queue.
    """
    if is_ours():
        return
    task = asyncio.current_task(loop)
    if task is not None:
        asyncio._leave_task(loop, task)
    try:
        for _ in range(_MOST_TURNS):
            if not _take_turn(loop):
                break
    finally:
        if task is not None:
            asyncio._enter_task(loop, task)


def _take_turn(loop: Any) -> bool:
    """Call whatever of the mock's is due; whether there was anything."""
    watching = {id(handle) for key in loop._selector.get_map().values() for handle in key.data}
    called = [handle for handle in tuple(loop._ready) if _can_call(handle) and id(handle) not in watching]
    for handle in called:
        handle._run()
        handle.cancel()  # the loop, which may be counting its queue, finds it there and passes it over
    watched = 0
    for handle in _with_something(loop):
        if _can_call(handle):
            handle._run()
            watched += 1
    return bool(called) or watched > 0


def _can_call(handle: Any) -> bool:
    return handle is not None and not handle.cancelled() and bool(handle._context.get(_OURS))


def _with_something(loop: Any) -> Iterator[Any]:
    """Those that watch a socket which can be read or written now."""
    selector = loop._selector
    for key, events in type(selector).select(selector, 0):
        reader, writer = key.data
        if events & selectors.EVENT_READ:
            yield reader
        if events & selectors.EVENT_WRITE:
            yield writer
