"""Programs of the distribution that some tests need: a Redis, and a browser.

Here: finding one, and installing its package where that is allowed: as root, in CI or with MOCKLLM_MAY_INSTALL in the
environment. Not here: what is done with them (`redis_server.py`, `console/chromium.py`). Packages of Python and Node
are `environments.py`'s.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.unavailable import in_ci

INSTALL_S = 300


class MissingError(Exception):
    """A program that is not here; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program by the names it may have, and the Debian package that brings it."""

    names: tuple[str, ...]
    package: str

    @property
    def path(self) -> str | None:
        """Where it is, if it is here."""
        return next(filter(None, map(shutil.which, self.names)), None)


REDIS = Program(("redis-server",), "redis-server")
BROWSER = Program(("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"), "chromium")


def find(program: Program) -> str:
    """The path of a program, which is installed first where that is allowed. Raises MissingError."""
    if (path := program.path) is not None:
        return path
    why = _install(program) if _may_install() else ""
    if (path := program.path) is not None:
        return path
    raise MissingError(f"there is no {program.names[0]} on this machine: `apt-get install {program.package}`{why}")


def _may_install() -> bool:
    wanted = in_ci() or bool(os.environ.get("MOCKLLM_MAY_INSTALL"))
    return wanted and os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install(program: Program) -> str:
    """Install the package; empty, or what went wrong. Of several processes that run tests one installs."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "-qq", "install", "-y", "--no-install-recommends", program.package]
    with (Path(tempfile.gettempdir()) / "mockllm-tests-apt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if program.path is not None:
            return ""
        for command in (["apt-get", "-qq", "update"], install):
            try:
                done = subprocess.run(
                    command, env=environment, capture_output=True, text=True, timeout=INSTALL_S, check=False
                )
            except subprocess.TimeoutExpired:
                return f" (it took longer than {INSTALL_S} s)"
            if done.returncode:
                return f" (it failed: {done.stderr.strip()[-300:]})"
    return ""
