"""Where an engine is served: in a thread of its own, or while time is virtual on the loops of its clients.

Here: the choice between the two, and the clock that a test reads. Not here: the two (`thread.py`,
`virtual/serving.py`).
"""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from yarl import URL

from mockllm.net.clock import AlarmClock
from mockllm.net.control import Control
from mockllm.net.engine import Engine
from mockllm.net.thread import ServerThread, Serving
from mockllm.net.virtual.real import RealTimeClock, Stopwatch

if TYPE_CHECKING:
    from mockllm.net.virtual.network import External
    from mockllm.net.virtual.session import VirtualTime

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


class Served:
    """An engine at an address. It begins as a thread, which does nothing before `start`."""

    def __init__(
        self, engine: Engine, *, host: str, port: int, clock: AlarmClock | None, max_body: int, control: Control | None
    ) -> None:
        self._engine = engine
        self._address = (host, port)
        self._max_body = max_body
        self._control = control
        self._thread = ServerThread(engine, host=host, port=port, clock=clock, max_body=max_body, control=control)
        self._now: Serving = self._thread
        self._running = False
        self.clock: Stopwatch = RealTimeClock()

    @property
    def url(self) -> str:
        """Where clients reach it; see `Serving`, as for what follows."""
        return self._now.url

    def start(self) -> None:
        """Serve, in virtual time if it is on."""
        time = _virtual_time()
        if time is None:
            self._now, self.clock = self._thread, RealTimeClock()
        else:
            self._serve_in(time, self._address)
        self._now.start()
        self._running = True

    def close(self) -> None:
        """Serve no more."""
        self._running = False
        self._now.close()

    def settle(self) -> None:
        """Let it finish what it has in hand."""
        self._now.settle()

    def wait_idle(self, timeout_s: float) -> None:
        """Return when no exchange is open."""
        self._now.wait_idle(timeout_s)

    def check_wait(self, what: str) -> None:
        """Raise MockLLMError if what waits here could never end."""
        self._now.check_wait(what)

    def call(
        self, function: Callable[_Parameters, _Result], *args: _Parameters.args, **kwargs: _Parameters.kwargs
    ) -> _Result:
        """Run the function between two events."""
        return self._now.call(function, *args, **kwargs)

    def virtual_time(self, *, external: "External" = "refuse") -> "VirtualTime":
        """Virtual time in which it is served, at the same address if it is served already."""
        from mockllm.net.virtual.session import VirtualTime  # noqa: PLC0415 - most servers never need it

        return VirtualTime(external=external, move=self._move)

    def _serve_in(self, time: "VirtualTime", address: tuple[str, int], *, reserve: bool = True) -> None:
        from mockllm.net.virtual.serving import VirtualServing  # noqa: PLC0415 - as above

        host, port = address
        self.clock = time.clock
        self._now = VirtualServing(
            self._engine, time, host=host, port=port, max_body=self._max_body, control=self._control, reserve=reserve
        )

    def _move(self, time: "VirtualTime") -> Callable[[], None]:
        if not self._running:
            return lambda: None
        before, clock, url = self._now, self.clock, URL(self.url)
        self._serve_in(time, (url.host or "", url.port or 0), reserve=False)
        moved = self._now
        moved.start()

        def move_back() -> None:
            moved.close()
            self._now, self.clock = before, clock

        return move_back


def _virtual_time() -> "VirtualTime | None":
    """The virtual time that is on, if any."""
    session = sys.modules.get("mockllm.net.virtual.session")
    return None if session is None else session.VirtualTime.current()
