import pytest

from mockllm.request import Call, Headers, Message, Request, fingerprint

CHAT = Call("POST", "/v1/chat/completions")
BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}


def test_headers_are_found_whatever_their_case_and_the_first_counts():
    headers = Headers((("X-A", "1"), ("x-a", "2"), ("B", "3")))
    assert (headers.get("x-a"), headers.get("X-A"), headers.get("b")) == ("1", "1", "3")
    assert headers.get("c") is None
    assert list(headers) == [("X-A", "1"), ("x-a", "2"), ("B", "3")]


def test_query_parameters_are_decoded_and_the_last_of_a_name_counts():
    call = Call("GET", "/", "limit=2&metadata%5Ba%5D=b+c&empty=&limit=3")
    assert call.parameters() == {"limit": "3", "metadata[a]": "b c", "empty": ""}
    assert Call("GET", "/").parameters() == {}


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ((), ""),
        ((("Authorization", "Bearer sk-1"),), "sk-1"),
        ((("authorization", "bearer  sk-1 "),), "sk-1"),
        ((("authorization", "Bearer"),), ""),
        ((("authorization", "Bearer "),), ""),
        ((("authorization", "Basic dTpw"),), "Basic dTpw"),
        ((("api-key", "sk-2"),), "sk-2"),
        ((("authorization", "Bearer sk-1"), ("api-key", "sk-2")), "sk-1"),
    ],
)
def test_a_key_is_a_bearer_token_or_an_api_key_header(headers, key):
    assert Call("GET", "/", headers=Headers(headers)).key() == key


def test_the_turn_counts_the_assistants_messages():
    messages = (Message("user"), Message("assistant"), Message("tool"), Message("assistant"), Message("user"))
    assert Request("chat", CHAT, messages=messages).turn == 2
    assert Request("chat", CHAT).turn == 0


def test_a_fingerprint_is_32_hexadecimal_digits():
    found = fingerprint("chat", CHAT, BODY)
    assert len(found) == 32
    assert int(found, 16) >= 0


@pytest.mark.parametrize(
    "same",
    [
        {"messages": [{"content": "Hi", "role": "user"}], "model": "gpt-4o"},
        {**BODY, "stream": True},
        {**BODY, "stream": True, "stream_options": {"include_usage": True}},
    ],
)
def test_key_order_and_transport_do_not_make_another_request(same):
    assert fingerprint("chat", CHAT, same) == fingerprint("chat", CHAT, BODY)


def test_headers_connection_and_time_do_not_make_another_request():
    retry = Call("POST", "/other/v1/chat/completions", headers=Headers((("x-stainless-retry-count", "1"),)), at_us=9)
    assert fingerprint("chat", retry, BODY) == fingerprint("chat", CHAT, BODY)


@pytest.mark.parametrize(
    ("api", "call", "json", "place"),
    [
        ("chat", CHAT, {**BODY, "temperature": 1}, ""),
        ("chat", CHAT, {**BODY, "messages": [{"role": "user", "content": "Ho"}]}, ""),
        ("responses", CHAT, BODY, ""),
        ("chat", Call("PUT", CHAT.path), BODY, ""),
        ("chat", Call("POST", CHAT.path, "api-version=2"), BODY, ""),
        ("chat", CHAT, BODY, "chatcmpl-1"),
    ],
)
def test_the_body_the_api_the_method_the_query_and_the_place_do(api, call, json, place):
    assert fingerprint(api, call, json, place) != fingerprint("chat", CHAT, BODY)


def test_a_body_that_is_no_json_counts_as_it_is():
    one, other = Call("POST", "/", body=b"{"), Call("POST", "/", body=b"[")
    assert fingerprint("", one, None) != fingerprint("", other, None)
    assert fingerprint("", one, None) == fingerprint("", Call("POST", "/", body=b"{"), None)


def test_a_path_that_is_not_unicode_has_a_fingerprint():
    assert len(fingerprint("models.retrieve", Call("GET", "/"), None, "\udcff")) == 32


@pytest.mark.parametrize(
    ("offered", "key"),
    [("realtime, openai-insecure-api-key.sk-1", "sk-1"), ("realtime", ""), ("", "")],
)
def test_a_browser_offers_its_key_as_a_subprotocol(offered, key):
    assert Call("GET", "/", headers=Headers((("sec-websocket-protocol", offered),))).key() == key
