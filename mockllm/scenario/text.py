"""Tests of texts, the parts that matchers are made of, and the reasons they give.

Here: `TextMatch`, lists of names, and `Difference`, one reason why a request does not match. Look next at `match.py`,
which uses these on the parts of a request. Not here: requests.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, field_validator

from mockllm.scenario.base import Authored, found
from mockllm.units import refusal


def listed_texts(value: object) -> object:
    """A list of texts, or one text as a list of one; all else is refused."""
    if not isinstance(value, (str, list, tuple)):
        raise refusal(f"expected a text or a list of texts, found {found(value)}")
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(listed_texts, json_schema_input_type=str | list[str])]
"""One name or a list of them; `*` and `?` stand for any characters and any one character."""

Wanted = Annotated[
    tuple[str, ...], Field(min_length=1), BeforeValidator(listed_texts, json_schema_input_type=str | list[str])
]
"""One or several names or texts that a request must have."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One reason why a request does not match: the matcher, what it wants, what the request has."""

    path: str
    wanted: str
    found: str

    def __str__(self) -> str:
        return f"{self.path}: wanted {self.wanted}, found {self.found}"

    def under(self, prefix: str) -> "Difference":
        """The same difference, inside the matcher named by the prefix."""
        joint = "." if self.path and not self.path.startswith("[") else ""
        return Difference(f"{prefix}{joint}{self.path}", self.wanted, self.found)


class TextMatch(Authored):
    """A test of a text. All the tests given must hold; a plain string is `contains`."""

    shorthand: ClassVar[str | None] = "contains"

    equals: str | None = Field(default=None, description="the whole text")
    contains: Wanted | None = Field(default=None, description="a part of the text, or several that must all be there")
    regex: str | None = Field(default=None, description="a regular expression found anywhere in the text")

    @field_validator("regex")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except (re.error, OverflowError, RecursionError) as error:
            raise refusal(f"{found(value)} is not a regular expression: {error}") from None
        return value

    def text_differences(self, text: str) -> Iterator[Difference]:
        """Why this text does not pass."""
        if self.equals is not None and text != self.equals:
            yield Difference("", f"exactly {found(self.equals)}", found(text))
        for part in self.contains or ():
            if part not in text:
                yield Difference("", f"a text with {found(part)}", found(text))
        if self.regex is not None and re.search(self.regex, text) is None:
            yield Difference("", f"a text that matches /{self.regex}/", found(text))


def fits(value: str, pattern: str) -> bool:
    """Whether the value has the form of a name with `*` and `?`; brackets are ordinary characters."""
    return fnmatchcase(value, pattern.replace("[", "[[]"))
