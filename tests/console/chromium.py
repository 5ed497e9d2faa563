"""A browser for the tests of the console: where it is and how it is started.

Here: Chromium of this machine. Not here: pages and servers (`conftest.py`).
"""

import os

from tests import distribution

OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find() -> str:
    """The path of a browser: the one that CHROMIUM names, or else one of this machine. Raises MissingError."""
    return os.environ.get("CHROMIUM") or distribution.find(distribution.BROWSER)
