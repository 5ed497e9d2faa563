"""The official Python client and answers that go wrong: the exception, what is in it, and how often it asked.

Exceptions and counts are those of wire-contract §4.4, §8, §9.1 and §13, which were measured with this client against
another server. No test waits longer than the client's shortest back-off; hints are in milliseconds.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import openai
import pytest

from mockllm.catalogue import KNOWN_ERRORS
from mockllm.exchange import Ending

INVALID = "invalid_request_error"
QUOTA = "insufficient_quota"

# The name in a scenario: the exception, then status, type, code and param as they are on the wire (§4.2).
ERRORS = {
    "server_error": (openai.InternalServerError, 500, "server_error", None, None),
    "server_is_overloaded": (
        openai.InternalServerError,
        503,
        "service_unavailable_error",
        "server_is_overloaded",
        None,
    ),
    "rate_limit_exceeded": (openai.RateLimitError, 429, "requests", "rate_limit_exceeded", None),
    "tokens_rate_limit_exceeded": (openai.RateLimitError, 429, "tokens", "rate_limit_exceeded", None),
    "slow_down": (openai.RateLimitError, 429, "rate_limit_error", "slow_down", None),
    "insufficient_quota": (openai.RateLimitError, 429, QUOTA, "insufficient_quota", None),
    "credit_balance_exhausted": (openai.RateLimitError, 429, QUOTA, "credit_balance_exhausted", None),
    "organization_spend_limit_exceeded": (
        openai.RateLimitError,
        429,
        QUOTA,
        "organization_spend_limit_exceeded",
        None,
    ),
    "project_spend_limit_exceeded": (openai.RateLimitError, 429, QUOTA, "project_spend_limit_exceeded", None),
    "organization_usage_limit_exceeded": (
        openai.RateLimitError,
        429,
        QUOTA,
        "organization_usage_limit_exceeded",
        None,
    ),
    "invalid_api_key": (openai.AuthenticationError, 401, INVALID, "invalid_api_key", None),
    "missing_api_key": (openai.AuthenticationError, 401, INVALID, None, None),
    "mismatched_organization": (openai.AuthenticationError, 401, INVALID, "mismatched_organization", None),
    "mismatched_project": (openai.AuthenticationError, 401, INVALID, "mismatched_project", None),
    "ip_not_authorized": (openai.AuthenticationError, 401, INVALID, "ip_not_authorized", None),
    "unsupported_country_region_territory": (
        openai.PermissionDeniedError,
        403,
        "request_forbidden",
        "unsupported_country_region_territory",
        None,
    ),
    "model_not_found": (openai.NotFoundError, 404, INVALID, "model_not_found", None),
    "context_length_exceeded": (openai.BadRequestError, 400, INVALID, "context_length_exceeded", "messages"),
    "content_policy_violation": (openai.BadRequestError, 400, INVALID, "content_policy_violation", None),
    "conversation_locked": (openai.ConflictError, 409, INVALID, "conversation_locked", None),
}

# The exception of every other status (§4.4); 402 and 418 have no class of their own.
STATUSES = {
    402: openai.APIStatusError,
    405: openai.APIStatusError,
    408: openai.APIStatusError,
    413: openai.APIStatusError,
    418: openai.APIStatusError,
    422: openai.UnprocessableEntityError,
    502: openai.InternalServerError,
    529: openai.InternalServerError,
}


def tries(mockllm):
    """What the client said of each of its requests: 0, then the number of the retry."""
    return [exchange.call.headers.get("x-stainless-retry-count") for exchange in mockllm.journal]


def text_of(chunks):
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


def test_the_table_has_every_known_error():
    assert set(ERRORS) == set(KNOWN_ERRORS)


@pytest.mark.parametrize("stream", [False, True], ids=["body", "stream"])
@pytest.mark.parametrize("name", ERRORS)
async def test_a_known_error_is_the_right_exception(ask, reply, mockllm, name, stream):
    kind, status, type_, code, param = ERRORS[name]
    reply(error=name)
    with pytest.raises(openai.APIStatusError) as caught:
        await ask.create(stream=stream)
    error = caught.value
    assert type(error) is kind
    assert (error.status_code, error.type, error.code, error.param) == (status, type_, code, param)
    assert error.request_id.startswith("req_")
    assert set(error.body) == {"message", "type", "param", "code"}
    assert error.body["message"] in error.message
    assert len(mockllm.journal) == 1


@pytest.mark.parametrize("status", STATUSES)
async def test_any_other_status_is_the_right_exception(ask, reply, status):
    reply(error={"status": status, "code": "odd", "message": "Something odd."})
    with pytest.raises(openai.APIStatusError) as caught:
        await ask.create()
    assert type(caught.value) is STATUSES[status]
    assert (caught.value.status_code, caught.value.code) == (status, "odd")
    assert caught.value.message.startswith(f"Error code: {status}")


async def test_a_wrong_key_is_refused_and_the_right_one_is_not(ask, mockllm):
    mockllm.load("wrong-key")
    with pytest.raises(openai.AuthenticationError) as caught:
        await ask.create()
    assert "sk-t**********6789" in caught.value.message
    completion = await ask.using(api_key="sk-mockllm-good").create()
    assert completion.choices[0].message.content == "Welcome."


async def test_an_unknown_model_is_not_found(ask, mockllm):
    mockllm.load("unknown-model")
    with pytest.raises(openai.NotFoundError) as caught:
        await ask.create(model="gpt-51")
    assert caught.value.code == "model_not_found"
    assert (await ask.create(model="openai/gpt-5.1")).choices[0].message.content == "This model exists."


async def test_what_the_service_does_not_accept_is_a_bad_request(ask, reply):
    reply(text="never")
    with pytest.raises(openai.BadRequestError) as caught:
        await ask.create(temperature=3)
    assert (caught.value.code, caught.value.param) == ("decimal_above_max_value", "temperature")


@pytest.mark.mockllm(allow=("unmatched",))
async def test_a_request_that_no_rule_matches_is_a_bad_request_with_the_reason(ask, mockllm):
    mockllm.load({"rules": [{"name": "greeting", "when": {"user": "Hello"}, "replies": ["Hi"]}]})
    with pytest.raises(openai.BadRequestError, match="greeting") as caught:
        await ask.create()
    assert caught.value.code == "no_rule_matched"


async def test_a_body_that_is_not_json_is_kept_as_it_is(ask, mockllm):
    mockllm.load("html-from-proxy")
    with pytest.raises(openai.InternalServerError) as caught:
        await ask.create()
    error = caught.value
    assert (error.status_code, error.code, error.type, error.param) == (502, None, None, None)
    assert "<h1>502 Bad Gateway</h1>" in error.body


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"message": "no", "type": "odd", "param": None, "code": "flat"}, "flat"),
        ([{"error": {"code": 400, "message": "no", "status": "INVALID_ARGUMENT"}}], None),
        ({"error": "no"}, None),
        ("", None),
    ],
    ids=["flat", "array", "text", "empty"],
)
async def test_other_servers_errors_are_read_as_the_client_reads_them(ask, reply, body, code):
    reply(raw={"status": 400, "body": body})
    with pytest.raises(openai.BadRequestError) as caught:
        await ask.create()
    assert caught.value.code == code


async def test_an_error_under_200_is_silent(ask, mockllm):
    mockllm.load("error-in-200")
    completion = await ask.create()
    assert completion.choices is None
    assert completion.model_extra["error"]["message"] == "Upstream is unwell."
    assert await ask.chunks() == []


async def test_a_whole_answer_under_500_is_an_error(ask, mockllm):
    mockllm.load("wrong-status")
    with pytest.raises(openai.InternalServerError):
        await ask.create()


async def test_an_error_in_a_stream_is_raised_after_what_came_before_it(ask, mockllm):
    mockllm.load("error-in-stream")
    seen = []
    with pytest.raises(openai.APIError) as caught:
        await ask.using(max_retries=2).chunks(seen)
    assert not isinstance(caught.value, openai.APIStatusError)
    assert caught.value.message == "The server had an error while processing your request."
    assert (caught.value.type, caught.value.code) == ("server_error", None)
    assert text_of(seen) == "It was"
    assert tries(mockllm) == ["0"]


async def test_two_refusals_then_the_answer(ask, reply, mockllm):
    refusal = {"error": {"code": "rate_limit_exceeded", "retry_after": {"ms": 10}}}
    reply(attempts=[refusal, refusal], text="Thank you for waiting.")
    completion = await ask.using(max_retries=2).create()
    assert completion.choices[0].message.content == "Thank you for waiting."
    assert tries(mockllm) == ["0", "1", "2"]
    assert [(exchange.status, exchange.attempt) for exchange in mockllm.journal] == [(429, 1), (429, 2), (200, 3)]


@pytest.mark.parametrize("code", ["insufficient_quota", "rate_limit_exceeded", "server_error", "conversation_locked"])
async def test_what_is_retried_is_asked_three_times(ask, reply, mockllm, code):
    reply(error={"code": code, "retry_after": {"ms": 10}})
    with pytest.raises(ERRORS[code][0]):
        await ask.using(max_retries=2).create()
    assert tries(mockllm) == ["0", "1", "2"]


@pytest.mark.parametrize(
    "error",
    [
        "invalid_api_key",
        "context_length_exceeded",
        "model_not_found",
        {"status": 402},
        {"status": 422},
        {"status": 500, "headers": {"x-should-retry": "false"}},
        {"code": "rate_limit_exceeded", "retry_after": "130s"},
    ],
    ids=str,
)
async def test_what_is_not_retried_is_asked_once(ask, reply, mockllm, error):
    reply(error=error)
    with pytest.raises(openai.APIStatusError):
        await ask.using(max_retries=2).create()
    assert tries(mockllm) == ["0"]


async def test_a_server_that_says_not_to_retry_is_asked_once(ask, mockllm):
    mockllm.load("do-not-retry")
    with pytest.raises(openai.InternalServerError):
        await ask.using(max_retries=2).create()
    assert tries(mockllm) == ["0"]


async def test_a_server_that_says_to_retry_is_asked_again(ask, reply, mockllm):
    reply(error={"status": 400, "headers": {"x-should-retry": "true"}, "retry_after": {"ms": 10}})
    with pytest.raises(openai.BadRequestError):
        await ask.using(max_retries=2).create()
    assert tries(mockllm) == ["0", "1", "2"]


async def test_a_date_as_a_hint_is_near_today(ask, reply):
    reply(error={"code": "server_is_overloaded", "retry_after": {"date": "30s"}})
    with pytest.raises(openai.InternalServerError) as caught:
        await ask.create()
    hint = parsedate_to_datetime(caught.value.response.headers["retry-after"])
    assert abs(hint - datetime.now(UTC)) < timedelta(days=1)


async def test_a_retry_does_not_take_the_next_reply(ask, mockllm):
    refusal = {"error": {"code": "rate_limit_exceeded", "retry_after": {"ms": 10}}}
    mockllm.load({"rules": [{"replies": [{"attempts": [refusal], "text": "one"}, {"text": "two"}]}]})
    client = ask.using(max_retries=2)
    words = [
        (await client.create(messages=[{"role": "user", "content": word}])).choices[0].message.content
        for word in ("first", "second")
    ]
    assert words == ["one", "two"]
    assert tries(mockllm) == ["0", "1", "0"]


@pytest.mark.parametrize("stream", [False, True], ids=["body", "stream"])
@pytest.mark.parametrize("fault", ["reset", "close"])
async def test_an_end_before_the_head_is_retried(ask, reply, mockllm, fault, stream):
    reply(attempts=[{fault: {"at": "start"}}], text="Second time lucky.")
    client = ask.using(max_retries=1)
    if stream:
        assert text_of(await client.chunks()) == "Second time lucky."
    else:
        assert (await client.create()).choices[0].message.content == "Second time lucky."
    assert tries(mockllm) == ["0", "1"]
    mockllm.journal.assert_outcomes("cut as scripted", "complete")


async def test_an_end_before_the_head_is_a_connection_error_at_last(ask, reply, mockllm):
    reply(text="never", faults=[{"reset": {"at": "start"}}])
    with pytest.raises(openai.APIConnectionError) as caught:
        await ask.create()
    assert not isinstance(caught.value, openai.APITimeoutError)
    assert len(mockllm.journal) == 1


@pytest.mark.parametrize("fault", ["reset", "close"])
@pytest.mark.parametrize("cut", [("headers", ""), ({"token": 2}, "It is"), ("done", "It is sunny")], ids=str)
async def test_a_stream_that_is_cut_is_a_connection_error_and_no_retry(ask, reply, mockllm, fault, cut):
    at, text = cut
    reply(text=["It", " is", " sunny"], faults=[{fault: {"at": at}}])
    seen = []
    with pytest.raises(openai.APIConnectionError) as caught:
        await ask.using(max_retries=2).chunks(seen)
    assert not isinstance(caught.value, openai.APITimeoutError)
    assert text_of(seen) == text
    assert tries(mockllm) == ["0"]
    mockllm.journal.assert_outcomes("cut as scripted")


async def test_a_cut_in_the_middle_of_an_event_delivers_the_events_before_it(ask, reply, mockllm):
    reply(text=["It", " is"])
    whole = await ask.chunks()
    [exchange] = mockllm.journal
    reply(text=["It", " is"], faults=[{"reset": {"at": {"byte": exchange.bytes_sent - 30}}}])
    seen = []
    with pytest.raises(openai.APIConnectionError):
        await ask.chunks(seen)
    assert 0 < len(seen) < len(whole)
    assert seen == whole[: len(seen)]
    assert mockllm.journal.last.bytes_sent == exchange.bytes_sent - 30


async def test_a_body_that_is_cut_is_retried(ask, reply, mockllm):
    reply(attempts=[{"close": {"at": {"share": "50%"}}}], text="Second time lucky.")
    completion = await ask.using(max_retries=1).create()
    assert completion.choices[0].message.content == "Second time lucky."
    assert tries(mockllm) == ["0", "1"]


@pytest.mark.parametrize("helper", [False, True], ids=["raw", "helper"])
async def test_a_stream_that_ends_cleanly_too_soon_is_silent(ask, reply, mockllm, helper):
    reply(text=["It", " is", " sunny"], faults=[{"truncate": {"at": {"token": 2}}}])
    if helper:
        _, final = await ask.helper()
        assert final.choices[0].message.content == "It is"
        assert final.choices[0].finish_reason is None
    else:
        chunks = await ask.chunks()
        assert text_of(chunks) == "It is"
        assert not any(chunk.choices[0].finish_reason for chunk in chunks)
    assert tries(mockllm) == ["0"]


@pytest.mark.parametrize("mode", ["omit", "twice", "spaced", "text_after"])
async def test_an_odd_end_marker_does_not_matter(ask, reply, mode):
    reply(text="All is said.", faults=[{"done": mode}])
    chunks = await ask.chunks()
    assert text_of(chunks) == "All is said."
    assert chunks[-1].choices[0].finish_reason == "stop"


async def test_a_stalled_stream_is_a_timeout_and_no_retry(ask, reply, mockllm):
    reply(text=["It", " is", " sunny"], faults=[{"stall": {"at": {"token": 2}}}])
    seen = []
    with pytest.raises(openai.APITimeoutError):
        await ask.using(max_retries=2, timeout=0.5).chunks(seen)
    assert text_of(seen) == "It is"
    assert tries(mockllm) == ["0"]
    assert mockllm.journal.last.outcome.ending is Ending.LEFT


async def test_heartbeats_keep_a_client_waiting(ask, reply, mockllm):
    stall = {"stall": {"at": {"token": 1}, "for": "1s", "heartbeat": "100ms"}}
    reply(text=["Still", " here"], faults=[stall])
    chunks = await ask.using(timeout=0.6).chunks()
    assert text_of(chunks) == "Still here"
    mockllm.journal.assert_outcomes("complete")


async def test_a_server_that_never_answers_is_a_timeout_that_is_retried(ask, reply, mockllm):
    reply(text="never", faults=[{"stall": {"at": "start"}}])
    with pytest.raises(openai.APITimeoutError):
        await ask.using(max_retries=1, timeout=0.3).create()
    assert tries(mockllm) == ["0", "1"]
    mockllm.journal.assert_outcomes("client left", "client left")


async def test_a_client_that_hangs_up_has_left(ask, mockllm):
    mockllm.load("slow-tokens")
    stream = await ask.create(stream=True)
    await ask.done(stream.close())
    assert mockllm.journal.last.outcome.ending is Ending.LEFT
