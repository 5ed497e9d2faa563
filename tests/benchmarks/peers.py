"""Other mocks, if they can be installed: they are asked for the same fifty chunks.

Here: installing a peer beside this file and starting it. Its fixture says the same words, and its answers are checked
token by token like ours. Not here: the load (`load.py`). aimock is the one peer that can be told to send exactly these
chunks without pauses; llmock makes up its own text, and others come as containers or jars.
"""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from tests.benchmarks.servers import Target
from tests.benchmarks.workloads import STREAM_TOKENS, words

AIMOCK = "aimock"

_FOLDER = Path(__file__).parent / "peers"
_PROGRAM = _FOLDER / "node_modules/@copilotkit/aimock/dist/cli.js"
_INSTALL_S = 300
_STARTS_S = 30.0
_POLL_S = 0.05


class PeerMissingError(RuntimeError):
    """A peer that cannot be had here; the text says why."""


def version() -> str:
    """The version that is installed. Raises PeerMissingError."""
    _install()
    value: str = orjson.loads((_PROGRAM.parent.parent / "package.json").read_bytes())["version"]
    return value


@contextlib.contextmanager
def aimock() -> Iterator[Target]:
    """aimock, with a fixture of fifty words of one size, each of which becomes a chunk. Raises PeerMissingError."""
    _install()
    text = "".join(words(STREAM_TOKENS))
    port = _free_port()
    with TemporaryDirectory() as folder:
        fixture = Path(folder) / "words.json"
        fixture.write_bytes(
            orjson.dumps({"fixtures": [{"match": {"userMessage": "number"}, "response": {"content": text}}]})
        )
        size = len(words(1)[0])
        command = [
            _node(),
            str(_PROGRAM),
            "-p",
            str(port),
            "-f",
            str(fixture),
            "-c",
            str(size),
            "--log-level",
            "silent",
        ]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                _wait(port)
                yield Target(port, process.pid)
            finally:
                process.terminate()


def _node() -> str:
    if (node := shutil.which("node")) is None:
        raise PeerMissingError("there is no Node on this machine")
    return node


def _install() -> None:
    if _PROGRAM.is_file():
        return
    if (npm := shutil.which("npm")) is None:
        raise PeerMissingError("there is no npm on this machine")
    command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"]
    try:
        done = subprocess.run(command, cwd=_FOLDER, capture_output=True, text=True, timeout=_INSTALL_S, check=False)
    except subprocess.TimeoutExpired:
        raise PeerMissingError(f"npm took longer than {_INSTALL_S} s") from None
    if done.returncode:
        raise PeerMissingError(f"npm failed: {done.stderr.strip()[-200:]}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


def _wait(port: int) -> None:
    give_up = time.monotonic() + _STARTS_S
    while time.monotonic() < give_up:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(_POLL_S)
    raise PeerMissingError(f"it did not listen within {_STARTS_S:g} s")
