import pytest

from mockllm.dialects.upgrade import is_upgrade, switched, upgrade_required
from mockllm.errors import ApiError
from mockllm.plan import Frame
from mockllm.request import Call, Headers

GOOD = {
    "Connection": "keep-alive, Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def call(**changes):
    headers = {**GOOD, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return Call("GET", "/v1/realtime", headers=Headers(tuple((n, v) for n, v in headers.items() if v is not None)))


def test_the_answer_proves_that_the_key_was_read():
    frame = Frame({"type": "hello"})
    switch = switched(call(), (frame,))
    assert switch.headers == (
        ("upgrade", "websocket"),
        ("connection", "Upgrade"),
        ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
    )
    assert switch.frames == (frame,)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ("realtime, openai-insecure-api-key.sk-1", [("sec-websocket-protocol", "realtime")]),
        ("chat", []),
        (None, []),
    ],
)
def test_the_first_subprotocol_that_is_known_is_chosen(offered, chosen):
    assert list(switched(call(Sec_WebSocket_Protocol=offered), (), ("realtime",)).headers[3:]) == chosen


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"Upgrade": None}, 426, "upgrade_required"),
        ({"Upgrade": "h2c"}, 426, "upgrade_required"),
        ({"Connection": "close"}, 426, "upgrade_required"),
        ({"Sec_WebSocket_Version": "8"}, 426, "unsupported_websocket_version"),
        ({"Sec_WebSocket_Version": None}, 426, "unsupported_websocket_version"),
        ({"Sec_WebSocket_Key": None}, 400, "invalid_websocket_key"),
        ({"Sec_WebSocket_Key": "c2hvcnQ="}, 400, "invalid_websocket_key"),
    ],
)
def test_a_handshake_that_is_none_is_refused(changes, status, code):
    with pytest.raises(ApiError) as refused:
        switched(call(**changes))
    assert (refused.value.status, refused.value.code) == (status, code)
    # RFC 9110 §15.5.22 and RFC 6455 §4.2.2: the refusal says what is spoken here
    assert (("sec-websocket-version", "13") in refused.value.headers) is (status == 426)


def test_what_asks_for_an_upgrade():
    assert is_upgrade(call())
    assert is_upgrade(call(Upgrade="WebSocket", Connection="UPGRADE"))
    assert not is_upgrade(Call("GET", "/v1/realtime"))
    assert "ws://" in upgrade_required(call()).message
