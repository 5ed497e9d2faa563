import pytest

from mockllm.dialects.base import Surroundings
from mockllm.dialects.realtime import CONNECT, REALTIME
from mockllm.errors import ApiError
from mockllm.plan import stamp
from mockllm.request import Call, Headers, Request
from mockllm.seeds import Seed
from mockllm.store import Store
from mockllm.turn import Text
from tests.dialects.realtime.test_stream import asked
from tests.dialects.responses.test_socket import UPGRADE
from tests.realtime_wire import wrong
from tests.turns import pieces, said, turn


def connect(query="model=gpt-realtime", headers=UPGRADE, seed="a"):
    around = Surroundings((), 1_700_000_000, Store(), lambda _: 0, Seed.of(seed))
    return CONNECT.answer(Request("realtime.connect", Call("GET", "/v1/realtime", query, headers)), {}, around)


def test_the_session_is_the_first_that_is_said():
    (frame,) = stamp(connect().frames)
    assert (frame.event, frame.kind) == ("session.created", "opening")
    assert wrong(frame.data) == []
    assert frame.data["session"]["model"] == "gpt-realtime"
    assert frame.data["session"]["expires_at"] == 1_700_003_600


def test_the_ids_follow_from_the_chance_of_the_request():
    assert connect().frames == connect().frames
    assert connect().frames != connect(seed="b").frames


def test_browsers_get_the_subprotocol_that_they_ask_for():
    offered = Headers((*UPGRADE.pairs, ("sec-websocket-protocol", "realtime, openai-insecure-api-key.sk-1")))
    assert ("sec-websocket-protocol", "realtime") in connect(headers=offered).headers


@pytest.mark.parametrize(
    ("query", "headers", "status"), [("", UPGRADE, 400), ("model=", UPGRADE, 400), ("model=x", Headers(), 426)]
)
def test_what_opens_no_session_is_refused(query, headers, status):
    with pytest.raises(ApiError) as refused:
        connect(query, headers)
    assert refused.value.status == status


def test_nothing_is_stored_and_no_body_is_needed():
    assert REALTIME.stored(turn(said(Text(pieces("Hi")))), asked(), "req_1") == ()
    assert REALTIME.read(Call("WEBSOCKET", "/v1/realtime"), None, strict=True, store=Store()).messages == ()
