"""The well-known errors of the API, by the code that clients look at.

Here: one table, from a code to all that the real service says with it (wire-contract §4.2). Not here: how an error
becomes a body (`dialects/`) and which request earns which error.
"""

from collections.abc import Mapping
from dataclasses import dataclass

INVALID = "invalid_request_error"


@dataclass(frozen=True, slots=True)
class KnownError:
    """What the real service sends with a code. `code` is what is on the wire: null for errors that have a name only
    here, and one code for both rate limits.
    """

    status: int
    type: str
    message: str
    code: str | None
    param: str | None = None
    edge: bool = False


def _known(
    status: int, code: str, message: str, *, type_: str = INVALID, param: str | None = None, edge: bool = False
) -> tuple[str, KnownError]:
    return code, KnownError(status, type_, message, code, param, edge)


def _nameless(status: int, name: str, type_: str, message: str) -> tuple[str, KnownError]:
    return name, KnownError(status, type_, message, None)


_RATE = (
    "Rate limit reached for {model} in organization org-mockllm on {kind}: Limit 500, Used 500, Requested 1. "
    "Please try again in {wait}. Visit https://platform.openai.com/account/rate-limits to learn more."
)
_KEY = "You can find your API key at https://platform.openai.com/account/api-keys."

KNOWN_ERRORS: Mapping[str, KnownError] = dict(
    [
        _nameless(
            500,
            "server_error",
            "server_error",
            "The server had an error while processing your request. Sorry about that! You can retry your request, or "
            "contact us through our help center at help.openai.com if the error persists. (Please include the "
            "request ID {request_id} in your message.)",
        ),
        _known(
            503,
            "server_is_overloaded",
            "Our servers are currently overloaded. Please try again later.",
            type_="service_unavailable_error",
        ),
        _known(
            429,
            "rate_limit_exceeded",
            _RATE.replace("{kind}", "requests per min (RPM)"),
            type_="requests",
        ),
        (
            "tokens_rate_limit_exceeded",
            KnownError(429, "tokens", _RATE.replace("{kind}", "tokens per min (TPM)"), "rate_limit_exceeded"),
        ),
        _known(
            429,
            "slow_down",
            "Traffic has increased too quickly. Please slow down and ramp up your requests gradually.",
            type_="rate_limit_error",
        ),
        _known(
            429,
            "insufficient_quota",
            "You exceeded your current quota, please check your plan and billing details. For more information on this "
            "error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
            type_="insufficient_quota",
        ),
        *(
            _known(429, code, message, type_="insufficient_quota")
            for code, message in (
                ("credit_balance_exhausted", "Your credit balance is exhausted. Please add credits to continue."),
                ("organization_spend_limit_exceeded", "Your organization has reached its spend limit."),
                ("project_spend_limit_exceeded", "Your project has reached its spend limit."),
                ("organization_usage_limit_exceeded", "Your organization has reached its usage limit."),
            )
        ),
        _known(401, "invalid_api_key", f"Incorrect API key provided: {{key}}. {_KEY}"),
        _nameless(
            401,
            "missing_api_key",
            INVALID,
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer "
            "auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're "
            "accessing the API from your browser and are prompted for a username and password. You can obtain an API "
            "key from https://platform.openai.com/account/api-keys.",
        ),
        _known(401, "mismatched_organization", "OpenAI-Organization header should match organization for API key."),
        _known(401, "mismatched_project", "OpenAI-Project header should match project for API key"),
        _known(401, "ip_not_authorized", "Your request came from an IP address that is not on the allowlist."),
        _known(
            403,
            "unsupported_country_region_territory",
            "Country, region, or territory not supported",
            type_="request_forbidden",
        ),
        _known(
            404,
            "model_not_found",
            "The model `{model}` does not exist or you do not have access to it.",
            edge=True,
        ),
        _known(
            400,
            "context_length_exceeded",
            "This model's maximum context length is 128000 tokens. However, your messages resulted in {tokens} tokens. "
            "Please reduce the length of the messages.",
            param="messages",
        ),
        _known(
            400,
            "content_policy_violation",
            "Your request was rejected as a result of our safety system.",
        ),
        _known(409, "conversation_locked", "Another process is currently operating on this conversation."),
    ]
)
"""Every code that `error: CODE` knows. A message may name `{model}`, `{key}`, `{request_id}`, `{tokens}` and
`{wait}`.
"""

_ELSEWHERE: Mapping[tuple[str, str], KnownError] = {
    ("responses", "model_not_found"): KnownError(
        400, INVALID, "The requested model '{model}' does not exist.", "model_not_found", "model"
    ),
    ("responses", "context_length_exceeded"): KnownError(
        400,
        INVALID,
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
        "context_length_exceeded",
        "input",
    ),
}


def known_error(code: str, api: str) -> KnownError | None:
    """What this API says with the code: the Responses API words some refusals in its own way (wire-contract §4.2)."""
    return _ELSEWHERE.get((api, code), KNOWN_ERRORS.get(code))
