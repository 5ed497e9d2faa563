"""A container with a mock server, for testcontainers: `MockLLMContainer`. Needs the extra `[testcontainers]`.

Here: what the engine is asked to run, when that is ready, and where it can be reached. Not here: the image
(`Dockerfile`), the server's options (`cli/serve.py`) and the client of a server elsewhere (`client/remote.py`).
"""

import os
import time
from pathlib import Path
from typing import Any

import orjson
from testcontainers.core.container import DockerContainer
from testcontainers.core.exceptions import ContainerStartException
from testcontainers.core.waiting_utils import WaitStrategy, WaitStrategyTarget

from mockllm.client.base import Place
from mockllm.client.blocking import ControlClient
from mockllm.client.remote import RemoteMockLLM
from mockllm.client.session import sendable
from mockllm.control import status
from mockllm.control.base import Nothing
from mockllm.errors import MockLLMError
from mockllm.scenario.library import Library
from mockllm.scenario.source import Source, scenario_of

IMAGE = "mockllm"
"""The image that `docker build -t mockllm .` makes."""

PORT = 8080
"""The port inside the container."""

FOLDER = "/scenarios"
"""Where the folder is mounted, read-only."""

_ENDED = frozenset({"exited", "dead", "removing"})
_POLL_S = 0.1


class MockLLMContainer(DockerContainer):
    """A mock server in a container, with a read-only root file system; started by `start` or a `with` block.

    `scenario` is what `MockLLM` takes, sent in the container's environment: it is the default. `folder` holds scenario
    files, each served by its name; changes in it are taken up. The server is no user of this machine, so others must be
    able to read the folder. Without either the gallery is served. All other arguments are those of `DockerContainer`.

    Raises ScenarioError for a scenario that is wrong and MockLLMError for one that cannot be sent, before anything is
    started.
    """

    def __init__(
        self,
        scenario: Source | None = None,
        *,
        folder: str | os.PathLike[str] | None = None,
        control_token: str | None = None,
        image: str = IMAGE,
        **options: Any,
    ) -> None:
        settings = {}
        if scenario is not None:
            settings["MOCKLLM_SCENARIO"] = _text(scenario)
        if folder is not None:
            settings["MOCKLLM_PATH"] = FOLDER
        if control_token is not None:
            settings["MOCKLLM_CONTROL_TOKEN"] = control_token
        super().__init__(image, **{"read_only": True, **options})
        self._token = control_token
        self.with_envs(**settings)
        self.with_exposed_ports(PORT)
        if folder is not None:
            self.with_volume_mapping(Path(folder).absolute(), FOLDER)
        self.waiting_for(Answering().with_poll_interval(_POLL_S))

    @property
    def url(self) -> str:
        """The root of the server, as it is reached from here."""
        return f"http://{self.get_container_host_ip()}:{self.get_exposed_port(PORT)}"

    @property
    def base_url(self) -> str:
        """What an OpenAI client takes as its base URL; it leads to the default scenario."""
        return f"{self.url}/v1"

    def base_url_of(self, name: str) -> str:
        """The base URL of the scenario NAME, or of an isolated run of it, NAME@RUN."""
        return f"{self.url}/{name}/v1"

    def remote(self, run: str, scenario: Source | None = None) -> RemoteMockLLM:
        """A run of its own on this server, with the methods of `MockLLM`: journal, gates, checks. Use it in a `with`
        block, or call `start`.
        """
        return RemoteMockLLM(Place.of(self.url, token=self._token), run, scenario)


class Answering(WaitStrategy):
    """Waits until the server answers. Raises ContainerStartException, with the log, if it has ended or takes longer
    than the strategy's timeout.
    """

    def wait_until_ready(self, container: WaitStrategyTarget) -> None:
        """Ask until it answers."""
        until = time.monotonic() + self._startup_timeout
        while not _answers(container):
            if container.status in _ENDED or time.monotonic() > until:
                raise ContainerStartException(_why(container))
            time.sleep(self._poll_interval)


def _why(container: WaitStrategyTarget) -> str:
    """What became of a server that does not answer."""
    out, log = (part.decode(errors="replace").strip() for part in container.get_logs())
    state = container.get_wrapped_container().attrs["State"]
    code = f" with exit code {state['ExitCode']}" if state["Status"] in _ENDED else ""
    return (
        f"the mock server was started, but it does not answer; its container is {state['Status']}{code}. "
        f"It said: {log or out or 'nothing'}"
    )


def _answers(container: WaitStrategyTarget) -> bool:
    """Whether it answers now."""
    container.reload()
    if container.status != "running":
        return False
    try:
        # The library waits by itself for the container to run, and then asks for its port: both in vain if it ended
        # since it was looked at.
        url = f"http://{container.get_container_host_ip()}:{container.get_exposed_port(PORT)}"
        return ControlClient(Place.of(url)).call(status.HEALTH, Nothing()).status == "ok"
    except (MockLLMError, TimeoutError, ConnectionError):
        return False


def _text(scenario: Source) -> str:
    """The scenario as YAML, of which JSON is a part."""
    library = Library.gallery()
    scenario_of(scenario, library)
    sent = sendable(scenario, library)
    return sent if isinstance(sent, str) else orjson.dumps(sent).decode()
