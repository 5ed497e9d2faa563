"""`mockllm health`: whether a server answers. For a container's health check, so it imports next to nothing.

Here: one request and its exit code. Not here: the answer (`engine.py`).
"""

from http.client import HTTPException

import click

from mockllm.cli.client import BadURLError, connection_to
from mockllm.cli.options import entry, option, port_option

PATH = "/_mockllm/health"
"""What is asked for: `mockllm.engine.HEALTH`, written again because importing the engine takes longer than asking."""

_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 # nothing is bound here


@entry("health")
@option("--url", help="The server's URL; made of host and port if left out.")
@option("--host", default="127.0.0.1", help="Its host; an address that means all of them becomes the local one.")
@port_option("Its port.", lowest=1)
@option("--timeout", type=click.FloatRange(0, min_open=True), default=2.0, help="Seconds to wait for the answer.")
@click.pass_context
def command(context: click.Context, url: str | None, host: str, port: int, timeout: float) -> None:
    """Ask a running server whether it answers.

    Exit codes: 0 it does, 1 it does not, 2 wrong usage.
    """
    target = url or _url(_ANY_ADDRESS.get(host, host), port)
    try:
        found = _status(target, timeout)
    except BadURLError as error:
        raise click.BadParameter(str(error), param_hint="--url") from None
    if found == "200":
        click.echo("ok")
        return
    click.echo(f"{target} does not answer as it should: {found}", err=True)
    context.exit(1)


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _status(url: str, timeout_s: float) -> str:
    """The status of the answer, or why there is none."""
    connection, base = connection_to(url, timeout_s)
    try:
        connection.request("GET", base + PATH)
        status = str(connection.getresponse().status)
    except (OSError, HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()
    return status if status == "200" else f"status {status}"
