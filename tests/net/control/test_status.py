"""Whether the server is there, what it is, what it counted."""

import pytest

from mockllm.control import status
from mockllm.control.base import Nothing
from mockllm.control.status import Health, Ready
from mockllm.net.control import status as actions
from mockllm.scenario.library import Library


def test_health_and_readiness(call):
    assert call(status.HEALTH, Nothing()) == Health(status="ok")
    assert call(status.READY, Nothing()) == Ready(ready=True, scenarios=1, default="hello")


def test_a_server_with_nothing_to_serve_is_not_ready(served, refusal):
    served._engine.library = Library()
    refused = refusal(status.READY, Nothing())
    assert (refused.status, refused.code) == (503, "not_ready")


def test_the_version_is_that_of_the_package(call):
    told = call(status.VERSION, Nothing())
    assert (told.version, told.api) == (actions.installed(), 1)


def test_a_checkout_that_was_never_installed_has_a_version_too(monkeypatch):
    def missing(name):
        raise actions.PackageNotFoundError(name)

    monkeypatch.setattr(actions, "version", missing)
    assert actions.installed() == "0"


def test_what_ended_is_counted(call, ask):
    ask()
    ask("nothing")
    text = call(status.METRICS, Nothing()).text
    assert 'mockllm_exchanges_total{scenario="hello",status="200",outcome="complete"} 1\n' in text
    assert 'mockllm_exchanges_total{scenario="",status="404",outcome="complete"} 1\n' in text
    assert "mockllm_open_exchanges 0\n" in text
    assert "mockllm_namespaces 1\n" in text


def test_the_document_is_that_of_the_table(call):
    document = call(status.OPENAPI, Nothing())
    assert document.openapi == "3.1.0"
    assert "/_mockllm/journal" in document.paths


@pytest.mark.parametrize("operation", [status.HEALTH, status.VERSION, status.METRICS])
def test_control_calls_are_no_exchanges(served, call, operation):
    call(operation, Nothing())
    served.journal.assert_requests(0)
    assert "exchanges_total{" not in call(status.METRICS, Nothing()).text
