import pytest

from mockllm.dialects.base import Surroundings
from mockllm.dialects.chat import read, stored
from mockllm.errors import ApiError
from mockllm.request import Call, Request
from mockllm.store import Store
from mockllm.turn import Text
from tests.turns import asked, pieces, said, turn

ID = "chatcmpl-0123456789ABCDEFGHIJKLMNOPQRS"
HELLO = turn(said(Text(pieces("Hello"))))


@pytest.fixture
def store():
    return Store()


def keep(store, key="0", **fields):
    """Keep a completion whose id begins with these characters; gives its id."""
    told = turn(said(Text(pieces("Hello"))), key=key.ljust(32, "x"))
    (kept,) = stored.stored(told, asked(store=True, **fields), "req_1")
    store.put(kept)
    return kept.id


def ask(endpoint, store, key="", *, query="", body=None):
    request = Request(endpoint.api, Call("GET", "/v1/chat/completions", query), body or {})
    return endpoint.answer(request, {"id": key} if key else {}, Surroundings((), 0, store, lambda _request: 0))


def test_nothing_is_kept_unless_the_request_says_so():
    assert stored.stored(HELLO, asked(), "req_1") == ()
    assert stored.stored(HELLO, asked(store=False), "req_1") == ()


def test_a_stored_completion_is_the_answer_with_metadata_request_id_and_sampling_parameters():
    (kept,) = stored.stored(HELLO, asked(store=True, metadata={"a": "b"}, temperature=0.5, user="bob"), "req_1")
    assert (kept.kind, kept.id) == ("chat.completion", ID)
    assert kept.value["choices"][0]["message"]["content"] == "Hello"
    added = {
        key: value for key, value in kept.value.items() if key in list(kept.value)[list(kept.value).index("metadata") :]
    }
    assert added == {
        "metadata": {"a": "b"},
        "request_id": "req_1",
        "temperature": 0.5,
        "top_p": 1.0,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "seed": None,
        "tools": None,
        "tool_choice": None,
        "response_format": None,
        "input_user": "bob",
    }


def test_without_metadata_it_is_empty():
    (kept,) = stored.stored(HELLO, asked(store=True), "req_1")
    assert kept.value["metadata"] == {}


def test_messages_are_kept_with_ids_and_parts_apart_from_text():
    parts = [{"type": "text", "text": "Hi"}]
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": parts, "name": "bob"}]
    (kept,) = stored.stored(HELLO, asked(store=True, messages=messages), "req_1")
    assert kept.details == (
        {"id": f"{ID}-0", "name": None, "role": "system", "content": "Be brief.", "content_parts": None},
        {"id": f"{ID}-1", "name": "bob", "role": "user", "content": None, "content_parts": parts},
    )


def test_a_kept_completion_can_be_retrieved(store):
    key = keep(store)
    assert ask(stored.RETRIEVE, store, key)["id"] == key


def test_completions_are_listed_oldest_first_in_pages(store):
    keys = [keep(store, f"{number}") for number in range(3)]
    first = ask(stored.LIST, store, query="limit=2")
    assert ([item["id"] for item in first["data"]], first["has_more"]) == (keys[:2], True)
    last = ask(stored.LIST, store, query=f"limit=2&after={keys[1]}")
    assert ([item["id"] for item in last["data"]], last["has_more"]) == (keys[2:], False)
    newest = ask(stored.LIST, store, query="order=desc&limit=1")
    assert newest["data"][0]["id"] == keys[2]


def test_the_list_can_be_narrowed_by_model_and_metadata(store):
    keys = [
        keep(store, "a", metadata={"team": "x", "n": "1"}),
        keep(store, "b", metadata={"team": "x"}),
        keep(store, "c"),
    ]

    def found(query):
        return [item["id"] for item in ask(stored.LIST, store, query=query)["data"]]

    assert found("metadata%5Bteam%5D=x") == keys[:2]
    assert found("metadata[team]=x&metadata[n]=1") == keys[:1]
    assert found("metadata[team]=y") == []
    assert found("model=gpt-4o-2024-08-06") == keys
    assert found("model=gpt-4") == []


def test_metadata_can_be_replaced_and_nothing_else_changes(store):
    key = keep(store, metadata={"a": "b"})
    before = ask(stored.RETRIEVE, store, key)
    assert ask(stored.UPDATE, store, key, body={"metadata": {"c": "d"}}) == {**before, "metadata": {"c": "d"}}
    assert ask(stored.RETRIEVE, store, key)["metadata"] == {"c": "d"}
    assert len(ask(stored.MESSAGES, store, key)["data"]) == 1


@pytest.mark.parametrize("body", [{}, {"metadata": None}, {"metadata": "x"}])
def test_an_update_needs_metadata(store, body):
    key = keep(store)
    with pytest.raises(ApiError, match="Missing required parameter: 'metadata'") as caught:
        ask(stored.UPDATE, store, key, body=body)
    assert (caught.value.status, caught.value.code, caught.value.param) == (
        400,
        "missing_required_parameter",
        "metadata",
    )


def test_a_deleted_completion_is_gone(store):
    key = keep(store)
    assert ask(stored.DELETE, store, key) == {"id": key, "object": "chat.completion.deleted", "deleted": True}
    with pytest.raises(ApiError):
        ask(stored.RETRIEVE, store, key)


def test_messages_are_a_list_in_pages(store):
    messages = [{"role": "user", "content": str(number)} for number in range(3)]
    key = keep(store, messages=messages)
    page = ask(stored.MESSAGES, store, key, query="limit=2")
    assert [item["content"] for item in page["data"]] == ["0", "1"]
    assert (page["object"], page["has_more"], page["last_id"]) == ("list", True, f"{key}-1")


@pytest.mark.parametrize("endpoint", [stored.RETRIEVE, stored.UPDATE, stored.DELETE, stored.MESSAGES])
def test_an_unknown_id_is_not_found(store, endpoint):
    with pytest.raises(ApiError, match="Chat completion with id 'chatcmpl-x' not found") as caught:
        ask(endpoint, store, "chatcmpl-x", body={"metadata": {}})
    assert caught.value.status == 404


def test_every_endpoint_has_a_name_of_its_own_to_match_on():
    endpoints = (stored.LIST, stored.RETRIEVE, stored.UPDATE, stored.DELETE, stored.MESSAGES)
    assert [endpoint.api for endpoint in endpoints] == [
        "chat.list",
        "chat.retrieve",
        "chat.update",
        "chat.delete",
        "chat.messages",
    ]


def test_what_the_request_reads_is_what_is_kept():
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], "store": True}
    assert len(stored.stored(HELLO, read.read(Call("POST", "/"), body), "req_1")) == 1
