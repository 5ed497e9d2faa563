"""Conversations through the engine: their endpoints, and what responses read from them and add to them."""

import re

from openai.types.conversations import Conversation, ConversationDeletedResource, ConversationItem, ConversationItemList

from mockllm.dialects.responses.conversations import addition, conversation_of
from mockllm.store import Store, Stored
from tests import calls
from tests.openapi_schema import violations
from tests.strict import problems

SCRIPT = "rules: [{replies: ['turn {{ request.turn }}: {{ user }}']}]"
USER = {"role": "user", "content": "Hi"}


def asked(engine, method, path="", body=None):
    exchange = engine.handle(calls.call(method, f"/v1/conversations{path}", body))
    return exchange.status, calls.body(exchange)


def respond(engine, **fields):
    return engine.handle(calls.call("POST", "/v1/responses", {"model": "gpt-4.1", "input": "Hi", **fields}))


def texts(page):
    return [item["content"][0]["text"] for item in page["data"]]


def test_a_conversation_is_made_read_changed_and_forgotten():
    engine = calls.engine(SCRIPT)
    status, made = asked(engine, "POST", "", {"metadata": {"topic": "x"}})
    assert (status, made["object"], made["metadata"]) == (200, "conversation", {"topic": "x"})
    assert re.fullmatch("conv_[0-9a-f]{48}", made["id"])
    assert problems(made, Conversation) == violations("ConversationResource", made) == []
    path = f"/{made['id']}"
    assert asked(engine, "GET", path) == (200, made)
    assert asked(engine, "POST", path, {"metadata": {}}) == (200, {**made, "metadata": {}})
    status, gone = asked(engine, "DELETE", path)
    assert (status, gone) == (200, {"id": made["id"], "object": "conversation.deleted", "deleted": True})
    assert problems(gone, ConversationDeletedResource) == violations("DeletedConversationResource", gone) == []
    assert asked(engine, "GET", path)[1]["error"]["message"] == f"Conversation with id '{made['id']}' not found."


def test_equal_requests_make_different_conversations_the_same_in_every_run():
    def ids():
        engine = calls.engine(SCRIPT)
        return [asked(engine, "POST", "", {"items": [USER]})[1]["id"] for _ in range(3)]

    assert len(set(ids())) == 3
    assert ids() == ids()


def test_items_are_added_listed_read_and_forgotten():
    engine = calls.engine(SCRIPT)
    path = f"/{asked(engine, 'POST', '', {'items': [USER]})[1]['id']}"
    more = [{"role": "user", "content": text} for text in ("two", "three")]
    status, added = asked(engine, "POST", f"{path}/items", {"items": more})
    assert (status, texts(added), added["has_more"]) == (200, ["two", "three"], False)
    assert problems(added, ConversationItemList) == violations("ConversationItemList", added) == []
    _, listed = asked(engine, "GET", f"{path}/items?limit=2")
    assert (texts(listed), listed["has_more"]) == (["three", "two"], True)
    first = asked(engine, "GET", f"{path}/items?order=asc")[1]["data"][0]
    status, item = asked(engine, "GET", f"{path}/items/{first['id']}")
    assert (status, item) == (200, first)
    assert problems(item, ConversationItem) == []
    status, left = asked(engine, "DELETE", f"{path}/items/{first['id']}")
    assert (status, left["object"]) == (200, "conversation")
    assert texts(asked(engine, "GET", f"{path}/items")[1]) == ["three", "two"]
    assert asked(engine, "GET", f"{path}/items/{first['id']}")[0] == 404
    assert len({item["id"] for item in asked(engine, "GET", f"{path}/items")[1]["data"]}) == 2


def test_what_is_no_item_and_no_metadata_is_refused():
    engine = calls.engine(SCRIPT)
    path = f"/{asked(engine, 'POST', '', {})[1]['id']}"
    refused = [
        asked(engine, "POST", "", {"metadata": 5}),
        asked(engine, "POST", "", {"items": [{"type": "nonsense"}]}),
        asked(engine, "POST", path, {}),
        asked(engine, "POST", f"{path}/items", {}),
        asked(engine, "POST", f"{path}/items", {"items": [USER] * 21}),
    ]
    assert [(status, body["error"]["param"].split("[")[0]) for status, body in refused] == [
        (400, "metadata"),
        (400, "items"),
        (400, "metadata"),
        (400, "items"),
        (400, "items"),
    ]
    assert asked(engine, "POST", "/conv_x/items", {"items": [USER]})[0] == 404


def test_a_response_goes_on_from_its_conversation_and_adds_to_it():
    engine = calls.engine(SCRIPT)
    key = asked(engine, "POST", "", {"items": [{"role": "assistant", "content": "Welcome"}]})[1]["id"]
    first = calls.body(respond(engine, conversation=key))
    again = calls.body(respond(engine, conversation={"id": key}, input="Bye", store=False))
    assert first["conversation"] == again["conversation"] == {"id": key}
    listed = asked(engine, "GET", f"/{key}/items?order=asc")[1]
    assert texts(listed) == ["Welcome", "Hi", "turn 1: Hi", "Bye", "turn 2: Bye"]
    assert len({item["id"] for item in listed["data"]}) == 5


def test_equal_requests_of_a_conversation_add_different_items():
    engine = calls.engine(SCRIPT)
    key = asked(engine, "POST", "", {})[1]["id"]
    for _ in range(2):
        respond(engine, conversation=key, store=False)
    assert len({item["id"] for item in asked(engine, "GET", f"/{key}/items")[1]["data"]}) == 4


def test_a_conversation_that_is_not_there_is_refused_and_so_is_a_second_past():
    engine = calls.engine(SCRIPT)
    error = calls.error(respond(engine, conversation="conv_x"))
    assert (error["status"], error["param"]) == (404, "conversation")
    both = calls.error(respond(engine, conversation="conv_x", previous_response_id="resp_x"))
    assert (both["status"], both["param"]) == (400, "previous_response_id")


def test_namespaces_do_not_see_each_others_conversations():
    engine = calls.engine(f"name: one\n{SCRIPT}", f"name: two\n{SCRIPT}")
    key = asked(engine, "POST", "", {})[1]["id"]
    assert engine.handle(calls.call("GET", f"/two/v1/conversations/{key}")).status == 404


def test_the_conversation_of_a_request_is_named_in_two_ways():
    assert conversation_of({"conversation": "a"}) == conversation_of({"conversation": {"id": "a"}}) == "a"
    assert conversation_of({}) is conversation_of({"conversation": {"id": 5}}) is None


def test_what_is_added_to_a_conversation_that_is_gone_is_lost():
    store = Store()
    store.put(addition("conv_1", [USER]))
    assert store.get("conversation", "conv_1") is None
    store.put(Stored("conversation", "conv_1", {"a": 1}, (1,)))
    store.put(addition("conv_1", [2]))
    assert store.get("conversation", "conv_1") == Stored("conversation", "conv_1", {"a": 1}, (1, 2))
