"""Where packages of clients are installed that this Python does not have: environments beside their requirement files.

Here: `python_of`, an environment of its own for a requirements file, `node_modules` for a `package.json`, and the
versions of what is there. Both install only when their file has changed. Not here: which clients there are
(`survey/clients.py`, `frameworks/clients.py`), and the locked packages of the light Node clients
(`clients/node_runner.py`).
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.unavailable import UnavailableError

ROOT = Path(__file__).resolve().parent.parent
INSTALL_S = 600

_FROM_PIP = {"PIP_INDEX_URL": "UV_DEFAULT_INDEX", "PIP_CERT": "SSL_CERT_FILE"}
"""What tells pip where to look and whom to trust, and what uv calls that."""

_VERSIONS = "import importlib.metadata as m, json, sys; print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"


def python_of(folder: Path, requirements: Path, extra: str | None = None) -> Path:
    """The Python of an environment in `folder` with what the file asks for, and with an `extra` also with this project
    and what that needs. Raises UnavailableError with the reason if that cannot be installed.

    uv installs, because a dozen environments that share most of their files then take no longer than one.
    """
    python = folder / "bin" / "python"
    project = () if extra is None else ("--editable", f"{ROOT}[{extra}]")
    needs = () if extra is None else tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    wanted = " ".join([sys.version, _digest(requirements), *needs])
    stamp = folder / ".installed"
    if not (stamp.is_file() and stamp.read_text() == wanted):
        uv = [sys.executable, "-m", "uv", "--quiet"]
        run([*uv, "venv", "--clear", "--python", sys.executable, str(folder)])
        run([*uv, "pip", "install", "--python", str(python), "--requirements", str(requirements), *project])
        stamp.write_text(wanted)
    return python


def node_modules(folder: Path) -> str:
    """The program `node`, once what `package.json` in this folder asks for is there. Raises UnavailableError with the
    reason if that cannot be installed.
    """
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        raise UnavailableError("there is no Node on this machine")
    stamp = folder / "node_modules" / ".installed"
    wanted = _digest(folder / "package.json")
    if not (stamp.is_file() and stamp.read_text() == wanted):
        run([npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"], folder)
        stamp.write_text(wanted)
    return node


def python_versions(python: str | Path, packages: Sequence[str]) -> Mapping[str, str]:
    """The versions of these packages in an environment."""
    found: dict[str, str] = json.loads(run([str(python), "-c", _VERSIONS, *packages]))
    return found


def node_versions(folder: Path, packages: Sequence[str]) -> Mapping[str, str]:
    """The versions of these packages below a folder."""
    files = {name: folder / "node_modules" / name / "package.json" for name in packages}
    return {name: json.loads(path.read_text())["version"] for name, path in files.items()}


def run(command: Sequence[str], folder: Path | None = None) -> str:
    """What a command prints. Raises UnavailableError with what it complains of."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV_")}
    for old, new in _FROM_PIP.items():
        if old in environment:
            environment.setdefault(new, environment[old])
    environment.setdefault("UV_NATIVE_TLS", "true")  # uv has certificates of its own; pip and npm have the machine's
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=INSTALL_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"{Path(command[0]).name} took longer than {INSTALL_S} s") from None
    if done.returncode:
        raise UnavailableError(f"{Path(command[0]).name} failed: {done.stderr.strip()[-800:]}")
    return done.stdout


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
