import pytest
from openai.types.realtime import ConversationItem
from pydantic import TypeAdapter

from mockllm.dialects.realtime.items import find, normal, placed
from mockllm.errors import ApiError

HELLO = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
CALL = {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "call_1"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "1"}


def item(key):
    return {**normal(HELLO, key)}


@pytest.mark.parametrize("given", [HELLO, CALL, OUTPUT])
def test_an_item_gets_an_id_and_a_state(given):
    made = normal(given, "item_new")
    assert made == {"id": "item_new", "status": "completed", **given}
    assert list(made)[:3] == ["id", "type", "status"]
    TypeAdapter(ConversationItem).validate_python(made, strict=True)


def test_the_id_that_the_client_gave_stays():
    assert normal({**HELLO, "id": "mine", "object": "realtime.item", "status": "incomplete"}, "x")["id"] == "mine"


def test_sound_is_not_told_again():
    sound = {"type": "input_audio", "audio": "AAAA", "transcript": "Hi"}
    made = normal({**HELLO, "content": [sound]}, "x")
    assert made["content"] == [{"type": "input_audio", "transcript": "Hi"}]


@pytest.mark.parametrize(
    ("given", "param"),
    [
        (None, "item"),
        ({}, "item.type"),
        ({"type": "song"}, "item.type"),
        ({"type": ["message"]}, "item.type"),
        ({**HELLO, "role": ["user"]}, "item.role"),
        ({**HELLO, "content": [{"type": ["input_text"]}]}, "item.content[0].type"),
        ({**HELLO, "id": 7}, "item.id"),
        ({"type": "function_call", "name": 3, "arguments": "{}"}, "item.name"),
        ({"type": "message", "content": []}, "item.role"),
        ({"type": "message", "role": "user"}, "item.content"),
        ({**HELLO, "role": "tool"}, "item.role"),
        ({**HELLO, "content": "Hi"}, "item.content"),
        ({**HELLO, "content": [{"type": "output_text", "text": "Hi"}]}, "item.content[0].type"),
        ({**HELLO, "role": "system", "content": [{"type": "input_image"}]}, "item.content[0].type"),
        ({**HELLO, "content": ["Hi"]}, "item.content[0].type"),
        ({"type": "function_call_output", "output": "1"}, "item.call_id"),
        ({"type": "function_call", "name": "f"}, "item.arguments"),
    ],
)
def test_what_is_no_item_is_refused(given, param):
    with pytest.raises(ApiError) as refused:
        normal(given, "x")
    assert (refused.value.status, refused.value.param) == (400, param)


def test_one_allowed_value_is_told_alone():
    with pytest.raises(ApiError, match=r"Supported values are: 'input_text'\.$"):
        normal({**HELLO, "role": "system", "content": [{"type": "text"}]}, "x")


@pytest.mark.parametrize(
    ("after", "order", "previous"),
    [
        (None, ["a", "b", "new"], "b"),
        ("a", ["a", "new", "b"], "a"),
        ("b", ["a", "b", "new"], "b"),
        ("root", ["new", "a", "b"], None),
    ],
)
def test_an_item_comes_last_or_after_the_one_that_is_named(after, order, previous):
    items, found = placed((item("a"), item("b")), item("new"), after)
    assert [it["id"] for it in items] == order
    assert found == previous


def test_the_first_item_comes_after_none():
    assert placed((), item("new"), None) == ((item("new"),), None)


def test_an_unknown_place_and_a_second_id_are_refused():
    with pytest.raises(ApiError) as refused:
        placed((item("a"),), item("new"), "b")
    assert (refused.value.code, refused.value.param) == ("item_create_invalid_item_id", "previous_item_id")
    with pytest.raises(ApiError, match="an item with id 'a' already exists"):
        placed((item("a"),), item("a"), None)


def test_an_item_is_found_by_its_id():
    assert find((item("a"), item("b")), "b", "delete") == 1
    with pytest.raises(ApiError, match=r"Error deleting item: the item with id 'c' does not exist\.") as refused:
        find((item("a"),), "c", "delete")
    assert refused.value.code == "item_delete_invalid_item_id"
