"""`mockllm serve`: a server that runs until it is stopped.

Here: what it is made of, the line that says where it is, reloading, and its end. Not here: serving (`net/server.py`),
what is told meanwhile (`log.py`), what changed on disk (`shelf.py`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
import orjson

from mockllm.cli.common import begin_state, shared_engine, taking_part, together
from mockllm.cli.files import library_of, problems_at, shown
from mockllm.cli.log import Format, Log
from mockllm.cli.options import PREFIX, control_port_option, entry, json_option, option, paths_argument, port_option
from mockllm.cli.process import beside_answers, rare_collections, stop_signal, warnings_in
from mockllm.cli.shelf import Change, Shelf
from mockllm.cli.stateless import StatelessShelf, check_stateless
from mockllm.cli.tracing import tracing
from mockllm.cli.watch import watching
from mockllm.cli.workers import MOST_WORKERS, Workers, command_of, is_led, new_group, reserved
from mockllm.dialects import prepare
from mockllm.engine import Engine, Observer
from mockllm.errors import MockLLMError, Problem, ScenarioError
from mockllm.journal import Journal
from mockllm.net.control import Control
from mockllm.net.thread import ServerThread
from mockllm.scenario.load import load_text
from mockllm.scenario.reader import read
from mockllm.tally import Tally

if TYPE_CHECKING:
    from mockllm.net.control.way import Way

CANNOT_LISTEN = 3
"""The exit code when the address cannot be had."""

NO_STATE = 5
"""The exit code when the place of the common state cannot be reached, or is none."""

_GIVEN = "--scenario"
_MOST_NAMES = 10
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
@option("--otel", is_flag=True, help="Export a span of each exchange, as the OTEL_* variables say.")
@option("--workers", type=click.IntRange(1, MOST_WORKERS), default=1, help="How many processes serve on the port.")
@option("--worker", hidden=True, help="Which of them this is.")
@option("--state", help="Where workers have a common state, redis://HOST:PORT/DB; in each process if left out.")
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
    otel: bool,
    workers: int,
    worker: str | None,
    state: str | None,
) -> None:
    """Serve scenarios over HTTP until stopped.

    PATH is a scenario file or a folder of them; more than one may be given, also in MOCKLLM_PATH. They are all checked
    first. Without PATH the gallery is served. BASE/v1 is the default scenario (the only one, or `default`, or
    `hello`), BASE/NAME/v1 another one, and BASE/NAME@RUN/v1 an isolated run of it.

    Standard output gets one line, the URL, once connections are accepted; the log goes to standard error. A changed
    file starts its scenario anew; exchanges that are open go on as they were. SIGTERM and Ctrl-C stop at once, a
    second one without waiting for anything.

    Paths below /_mockllm/ are the control API, for tests and people; see --control-token and --control-port.

    Several workers serve scenarios whose answers follow from each request alone, or any with --state.

    Exit codes: 0 stopped, 1 scenarios are wrong, 2 wrong usage, 3 cannot listen, 4 workers die, 5 --state not there.
    """
    log = Log(lambda text: click.echo(text, err=True), form=log_format, quiet=quiet)
    is_alone = workers > 1 and not state
    shelf = _shelf(path, scenario, log, is_alone=is_alone)
    settings = _Settings(
        host, port, control_port, as_json=json, watched=path if reload else (), token=control_token or None,
        count=workers, worker=worker, is_alone=is_alone, state=state or None, otel=otel,
    )  # fmt: skip
    if settings.state is not None and worker is None:
        _begin(settings.state, log)
    if workers == 1 or worker is not None:
        _serve(settings, shelf, log)
        return
    environment = {
        "HOST": host, "SCENARIO": scenario or "", "RELOAD": str(int(reload)), "LOG_FORMAT": log_format,
        "CONTROL_TOKEN": control_token or "", "QUIET": str(int(quiet)), "OTEL": str(int(otel)),
        "WORKERS": str(workers), "JSON": "1", "STATE": state or "",
    }  # fmt: skip
    raise click.exceptions.Exit(_serve_by_workers(settings, path, environment, shelf, log))


@dataclass(frozen=True, slots=True)
class _Settings:
    """How a process serves. `worker` is its number among several; it `is_alone` if these have no common state."""

    host: str
    port: int
    control_port: int | None
    as_json: bool
    watched: tuple[Path, ...]
    token: str | None
    count: int
    worker: str | None
    is_alone: bool
    state: str | None
    otel: bool


def _serve(settings: _Settings, shelf: Shelf, log: Log) -> None:
    """Serve in this process until it is told to stop, and export spans of that if they are wanted."""
    with warnings_in(log), tracing(wanted=settings.otel) as traces:
        _serve_traced(settings, shelf, log, traces)


def _serve_traced(settings: _Settings, shelf: Shelf, log: Log, traces: Iterable[Observer]) -> None:
    worker = settings.worker
    tally = Tally(None if worker is None else worker.rpartition("/")[2])
    journal = Journal(most_exchanges=1) if settings.is_alone else None  # nobody can ask for it: see `Alone`
    engine = Engine(shelf, journal, observers=[log.exchange, tally.observe, *traces], keeps=not settings.is_alone)
    shared = None if settings.state is None else shared_engine(engine, settings.state, worker)
    way = _alone if settings.is_alone else None if shared is None else partial(together, shared)
    control = Control(engine, tally, token=settings.token, way=way)
    thread = ServerThread(
        engine if shared is None else shared,
        host=settings.host,
        port=settings.port,
        control=control,
        control_port=settings.control_port,
        shared=worker is not None,
    )
    with stop_signal(log, is_told=worker is None) as stop:
        try:
            thread.start()
        except MockLLMError as error:
            raise _CannotListenError(str(error)) from None
        told = log if worker is None or worker.endswith("/1") else Log(lambda _text: None)
        with (
            closing(thread),
            taking_part(shared, thread),
            _reloading(shelf, settings.watched, thread, told),
            rare_collections(),
        ):
            urls = _urls(thread, settings)
            if worker is None:
                log.note("serving", f"{_served(shelf)}; watch it at {thread.server.control_url}/_mockllm/", **urls)
            click.echo(orjson.dumps(urls) if settings.as_json else thread.url)
            is_prepared = False
            while not stop.wait(_CHECK_S) and (worker is None or is_led(worker)):
                if not is_prepared and not thread.server.open_exchanges:  # answers come first
                    with beside_answers():
                        prepare()
                        control.prepare()
                    is_prepared = True


def _serve_by_workers(
    settings: _Settings, paths: Sequence[Path], environment: Mapping[str, str], shelf: Shelf, log: Log
) -> int:
    """Serve by several processes until this one is told to stop; gives the exit code."""

    def tell(line: str) -> None:
        urls = orjson.loads(line)
        log.note("serving", f"{_served(shelf)}, by {settings.count} workers", **urls)
        click.echo(line if settings.as_json else urls["url"])

    with stop_signal(log) as stop, ExitStack() as ports:
        try:
            places = {"PORT": str(ports.enter_context(reserved(settings.host, settings.port)))}
            if settings.control_port is not None:
                places["CONTROL_PORT"] = str(ports.enter_context(reserved(settings.host, settings.control_port)))
        except MockLLMError as error:
            raise _CannotListenError(str(error)) from None
        group = new_group()
        variables = {f"{PREFIX}_{name}": value for name, value in {**environment, **places}.items()}
        workers = Workers(settings.count, lambda number: command_of(group, number, paths), variables, log)
        return workers.run(stop, tell)


def _begin(state: str, log: Log) -> None:
    """See that there is a place for the common state. Ends the command if there is none."""
    try:
        begin_state(state, log)
    except MockLLMError as error:
        raise _NoStateError(str(error)) from None


def _urls(thread: ServerThread, settings: _Settings) -> dict[str, str]:
    apart = {} if settings.control_port is None else {"control_url": thread.server.control_url}
    return {"url": thread.url, **apart}


def _alone() -> "Way":
    from mockllm.net.control.way import Alone  # noqa: PLC0415 - most servers are never asked; see `Control`

    return Alone()


class _NoStateError(click.ClickException):
    """The common state cannot be had."""

    exit_code = NO_STATE


class _CannotListenError(click.ClickException):
    """The address cannot be had."""

    exit_code = CANNOT_LISTEN


def _shelf(paths: tuple[Path, ...], text: str | None, log: Log, *, is_alone: bool) -> Shelf:
    """What is served. Ends the command if anything of it is wrong; the gallery is checked as it is asked for."""
    problems: list[Problem] = []
    scenarios = []
    if text:
        try:
            scenarios.append(load_text(text, source=_GIVEN))
            if is_alone:
                check_stateless(scenarios[0], read(text), _GIVEN)
        except ScenarioError as error:
            problems += error.problems
    try:
        shelf = (StatelessShelf if is_alone else Shelf)(library_of(paths).entries(), scenarios)
    except ScenarioError:
        _end(log, [*problems_at(paths)[1], *problems])
    if paths:
        problems = [*map(shown, shelf.problems()), *problems]
    if problems:
        _end(log, problems)
    return shelf


def _end(log: Log, problems: Iterable[Problem]) -> NoReturn:
    for problem in problems:
        log.problem(problem)
    raise click.exceptions.Exit(1)


def _served(shelf: Shelf) -> str:
    """What is served, for people."""
    names = shelf.names()
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f"serving {', '.join(names[:_MOST_NAMES])}{more}"


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
