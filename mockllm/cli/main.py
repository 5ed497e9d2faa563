"""The group of all commands.

Here: their names and first sentences, so that `mockllm --help` imports none of them, and how their errors end. Not
here: any command; each is in the file of its name, as `command`.
"""

import gc
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from typing import IO, Any

import click

from mockllm.cli.options import SETTINGS
from mockllm.errors import MockLLMError, ScenarioError

COMMANDS: Mapping[str, str] = {
    "serve": "Serve scenarios over HTTP until stopped.",
    "play": "Stream a scenario to a small client, and show each frame as it arrives.",
    "explain": "Show which rule answers, why the others do not, and what is sent when.",
    "sweep": "Put a fault at every single place of an answer, one after the other.",
    "record": "Record a real endpoint as a scenario.",
    "import": "Make a scenario of what another mock or a browser wrote.",
    "check": "Check scenario files and show every problem with its place.",
    "list": "List scenarios by name, with the first sentence of each.",
    "new": "Write a scenario file to start from.",
    "schema": "Print the JSON Schema of the scenario language, for editors.",
    "health": "Ask a running server whether it answers.",
}
"""Every command and the first sentence of its help, in the order in which they are shown."""

_AUTHORITIES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Where OpenSSL looks for the certificates of authorities (SSL_CTX_set_default_verify_paths)."""


class Commands(click.Group):
    """A group that imports a command when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in their order."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, or None."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        with _no_collections(), _no_authorities():
            command: click.Command = import_module(f"mockllm.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name; for an unknown one the nearest is told."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            close = get_close_matches(name, COMMANDS, n=1)
            ctx.fail(f"there is no command '{name}'" + (f": did you mean '{close[0]}'?" if close else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. An error that mockllm raised on purpose ends with its text and exit code 1."""
        try:
            return super().invoke(ctx)
        except ScenarioError as error:
            raise _WrongScenarioError(str(error)) from error
        except MockLLMError as error:
            raise click.ClickException(str(error).removeprefix("mockllm: ")) from error
        except BrokenPipeError:
            raise
        except OSError as error:
            raise click.ClickException(f"the system refused: {error}") from error


class _WrongScenarioError(click.ClickException):
    """The problems of a scenario, one a line, each beginning with its place, which editors make a link of."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print them."""
        click.echo(self.message, file=file, err=file is None)


@contextmanager
def _no_collections() -> Iterator[None]:
    """Inside, the garbage collector does not run, and what is there at the end counts as old: imports make much and
    drop little, so to go through all of it would only take time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.unfreeze()  # to the oldest generation
        if was_on:
            gc.enable()


@contextmanager
def _no_authorities() -> Iterator[None]:
    """Inside, contexts of TLS are made without the certificates of authorities.

    aiohttp makes one for its client as it is imported, and to read all certificates takes longer than the rest of it.
    No command has that client; the one that calls an endpoint makes a context of its own (`net/upstream.py`).
    """
    before = {name: os.environ.get(name) for name in _AUTHORITIES}
    os.environ.update(dict.fromkeys(_AUTHORITIES, os.devnull))
    try:
        yield
    finally:
        for name, value in before.items():
            del os.environ[name]
            if value is not None:
                os.environ[name] = value


@click.group(cls=Commands, context_settings=SETTINGS)
@click.version_option(package_name="mockllm-server", prog_name="mockllm")
def group() -> None:
    """A mock OpenAI-compatible server that answers exactly as scripted.

    Every option can be set in the environment too; the help of each command names the variables.
    """
