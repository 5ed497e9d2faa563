"""The control API for code that blocks.

Here: `ControlClient`. Not here: the same for an event loop (`awaiting.py`), and a server with the methods of `MockLLM`
(`remote.py`).
"""

from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from mockllm.client.base import Place, outgoing, unreachable
from mockllm.control.base import Asked, Operation, Told
from mockllm.control.reading import answer


class ControlClient:
    """Calls operations of a running server, each on a connection of its own, so that any thread may call. Proxies of
    the environment are not used.
    """

    def __init__(self, place: Place) -> None:
        self.place = place

    def call(self, operation: Operation[Asked, Told], asked: Asked) -> Told:
        """What the server tells. Raises ControlError for a refusal, and MockLLMError if there is no answer."""
        out = outgoing(self.place, operation, asked)
        parts = urlsplit(self.place.control_url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=out.timeout_s)
        try:
            connection.request(
                out.message.method, parts.path + out.message.target, out.message.body or None, dict(out.headers)
            )
            response = connection.getresponse()
            body = response.read()
        except (OSError, HTTPException) as error:
            raise unreachable(self.place, operation, error) from error
        finally:
            connection.close()
        return answer(operation, response.status, response.headers.get("content-type", ""), body)
