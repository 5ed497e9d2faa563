"""What the clients of the control API share, none of which waits.

Here: where the server is and how a call reaches it as an HTTP request. Not here: sending it (`blocking.py`,
`awaiting.py`) and what calls there are (`mockllm/control/`).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from mockllm.control.base import MOST_WAIT_S, Asked, Operation, Told
from mockllm.control.reading import Message, message
from mockllm.errors import MockLLMError

URL = "MOCKLLM_URL"
"""The environment variable that says where a server runs."""

CONTROL_URL = "MOCKLLM_CONTROL_URL"
"""The one that says where its control API is, if that has a port of its own."""

TOKEN = "MOCKLLM_CONTROL_TOKEN"  # noqa: S105 - the name of a variable
"""The one with the token of the control API."""

PATIENCE_S = 30.0
"""How long a client waits for an answer, beside what the call itself may wait."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server is: its root, where its control API is, and the token of that."""

    url: str
    control_url: str
    token: str | None = None

    @classmethod
    def of(cls, url: str, *, control_url: str | None = None, token: str | None = None) -> Self:
        """The place with URLs as they are needed, without a slash at the end. Raises MockLLMError for what is none."""
        checked = (_root(url, URL), _root(control_url or url, CONTROL_URL))
        return cls(*checked, token or None)

    @classmethod
    def from_environment(cls) -> Self | None:
        """The place that the environment names, or None if it names none."""
        url = os.environ.get(URL)
        if not url:
            return None
        return cls.of(url, control_url=os.environ.get(CONTROL_URL), token=os.environ.get(TOKEN))


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A call as the HTTP request that a client sends."""

    message: Message
    headers: Mapping[str, str]
    timeout_s: float


def outgoing(place: Place, operation: Operation[Asked, Told], asked: Asked) -> Outgoing:
    """The request of a call; it may take as long as the call waits, and some time beside that."""
    sent = message(operation, asked)
    headers: dict[str, str] = {"accept": operation.media.partition(";")[0]}
    if sent.media:
        headers["content-type"] = sent.media
    if place.token is not None:
        headers["authorization"] = f"Bearer {place.token}"
    waits_s = getattr(asked, "timeout_s", MOST_WAIT_S if "by_s" in operation.asks.model_fields else 0.0)
    return Outgoing(sent, headers, PATIENCE_S + waits_s)


def unreachable(place: Place, operation: Operation[Asked, Told], error: Exception) -> MockLLMError:
    """What to say when a call got no answer."""
    reason = str(error) or type(error).__name__
    return MockLLMError(
        f"{operation.name} was asked of the mockllm server at {place.control_url}, which does not answer: {reason}."
        f" Is it running there? {URL} and {CONTROL_URL} say where it is."
    )


def _root(url: str, name: str) -> str:
    parts = urlsplit(url)
    try:
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise MockLLMError(f"{url!r} is no place of a server: {name} is a URL such as http://127.0.0.1:8080")
    return url.rstrip("/")
