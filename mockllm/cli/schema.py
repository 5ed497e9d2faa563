"""`mockllm schema`: the scenario language for editors.

Here: where the schema goes. Not here: the schema itself (`scenario/schema.py`).
"""

from pathlib import Path

import click

from mockllm.cli.options import entry, option
from mockllm.scenario.schema import schema_text


@entry("schema")
@option("--write", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this file and print nothing.")
def command(write: Path | None) -> None:
    """Print the JSON Schema of the scenario language, for editors.

    An editor with a YAML language server completes and checks scenarios whose first line is
    `# yaml-language-server: $schema=FILE`.
    """
    if write is None:
        click.echo(schema_text(), nl=False)
    else:
        write.write_text(schema_text(), encoding="utf-8")
