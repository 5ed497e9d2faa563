"""The document is valid, and says of each operation what the table says."""

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from mockllm.control.openapi import document
from mockllm.control.table import OPERATIONS

DOCUMENT = document("1.2.3")


def described(name):
    return next(
        operation
        for path in DOCUMENT["paths"].values()
        for operation in path.values()
        if operation["operationId"] == name
    )


def test_the_document_is_one_of_openapi_3_1():
    assert DOCUMENT["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_every_operation_is_in_it_and_nothing_else():
    found = {
        (method.upper(), path, operation["operationId"])
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    }
    assert found == {(it.method, f"/_mockllm{it.path}", it.name) for it in OPERATIONS}


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("health", {"200", "400", "403", "413"}),
        ("ready", {"200", "400", "403", "413", "503"}),
        ("listScenarios", {"200", "400", "401", "403", "413"}),
        ("putScenario", {"200", "400", "401", "403", "409", "413", "415", "422"}),
        ("waitIdle", {"200", "400", "401", "403", "413", "415", "503"}),
    ],
)
def test_statuses_follow_from_what_an_operation_is(name, statuses):
    assert set(described(name)["responses"]) == statuses


def test_a_query_says_what_it_needs_and_has_no_null():
    (namespace, *_) = described("getJournal")["parameters"]
    assert namespace["in"] == "query"
    assert not namespace["required"]
    assert namespace["schema"]["type"] == "string"
    assert "null" not in repr(described("getJournal")["parameters"])


def test_a_scenario_may_be_sent_as_yaml_or_as_json():
    assert set(described("putScenario")["requestBody"]["content"]) == {"application/json", "application/yaml"}
    assert described("putScenario")["requestBody"]["required"]
    assert not described("bindScenario")["requestBody"]["required"]


def test_a_body_needs_what_the_class_needs():
    schema = described("addFault")["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["entry"]
    assert set(schema["properties"]) == {"entry", "for_s", "calls"}
    assert described("putClock")["requestBody"]["required"] is False


def test_public_operations_need_no_token():
    assert described("health")["security"] == [{}]
    assert "security" not in described("getJournal")


def test_a_feed_is_a_string_and_says_what_comes_in_it():
    feed = described("watchEvents")
    assert feed["responses"]["200"]["content"] == {"text/event-stream": {"schema": {"type": "string"}}}
    assert "`rows`: `{rows: [Row]}`" in feed["description"]
    assert "description" not in described("getJournal")


def test_an_answer_that_is_text_is_a_string():
    assert described("metrics")["responses"]["200"]["content"] == {"text/plain": {"schema": {"type": "string"}}}
