"""`mockllm record`: a server in front of a real endpoint that writes what comes back as a scenario.

Here: the options, and the life of the server. Not here: passing calls on (`net/recorder.py`) and the files
(`taping.py`).
"""

import asyncio
import signal
from pathlib import Path
from typing import Literal

import click
import orjson

from mockllm.cli.files import library_of
from mockllm.cli.options import PortOption, entry, json_option, option
from mockllm.cli.taping import Taping
from mockllm.net.recorder import Asking, Recorder
from mockllm.net.upstream import Upstream
from mockllm.recording.redact import Redaction
from mockllm.scenario.document import Scenario
from mockllm.scenario.json_path import compiled_path
from mockllm.scenario.library import SUFFIXES, Library

_FILE = "recorded.yaml"
_PATH = click.Path(path_type=Path)


@entry("record")
@option("--upstream", metavar="URL", help="The base URL of the endpoint, such as https://api.example.com/v1.")
@option("--output", "-o", type=_PATH, help=f"The scenario to write; {_FILE} in the folder of --path if left out.")
@option("--mode", type=click.Choice(["once", "new", "none", "all"]), default="once", help="When the endpoint is asked.")
@option("--path", multiple=True, type=_PATH, help="A scenario file or folder that answers too; may be repeated.")
@option("--key", help="The endpoint's key, in place of those that clients send.")
@option("--redact", multiple=True, metavar="JSONPATH", help="A field of bodies to redact; may be repeated.")
@option("--redact-header", multiple=True, metavar="NAME", help="A header to redact; may be repeated.")
@option("--cassette", is_flag=True, help="Keep the answers in a file of their own, FILE.jsonl.")
@option("--host", default="127.0.0.1", help="The address to listen on.")
@option("--port", cls=PortOption, type=click.IntRange(0, 65_535), default=8080, help="The port; 0 takes any free one.")
@json_option('Print the URL as {"url": ...}.')
def command(  # noqa: PLR0917 # click passes them by name
    upstream: str | None,
    output: Path | None,
    mode: Literal["once", "new", "none", "all"],
    path: tuple[Path, ...],
    key: str | None,
    redact: tuple[str, ...],
    redact_header: tuple[str, ...],
    cassette: bool,
    host: str,
    port: int,
    json: bool,
) -> None:
    """Record a real endpoint as a scenario.

    Clients use the URL that is printed in place of the endpoint's, and get its answers as they come. After each of them
    FILE is a whole scenario with the chunks, times, headers and errors so far; keys, cookies and account names are
    never written, nor what --redact and --redact-header name.

    --mode once records if FILE is not there, and else only answers from it; new asks the endpoint for what no rule
    answers; none never asks it, so that what nothing answers is an error; all asks for everything and begins FILE
    anew.

    Exit codes: 0 stopped, 1 something is wrong with the files or the address, 2 wrong usage.
    """
    file = _file(output, path)
    asking = _asking(mode, file)
    if asking != "never" and upstream is None:
        raise click.UsageError(f"--mode {mode} asks an endpoint: give --upstream URL, or --mode none")
    try:
        for field in redact:
            compiled_path(field)
    except ValueError as error:
        raise click.UsageError(f"--redact: {error}") from None
    library = library_of([it for it in path if it.exists()]) if path else Library()
    redaction = Redaction(redact_header, redact, () if key is None else (key,))
    if not library.names() or not file.exists():
        library.put(Scenario(name=file.stem))
    taping = Taping(file, library, redaction, cassette=cassette, again=mode != "all")
    endpoint = None if upstream is None else Upstream.of(upstream, key)
    recorder = Recorder(endpoint, library, taping.record, asking=asking, host=host, port=port)
    asyncio.run(_serve(recorder, json=json))


def _file(output: Path | None, paths: tuple[Path, ...]) -> Path:
    """The scenario to write."""
    folder = next((path for path in paths if path.suffix not in SUFFIXES), None)
    if output is None and folder is None:
        raise click.UsageError("where to? Give -o FILE, or --path FOLDER")
    file = output if output is not None else Path(folder or ".") / _FILE
    if file.suffix not in SUFFIXES:
        raise click.UsageError(f"{file} is no name of a scenario file: let it end in .yaml")
    return file


def _asking(mode: str, file: Path) -> Asking:
    match mode:
        case "all":
            return "always"
        case "new":
            return "unmatched"
        case "once" if not file.exists():
            return "always"
        case _:
            return "never"


async def _serve(recorder: Recorder, *, json: bool) -> None:
    """Run until a signal comes."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await recorder.start()
    try:
        click.echo(orjson.dumps({"url": recorder.url}) if json else recorder.url)
        await stop.wait()
    finally:
        await recorder.close()
