"""Bodies that no client should send, to every endpoint that keeps something: each is answered, and none breaks."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import pytest

from tests.calls import sent as sent_bytes
from tests.resources import Api

JUNK = (None, True, 7, -1, 1.5, "", "x", [], ["x"], [None], [[]], {}, {"type": "x"}, [{"type": "text"}])

TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}
STATIC = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0}}
FILTER = {"type": "and", "filters": [{"type": "eq", "key": "a", "value": 1}, {"type": "in", "key": "a", "value": [1]}]}
EXPIRY = {"anchor": "created_at", "seconds": 3600}
MESSAGE = {"role": "user", "content": [{"type": "text", "text": "Hi"}], "attachments": [], "metadata": {"a": "b"}}
RUN = {
    "assistant_id": "ASSISTANT",
    "model": "m",
    "instructions": "x",
    "additional_instructions": "x",
    "additional_messages": [MESSAGE],
    "tools": [TOOL],
    "metadata": {},
    "temperature": 1,
    "response_format": {"type": "text"},
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "truncation_strategy": {"type": "auto"},
    "stream": True,
}
BODIES = {
    "/uploads": {"purpose": "batch", "filename": "a", "bytes": 1, "mime_type": "x", "expires_after": EXPIRY},
    "/uploads/UPLOAD/complete": {"part_ids": ["x"], "md5": "x"},
    "/batches": {
        "input_file_id": "FILE",
        "endpoint": "/v1/responses",
        "completion_window": "24h",
        "metadata": {"a": "b"},
        "output_expires_after": EXPIRY,
    },
    "/images/generations": {
        "model": "gpt-image-2",
        "prompt": "x",
        "n": 1,
        "size": "1024x1024",
        "quality": "low",
        "background": "opaque",
        "output_format": "jpeg",
        "stream": True,
        "partial_images": 1,
        "response_format": None,
    },
    "/vector_stores": {
        "name": "x",
        "file_ids": ["FILE"],
        "description": "x",
        "metadata": {"a": "b"},
        "expires_after": {"anchor": "last_active_at", "days": 1},
        "chunking_strategy": STATIC,
    },
    "/vector_stores/STORE": {"name": "x", "expires_after": {"anchor": "last_active_at", "days": 1}},
    "/vector_stores/STORE/search": {
        "query": "x",
        "filters": FILTER,
        "max_num_results": 1,
        "ranking_options": {"ranker": "auto", "score_threshold": 0.5},
    },
    "/vector_stores/STORE/files": {"file_id": "FILE", "attributes": {"a": 1}, "chunking_strategy": STATIC},
    "/vector_stores/STORE/files/FILE": {"attributes": {"a": 1}},
    "/vector_stores/STORE/file_batches": {"files": [{"file_id": "FILE", "attributes": {"a": 1}}], "file_ids": ["FILE"]},
    "/assistants": {"model": "m", "name": "x", "tools": [TOOL], "tool_resources": {}, "metadata": {"a": "b"}},
    "/assistants/ASSISTANT": {"model": "m", "tools": [TOOL], "response_format": "auto", "top_p": 1},
    "/threads": {"messages": [MESSAGE], "tool_resources": {}, "metadata": {"a": "b"}},
    "/threads/THREAD": {"metadata": {"a": "b"}, "tool_resources": {}},
    "/threads/THREAD/messages": MESSAGE,
    "/threads/THREAD/runs": RUN,
    "/threads/runs": {**RUN, "thread": {"messages": [MESSAGE]}},
    "/threads/THREAD/runs/RUN/submit_tool_outputs": {"tool_outputs": [{"tool_call_id": "x", "output": "y"}]},
}


def broken(value: Any) -> Iterator[Any]:
    """The value with one thing in it, wherever it is, replaced by something else or taken away."""
    yield from JUNK
    if isinstance(value, Mapping):
        for key in value:
            yield {name: kept for name, kept in value.items() if name != key}
            for inner in broken(value[key]):
                yield {**value, key: inner}
    elif isinstance(value, list):
        for place, item in enumerate(value):
            for inner in broken(item):
                yield [*value[:place], inner, *value[place + 1 :]]


@pytest.fixture(scope="module")
def prepared():
    """A server with one object of each kind, and their ids by the words that stand for them."""
    api = Api("{name: keeper, rules: [{replies: [{tool_calls: [{id: call_a, name: f}]}], then: loop}]}")
    file = api.upload(b"{}", purpose="batch")["id"]
    store = api.post("/vector_stores", {"file_ids": [file]})["id"]
    assistant = api.post("/assistants", {"model": "m", "tools": [TOOL]})["id"]
    waiting = api.post("/threads/runs", {"assistant_id": assistant})
    api.get(f"/threads/{waiting['thread_id']}/runs/{waiting['id']}")
    words = {
        "FILE": file,
        "STORE": store,
        "ASSISTANT": assistant,
        "THREAD": waiting["thread_id"],
        "RUN": waiting["id"],
        "UPLOAD": api.post("/uploads", BODIES["/uploads"])["id"],
    }
    return api, words


def named(value: Any, words: Mapping[str, str]) -> Any:
    """The value with ids for the words that stand for them."""
    if isinstance(value, Mapping):
        return {key: named(inner, words) for key, inner in value.items()}
    if isinstance(value, list):
        return [named(inner, words) for inner in value]
    return words.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("path", BODIES)
def test_whatever_is_sent_is_answered_or_refused(prepared, path):
    api, words = prepared
    place = "/".join(words.get(part, part) for part in path.split("/"))
    answered = set()
    for body in broken(BODIES[path]):
        sent = named(body, words)
        exchange = api.ask("POST", place, sent)
        assert exchange.status in {200, 400, 404}, (sent, exchange.why)
        assert exchange.trouble is None, (sent, exchange.why)
        answered.add(exchange.status)
        if path == "/threads/runs" and exchange.status == 200 and b'"queued"' in (told := sent_bytes(exchange)):
            run = orjson.loads(told) if told.startswith(b"{") else None
            assert run is None or api.get(f"/threads/{run['thread_id']}/runs/{run['id']}")["status"] != "queued"
    assert 400 in answered
