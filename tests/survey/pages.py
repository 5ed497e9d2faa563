"""The pages of the survey, made from what is kept of it: the same record gives the same text.

Here: what both pages share, the page in Markdown, and the summary for the README. Not here: the page in HTML
(`page_html.py`), the findings with their commands (`findings.py`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from mockllm.scenario.expect import Expectation
from tests.gallery import GALLERY, QUIRKS
from tests.quirk_catalogue import catalogue
from tests.survey.clients import CLIENTS, REFERENCE, ROOT
from tests.survey.play import LIMIT_S, SCALE, TIMEOUT_S, Cell
from tests.survey.record import Record
from tests.survey.verdict import FROM_BAD_TO_GOOD, Word

MARKDOWN = ROOT / "scenarios" / "QUIRKS.md"
HTML = ROOT / "scenarios" / "quirks.html"

SIGNS: Mapping[Word, str] = {
    "right": "✓ right",
    "details": "≈ details",
    "error": "! error",
    "crash": "✱ crash",
    "hang": "∞ hang",
    "wrong": "✗ wrong",
    "none": "○ none",
}
"""A sign and a word for each verdict, because a colour alone says nothing to many."""

MEANINGS: Mapping[Word, str] = {
    "right": "the answer that a robust client has, or an error where one had to be told",
    "details": "the right answer, but its finish reason, usage or reasoning is another",
    "error": "one of the client's own errors instead of the answer that was there",
    "crash": "an exception that is none of the client's own: a TypeError, one of its HTTP library, a dead process",
    "hang": f"no end within {LIMIT_S:,.0f} s",
    "wrong": "**silently wrong**: another answer and no error, or an answer where a failure had to be told",
    "none": "not played: the client has no such API, or cannot send such a request",
}

_INTRODUCTION = """\
The $count quirks of `scenarios/quirks`, played to unmodified clients. Each quirk is a file that says what a robust
client ends up with, and the tables tell which clients do. `python -m tests.survey` plays everything anew.

The time of the server is $scale times as fast as the real one, and so are the timeouts of the clients ($timeout s
without a byte, 300 s for `fetch` once a body has begun) and the pauses that they make before they try again.
Seconds on this page are the fast ones. Every client tries twice again, as most do by default. A request that has
not ended after $limit s hangs.

A client that hands out pieces is given the loop of OpenAI's documentation: text is added, tool calls are added by
their index, the first choice counts. So the rows of `openai` without `.stream()` show what a usual program makes
of what the client hands out; helpers and frameworks do this themselves. Tool calls whose arguments are no JSON are
another answer. Where a failure has to be told, any error of the client's own is right. `reference` is the robust
client in `tests/robust`, by which the expectations are checked.
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A client that was played to."""

    id: str
    title: str
    versions: str


@dataclass(frozen=True, slots=True)
class Row:
    """A quirk: where its file is, seen from `scenarios/`, what it is, and how heavy its entry in the catalogue."""

    name: str
    section: str
    path: str
    about: str
    weight: int
    expect: tuple[Expectation, ...]


def texts(record: Record) -> dict[Path, str]:
    """Both pages by their paths."""
    # The HTML is made by another module, which needs what is here.
    from tests.survey import page_html  # noqa: PLC0415

    return {MARKDOWN: markdown(record), HTML: page_html.page(record)}


def columns(record: Record) -> list[Column]:
    """The reference, then the clients in the order of their table, as far as they were played to."""
    found = [Column(REFERENCE, "reference", "tests/robust")]
    for client in CLIENTS:
        if versions := record.versions.get(client.id):
            text = ", ".join(f"{name} {version}" for name, version in versions.items())
            found.append(Column(client.id, client.title, text))
    return found


def rows(record: Record) -> list[Row]:
    """The quirks that were played, section by section."""
    found = []
    weights = _weights()
    for name in QUIRKS:
        if name not in record.quirks:
            continue
        entry = GALLERY.entries()[name]
        section = entry.group.split("/")[1]
        path = f"quirks/{section}/{entry.path.name}"
        scenario = GALLERY.get(name)
        found.append(Row(name, section, path, scenario.about, weights.get(name, 1), scenario.expect))
    return sorted(found, key=lambda row: (row.section, row.name))


def _weights() -> dict[str, int]:
    """The weight of each file: that of the heaviest entry that it tells."""
    known = catalogue()
    found: dict[str, int] = {}
    for name, weight in known.weights.items():
        file = known.file_of(name)
        found[file] = max(weight, found.get(file, 0))
    return found


def by_section(found: list[Row]) -> Iterator[tuple[str, list[Row]]]:
    """The rows of each section."""
    for section in dict.fromkeys(row.section for row in found):
        yield section, [row for row in found if row.section == section]


def cells(record: Record, row: Row, shown: list[Column]) -> list[Cell]:
    """The cells of a row; one that was not played says so."""
    return [record.cell(row.name, column.id) or Cell("none", "not played yet", "") for column in shown]


def summary(record: Record) -> str:
    """How often each client is right and wrong, as a table in Markdown."""
    words = tuple(reversed(FROM_BAD_TO_GOOD[:-1])) + FROM_BAD_TO_GOOD[-1:]
    lines = [_line(["client", "versions", *(SIGNS[word] for word in words)])]
    lines.append(_line(["---", "---", *("---:" for _ in words)]))
    for column in columns(record):
        counts = counted(record, column)
        lines.append(_line([column.title, column.versions, *(str(counts[word]) for word in words)]))
    return "\n".join(lines)


def counted(record: Record, column: Column) -> Counter[Word]:
    """How often a client has each verdict."""
    return Counter(cells(record, row, [column])[0].word for row in rows(record))


def introduction(record: Record) -> list[str]:
    """What both pages say before the tables, in paragraphs of Markdown."""
    played = rows(record)
    absent = [f"{name} could not be installed: {reason}" for name, reason in sorted(record.absent.items())]
    told = Template(_INTRODUCTION).substitute(
        count=len(played), scale=f"{SCALE:.0f}", timeout=f"{TIMEOUT_S:.0f}", limit=f"{LIMIT_S:.0f}"
    )
    return [*(" ".join(paragraph.split()) for paragraph in told.split("\n\n")), *absent]


def markdown(record: Record) -> str:
    """The page in Markdown."""
    from tests.survey import findings  # noqa: PLC0415 - it needs what is here

    shown, played = columns(record), rows(record)
    parts = ["# Clients and quirks", *introduction(record)]
    parts.append("With what each client ended up with: [quirks.html](quirks.html), a page without outside assets.")
    parts.append("\n".join(f"- {SIGNS[word]}: {meaning}" for word, meaning in MEANINGS.items()))
    parts += ["## Summary", summary(record)]
    for section, members in by_section(played):
        head = [_line(["quirk", *(column.title for column in shown)]), _line(["---"] * (len(shown) + 1))]
        body = [
            _line([f"[{row.name}]", *(f"[{SIGNS[cell.word]}][{row.name}]" for cell in cells(record, row, shown))])
            for row in members
        ]
        parts += [f"## {section}", "\n".join(head + body)]
    parts += findings.markdown(record)
    parts.append("\n".join(f"[{row.name}]: {row.path}" for row in played))
    return "\n\n".join(parts) + "\n"


def _line(entries: list[str]) -> str:
    return f"| {' | '.join(entries)} |"
