"""What the tests of the gallery share: its names, the comment of a file, and golden files.

Quirks are the scenarios below `quirks/`: each imitates one thing that a provider got wrong, and says in `expect` what a
robust client makes of it. The others are examples.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from mockllm.scenario.library import Library

TESTS = Path(__file__).resolve().parent
GOLDEN = TESTS / "golden"
GALLERY = Library.gallery()
SCHEMA = json.loads((TESTS.parent / "mockllm" / "scenario" / "scenario.schema.json").read_text())

_MOST_LINES = 120


def is_quirk(name: str) -> bool:
    return GALLERY.entries()[name].group.split("/")[0] == "quirks"


QUIRKS = tuple(name for name in GALLERY.names() if is_quirk(name))
NAMES = tuple(name for name in GALLERY.names() if not is_quirk(name))


def comment(path: Path) -> str:
    """The comment block at the top of a file, without its marks."""
    lines = []
    for line in path.read_text().splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").strip())
    return "\n".join(lines)


def assert_golden(found: str, golden: Path) -> None:
    """The text is that of the golden file, which is written anew with MOCKLLM_WRITE_GOLDEN=1 in the environment. Of a
    very long one the middle is left out.
    """
    lines = found.rstrip().splitlines()
    if len(lines) > _MOST_LINES:
        kept = _MOST_LINES // 2
        lines = [*lines[:kept], f"... {len(lines) - 2 * kept} lines ...", *lines[-kept:]]
    text = "\n".join(lines) + "\n"
    if os.environ.get("MOCKLLM_WRITE_GOLDEN"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text)
    assert text == golden.read_text()


def drop_golden(left_over: Iterable[Path]) -> None:
    """Golden files whose scenario is gone go when the others are written anew."""
    if os.environ.get("MOCKLLM_WRITE_GOLDEN"):
        for path in left_over:
            path.unlink()
