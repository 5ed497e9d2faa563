"""What an endpoint says when it refuses, and when to try again.

Here: `error: CODE` or its parts, and the forms of `retry_after`. Not here: the table of known codes (`catalogue.py`)
and what becomes of it on the wire (`answer.py`).
"""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, GetJsonSchemaHandler, TypeAdapter, field_validator, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from mockllm.catalogue import KNOWN_ERRORS
from mockllm.scenario.base import Authored, Integer, either, found, nearest
from mockllm.scenario.content import Count
from mockllm.units import Duration, parse_duration, refusal

_LONGEST_S = 86_400
_RETRY_FORMS = "none, {ms: 1500}, {date: 30s} or {raw: soon}"


def _checked_wait(text: str) -> str:
    try:
        parse_duration(text)
    except ValueError as error:
        raise refusal(f"{error}; or write a number of seconds, {_RETRY_FORMS}") from None
    return text


def _seconds_text(seconds: float) -> str:
    """A number of seconds with its unit; part of a microsecond counts as a whole one."""
    if not 0 <= seconds <= _LONGEST_S:
        raise refusal(f"{found(seconds)} seconds is no time to wait: write a number from 0 to {_LONGEST_S}")
    return f"{math.ceil(Decimal(str(seconds)) * 1_000_000)}us"


class RetryAfter(Authored):
    """When to try again, in one of the forms that real servers use."""

    ms: Count | None = Field(default=None, description="the retry-after-ms header")
    date: Duration | None = Field(default=None, description="an HTTP date this long after the request")
    raw: str | None = Field(default=None, description="the retry-after header as it is, sense or nonsense")
    after: Duration | None = Field(default=None, description="seconds, rounded up")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        """`1.5s` and a number of seconds both mean `after`; `none` sends no header."""
        match value:
            case Mapping():
                return value
            case "none":
                return {}
            case str():
                return {"after": _checked_wait(value)}
            case int() | float() if not isinstance(value, bool):
                return {"after": _seconds_text(value)}
        raise refusal(f"expected a time to wait, found {found(value)}: write 1s, a number of seconds, {_RETRY_FORMS}")

    @model_validator(mode="after")
    def _one_header(self) -> Self:
        given = [name for name in ("date", "raw", "after") if getattr(self, name) is not None]
        if len(given) > 1:
            raise refusal(f"{' and '.join(given)} set the same header, retry-after: keep one")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        seconds = {"type": "number", "minimum": 0, "maximum": _LONGEST_S}
        return either(handler(schema), TypeAdapter(Duration).json_schema(), seconds, {"const": "none"})


class ErrorSpec(Authored):
    """A refusal. A known code fills in what is left out, exactly as the real service does."""

    shorthand: ClassVar[str | None] = "code"

    code: str | None = None
    status: Annotated[Integer, Field(ge=300, le=999)] | None = None
    type: str | None = None
    param: str | None = None
    message: str | None = None
    retry_after: RetryAfter | None = Field(
        default=None, description="1s, a number of seconds, none, {ms:}, {date:}, {raw:}"
    )
    headers: Mapping[str, str] = Field(default_factory=dict)

    @field_validator("code", mode="before")
    @classmethod
    def _is_word(cls, value: Any) -> Any:
        if value == "":
            raise refusal("the code is empty: leave it out for a null code")
        if isinstance(value, (int, float)):
            told = f"expected a code such as rate_limit_exceeded, found {found(value)}"
            raise refusal(f"{told}: a status is written {{status: 500}}")
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.status is None and self.code not in KNOWN_ERRORS:
            known = ", ".join(KNOWN_ERRORS)
            if self.code is None:
                raise refusal(f"an error needs a status or a known code; the known codes are {known}")
            hint = nearest(self.code, list(KNOWN_ERRORS))
            raise refusal(f"unknown error code '{self.code}': {hint}give its status too, or use one of {known}")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        known: JsonSchemaValue = {"enum": list(KNOWN_ERRORS)}
        full = handler(schema)
        full["properties"]["code"]["anyOf"].insert(0, known)
        status = {"properties": {"status": {"type": "integer"}}, "required": ["status"]}
        full["anyOf"] = [{"properties": {"code": known}, "required": ["code"]}, status]
        return either(full, known)
