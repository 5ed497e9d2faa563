"""Which fragment belongs to which call, and which calls may be run."""

import json

import pytest

from tests.robust.outcome import ProblemError
from tests.robust.tools import Fragment, ToolCalls, schemas_of


def entry(index=None, id_=None, name=None, args=None, **other):
    return {"index": index, "id": id_, "function": {"name": name, "arguments": args}, **other}


def calls(*entries, tools=None):
    folded = ToolCalls()
    for each in entries:
        folded.add(Fragment.of(each))
    return [(call.id, call.name, call.arguments) for call in folded.finished(tools or {})]


A = ("a", "f", {"x": 1})
B = ("b", "g", {"y": 2})


@pytest.mark.parametrize(
    "entries",
    [
        [entry(0, "a", "f", '{"x"'), entry(0, None, None, ":1}"), entry(1, "b", "g", '{"y":2}')],
        [entry(0, "a", "f", ""), entry(1, "b", "g", ""), entry(0, "", "", '{"x":1}'), entry(1, "", "", '{"y":2}')],
        [entry(3, "a", "f", '{"x":1}'), entry(7, "b", "g", '{"y":2}')],
        [entry(0, "a", "f", '{"x":1}'), entry(0, "b", "g", '{"y":2}')],
        [entry(None, "a", "f", '{"x":1}'), entry(None, "b", "g", '{"y":2}')],
        [entry(None, "a", "f", ""), entry(args='{"x":1}'), entry(None, "b", "g", ""), entry(args='{"y":2}')],
        [entry(0, "a", "f", '{"x"'), entry(0, "a", "f", ":1}"), entry(1, "b", "g", '{"y"'), entry(1, "b", "g", ":2}")],
        [entry(0, "a", "f", ""), *(entry(0, f"z{i}", "", c) for i, c in enumerate('{"x":1}')), entry(1, *B[:2], B[2])],
        [
            entry(0, None, "f", ""),
            entry(0, "a", None, '{"x":1}'),
            entry(1, "b", None, ""),
            entry(1, None, "g", '{"y":2}'),
        ],
        [entry(0, "a", "f", '{"x":1}'), entry(0, None, None, None), entry(1, "b", "g", '{"y":2}'), entry(1, args="")],
        [entry(0, "a", "f", ""), entry(0, "a", "f", '{"x":1}'), entry(1, "b", "g", ""), entry(1, "b", "g", '{"y":2}')],
    ],
    ids=[
        "legal",
        "interleaved and padded",
        "index with gaps",
        "index always 0",
        "no index",
        "later fragments with nothing",
        "id and name repeated",
        "a new id for each fragment",
        "id late, name late",
        "padding at the end",
        "id and name again beside all the arguments",
    ],
)
def test_two_calls_are_two_however_their_fragments_come(entries):
    assert calls(*entries) == [A, B]


def test_a_name_may_come_in_pieces_and_whole_again():
    assert calls(entry(0, "a", "edit_ex"), entry(0, None, "isting"), entry(0, None, "edit_existing", "{}")) == [
        ("a", "edit_existing", {})
    ]


@pytest.mark.parametrize("args", ["", None, "  ", "{}", {}])
def test_no_arguments_are_empty_ones(args):
    assert calls(entry(0, "a", "f", args)) == [("a", "f", {})]


def test_arguments_may_be_a_value_or_a_text_of_json_inside_json():
    assert calls(entry(0, "a", "f", {"x": 1})) == [A]
    assert calls(entry(0, "a", "f", json.dumps('{"x":1}'))) == [A]


@pytest.mark.parametrize("again", ['{"x": 1}', json.dumps('{"x":1}')])
def test_whole_arguments_that_come_once_more_are_the_same(again):
    assert calls(entry(0, "a", "f", '{"x"'), entry(0, args=":1}"), entry(0, "a", "f", again)) == [A]


def test_ids_are_kept_as_they_are_and_made_where_they_lack_or_are_used_twice():
    made = calls(entry(0, "functions.f:0", "f"), entry(1, None, "f"), entry(2, "functions.f:0", "f"))
    assert [id_ for id_, _, _ in made] == ["functions.f:0", "call_1", "call_2"]
    assert [id_ for id_, _, _ in calls(entry(0, "call_1", "f"), entry(1, None, "f"))] == ["call_1", "call_2"]


def test_an_entry_without_a_name_and_an_id_belongs_to_the_call_before_it():
    assert calls(entry(0, "a", "f", ""), entry(1, None, None, '{"x":1}')) == [A]


def test_calls_with_the_same_id_stay_apart_by_index():
    assert len(calls(entry(0, "a", "f", '{"x":1}'), entry(1, "a", "f", '{"x":2}'))) == 2


@pytest.mark.parametrize(
    "args",
    ['{"x":', '{"x":1}\n\nNow I will', "{'x': 1}", '{"x":1}{"x":2}', "[1]", '"text"', '{"action": listt"}'],
)
def test_no_call_is_given_whose_arguments_are_no_object(args):
    with pytest.raises(ProblemError, match="no JSON object"):
        calls(entry(0, "a", "f", '{"x":1}'), entry(1, "b", "g", args))


def test_no_call_is_given_that_lacks_what_its_tool_requires():
    request = {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"required": ["x"]}}}]}
    assert calls(entry(0, "a", "f", '{"x":1}'), tools=schemas_of(request)) == [A]
    with pytest.raises(ProblemError, match="lack x"):
        calls(entry(0, "a", "f", ""), tools=schemas_of(request))


def test_a_call_without_a_name_is_none():
    with pytest.raises(ProblemError, match="no name"):
        calls(entry(0, "a", None, "{}"))


def test_a_custom_tool_takes_any_text():
    custom = {"index": 0, "id": "a", "type": "custom", "custom": {"name": "sql", "input": "SELECT 1;"}}
    assert calls(custom) == [("a", "sql", "SELECT 1;")]
