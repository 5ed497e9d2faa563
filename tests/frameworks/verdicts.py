"""Which deviations are explained, which are new, and which do not happen any more.

Here: `explained` and `stale`; pure. Not here: the deviations that are known (`known.py`), and what a deviation is
(`expected.py`).
"""

from collections.abc import Iterable, Mapping

from tests.frameworks.clients import Client
from tests.frameworks.expected import Verdict
from tests.frameworks.known import Known
from tests.frameworks.table import Cell, Cells

Verdicts = Mapping[str, Mapping[str, Verdict]]
"""By variant and by exercise."""


def explained(client: Client, verdicts: Verdicts, known: Iterable[Known]) -> Cells:
    """The cells of a client, each with the reason if its deviation is known."""
    rows = tuple(known)
    return {
        variant: {
            name: Cell(verdict, _reason(client.id, variant, name, verdict, rows)) for name, verdict in row.items()
        }
        for variant, row in verdicts.items()
    }


def unexplained(client: Client, cells: Cells) -> list[str]:
    """The deviations of a client that nobody has explained."""
    return [
        f"{client.id} {variant} {name}: {cell.verdict.why}"
        for variant, row in cells.items()
        for name, cell in row.items()
        if cell.verdict.word == "wrong" and not cell.reason
    ]


def stale(client: Client, verdicts: Verdicts, known: Iterable[Known]) -> list[str]:
    """The entries, place by place, whose deviation does not happen any more."""
    return [
        f"{client.id} {variant} {name}: known, but it does not happen any more: {entry.says}"
        for entry in known
        if entry.client == client.id
        for variant in entry.variants
        for name in entry.exercises
        if variant not in verdicts or not _fits(entry, verdicts[variant][name])
    ]


def _reason(client: str, variant: str, name: str, verdict: Verdict, known: Iterable[Known]) -> str:
    for entry in known:
        if entry.client == client and variant in entry.variants and name in entry.exercises and _fits(entry, verdict):
            return entry.reason
    return ""


def _fits(entry: Known, verdict: Verdict) -> bool:
    return verdict.word == "wrong" and entry.says in verdict.why
