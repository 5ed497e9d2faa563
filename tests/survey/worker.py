"""A client in a process of its own, which is asked by JSON lines and killed when it does not answer in time.

Here: the process. Not here: what it is asked (`play.py`) and what it does (`adapters/`).
"""

import contextlib
import json
import os
import queue
import subprocess
import threading
from typing import Any

START_S = 120
"""How long a client may take to be there at all; some import for many seconds."""


class HangsError(Exception):
    """No answer within the limit."""


class DiedError(Exception):
    """The process ended instead of answering."""


class Worker:
    """One process of a client, started with its first job and anew after a hang."""

    def __init__(self, command: tuple[str, ...], scale: float) -> None:
        self._command = command
        # A proxy would be asked for the loopback address; the clients read these, and their own keys.
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        dropped = [name for name in environment if name.startswith(("OPENAI_", "LANGCHAIN_", "LANGSMITH_", "COV_"))]
        for name in dropped:
            del environment[name]
        more = {"SURVEY_SCALE": str(scale), "LITELLM_LOCAL_MODEL_COST_MAP": "True", "PYTHONDONTWRITEBYTECODE": "1"}
        self._environment = {**environment, **more}
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def __call__(self, job: dict[str, Any], limit_s: float) -> list[dict[str, Any]]:
        """What the client ended up with, for each request. Raises HangsError and DiedError."""
        if self._process is None:
            self._start()
        self._write({**job})
        return self._answer(limit_s)

    def close(self) -> None:
        """End the process, whatever it does."""
        if self._process is None or self._reader is None:
            return
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self._process = self._reader = None

    def _start(self) -> None:
        self._lines = queue.SimpleQueue()
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        self._reader = threading.Thread(target=self._read, args=(self._process, self._lines), daemon=True)
        self._reader.start()
        # A job without requests is answered when the imports are over, so that they do not count.
        self._write({"requests": [], "base_url": "http://127.0.0.1:9/v1", "key": "none", "timeout_s": 1, "scale": 1})
        self._answer(START_S)

    def _write(self, job: dict[str, Any]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # that it died is found out by reading
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()

    def _answer(self, limit_s: float) -> list[dict[str, Any]]:
        try:
            line = self._lines.get(timeout=limit_s)
        except queue.Empty:
            self.close()
            raise HangsError from None
        if not line:
            self.close()
            raise DiedError
        answer: list[dict[str, Any]] = json.loads(line)
        return answer

    @staticmethod
    def _read(process: subprocess.Popen[str], lines: queue.SimpleQueue[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put("")
