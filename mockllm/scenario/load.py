"""Text, files and plain values become scenarios; what is wrong with them becomes problems with a place.

Here: the loader and the JSON Schema of the language. Not here: YAML itself (`reader.py`) and the words of each
problem, which are with the classes that refuse.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mockllm.errors import Problem, ScenarioError
from mockllm.scenario.base import found
from mockllm.scenario.document import Scenario
from mockllm.scenario.reader import Document, path_text, read, read_file

Path_ = tuple[str | int, ...]


def load_file(path: Path) -> Scenario:
    """The scenario in a file; its name is the file's name without the suffix. Raises ScenarioError with every
    problem.
    """
    return _build(read_file(path), name=path.stem)


def load_text(text: str, *, source: str = "<scenario>") -> Scenario:
    """The scenario in a YAML text. Raises ScenarioError with every problem."""
    return _build(read(text, source=source))


def load_value(value: Mapping[str, Any]) -> Scenario:
    """The scenario in a plain mapping. Raises ScenarioError with every problem."""
    return _build(Document(value, "<scenario>", {}))


def _build(document: Document, *, name: str | None = None) -> Scenario:
    value = document.value
    if not isinstance(value, Mapping):
        message = f"a scenario is a mapping with keys such as name and rules, found {found(value)}"
        raise ScenarioError((_problem(document, message, ()),))
    if name is not None:
        if value.get("name", name) != name:
            message = (
                f"the name is '{value['name']}' but the file is '{name}': URLs use the file's name, so make them agree"
            )
            raise ScenarioError((_problem(document, message, ("name",)),))
        value = {**value, "name": name}
    try:
        return Scenario.model_validate(value)
    except ValidationError as error:
        problems = [_translated(details, document) for details in error.errors(include_url=False)]
        unique = dict.fromkeys(sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0)))
        raise ScenarioError(tuple(unique)) from None


def _problem(document: Document, message: str, path: Path_, *, key: bool = False) -> Problem:
    mark = document.key_mark(path) if key else document.value_mark(path)
    line, column = (mark.line, mark.column) if mark is not None else (None, None)
    return Problem(message, path_text(path), document.source, line, column)


def _translated(details: ErrorDetails, document: Document) -> Problem:
    """A validation error in our words, at its place in the document."""
    path, rest = _place(details["loc"], document.value)
    kind = details["type"]
    if rest and kind in {"missing", "scenario", "extra_forbidden"}:
        path = (*path, *rest[-1:]) if kind == "missing" else path
    message = _MESSAGES.get(kind, _as_told)(details)
    return _problem(document, message, path, key=kind in {"scenario", "extra_forbidden"} and _is_key(details, path))


def _is_key(details: ErrorDetails, path: Path_) -> bool:
    """Whether the problem is the key itself rather than its value."""
    return "unknown key" in details["msg"] and bool(path)


def _place(loc: Path_, value: object) -> tuple[Path_, Path_]:
    """The part of a location that is in the document, and the rest, which names classes or missing keys."""
    path: list[str | int] = []
    rest: list[str | int] = []
    for step in loc:
        try:
            value = value[step]  # type: ignore[index] # what cannot be indexed is not in the document
        except (TypeError, LookupError):
            rest.append(step)
        else:
            path.append(step)
            rest.clear()
    return tuple(path), tuple(rest)


def _as_told(details: ErrorDetails) -> str:
    message = details["msg"]
    return f"{message[0].lower()}{message[1:]}, found {found(details['input'])}"


_MESSAGES: Mapping[str, Any] = {
    "scenario": lambda details: details["msg"],
    "missing": lambda details: f"the key '{details['loc'][-1]}' is missing",
    "extra_forbidden": lambda details: f"unknown key '{details['loc'][-1]}'",
    "string_type": lambda details: f"expected a text, found {found(details['input'])}",
    "int_type": lambda details: f"expected a whole number, found {found(details['input'])}",
    "float_type": lambda details: f"expected a number, found {found(details['input'])}",
    "bool_type": lambda details: f"expected true or false, found {found(details['input'])}",
    "tuple_type": lambda details: f"expected a list, found {found(details['input'])}",
    "mapping_type": lambda details: f"expected a mapping, found {found(details['input'])}",
    "model_type": lambda details: f"expected a mapping, found {found(details['input'])}",
    "too_short": lambda _details: "the list is empty: give it at least one entry",
    "literal_error": lambda details: f"expected {details['ctx']['expected']}, found {found(details['input'])}",
}
