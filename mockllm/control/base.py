"""What every operation of the control API is made of.

Here: `Operation`, one row of the table; `Ask` and `Answer`, the forms of what goes in and what comes out; and
`ControlError`, the one form of an error (RFC 9457). Not here: the operations themselves (one file for each subject),
who does them (`net/control/`), who asks for them (`client/`), and their description for machines (`openapi.py`).
"""

import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from mockllm.errors import MockLLMError

PREFIX = "/_mockllm"
"""Where the control API begins; no scenario can have a name that begins like this."""

MOST_WAIT_S = 300.0
"""The longest that a call may wait for something to happen."""

MOST_NAME = 200
"""The longest name of anything."""

PROBLEM = "application/problem+json"
"""The content type of a refusal (RFC 9457 §3)."""

Method = Literal["GET", "POST", "PUT", "DELETE"]

_IN_PATH = re.compile(r"\{(\w+)\}")


class Ask(BaseModel):
    """What an operation is asked with.

    Fields that the operation's path names come from the path. Of a method without a body the others are the query;
    with one they are its keys, unless `whole` names the field that is the body itself: then they are the query too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    whole: ClassVar[str | None] = None


class Answer(BaseModel):
    """What an operation tells."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Nothing(Ask):
    """An operation that needs to know nothing."""


class Text(Answer):
    """An answer that is no JSON."""

    text: str


class Stream(Answer):
    """An answer that goes on until somebody leaves: bytes as they come."""

    parts: AsyncGenerator[bytes]


Name = Annotated[str, Field(min_length=1, max_length=MOST_NAME)]
"""The name of a scenario, a gate, a rule or a namespace."""

Asked = TypeVar("Asked", bound=Ask)
Told = TypeVar("Told", bound=Answer)


@dataclass(frozen=True, slots=True)
class Operation(Generic[Asked, Told]):
    """One row of the table: a method and a path below `PREFIX`, what it takes and what it tells.

    `refuses` are the statuses with which it may refuse, besides those that any operation has. A `public` operation
    needs no token. `media` is the content type of an answer that is no JSON, and `notes` is what there is to say of it.
    """

    name: str
    method: Method
    path: str
    about: str
    asks: type[Asked]
    tells: type[Told]
    refuses: tuple[int, ...] = ()
    public: bool = False
    media: str = "application/json"
    notes: str = ""

    @property
    def in_path(self) -> tuple[str, ...]:
        """The fields that the path names, in its order."""
        return tuple(_IN_PATH.findall(self.path))

    @property
    def in_body(self) -> tuple[str, ...]:
        """The fields that the body has, or the one that is the body."""
        if self.asks.whole is not None:
            return (self.asks.whole,)
        if self.method not in {"POST", "PUT"}:
            return ()
        return tuple(name for name in self.asks.model_fields if name not in self.in_path)

    @property
    def in_query(self) -> tuple[str, ...]:
        """The fields that the query has."""
        return tuple(name for name in self.asks.model_fields if name not in {*self.in_path, *self.in_body})


class Problem(BaseModel):
    """Why an operation was refused (RFC 9457 §3.1).

    `code` is what a program tells one refusal from another by; `errors` are the single faults of what was given, if
    there are several.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    errors: tuple[str, ...] = ()


class ControlError(MockLLMError):
    """An operation that cannot be done, before it is an answer; on the client's side, after it was one."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: tuple[str, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__("\n".join((detail, *errors)))
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})

    def problem(self) -> Problem:
        """The refusal as its JSON."""
        return Problem(
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            detail=self.detail,
            code=self.code,
            errors=self.errors,
        )

    @classmethod
    def of(cls, problem: Problem) -> "ControlError":
        """The refusal that this JSON tells of."""
        return cls(problem.status, problem.code, problem.detail, errors=problem.errors)


AnyOperation = Operation[Any, Any]
"""An operation, whatever it takes and tells."""
