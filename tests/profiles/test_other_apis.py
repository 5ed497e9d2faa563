"""What profiles send for legacy completions and embeddings, and under paths that the vendor does not have.

The shapes are written by hand from the code and the documentation that the files name.
"""

import json
import re

import openai
import pytest

from mockllm.dialects import ROUTES
from mockllm.scenario.profile import profile_names, profile_of
from tests.profiles.play import BODY, exchange, like, sent

SAYS = "{profile: PROFILE, rules: [{replies: [{text: [Hel, lo], usage: {input: 8, output: 2}}], then: loop}]}"
SERVING = [name for name in profile_names() if profile_of(name).serves]
COUNTS = {"prompt_tokens": 8, "total_tokens": 10, "completion_tokens": 2}


def ask(name, path, body=None, method="POST"):
    return sent(exchange(SAYS.replace("PROFILE", name), body, path=f"/v1{path}", method=method))


def completion(name, **asked):
    return json.loads(ask(name, "/completions", {"model": "m", "prompt": "Hi", **asked})[2])


def streamed(name, **asked):
    text = ask(name, "/completions", {"model": "m", "prompt": "Hi", "stream": True, **asked})[2]
    lines = [line.removeprefix("data: ") for line in text.split("\n") if line]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


def embedding(name):
    return json.loads(ask(name, "/embeddings", {"model": "m", "input": "Hi", "dimensions": 2})[2])


def test_completions_of_vllm():
    choice = {"index": 0, "text": "Hello", "logprobs": None, "finish_reason": "stop", "stop_reason": None}
    like(
        completion("vllm"),
        {
            "id": re.compile("cmpl-[0-9a-f]{32}"),
            "object": "text_completion",
            "created": int,
            "model": "m",
            "choices": [{**choice, "token_ids": None, "prompt_logprobs": None, "prompt_token_ids": None}],
            "service_tier": None,
            "system_fingerprint": None,
            "usage": {**COUNTS, "prompt_tokens_details": None},
            "kv_transfer_params": None,
        },
    )
    chunks = streamed("vllm")
    assert [chunk["choices"][0]["text"] for chunk in chunks] == ["Hel", "lo", ""]
    assert set(chunks[0]["choices"][0]) == {
        "index",
        "text",
        "logprobs",
        "finish_reason",
        "stop_reason",
        "prompt_token_ids",
        "token_ids",
    }


def test_completions_of_llama_cpp():
    found = completion("llama.cpp")
    assert list(found) == ["choices", "created", "model", "system_fingerprint", "object", "usage", "id", "timings"]
    assert found["choices"] == [{"text": "Hello", "index": 0, "logprobs": None, "finish_reason": "stop"}]
    like(found["usage"], {"completion_tokens": 2, "prompt_tokens": 8, "total_tokens": 10})
    assert (found["timings"]["prompt_n"], found["timings"]["predicted_n"]) == (8, 2)
    assert list(streamed("llama.cpp")[0]) == ["choices", "created", "model", "system_fingerprint", "object", "id"]


def test_completions_of_ollama():
    like(
        completion("ollama"),
        {
            "id": re.compile("cmpl-[0-9]{3}"),
            "object": "text_completion",
            "created": int,
            "model": "m",
            "system_fingerprint": "fp_ollama",
            "choices": [{"text": "Hello", "index": 0, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 8, "completion_tokens": 2, "total_tokens": 10},
        },
    )
    keys = ["id", "object", "created", "choices", "model", "system_fingerprint"]
    chunks = streamed("ollama", stream_options={"include_usage": True})
    assert [list(chunk) for chunk in chunks] == [keys, keys, keys, [*keys, "usage"]]


def test_embeddings():
    assert list(embedding("llama.cpp")) == ["model", "object", "usage", "data"]
    assert list(embedding("llama.cpp")["data"][0]) == ["embedding", "index", "object"]
    assert list(embedding("ollama")) == ["object", "data", "model", "usage"]
    like(
        embedding("vllm"),
        {
            "id": re.compile("embd-[0-9a-f]{32}"),
            "object": "list",
            "created": int,
            "model": "m",
            "data": [{"index": 0, "object": "embedding", "embedding": list}],
            "usage": {"prompt_tokens": 1, "total_tokens": 1, "completion_tokens": 0, "prompt_tokens_details": None},
        },
    )


UNKNOWN = {
    "azure": (404, {"error": {"code": "404", "message": "Resource not found"}}),
    "cloudflare": (
        400,
        {
            "result": None,
            "success": False,
            "errors": [{"code": 7000, "message": "No route for that URI"}],
            "messages": [],
        },
    ),
    "groq": (
        404,
        {
            "error": {
                "message": "Unknown request URL: POST /openai/v1/moderations. Please check the URL for typos, or see "
                "the docs at https://console.groq.com/docs/",
                "type": "invalid_request_error",
                "code": "unknown_url",
            }
        },
    ),
    "llama.cpp": (404, {"error": {"code": 404, "message": "File Not Found", "type": "not_found_error"}}),
    "lm-studio": (200, {"error": "Unexpected endpoint or method. (POST /v1/moderations)"}),
    "sglang": (404, {"detail": "Not Found"}),
    "vllm": (404, {"detail": "Not Found"}),
}


@pytest.mark.parametrize("name", sorted(UNKNOWN))
def test_the_answer_under_a_path_that_the_vendor_does_not_have(name):
    missing = not profile_of(name).has("moderations")
    status, headers, text = ask(name, "/moderations" if missing else "/nowhere", {"input": "Hi"})
    assert (status, json.loads(text), headers["content-type"]) == (*UNKNOWN[name], "application/json")


def test_an_answer_that_is_no_json():
    status, headers, text = ask("ollama", "/moderations", {"input": "Hi"})
    assert (status, headers["content-type"], text) == (404, "text/plain", "404 page not found")


def test_an_api_that_is_missing_is_refused_in_the_vendors_form_if_its_words_are_not_known():
    status, _, text = ask("deepseek", "/embeddings", {"model": "m", "input": "Hi"})
    assert status == 404
    assert json.loads(text)["error"]["message"] == "Invalid URL (POST /v1/embeddings)"


@pytest.mark.parametrize("name", SERVING)
def test_every_api_that_a_profile_names_is_one_and_all_others_are_missing(name):
    served = profile_of(name).serves
    apis = {route.endpoint.api for route in ROUTES}
    families = {f"{api.split('.')[0]}.*" for api in apis}
    assert set(served) <= apis | families
    status, _, _ = ask(name, "/fine_tuning", {})
    assert status in {404, 200}
    missing = next(api for api in ("moderations", "assistants") if not profile_of(name).has(api))
    assert "no rule" not in ask(name, f"/{missing}", {"model": "m", "input": "Hi"})[2]


@pytest.mark.mockllm(allow=["leftover", "idle", "unmatched"])
@pytest.mark.parametrize("name", [name for name in SERVING if not profile_of(name).has("embeddings")])
def test_the_official_client_hears_that_an_api_is_missing(mockllm, name):
    scenario = mockllm.load(SAYS.replace("PROFILE", name))
    with openai.OpenAI(base_url=scenario.base_url, api_key="sk-test", max_retries=0) as client:
        with pytest.raises(openai.NotFoundError):
            client.embeddings.create(model="m", input="Hi")
        assert client.chat.completions.create(**BODY).choices[0].message.content == "Hello"


@pytest.mark.mockllm(allow=["leftover", "idle"])
@pytest.mark.parametrize("name", [name for name in profile_names() if profile_of(name).has("completions")])
def test_the_official_client_gets_legacy_completions(mockllm, name):
    scenario = mockllm.load(SAYS.replace("PROFILE", name))
    with openai.OpenAI(base_url=scenario.base_url, api_key="sk-test", max_retries=0) as client:
        assert client.completions.create(model="m", prompt="Hi").choices[0].text == "Hello"
        with client.completions.create(model="m", prompt="Hi", stream=True) as stream:
            assert "".join(choice.text for chunk in stream for choice in chunk.choices) == "Hello"
        if profile_of(name).has("embeddings"):
            assert len(client.embeddings.create(model="m", input="Hi", dimensions=8).data[0].embedding) == 8
