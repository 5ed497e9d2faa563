"""`mockllm list`: which scenarios there are, and which profiles.

Here: the table. Not here: finding them (`files.py`).
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import orjson

from mockllm.cli.files import library_of, shown
from mockllm.cli.options import entry, json_option, option, paths_argument
from mockllm.errors import Problem, ScenarioError
from mockllm.scenario.library import Library
from mockllm.scenario.profile import profile_names, profile_of

_SENTENCE = re.compile(r"(?<=[.!?])\s")
_HEADINGS = ("name", "group", "about")
_OF_PROFILES = ("name", "paths", "about")

_Row = tuple[str, str, str]


@entry("list")
@paths_argument()
@json_option("Print them as a JSON array.")
@option(
    "--profiles",
    is_flag=True,
    help="List the profiles of vendors instead, with their paths; PATH does not matter then.",
)
@click.pass_context
def command(context: click.Context, path: tuple[Path, ...], json: bool, profiles: bool) -> None:
    """List scenarios by name, with the first sentence of each.

    PATH is a scenario file or a folder of them, also in MOCKLLM_PATH; the gallery if left out. The group is the folder
    that a scenario is in. Without a terminal the columns are separated by tabs.

    Exit codes: 0 ok, 1 a file is wrong, 2 wrong usage.
    """
    headings = _OF_PROFILES if profiles else _HEADINGS
    rows, problems = (_profile_rows(), []) if profiles else _rows(library_of(path))
    if json:
        click.echo(orjson.dumps([dict(zip(headings, row, strict=True)) for row in rows], option=orjson.OPT_INDENT_2))
    elif sys.stdout.isatty():
        _print_table(rows, headings)
    else:
        for row in rows:
            click.echo("\t".join(row))
    for problem in problems:
        click.echo(str(problem), err=True)
    context.exit(1 if problems else 0)


def _rows(library: Library) -> tuple[list[_Row], list[Problem]]:
    rows: list[_Row] = []
    problems: list[Problem] = []
    for name, entry_ in sorted(library.entries().items(), key=lambda item: (item[1].group, item[0])):
        try:
            about = library.get(name).about
        except ScenarioError as error:
            problems += map(shown, error.problems)
        else:
            group = "" if entry_.group == "." else entry_.group
            rows.append((name, group, _SENTENCE.split(about.strip(), maxsplit=1)[0]))
    return rows, problems


def _profile_rows() -> list[_Row]:
    profiles = ((name, profile_of(name)) for name in profile_names())
    return [(name, " ".join(base.shown for base in profile.bases), profile.about) for name, profile in profiles]


def _print_table(rows: Sequence[_Row], headings: _Row) -> None:
    from rich.console import Console  # noqa: PLC0415 # only a terminal pays for it
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading, style in zip(headings, ("cyan", "dim", ""), strict=True):
        table.add_column(heading, style=style, no_wrap=heading == "name")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
