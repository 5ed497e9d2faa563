"""Text, files and plain values become scenarios; what is wrong with them becomes problems with a place.

Here: the loader. Not here: YAML itself (`reader.py`), the words of each problem (`words.py` and the classes that
refuse) and the JSON Schema of the language (`schema.py`).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mockllm.errors import Problem, ScenarioError
from mockllm.scenario.document import Scenario
from mockllm.scenario.pace.rhythm import FOLDER
from mockllm.scenario.reader import Document, NodePath, path_text, read, read_file
from mockllm.scenario.words import KEY
from mockllm.units import found


def load_file(path: Path) -> Scenario:
    """The scenario in a file; its name is the file's name without the suffix. Raises ScenarioError with every
    problem.
    """
    return _build(read_file(path), path)


def load_text(text: str, *, source: str = "<scenario>") -> Scenario:
    """The scenario in a YAML text. Raises ScenarioError with every problem."""
    return _build(read(text, source=source))


def load_value(value: Mapping[str, Any]) -> Scenario:
    """The scenario in a plain mapping. Raises ScenarioError with every problem."""
    return _build(Document(value, "<scenario>", {}))


def _build(document: Document, path: Path | None = None) -> Scenario:
    value = document.value
    if not isinstance(value, Mapping):
        message = f"a scenario is a mapping with keys such as name and rules, found {found(value)}"
        raise ScenarioError((_problem(document, message, ()),))
    problems: list[Problem] = []
    context: dict[str, Path] = {}
    if path is not None:
        problems += _misnamed(document, value, path.stem)
        value = {"name": path.stem, **value}
        context = {FOLDER: path.parent}
    scenario: Scenario | None = None
    try:
        scenario = Scenario.model_validate(value, context=context)
    except ValidationError as error:
        problems += _problems(document, error)
    if scenario is None or problems:
        in_order = sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))
        raise ScenarioError(tuple(dict.fromkeys(in_order)))
    return scenario


def _misnamed(document: Document, value: Mapping[str, object], name: str) -> Iterator[Problem]:
    given = value.get("name", name)
    if isinstance(given, str) and given != name:
        message = f"the name is '{given}' but the file is '{name}': URLs use the file's name, so make them agree"
        yield _problem(document, message, ("name",))


def _problems(document: Document, error: ValidationError) -> Iterator[Problem]:
    for details in error.errors(include_url=False, include_context=False):
        yield _problem(document, details["msg"], details["loc"], at_key=details["type"] == KEY)


def _problem(document: Document, message: str, path: NodePath, *, at_key: bool = False) -> Problem:
    mark = document.key_mark(path) if at_key else document.value_mark(path)
    line, column = (mark.line, mark.column) if mark is not None else (None, None)
    return Problem(message, path_text(path), document.source, line, column)
