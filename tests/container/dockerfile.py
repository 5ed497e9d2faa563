"""The Dockerfile as a list of stages, each a list of instructions: as much of its grammar as ours has."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Instruction:
    name: str
    value: str


@dataclass(frozen=True)
class Stage:
    base: str
    name: str
    steps: tuple[Instruction, ...]

    def values(self, name: str) -> list[str]:
        return [step.value for step in self.steps if step.name == name]


def stages(text: str) -> list[Stage]:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    steps = [Instruction(*line.split(None, 1)) for line in joined.splitlines() if line.strip()]
    assert steps[0].name == "FROM"
    found: list[Stage] = []
    for step in steps:
        if step.name == "FROM":
            base, _, name = step.value.partition(" AS ")
            found.append(Stage(base, name, ()))
        else:
            last = found.pop()
            found.append(Stage(last.base, last.name, (*last.steps, step)))
    return found


def assignments(value: str) -> dict[str, str]:
    """What ENV or ARG sets."""
    return dict(word.split("=", 1) for word in shlex.split(value))


def is_sent(path: str, patterns: list[str]) -> bool:
    """Whether a file of the repository is part of the context: the last pattern of .dockerignore that fits decides."""
    sent = True
    for pattern in patterns:
        if _fits(path, pattern.removeprefix("!")):
            sent = pattern.startswith("!")
    return sent


def _fits(path: str, pattern: str) -> bool:
    """A pattern fits a path and all below it; `*` stays within a name, `**` does not."""
    parts = re.split(r"(\*\*/|\*)", pattern)
    regex = "".join({"**/": "(?:.*/)?", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(f"{regex}(?:/.*)?", path) is not None
