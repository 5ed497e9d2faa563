"""What the importers share: their result, the errors, and small steps of reading.

Not here: any format.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockllm.errors import MockLLMError, ScenarioError
from mockllm.scenario.reader import read
from mockllm.units import found

Mapped = dict[str, Any]


class ImportFailedError(MockLLMError):
    """A file that is not in the format that was named."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A scenario as plain data, and what of the fixtures it does not say, one sentence each."""

    document: Mapped
    left_out: tuple[str, ...] = ()


def parsed(text: str) -> Any:
    """The value of a JSON or YAML text. Raises ImportFailedError if it is neither."""
    try:
        return read(text, source="FILE").value
    except ScenarioError as error:
        raise ImportFailedError(str(error)) from None


def entries(value: Any, key: str) -> Sequence[Mapping[str, Any]]:
    """The list under this key. Raises ImportFailedError if there is none, or if it has something else than mappings."""
    listed = value.get(key) if isinstance(value, Mapping) else None
    if not isinstance(listed, list) or not all(isinstance(entry, Mapping) for entry in listed):
        raise ImportFailedError(f"expected a mapping with a list of mappings under '{key}', found {found(value)}")
    return listed


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is a mapping, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def milliseconds(value: Any) -> str:
    """A number of milliseconds as a duration."""
    return f"{round(float(value) * 1_000)}us"


def unknown(number: int, where: str, value: Mapping[str, Any], known: frozenset[str]) -> list[str]:
    """A sentence for each key that is not taken."""
    return [f"fixture {number}: {where}{key} is left out" for key in value if key not in known]
