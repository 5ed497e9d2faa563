"""Fixtures of other tools as scenarios.

Here: the table of formats. Each is a pure function from the text of a file to an `Imported`, in a file of its own,
which says what it takes and what it cannot. Not here: reading and writing files (`cli/import.py`).
"""

from collections.abc import Callable, Mapping

from mockllm.importers.aimock import from_aimock
from mockllm.importers.base import Imported
from mockllm.importers.har import from_har
from mockllm.importers.llmposter import from_llmposter
from mockllm.importers.mock_llm import from_mock_llm

FORMATS: Mapping[str, Callable[[str], Imported]] = {
    "aimock": from_aimock,
    "mock-llm": from_mock_llm,
    "llmposter": from_llmposter,
    "har": from_har,
}
"""Every format by the name that the command line has for it."""

__all__ = ["FORMATS", "Imported", "from_aimock", "from_har", "from_llmposter", "from_mock_llm"]
