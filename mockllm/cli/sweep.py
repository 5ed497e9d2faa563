"""`mockllm sweep`: a fault at every single place of an answer, each under a URL of its own.

Here: a server with all of them, and either their URLs or a command that is run once against each. Not here: which
places there are (`sweeps.py`).
"""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import orjson

from mockllm.cli.files import scenario_at
from mockllm.cli.options import entry, json_option, library_option, option
from mockllm.engine import Engine
from mockllm.errors import MockLLMError
from mockllm.exchange import Exchange
from mockllm.net.environment import variables
from mockllm.net.thread import ServerThread
from mockllm.scenario.document import Scenario
from mockllm.scenario.library import Library
from mockllm.scenario.reader import read
from mockllm.sweeps import MOST_PLACEMENTS, Over, placements

_ANY_KEY = "sk-mock"


@entry("sweep")
@click.argument("name", metavar="NAME|PATH")
@click.argument("fault")
@click.argument("program", metavar="[COMMAND]...", nargs=-1, type=click.UNPROCESSED)
@library_option()
@option("--over", type=click.Choice(["frames", "tokens", "bytes", "attempts"]), default="frames", help="What to count.")
@option("--most", type=click.IntRange(1, MOST_PLACEMENTS), help="How many places of each answer to try.")
@option("--timeout", type=click.FloatRange(0, min_open=True), default=60.0, help="Seconds that each command may take.")
@json_option("Print one JSON object for each place.")
@click.pass_context
def command(  # noqa: PLR0917 # click passes them by name
    context: click.Context,
    name: str,
    fault: str,
    program: tuple[str, ...],
    path: tuple[Path, ...],
    over: Over,
    most: int | None,
    timeout: float,
    json: bool,
) -> None:
    """Put a fault at every single place of an answer, one after the other.

    NAME|PATH is a scenario file, or the name of a scenario; FAULT is a kind such as reset, or a fault in YAML such as
    '{stall: {for: 30s}}'. With a COMMAND, after --, it is run once for each place with OPENAI_BASE_URL and
    OPENAI_API_KEY set, and a line tells how it ended and how its requests did. Without one the URLs are printed and
    served until Ctrl-C.

    Exit codes: 0 ok, 1 the command failed at a place, or something is wrong with the scenario or the fault, 2 wrong
    usage.
    """
    placed = placements(scenario_at(name, path), _fault(fault), over=over, most=most)
    engine = Engine(Library(scenarios=placed))
    thread = ServerThread(engine)
    thread.start()
    with closing(thread):
        if not program:
            _serve(placed, thread.url, json=json)
            return
        failures = 0
        for scenario in placed:
            url = f"{thread.url}/{scenario.name}/v1"
            ended = _run(program, url, timeout)
            requests = thread.call(engine.journal.all, namespace=scenario.name)
            _tell({"place": scenario.name, "url": url, "command": ended, "requests": list(map(_told, requests))}, json)
            failures += ended != "ok"
    if not json:
        click.echo(f"{len(placed)} places, {failures} failed")
    context.exit(1 if failures else 0)


def _fault(text: str) -> Any:
    """The fault that is written: its kind, or YAML."""
    value = read(text.encode(), source="FAULT").value
    if not isinstance(value, (str, Mapping)):
        raise MockLLMError(f"a fault is a kind such as reset, or YAML such as {{reset: {{}}}}, found {text!r}")
    return value


def _serve(placed: tuple[Scenario, ...], url: str, *, json: bool) -> None:
    """Print the URL of each place, and stay until a signal comes."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        for scenario in placed:
            base = f"{url}/{scenario.name}/v1"
            click.echo(orjson.dumps({"place": scenario.name, "url": base}) if json else base)
        stop.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _run(program: tuple[str, ...], url: str, timeout_s: float) -> str:
    """How the command ended: `ok`, `exit 3`, `signal 9`, `over 60 s`. Raises OSError if it cannot be run."""
    wanted = variables(url, _ANY_KEY)
    environment = {**os.environ, **{name: value for name, value in wanted.items() if value is not None}}
    for name in (name for name, value in wanted.items() if value is None):
        environment.pop(name, None)
    try:
        done = subprocess.run(program, env=environment, timeout=timeout_s, check=False)  # noqa: S603 # the user's own
    except subprocess.TimeoutExpired:
        return f"over {timeout_s:g} s"
    if done.returncode < 0:
        return f"signal {-done.returncode}"
    return f"exit {done.returncode}" if done.returncode else "ok"


def _told(exchange: Exchange) -> str:
    return f"{exchange.status} {exchange.outcome}"


def _tell(row: Mapping[str, Any], json: bool) -> None:
    if json:
        click.echo(orjson.dumps(row))
    else:
        requests = "; ".join(row["requests"]) or "no request"
        click.echo(f"{row['place']}\t{row['command']}\t{requests}")
