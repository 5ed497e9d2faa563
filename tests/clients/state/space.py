"""A namespace, and a model of what must be in it.

Beside this: what can be done there, one function each, which asks the server through the official client and compares
its answer with the model. Not here: who plays them, and over what (`test_state_script.py`).
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import openai

MODEL = "gpt-4o"


@dataclass
class Space:
    """A namespace, and what must be in it: by kind, ids and what the model knows of each, oldest first."""

    client: openai.OpenAI
    draw: random.Random
    make: Mapping[str, Callable[["Space"], str]]
    can_wait: bool = True
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    gone: list[tuple[str, str]] = field(default_factory=list)

    def all(self, kind: str) -> dict[str, Any]:
        return self.objects.setdefault(kind, {})

    def any(self, kind: str, **members: Any) -> tuple[str, Any]:
        """One of a kind with these members; it is made if there is none."""
        found = [key for key, value in self.all(kind).items() if all(value[name] == members[name] for name in members)]
        key = self.draw.choice(found) if found else self.make[kind](self)
        return key, self.all(kind)[key]

    def text(self) -> str:
        return f"t{self.draw.randrange(1000)}"
