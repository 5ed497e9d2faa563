"""The files of a recording: one exchange more is one whole scenario more.

Here: where a recording is kept, and how it stays valid whenever it is interrupted: a cassette only grows by whole
lines, and the scenario is written beside its place and then put there. Not here: what is written (`recording/`).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mockllm.cassette import Tape, line_of, tapes_of
from mockllm.errors import MockLLMError, ScenarioError
from mockllm.recording.book import Book
from mockllm.recording.redact import Redaction
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_file
from mockllm.scenario.reader import read, read_file


class Taping:
    """A scenario file that is recorded to. With `again` what it has is kept, and with a cassette the answers are in a
    file of the same name that ends in `.jsonl`.

    Raises ScenarioError for a file that is wrong.
    """

    def __init__(self, path: Path, library: Library, redaction: Redaction, *, cassette: bool, again: bool) -> None:
        self.path = path
        self._library = library
        self._cassette = path.with_suffix(".jsonl")
        document = _document(path, library) if again and path.exists() else {}
        kept = 0
        if cassette and document and self._cassette.exists():
            data = self._cassette.read_bytes()
            kept = len(tapes_of(data, self._cassette.name))
            self._trim(data.rfind(b"\n") + 1)
        elif cassette:
            self._cassette.unlink(missing_ok=True)
        name = self._cassette.name if cassette else None
        self._book = Book.of(document, redaction, name, kept) if document else Book(redaction, cassette=name)

    def record(self, tape: Tape) -> None:
        """Add an exchange. Raises MockLLMError if it cannot be kept; then the files are as they were."""
        added = self._book.add(tape)
        if added is None:
            raise MockLLMError("no scenario can answer this path, so it is only passed on")
        book, clean = added
        text = book.text()
        try:
            read(text, source=str(self.path))
        except ScenarioError as error:
            raise MockLLMError(f"the scenario would be too large ({error}): record with --cassette") from None
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if book.cassette is not None:
            with self._cassette.open("ab") as file:
                file.write(line_of(clean))
        beside = self.path.with_name(f".{self.path.name}.part")
        beside.write_text(text, encoding="utf-8")
        beside.replace(self.path)
        self._book = book
        self._library.put(load_file(self.path))

    def _trim(self, size: int) -> None:
        """Take away a line that was interrupted."""
        with self._cassette.open("r+b") as file:
            file.truncate(size)


def _document(path: Path, library: Library) -> Mapping[str, Any]:
    """The scenario that is in the file already, as plain data."""
    library.put(load_file(path))
    value = read_file(path).value
    assert isinstance(value, Mapping), "the loader takes nothing else"
    return value
