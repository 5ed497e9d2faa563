"""Node clients for the tests: packages installed once, and one process that runs many jobs for each script in `node/`.

Here: `npm ci`, and a process that is asked by JSON lines. Not here: any case (`test_node.py`) and any client (`node/`).
"""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from tests.unavailable import UnavailableError, had

FOLDER = Path(__file__).resolve().parent / "node"
INSTALL_S = 300
_STAMP = FOLDER / "node_modules" / ".installed"


def running(script):
    """A generator for a fixture: a process of this script. Without Node tests are skipped, or fail in CI."""
    had(install)
    runner = Runner(script)
    yield runner
    runner.close()


def install():
    """Install what the lock file says, unless that was done before. Raises UnavailableError."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise UnavailableError(f"there is no {program} on this machine")
    wanted = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    if _STAMP.is_file() and _STAMP.read_text() == wanted:
        return
    command = [shutil.which("npm"), "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    try:
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=INSTALL_S, check=False)
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"npm ci took longer than {INSTALL_S} s") from None
    if done.returncode:
        raise UnavailableError(f"npm ci failed: {done.stderr.strip()[-1000:]}")
    _STAMP.write_text(wanted)


class Runner:
    """One script in one Node process, which is started with the first job."""

    def __init__(self, script):
        self._script = script
        self._process = None

    def __call__(self, operation, **job):
        """What the operation saw. What the client threw is in `error`."""
        if self._process is None:
            self._process = self._started()
        try:
            self._process.stdin.write(json.dumps({"operation": operation, **job}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BaseException:
            # A test that timed out must not leave its answer to the next one.
            self._process.kill()
            self.close()
            raise
        if not line:
            self.close()
            raise AssertionError(
                f"node {self._script} ended in the middle of {operation}; what it wrote to stderr tells why"
            )
        return json.loads(line)

    def close(self):
        if self._process is not None:
            self._process.stdin.close()
            self._process.wait(10)
            self._process.stdout.close()
            self._process = None

    def _started(self):
        # A proxy would be asked for the loopback address; node itself and the clients read these.
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        return subprocess.Popen(
            [shutil.which("node"), self._script],
            cwd=FOLDER,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
