"""Where `mockllm play` prints: a terminal, or anything else.

Here: one line for each thing that happens, whole where a program reads it, and for people in colour and without what
the last frame said already. Not here: what happens (`play.py`).
"""

from collections.abc import Mapping
from typing import Protocol, TypeAlias

import click
import orjson

from mockllm.request import JSON

_DATA = "data: "

Seconds: TypeAlias = float | None


class Screen(Protocol):
    """What takes a line: its time in seconds, its text, and a style that a terminal may know."""

    def show(self, at_s: Seconds, text: str, style: str = "") -> None:
        """Print the line."""
        ...


class PlainScreen:
    """Prints everything as it is."""

    def show(self, at_s: Seconds, text: str, style: str = "") -> None:
        """Print the line; each further line of its text is indented as far."""
        del style
        first, *more = text.splitlines() or [""]
        click.echo(first if at_s is None else f"{at_s:7.3f}  {first}")
        for line in more:
            click.echo(f"{'':7}  {line}")


class Terminal:
    """Prints for people: one line each, as long as the terminal is wide, and of a frame only what is new in it.

    rich leaves out the colours where NO_COLOR is set.
    """

    def __init__(self) -> None:
        from rich.console import Console  # noqa: PLC0415 # only a terminal pays for it

        self._console = Console(highlight=False)
        self._previous = ""

    def show(self, at_s: Seconds, text: str, style: str = "") -> None:
        """Print the line."""
        from rich.text import Text  # noqa: PLC0415 # as above

        time = "" if at_s is None else f"{at_s:7.3f}  "
        line = " ".join(changed(text, self._previous).split()) if "\n" in text else changed(text, self._previous)
        self._previous = text
        self._console.print(Text.assemble((time, "dim"), (line, style)), no_wrap=True, overflow="ellipsis")


def changed(text: str, previous: str) -> str:
    """An event without the keys that have the same value in the previous one, for which `...` stands.

    What is not one JSON object after `data: ` stays as it is.
    """
    new, old = _object(text), _object(previous)
    kept = {key: value for key, value in new.items() if key not in old or old[key] != value}
    if not kept or len(kept) == len(new):
        return text
    return f"{_DATA}{{... {orjson.dumps(kept).decode()[1:]}"


def _object(text: str) -> Mapping[str, JSON]:
    if not text.startswith(_DATA):
        return {}
    try:
        value = orjson.loads(text.removeprefix(_DATA))
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
