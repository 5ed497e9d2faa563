"""The exercises, played to a client by one server.

Here: `Stage`, the server and the processes of the drivers. Not here: what is thought of it (`expected.py`), and the
packages (`install.py`).

Every client and variant has a namespace of its own for each exercise. That a client lists the models is no call of an
exercise. A driver runs in an environment from which settings
of this machine are gone and in which all proxies are a server of ours that refuses and notes what it is asked for, so
that nothing leaves the machine and everything that wanted to is known.
"""

import contextlib
import json
import os
import signal
import socketserver
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Self

from mockllm import MockLLM
from mockllm.exchange import Ending, Exchange
from mockllm.request import Request
from mockllm.scenario.library import Library
from tests.frameworks.clients import EXERCISES, FOLDER, Client
from tests.frameworks.expected import Seen, Sent

LIMIT_S = 400
"""After how long a driver that has not ended hangs; some import for many seconds on a busy machine."""

SHAPING_TOOLS = frozenset({"Person", "final_result"})
"""The tools by which frameworks ask for a value; see `exercises/structured.yaml`."""

_DROPPED = (
    "OPENAI_",
    "AZURE_",
    "ANTHROPIC_",
    "LANGCHAIN_",
    "LANGSMITH_",
    "LITELLM_",
    "OTEL_",
    "COV_",
    "PYTEST_",
    "HF_",
)

_QUIET = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else its price list is fetched
    "OPENAI_AGENTS_DISABLE_TRACING": "1",
    "OTEL_SDK_DISABLED": "true",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "AI_SDK_LOG_WARNINGS": "false",
}
"""The frameworks' own switches for what is no part of asking a model."""


@dataclass(frozen=True, slots=True)
class Played:
    """What the user of the framework got, what the server saw, and what the driver complained of."""

    seen: Seen
    sent: tuple[Sent, ...]
    complaint: str = ""


class _Proxy(socketserver.ThreadingTCPServer):
    """A proxy that refuses everything and notes for what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Refusal)
        self.asked: list[str] = []


class _Refusal(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        words = self.rfile.readline(2_000).decode("latin-1").split()
        assert isinstance(self.server, _Proxy)
        self.server.asked.append(" ".join(words[:2]))
        self.wfile.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")


class Stage:
    """A server for all exercises; a context manager."""

    def __init__(self) -> None:
        self._mock = MockLLM(library=Library.of_paths([FOLDER / "exercises"]))

    def __enter__(self) -> Self:
        self._mock.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._mock.close()

    def play(
        self, client: Client, variants: Sequence[str], command: Sequence[str], exercises: Sequence[str] = EXERCISES
    ) -> Mapping[str, Mapping[str, Played]]:
        """Let variants of a client do exercises, one or all of them, in one process: what came out, by variant and by
        exercise.
        """
        wanted = "all" if len(exercises) > 1 else exercises[0]
        variant = variants[0] if len(variants) == 1 else "{variant}"
        base = f"{self._mock.url}/{{exercise}}@{client.id}-{variant}/v1"
        with tempfile.TemporaryDirectory() as home, _serving(_Proxy()) as proxy:
            arguments = [*command, wanted, ",".join(variants), base]
            out, complaint, end = _driven(arguments, _environment(home, proxy.server_address[1]))
        lines = {(line.get("variant", variant), line["exercise"]): line for line in _lines(out)}
        return {
            variant: {
                exercise: Played(
                    {**lines.get((variant, exercise), {"died": end}), "asked of a proxy": sorted(set(proxy.asked))},
                    self._sent(f"{exercise}@{client.id}-{variant}"),
                    complaint,
                )
                for exercise in exercises
            }
            for variant in variants
        }

    def _sent(self, namespace: str) -> tuple[Sent, ...]:
        """The calls of an exercise."""
        sent = self._mock.journal.all(namespace=namespace)
        return tuple(
            _sent(exchange) for exchange in sent if exchange.request is None or exchange.request.api != "models"
        )


@contextlib.contextmanager
def _serving(proxy: _Proxy) -> Any:
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()


def _environment(home: str, proxy: int) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy") and not name.startswith(_DROPPED) and name != "PYTHONPATH"
    }
    outside = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"))
    address = f"http://127.0.0.1:{proxy}"
    inside = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
    return {**kept, **dict.fromkeys(outside, address), **inside, **_QUIET, "HOME": home, "PYTHONUTF8": "1"}


def _driven(command: Sequence[str], environment: Mapping[str, str]) -> tuple[str, str, str]:
    """What a driver printed, what it complained of, and how it ended."""
    with subprocess.Popen(
        command,
        env=environment,
        cwd=environment["HOME"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            out, complaint = process.communicate(timeout=LIMIT_S)
            end = f"the driver ended with {process.returncode}"
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # with what it has started itself
            out, complaint = process.communicate()
            end = f"the driver had no end after {LIMIT_S} s"
    return out, complaint, end


def _lines(out: str) -> Iterable[Seen]:
    for text in out.splitlines():
        with contextlib.suppress(ValueError):
            line = json.loads(text)
            if isinstance(line, dict) and "exercise" in line:
                yield line


def _sent(exchange: Exchange) -> Sent:
    request = exchange.request
    if request is None:
        return Sent(exchange.call.path, status=exchange.status, trouble=exchange.trouble)
    return Sent(
        request.api,
        stream=request.stream,
        status=exchange.status,
        results=_results(request),
        is_shaped=request.schema is not None or any(tool.name in SHAPING_TOOLS for tool in request.tools),
        is_whole=exchange.outcome.ending is Ending.COMPLETE,
        trouble=exchange.trouble,
    )


def _results(request: Request) -> tuple[tuple[str, str], ...]:
    last = takewhile(lambda message: message.role != "assistant", reversed(request.messages))
    return tuple((message.tool_call_id, message.text) for message in last if message.tool_call_id is not None)[::-1]
