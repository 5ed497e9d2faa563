"""The packages of the survey's clients: installed once, beside their requirement files.

Here: `installed`, which gives the command that starts a client and the versions of its packages. Not here: which
clients there are (`clients.py`).
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from tests.clients.node_runner import UnavailableError, install
from tests.survey.clients import HEAVY, LIGHT_NODE, Client

INSTALL_S = 600
_VERSIONS = "import importlib.metadata as m, json, sys; print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"


def installed(client: Client) -> tuple[tuple[str, ...], dict[str, str]]:
    """The command that starts the client, and the versions of its packages. Raises UnavailableError with the reason if
    they cannot be installed.
    """
    if client.kind == "node":
        folder = _node_packages(client)
        found = {name: folder / "node_modules" / name / "package.json" for name in client.packages}
        versions = {name: json.loads(path.read_text())["version"] for name, path in found.items()}
        return (str(shutil.which("node")), *client.program), versions
    python = sys.executable if client.place == "here" else str(_environment(client.place))
    done = _run([python, "-c", _VERSIONS, *client.packages])
    return (python, *client.program), json.loads(done)


def _node_packages(client: Client) -> Path:
    if client.place == "node":
        install()
        return LIGHT_NODE
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise UnavailableError("there is no Node on this machine")
    stamp = HEAVY / "node_modules" / ".installed"
    if not _is_fresh(stamp, HEAVY / "package.json"):
        _run([npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"], HEAVY)
        stamp.write_text(_digest(HEAVY / "package.json"))
    return HEAVY


def _environment(name: str) -> Path:
    """The Python of an environment with what the requirements file says."""
    requirements = HEAVY / f"requirements-{name}.txt"
    folder = HEAVY / ".venv" / name
    python = folder / "bin" / "python"
    if not _is_fresh(folder / ".installed", requirements):
        venv.create(folder, clear=True, with_pip=True)
        _run([str(python), "-m", "pip", "install", "--quiet", "--requirement", str(requirements)])
        (folder / ".installed").write_text(_digest(requirements))
    return python


def _is_fresh(stamp: Path, source: Path) -> bool:
    return stamp.is_file() and stamp.read_text() == _digest(source)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _run(command: list[str], folder: Path | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV_")}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=INSTALL_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"{Path(command[0]).name} took longer than {INSTALL_S} s") from None
    if done.returncode:
        raise UnavailableError(f"{Path(command[0]).name} failed: {done.stderr.strip()[-500:]}")
    return done.stdout
