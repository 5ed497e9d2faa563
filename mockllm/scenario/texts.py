"""The values that several parts of an answer have: texts, arguments, counts.

Here: their types. Not here: the parts themselves (`content.py`, `hosted.py`).
"""

from collections.abc import Mapping
from typing import Annotated, TypeAlias

from pydantic import Field

from mockllm.scenario.base import Integer, JSONValue, Shaped

Text: TypeAlias = Annotated[str | tuple[str, ...], Shaped("a text", "a list of texts, which are its tokens")]
"""A text, which is cut into tokens, or the tokens themselves as a list."""

Arguments: TypeAlias = Annotated[
    Mapping[str, JSONValue] | str | tuple[str, ...],
    Shaped("a mapping", "a text", "a list of texts, which are its tokens"),
]
"""The arguments of a call: a mapping, or the text as it is sent."""

Count = Annotated[Integer, Field(ge=0)]
"""A whole number, zero or more."""
