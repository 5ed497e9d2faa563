"""Response headers of the real service (wire-contract §3.3).

Here: which headers go with an answer of the API layer and of the edge. Not here: rate-limit headers, which belong to
a limiter, and `date`, which would make equal answers differ.
"""

from mockllm.seeds import Seed

JSON_TYPE = "application/json"
EDGE_TYPE = "application/json; charset=utf-8"
STREAM_TYPE = "text/event-stream; charset=utf-8"

HeaderPairs = tuple[tuple[str, str], ...]


def request_id(seed: Seed) -> str:
    """`req_` and 32 hexadecimal digits."""
    return f"req_{seed.child('request-id').hex(32)}"


def api_headers(request: str, processing_ms: int) -> HeaderPairs:
    """The headers of an answer of the API layer. On a stream the processing time is the time to the first byte, in
    milliseconds.
    """
    return (
        ("access-control-expose-headers", "X-Request-ID"),
        ("openai-organization", "org-mockllm"),
        ("openai-processing-ms", str(processing_ms)),
        ("openai-project", "proj_mockllm"),
        ("openai-version", "2020-10-01"),
        ("x-content-type-options", "nosniff"),
        ("x-request-id", request),
    )


def edge_headers(request: str) -> HeaderPairs:
    """The headers of an answer of the edge, which knows nothing of the API layer."""
    return (("vary", "Origin"), ("x-content-type-options", "nosniff"), ("x-request-id", request))


def merged(headers: HeaderPairs, changes: HeaderPairs) -> HeaderPairs:
    """The headers with some replaced in their place and new ones at the end; names are compared without regard to
    case.
    """
    if not changes:
        return headers
    new = {name.lower(): (name, value) for name, value in changes}
    kept = tuple(new.pop(name.lower(), (name, value)) for name, value in headers)
    return (*kept, *new.values())
