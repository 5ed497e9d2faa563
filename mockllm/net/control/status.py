"""Whether the server is there, what it is, and what it counted.

Here: the operations of `mockllm/control/status.py`.
"""

from importlib.metadata import PackageNotFoundError, version

from mockllm.control.base import ControlError, Nothing, Text
from mockllm.control.openapi import API, document
from mockllm.control.status import Document, Health, Ready, Version
from mockllm.net.control.desk import Desk
from mockllm.net.control.scenarios import default_name

_PACKAGE = "mockllm-server"


def health(_desk: Desk, _asked: Nothing) -> Health:
    """The server answers, or it would not have come here."""
    return Health(status="ok")


def ready(desk: Desk, _asked: Nothing) -> Ready:
    """Refuses with 503 while there is nothing to serve."""
    names = desk.engine.library.names()
    if not names:
        raise ControlError(
            503, "not_ready", "there is no scenario to serve: add one, or give the server a path to some"
        )
    return Ready(ready=True, scenarios=len(names), default=default_name(desk))


def version_of(_desk: Desk, _asked: Nothing) -> Version:
    """What is installed."""
    return Version(version=installed(), api=API)


def installed() -> str:
    """The version of the package; of a checkout that was never installed it is 0."""
    try:
        return version(_PACKAGE)
    except PackageNotFoundError:
        return "0"


def metrics(desk: Desk, _asked: Nothing) -> Text:
    """The counters at this moment."""
    return Text(text=desk.tally.exposition(desk.server.open_exchanges, len(desk.engine.namespaces())))


def openapi(_desk: Desk, _asked: Nothing) -> Document:
    """The table of operations as a document."""
    return Document.model_validate(document(installed()))
