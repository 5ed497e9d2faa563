"""What the commands' options share: each has an environment variable, which its help names.

Here: decorators over click's, and how a wrong value in a variable is told. Not here: what a command does with them.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

PREFIX = "MOCKLLM"
"""The environment variable of an option is this, an underscore, and the option's name."""

SETTINGS: Mapping[str, Any] = {"help_option_names": ["-h", "--help"], "auto_envvar_prefix": PREFIX}

_Function = TypeVar("_Function", bound=Callable[..., Any])
_PATH = click.Path(path_type=Path)


def entry(name: str) -> Callable[[Callable[..., Any]], click.Command]:
    """A command of this name, whose help is the function's docstring."""
    return click.command(name, context_settings=dict(SETTINGS))


class Option(click.Option):
    """An option that tells of a wrong value in its environment variable where it was found."""

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        """The value as its type. Raises click.BadParameter for one that is none."""
        try:
            return super().process_value(ctx, value)
        except click.BadParameter as error:
            if self.name is None or ctx.get_parameter_source(self.name) is not ParameterSource.ENVIRONMENT:
                raise
            option = click.Parameter.get_error_hint(self, ctx)  # without the variable, which comes next
            raise click.BadParameter(
                f"{error.message.rstrip('.')}. Correct the variable, or unset it.",
                ctx,
                self,
                f"{option}, from the environment variable {self._variable(ctx)}",
            ) from error

    def _variable(self, ctx: click.Context) -> str:
        return str(self.envvar or f"{ctx.auto_envvar_prefix}_{self.name}".upper())


def option(*names: str, cls: type[Option] = Option, **attributes: Any) -> Callable[[_Function], _Function]:
    """An option whose help names its environment variable and its default."""
    return click.option(*names, cls=cls, show_envvar=True, show_default=True, **attributes)


def json_option(text: str) -> Callable[[_Function], _Function]:
    """`--json`: output for machines."""
    return option("--json", "json", is_flag=True, help=text)


def paths_argument(*, required: bool = False) -> Callable[[_Function], _Function]:
    """`PATH…`: scenario files and folders, also from MOCKLLM_PATH, separated as in PATH."""
    return click.argument("path", nargs=-1, required=required, type=_PATH, envvar=f"{PREFIX}_PATH")


def library_option() -> Callable[[_Function], _Function]:
    """`--path`: where scenario names are looked up."""
    text = "A file or folder where the name is looked up, in place of the gallery; may be repeated."
    return option("--path", multiple=True, type=_PATH, help=text)


class PortOption(Option):
    """A port. In Kubernetes a service called `mockllm` puts its own address into MOCKLLM_PORT of every pod, as
    `tcp://10.0.0.1:80`; that is not meant.
    """

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """The variable's value, unless it is a service's address."""
        value = super().resolve_envvar_value(ctx)
        return None if value is not None and value.startswith("tcp://") else value


def control_port_option() -> Callable[[_Function], _Function]:
    """`--control-port`."""
    text = "A port for the control API alone; 0 takes any free one. Left out, it is on the server's own port."
    return option("--control-port", cls=PortOption, type=click.IntRange(0, 65_535), default=None, help=text)


def port_option(text: str, *, lowest: int) -> Callable[[_Function], _Function]:
    """`--port`."""
    return option("--port", cls=PortOption, type=click.IntRange(lowest, 65_535), default=8080, help=text)
