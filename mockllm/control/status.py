"""Whether a server is there, what it is, and what it counted.

Here: health, readiness, version, metrics, and the description of this API. Not here: how it is counted (`tally.py`)
and how the description is made (`openapi.py`).
"""

from typing import Any

from pydantic import ConfigDict

from mockllm.control.base import Answer, Nothing, Operation, Text


class Health(Answer):
    """The server answers."""

    status: str


class Ready(Answer):
    """The server has scenarios to serve: how many, and which one is the default if there is one."""

    ready: bool
    scenarios: int
    default: str | None


class Version(Answer):
    """The version of the package, and that of this API, which changes when a client must."""

    version: str
    api: int


class Document(Answer):
    """An OpenAPI 3.1 document."""

    model_config = ConfigDict(frozen=True, extra="allow")

    openapi: str
    info: dict[str, Any]
    paths: dict[str, Any]
    components: dict[str, Any]


HEALTH = Operation("health", "GET", "/health", "Whether the server answers.", Nothing, Health, public=True)
READY = Operation(
    "ready", "GET", "/ready", "Whether there is a scenario to serve.", Nothing, Ready, refuses=(503,), public=True
)
VERSION = Operation("version", "GET", "/version", "What runs here.", Nothing, Version)
METRICS = Operation(
    "metrics",
    "GET",
    "/metrics",
    "Counters in the text format of Prometheus.",
    Nothing,
    Text,
    media="text/plain; version=0.0.4; charset=utf-8",
)
OPENAPI = Operation("openapi", "GET", "/openapi.json", "This API as an OpenAPI document.", Nothing, Document)

OPERATIONS = (HEALTH, READY, VERSION, METRICS, OPENAPI)
