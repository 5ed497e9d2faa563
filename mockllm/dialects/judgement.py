"""What a moderation says of one text: flags, scores, and the kinds of input they come from (wire-contract §6).

Here: the part that the moderation endpoint and a chat completion with `moderation` have in common. Nothing is ever
flagged: the scores are small and follow from the text alone; a scenario that wants others patches them. Not here: the
objects around it (`moderations.py`, `chat/moderation.py`).
"""

from mockllm.request import JSON
from mockllm.seeds import Seed

CATEGORIES = (
    "harassment",
    "harassment/threatening",
    "sexual",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm/intent",
    "self-harm/instructions",
    "self-harm",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
"""The thirteen categories, in the order of the wire."""

OF_IMAGES = frozenset({"self-harm", "self-harm/intent", "self-harm/instructions", "sexual", "violence"}) | {
    "violence/graphic"
}
"""The categories that images are judged by too (the SDK's `moderation.py`)."""

_HIGHEST_SCORE = 1e-4


def judgement(model: str, text: str, *, kinds: tuple[str, ...] = ("text",)) -> dict[str, JSON]:
    """The judgement of a text by a model; `kinds` are the kinds of input that it stands for, `text` and `image`."""
    seed = Seed.of("moderation", model, text)
    return {
        "flagged": False,
        "categories": dict.fromkeys(CATEGORIES, False),
        "category_scores": {name: _HIGHEST_SCORE * seed.child(name).fraction() for name in CATEGORIES},
        "category_applied_input_types": {
            name: [kind for kind in kinds if kind == "text" or name in OF_IMAGES] for name in CATEGORIES
        },
    }
