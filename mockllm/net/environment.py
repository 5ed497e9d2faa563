"""Environment variables that lead clients to a server, for a while.

Here: which variables an OpenAI client reads, setting them and putting them back. Not here: the server (`mock.py`).
"""

import os
from collections.abc import Mapping
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


class Setter(Protocol):
    """What changes the environment; pytest's `monkeypatch` is one."""

    def setenv(self, name: str, value: str) -> None:
        """Set a variable."""
        ...

    def delenv(self, name: str, raising: bool = ...) -> None:
        """Remove a variable; `raising=False` allows one that is not set."""
        ...


class ProcessSetter:
    """Changes the environment of this process and remembers nothing."""

    def setenv(self, name: str, value: str) -> None:
        """Set a variable."""
        os.environ[name] = value

    def delenv(self, name: str, raising: bool = True) -> None:
        """Remove a variable; `raising=False` allows one that is not set."""
        if raising or name in os.environ:
            del os.environ[name]


def variables(base_url: str, key: str) -> Mapping[str, str | None]:
    """What the environment should say, None for a variable that should not be set.

    `OPENAI_API_BASE` is the older name of `OPENAI_BASE_URL` and some libraries know only that. Proxies are taken away,
    because a client would ask them for the loopback address.
    """
    direct = ",".join(dict.fromkeys((urlsplit(base_url).hostname or "", "127.0.0.1", "localhost")))
    return {
        "OPENAI_BASE_URL": base_url,
        "OPENAI_API_BASE": base_url,
        "OPENAI_API_KEY": key,
        "NO_PROXY": direct,
        "no_proxy": direct,
        **dict.fromkeys((*_PROXIES, *(name.upper() for name in _PROXIES))),
    }


class Environment:
    """Variables that are set from now until `restore`, which the end of a `with` block calls."""

    def __init__(self, wanted: Mapping[str, str | None], setter: Setter) -> None:
        self._setter = setter
        self._before: Mapping[str, str | None] = {name: os.environ.get(name) for name in wanted}
        self._apply(wanted)

    def restore(self) -> None:
        """Put back what was there before; does nothing the second time."""
        self._apply(self._before)
        self._before = {}

    def _apply(self, wanted: Mapping[str, str | None]) -> None:
        for name, value in wanted.items():
            if value is None:
                self._setter.delenv(name, raising=False)
            else:
                self._setter.setenv(name, value)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.restore()


class Environments:
    """All that one server has set, until `restore`. Without a setter the environment of this process is changed."""

    def __init__(self, setter: Setter | None = None) -> None:
        self._setter = setter if setter is not None else ProcessSetter()
        self._made: list[Environment] = []

    def __len__(self) -> int:
        """How many times it was changed."""
        return len(self._made)

    def set(self, wanted: Mapping[str, str | None]) -> Environment:
        """Set these variables, None for one that should not be set."""
        environment = Environment(wanted, self._setter)
        self._made.append(environment)
        return environment

    def restore(self) -> None:
        """Put back what was there before, the last first."""
        while self._made:
            self._made.pop().restore()
