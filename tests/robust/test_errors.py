"""Errors in every shape, and what kind of failure each is."""

import pytest

from tests.robust.errors import error_in, failure_of, problem_of_status


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"error": {"message": "Oh no"}}, "Oh no"),
        ({"error": "Oh no"}, "Oh no"),
        ({"error": ["Oh no"]}, "Oh no"),
        ([{"error": {"code": 400, "message": "Oh no"}}], "Oh no"),
        ({"object": "error", "message": "Oh no", "type": "BadRequestError", "code": 400}, "Oh no"),
        ({"detail": "Oh no"}, "Oh no"),
        ({"detail": [{"loc": ["body"], "msg": "Oh"}, {"msg": "no"}]}, "Oh; no"),
        ({"code": 400, "message": "Oh no", "requestid": "1"}, "Oh no"),
        ({"type": "overloaded_error", "message": "Oh no"}, "Oh no"),
        ({"choices": None, "base_resp": {"status_code": 1008, "status_msg": "Oh no"}}, "Oh no"),
    ],
)
def test_an_error_is_found_in_every_shape(value, message):
    error = error_in(value)
    assert error is not None
    assert error.message == message


@pytest.mark.parametrize(
    "value",
    [
        {"error": None, "choices": []},
        {"base_resp": {"status_code": 0}, "choices": []},
        {"type": "response.created", "message": "hello"},
        {"type": "ping"},
        [],
        None,
    ],
)
def test_no_error_is_none(value):
    assert error_in(value) is None


@pytest.mark.parametrize(
    ("status", "error", "failure"),
    [
        (429, {"code": "insufficient_quota", "type": "insufficient_quota"}, "quota"),
        (429, {"code": "rate_limit_exceeded", "type": "tokens"}, "rate_limited"),
        (429, {"http_code": "429", "type": "insufficient_balance_error"}, "quota"),
        (500, {"message": "insufficient balance (1008)"}, "quota"),
        (400, {"type": "invalid_request_error", "message": "Your credit balance is too low."}, "quota"),
        (402, {"message": "Pay first."}, "quota"),
        (429, {"status": "RESOURCE_EXHAUSTED", "message": "Quota exceeded, limit: 0"}, "quota"),
        (401, {"type": "invalid_request_error", "code": "invalid_api_key"}, "unauthorized"),
        (401, {"type": "invalid_request_error"}, "unauthorized"),
        (401, {"type": "ModelError"}, "refused"),
        (400, {"type": "invalid_request_error", "code": "context_length_exceeded"}, "refused"),
        (503, {"type": "invalid_request_error", "message": "The prompt is too long."}, "refused"),
        (404, {"code": "model_not_found"}, "refused"),
        (400, {"code": "content_filter", "innererror": {"code": "ResponsibleAIPolicyViolation"}}, "filtered"),
        (529, {"type": "overloaded_error"}, "unavailable"),
        (520, {}, "unavailable"),
        (408, {}, "unavailable"),
        (418, {}, "refused"),
        (0, {"code": 502, "message": "Provider disconnected"}, "unavailable"),
        (0, {"code": 429}, "rate_limited"),
        (0, {"code": "STREAM_EXPLODED"}, "reported"),
        (0, {"type": "invalid_request_error", "code": "request_timeout"}, "unavailable"),
    ],
)
def test_the_kind_is_told_by_the_code_then_the_type_then_the_status(status, error, failure):
    found = error_in({"error": error or {"message": "?"}})
    assert found is not None
    assert failure_of(found, status) == failure


@pytest.mark.parametrize(
    ("body", "failure", "message"),
    [
        ("<html><h1>502 Bad Gateway</h1></html>", "unavailable", "502: <html>"),
        ("upstream connect error", "unavailable", "upstream connect error"),
        ("", "unavailable", "502 without a body"),
        ('{"error":{"message":"Slow down","code":"rate_limit_exceeded"}}', "rate_limited", "Slow down"),
        ('data: {"error":{"message":"Oh no"}}\n\ndata: [DONE]\n\n', "unavailable", "Oh no"),
        ("x" * 9_000, "unavailable", "..."),
    ],
)
def test_an_error_status_says_enough_whatever_the_body_is(body, failure, message):
    problem = problem_of_status(502, body)
    assert problem.failure == failure
    assert message in problem.message
    assert len(problem.message) < 200


def test_a_page_with_403_is_not_about_the_key_and_a_redirect_is_no_answer():
    assert problem_of_status(403, "<html>Blocked</html>").failure == "unreadable"
    assert problem_of_status(403, '{"error":{"message":"No"}}').failure == "unauthorized"
    assert problem_of_status(301, "").failure == "refused"


@pytest.mark.parametrize(
    ("error", "delay_us"),
    [
        ({"message": "Please retry after 45 seconds."}, 45_000_000),
        ({"message": "Please try again in 20ms."}, 20_000),
        ({"message": "Try again in 2 minutes"}, 120_000_000),
        ({"message": "No.", "details": [{"retryDelay": "45.837906927s"}]}, 45_837_907),
        ({"message": "No."}, None),
    ],
)
def test_a_wait_may_be_asked_for_inside_the_body(error, delay_us):
    found = error_in({"error": error})
    assert found is not None
    assert found.delay_us == delay_us


def test_a_quota_in_words_is_one_unless_it_says_when_to_come_back():
    spent, busy = (
        error_in({"error": "Quota exceeded"}),
        error_in({"error": {"code": 429, "message": "Quota: retry in 5s"}}),
    )
    assert spent is not None
    assert busy is not None
    assert failure_of(spent) == "quota"
    assert failure_of(busy) == "rate_limited"


def test_details_of_other_kinds_ask_for_no_wait():
    found = error_in({"error": {"message": "No.", "details": [{"reason": "x"}, {"retryDelay": "soon"}]}})
    assert found is not None
    assert found.delay_us is None
