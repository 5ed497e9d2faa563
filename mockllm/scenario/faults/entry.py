"""How a fault is written: one key that is its kind, or a name that another tool has for it.

Here: the annotation of an entry, by which an alias becomes the fault that it means. Not here: the faults and the
aliases that there are (`__init__.py`).
"""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import ValidationInfo
from pydantic.json_schema import JsonSchemaValue

from mockllm.scenario.base import Authored
from mockllm.scenario.faults.base import Fault
from mockllm.scenario.keyed import Keyed


class FaultEntry(Keyed):
    """The annotation of a fault. `names` are the faults and the aliases by their kinds, `words` the aliases that may
    stand alone.
    """

    def __init__(self, names: Mapping[str, type[Authored]], words: Collection[str]) -> None:
        super().__init__("fault", names)
        self._words = words

    def _read(self, value: Any, info: ValidationInfo) -> Any:
        entry = super()._read(value, info)
        return entry if isinstance(entry, Fault) else super()._read(entry.written(), info)

    def _wrap(self, value: Any) -> Any:
        return super()._wrap({value: {}} if isinstance(value, str) and value in self._words else value)

    def _plain(self) -> tuple[JsonSchemaValue, ...]:
        return ({"enum": list(self._words)},)
