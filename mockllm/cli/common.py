"""A server whose state is common to several workers, as far as a command has to do with it.

Here: what such a server is made of, its begin and its end. Nothing of it is imported unless it is asked for. Not here:
the state itself (`net/shared/`) and the processes (`workers.py`).
"""

import asyncio
import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mockllm.cli.log import Log
from mockllm.engine import Engine
from mockllm.net.thread import ServerThread

if TYPE_CHECKING:
    from mockllm.net.control.way import Way
    from mockllm.net.shared.engine import SharedEngine

_PATIENCE_S = 10.0


def begin_state(text: str, log: Log) -> None:
    """Forget what is left at a place of workers of which none is there any more.

    Raises MockLLMError if it is no place, or cannot be reached.
    """
    from mockllm.net.shared.begin import begin  # noqa: PLC0415 - see above
    from mockllm.net.shared.link import Place  # noqa: PLC0415

    forgotten = asyncio.run(begin(Place.of(text)))
    if forgotten:
        log.note("state", f"a former run has left {forgotten} keys at {Place.of(text).shown}: they are forgotten")


def shared_engine(engine: Engine, text: str, worker: str | None) -> "SharedEngine":
    """The engine with its state at a place, for the worker with this name and number."""
    import secrets  # noqa: PLC0415 - see above

    from mockllm.net.shared.engine import SharedEngine  # noqa: PLC0415
    from mockllm.net.shared.link import Link, Place  # noqa: PLC0415

    place = worker or f"{os.getpid()}/1"
    return SharedEngine(engine, Link(Place.of(text)), f"{place}/{secrets.token_hex(4)}", f"{place}/" if worker else "")


def together(shared: "SharedEngine") -> "Way":
    """The way by which its control API does operations."""
    from mockllm.net.shared.way import Together  # noqa: PLC0415 - see above

    return Together(shared)


@contextlib.contextmanager
def taking_part(shared: "SharedEngine | None", thread: ServerThread) -> Iterator[None]:
    """Inside, a server with a common state takes part in it; does nothing for another one."""
    if shared is None:
        yield
        return
    thread.run(shared.open, _PATIENCE_S)
    try:
        yield
    finally:
        with contextlib.suppress(TimeoutError):
            thread.run(shared.close, _PATIENCE_S)
