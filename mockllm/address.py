"""Which scenario and which namespace a call is for.

Here: the forms of a URL: `BASE/v1` is the default scenario, `BASE/NAME/v1` another one, `BASE/NAME@RUN/v1` an
isolated run of it. Not here: what is served there (`engine.py`) and where scenarios come from
(`scenario/library.py`).
"""

from dataclasses import dataclass

from mockllm.errors import ApiError
from mockllm.request import Call
from mockllm.scenario.document import Scenario
from mockllm.scenario.library import Library

VERSION = "v1"


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
    """The address of a call.

    Raises ApiError 404 for a path that is under no base or that names an unknown scenario, and ScenarioError for a
    scenario that does not load.
    """
    first, _, rest = call.path.removeprefix("/").partition("/")
    if first == VERSION:
        return Address(library.default(), "", f"/{rest}")
    version, _, tail = rest.partition("/")
    if version != VERSION:
        message = (
            f"Invalid URL ({call.method} {call.path}). mockllm: the base URL ends in /v1, as in "
            "/v1/chat/completions or /SCENARIO/v1/chat/completions."
        )
        raise ApiError(404, message)
    name, _, run = first.partition("@")
    return Address(library.get(name) if name else library.default(), run, f"/{tail}")
