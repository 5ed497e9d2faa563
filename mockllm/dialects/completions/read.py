"""Legacy completions, reading: the JSON of `POST /completions` becomes a `Request`.

Here: the table of its parameters and the fields that rules match on. Not here: writing answers (`write.py`).
"""

from collections.abc import Iterator
from typing import Any

from mockllm.dialects.body import unparsable
from mockllm.dialects.rules import (
    Decimal,
    Either,
    Fields,
    Flag,
    Items,
    Map,
    Needs,
    Row,
    Text,
    Whole,
    check_needs,
    check_rows,
    refusal,
)
from mockllm.request import JSON, Call, Message, Request, fingerprint

# The real default, which cuts most answers short; only a strict scenario has it.
_DEFAULT_MAX_TOKENS = 16
_TOKEN = Whole(0)

FIELDS: tuple[Row, ...] = (
    Row("prompt", Either((Text(), Items(Text()), Items(_TOKEN, filled=True), Items(Items(_TOKEN, filled=True))))),
    Row("best_of", Whole(0, 20)),
    Row("echo", Flag()),
    Row("frequency_penalty", Decimal(-2, 2)),
    Row("logit_bias", Map(Decimal(-100, 100))),
    Row("logprobs", Whole(0, 5)),
    Row("max_tokens", Whole(0)),
    Row("n", Whole(1, 128)),
    Row("presence_penalty", Decimal(-2, 2)),
    Row("seed", Whole()),
    Row("stop", Either((Text(), Items(Text(), most=4)))),
    Row("stream", Flag()),
    Row("stream_options", Fields((Row("include_usage", Flag()), Row("include_obfuscation", Flag())))),
    Row("suffix", Text()),
    Row("temperature", Decimal(0, 2)),
    Row("top_p", Decimal(0, 1)),
    Row("user", Text()),
)
"""Every parameter except `model`, as OpenAI's description lists them; the order of the service's reports is unknown."""

_KNOWN = frozenset(row.name for row in FIELDS) | {"model"}
_NEEDS = (Needs("stream_options", "stream", enabled=True),)


def read(call: Call, body: JSON, *, strict: bool) -> Request:
    """The request of a body. Raises ApiError 400 for what the real service refuses."""
    if not isinstance(body, dict):
        raise unparsable()
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise refusal("you must provide a model parameter")
    if strict and (unknown := sorted(body.keys() - _KNOWN)):
        noun = "argument" if len(unknown) == 1 else "arguments"
        raise refusal(f"Unrecognized request {noun} supplied: {', '.join(unknown)}")
    check_rows(FIELDS, body)
    check_needs(_NEEDS, body)
    said = prompts(body)
    logprobs = body.get("logprobs")
    limit = body.get("max_tokens")
    return Request(
        api="completions",
        call=call,
        json=body,
        model=model,
        messages=tuple(Message("user", text) for text in said),
        stream=body.get("stream") is True,
        max_tokens=_DEFAULT_MAX_TOKENS if limit is None and strict else limit,
        stop=tuple(_stop(body.get("stop"))),
        choices=(body.get("n") or 1) * len(said),
        logprobs=logprobs is not None,
        top_logprobs=logprobs or 0,
        fingerprint=fingerprint("completions", call, body),
    )


def prompts(body: Any) -> tuple[str, ...]:
    """The text of each prompt: one for a text or a list of tokens, else one for each entry. What is given as tokens is
    told by their numbers, as no vocabulary is asked.
    """
    prompt = body.get("prompt")
    if prompt is None:
        return ("<|endoftext|>",)
    if isinstance(prompt, str):
        return (prompt,)
    if prompt and isinstance(prompt[0], int):
        return (_numbers(prompt),)
    return tuple(entry if isinstance(entry, str) else _numbers(entry) for entry in prompt) or ("",)


def _numbers(tokens: list[int]) -> str:
    return " ".join(map(str, tokens))


def _stop(stop: Any) -> Iterator[str]:
    if isinstance(stop, str):
        yield stop
    else:
        yield from stop or ()
