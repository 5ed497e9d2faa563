"""`mockllm check`: whether scenario files are right.

Here: how problems are printed. Not here: finding them (`files.py`).
"""

from pathlib import Path

import click
import orjson

from mockllm.cli.files import problems_at
from mockllm.cli.options import entry, json_option, paths_argument
from mockllm.errors import Problem


@entry("check")
@paths_argument(required=True)
@json_option("Print the problems as a JSON array.")
@click.pass_context
def command(context: click.Context, path: tuple[Path, ...], json: bool) -> None:
    """Check scenario files and show every problem with its place.

    PATH is a scenario file or a folder of them; more than one may be given, also in MOCKLLM_PATH. Each problem is one
    line, `file:line:column: path: message`.

    Exit codes: 0 no problem, 1 problems, 2 wrong usage.
    """
    files, problems = problems_at(path)
    if json:
        click.echo(orjson.dumps([_as_json(problem) for problem in problems], option=orjson.OPT_INDENT_2))
    else:
        for problem in problems:
            click.echo(str(problem))
        found = _counted(len(problems), "problem") if problems else "no problems"
        click.echo(f"{_counted(len(files), 'file')} checked, {found}")
    context.exit(1 if problems else 0)


def _as_json(problem: Problem) -> dict[str, str | int | None]:
    return {
        "file": problem.source,
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "message": problem.message,
    }


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
