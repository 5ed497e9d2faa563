"""`mockllm serve`: a server that runs until it is stopped.

Here: what it is made of, the line that says where it is, reloading, and its end. Not here: serving (`net/server.py`),
what is told meanwhile (`log.py`), what changed on disk (`shelf.py`).
"""

import gc
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click
import orjson

from mockllm.cli.files import problems_at
from mockllm.cli.log import Format, Log, LogHandler
from mockllm.cli.options import control_port_option, entry, json_option, option, paths_argument, port_option
from mockllm.cli.shelf import Change, Shelf
from mockllm.cli.watch import watching
from mockllm.engine import Engine
from mockllm.errors import MockLLMError, ScenarioError
from mockllm.net.control import Control
from mockllm.net.thread import ServerThread
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text
from mockllm.tally import Tally

CANNOT_LISTEN = 3
"""The exit code when the address cannot be had."""

_FORCED = 128
"""What is added to a signal's number for the exit code of a process that it ended, as shells do."""

_MOST_NAMES = 10
_THRESHOLDS = (10_000, 20, 100)
_CHECK_S = 0.5


@entry("serve")
@paths_argument()
@option("--host", default="127.0.0.1", help="The address to listen on; 0.0.0.0 for all of this machine.")
@port_option("The port to listen on; 0 takes any free one.", lowest=0)
@json_option('Print the URL as {"url": ...}.')
@option("--scenario", help="A scenario as YAML text; it becomes the default.")
@option("--reload/--no-reload", default=True, help="Whether changed, new and removed files are taken up.")
@option("--log-format", type=click.Choice(["text", "json"]), default="text", help="How the log is written.")
@option("--control-token", help="What calls of the control API must bring as a bearer token; none if left out.")
@control_port_option()
@option("--quiet", is_flag=True, help="Do not log exchanges.")
def command(  # noqa: PLR0917 # click passes them by name
    path: tuple[Path, ...],
    host: str,
    port: int,
    json: bool,
    scenario: str | None,
    reload: bool,
    log_format: Format,
    control_token: str | None,
    control_port: int | None,
    quiet: bool,
) -> None:
    """Serve scenarios over HTTP until stopped.

    PATH is a scenario file or a folder of them; more than one may be given, also in MOCKLLM_PATH. They are all checked
    first. Without PATH the gallery is served. BASE/v1 is the default scenario (the only one, or `default`, or
    `hello`), BASE/NAME/v1 another one, and BASE/NAME@RUN/v1 an isolated run of it.

    Standard output gets one line, the URL, once connections are accepted; the log goes to standard error. A changed
    file starts its scenario anew; exchanges that are open go on as they were. SIGTERM and Ctrl-C stop at once, a
    second one without waiting for anything.

    Paths below /_mockllm/ are the control API, for tests and people; see --control-token and --control-port.

    Exit codes: 0 stopped, 1 scenarios are wrong, 2 wrong usage, 3 cannot listen.
    """
    log = Log(lambda text: click.echo(text, err=True), form=log_format, quiet=quiet)
    shelf = _shelf(path, scenario, log)
    tally = Tally()
    engine = Engine(shelf, observers=[log.exchange, tally.observe])
    control = Control(engine, tally, token=control_token or None)
    thread = ServerThread(engine, host=host, port=port, control=control, control_port=control_port)
    with _stop_signal(log) as stop, _warnings_in(log):
        try:
            thread.start()
        except MockLLMError as error:
            raise _CannotListenError(str(error)) from None
        with closing(thread), _reloading(shelf, path if reload else (), thread, log), _rare_collections():
            apart = {} if control_port is None else {"control_url": thread.server.control_url}
            log.note("serving", _served(shelf), url=thread.url, **apart)
            click.echo(orjson.dumps({"url": thread.url, **apart}) if json else thread.url)
            control.prepare()
            while not stop.wait(_CHECK_S):
                pass


class _CannotListenError(click.ClickException):
    """The address cannot be had."""

    exit_code = CANNOT_LISTEN


def _shelf(paths: tuple[Path, ...], text: str | None, log: Log) -> Shelf:
    """What is served. Ends the command if anything of it is wrong; the gallery is checked as it is asked for."""
    _, problems = problems_at(paths)
    scenarios = []
    if text is not None:
        try:
            scenarios.append(load_text(text, source="--scenario"))
        except ScenarioError as error:
            problems += error.problems
    if problems:
        for problem in problems:
            log.problem(problem)
        raise click.exceptions.Exit(1)
    library = Library.of_paths(paths) if paths else Library.gallery()
    return Shelf(library.entries(), scenarios)


def _served(shelf: Shelf) -> str:
    """What is served, for people."""
    names = shelf.names()
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f"serving {', '.join(names[:_MOST_NAMES])}{more}"


@contextmanager
def _stop_signal(log: Log, leave: Callable[[int], object] = os._exit) -> Iterator[threading.Event]:
    """An event that the first SIGTERM or SIGINT sets; a second one ends the process on the spot."""
    stop = threading.Event()

    def obey(number: int, _frame: object) -> None:
        if stop.is_set():
            leave(_FORCED + number)
            return
        stop.set()
        log.note("stopping", f"{signal.Signals(number).name}: stopping")

    before = {number: signal.signal(number, obey) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Keep the garbage collector from making answers late: it leaves what is loaded alone and looks at the rest rarely.

    Exchanges make no reference cycles, but the journal keeps them, and Python's own thresholds would have the
    collector go through the whole journal again and again.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def _warnings_in(log: Log) -> Iterator[None]:
    """Warnings of the server and of what it is built on go to the same log."""
    handler = LogHandler(log)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)


@contextmanager
def _reloading(shelf: Shelf, paths: tuple[Path, ...], thread: ServerThread, log: Log) -> Iterator[None]:
    """Inside, what changes at these paths is taken up between two events of the server."""

    def refresh() -> None:
        try:
            changed = thread.call(shelf.refresh, paths)
        except ScenarioError as error:
            changed = [Change("everything", "kept", error.problems)]
        for change in changed:
            for problem in change.problems:
                log.problem(problem)
            log.note(change.kind, str(change), scenario=change.name)

    with watching(paths, refresh):
        yield
