"""Which scenario and which namespace a call is for.

Here: the forms of an address. In a URL `BASE/v1` is the default scenario, `BASE/NAME/v1` another one,
`BASE/NAME@RUN/v1` an isolated run of it. Clients that drop the base path, or that can set nothing but a header, a key
or a model, say the same with the header `x-mockllm: NAME@RUN`, the key `sk-mock-NAME@RUN` or the model
`mockllm/NAME@RUN`. Each of them does alone, and together they must not disagree. A scenario with the profile of a
vendor is also under the vendor's own paths, as `BASE/NAME@RUN/api/v1` in place of `BASE/NAME@RUN/v1`. Not here: what is
served there (`engine.py`), where scenarios come from (`scenario/library.py`) and what is bound to a name
(`registry.py`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import orjson

from mockllm.errors import ApiError, MockLLMError
from mockllm.request import Call
from mockllm.scenario.document import Scenario
from mockllm.scenario.library import Library
from mockllm.scenario.profile import profile_of

VERSION = "v1"
HEADER = "x-mockllm"
DEFAULT = "default"
"""What a bound name says for the scenario of calls that name none."""

_KEY_PREFIX = "sk-mock-"
_MODEL_PREFIX = "mockllm/"

Bindings = Mapping[str, Scenario]
"""Scenarios by the name of the one namespace that has each."""


@dataclass(frozen=True, slots=True)
class Address:
    """A scenario, the run of it, and the path under its base.

    `bound` is the name of the namespace if the scenario was bound to it. `door` is the scenario that was called, if
    its `auth` leads the call's key elsewhere: it decides who may come in. `given` is what the path says of the request.
    `asked` is the name that the call has for the scenario, empty if it has none; None where the address follows from
    more than that.
    """

    scenario: Scenario
    run: str
    path: str
    bound: str = ""
    door: Scenario | None = None
    given: tuple[tuple[str, str], ...] = ()
    asked: str | None = field(default=None, compare=False)

    @property
    def namespace(self) -> str:
        """The name of the state that the call uses."""
        return self.bound or _joined(self.scenario.name, self.run)


@dataclass(frozen=True, slots=True)
class _Named:
    """The name of a scenario and a run, one of which may be empty, and where they were found."""

    name: str
    run: str
    where: str

    @classmethod
    def of(cls, text: str, where: str) -> "_Named | None":
        """What the text names, None if nothing."""
        name, _, run = text.partition("@")
        return cls(name, run, where) if name or run else None


_NOBODY = _Named("", "", "the URL")
_Place: TypeAlias = tuple[_Named | None, str | None]
"""What a place names, and the path that is left."""


def resolve(call: Call, library: Library, bindings: Bindings | None = None) -> Address:
    """The address of a call. What one place leaves out is taken from another.

    Raises ApiError 400 when two places disagree, 404 for a path that is under no base while nothing else names one,
    and for an unknown scenario; ScenarioError for a scenario that does not load.
    """
    try:
        return _based(_resolved(call, _in_url(call), library, bindings or {}), call)
    except ApiError:
        # Only what is no address as it stands is looked for under a vendor's path, so that this costs others nothing.
        for place in _before_base(call):
            if (address := _under_base(call, place, library, bindings or {})) is not None:
                return address
        raise


def _based(address: Address, call: Call) -> Address:
    """The address without the vendor's base in front of its path, if it has one there."""
    if address.scenario.profile is None:
        return address
    for base in profile_of(address.scenario.profile).bases:
        if (found := base.find(address.path, call.query)) is not None:
            return replace(address, path=found[0], given=found[1])
    return address


def _before_base(call: Call) -> Iterator["_Place"]:
    """What a URL may name before a vendor's base: nothing, or a scenario in its first part."""
    yield None, call.path
    first, _, rest = call.path.removeprefix("/").partition("/")
    yield _Named.of(first, f"the URL /{first}"), f"/{rest}"


def _under_base(call: Call, place: "_Place", library: Library, bindings: Bindings) -> Address | None:
    """The address of a call whose path is under a base of its scenario's profile; None if it is not."""
    try:
        address = _resolved(call, (place[0] or _NOBODY, place[1]), library, bindings)
    except MockLLMError:
        return None
    based = _based(address, call)
    return None if based is address else replace(based, asked=None)


def stands(address: Address, library: Library, bindings: Bindings) -> bool:
    """Whether a call that had this address has it still; False where that is not easily told."""
    asked = address.asked
    if asked is None or (
        bindings and (address.namespace in bindings or _joined(asked or DEFAULT, address.run) in bindings)
    ):
        return False
    try:
        return (library.get(asked) if asked else library.default()) is address.scenario
    except MockLLMError:
        return False


def _resolved(call: Call, in_path: "_Place", library: Library, bindings: Bindings) -> Address:
    """The address of a call whose URL names this, and the path under the base; None if there is no base in it."""
    in_url, path = in_path
    places = (in_url, _in_header(call), _in_key(call), _in_model(call))
    named = [found for found in places if found is not None]
    if path is None:
        if not named:
            raise _no_base(call)
        path = call.path
    name = _agreed(named, lambda found: found.name, "scenarios") if named else ""
    run = _agreed(named, lambda found: found.run, "runs") if named else ""
    address = _found(name, run, path, library, bindings)
    auth = address.scenario.auth
    lead = None if auth is None else auth.leads(call.key())
    if lead is None:
        return address
    return replace(_found(lead, run, path, library, bindings), door=address.scenario, asked=None)


def is_address(model: str) -> bool:
    """Whether a model id is an address rather than a model."""
    return model.startswith(_MODEL_PREFIX)


def _joined(name: str, run: str) -> str:
    return f"{name}@{run}" if run else name


def _found(name: str, run: str, path: str, library: Library, bindings: Bindings) -> Address:
    """The scenario that is bound to the namespace, or else the one of this name."""
    if bindings and (bound := _joined(name or DEFAULT, run)) in bindings:
        return Address(bindings[bound], run, path, bound)
    scenario = library.get(name) if name else library.default()
    if bindings and (bound := _joined(scenario.name, run)) in bindings:
        return Address(bindings[bound], run, path, bound)
    return Address(scenario, run, path, asked=name)


def _agreed(named: list[_Named], part: Callable[[_Named], str], parts: str) -> str:
    """What all places say that say anything. Raises ApiError 400 with two that disagree."""
    saying = [found for found in named if part(found)]
    if not saying:
        return ""
    first = saying[0]
    for other in saying[1:]:
        if part(other) != part(first):
            message = (
                f"mockllm: this request names two {parts}: '{part(first)}' in {first.where} and '{part(other)}' in "
                f"{other.where}. Name one, or the same in both."
            )
            raise ApiError(400, message, code="address_conflict")
    return part(first)


def _in_url(call: Call) -> tuple[_Named | None, str | None]:
    """What the URL names, and the path under the base; None if there is no base in it."""
    first, _, rest = call.path.removeprefix("/").partition("/")
    if first == VERSION:
        return None, f"/{rest}"
    version, _, tail = rest.partition("/")
    if version != VERSION:
        return None, None
    return _Named.of(first, f"the URL /{first}/{VERSION}"), f"/{tail}"


def _no_base(call: Call) -> ApiError:
    message = (
        f"Invalid URL ({call.method} {call.path}). mockllm: the base URL ends in /v1, as in "
        "/v1/chat/completions or /SCENARIO/v1/chat/completions."
    )
    return ApiError(404, message)


def _in_header(call: Call) -> _Named | None:
    text = call.headers.get(HEADER)
    return None if text is None else _Named.of(text.strip(), f"the header {HEADER}: {text.strip()}")


def _in_key(call: Call) -> _Named | None:
    """What the key names. Only one with an `@` is an address: `sk-mock-key` is a key like any other."""
    key = call.key()
    if not key.startswith(_KEY_PREFIX) or "@" not in key:
        return None
    return _Named.of(key.removeprefix(_KEY_PREFIX), f"the key {key}")


def _in_model(call: Call) -> _Named | None:
    """What the model names, in the body or in the query. They are read here only if the prefix may be in them."""
    model = None
    if b"mockllm" in call.body:
        try:
            body = orjson.loads(call.body)
        except orjson.JSONDecodeError:
            return None
        model = body.get("model") if isinstance(body, dict) else None
    elif "mockllm" in call.query:
        model = call.parameters().get("model")
    if not isinstance(model, str) or not is_address(model):
        return None
    return _Named.of(model.removeprefix(_MODEL_PREFIX), f"the model {model}")
