"""Which scenario and which namespace a call is for.

Here: the forms of an address. In a URL `BASE/v1` is the default scenario, `BASE/NAME/v1` another one,
`BASE/NAME@RUN/v1` an isolated run of it. Clients that drop the base path, or that can set nothing but a key or a
model, say the same with the key `sk-mock-NAME@RUN` or the model `mockllm/NAME@RUN`. Not here: what is served there
(`engine.py`) and where scenarios come from (`scenario/library.py`).
"""

from dataclasses import dataclass

import orjson

from mockllm.errors import ApiError
from mockllm.request import Call
from mockllm.scenario.document import Scenario
from mockllm.scenario.library import Library

VERSION = "v1"
_KEY_PREFIX = "sk-mock-"
_MODEL_PREFIX = "mockllm/"


@dataclass(frozen=True, slots=True)
class Address:
    """A scenario, the run of it, and the path under its base."""

    scenario: Scenario
    run: str
    path: str

    @property
    def namespace(self) -> str:
        """The name of the state that the call uses."""
        return f"{self.scenario.name}@{self.run}" if self.run else self.scenario.name


def resolve(call: Call, library: Library) -> Address:
    """The address of a call. What the URL leaves out is taken from the key, and what that leaves out from the model.

    Raises ApiError 404 for a path that is under no base or that names an unknown scenario, and ScenarioError for a
    scenario that does not load.
    """
    (name, run), path = _split(call)
    for further in (_in_key, _in_model):
        if name and run:
            break
        other_name, other_run = further(call)
        name, run = name or other_name, run or other_run
    return Address(library.get(name) if name else library.default(), run, path)


def is_address(model: str) -> bool:
    """Whether a model id is an address rather than a model."""
    return model.startswith(_MODEL_PREFIX)


_Named = tuple[str, str]
"""The name of a scenario and a run; either may be empty."""


def _split(call: Call) -> tuple[_Named, str]:
    """What the URL names, and the path under the base."""
    first, _, rest = call.path.removeprefix("/").partition("/")
    if first == VERSION:
        return ("", ""), f"/{rest}"
    version, _, tail = rest.partition("/")
    if version != VERSION:
        message = (
            f"Invalid URL ({call.method} {call.path}). mockllm: the base URL ends in /v1, as in "
            "/v1/chat/completions or /SCENARIO/v1/chat/completions."
        )
        raise ApiError(404, message)
    return _named(first), f"/{tail}"


def _in_key(call: Call) -> _Named:
    """What the key names. Only one with an `@` is an address: `sk-mock-key` is a key like any other."""
    key = call.key()
    return _named(key.removeprefix(_KEY_PREFIX)) if key.startswith(_KEY_PREFIX) and "@" in key else ("", "")


def _in_model(call: Call) -> _Named:
    """What the model names. Bodies are read here only if the prefix may be in them."""
    if b"mockllm" not in call.body:
        return "", ""
    try:
        body = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        return "", ""
    model = body.get("model") if isinstance(body, dict) else None
    return _named(model.removeprefix(_MODEL_PREFIX)) if isinstance(model, str) and is_address(model) else ("", "")


def _named(text: str) -> _Named:
    name, _, run = text.partition("@")
    return name, run
