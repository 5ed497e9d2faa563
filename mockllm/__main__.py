"""The command `mockllm`, also as `python -m mockllm`.

Here: the way in, and the last net under it: nobody is shown a traceback. Not here: the commands (`cli/`), which are
imported only when they are asked for.
"""

import os
import signal
import sys

import click

from mockllm.cli.main import group

_TRACEBACK = "MOCKLLM_TRACEBACK"
_PLUGINS = "PYDANTIC_DISABLE_PLUGINS"
_FIRST_PROCESS = 1
_ENDED_BY = 128


def main() -> None:
    """Run the command that the arguments of the process name; ends the process with its exit code."""
    if os.getpid() == _FIRST_PROCESS:
        # The system ends the first process of a container by no signal that has no handler, and its engine would wait.
        signal.signal(signal.SIGTERM, lambda number, _frame: os._exit(_ENDED_BY + number))
    # Plugins watch the models of an application; to look for them in every installed package takes longer than to check
    # a scenario, and this process has no other models than the language.
    os.environ.setdefault(_PLUGINS, "__all__")
    try:
        group.main(prog_name="mockllm")
    except Exception as error:
        if os.environ.get(_TRACEBACK):
            raise
        message = f"mockllm failed, which is its own fault: {type(error).__name__}: {error}"
        click.echo(f"{message}\nSet {_TRACEBACK}=1 to see where, and report it.", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
