"""A profile: how the endpoint of one vendor differs from the API that it imitates, as data.

Here: the words of a profile file. It is made of the pieces that the language has for replies, grouped by what is
answered. Not here: the files and their names (`shelf.py`), what becomes of an answer (`mockllm/profiled.py`), and any
vendor: those are `mockllm/profiles/*.yaml`.
"""

import re
from collections import ChainMap
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, ClassVar
from urllib.parse import parse_qsl

from pydantic import AfterValidator, Field

from mockllm.scenario.base import Authored, Flag, Integer, JSONValue
from mockllm.scenario.faults import FAULTS, Fault
from mockllm.scenario.faults.payload.insert import Insert
from mockllm.scenario.keyed import Keyed, by_kind
from mockllm.scenario.match import Names
from mockllm.scenario.profile.events import Arguments, Thinking, Unnamed
from mockllm.scenario.profile.shape import Shape, Template
from mockllm.scenario.profile.steps import ErrorWords, Fold, InStream, WholeCalls
from mockllm.scenario.profile.value import NOTHING, Context, evaluate
from mockllm.units import refusal

_PARAMETER = re.compile(r"\{(\w+)\}")

Step = Annotated[Fault, Keyed("step", ChainMap(by_kind(Shape, WholeCalls, Fold, Thinking, Arguments, Unnamed), FAULTS))]
Steps = tuple[Step, ...]


def _is_path(path: str) -> str:
    if path and (not path.startswith("/") or path.endswith("/")):
        raise refusal(f"the base '{path}' must begin with a slash and end without one, such as /api/v1")
    return path


class Base(Authored):
    """A path under which the vendor has its endpoints. What stands in braces is given to requests that do not say it
    themselves, unless its name begins with `_`.
    """

    shorthand: ClassVar[str | None] = "path"

    path: Annotated[str, AfterValidator(_is_path)]
    query: Names = Field(default=(), description="parameters without which the path does not exist")

    @property
    def shown(self) -> str:
        """The path as people read it."""
        return self.path.replace("{_", "{") or "/"

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        escaped = _PARAMETER.sub(r"(?P<\1>[^/]+)", re.escape(self.path).replace(r"\{", "{").replace(r"\}", "}"))
        return re.compile(f"{escaped}(?P<_rest>/.*)")

    def find(self, path: str, query: str) -> tuple[str, tuple[tuple[str, str], ...]] | None:
        """The path under this base and what the braces stand for; None if the path is not under it."""
        found = self._pattern.fullmatch(path)
        if found is None or not {name for name, _ in parse_qsl(query, keep_blank_values=True)} >= set(self.query):
            return None
        given = tuple((name, value) for name, value in found.groupdict().items() if not name.startswith("_"))
        return found["_rest"], given


class Retold(Authored):
    """What is said in place of an error that the imitated API has. What is left out stays as it is there."""

    status: Annotated[Integer, Field(ge=300, le=999)] | None = None
    type: str | None = None
    code: str | Integer | None = None
    param: str | None = None
    message: Template = None


class Unknown(Authored):
    """What is answered under a path that the vendor does not have. Templates know `place`, such as
    POST /v1/responses.
    """

    shorthand: ClassVar[str | None] = "body"

    status: Annotated[Integer, Field(ge=200, le=999)] = 404
    body: Template = Field(description="the whole body: JSON, or a text that is sent as it is")
    content_type: str = "application/json"


class Errors(Authored):
    """How the vendor refuses. Templates know `error`, with message, type, param and code, `status`, `request_id` and
    `retry_after`, in seconds, if there is such a hint.
    """

    body: Template = Field(default=None, description="the whole body, in place of that of the imitated API")
    known: Mapping[str, Retold] = Field(
        default_factory=dict, description="what becomes of an error, by its code, or else by its status"
    )
    headers: Mapping[str, str | None] = Field(default_factory=dict, description="headers of errors; null for none")
    in_stream: ErrorWords | None = Field(default=None, description="a known error in the middle of a stream")
    unknown: Unknown | None = Field(default=None, description="the answer under a path that there is not")


class Shapes(Authored):
    """How answers of one API differ."""

    stream: Steps = Field(default=(), description="what is done to the events of a stream")
    body: Steps = Field(default=(), description="what is done to a plain body")


class Profile(Authored):
    """How the endpoint of one vendor differs from the API that it imitates."""

    about: str = Field(description="what this is, in a sentence")
    like: str | None = Field(default=None, description="another profile, whose keys hold where this one has none")
    source: Names = Field(default=(), description="where this is known from")
    uncertain: Names = Field(default=(), description="what is not known, or not surely")
    bases: tuple[Base, ...] = Field(default=(), description="paths that take the place of /v1")
    auth: Names = Field(default=("authorization", "api-key"), description="the headers in which a key may come")
    serves: Names = Field(
        default=(), description="the APIs that there are, by their names or as `files.*`; all if it names none"
    )
    models: Names = Field(default=(), description="the models that are listed if the scenario names none")
    listed: tuple[Shape, ...] = Field(default=(), description="the shape of each model in a list")
    asks: Mapping[str, JSONValue] = Field(
        default_factory=dict, description="what requests for a turn have whatever they say, such as stream_options"
    )
    keeps_headers: Flag = Field(default=False, description="whether the headers of the imitated API stay")
    headers: Mapping[str, str | None] = Field(default_factory=dict, description="headers of every answer")
    stream_headers: Mapping[str, str | None] = Field(default_factory=dict, description="headers of streams")
    errors: Errors = Field(default=Errors(), description="how it refuses")
    chat: Shapes = Field(default=Shapes(), description="Chat Completions")
    responses: Shapes = Field(default=Shapes(), description="Responses")
    completions: Shapes = Field(default=Shapes(), description="legacy completions")
    embeddings: Shapes = Field(default=Shapes(), description="embeddings")
    model_list: Shapes = Field(default=Shapes(), description="the list of models as a whole")

    def has(self, api: str) -> bool:
        """Whether the vendor has an API, by its name in `when: {api: ...}`."""
        return not self.serves or api in self.serves or f"{api.split('.', 1)[0]}.*" in self.serves

    def within(self, context: Context, steps: Steps, origin: str) -> tuple[Fault, ...]:
        """The steps, and what becomes of an error in a stream, with what they say of this very answer; they are asked
        for by the origin.
        """
        told = self.errors.in_stream
        ending = () if told is None else (InStream(words=told),)
        bound = (_within(context, step) for step in (*steps, *ending))
        return tuple(step.asked_by(origin) for step in bound if step is not None)

    def shapes(self, api: str) -> Shapes:
        """How answers of an API differ, by its name in `when: {api: ...}`."""
        name = _SHAPES.get(api)
        shapes: Shapes = Shapes() if name is None else getattr(self, name)
        return shapes


def _within(context: Context, step: Fault) -> Fault | None:
    """The step with what it says of this very answer; None for an event that is nothing."""
    match step:
        case Shape() | InStream():
            return step.within(context)
        case Insert(event=event) if event is not None:
            if (data := evaluate(event.data, context.words())) is NOTHING:
                return None
            return step.model_copy(update={"event": event.model_copy(update={"data": data})})
        case _:
            return step


_SHAPES: Mapping[str, str] = {
    "chat": "chat",
    "responses": "responses",
    "responses.retrieve": "responses",
    "responses.cancel": "responses",
    "completions": "completions",
    "embeddings": "embeddings",
    "models": "model_list",
}
