"""Chat Completions, the `moderation` object that a request can ask for (wire-contract §5.1, §5.3).

Here: the judgement of the input and of each choice, in the shape and the key order of the wire. Not here: the judgement
itself (`../judgement.py`) and where the object goes (`write.py`, `stream.py`).
"""

from collections.abc import Iterable, Mapping

from mockllm.dialects.judgement import judgement
from mockllm.request import JSON, Request
from mockllm.turn import Refusal, Text, Turn, part_text


def moderation(turn: Turn, request: Request) -> JSON:
    """The moderation of the request's messages and of the answer; None if the request does not ask for it."""
    asked = request.json.get("moderation")
    if not isinstance(asked, Mapping):
        return None
    model = str(asked["model"])
    answers = (
        "".join(part_text(part) for part in choice.parts if isinstance(part, (Text, Refusal)))
        for choice in turn.choices
    )
    asked_text = "\n".join(message.text for message in request.messages)
    return {"input": _results(model, (asked_text,)), "output": _results(model, answers)}


def _results(model: str, texts: Iterable[str]) -> JSON:
    return {"type": "moderation_results", "model": model, "results": [_result(model, text) for text in texts]}


def _result(model: str, text: str) -> JSON:
    return {"type": "moderation_result", "model": model, **judgement(model, text)}
