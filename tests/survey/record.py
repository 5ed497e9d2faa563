"""What the survey found, as it is kept: `observed.json`, from which both pages are made.

Here: the form of the file and how it is read and written. Not here: how it is found (`play.py`), and the pages.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.survey.play import Cell

PATH = Path(__file__).resolve().parent / "observed.json"


@dataclass(slots=True)
class Record:
    """`versions` of the packages by client, `absent` clients with the reason, and `quirks`: by name the digest of what
    was played and the cells by client.
    """

    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    quirks: dict[str, dict[str, Any]] = field(default_factory=dict)

    def put(self, name: str, digest: str, client: str, cell: Cell) -> None:
        """Take up a cell; those of another state of the file go."""
        entry = self.quirks.get(name)
        if entry is None or entry["digest"] != digest:
            entry = self.quirks[name] = {"digest": digest, "cells": {}}
        entry["cells"][client] = [cell.word, cell.why, cell.seen]

    def cell(self, name: str, client: str) -> Cell | None:
        """The cell if there is one."""
        found = self.quirks.get(name, {}).get("cells", {}).get(client)
        return None if found is None else Cell(*found)


def read(path: Path = PATH) -> Record:
    """What is kept; empty if nothing is."""
    return Record(**json.loads(path.read_text())) if path.is_file() else Record()


def write(record: Record, path: Path = PATH) -> None:
    """Keep it, a cell a line, in an order that does not depend on who was ready first."""
    quirks = {
        name: {"digest": entry["digest"], "cells": dict(sorted(entry["cells"].items()))}
        for name, entry in sorted(record.quirks.items())
    }
    whole = {"versions": dict(sorted(record.versions.items())), "absent": record.absent, "quirks": quirks}
    path.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n")
