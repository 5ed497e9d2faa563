"""Rules that cannot match, found in little time.

Of many rules most fail on the first look at a model, a text or a header. Here: those looks, made once for each rule as
small functions, each true only if `When.differences` has something to say. Not here: whether a rule matches, and why it
does not: that is always for `match.py` to say.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache, reduce
from types import MappingProxyType
from typing import Any, TypeAlias

from mockllm.bounded import Same
from mockllm.request import JSON, Headers, Message, Request
from mockllm.scenario.document import Rule
from mockllm.scenario.json_path import Step, plain_steps
from mockllm.scenario.match import HeaderMatch, MessageMatch, When
from mockllm.scenario.text import TextMatch

_MOST_SCENARIOS = 64


@dataclass(frozen=True, slots=True)
class View:
    """What probes look at; no text is None."""

    api: str
    model: str
    stream: bool
    user: str | None
    last: Message | None
    headers: Headers
    json: JSON

    @classmethod
    def of(cls, request: Request) -> "View":
        """The view of a request."""
        user = next((message.text for message in reversed(request.messages) if message.role == "user"), None)
        last = request.messages[-1] if request.messages else None
        return cls(request.api, request.model, request.stream, user, last, request.call.headers, request.json)


Probe: TypeAlias = Callable[[View], bool]
"""Whether a request cannot match."""

_Text: TypeAlias = Callable[[str], bool]


@lru_cache(_MOST_SCENARIOS)
def probes(rules: Same[tuple[Rule, ...]]) -> tuple[Probe, ...]:
    """A probe for each rule."""
    return tuple(_any_of(list(_looks(rule.when))) for rule in rules.value)


def _any_of(looks: list[Probe]) -> Probe:
    return reduce(_either, looks) if looks else _none


def _none(_view: View) -> bool:
    return False


def _either(one: Probe, other: Probe) -> Probe:
    return lambda view: one(view) or other(view)


def _looks(when: When) -> Iterator[Probe]:
    """The probes of those parts of a test that can be told in little time."""
    for name, make in _MAKERS.items():
        if (wanted := getattr(when, name)) is not None:
            yield from make(wanted)
    for part in when.all or ():
        yield from _looks(part)


def _named(field: str) -> Callable[[tuple[str, ...]], Iterator[Probe]]:
    """Makes the probe of a field that is a name of a pattern's form."""

    def make(wanted: tuple[str, ...]) -> Iterator[Probe]:
        if any(mark in pattern for pattern in wanted for mark in "*?"):
            form = re.compile("|".join(translate(pattern.replace("[", "[[]")) for pattern in wanted))
            yield lambda view: form.match(getattr(view, field)) is None
        else:
            yield lambda view: getattr(view, field) not in wanted

    return make


def _stream(wanted: bool) -> Iterator[Probe]:
    yield lambda view: view.stream is not wanted


def _user(wanted: TextMatch) -> Iterator[Probe]:
    def look(unfit: _Text) -> Probe:
        return lambda view: view.user is None or unfit(view.user)

    return map(look, _texts(wanted))


def _last(wanted: MessageMatch) -> Iterator[Probe]:
    def look(unfit: _Text) -> Probe:
        return lambda view: view.last is None or unfit(view.last.text)

    yield from map(look, _texts(wanted))
    if (role := wanted.role) is not None:
        yield lambda view: view.last is None or view.last.role not in role


def _header(wanted: Mapping[str, HeaderMatch]) -> Iterator[Probe]:
    def look(name: str, unfit: _Text) -> Probe:
        return lambda view: (text := view.headers.get(name)) is None or unfit(text)

    return (look(name, unfit) for name, match in wanted.items() for unfit in _texts(match))


def _json(wanted: Mapping[str, "JSON | TextMatch"]) -> Iterator[Probe]:
    """Those of paths that are names alone. Texts are looked at, and whether there is anything."""
    for path, test in wanted.items():
        steps = plain_steps(path)
        if steps is not None and all(isinstance(step, str) for step in steps):
            yield _json_look(steps, _unfit(test))


def _json_look(steps: Sequence[Step], unfit: Callable[[JSON], bool]) -> Probe:
    def look(view: View) -> bool:
        value: Any = view.json
        for step in steps:
            if not isinstance(value, dict) or step not in value:
                return True
            value = value[step]
        return unfit(value)

    return look


def _unfit(test: "JSON | TextMatch") -> Callable[[JSON], bool]:
    if isinstance(test, TextMatch):
        looks = tuple(_texts(test))
        return lambda value: isinstance(value, str) and any(look(value) for look in looks)
    return lambda value: isinstance(test, str) and value != test


def _texts(wanted: TextMatch) -> Iterator[_Text]:
    """What a text may fail at."""
    if (whole := wanted.equals) is not None:
        yield lambda text: text != whole
    yield from map(_lacks, wanted.contains or ())
    if wanted.regex is not None:
        search = re.compile(wanted.regex).search
        yield lambda text: search(text) is None


def _lacks(part: str) -> _Text:
    return lambda text: part not in text


_MAKERS: Mapping[str, Callable[[Any], Iterator[Probe]]] = MappingProxyType(
    {
        "api": _named("api"),
        "model": _named("model"),
        "stream": _stream,
        "user": _user,
        "last": _last,
        "header": _header,
        "json_": _json,
    }
)
