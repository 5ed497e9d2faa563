"""The life of an exchange, from what the engine decided to the end of its record.

Here: which way a plan goes to its client, which exchanges are open, and the outcome of each. Not here: requests
(`server.py`), when bytes go out (`player.py`), streams that only have pauses (`paced.py`) and answers that go out whole
(`whole.py`).
"""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

from mockllm import http1
from mockllm.exchange import Deliveries, Delivery, Ending, Exchange, Outcome, make_outcome
from mockllm.net.clock import AlarmClock, Clock
from mockllm.net.connection import Connection, SocketConnection
from mockllm.net.engine import Engine
from mockllm.net.gates import Gatekeeper
from mockllm.net.paced import play_score
from mockllm.net.player import interrupted, play
from mockllm.net.whole import Wholes, send_whole
from mockllm.score import Score

_log = logging.getLogger("mockllm")


class Stage:
    """Plays exchanges, and tells the engine how each has ended."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._open: dict[asyncio.Task[object], tuple[Exchange, Deliveries]] = {}
        self._due: list[tuple[Exchange, Deliveries, SocketConnection, bytes]] = []
        self._idle = asyncio.Event()
        self._idle.set()
        self._wholes = Wholes()

    @property
    def playing(self) -> tuple[tuple[Exchange, Deliveries], ...]:
        """The exchanges that are being played, each with what was done of it so far."""
        return (*self._open.values(), *((exchange, deliveries) for exchange, deliveries, _, _ in self._due))

    async def idle(self) -> None:
        """Return when no exchange is open."""
        await self._idle.wait()

    def cancel(self) -> None:
        """End every exchange that is open, in the loop's next turns."""
        for task in tuple(self._open):
            if not task.cancelling():
                task.cancel()

    def send(self, exchange: Exchange, connection: SocketConnection, clock: Clock) -> bool:
        """Play the exchange in the loop's next turn, if it goes out whole; else nothing happens, and it is for `play`.

        All answers of a turn are written together, as a client that waits for one has to be woken for each that comes
        alone, which takes longer than to make it.
        """
        if connection.full or exchange.call.method == "HEAD":
            return False
        try:
            whole = self._wholes.get(exchange.plan)
        except ValueError:
            return False
        if whole is None:
            return False
        if not self._due:
            self._idle.clear()
            asyncio.get_running_loop().call_soon(self._send_due, clock)
        self._due.append((exchange, Deliveries(exchange.plan), connection, whole))
        return True

    def _send_due(self, clock: Clock) -> None:
        due, self._due = self._due, []
        for exchange, deliveries, connection, whole in due:
            at_us = clock.now_us() - exchange.call.at_us
            if connection.dead:
                ending = Ending.LEFT if connection.left else Ending.STOPPED
                self._finish(exchange, deliveries, Outcome(ending, 0, at_us))
                continue
            connection.write(whole)
            deliveries.add_rest(at_us)
            self._finish(exchange, deliveries, make_outcome(Ending.COMPLETE, len(deliveries) - 1, at_us))

    async def play(
        self,
        exchange: Exchange,
        connection: Connection,
        clock: AlarmClock,
        *,
        chunks: bool = True,
        deliveries: Deliveries | None = None,
    ) -> bool:
        """Play the exchange's plan and finish it; False if it failed before anything was sent. Without `chunks` the
        client knows HTTP/1.0 only. What is delivered is added to `deliveries`. A task that is cancelled with an Ending
        as its message ends in that.
        """
        task = asyncio.current_task()
        assert task is not None
        plan = exchange.plan if chunks else http1.for_http_1_0(exchange.plan)
        if exchange.call.method == "HEAD":
            plan = http1.for_head_request(plan)
        deliveries = Deliveries(plan) if deliveries is None else deliveries
        start_us = exchange.call.at_us
        outcome = Outcome(Ending.STOPPED)
        self._open[task] = exchange, deliveries
        self._idle.clear()
        try:
            if (whole := self._wholes.get(plan)) is not None:
                outcome = await send_whole(whole, connection, clock, start_us, deliveries)
            elif isinstance(plan, Score):
                outcome = await play_score(plan, connection, clock, start_us, deliveries)
            else:
                keeper = self._keeper(exchange, clock)
                outcome = await play(plan, connection, clock, start_us, deliveries, gatekeeper=keeper)
        except asyncio.CancelledError as cancelled:
            outcome = interrupted(plan, connection, deliveries)
            asked = next((said for said in cancelled.args if isinstance(said, Ending)), outcome.ending)
            outcome = Outcome(asked, outcome.step)
            raise
        except Exception:  # noqa: BLE001 - a bug in one answer must not end the server
            _log.exception("Exchange #%d failed at step %d of its plan.", exchange.number, len(deliveries))
            outcome = Outcome(Ending.STOPPED, len(deliveries))
            if not deliveries:
                return False
            connection.reset()
        finally:
            del self._open[task]
            at_us = clock.now_us() - start_us
            self._finish(exchange, deliveries, Outcome(outcome.ending, outcome.step, at_us))
        return True

    def _keeper(self, exchange: Exchange, clock: Clock) -> Gatekeeper:
        report = partial(self._engine.at_gate, exchange)
        return Gatekeeper(self._engine.gates, exchange.namespace, clock, exchange.call.at_us, report)

    def _finish(self, exchange: Exchange, deliveries: Sequence[Delivery], outcome: Outcome) -> None:
        try:
            self._engine.finish(exchange, deliveries, outcome)
        except Exception:  # noqa: BLE001 - as in play
            _log.exception("The engine failed to finish exchange #%d.", exchange.number)
        if not self._open and not self._due:
            self._idle.set()
