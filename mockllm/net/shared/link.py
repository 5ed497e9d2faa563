"""The way to Redis, and what happens while there is none.

Here: one client with short timeouts, which after a failure refuses at once until a probe has found Redis again. Not
here: what is asked of Redis (`scripts.py`).
"""

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mockllm.errors import MockLLMError

try:
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from redis.exceptions import RedisError
except ImportError as error:  # the extra is not installed
    raise MockLLMError(
        "a common state was asked for, but the Redis client is not installed: pip install 'mockllm-server[redis]'"
    ) from error

TIMEOUT_S = 1.0
"""How long Redis may take to answer. It answers within a millisecond, or something is wrong."""

_PROBE_S = 0.25
_PREFIX = re.compile(r"[A-Za-z0-9._-]*")
_DEFAULT = "default"
_SCHEMES = ("redis", "rediss", "unix")

_log = logging.getLogger("mockllm")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a common state is: a Redis, and what the names of its keys begin with."""

    url: str
    prefix: str

    @classmethod
    def of(cls, text: str) -> "Place":
        """The place in a text such as `redis://127.0.0.1:6379/0?prefix=mine`. Raises MockLLMError for another."""
        parts = urlsplit(text)
        query = parse_qs(parts.query)
        name = query.pop("prefix", [_DEFAULT])[-1] or _DEFAULT
        if parts.scheme not in _SCHEMES or query or _PREFIX.fullmatch(name) is None:
            raise MockLLMError(
                f"{cls(text, '').shown!r} is no place of a common state: write redis://HOST:PORT/DB, with ?prefix=NAME "
                "of letters, digits, dots and dashes if several servers use the same one"
            )
        return cls(text.partition("?")[0], f"mockllm:{name}:")

    @property
    def shown(self) -> str:
        """The URL without its password."""
        return re.sub(r"//[^@/]*@", "//", self.url)


class StateGoneError(MockLLMError):
    """The common state cannot be reached, or Redis refuses."""


class Link:
    """The way to one place. What is in `on_return` is awaited, in order, each time that Redis is there again."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.on_return: list[Callable[[], Awaitable[None]]] = []
        self._redis = Redis.from_url(
            place.url,
            protocol=2,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )
        self._scripts: dict[str, Any] = {}
        self._gone: tuple[float, str] | None = None
        self._probe: asyncio.Task[None] | None = None

    @property
    def client(self) -> "Redis":
        """The client, for what is no script."""
        return self._redis

    @property
    def gone(self) -> str | None:
        """Why the state cannot be reached, since when, and what to do; None if it can be."""
        if self._gone is None:
            return None
        since, why = self._gone
        at = time.strftime("%H:%M:%S", time.localtime(since))
        return (
            f"the common state at {self.place.shown} cannot be reached since {at} ({why}): "
            "start Redis there, and this server goes on by itself"
        )

    async def run(self, script: str, *arguments: str | bytes | int) -> Any:
        """What the script tells. Raises StateGoneError at once while Redis is gone, and when it does not answer."""
        if self.gone is not None:
            raise StateGoneError(self.gone)
        if script not in self._scripts:
            self._scripts[script] = self._redis.register_script(script)
        try:
            return await self._scripts[script](args=[self.place.prefix, *arguments])
        except (RedisError, OSError, TimeoutError) as error:
            self.fail(str(error) or type(error).__name__)
            raise StateGoneError(str(self.gone)) from error

    def fail(self, why: str) -> None:
        """Redis does not answer as it should: refuse everything until it does."""
        if self._gone is None:
            self._gone = (time.time(), why)
            _log.warning("%s", self.gone)
            if self._probe is None or self._probe.done():
                self._probe = asyncio.get_running_loop().create_task(self._find())

    async def close(self) -> None:
        """Let go of the connections."""
        if self._probe is not None:
            self._probe.cancel()
        with contextlib.suppress(RedisError, OSError):
            await self._redis.aclose()

    async def _find(self) -> None:
        """Return when Redis answers again and who waits for that has been told."""
        while self._gone is not None:
            await asyncio.sleep(_PROBE_S)
            try:
                await self._redis.ping()
            except (RedisError, OSError, TimeoutError):
                continue
            since, _ = self._gone
            self._gone = None
            _log.warning("the common state at %s is there again after %.1f s", self.place.shown, time.time() - since)
            with contextlib.suppress(StateGoneError):
                for go_on in self.on_return:
                    await go_on()
