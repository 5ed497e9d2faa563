"""The table of clients as a page: `scenarios/CLIENTS.md`.

Here: what the lines of a client are, and how they are put together, read back and compared. Not here: how the verdicts
come about (`expected.py`, `verdicts.py`). Versions are told and not compared, as they change by themselves.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.frameworks.clients import CLIENTS, EXERCISES, Client
from tests.frameworks.expected import Verdict

PATH = Path(__file__).resolve().parents[2] / "scenarios" / "CLIENTS.md"

SIGNS = {"ok": "✓", "cannot": "○", "wrong": "✗"}

_HEAD = """\
# What the frameworks do

Made by `python -m tests.frameworks --write`; `python -m tests` plays everything anew and fails when this page says
something else. Each row is an unmodified client, used as its documentation says, against this server over a socket:

| column | what is asked and what must come out |
| --- | --- |
| text | a question, and the sentence that was scripted |
| stream | the same as a stream: each scripted token is a piece that the user gets |
| tool round trip | the model calls a tool, the result comes back under the id of the call, the model answers |
| parallel tools | two calls in one turn are executed, and one request brings both results, each under its call's id |
| structured | a value of a class, asked for with a schema |
| usage | the token counts that were scripted |
| retryable error | a 429 that asks to wait 50 ms, then the answer: two calls, and the user sees only the answer |
| fatal error | a 400 (the context is too long): one call, and an exception with the message and the status |

✓ it does. ○ the framework has no such feature. ✗ something else comes out. Every ○ and ✗ is explained below. That a
client wants to reach another machine meanwhile, for a price list or with telemetry, would be a ✗ too. To see what a
client gets and sends: `python -m tests.frameworks --client ID --variant VARIANT --exercise NAME`.
"""

_COLUMNS = " | ".join(name.replace("_", " ") for name in EXERCISES)


@dataclass(frozen=True, slots=True)
class Cell:
    """The verdict on one exercise, and the reason if it is known why."""

    verdict: Verdict
    reason: str = ""


Cells = Mapping[str, Mapping[str, Cell]]
"""By variant and by exercise."""


@dataclass(frozen=True, slots=True)
class Lines:
    """What the page says of one client."""

    rows: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()


def lines_of(client: Client, cells: Cells, versions: Mapping[str, str]) -> Lines:
    """The lines of a client that was played."""
    rows = tuple(
        f"| {client.title} | `{client.id}` | {variant.id} | "
        + " | ".join(SIGNS[cells[variant.id][name].verdict.word] for name in EXERCISES)
        + " |"
        for variant in client.variants
    )
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    return Lines(rows, tuple(_notes(client, cells)), (f"- `{client.id}`: {told}",))


def absence(client: Client, reason: str) -> Lines:
    """The lines of a client that cannot be installed."""
    row = f"| {client.title} | `{client.id}` | not installed |{' |' * len(EXERCISES)}"
    return Lines((row,), (f"- `{client.id}` not installed: {_escaped(' '.join(reason.split())).rstrip('.')}.",))


def _notes(client: Client, cells: Cells) -> Iterable[str]:
    """One note for all cells of which the same is to be said."""
    alike: dict[tuple[str, str, str], dict[str, list[str]]] = {}
    for variant, by_exercise in cells.items():
        for exercise, cell in by_exercise.items():
            if cell.verdict.word != "ok":
                key = (SIGNS[cell.verdict.word], cell.verdict.why, cell.reason)
                alike.setdefault(key, {}).setdefault(exercise, []).append(variant)
    for (sign, why, reason), places in alike.items():
        where = "; ".join(
            f"{exercise.replace('_', ' ')} ({', '.join(variants)})" for exercise, variants in places.items()
        )
        said = f"{why}. {reason}" if reason else why
        yield f"- `{client.id}` {sign} {where}: {_escaped(said.rstrip('.'))}."


def page(lines: Mapping[str, Lines]) -> str:
    """The whole page, clients in the order of the table."""
    known = [lines[client.id] for client in CLIENTS if client.id in lines]
    head = f"| client | id | variant | {_COLUMNS} |\n| --- | --- | --- |{' :---: |' * len(EXERCISES)}"
    rows = "\n".join(row for entry in known for row in entry.rows)
    notes = "\n".join(note for entry in known for note in entry.notes)
    versions = "\n".join(line for entry in known for line in entry.versions)
    return f"{_HEAD}\n{head}\n{rows}\n\n## What is not ✓\n\n{notes}\n\n## Versions\n\n{versions}\n"


def read(text: str) -> dict[str, Lines]:
    """The lines of the clients on a page."""
    body, _, versions = text.partition("\n## Versions\n")
    return {
        client.id: Lines(
            _only(body, f"| {client.title} | `{client.id}` |"),
            _only(body, f"- `{client.id}` "),
            _only(versions, f"- `{client.id}`: "),
        )
        for client in CLIENTS
    }


def differences(committed: Mapping[str, Lines], found: Mapping[str, Lines]) -> list[str]:
    """What the page says otherwise of the clients that were found, versions aside."""
    lines = []
    for id_, new in found.items():
        old = committed.get(id_, Lines())
        before, after = [*old.rows, *old.notes], [*new.rows, *new.notes]
        lines += [f"- {line}" for line in before if line not in after]
        lines += [f"+ {line}" for line in after if line not in before]
    return lines


def _only(text: str, start: str) -> tuple[str, ...]:
    return tuple(line for line in text.splitlines() if line.startswith(start))


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace("|", "\\|")
