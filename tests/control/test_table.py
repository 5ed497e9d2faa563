"""The table of operations, and the way from a path to one."""

import pytest

from mockllm.control import journal, namespaces, scenarios
from mockllm.control.base import ControlError
from mockllm.control.table import OPERATIONS, find


def test_names_and_places_are_unique():
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS)
    assert len({(operation.method, operation.path) for operation in OPERATIONS}) == len(OPERATIONS)


def test_what_an_operation_takes_has_the_fields_that_its_path_names():
    assert [it.name for it in OPERATIONS if not set(it.in_path) <= set(it.asks.model_fields)] == []


def test_a_name_in_a_path_may_hold_anything_that_is_encoded():
    found = find("GET", "/_mockllm/namespaces/a%2Fb%20c%40d")
    assert (found.operation, dict(found.in_path)) == (namespaces.GET, {"namespace": "a/b c@d"})


def test_a_fixed_segment_is_no_name():
    assert find("GET", "/_mockllm/journal/records").operation is journal.RECORDS
    assert find("DELETE", "/_mockllm/scenarios/x").operation is scenarios.DELETE


@pytest.mark.parametrize(
    "path",
    [
        "/_mockllm/",
        "/_mockllm//",
        "/_mockllm/journal/",
        "/_mockllm/namespaces/a/b",
        "/_mockllm/../v1",
        "/_mockllm/%2e%2e/etc/passwd",
        "/_mockllm/Journal",
        "/_mockllm/scenarios//",
    ],
)
def test_nothing_is_found_where_nothing_is(path):
    with pytest.raises(ControlError, match="there is nothing at") as refused:
        find("GET", path)
    assert (refused.value.status, refused.value.code) == (404, "no_such_operation")


def test_the_nearest_path_is_named():
    with pytest.raises(ControlError, match="did you mean '/_mockllm/journal'"):
        find("GET", "/_mockllm/jornal")


def test_another_method_is_told_which_there_are():
    with pytest.raises(ControlError) as refused:
        find("PATCH", "/_mockllm/scenarios/x")
    assert (refused.value.status, refused.value.headers) == (405, {"Allow": "DELETE, GET, PUT"})
