"""Environments with the packages of frameworks: made once, beside their requirement files, with this project in them.

Here: `python_with`, the Python of an environment. Not here: what is tested in it (`programs/`).
"""

import hashlib
import os
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[3]
INSTALL_S = 600


class UnavailableError(Exception):
    """The packages cannot be installed; the message is the reason."""


def python_with(name):
    """The Python of the environment that `requirements/NAME.txt` describes, with what this project needs. There is one
    for each version of Python.
    """
    requirements = FOLDER / "requirements" / f"{name}.txt"
    folder = FOLDER / ".venv" / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"
    python, stamp = folder / "bin" / "python", folder / ".installed"
    wanted = _digest(requirements)
    if not stamp.is_file() or stamp.read_text() != wanted:
        venv.create(folder, with_pip=True)
        _install(python, requirements)
        stamp.write_text(wanted)
    return python


def _digest(requirements):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [requirements.read_text(encoding="utf-8"), *project["dependencies"]]
    return hashlib.sha256("\n".join(wanted).encode()).hexdigest()


def _install(python, requirements):
    command = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--requirement",
        requirements,
        "--editable",
        f"{ROOT}[virtual]",
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=INSTALL_S, check=False)
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"pip took longer than {INSTALL_S} s") from None
    if done.returncode:
        raise UnavailableError(f"pip failed: {done.stderr.strip()[-1000:]}")
