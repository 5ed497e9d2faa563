"""The packages of the frameworks: an environment for each requirements file, one folder for all Node clients.

Here: `installed`. Not here: which clients there are (`clients.py`), and how packages are installed
(`tests/environments.py`).
"""

import sys
from collections.abc import Mapping

from tests.environments import node_modules, node_versions, python_of, python_versions
from tests.frameworks.clients import FOLDER, NODE, Client

ENVIRONMENTS = FOLDER / ".venv" / f"{sys.version_info.major}.{sys.version_info.minor}"
REQUIREMENTS = FOLDER / "requirements"


def installed(client: Client) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """The command that starts the client's driver, and the versions of its packages. Raises UnavailableError with the
    reason if they cannot be installed.
    """
    if client.kind == "node":
        return (node_modules(NODE), str(client.path)), node_versions(NODE, client.packages)
    python = python_of(ENVIRONMENTS / client.place, REQUIREMENTS / f"{client.place}.txt")
    return (str(python), str(client.path)), python_versions(python, client.packages)
