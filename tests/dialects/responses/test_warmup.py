import orjson
import pytest

from mockllm.dialects.base import Surroundings
from mockllm.dialects.responses.warmup import WARMUP
from mockllm.errors import ApiError
from mockllm.request import Call, Request
from mockllm.seeds import Seed
from mockllm.store import Store

BODY = {"model": "gpt-5.1", "input": "Hi", "generate": False}


def warm(kept, **fields):
    body = {**BODY, **fields}
    request = Request("responses.warmup", Call("WEBSOCKET", "/v1/responses/warmup", body=orjson.dumps(body)), body)
    around = Surroundings((), 1_700_000_000, kept, lambda _asked: 7, Seed.of("a"))
    return [frame.data for frame in WARMUP.answer(request, {}, around).frames]


def test_it_is_a_response_without_output_whose_input_counts():
    created, progress, done = warm(Store())
    assert [event["type"] for event in (created, progress, done)] == [
        "response.created",
        "response.in_progress",
        "response.completed",
    ]
    assert (done["response"]["output"], done["response"]["usage"]["input_tokens"]) == ([], 7)
    assert done["response"]["usage"]["output_tokens"] == 0


def test_it_is_kept_unless_the_client_says_no():
    store = Store()
    key = warm(store)[-1]["response"]["id"]
    assert store.get("response", key) is not None
    other = Store()
    warm(other, store=False)
    assert other.counts() == {}


def test_it_is_refused_like_any_other():
    with pytest.raises(ApiError, match="Invalid type for 'model'"):
        warm(Store(), model=None)
