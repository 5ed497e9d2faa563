"""`mockllm new`: a scenario file to start from.

Here: naming and writing it. Not here: its text (`starter.yaml`).
"""

from pathlib import Path

import click

from mockllm.cli.options import entry, option
from mockllm.errors import MockLLMError
from mockllm.scenario.load import load_text

_STARTER = Path(__file__).with_name("starter.yaml")
_NAME = "NAME"


@entry("new")
@click.argument("name")
@option(
    "--dir",
    "folder",
    envvar="MOCKLLM_DIR",
    type=click.Path(file_okay=False, path_type=Path),
    default=".",
    help="The folder to write to; made if it is not there.",
)
def command(name: str, folder: Path) -> None:
    """Write a scenario file to start from.

    Its name is NAME.yaml, and NAME is what URLs call the scenario. A file that is there is never overwritten.
    """
    name = name.removesuffix(".yaml")
    text = _STARTER.read_text(encoding="utf-8").replace(_NAME, name)
    load_text(text, source=f"{name}.yaml")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.yaml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise MockLLMError(f"{path} is there already: give another name, or remove it first") from None
    click.echo(f"wrote {path}\ntry it: mockllm play {path}")
