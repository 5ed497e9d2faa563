"""The scenarios a server can play, by name.

Here: an index from name to scenario, read when it is first asked for. A file's name without its suffix is the
scenario's name. Not here: reading a file (`load.py`) and watching it for changes (`net/`).
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mockllm.errors import ApiError, Problem, ScenarioError
from mockllm.scenario.base import nearest
from mockllm.scenario.document import Scenario
from mockllm.scenario.load import load_file

SUFFIXES = frozenset({".yaml", ".yml"})
_PREFERRED = ("default", "hello")
_MOST_NAMED = 40


@dataclass(frozen=True, slots=True)
class Entry:
    """A scenario file and the folder it was found under."""

    path: Path
    root: Path

    @property
    def group(self) -> str:
        """The folder of the file below its root, such as `retries`; `.` for the root itself."""
        return self.path.parent.relative_to(self.root).as_posix()


class Library:
    """Scenarios by name: files, read and checked on first use, and scenarios given as values."""

    def __init__(self, entries: Mapping[str, Entry] | None = None, scenarios: Iterable[Scenario] = ()) -> None:
        self._entries = dict(entries or {})
        self._loaded = {scenario.name: scenario for scenario in scenarios}
        self._default = next(iter(self._loaded), None)
        self._wrong: dict[str, tuple[Problem, ...]] = {}
        self.revision = 0  # counts the changes of what is here

    @classmethod
    def of_paths(cls, paths: Iterable[Path]) -> "Library":
        """The scenario files at these paths and, for folders, below them. What begins with a dot is left out.

        Raises ScenarioError for a path that is missing or is not a scenario file, for a link that leads nowhere or out
        of its folder, and for a file that bears the name of another.
        """
        entries: dict[str, Entry] = {}
        problems: list[Problem] = []
        for path in paths:
            for entry in _entries(path, problems):
                name = entry.path.stem
                if name in entries and entries[name].path != entry.path:
                    message = f"two files have the scenario name '{name}': {entries[name].path} too; rename one"
                    problems.append(Problem(message, source=str(entry.path)))
                entries[name] = entry
        if problems:
            raise ScenarioError(tuple(problems))
        return cls(entries)

    @classmethod
    def gallery(cls) -> "Library":
        """The scenarios that come with the package."""
        return cls.of_paths([gallery_path()])

    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(sorted({*self._entries, *self._loaded}))

    def entries(self) -> Mapping[str, Entry]:
        """The files by name."""
        return dict(self._entries)

    def get(self, name: str) -> Scenario:
        """The scenario of this name. Raises ApiError 404 if there is none and ScenarioError if its file is wrong."""
        if (scenario := self._loaded.get(name)) is not None:
            return scenario
        if (entry := self._entries.get(name)) is None:
            hint = nearest(name, list(self.names()))
            message = f"mockllm: there is no scenario '{name}': {hint}known: {self._known()}"
            raise ApiError(404, message, code="no_such_scenario")
        try:
            self._loaded[name] = scenario = self._read(entry.path)
        except ScenarioError as error:
            self._spoil(name, error)
            raise
        return scenario

    def knows(self, name: str) -> bool:
        """Whether a version of this scenario was read and can be served."""
        return name in self._loaded

    def wrong(self) -> tuple[str, ...]:
        """The names of the files that were found wrong when they were last read, sorted."""
        return tuple(sorted(self._wrong))

    def default(self) -> Scenario:
        """What `BASE/v1` serves: the scenario given first, the only file, or the one named `default` or `hello`.

        Raises ApiError 404 when several files leave no choice.
        """
        if self._default is not None:
            return self.get(self._default)
        for name in (*_PREFERRED, *(self._entries if len(self._entries) == 1 else ())):
            if name in self._entries:
                return self.get(name)
        message = "mockllm: which scenario? Name it in the URL, as in /NAME/v1, or call one 'default'"
        raise ApiError(404, f"{message}. Known: {self._known()}", code="no_default_scenario")

    def _known(self) -> str:
        names = self.names()
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        return (", ".join(names[:_MOST_NAMED]) or "none") + more

    def edition(self, name: str) -> str:
        """What tells the scenario that is here from others that had its name before; the same in every process."""
        del name
        return ""

    def _read(self, path: Path) -> Scenario:
        """The scenario in a file. Raises ScenarioError if it cannot be used here."""
        return load_file(path)

    def _spoil(self, name: str, error: ScenarioError) -> None:
        if self._wrong.get(name) != error.problems:
            self._wrong[name] = error.problems
            self.revision += 1

    def put(self, scenario: Scenario, *, default: bool = True) -> None:
        """Add or replace a scenario, which becomes the default unless that is not wanted."""
        self.revision += 1
        self._wrong.pop(scenario.name, None)
        self._loaded[scenario.name] = scenario
        if default:
            self._default = scenario.name

    def remove(self, name: str) -> None:
        """Take away a scenario that was put here; a file of that name is served again."""
        self.revision += 1
        self._loaded.pop(name, None)
        if self._default == name:
            self._default = None

    def forget(self, name: str) -> None:
        """Read the file of this name anew when it is next asked for."""
        if name in self._entries:
            self._loaded.pop(name, None)


def gallery_path() -> Path:
    """The folder of the gallery: inside an installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "gallery"
    return installed if installed.is_dir() else package.parent / "scenarios"


def _entries(path: Path, problems: list[Problem]) -> Iterable[Entry]:
    """The entries at a path. Links stay links, so that a file that is replaced behind one is found again."""
    root = path.absolute()
    if root.is_file():
        if root.suffix in SUFFIXES:
            yield Entry(root, root.parent)
        else:
            problems.append(Problem("not a scenario file: its name must end in .yaml or .yml", source=str(path)))
    elif root.is_dir():
        for file in sorted(_files(root)):
            if (objection := _objection(file, root)) is not None:
                problems.append(Problem(objection, source=str(file)))
            elif file.is_file():
                yield Entry(file, root)
    else:
        problems.append(Problem("there is no such file or folder: check its name", source=str(path)))


def _files(root: Path) -> Iterator[Path]:
    """What bears the name of a scenario file below a folder."""
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if name.endswith(tuple(SUFFIXES)) and not name.startswith("."):
                yield Path(folder, name)


def _objection(file: Path, root: Path) -> str | None:
    """What is wrong with a file below the root, where it is a link: only a link can lead out of there, or nowhere."""
    if not file.is_symlink():
        return None
    if not file.exists():
        return "this link leads nowhere: remove it, or restore the file"
    if not file.resolve().is_relative_to(root.resolve()):
        return "this link leads out of the scenario folder: copy the file into it"
    return None
