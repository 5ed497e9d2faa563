"""Texts with `{{ ... }}` in them as functions of words.

Here: everything that profiles know of Jinja, in a sandbox. `value.py` imports this module when it meets the first such
text, because Jinja is slow to import. Not here: the words (`value.py`).
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeAlias

from jinja2 import ChainableUndefined, TemplateError, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mockllm.scenario.base import found
from mockllm.units import refusal

_WHOLE = re.compile(r"\{\{((?:(?!\{\{).)*)\}\}", re.DOTALL)

Expression: TypeAlias = Callable[[Mapping[str, Any]], Any]


def compiled(text: str, nothing: object) -> Expression:
    """What makes a value of words; `nothing` is what an undefined one becomes. Raises a refusal for a text that is no
    template.
    """
    try:
        if (whole := _WHOLE.fullmatch(text)) is None:
            return _environment().from_string(text).render
        evaluate = _environment().compile_expression(whole[1], undefined_to_none=False)
    except TemplateError as error:
        raise refusal(f"{found(text)} is no template: {error}") from None

    def value(words: Mapping[str, Any]) -> Any:
        made = evaluate(words)
        return nothing if isinstance(made, Undefined) else made

    return value


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(undefined=ChainableUndefined, keep_trailing_newline=True)
