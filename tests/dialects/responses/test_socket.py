import orjson
import pytest

from mockllm.dialects.base import Surroundings
from mockllm.dialects.responses import RESPONSES
from mockllm.dialects.responses.socket import CONNECT, EARLIER, OVER_WEBSOCKET
from mockllm.dialects.upgrade import switched
from mockllm.errors import ApiError
from mockllm.request import Call, Headers, Request
from mockllm.store import Store, Stored
from mockllm.turn import Text
from tests.turns import SEED, asked_responses, pieces, said, turn

UPGRADE = Headers(
    (
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    )
)
TURN = turn(said(Text(pieces("Hi", " you"))))
CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "1"}


def read(kept=None, *, strict=False, **body):
    json = {"model": "gpt-4.1", "input": "Hi", **body}
    call = Call("WEBSOCKET", "/v1/responses", body=orjson.dumps(json))
    return OVER_WEBSOCKET.read(call, json, strict=strict, store=kept or Store())


def connect(headers):
    request = Request("responses.connect", Call("GET", "/v1/responses", headers=headers))
    return CONNECT.answer(request, {}, Surroundings((), 0, Store(), lambda _: 0))


def test_an_upgrade_opens_the_connection_and_says_nothing_first():
    assert connect(UPGRADE) == switched(Call("GET", "/v1/responses", headers=UPGRADE))


def test_a_plain_get_is_refused_as_ever():
    with pytest.raises(ApiError) as refused:
        connect(Headers())
    assert (refused.value.status, refused.value.code) == (405, "method_not_supported")


def test_the_events_are_those_of_the_stream():
    over_http = [frame.data for frame in RESPONSES.stream(TURN, asked_responses(), SEED)]
    assert [frame.data for frame in OVER_WEBSOCKET.stream(TURN, read(), SEED)] == over_http


def test_every_event_names_its_lane_in_the_order_of_the_alphabet():
    frames = list(OVER_WEBSOCKET.stream(TURN, read(stream_id="a.b"), SEED))
    assert {frame.data["stream_id"] for frame in frames} == {"a.b"}
    for frame in frames:
        first, *others = frame.data
        assert first == "type"
        assert others == sorted(others)


def test_it_always_streams_and_never_in_the_background():
    request = read(stream=False)
    assert request.stream
    assert not request.background


def test_what_only_the_connection_needs_makes_no_other_request():
    plain = read()
    assert read(stream_id="a").fingerprint == plain.fingerprint
    assert read(type="response.create", strict=True).fingerprint == plain.fingerprint


def test_unknown_parameters_are_refused_as_over_http():
    with pytest.raises(ApiError, match=r"Unknown parameter: 'nonsense'\."):
        read(nonsense=1, strict=True)
    with pytest.raises(ApiError, match="'model'"):
        OVER_WEBSOCKET.read(Call("WEBSOCKET", "/v1/responses"), None, strict=False, store=Store())


def test_the_items_of_an_unstored_response_come_with_the_request():
    request = read(previous_response_id="resp_1", input=[OUTPUT], **{EARLIER: [CALL]})
    assert [message.role for message in request.messages] == ["assistant", "tool"]
    with pytest.raises(ApiError, match="Previous response with id 'resp_1' not found"):
        read(previous_response_id="resp_1")


def test_a_conversation_brings_its_items():
    store = Store()
    item = {"type": "message", "role": "user", "content": "Earlier", "id": "msg_1"}
    store.put(Stored("conversation", "conv_1", {"id": "conv_1"}, (item,)))
    assert [message.text for message in read(store, conversation="conv_1").messages] == ["Earlier", "Hi"]


def test_the_body_is_the_response_of_the_last_event():
    request = read()
    *_, last = OVER_WEBSOCKET.stream(TURN, request, SEED)
    assert last.data["response"] == OVER_WEBSOCKET.body(TURN, request)


def test_it_is_kept_unless_the_client_says_no():
    (kept,) = OVER_WEBSOCKET.stored(TURN, read(), "req_1")
    assert kept.kind == "response"
    assert OVER_WEBSOCKET.stored(TURN, read(store=False), "req_1") == ()
