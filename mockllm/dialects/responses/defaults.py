"""What a model does when a request does not say: effort, sampling, cache (wire-contract §7.2).

Here: one table, from the beginning of a model's name to its defaults. Not here: the object that echoes them
(`write.py`) and what a request may say (`validate/`).
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Defaults:
    """The defaults of a family of models. `effort` is None for models that do not reason."""

    effort: str | None = None
    top_p: float = 1.0
    cache_retention: str = "in_memory"


_REASONING = Defaults("medium")
_LATER = Defaults("medium", 0.98, "24h")
_LATER_UNASKED = Defaults("none", 0.98, "24h")

# The first row whose beginning fits counts.
_FAMILIES: Sequence[tuple[str, Defaults]] = (
    ("gpt-5-chat", Defaults()),
    ("gpt-5.2", _LATER_UNASKED),
    ("gpt-5.4", _LATER_UNASKED),
    ("gpt-5.5", _LATER),
    ("gpt-5.6", _LATER),
    ("gpt-5", _REASONING),
    ("o1", _REASONING),
    ("o3", _REASONING),
    ("o4", _REASONING),
    ("", Defaults()),
)


def defaults(model: str) -> Defaults:
    """The defaults of a model, by its name without the namespace before a slash."""
    name = model.rsplit("/", 1)[-1]
    return next(found for beginning, found in _FAMILIES if name.startswith(beginning))
