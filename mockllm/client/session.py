"""One run on a server elsewhere, as the calls that it takes.

Here: the name of the run and of its namespace, and for each method of `MockLLM` the call that does it and the reading
of its answer; pure functions and values that `remote.py` and `aremote.py` share. Not here: sending the calls.
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from mockllm.address import DEFAULT
from mockllm.client.base import Place
from mockllm.control import journal
from mockllm.control.base import ControlError
from mockllm.control.namespaces import AskProblems, Bind, OneNamespace
from mockllm.control.wire import unpacked
from mockllm.errors import MockLLMError
from mockllm.exchange import Exchange
from mockllm.journal.query import Only, awaited
from mockllm.net.environment import variables
from mockllm.scenario.document import NAME_PATTERN, Scenario
from mockllm.scenario.library import Library
from mockllm.scenario.source import Source, is_text, path_of, scenario_of
from mockllm.strict import Check

_WORDS = re.compile(r"[^A-Za-z0-9._-]+")
_MOST_WORDS = 60
_DIGEST_BYTES = 6


@dataclass(frozen=True, slots=True)
class Loading:
    """A scenario that was read here, and the call that binds it there."""

    scenario: Scenario
    bind: Bind


@dataclass(frozen=True, slots=True)
class Session:
    """A run of calls that name no scenario, which has a namespace of its own."""

    place: Place
    run: str

    @property
    def namespace(self) -> str:
        """The name that its exchanges bear."""
        return f"{DEFAULT}@{self.run}"

    @property
    def base_url(self) -> str:
        """What an OpenAI client takes as its base URL."""
        return f"{self.place.url}/@{self.run}/v1"

    def itself(self) -> OneNamespace:
        """The namespace, for calls that need no more."""
        return OneNamespace(namespace=self.namespace)

    def variables(self, scenario: Scenario | None) -> Mapping[str, str | None]:
        """What the environment should say. The key names the run too, for clients that drop the base path, unless the
        scenario wants a certain key.
        """
        auth = None if scenario is None else scenario.auth
        key = (None if auth is None else auth.good_key()) or f"sk-mock-@{self.run}"
        return variables(self.base_url, key)

    def loading(self, source: Source, library: Library) -> Loading:
        """What loading this takes; it is read here too, so that what is wrong with it is told as ever.

        Raises ScenarioError for a scenario that is wrong or not there, and MockLLMError for one that cannot be sent.
        """
        scenario = scenario_of(source, library)
        sent = sendable(source, library)
        return Loading(scenario, Bind(namespace=self.namespace, called=scenario.name, scenario=sent))

    def named(self, source: Source) -> Bind | None:
        """The call that gives the run a scenario which only the server may know; None for what is no name."""
        is_name = isinstance(source, str) and re.fullmatch(NAME_PATTERN, source) is not None
        return Bind(namespace=self.namespace, named=str(source)) if is_name else None

    def first(self) -> Bind:
        """The call that gives the run the server's own default scenario."""
        return Bind(namespace=self.namespace, default=True)

    def problems(self, allow: Collection[str], *, pointed: bool) -> AskProblems:
        """The call for the strict checks."""
        return AskProblems(namespace=self.namespace, allow=tuple(map(Check, allow)), pointed=pointed)

    def idle(self, timeout_s: float) -> journal.AskIdle:
        """The call that waits for quiet."""
        return journal.AskIdle(namespace=self.namespace, timeout_s=timeout_s)

    def event(self, event: str, count: int, timeout_s: float, gate: str | None, only: Only) -> journal.AskEvent:
        """The call that waits for an event. Raises what `MockLLM.wait_for` raises for words that there are not."""
        awaited(event, count=count, gate=gate, namespace=None, only=only)
        given: dict[str, Any] = {name: value for name, value in only.items() if name != "when"}
        if (when := only.get("when")) is not None:
            given["when"] = when if isinstance(when, Mapping) else when.model_dump(by_alias=True, exclude_unset=True)
        return journal.AskEvent(
            event=event, count=count, gate=gate, namespace=self.namespace, timeout_s=timeout_s, **given
        )

    def records(self) -> journal.AskJournal:
        """The call for the record."""
        return journal.AskJournal(namespace=self.namespace)


def exchanges(records: journal.Records) -> tuple[Exchange, ...]:
    """The record that a server told."""
    return tuple(map(unpacked, records.records))


def happened(told: journal.Happened, record: tuple[Exchange, ...]) -> tuple[Exchange, ...]:
    """The exchanges to which an event has happened. Raises TimeoutError if it has not, to enough of them."""
    if not told.happened:
        raise TimeoutError(told.instead)
    return tuple(exchange for exchange in record if exchange.number in told.exchanges)


def quiet(told: journal.Idle, timeout_s: float) -> None:
    """Raises TimeoutError with what is open, if it is not quiet."""
    if not told.idle:
        still = "\n".join(told.open)
        raise TimeoutError(f"after {timeout_s:g} s these exchanges are still open:\n{still}")


def is_missing_default(error: ControlError) -> bool:
    """Whether a server refused because it has no default scenario, which a test that loads its own does not need."""
    return error.code == "no_such_scenario"


def run_name(words: str, *identity: object) -> str:
    """A name for a run that begins with these words and that no other words or identity have, and that URLs, headers
    and keys can hold.
    """
    digest = hashlib.blake2b("\n".join((words, *map(str, identity))).encode(), digest_size=_DIGEST_BYTES).hexdigest()
    short = _WORDS.sub("-", words).strip("-.")[-_MOST_WORDS:].lstrip("-.")
    return f"{short}-{digest}" if short else digest


def sendable(source: Source, library: Library) -> str | dict[str, Any]:
    """The scenario in a form that can be sent: its YAML, or plain data. Raises MockLLMError if it has none."""
    if isinstance(source, Mapping):
        return _plain(source)
    if isinstance(source, str) and is_text(source):
        return source
    path = path_of(source, library)
    if path is not None:
        return path.read_text(encoding="utf-8-sig")
    raise MockLLMError(
        "a Scenario that was built in Python cannot be sent to a server elsewhere: "
        "give its mapping, its YAML text, its file or its name"
    )


def _plain(source: Mapping[str, Any]) -> dict[str, Any]:
    try:
        plain: dict[str, Any] = orjson.loads(orjson.dumps(dict(source)))
    except TypeError as error:
        raise MockLLMError(
            f"this scenario holds what only Python has ({error}), and the server is elsewhere: "
            "write it with mappings, lists, texts and numbers"
        ) from None
    return plain
