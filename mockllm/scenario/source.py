"""From whatever a person calls a scenario to the scenario: a value, a mapping, a file, a YAML text, a name.

Here: telling these apart, and the search for a file. Not here: reading (`load.py`) and the index of names
(`library.py`).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from mockllm.errors import Problem, ScenarioError
from mockllm.scenario.base import found, nearest
from mockllm.scenario.document import Scenario
from mockllm.scenario.library import SUFFIXES, Library
from mockllm.scenario.load import load_file, load_text, load_value

Source: TypeAlias = Scenario | Mapping[str, Any] | Path | str
"""A scenario, or what `scenario_of` makes one of."""

_FORMS = (
    "give a Scenario, a mapping, a pathlib.Path, the name of a gallery scenario, a file name that ends in .yaml or has "
    "a slash, or a YAML text with a line break or ': '"
)


def scenario_of(source: Source, library: Library) -> Scenario:
    """The scenario that `source` means.

    A string with a line break or `: ` is YAML. One that ends in `.yaml` or `.yml`, or has a slash, is a file: below the
    working directory or else below the gallery, where its suffix may be left out. Any other string is a name in the
    library. Raises ScenarioError if there is no such file or name, naming the nearest, or if the scenario is wrong, and
    TypeError for anything else.
    """
    match source:
        case Scenario():
            return source
        case Path():
            return load_file(source)
        case str() if is_text(source):
            return load_text(source)
        case str() if "/" in source or Path(source).suffix in SUFFIXES:
            return load_file(_file(source, library))
        case str():
            return _named(source, library)
        case Mapping():
            return load_value(source)
    raise TypeError(f"{found(source)} is no scenario: {_FORMS}")


def path_of(source: Source, library: Library) -> Path | None:
    """The file that `source` means; None if it is no file: a value, a mapping, a YAML text, or a name without a file.

    Raises ScenarioError if there is no such file.
    """
    match source:
        case Path():
            return source
        case str() if is_text(source):
            return None
        case str() if "/" in source or Path(source).suffix in SUFFIXES:
            return _file(source, library)
        case str():
            entry = library.entries().get(source)
            return None if entry is None else entry.path
    return None


def is_text(source: str) -> bool:
    """Whether a string is YAML rather than a name."""
    return "\n" in source or ": " in source


def _file(source: str, library: Library) -> Path:
    """The file of this name. Raises ScenarioError with the nearest name if there is none."""
    path = Path(source)
    gallery = {f"{entry.group}/{entry.path.stem}": entry.path for entry in library.entries().values()}
    stem = str(path.with_suffix("")) if path.suffix in SUFFIXES else source
    for candidate in (path, *(path.with_name(path.name + suffix) for suffix in sorted(SUFFIXES))):
        if candidate.is_file():
            return candidate
    if stem in gallery:
        return gallery[stem]
    hint = nearest(source, [*_beside(path), *gallery])
    message = f"there is no such file in the working directory or in the gallery: {hint}{_FORMS}"
    raise ScenarioError((Problem(message, source=source),))


def _beside(path: Path) -> Iterator[str]:
    """The scenario files in the folder of a file that is not there."""
    if path.parent.is_dir():
        yield from (str(other) for other in sorted(path.parent.iterdir()) if other.suffix in SUFFIXES)


def _named(name: str, library: Library) -> Scenario:
    names = library.names()
    if name not in names:
        known = ", ".join(names) or "none"
        message = f"there is no scenario of this name: {nearest(name, list(names))}known: {known}; {_FORMS}"
        raise ScenarioError((Problem(message, source=name),))
    return library.get(name)
