"""What a request costs before it is answered: one request, and an estimate of its tokens.

Here: the estimate, which real limits make from characters, without a vocabulary. Not here: the tokens that `usage`
reports (`tokens/`).
"""

from mockllm.limits.decision import ceil_div
from mockllm.limits.mode import SUMMED, Mode
from mockllm.request import JSON, Request

_CHARACTERS_PER_TOKEN = 4
_INPUTS = ("input", "prompt")


def token_cost(request: Request, mode: Mode) -> int:
    """The tokens that limits count for this request: the larger of the most it may generate, over all choices, and
    the estimated input. Some modes count the two together.
    """
    generated = (request.max_tokens or 0) * request.choices
    estimated = _message_tokens(request) if request.messages else _input_tokens(request)
    return generated + estimated if mode in SUMMED else max(generated, estimated)


def _message_tokens(request: Request) -> int:
    characters = sum(
        len(message.text) + sum(len(use.name) + len(use.arguments) for use in message.tool_calls)
        for message in request.messages
    )
    return ceil_div(characters, _CHARACTERS_PER_TOKEN)


def _input_tokens(request: Request) -> int:
    """The input of an API without messages: texts by their characters; numbers, which are tokens already, by their
    count.
    """
    characters = tokens = 0
    rest: list[JSON] = [request.json.get(name) for name in _INPUTS]
    while rest:
        match rest.pop():
            case str(text):
                characters += len(text)
            case bool():
                pass
            case int():
                tokens += 1
            case list() as items:
                rest += items
    return tokens + ceil_div(characters, _CHARACTERS_PER_TOKEN)
