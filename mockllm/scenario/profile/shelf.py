"""The profiles that there are, by name.

Here: reading the files of `mockllm/profiles/`, each when it is first asked for, and the type of a name. A profile is
added by adding a file. Not here: what is in a file (`document.py`).
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field, ValidationError

from mockllm.errors import Problem, ScenarioError
from mockllm.scenario.base import nearest
from mockllm.scenario.reader import Document, path_text, read_file
from mockllm.scenario.words import KEY
from mockllm.units import refusal

if TYPE_CHECKING:
    from mockllm.scenario.profile.document import Profile

DEFAULT = "openai"
"""The profile of the API itself, which changes nothing."""

_FOLDER = Path(__file__).resolve().parents[2] / "profiles"


@cache
def profile_names() -> tuple[str, ...]:
    """The names of all profiles, the default first."""
    names = sorted(path.stem for path in _FOLDER.glob("*.yaml"))
    return (DEFAULT, *(name for name in names if name != DEFAULT))


@cache
def profile_of(name: str) -> "Profile":
    """The profile of this name, one of `profile_names`."""
    return load_profile(_FOLDER / f"{name}.yaml")


def load_profile(path: Path) -> "Profile":
    """The profile in a file. Raises ScenarioError with every problem."""
    from mockllm.scenario.profile.document import Profile  # noqa: PLC0415 - most scenarios have no profile

    document = read_file(path)
    value = document.value
    if isinstance(value, Mapping) and isinstance(like := value.get("like"), str):
        value = {**_written(like), **value}
    try:
        return Profile.model_validate(value)
    except ValidationError as error:
        raise ScenarioError(tuple(_problems(document, error))) from None


def _written(name: str) -> Mapping[str, object]:
    """The keys of a profile as they are written."""
    value = read_file(_FOLDER / f"{_known(name)}.yaml").value
    return value if isinstance(value, Mapping) else {}


def _problems(document: Document, error: ValidationError) -> Iterator[Problem]:
    for details in error.errors(include_url=False, include_context=False):
        path = details["loc"]
        mark = document.key_mark(path) if details["type"] == KEY else document.value_mark(path)
        line, column = (mark.line, mark.column) if mark is not None else (None, None)
        yield Problem(details["msg"], path_text(path), document.source, line, column)


def _known(name: str) -> str:
    names = profile_names()
    if name not in names:
        hint = nearest(name, list(names))
        raise refusal(f"unknown profile '{name}': {hint}known: {', '.join(names)}")
    return name


ProfileName = Annotated[
    str, AfterValidator(_known), Field(json_schema_extra=lambda schema: schema.update(enum=list(profile_names())))
]
"""The name of a profile."""
