"""The APIs that are served, as a table.

Here: the routes, and the search for one. A new endpoint is one file beside this one and one row below. Not here: any
API's grammar.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mockllm.dialects import models
from mockllm.dialects.base import Dialect, Resource, Route
from mockllm.dialects.chat import CHAT
from mockllm.dialects.chat import stored as completions
from mockllm.dialects.responses import INPUT_TOKENS, RESPONSES
from mockllm.dialects.responses import stored as responses
from mockllm.errors import ApiError

ROUTES: tuple[Route, ...] = (
    Route("POST", "/chat/completions", CHAT),
    Route("GET", "/chat/completions", completions.LIST),
    Route("GET", "/chat/completions/{id}", completions.RETRIEVE),
    Route("POST", "/chat/completions/{id}", completions.UPDATE),
    Route("DELETE", "/chat/completions/{id}", completions.DELETE),
    Route("GET", "/chat/completions/{id}/messages", completions.MESSAGES),
    Route("POST", "/responses", RESPONSES),
    Route("POST", "/responses/input_tokens", INPUT_TOKENS),
    Route("GET", "/responses/{id}", responses.RETRIEVE),
    Route("DELETE", "/responses/{id}", responses.DELETE),
    Route("GET", "/responses/{id}/input_items", responses.INPUT_ITEMS),
    Route("GET", "/models", models.LIST),
    Route("GET", "/models/{model...}", models.RETRIEVE),
    Route("DELETE", "/models/{model...}", models.DELETE),
)
"""Every endpoint, by method and path under the base."""


@dataclass(frozen=True, slots=True)
class Found:
    """The endpoint of a call and the parameters of its path."""

    endpoint: Dialect | Resource
    parameters: Mapping[str, str]


def _pattern(route: Route) -> re.Pattern[str]:
    text = re.sub(r"\{(\w+)\.\.\.\}", r"(?P<\1>.+)", route.pattern)
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", text))


_EXACT: Mapping[tuple[str, str], Found] = {
    (route.method, route.pattern): Found(route.endpoint, {}) for route in ROUTES if "{" not in route.pattern
}
_PATTERNS = tuple((route, _pattern(route)) for route in ROUTES)


def find(method: str, path: str) -> Found:
    """The endpoint of a method and a path under the base.

    Raises ApiError 404 for an unknown path and 405 for a method that the path does not have (wire-contract §4.2).
    """
    if (exact := _EXACT.get((method, path))) is not None:
        return exact
    known = False
    for route, pattern in _PATTERNS:
        if (match := pattern.fullmatch(path)) is not None:
            if route.method == method:
                return Found(route.endpoint, match.groupdict())
            known = True
    if known:
        message = f"Not allowed to {method} on /v1{path} (HINT: Perhaps you meant to use a different HTTP method?)"
        raise ApiError(405, message, code="method_not_supported")
    raise ApiError(404, f"Invalid URL ({method} /v1{path})", edge=True)
