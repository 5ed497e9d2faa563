"""A reply and a request become a turn.

Here: `fill`, the one entry, and what it needs to know (`Filling`). Look next at `content.py` (the author's words),
`auto.py` (words made from the request), `bounds.py` (`max_tokens`, `stop`, usage, logprobs). Not here: any API's
grammar and any time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import assert_never

from mockllm.fill import auto, bounds, content
from mockllm.fill.plain import remembered
from mockllm.fill.template import Template
from mockllm.request import Request
from mockllm.scenario.content import Content
from mockllm.scenario.reply import AutoReply, ContentReply, Envelope, GenerateReply
from mockllm.seeds import Seed
from mockllm.tokens import Tokenizer
from mockllm.turn import Choice, Part, Turn

# The tiers that are answered by another name (`service_tier` in the SDK's chat_completion.py).
_TIERS: Mapping[str, str] = {"auto": "default", "fast": "priority"}

# APIs whose answers have no alternatives: of several choices that the author gives, the first is answered.
_ONE_CHOICE = frozenset({"responses", "realtime"})

_MOST_MODELS = 256

AnswerReply = ContentReply | GenerateReply | AutoReply
"""The forms of a reply that are answered by a turn."""


@dataclass(frozen=True, slots=True)
class Filling:
    """What a turn is made with. `seed` is the one of this scenario, rule, reply and request; `created` is in seconds
    since 1970. `copy` is how many answers to this very request are kept already, so that each has an id of its own.
    """

    seed: Seed
    tokenizer: Tokenizer
    created: int
    defaults: Envelope
    copy: int = 0


def fill(reply: AnswerReply, request: Request, filling: Filling) -> Turn:
    """The turn that answers the request.

    Raises MockLLMError for a template that fails and for a JSON Schema that no data can be made for.
    """
    usage = reply.usage or filling.defaults.usage
    make = partial(_bounded, reply, request, filling)
    choices = remembered(reply, request, filling.tokenizer, make) if isinstance(reply, ContentReply) else make()
    return Turn(
        key=filling.seed.child("id", *([filling.copy] if filling.copy else ())).alphanumeric(32),
        model=reply.model or filling.defaults.model or request.model,
        created=filling.created,
        choices=choices,
        usage=bounds.usage(choices, request, filling.tokenizer, usage),
        service_tier=_service_tier(reply, request, filling),
        system_fingerprint=reply.system_fingerprint
        or filling.defaults.system_fingerprint
        or _fingerprint(request.model),
    )


def _bounded(reply: AnswerReply, request: Request, filling: Filling) -> tuple[Choice, ...]:
    return tuple(
        bounds.choice(parts, stop, request, filling.seed.child("choice", index))
        for index, (parts, stop) in enumerate(_choices(reply, request, filling))
    )


def _choices(reply: AnswerReply, request: Request, filling: Filling) -> Sequence[tuple[tuple[Part, ...], str | None]]:
    """The parts of each choice with the stop reason the author gave, if any."""
    template = Template(request, filling.seed, enabled=_templated(reply, filling))
    seeds = [filling.seed.child("choice", index) for index in range(request.choices)]
    match reply:
        case ContentReply():
            contents: Sequence[Content] = reply.choices or (reply,)
            count = 1 if request.api in _ONE_CHOICE else max(request.choices, len(reply.choices))
            chosen = [contents[index % len(contents)] for index in range(count)]
            return [
                (
                    content.parts(
                        said, template, filling.tokenizer, filling.seed.child("choice", index), filling.created
                    ),
                    said.finish_reason,
                )
                for index, said in enumerate(chosen)
            ]
        case GenerateReply():
            return [(auto.generated(reply.generate, filling.tokenizer, seed), None) for seed in seeds]
        case AutoReply():
            return [(auto.parts(request, filling.tokenizer, seed), None) for seed in seeds]
        case _:
            assert_never(reply)


def _templated(reply: AnswerReply, filling: Filling) -> bool:
    chosen = reply.template if reply.template is not None else filling.defaults.template
    return chosen is not False


def _service_tier(reply: AnswerReply, request: Request, filling: Filling) -> str | None:
    """The tier: scripted, or the one that serves the requested one; search previews have none (wire-contract §5.1)."""
    scripted = reply.service_tier or filling.defaults.service_tier
    if scripted is not None:
        return scripted
    asked = request.json.get("service_tier")
    if "search-preview" in request.model:
        return None
    return _TIERS.get(asked, asked) if isinstance(asked, str) else "default"


@lru_cache(_MOST_MODELS)
def _fingerprint(model: str) -> str | None:
    """`fp_` and ten hex digits, one for each model; null for the gpt-5 family (wire-contract §5.1)."""
    if model.rsplit("/", 1)[-1].startswith("gpt-5"):
        return None
    return f"fp_{Seed.of('system_fingerprint', model).hex(10)}"
