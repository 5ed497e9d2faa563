"""A Redis of a test's own: `redis-server` on a free port of this machine, which keeps nothing on disk.

Where the program is missing, in CI and as root, it is installed from the distribution's package; elsewhere the tests
that need it are skipped.
"""

import contextlib
import signal
import socket
import subprocess

import pytest

from tests.distribution import REDIS, MissingError, find

PATIENCE_S = 30
_PORTS = 5


def redis_program():
    """The path of `redis-server`."""
    try:
        return find(REDIS)
    except MissingError as error:
        pytest.skip(str(error))


class RedisServer:
    """A Redis at `url`. It can be killed and started again, empty, and be stopped for a while."""

    def __init__(self, program):
        self._program = program
        self.port = 0
        self._process = None
        self._begin()

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"

    def kill(self):
        """It is gone, and its data with it."""
        self._process.kill()
        self._process.wait(PATIENCE_S)
        self._process.stdout.close()

    def start(self):
        """It is there again, at the same place."""
        assert self._listens(self.port), "the port is somebody else's now"

    def pause(self):
        """It does not answer, and connections to it stay."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self._process.send_signal(signal.SIGCONT)

    def _begin(self):
        for _ in range(_PORTS):
            with socket.create_server(("127.0.0.1", 0)) as free:
                self.port = free.getsockname()[1]
            if self._listens(self.port):
                return
        pytest.fail("no port was free for Redis")

    def _listens(self, port):
        command = [self._program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return any("eady to accept connections" in line for line in self._process.stdout)


@contextlib.contextmanager
def running_redis():
    """A Redis until the end of the block."""
    server = RedisServer(redis_program())
    try:
        yield server
    finally:
        server.kill()


@pytest.fixture
def redis_server():
    """A Redis of the test's own."""
    with running_redis() as server:
        yield server
