# ruff: noqa: N999 - the file of a command has its name
"""`mockllm import`: a scenario from what another mock or a browser wrote.

Here: the files. Not here: the formats (`importers/`).
"""

from pathlib import Path

import click

from mockllm.cli.options import entry, option
from mockllm.errors import MockLLMError
from mockllm.importers import FORMATS
from mockllm.recording.text import yaml_text
from mockllm.scenario.load import load_text


@entry("import")
@click.argument("kind", metavar="FORMAT", type=click.Choice(list(FORMATS)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="The scenario to write; else printed.")
def command(kind: str, file: Path, output: Path | None) -> None:
    """Make a scenario of what another mock or a browser wrote.

    FORMAT is aimock, mock-llm, llmposter or har. What has no counterpart in a scenario is left out, and each such thing
    is told on standard error. A file that is there is never overwritten.
    """
    try:
        imported = FORMATS[kind](file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise MockLLMError(f"{file} is no text in UTF-8: name the file that {kind} wrote") from None
    text = yaml_text(imported.document)
    load_text(text, source=str(output or "imported"))
    for told in imported.left_out:
        click.echo(told, err=True)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with output.open("x", encoding="utf-8") as written:
            written.write(text)
    except FileExistsError:
        raise MockLLMError(f"{output} is there already: give another name, or remove it first") from None
    click.echo(f"wrote {output}")
