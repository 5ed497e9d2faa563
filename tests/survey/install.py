"""The packages of the survey's clients: installed once, beside their requirement files.

Here: `installed`, which gives the command that starts a client and the versions of its packages. Not here: which
clients there are (`clients.py`), and how packages are installed (`tests/environments.py`).
"""

import shutil
import sys
from collections.abc import Mapping

from tests.clients.node_runner import install
from tests.environments import node_modules, node_versions, python_of, python_versions
from tests.survey.clients import HEAVY, LIGHT_NODE, Client


def installed(client: Client) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """The command that starts the client, and the versions of its packages. Raises UnavailableError with the reason if
    they cannot be installed.
    """
    if client.place == "node":
        install()
        return (str(shutil.which("node")), *client.program), node_versions(LIGHT_NODE, client.packages)
    if client.place == "heavy-node":
        return (node_modules(HEAVY), *client.program), node_versions(HEAVY, client.packages)
    python = sys.executable
    if client.place != "here":
        python = str(python_of(HEAVY / ".venv" / client.place, HEAVY / f"requirements-{client.place}.txt"))
    return (python, *client.program), python_versions(python, client.packages)
