"""The control API for code on an event loop.

Here: `AsyncControlClient`. Not here: the same for code that blocks (`blocking.py`), and a server with the methods of
`MockLLM` (`aremote.py`).
"""

import aiohttp
from yarl import URL

from mockllm.client.base import Place, outgoing, unreachable
from mockllm.control.base import Asked, Operation, Told
from mockllm.control.reading import answer


class AsyncControlClient:
    """Calls operations of a running server, each on a connection of its own, so that any event loop may call."""

    def __init__(self, place: Place) -> None:
        self.place = place

    async def call(self, operation: Operation[Asked, Told], asked: Asked) -> Told:
        """What the server tells. Raises ControlError for a refusal, and MockLLMError if there is no answer."""
        out = outgoing(self.place, operation, asked)
        url = self.place.control_url + out.message.target
        timeout = aiohttp.ClientTimeout(total=out.timeout_s)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
                session.request(
                    out.message.method,
                    URL(url, encoded=True),
                    data=out.message.body or None,
                    headers=out.headers,
                ) as response,
            ):
                body = await response.read()
        except (OSError, TimeoutError, aiohttp.ClientError) as error:
            raise unreachable(self.place, operation, error) from error
        return answer(operation, response.status, response.headers.get("content-type", ""), body)
