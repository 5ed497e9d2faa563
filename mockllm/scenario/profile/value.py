"""Values of a profile that follow from the request and the answer: texts with `{{ ... }}` in them.

A text that is nothing but one `{{ ... }}` stands for what is in it, any JSON, and for no value at all if that is
undefined, as `{{ here.x if here.x }}` is where there is no `x`. In other texts it becomes text. Here: their words, and
values with such texts in them. Look next at `expression.py`, which evaluates one text in a sandbox. Not here: the
templates of replies, which only make text (`fill/template.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

from mockllm.errors import MockLLMError
from mockllm.request import JSON, Request
from mockllm.seeds import Seed

if TYPE_CHECKING:
    from mockllm.scenario.profile.expression import Expression

_MOST_COMPILED = 4_096
_NO_SEED = Seed.of("profile")
_DIGITS = 10


class ValueFailedError(MockLLMError):
    """A value that does not follow from this answer."""


class Nothing:
    """The type of `NOTHING`."""


NOTHING: Final = Nothing()
"""What a text stands for that has no value here."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the values of one answer follow from: `answer` is its plain body in the imitated API, if a turn answers, and
    `facts` are further words, such as `error` of a refusal.
    """

    request: Request | None = None
    seed: Seed = _NO_SEED
    answer: JSON = None
    facts: Mapping[str, JSON] = field(default_factory=dict)

    def words(self) -> dict[str, Any]:
        """The names that a template may use. Those that draw say the same each time for the same label."""
        answer = self.answer if isinstance(self.answer, Mapping) else {}
        asked = {} if self.request is None else self.request.json
        return {
            "asked": asked,
            "model": "" if self.request is None else self.request.model,
            "answer": answer,
            "usage": answer.get("usage") or {},
            "hex": lambda length, label="": self.seed.child("hex", label).hex(length),
            "alphanumeric": lambda length, label="": self.seed.child("alphanumeric", label).alphanumeric(length),
            "digits": partial(_digits, self.seed),
            "uuid": partial(_uuid, self.seed),
            **self.facts,
        }


def evaluate(value: Any, words: Mapping[str, Any]) -> Any:
    """The value with every text in it evaluated; keys and items that have no value are left out. NOTHING if the whole
    has none.
    """
    match value:
        case str():
            return _text(value, words)
        case Mapping():
            pairs = ((key, evaluate(item, words)) for key, item in value.items())
            return {key: item for key, item in pairs if item is not NOTHING}
        case list() | tuple():
            return [item for item in (evaluate(each, words) for each in value) if item is not NOTHING]
        case _:
            return value


def checked(value: Any) -> Any:
    """The value as it is. Raises a refusal for a text in it that is no template."""
    match value:
        case str():
            _compiled(value)
        case Mapping():
            for item in value.values():
                checked(item)
        case list() | tuple():
            for item in value:
                checked(item)
    return value


def _text(text: str, words: Mapping[str, Any]) -> Any:
    compiled = _compiled(text)
    if compiled is None:
        return text
    try:
        return compiled(words)
    except Exception as error:
        raise ValueFailedError(f"the value {text!r} of a profile cannot be told of this answer: {error}") from error


@lru_cache(_MOST_COMPILED)
def _compiled(text: str) -> "Expression | None":
    if "{{" not in text:
        return None
    from mockllm.scenario.profile.expression import compiled  # noqa: PLC0415 - imports Jinja

    return compiled(text, NOTHING)


def _digits(seed: Seed, length: int, label: str = "") -> str:
    """Decimal digits, the first of which is not 0."""
    drawn = [int(digit, 16) for digit in seed.child("digits", label).hex(length)]
    return "".join(str(digit % _DIGITS or int(not place)) for place, digit in enumerate(drawn))


def _uuid(seed: Seed, label: str = "") -> str:
    """A UUID of version 4 (RFC 9562 §5.4)."""
    digits = seed.child("uuid", label).hex(32)
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
