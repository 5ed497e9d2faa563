"""A container without an engine: the image's command with the image's environment and nothing of this machine's.

Where namespaces can be made (root on Linux) it is process 1 of its own, as the image's user, with a read-only root that
holds the image, Python and the system's libraries. Elsewhere it is a plain process, and tests of those things skip. The
network is the machine's in both, so what an engine does to publish a port is done by choosing the port.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Self

from tests.container.image import Image

PATIENCE_S = 60
JAIL = Path(__file__).with_name("jail.py")
NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--propagation", "private")


@cache
def can_isolate() -> bool:
    """Whether a process can have a root file system and process numbers of its own here."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("nsenter") is None:
        return False
    tried = subprocess.run(
        [*NAMESPACES, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False, timeout=PATIENCE_S
    )
    return tried.returncode == 0


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Container:
    """`docker run`, with `-e` as `env`, `-v` as `volumes` and the words after the image's name as `args`.

    The port is chosen here unless `env` says one. One that `prints` is up when it has printed a line, its `url`.
    """

    def __init__(
        self,
        image: Image,
        env: Mapping[str, str] | None = None,
        volumes: Mapping[Path, str] | None = None,
        args: Sequence[str] | None = None,
        *,
        prints: bool = True,
    ) -> None:
        self.image = image
        self.port = free_port()
        self.env = {**image.env, "MOCKLLM_PORT": str(self.port), **(env or {})}
        self.command = [*image.entrypoint, *(image.cmd if args is None else args)]
        self.prints = prints
        self.volumes = dict(volumes or {})
        self.isolated = can_isolate()
        self.is_started = False
        self.url = self.errors = ""

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="mockllm-run-"))
        new_root, pid_file = self._folder / "root", self._folder / "pid"
        new_root.mkdir()
        if self.isolated:
            shown = [(str(self.image.root), str(self.image.root)), (sys.base_prefix, sys.base_prefix)]
            wanted = {
                "new_root": str(new_root),
                "pid_file": str(pid_file),
                "shown": [*shown, *((str(source), target) for source, target in self.volumes.items())],
                "uid": self.image.user[0],
                "gid": self.image.user[1],
                "command": self.command,
                "env": self.env,
            }
            command, env = [*NAMESPACES, sys._base_executable, str(JAIL), json.dumps(wanted)], None
        else:
            assert not self.volumes, "volumes need a root of their own"
            command, env = self.command, self.env
            command[0] = shutil.which(command[0], path=env["PATH"]) or command[0]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen(command, **pipes, text=True, env=env, cwd="/")
        self._more = threading.Condition()
        self._reader = threading.Thread(target=self._read_errors, daemon=True)
        self._reader.start()
        assert self.process.stdout is not None
        if self.prints:
            assert select.select([self.process.stdout], [], [], PATIENCE_S)[0], "nothing was printed"
            self.url = self.process.stdout.readline().strip()
        self.is_started = True
        self.pid_file = pid_file
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it may just have ended
                os.kill(self.pid, signal.SIGKILL)
        self.wait()
        shutil.rmtree(self._folder)

    @property
    def pid(self) -> int:
        """The number of its first process on this machine."""
        return int(self.pid_file.read_text()) if self.isolated else self.process.pid

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._more:
                self.errors += line
                self._more.notify_all()

    def wait_for(self, part: str) -> None:
        """Until the log has this part."""
        with self._more:
            assert self._more.wait_for(lambda: part in self.errors, PATIENCE_S), self.errors

    def stop(self) -> None:
        """What `docker stop` does first."""
        assert self.process.poll() is None, self.errors
        os.kill(self.pid, signal.SIGTERM)

    def wait(self) -> int:
        """The exit code, once the process has ended; its log is whole then."""
        code = self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.process.stdout.close()
        self.process.stderr.close()
        return code

    def execute(self, *command: str) -> subprocess.CompletedProcess[str]:
        """What `docker exec` and health checks do: a command with the container's own root, user and environment."""
        env: Mapping[str, str] | None = self.env
        assert self.process.poll() is None, self.errors
        if self.isolated:
            uid, gid = map(str, self.image.user)
            enter = ["nsenter", "--target", str(self.pid), "--mount", "--pid", "--root", "--wd=/"]
            told = [f"{name}={value}" for name, value in self.env.items()]
            command = (*enter, "--setgid", gid, "--setuid", uid, "/usr/bin/env", "-i", *told, *command)
            env = None
        else:
            command = (shutil.which(command[0], path=self.env["PATH"]) or command[0], *command[1:])
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=PATIENCE_S, env=env, cwd="/"
        )
