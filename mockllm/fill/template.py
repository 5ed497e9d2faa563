"""Templates in texts: `{{ request.model }}`, `{{ fake.name() }}`.

Here: rendering in a sandbox, with the request and seeded fake data in reach and nothing else. Not here: which texts
are templates (`content.py`). Source: Jinja2's SandboxedEnvironment, which refuses private attributes and unsafe
calls.
"""

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from mockllm.errors import MockLLMError
from mockllm.fill.prose import fake
from mockllm.request import Request
from mockllm.seeds import Seed

if TYPE_CHECKING:
    from jinja2 import Template as Compiled
    from jinja2.sandbox import ImmutableSandboxedEnvironment

_MARKS = ("{{", "{%", "{#")
_MOST_CHARACTERS = 4_000_000
_MOST_COMPILED = 4_096


def has_marks(text: str) -> bool:
    """Whether the text looks like a template."""
    return "{" in text and any(mark in text for mark in _MARKS)


class TemplateFailedError(MockLLMError):
    """A template that cannot be filled in for this request."""


class Template:
    """The filling in of the texts of one part of an answer."""

    def __init__(self, request: Request, seed: Seed, *, enabled: bool) -> None:
        self._request = request
        self._seed = seed.child("template")
        self._enabled = enabled
        self._rendered = 0

    def seeded(self, seed: Seed) -> "Template":
        """The same for another part, whose fake data do not depend on those of this one."""
        return Template(self._request, seed, enabled=self._enabled)

    def text(self, text: str) -> str:
        """The text with its template parts filled in. Raises TemplateFailedError with Jinja's reason."""
        if not self._enabled or not has_marks(text):
            return text
        self._rendered += 1
        users = [message.text for message in self._request.messages if message.role == "user"]
        try:
            rendered = _compiled(text).render(
                request=self._request,
                user=users[-1] if users else "",
                fake=fake(self._seed.child(self._rendered)),
            )
        except Exception as error:
            message = f"the template {text!r} cannot be filled in: {error}; set `template: false` to send it as it is"
            raise TemplateFailedError(message) from error
        if len(rendered) > _MOST_CHARACTERS:
            raise TemplateFailedError(f"the template {text[:80]!r} renders to more than {_MOST_CHARACTERS} characters")
        return rendered


@cache
def _environment() -> "ImmutableSandboxedEnvironment":
    from jinja2 import StrictUndefined  # noqa: PLC0415 - slow to import, and most texts are no templates
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415 - as above

    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)


@lru_cache(_MOST_COMPILED)
def _compiled(text: str) -> "Compiled":
    return _environment().from_string(text)
