"""The well-known errors, against the table of wire-contract §4.2."""

import string

import pytest

from mockllm.catalogue import INVALID, KNOWN_ERRORS, known_error

# Name here: HTTP, type, code on the wire, param, and how the message begins.
WIRE = {
    "server_error": (500, "server_error", None, None, "The server had an error while processing your request."),
    "server_is_overloaded": (503, "service_unavailable_error", "server_is_overloaded", None, "Our servers are"),
    "rate_limit_exceeded": (429, "requests", "rate_limit_exceeded", None, "Rate limit reached for {model} in org"),
    "tokens_rate_limit_exceeded": (429, "tokens", "rate_limit_exceeded", None, "Rate limit reached for {model} in org"),
    "slow_down": (429, "rate_limit_error", "slow_down", None, ""),
    "insufficient_quota": (429, "insufficient_quota", "insufficient_quota", None, "You exceeded your current quota, "),
    "credit_balance_exhausted": (429, "insufficient_quota", "credit_balance_exhausted", None, ""),
    "organization_spend_limit_exceeded": (429, "insufficient_quota", "organization_spend_limit_exceeded", None, ""),
    "project_spend_limit_exceeded": (429, "insufficient_quota", "project_spend_limit_exceeded", None, ""),
    "organization_usage_limit_exceeded": (429, "insufficient_quota", "organization_usage_limit_exceeded", None, ""),
    "invalid_api_key": (401, INVALID, "invalid_api_key", None, "Incorrect API key provided: {key}. You can find your"),
    "missing_api_key": (401, INVALID, None, None, "You didn't provide an API key. "),
    "mismatched_organization": (401, INVALID, "mismatched_organization", None, ""),
    "mismatched_project": (401, INVALID, "mismatched_project", None, "OpenAI-Project header should match project"),
    "ip_not_authorized": (401, INVALID, "ip_not_authorized", None, ""),
    "unsupported_country_region_territory": (
        403, "request_forbidden", "unsupported_country_region_territory", None, ""
    ),
    "model_not_found": (404, INVALID, "model_not_found", None, "The model `{model}` does not exist or you do not have"),
    "context_length_exceeded": (400, INVALID, "context_length_exceeded", "messages", "This model's maximum context "),
    "content_policy_violation": (400, INVALID, "content_policy_violation", None, ""),
    "conversation_locked": (409, INVALID, "conversation_locked", None, ""),
}  # fmt: skip


def test_the_table_is_the_one_of_the_wire_contract():
    assert set(KNOWN_ERRORS) == set(WIRE)


@pytest.mark.parametrize("name", WIRE)
def test_a_known_error_says_what_the_real_service_says(name):
    status, type_, code, param, begins = WIRE[name]
    known = KNOWN_ERRORS[name]
    assert (known.status, known.type, known.code, known.param) == (status, type_, code, param)
    assert known.message.startswith(begins)
    assert known.message


def test_both_rate_limits_say_which_limit_it_is():
    assert " on requests per min (RPM): Limit " in KNOWN_ERRORS["rate_limit_exceeded"].message
    assert " on tokens per min (TPM): Limit " in KNOWN_ERRORS["tokens_rate_limit_exceeded"].message


@pytest.mark.parametrize("name", WIRE)
def test_a_message_names_no_other_field_than_the_documented_ones(name):
    fields = {field for _, field, _, _ in string.Formatter().parse(KNOWN_ERRORS[name].message) if field is not None}
    assert fields <= {"model", "key", "request_id", "tokens", "wait"}


def test_only_an_unknown_model_is_refused_at_the_edge():
    """Wire-contract §3.2: that one has the other layout."""
    assert [name for name, known in KNOWN_ERRORS.items() if known.edge] == ["model_not_found"]


@pytest.mark.parametrize(
    ("code", "begins", "param"),
    [
        ("model_not_found", "The requested model '{model}' does not exist.", "model"),
        ("context_length_exceeded", "Your input exceeds the context window of this model.", "input"),
    ],
)
def test_the_responses_api_has_words_of_its_own(code, begins, param):
    known = known_error(code, "responses")
    assert (known.status, known.type, known.code, known.param, known.edge) == (400, INVALID, code, param, False)
    assert known.message.startswith(begins)
    assert known_error(code, "chat") is KNOWN_ERRORS[code]


def test_what_an_api_does_not_word_itself_is_the_same_everywhere():
    assert known_error("invalid_api_key", "responses") is KNOWN_ERRORS["invalid_api_key"]
    assert known_error("no_such_code", "responses") is None
