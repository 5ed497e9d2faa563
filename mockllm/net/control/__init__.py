"""The control API of a running server: what stands behind the paths below `/_mockllm/`.

Here: `Control`, which a server passes such requests to. Not here: the operations as data (`mockllm/control/`), HTTP
(`http.py`), who does what (`actions.py` and one file for each subject). Most servers are never asked, so nothing of
that is imported before the first call.
"""

from typing import TYPE_CHECKING

from aiohttp import web

from mockllm.engine import Engine
from mockllm.net.connection import SocketConnection
from mockllm.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm.net.control.desk import Desk
    from mockllm.net.control.way import Way
    from mockllm.net.server import Server


class Control:
    """The control API over one engine. With a `token` every call but those about health must bring it as a bearer
    token (RFC 6750). `tally` is what has counted the engine's exchanges. `way` makes the way by which operations are
    done, if that is not the usual one.
    """

    def __init__(
        self, engine: Engine, tally: Tally, *, token: str | None = None, way: "Callable[[], Way] | None" = None
    ) -> None:
        self._engine = engine
        self._tally = tally
        self._token = token
        self._desk: Desk | None = None
        self._make_way = way
        self._way: Way | None = None

    def prepare(self) -> None:
        """Import what the first call would, which takes some time; it may be done in any thread."""
        import mockllm.net.control.http  # noqa: F401, PLC0415 - see the module's docstring

    async def answer(
        self, request: web.BaseRequest, connection: SocketConnection, server: "Server", *, elsewhere: bool
    ) -> web.StreamResponse:
        """The answer to a request whose path is one of the control API; it is not an exchange. `elsewhere` says that
        the API has a port of its own and this is not it.
        """
        from mockllm.net.control.http import not_here, respond  # noqa: PLC0415 - see the module's docstring

        if elsewhere:
            return not_here(request)
        if self._way is None and self._make_way is not None:
            self._way = self._make_way()
        return await respond(request, connection, self.desk(server), self._token, self._way)

    def desk(self, server: "Server") -> "Desk":
        """What the operations work on; made, and imported, when it is first needed."""
        from mockllm.net.control.desk import Desk  # noqa: PLC0415 - see the module's docstring

        if self._desk is None:
            self._desk = Desk(self._engine, self._tally, server)
        return self._desk
