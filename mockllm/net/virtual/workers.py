"""anyio's worker threads, which are not those of a pool.

Here: `anyio.to_thread` in virtual time, which HTTP clients and frameworks use. Not here: jobs (`jobs.py`) and the pools
of the standard library (`loops.py`).
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

from mockllm.net.virtual.jobs import Jobs
from mockllm.net.virtual.patches import Patches


def install_workers(patches: Patches, jobs: Jobs, takes_part: Callable[[asyncio.AbstractEventLoop], bool]) -> None:
    """Let anyio's worker threads hold the clock, if the test has imported anyio."""
    if "anyio" not in sys.modules:
        return
    from anyio import CapacityLimiter  # noqa: PLC0415 - it is the user's, and may not be there
    from anyio._backends._asyncio import AsyncIOBackend  # noqa: PLC0415 - as above

    run = AsyncIOBackend.run_sync_in_worker_thread

    async def virtual_run(
        backend: Any, func: Callable[..., Any], args: Any, abandon_on_cancel: bool = False, limiter: Any = None
    ) -> Any:
        loop = asyncio.get_running_loop()
        if not takes_part(loop):
            return await run(func, args, abandon_on_cancel, limiter)
        async with limiter or backend.current_default_thread_limiter():
            job = jobs.submit(func, AsyncIOBackend, loop=loop)
            try:
                return await run(job, args, abandon_on_cancel, CapacityLimiter(1))
            finally:
                jobs.settle(job)

    patches.put(AsyncIOBackend, "run_sync_in_worker_thread", classmethod(virtual_run))
