import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.responses import ResponseItem

from mockllm.dialects.base import Surroundings
from mockllm.dialects.responses import stored, write
from mockllm.dialects.responses.items import derived_id, response_id
from mockllm.errors import ApiError
from mockllm.request import Call, Message, Request, ToolUse
from mockllm.store import Store, Stored
from mockllm.turn import Reasoning, Text, ToolCall
from tests import calls
from tests.strict import problems
from tests.turns import asked_responses, pieces, said, turn

HELLO = said(Text(pieces("Hello")))
CALL = said(ToolCall("call_1", "f", pieces("{}")), stop="tool_calls")
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "sunny"}


@pytest.fixture
def store():
    return Store()


def keep(store, choice=HELLO, key="0", **fields):
    """Keep the answer to a request that may continue what is kept; gives the turn."""
    told = turn(choice, key=key.ljust(32, "x"))
    for kept in stored.stored(told, asked_responses(store, **fields)):
        store.put(kept)
    return told


def ask(endpoint, store, key, query=""):
    request = Request(endpoint.api, Call("GET", "/v1/responses", query))
    return endpoint.answer(request, {"id": key}, Surroundings((), 0, store, lambda _request: 0))


def refused(function, *arguments, **fields):
    with pytest.raises(ApiError) as caught:
        function(*arguments, **fields)
    error = caught.value
    return error.status, error.message, error.code, error.param


def test_a_response_is_kept_as_its_body_unless_told_otherwise(store):
    told = keep(store)
    assert ask(stored.RETRIEVE, store, response_id(told)) == write.body(told, asked_responses())
    assert stored.stored(told, asked_responses(store=False)) == ()


def test_a_deleted_response_is_gone(store):
    key = response_id(keep(store))
    assert ask(stored.DELETE, store, key) == {"id": key, "object": "response", "deleted": True}
    assert refused(ask, stored.RETRIEVE, store, key)[0] == 404


@pytest.mark.parametrize("endpoint", [stored.RETRIEVE, stored.DELETE, stored.CANCEL, stored.INPUT_ITEMS])
def test_an_unknown_id_is_not_found(store, endpoint):
    assert refused(ask, endpoint, store, "resp_x") == (404, "Response with id 'resp_x' not found.", None, None)


def test_input_items_are_a_list_newest_first_in_pages(store):
    texts = ("one", "two", "three")
    key = response_id(keep(store, input=[{"role": "user", "content": text} for text in texts]))
    first = ask(stored.INPUT_ITEMS, store, key, "limit=2")
    assert [item["content"][0]["text"] for item in first["data"]] == ["three", "two"]
    assert (first["object"], first["has_more"], first["last_id"]) == ("list", True, first["data"][1]["id"])
    rest = ask(stored.INPUT_ITEMS, store, key, f"limit=2&after={first['last_id']}")
    assert ([item["content"][0]["text"] for item in rest["data"]], rest["has_more"]) == (["one"], False)
    oldest = ask(stored.INPUT_ITEMS, store, key, "order=asc")
    assert [item["content"][0]["text"] for item in oldest["data"]] == list(texts)


def test_a_string_is_listed_as_a_message_with_an_id(store):
    [item] = ask(stored.INPUT_ITEMS, store, response_id(keep(store, input="Hi")))["data"]
    assert re.fullmatch("msg_[0-9a-f]{50}", item.pop("id"))
    assert item == {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": "Hi"}],
        "status": "completed",
    }


def test_items_are_listed_as_they_came_with_what_they_lack(store):
    parts = [{"type": "input_text", "text": "Hi"}]
    given = [
        {"role": "user", "content": parts},
        {"role": "assistant", "content": "Ho", "id": "msg_own", "status": "incomplete"},
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
        OUTPUT,
        {"type": "web_search_call", "status": "completed"},
    ]
    key = response_id(keep(store, input=given))
    items = ask(stored.INPUT_ITEMS, store, key, "order=asc")["data"]
    assert items[0]["content"] == parts
    assert items[1] == {
        "id": "msg_own",
        "type": "message",
        "status": "incomplete",
        "content": [{"type": "output_text", "annotations": [], "logprobs": [], "text": "Ho"}],
        "role": "assistant",
    }
    assert [item["id"].split("_")[0] for item in items] == ["msg", "msg", "fc", "fco", "ws"]
    assert {key: value for key, value in items[3].items() if key != "id"} == OUTPUT
    assert len({item["id"] for item in items}) == 5


def test_listed_items_are_what_the_sdk_says(store):
    given = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Ho"},
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}", "status": "completed"},
        {**OUTPUT, "status": "completed"},
    ]
    for item in ask(stored.INPUT_ITEMS, store, response_id(keep(store, input=given)))["data"]:
        assert problems(item, ResponseItem) == []


def test_a_request_may_continue_what_is_kept(store):
    first = keep(store, CALL, "a", input="Weather?", instructions="Be brief.")
    request = asked_responses(store, previous_response_id=response_id(first), input=[OUTPUT])
    # The earlier instructions are not used again (wire-contract §7.6).
    assert request.messages == (
        Message("user", "Weather?"),
        Message("assistant", "", (ToolUse("call_1", "f", "{}"),)),
        Message("tool", "sunny", tool_call_id="call_1"),
    )
    assert request.turn == 1


def test_a_chain_is_continued_from_its_beginning(store):
    first = keep(store, HELLO, "a", input="One")
    second = keep(store, HELLO, "b", input="Two", previous_response_id=response_id(first))
    request = asked_responses(store, previous_response_id=response_id(second), input="Three")
    assert [message.text for message in request.messages] == ["One", "Hello", "Two", "Hello", "Three"]


def test_a_chain_begins_after_what_was_deleted(store):
    first = keep(store, HELLO, "a", input="One")
    second = keep(store, HELLO, "b", input="Two", previous_response_id=response_id(first))
    ask(stored.DELETE, store, response_id(first))
    request = asked_responses(store, previous_response_id=response_id(second), input="Three")
    assert [message.text for message in request.messages] == ["Two", "Hello", "Three"]


def test_what_is_not_kept_cannot_be_continued(store):
    key = response_id(turn(said()))
    message = f"Previous response with id '{key}' not found."
    found = refused(asked_responses, store, previous_response_id=key)
    assert found == (400, message, "previous_response_not_found", "previous_response_id")


def test_a_reference_stands_for_the_item_it_names(store):
    choice = said(Reasoning(pieces("Hm")), ToolCall("call_1", "f", pieces("{}")))
    told = keep(store, choice, "a", input="Weather?")
    keep(store, HELLO, "b", input="Something else")
    references = [
        {"type": "item_reference", "id": derived_id(told, prefix, place)} for prefix, place in (("rs", 0), ("fc", 1))
    ]
    request = asked_responses(store, input=[{"role": "user", "content": "Weather?"}, *references, OUTPUT])
    assert request.messages[1:] == (
        Message("assistant", "", (ToolUse("call_1", "f", "{}"),)),
        Message("tool", "sunny", tool_call_id="call_1"),
    )
    assert [item.get("type") for item in request.json["input"]] == [
        None,
        "reasoning",
        "function_call",
        "function_call_output",
    ]


def test_a_reference_may_leave_its_type_out(store):
    told = keep(store)
    request = asked_responses(store, input=[{"id": derived_id(told, "msg", 0)}])
    assert request.messages == (Message("assistant", "Hello"),)


def test_a_reference_to_what_is_not_kept_is_refused(store):
    keep(store)
    status, message, code, param = refused(asked_responses, store, input=[{"type": "item_reference", "id": "msg_x"}])
    assert (status, code, param) == (404, None, "input")
    assert message.startswith("Item with id 'msg_x' not found. ")


def test_every_endpoint_has_a_name_of_its_own_to_match_on():
    endpoints = (stored.RETRIEVE, stored.DELETE, stored.CANCEL, stored.INPUT_ITEMS)
    assert [endpoint.api for endpoint in endpoints] == [
        "responses.retrieve",
        "responses.delete",
        "responses.cancel",
        "responses.input_items",
    ]
    assert {endpoint.layout.newline for endpoint in endpoints} == {False}


# The background and conversations.


def test_a_response_of_the_background_is_kept_with_the_events_of_its_stream(store):
    told = keep(store, background=True)
    (kept,) = store.all("response")
    assert [frame.event for frame in kept.frames][:3] == [
        "response.created",
        "response.queued",
        "response.in_progress",
    ]
    assert [frame.ordinal for frame in kept.frames] == list(range(len(kept.frames)))
    assert kept.replays
    assert kept.value == write.body(told, asked_responses(background=True))
    keep(store, key="1", background=True, stream=False)
    assert not store.all("response")[1].replays


def test_a_stored_response_is_streamed_again_only_if_it_was_of_the_background(store):
    key = response_id(keep(store))
    assert refused(ask, stored.RETRIEVE, store, key, "stream=true")[0] == 400
    assert ask(stored.RETRIEVE, store, key, "stream=false")["id"] == key


def test_only_a_response_of_the_background_can_be_cancelled(store):
    assert refused(ask, stored.CANCEL, store, response_id(keep(store)))[:2] == (
        400,
        "Cannot cancel a synchronous response.",
    )


def test_a_conversation_gets_the_items_of_the_request_and_of_the_answer_whether_it_is_stored_or_not(store):
    store.put(Stored("conversation", "conv_1", {}))
    for key, is_stored in (("0", True), ("1", False)):
        request = asked_responses(store, conversation="conv_1", store=is_stored)
        for kept in stored.stored(turn(HELLO, key=key.ljust(32, "x")), request):
            store.put(kept)
    items = store.get("conversation", "conv_1").details
    assert [item["role"] for item in items] == ["user", "assistant"] * 2
    assert len({item["id"] for item in items}) == 4
    assert len(store.all("response")) == 1


# Everything together, against a model in a few lines.


class Model:
    """What one namespace must answer: the texts of each response's past and of each conversation, oldest first."""

    def __init__(self, engine, base):
        self.engine, self.base = engine, base
        self.responses, self.conversations = {}, {}
        self.gone = []

    def call(self, method, path, body=None):
        exchange = self.engine.handle(calls.call(method, f"{self.base}{path}", body))
        return exchange.status, calls.body(exchange)

    def respond(self, text, past, *, store):
        """Ask for a response that continues `past`, which is the id of a response, of a conversation, or nothing."""
        body = {"model": "gpt-4.1", "input": text, "store": store}
        if past is not None:
            body["conversation" if past.startswith("conv_") else "previous_response_id"] = past
        before = self.conversations.get(past, self.responses.get(past, []))
        status, answer = self.call("POST", "/responses", body)
        if past in self.gone:
            assert (status, answer["error"]["type"]) in [(400, "invalid_request_error"), (404, "invalid_request_error")]
            return
        said = f"{text}, after {len(before) // 2}"
        assert (status, answer["output"][0]["content"][0]["text"]) == (200, said)
        after = [*before, text, said]
        if past in self.conversations:
            self.conversations[past] = after
        if store:
            assert answer["id"] not in self.responses
            self.responses[answer["id"]] = after[-2:] if past in self.conversations else after
        else:
            self.gone.append(answer["id"])

    def converse(self):
        _, made = self.call("POST", "/conversations", {})
        assert made["id"] not in self.conversations
        self.conversations[made["id"]] = []

    def look(self, key):
        """Read an object by its id, and the items that belong to it."""
        kind, items = ("conversations", "items") if key.startswith("conv_") else ("responses", "input_items")
        status, found = self.call("GET", f"/{kind}/{key}")
        _, listed = self.call("GET", f"/{kind}/{key}/{items}?order=asc&limit=100")
        if key in self.gone:
            assert status == 404
            return
        assert (status, found["id"]) == (200, key)
        texts = [item["content"][0]["text"] for item in listed["data"]]
        assert texts == (self.conversations[key] if kind == "conversations" else self.responses[key][-2:-1])

    def forget(self, key):
        kind = "conversations" if key.startswith("conv_") else "responses"
        status, _ = self.call("DELETE", f"/{kind}/{key}")
        assert status == (404 if key in self.gone else 200)
        if key not in self.gone:
            (self.conversations if kind == "conversations" else self.responses).pop(key)
            self.gone.append(key)


@given(st.data())
@settings(max_examples=15, deadline=None)
def test_forty_calls_in_any_order_do_what_a_small_model_says(data):
    """The past of a response is told by its parent at that time, so only leaves are forgotten: what a deletion further
    back does is told above.
    """
    script = "rules: [{replies: ['{{ user }}, after {{ request.turn }}']}]"
    engine = calls.engine(f"name: one\n{script}", f"name: two\n{script}")
    models = [Model(engine, "/one/v1"), Model(engine, "/two/v1")]
    parents = set()
    for _ in range(40):
        model, other = data.draw(st.permutations(models))
        keys = [*model.responses, *model.conversations, *model.gone]
        step = data.draw(st.sampled_from(["respond", "converse", "look", "forget", "trespass"]))
        if step == "converse":
            model.converse()
        elif step == "respond":
            past = data.draw(st.sampled_from([None, *keys]))
            parents.add(past)
            model.respond(data.draw(st.sampled_from("ab")), past, store=data.draw(st.booleans()))
        elif keys:
            key = data.draw(st.sampled_from(keys))
            if step == "look":
                model.look(key)
            elif step == "forget" and key not in parents:
                model.forget(key)
            elif step == "trespass" and key not in {*other.responses, *other.conversations}:
                kind = "conversations" if key.startswith("conv_") else "responses"
                assert other.call("GET", f"/{kind}/{key}")[0] == 404
