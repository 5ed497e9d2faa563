"""`mockllm play`: a scenario, streamed to a client before your eyes.

Here: a server on a free port, the requests that the scenario is made for, and what comes back. Waiting is real. Not
here: the client (`client.py`), how its lines look (`screen.py`), which requests there are and how often each is tried
(`explain.py`).
"""

import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import click

from mockllm.cli.client import Arrival, BadURLError, connection_to, stream
from mockllm.cli.files import scenario_at
from mockllm.cli.options import entry, library_option, option
from mockllm.cli.screen import PlainScreen, Screen, Terminal
from mockllm.engine import Engine
from mockllm.explain import visits
from mockllm.net.thread import ServerThread
from mockllm.scenario.document import Scenario
from mockllm.scenario.library import Library
from mockllm.websocket import METHOD

_US_PER_S = 1_000_000
_OVER_WEBSOCKET = "What goes over a WebSocket is not played here; its events are shown by: mockllm explain"
_GOOD = frozenset("123")
_STYLES = {"head": "bold"}


@entry("play")
@click.argument("name", metavar="[NAME|PATH]", default="hello")
@library_option()
@option("--url", help="A server that runs already; its scenario of this name is played.")
@option("--timeout", type=click.FloatRange(0, min_open=True), default=30.0, help="Seconds of silence to bear.")
@click.pass_context
def command(context: click.Context, name: str, path: tuple[Path, ...], url: str | None, timeout: float) -> None:
    """Stream a scenario to a small client, and show each frame as it arrives.

    NAME|PATH is a scenario file, or the name of a scenario. The scenario's own examples are sent; a request that is
    refused or cut off is sent again while its reply has scripted attempts. All gates are open. Times are in seconds
    from the sending of the request.

    Exit codes: 0 the last answer to each request was whole and no error, 1 one was not, or a file is wrong, 2 wrong
    usage.
    """
    scenario = scenario_at(name, path)
    screen = Terminal() if sys.stdout.isatty() else PlainScreen()
    if url is not None:
        try:
            connection_to(url, timeout)
        except BadURLError as error:
            raise click.BadParameter(str(error), param_hint="--url") from None
        ok = _play(scenario, url.rstrip("/"), timeout, screen)
    else:
        engine = Engine(Library(scenarios=[scenario]))
        engine.gates.open_all()
        thread = ServerThread(engine)
        thread.start()
        with closing(thread):
            ok = _play(scenario, thread.url, timeout, screen)
    context.exit(0 if ok else 1)


def _play(scenario: Scenario, url: str, timeout_s: float, screen: Screen) -> bool:
    """Send every request as often as a client would; whether each got its answer in the end."""
    answered = []
    for exchanges in visits(scenario, scenario.requests()):
        ok = False
        over_websocket = exchanges[0].call.method == METHOD
        if over_websocket:
            screen.show(None, f"{_OVER_WEBSOCKET} {scenario.name}", "yellow")
        for exchange in () if over_websocket else exchanges:
            call = exchange.call
            path = f"/{scenario.name}{call.path}"
            screen.show(None, f"{call.method} {url}{path}", "cyan")
            ok = _show(stream(url, path, dict(call.headers), call.body, timeout_s), screen)
        answered.append(ok)
    return all(answered)


def _show(arrivals: Iterable[Arrival], screen: Screen) -> bool:
    """Show what arrives, the end with a word about all of it; whether it was an answer."""
    times: list[int] = []
    good = False
    for arrival in arrivals:
        at_s = arrival.at_us / _US_PER_S
        if arrival.kind == "end":
            good = good and arrival.ok
            screen.show(at_s, arrival.text + _summary(times), "green" if good else "red")
            continue
        if arrival.kind == "head":
            good = arrival.text[0] in _GOOD
        else:
            times.append(arrival.at_us)
        screen.show(at_s, arrival.text, _STYLES.get(arrival.kind, ""))
    return good


def _summary(times: list[int]) -> str:
    if len(times) < 2:  # noqa: PLR2004 # of one there is nothing to tell
        return ""
    return f": {len(times)} events from {times[0] / _US_PER_S:.3f} s to {times[-1] / _US_PER_S:.3f} s"
