"""What is walked here is what the library finds."""

import pytest

from mockllm.scenario.json_path import compiled_path
from mockllm.scenario.profile.places import containers, targets

DATA = {
    "id": "x",
    "choices": [
        {"index": 0, "delta": {"tool_calls": [{"id": "a"}, {"id": "b"}]}},
        {"index": 1, "delta": None},
        7,
    ],
    "usage": {"a": {"n": 1}, "b": {"n": 2}},
}


@pytest.mark.parametrize(
    "path",
    [
        "$",
        "$.id",
        "$.nowhere.id",
        "$.choices[*]",
        "$.choices[*].delta",
        "$.choices[*].delta.tool_calls[*].id",
        "$.choices[0].delta.tool_calls[-1].id",
        "$.choices[9].delta",
        "$.choices[-9]",
        "$.usage[*].n",
        "$.usage.*",
        "$.id[*]",
        "$.id[0]",
        "$.choices.index",
        "$..id",
        "$.choices[0:2].index",
        "$['id', 'usage']",
        "$.id | $.usage",
        "$.choices[?@.index == 1].index",
    ],
)
def test_a_path_leads_to_what_the_library_finds(path):
    found = targets(path, DATA)
    assert found == [match.obj for match in compiled_path(path).finditer(DATA)]


@pytest.mark.parametrize(
    ("path", "places", "key"),
    [
        ("$.id", [DATA], "id"),
        ("$.new", [DATA], "new"),
        ("$.choices[*].delta.x", [DATA["choices"][0]["delta"]], "x"),
        ("$.choices[1]", [DATA["choices"]], 1),
        ("$.id.x", [], "x"),
        ("$..delta.x", [DATA["choices"][0]["delta"]], "x"),
    ],
)
def test_what_a_path_ends_in_is_held_by_mappings_and_lists(path, places, key):
    assert containers(path, DATA) == (places, key)
