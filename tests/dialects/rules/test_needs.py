"""Parameters that need another one; the sentences are those of wire-contract §4.2."""

import pytest

from mockllm.dialects.rules import Needs, check_needs
from mockllm.errors import ApiError

NEEDS = (Needs("tool_choice", "tools"), Needs("top_logprobs", "logprobs", enabled=True))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"tool_choice": None},
        {"tool_choice": "auto", "tools": []},
        {"top_logprobs": 2, "logprobs": True},
        {"top_logprobs": None, "logprobs": False},
    ],
)
def test_what_has_its_companion_passes(body):
    check_needs(NEEDS, body)


@pytest.mark.parametrize(
    ("body", "message", "param"),
    [
        (
            {"tool_choice": "auto"},
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
            "tool_choice",
        ),
        (
            {"tool_choice": "auto", "tools": None},
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
            "tool_choice",
        ),
        (
            {"top_logprobs": 2, "logprobs": 1},
            "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
            "top_logprobs",
        ),
    ],
)
def test_what_came_alone_is_refused(body, message, param):
    with pytest.raises(ApiError) as caught:
        check_needs(NEEDS, body)
    assert (caught.value.message, caught.value.code, caught.value.param) == (message, None, param)
