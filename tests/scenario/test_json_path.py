"""JSONPaths, by what their texts say (RFC 9535)."""

import subprocess
import sys

import pytest
from pydantic import TypeAdapter, ValidationError

from mockllm.scenario.json_path import (
    EVERY,
    JSONPathText,
    PathFailedError,
    compiled_path,
    matches,
    parent_of,
    plain_steps,
    removable,
    settable,
    single,
)


@pytest.mark.parametrize(
    ("path", "why_not"),
    [
        ("$.a[", "unexpected end of query"),
        ("a b", "unexpected token 'b'"),
        ("$[?length(@.a)]", "result of length() must be compared"),
        ("$.a[99999999999999999999999]", "index out of range"),
        ("$[?" + "(" * 500, "maximum recursion depth exceeded"),
    ],
)
def test_what_is_no_path_is_refused_with_the_reason_in_one_line(path, why_not):
    with pytest.raises(ValidationError) as error:
        TypeAdapter(JSONPathText).validate_python(path)
    message = error.value.errors()[0]["msg"]
    shown = f"'{path}'" if len(path) < 60 else f"'{path[:59]}..."
    assert message == f"{shown} is not a JSONPath: {why_not}"


def test_a_path_stays_its_text():
    assert TypeAdapter(JSONPathText).validate_python("$.a") == "$.a"


def test_a_path_is_compiled_once():
    assert compiled_path("$.once") is compiled_path("$.once")


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("$", ()),
        ("$.a[0]['b'][-1]", ("a", 0, "b", -1)),
        ("$.a[*].b", ("a", EVERY, "b")),
        ("$..a", None),
        ("$.a[0:2]", None),
        ("$['a', 'b']", None),
        ("$.a | $.b", None),
    ],
)
def test_a_path_of_names_indexes_and_all_is_a_list_of_steps(path, steps):
    assert plain_steps(path) == steps


@pytest.mark.parametrize(("path", "parent", "key"), [("$.a.b", "$.a", "b"), ("$.a[2]", "$.a", 2), ("$.a", "$", "a")])
def test_what_is_set_is_a_key_or_an_index_in_a_container(path, parent, key):
    data = {"a": {"b": 1}}
    found, last = parent_of(path)
    assert [match.obj for match in found.finditer(data)] == [match.obj for match in matches(parent, data)]
    assert (last, settable(path)) == (key, path)


@pytest.mark.parametrize("path", ["$", "$.a[*]", "$.a[0:1]", "$..*"])
def test_a_path_that_ends_in_no_key_cannot_be_set(path):
    with pytest.raises(ValueError, match=r"must end in a key or an index to be set, such as \$\.choices"):
        settable(path)


def test_the_whole_cannot_be_removed_and_joined_paths_are_not_one():
    assert removable("$..a") == "$..a"
    with pytest.raises(ValueError, match="is the whole of the JSON, which cannot be removed"):
        removable("$")
    with pytest.raises(ValueError, match="joins several paths: write one entry for each"):
        single("$.a | $.b")


def test_a_value_that_is_too_deep_is_told_in_one_line():
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(PathFailedError) as error:
        matches("$..x", {"deep": deep})
    assert str(error.value).startswith("recursion limit")
    assert "\n" not in str(error.value)


def test_the_library_is_imported_when_the_first_path_is_read():
    program = (
        "import sys; import mockllm.engine; from mockllm.scenario.load import load_text; "
        "load_text('rules: [{replies: [hi]}]'); print('jsonpath' in sys.modules, 'jinja2' in sys.modules); "
        "load_text('rules: [{when: {json: {$.a: 1}}, replies: [hi]}]'); print('jsonpath' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "True"]
