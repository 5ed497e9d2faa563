"""Unmodified Node clients over a real socket: npm `openai`, and the Vercel AI SDK with either of its two providers.

The clients live in `node/`; `npm ci` installs them with the first test. Without Node the tests are skipped with the
reason, in CI they fail instead. What the clients do with each answer was measured against another server too
(wire-contract §4.4, §8 to §10, §13).
"""

import pytest

from tests.clients.node_runner import running

WORDS = "It is sunny in Paris. 🌞"
SORRY = "I'm sorry, I cannot help with that."
THOUGHT = "The user greets me. I should greet back."
FAIR = {"title": "Science fair", "day": "Friday"}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
SOON = {"ms": 10}
REFUSED = {"error": {"code": "rate_limit_exceeded", "retry_after": SOON}}
CUT = ["It", " is", " sunny"]
CITIES = {"tool-call": ["Paris"], "parallel-calls": ["Paris", "Rome"]}

# The name in a scenario: the class in the npm client, then status, code, type and param, and how many requests.
ERRORS = {
    "invalid_api_key": ("AuthenticationError", 401, "invalid_api_key", "invalid_request_error", None, 1),
    "model_not_found": ("NotFoundError", 404, "model_not_found", "invalid_request_error", None, 1),
    "context_length_exceeded": (
        "BadRequestError",
        400,
        "context_length_exceeded",
        "invalid_request_error",
        "messages",
        1,
    ),
    "unsupported_country_region_territory": (
        "PermissionDeniedError",
        403,
        "unsupported_country_region_territory",
        "request_forbidden",
        None,
        1,
    ),
    "conversation_locked": ("ConflictError", 409, "conversation_locked", "invalid_request_error", None, 3),
    "rate_limit_exceeded": ("RateLimitError", 429, "rate_limit_exceeded", "requests", None, 3),
    "insufficient_quota": ("RateLimitError", 429, "insufficient_quota", "insufficient_quota", None, 3),
    "server_error": ("InternalServerError", 500, None, "server_error", None, 3),
    "server_is_overloaded": (
        "InternalServerError",
        503,
        "server_is_overloaded",
        "service_unavailable_error",
        None,
        3,
    ),
}


@pytest.fixture(scope="module")
def _openai_process():
    yield from running("openai.mjs")


@pytest.fixture(scope="module")
def _ai_sdk_process():
    yield from running("ai-sdk.mjs")


@pytest.fixture
def npm(_openai_process, mockllm):
    """Run a job of the npm client `openai` against this test's server."""

    def run(operation, body=None, *, retries=0, timeout_ms=20_000, **job):
        asked = {"model": "gpt-4o", "messages": [{"role": "user", "content": "How is the weather?"}], **(body or {})}
        options = {"maxRetries": retries, "timeout": timeout_ms}
        return _openai_process(operation, base_url=mockllm.base_url, body=asked, options=options, **job)

    return run


@pytest.fixture(params=["openai", "openai-compatible"])
def provider(request):
    return request.param


@pytest.fixture
def sdk(_ai_sdk_process, provider, mockllm):
    """Run a job of the AI SDK, by one of its providers, against this test's server."""

    def run(operation, *, retries=0, **job):
        asked = {"provider": provider, "model": "gpt-4o", "prompt": "How is the weather?", "retries": retries}
        return _ai_sdk_process(operation, base_url=mockllm.base_url, **asked, **job)

    return run


def text_of(chunks):
    return "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])


def message_of(seen):
    return seen["completion"]["choices"][0]["message"]


def arguments_of(message):
    return [(call["function"]["name"], call["function"]["arguments"]) for call in message["tool_calls"]]


def tries(mockllm):
    """What the npm client said of each of its requests: 0, then the number of the retry."""
    return [exchange.call.headers.get("x-stainless-retry-count") for exchange in mockllm.journal]


# npm openai


def test_npm_a_text_comes_as_a_body(npm, reply):
    reply(text=WORDS)
    seen = npm("create")
    assert message_of(seen)["content"] == WORDS
    assert seen["completion"]["choices"][0]["finish_reason"] == "stop"
    assert seen["request_id"].startswith("req_")


def test_npm_a_text_comes_as_a_stream(npm, reply):
    reply(text=CUT)
    chunks = npm("stream")["chunks"]
    assert [chunk["choices"][0]["delta"].get("content") for chunk in chunks] == ["", *CUT, None]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [*[None] * 4, "stop"]


def test_npm_the_stream_helper_ends_with_the_body(npm, reply):
    reply(text=CUT, usage={"input": 128, "output": 7})
    body, seen = npm("create")["completion"], npm("helper", {"stream_options": {"include_usage": True}})
    assert seen["text"] == message_of(seen)["content"] == body["choices"][0]["message"]["content"] == "It is sunny"
    assert seen["events"] == {"content": 3, "content.done": 1}
    assert seen["completion"]["usage"] == body["usage"]
    assert (body["usage"]["prompt_tokens"], body["usage"]["total_tokens"]) == (128, 135)


def test_npm_usage_comes_last_and_only_if_asked_for(npm, reply):
    reply(text=WORDS, usage={"input": 128, "output": 7})
    assert not any("usage" in chunk for chunk in npm("stream")["chunks"])
    *chunks, last = npm("stream", {"stream_options": {"include_usage": True}})["chunks"]
    assert all(chunk["usage"] is None for chunk in chunks)
    assert (last["choices"], last["usage"]["completion_tokens"], last["usage"]["total_tokens"]) == ([], 7, 135)


def test_npm_reasoning_is_a_field_beside_the_content(npm, reply):
    reply(reasoning=THOUGHT, text="Hello to you too!")
    message = message_of(npm("create"))
    assert (message["reasoning_content"], message["content"]) == (THOUGHT, "Hello to you too!")
    chunks = npm("stream")["chunks"]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert "".join(delta.get("reasoning_content", "") for delta in deltas) == THOUGHT
    assert text_of(chunks) == "Hello to you too!"


@pytest.mark.parametrize("scenario", CITIES)
def test_npm_tool_calls(npm, mockllm, scenario):
    mockllm.load(scenario)
    body, seen = npm("create", {"tools": [WEATHER]}), npm("helper", {"tools": [WEATHER]})
    space = " " if len(CITIES[scenario]) > 1 else ""
    wanted = [("get_weather", f'{{"city":{space}"{city}"}}') for city in CITIES[scenario]]
    assert arguments_of(message_of(body)) == arguments_of(message_of(seen)) == wanted
    assert message_of(body)["tool_calls"] == message_of(seen)["tool_calls"]
    assert message_of(seen)["content"] is None
    assert seen["completion"]["choices"][0]["finish_reason"] == "tool_calls"
    assert seen["events"]["tool_calls.function.arguments.done"] == len(wanted)
    assert seen["events"]["tool_calls.function.arguments.delta"] > len(wanted)


def test_npm_a_tool_round_trip(npm, mockllm):
    mockllm.load("round-trip")
    seen = npm("tools", {"tools": [WEATHER]}, result="sunny")
    assert seen == {"arguments": [{"city": "Paris"}], "text": WORDS}
    mockllm.journal.assert_called({"tool_result": {"name": "get_weather", "equals": "sunny"}}, times=1)


def test_npm_an_answer_in_a_schema_is_parsed(npm, mockllm):
    mockllm.load("structured")
    assert message_of(npm("parse", {"response_format": "event"}))["parsed"] == FAIR
    assert message_of(npm("helper", {"response_format": "event"}))["parsed"] == FAIR


def test_npm_a_refusal_is_not_parsed(npm, mockllm):
    mockllm.load("refused")
    message = message_of(npm("parse", {"response_format": "event"}))
    assert (message["refusal"], message["content"], message["parsed"]) == (SORRY, None, None)
    seen = npm("helper", {"response_format": "event"})
    assert (message_of(seen)["refusal"], message_of(seen)["content"]) == (SORRY, None)
    assert seen["events"].pop("refusal.delta") > 1
    assert seen["events"] == {"refusal.done": 1}


def test_npm_json_that_the_limit_cuts_is_an_error_of_its_own(npm, mockllm):
    mockllm.load("cut-json")
    seen = npm("parse", {"response_format": "event", "max_completion_tokens": 6})
    assert seen["error"]["class"] == "LengthFinishReasonError"


def test_npm_two_choices_and_log_probabilities(npm, mockllm):
    mockllm.load("choices")
    texts = [choice["message"]["content"] for choice in npm("helper", {"n": 2})["completion"]["choices"]]
    assert texts == ["Heads, I win.", "Tails, you lose."]
    mockllm.load("logprobs")
    seen = npm("helper", {"logprobs": True, "top_logprobs": 2})
    tokens = seen["completion"]["choices"][0]["logprobs"]["content"]
    assert bytes(byte for token in tokens for byte in token["bytes"]).decode() == "Yes 🌞"


@pytest.mark.parametrize("operation", ["create", "stream"])
@pytest.mark.parametrize("name", ERRORS)
def test_npm_a_known_error_is_the_right_exception(npm, reply, mockllm, name, operation):
    kind, status, code, type_, param, requests = ERRORS[name]
    reply(error={"code": name, "retry_after": SOON})
    error = npm(operation, retries=2)["error"]
    assert (error["class"], error["status"]) == (kind, status)
    assert (error["code"], error["type"], error["param"]) == (code, type_, param)
    assert error["request_id"].startswith("req_")
    assert tries(mockllm) == ["0", "1", "2"][:requests]


def test_npm_two_refusals_then_the_answer(npm, reply, mockllm):
    reply(attempts=[REFUSED, REFUSED], text=WORDS)
    assert message_of(npm("create", retries=2))["content"] == WORDS
    assert tries(mockllm) == ["0", "1", "2"]


def test_npm_a_server_that_says_not_to_retry_is_asked_once(npm, mockllm):
    mockllm.load("do-not-retry")
    assert npm("create", retries=2)["error"]["class"] == "InternalServerError"
    assert tries(mockllm) == ["0"]


def test_npm_an_end_before_the_head_is_retried(npm, mockllm):
    mockllm.load("reset-then-answer")
    assert text_of(npm("stream", retries=1)["chunks"]) == "Second time lucky."
    assert tries(mockllm) == ["0", "1"]
    mockllm.journal.assert_outcomes("cut as scripted", "complete")


def test_npm_an_end_before_the_head_is_a_connection_error_at_last(npm, reply):
    reply(text="never", faults=[{"reset": {"at": "start"}}])
    assert npm("create")["error"]["class"] == "APIConnectionError"


def test_npm_a_server_that_never_answers_is_a_timeout(npm, reply, mockllm):
    reply(text="never", faults=[{"stall": {"at": "start"}}])
    assert npm("create", timeout_ms=300)["error"]["class"] == "APIConnectionTimeoutError"
    mockllm.journal.assert_outcomes("client left")


@pytest.mark.parametrize("fault", ["reset", "close"])
def test_npm_a_stream_that_is_cut_fails_without_a_retry(npm, reply, mockllm, fault):
    reply(text=CUT, faults=[{fault: {"at": {"token": 2}}}])
    seen = npm("stream", retries=2)
    assert text_of(seen["chunks"]) == "It is"
    assert (seen["error"]["class"], seen["error"]["message"]) == ("TypeError", "terminated")
    seen = npm("helper", retries=2)
    assert (seen["text"], seen["error"]["class"]) == ("It is", "OpenAIError")
    assert tries(mockllm) == ["0", "0"]


def test_npm_a_clean_end_too_soon_is_silent_but_for_the_helper(npm, reply):
    reply(text=CUT, faults=[{"truncate": {"at": {"token": 2}}}])
    seen = npm("stream")
    assert text_of(seen["chunks"]) == "It is"
    assert "error" not in seen
    assert npm("helper")["error"]["message"] == "missing finish_reason for choice 0"


def test_npm_an_error_in_a_stream_is_raised_after_what_came_before_it(npm, mockllm):
    mockllm.load("error-in-stream")
    seen = npm("stream", retries=2)
    assert text_of(seen["chunks"]) == "It was"
    assert (seen["error"]["class"], seen["error"]["type"]) == ("APIError", "server_error")
    assert "status" not in seen["error"]
    assert tries(mockllm) == ["0"]


def test_npm_an_error_under_200_is_silent(npm, mockllm):
    mockllm.load("error-in-200")
    assert npm("create")["completion"]["error"]["message"] == "Upstream is unwell."
    assert npm("stream") == {"chunks": []}


@pytest.mark.parametrize("mode", ["omit", "twice", "spaced", "text_after"])
def test_npm_an_odd_end_marker_does_not_matter(npm, reply, mode):
    reply(text=WORDS, faults=[{"done": mode}])
    seen = npm("stream")
    assert text_of(seen["chunks"]) == WORDS
    assert "error" not in seen


def test_npm_models(npm, mockllm):
    mockllm.load({"models": ["gpt-5.1", "openai/gpt-5.1"]})
    seen = npm("models", model="openai/gpt-5.1")
    assert seen["ids"] == ["gpt-5.1", "openai/gpt-5.1"]
    assert (seen["model"]["id"], seen["model"]["object"]) == ("openai/gpt-5.1", "model")


def test_npm_stored_completions(npm, reply):
    reply(text="Noted: {{ user }}")
    seen = npm("stored", contents=["one", "two", "three"])
    assert len(set(seen["kept"])) == 3
    assert seen["listed"] == seen["kept"]
    first = seen["kept"][0]
    assert (seen["retrieved"]["id"], seen["retrieved"]["metadata"]) == (first, {"topic": "weather"})
    assert seen["retrieved"]["choices"][0]["message"]["content"] == "Noted: one"
    assert seen["updated"] == seen["retrieved"]
    assert seen["messages"] == ["one"]
    assert seen["deleted"] == {"id": first, "object": "chat.completion.deleted", "deleted": True}
    assert seen["error"]["class"] == "NotFoundError"


# Vercel AI SDK


def test_sdk_text_and_usage(sdk, reply):
    reply(text=CUT, usage={"input": 128, "output": 7, "cached": 64})
    body, stream = sdk("generate"), sdk("stream")
    assert body["text"] == stream["text"] == "It is sunny"
    assert body["finish"] == stream["finish"] == "stop"
    assert stream["parts"]["text-delta"] == 3
    for usage in (body["usage"], stream["usage"]):
        assert (usage["inputTokens"], usage["outputTokens"], usage["totalTokens"]) == (128, 7, 135)
        assert usage["inputTokenDetails"]["cacheReadTokens"] == 64


def test_sdk_reasoning_comes_in_parts_from_the_provider_that_knows_it(sdk, provider, reply):
    reply(reasoning=THOUGHT, text="Hello to you too!")
    body, stream = sdk("generate"), sdk("stream")
    assert body["text"] == stream["text"] == "Hello to you too!"
    if provider == "openai":
        assert "reasoning" not in body
        assert stream["reasoning"] == ""
    else:
        assert body["reasoning"] == stream["reasoning"] == THOUGHT
        assert stream["parts"]["reasoning-delta"] > 1
        assert stream["parts"]["reasoning-start"] == stream["parts"]["reasoning-end"] == 1


@pytest.mark.parametrize("scenario", CITIES)
def test_sdk_tool_calls(sdk, mockllm, scenario):
    mockllm.load(scenario)
    body, stream = sdk("generate", tools=["get_weather"]), sdk("stream", tools=["get_weather"])
    wanted = [("get_weather", {"city": city}) for city in CITIES[scenario]]
    assert [(call["name"], call["input"]) for call in body["calls"]] == wanted
    assert body["calls"] == stream["calls"]
    assert body["finish"] == stream["finish"] == "tool-calls"
    assert stream["parts"]["tool-input-start"] == stream["parts"]["tool-input-end"] == len(wanted)
    assert stream["errors"] == []


@pytest.mark.parametrize("operation", ["generate", "stream"])
def test_sdk_a_tool_round_trip(sdk, mockllm, operation):
    mockllm.load("round-trip")
    seen = sdk(operation, tools=["get_weather"], result="sunny")
    assert (seen["text"], seen["finish"]) == (WORDS, "stop")
    assert [call["id"] for call in seen["calls"]] == ["call_weather"]
    mockllm.journal.assert_called({"tool_result": {"name": "get_weather", "equals": "sunny"}}, times=1)


def test_sdk_an_answer_in_a_schema_is_an_object(sdk, mockllm):
    mockllm.load("structured")
    assert [sdk(operation, output=True)["object"] for operation in ("generate", "stream", "object")] == [FAIR] * 3


def test_sdk_an_answer_made_from_the_schema_is_an_object(sdk, mockllm):
    mockllm.load("auto")
    made = sdk("generate", output=True)["object"]
    assert {key: type(value) for key, value in made.items()} == {"title": str, "day": str}
    assert made == sdk("stream", output=True)["object"]


def test_sdk_a_refusal_is_text_that_a_filter_ended(sdk, mockllm):
    mockllm.load("refused")
    for operation in ("generate", "stream"):
        seen = sdk(operation)
        assert (seen["text"], seen["finish"], seen["raw_finish"]) == (SORRY, "content-filter", "stop")
    assert sdk("object")["error"]["class"] == "NoObjectGeneratedError"


@pytest.mark.parametrize(("reason", "finish"), [("length", "length"), ("content_filter", "content-filter")])
def test_sdk_finish_reasons(sdk, reply, reason, finish):
    reply(text=WORDS, finish_reason=reason)
    assert sdk("generate")["finish"] == sdk("stream")["finish"] == finish


@pytest.mark.parametrize("name", ["invalid_api_key", "model_not_found", "context_length_exceeded"])
def test_sdk_an_error_that_is_not_retried(sdk, reply, mockllm, name):
    _, status, code, type_, param, _ = ERRORS[name]
    reply(error=name)
    for error in (sdk("generate", retries=2)["error"], *sdk("stream", retries=2)["errors"]):
        assert (error["class"], error["status"], error["retryable"]) == ("APICallError", status, False)
        told = error["data"]["error"]
        assert (told["code"], told["type"], told["param"]) == (code, type_, param)
    assert len(mockllm.journal) == 2


@pytest.mark.parametrize("name", ["rate_limit_exceeded", "insufficient_quota", "server_error"])
def test_sdk_an_error_that_is_retried(sdk, reply, mockllm, name):
    _, status, code, _, _, requests = ERRORS[name]
    reply(error={"code": name, "retry_after": SOON})
    for error in (sdk("generate", retries=2)["error"], *sdk("stream", retries=2)["errors"]):
        assert (error["class"], error["reason"], error["tries"]) == ("RetryError", "maxRetriesExceeded", requests)
        last = error["last"]
        assert (last["class"], last["status"], last["data"]["error"]["code"]) == ("APICallError", status, code)
    assert len(mockllm.journal) == 2 * requests


def test_sdk_two_refusals_then_the_answer(sdk, reply, mockllm):
    reply(attempts=[REFUSED, REFUSED], text=WORDS)
    assert sdk("stream", retries=2)["text"] == WORDS
    assert [exchange.status for exchange in mockllm.journal] == [429, 429, 200]


def test_sdk_an_end_before_the_head_is_an_error_that_may_be_retried(sdk, reply):
    reply(text="never", faults=[{"reset": {"at": "start"}}])
    error = sdk("generate")["error"]
    assert (error["class"], error["retryable"]) == ("APICallError", True)
    assert "status" not in error


@pytest.mark.parametrize("fault", ["reset", "close"])
def test_sdk_a_stream_that_is_cut_throws_without_a_retry(sdk, reply, mockllm, fault):
    reply(text=CUT, faults=[{fault: {"at": {"token": 2}}}])
    seen = sdk("stream", retries=2)
    assert (seen["text"], seen["errors"]) == ("It is", [])
    assert seen["error"]["class"] == "APICallError"
    assert len(mockllm.journal) == 1


def test_sdk_a_clean_end_too_soon_is_told(sdk, provider, reply):
    reply(text=CUT, faults=[{"truncate": {"at": {"token": 2}}}])
    seen = sdk("stream")
    assert seen["text"] == "It is"
    if provider == "openai":
        assert (seen["errors"], seen["finish"]) == ([], "interrupted")
    else:
        assert ([error["class"] for error in seen["errors"]], seen["finish"]) == (["InvalidResponseDataError"], "error")


def test_sdk_an_error_in_a_stream_is_a_part(sdk, mockllm):
    mockllm.load("error-in-stream")
    seen = sdk("stream", retries=2)
    assert (seen["text"], seen["finish"]) == ("It was", "error")
    [error] = seen["errors"]
    assert error["message"] == "The server had an error while processing your request."
    assert len(mockllm.journal) == 1


def test_sdk_an_error_as_the_first_event_is_retried_by_one_provider(sdk, provider, reply, mockllm):
    told = {"message": "Slow down.", "type": "requests", "param": None, "code": "rate_limit_exceeded"}
    error = {"events": [{"data": {"error": told}}], "headers": {"retry-after-ms": "10"}}
    if provider == "openai":
        reply(attempts=[error], text=WORDS)
        seen = sdk("stream", retries=1)
        assert (seen["text"], seen["errors"], len(mockllm.journal)) == (WORDS, [], 2)
    else:
        reply(**error)
        seen = sdk("stream", retries=1)
        assert (seen["text"], seen["errors"][0]["message"], len(mockllm.journal)) == ("", "Slow down.", 1)


def test_sdk_an_error_under_200(sdk, provider, mockllm):
    mockllm.load("error-in-200")
    assert sdk("generate")["error"]["message"] == "Invalid JSON response"
    seen = sdk("stream")
    assert (len(seen["errors"]), seen["finish"]) == ((0, "interrupted") if provider == "openai" else (1, "error"))


@pytest.mark.parametrize("mode", ["omit", "twice", "spaced", "text_after"])
def test_sdk_the_end_marker_is_skipped_and_what_follows_it_is_read(sdk, reply, mode):
    reply(text=WORDS, faults=[{"done": mode}])
    seen = sdk("stream")
    assert seen["text"] == WORDS
    wanted = ["JSONParseError"] if mode in {"spaced", "text_after"} else []
    assert [error["class"] for error in seen["errors"]] == wanted
