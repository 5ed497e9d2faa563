"""`mockllm explain`: what a scenario answers, and why.

Here: reading the scenario and the requests. Not here: the text (`mockllm/explain.py`).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import click
import orjson

from mockllm.cli.files import scenario_at
from mockllm.cli.options import entry, library_option, option
from mockllm.errors import MockLLMError
from mockllm.explain import explain
from mockllm.request import JSON
from mockllm.scenario.base import found
from mockllm.scenario.reader import read
from mockllm.units import parse_duration


def _in_us(_context: click.Context, _option: click.Parameter, text: str) -> int:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@entry("explain")
@click.argument("name", metavar="NAME|PATH")
@library_option()
@option(
    "--request",
    "requests",
    envvar="MOCKLLM_REQUEST",
    type=click.File("rb"),
    multiple=True,
    help="A file with a request body, as JSON or YAML, or - for standard input; may be repeated.",
)
@option("--attempts", type=click.IntRange(1, 1000), help="How often each request is sent.")
@option("--every", callback=_in_us, default="0", help="How long after one request the next one comes, such as 5s.")
def command(
    name: str, path: tuple[Path, ...], requests: tuple[IO[bytes], ...], attempts: int | None, every: int
) -> None:
    """Show which rule answers, why the others do not, and what is sent when.

    NAME|PATH is a scenario file, or the name of a scenario. Without --request the scenario's own examples are sent, one
    after the other; a request that is refused or cut off is sent again while its reply has scripted attempts or chaos
    struck it, as a client would do. With --attempts each outcome is shown once, and a line tells how many had it. Times
    are in seconds from the moment the request was read.
    """
    scenario = scenario_at(name, path)
    bodies = [_body(file) for file in requests] or list(scenario.requests())
    click.echo(explain(scenario, bodies, attempts, every), nl=False)


def _body(file: IO[bytes]) -> Mapping[str, JSON]:
    """The request body in a file. Raises MockLLMError if it holds anything else."""
    text, name = file.read(), getattr(file, "name", "<stdin>")
    try:
        value: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = read(text, source=name).value
    if not isinstance(value, Mapping):
        raise MockLLMError(
            f"{name}: a request body is a mapping such as {{model: x, messages: []}}, found {found(value)}"
        )
    return value
