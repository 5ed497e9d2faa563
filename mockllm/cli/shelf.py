"""The scenarios of a server whose files may change while it serves.

Here: what changed on disk since the last look, and a library that takes it up. Not here: waiting for changes
(`watch.py`) and telling of them (`serve.py`).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mockllm.errors import Problem, ScenarioError
from mockllm.scenario.document import Scenario
from mockllm.scenario.library import Entry, Library


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one scenario. `problems` are why a file was not taken up: `kept` and `broken` have some."""

    name: str
    kind: Literal["added", "reloaded", "removed", "kept", "broken"]
    problems: tuple[Problem, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.name}{_REMARKS.get(self.kind, '')}"


_REMARKS = {"kept": ": its new version is wrong, so the old one is served", "broken": ": it is not served"}


class Shelf(Library):
    """A library over files that may change. A scenario that did not change stays the same object, and keeps its
    state.
    """

    def __init__(self, entries: Mapping[str, Entry] | None = None, scenarios: Iterable[Scenario] = ()) -> None:
        super().__init__(entries, scenarios)
        self._contents = {name: _content(entry.path) for name, entry in self._entries.items()}
        self._editions = dict(self._contents)

    def refresh(self, paths: Sequence[Path]) -> list[Change]:
        """Take up every file that is new, different or gone.

        A file that is wrong leaves the old version in place. Raises ScenarioError, and changes nothing, if the files
        cannot stand together.
        """
        found = Library.of_paths(path for path in paths if path.exists()).entries()
        gone = [self._remove(name) for name in sorted(self._entries.keys() - found.keys())]
        taken = (self._take(name, entry) for name, entry in sorted(found.items()))
        return [*gone, *(change for change in taken if change is not None)]

    def edition(self, name: str) -> str:
        """What tells one content of the file from another."""
        return self._editions.get(name, b"").hex()

    def problems(self) -> list[Problem]:
        """What is wrong with any file; those with which nothing is need not be read again."""
        found: list[Problem] = []
        for name in self._entries:
            try:
                self.get(name)
            except ScenarioError as error:
                found += error.problems
        return found

    def _remove(self, name: str) -> Change:
        del self._entries[name], self._contents[name]
        self._loaded.pop(name, None)
        self._wrong.pop(name, None)
        self.revision += 1
        return Change(name, "removed")

    def _take(self, name: str, entry: Entry) -> Change | None:
        content = _content(entry.path)
        is_new = name not in self._entries
        if not is_new and self._contents[name] == content:
            self._entries[name] = entry
            return None
        self._entries[name], self._contents[name] = entry, content
        self.revision += 1
        try:
            self._loaded[name] = self._read(entry.path)
        except ScenarioError as error:
            self._spoil(name, error)
            return Change(name, "kept" if name in self._loaded else "broken", error.problems)
        self._editions[name] = content
        self._wrong.pop(name, None)
        return Change(name, "added" if is_new else "reloaded")


def _content(path: Path) -> bytes:
    """What tells one content of a file from another; times do not, where a file is written twice in a moment."""
    try:
        return hashlib.blake2b(path.read_bytes()).digest()
    except OSError:
        return b""
