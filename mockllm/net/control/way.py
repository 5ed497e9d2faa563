"""By what way an operation of the control API comes to be done.

Here: the usual way, at once in this process, and that of a worker which knows nothing of the others. Not here: the
operations (`actions.py`) and the way of workers with a common state (`net/shared/`).
"""

from inspect import isawaitable
from typing import Any, Protocol

from mockllm.control import scenarios, status
from mockllm.control.base import Answer, AnyOperation, ControlError
from mockllm.net.control.actions import ACTIONS
from mockllm.net.control.desk import Desk


class Way(Protocol):
    """What brings an operation about."""

    async def act(self, desk: Desk, operation: AnyOperation, asked: Any) -> Answer:
        """What the operation tells. Raises ControlError where it is refused."""
        ...


class Straight:
    """In this process, at once."""

    async def act(self, desk: Desk, operation: AnyOperation, asked: Any) -> Answer:
        """What the operation tells."""
        done = ACTIONS[operation.name](desk, asked)
        return await done if isawaitable(done) else done


_ANYWHERE = frozenset(
    operation.name
    for operation in (
        status.HEALTH,
        status.READY,
        status.VERSION,
        status.OPENAPI,
        status.METRICS,
        scenarios.LIST,
        scenarios.GET,
        scenarios.SOURCE,
        scenarios.CHECK,
    )
)


class Alone:
    """In a worker without a common state: what every worker answers alike, and counters, which say whose they are."""

    async def act(self, desk: Desk, operation: AnyOperation, asked: Any) -> Answer:
        """What the operation tells. Raises ControlError 409 for what would be of one worker, which nobody chose."""
        if operation.name not in _ANYWHERE:
            detail = (
                f"{operation.method} {operation.path} would be of one of several workers, which know nothing of each "
                "other: start the server with --state redis://HOST:PORT, or with one worker"
            )
            raise ControlError(409, "no_common_state", detail)
        return await Straight().act(desk, operation, asked)
