"""A browser for the tests of the console: where it is, how it comes to a machine of CI, and how it is started.

Here: Chromium of this machine. Not here: pages and servers (`conftest.py`).
"""

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL_S = 240

OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class MissingError(Exception):
    """There is no browser here; the message says what to do."""


def find():
    """The path of a browser. On a machine of CI whose user may do that, Debian's is installed first."""
    found = _found()
    if found is None and os.environ.get("CI") == "true" and os.geteuid() == 0 and shutil.which("apt-get"):
        _install()
        found = _found()
    if found is None:
        raise MissingError(f"none of {', '.join(NAMES)} is on this machine: `apt-get install chromium` brings one")
    return found


def _found():
    named = os.environ.get("CHROMIUM", "")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


def _install():
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "-qq", "update"], ["apt-get", "-qq", "install", "-y", "chromium"]):
        try:
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, timeout=INSTALL_S, check=False
            )
        except subprocess.TimeoutExpired:
            raise MissingError(f"{' '.join(command)} took longer than {INSTALL_S} s") from None
        if done.returncode:
            raise MissingError(f"{' '.join(command)} failed: {done.stderr.strip()[-500:]}")
