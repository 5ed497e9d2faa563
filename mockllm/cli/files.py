"""Scenarios from what is written on a command line: paths, and names of the gallery.

Here: finding and reading them, with every problem and the nearest spelling of what is not there. Not here: the index
of names (`scenario/library.py`) and the reading of one file (`scenario/load.py`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from mockllm.errors import ApiError, MockLLMError, Problem, ScenarioError
from mockllm.scenario.base import nearest
from mockllm.scenario.document import Scenario
from mockllm.scenario.library import SUFFIXES, Library
from mockllm.scenario.load import load_file


def files_at(path: Path) -> list[Path]:
    """The scenario files at a path: itself, or those below the folder.

    Raises ScenarioError if there are none, and for what `Library.of_paths` refuses.
    """
    if not path.exists():
        beside = sorted(other.name for other in path.parent.iterdir()) if path.parent.is_dir() else []
        message = f"there is no such file or folder: {nearest(path.name, beside)}check the path"
        raise ScenarioError((Problem(message, source=str(path)),))
    files = [entry.path for entry in Library.of_paths([path]).entries().values()]
    if not files:
        message = "no scenario files are in this folder: their names end in .yaml or .yml"
        raise ScenarioError((Problem(message, source=str(path)),))
    return files


def problems_at(paths: Iterable[Path]) -> tuple[list[Path], list[Problem]]:
    """The scenario files at these paths, and every problem of any of them and of all together.

    Files in a folder that cannot stand together are not read.
    """
    files: dict[Path, None] = {}
    found: dict[Problem, None] = {}
    there: list[Path] = []

    def note(error: ScenarioError) -> None:
        found.update(dict.fromkeys(map(shown, error.problems)))

    for path in paths:
        try:
            files.update(dict.fromkeys(files_at(path)))
            there.append(path)
        except ScenarioError as error:
            note(error)
    for file in files:
        try:
            load_file(file)
        except ScenarioError as error:
            note(error)
    try:
        Library.of_paths(there)
    except ScenarioError as error:
        note(error)
    return list(files), list(found)


def library_of(paths: Sequence[Path]) -> Library:
    """The scenarios at these paths, or the gallery if there are none. Raises ScenarioError for a wrong path."""
    for path in paths:
        files_at(path)
    return Library.of_paths(paths) if paths else Library.gallery()


def scenario_at(name: str, paths: Sequence[Path]) -> Scenario:
    """The scenario in a file, or the one of this name at the paths or in the gallery.

    Raises MockLLMError, with the nearest spelling if there is no such file or name.
    """
    path = Path(name)
    if path.is_file():
        return load_file(path)
    if path.suffix in SUFFIXES or len(path.parts) > 1:
        files_at(path)
        raise MockLLMError(f"{name} is a folder: name one scenario file in it")
    library = library_of(paths)
    try:
        return library.get(name)
    except ScenarioError as error:
        raise ScenarioError(tuple(map(shown, error.problems))) from None
    except ApiError as error:
        raise MockLLMError(error.message) from None


def shown(problem: Problem) -> Problem:
    """The problem with its file named from the working directory, if it is below it."""
    source, here = Path(problem.source), Path.cwd()
    if source.is_absolute() and source.is_relative_to(here):
        return replace(problem, source=str(source.relative_to(here)))
    return problem
