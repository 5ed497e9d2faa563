"""What each profile sends, against what its source shows: a chunk, a body, an error, with their keys in order.

The shapes are written by hand from the sources that the files name: recorded streams of `vercel/ai` and `pydantic-ai`,
type definitions, and the lines of wire-contract §12. What is made up, such as an id, is compared by its form.
"""

import re

import pytest

from mockllm.scenario.profile import profile_names, profile_of
from tests.profiles.play import BODY, USAGE, answer, chunks, exchange, like, lines, sent

TEXT = "{name: t, profile: PROFILE, rules: [{replies: [{text: [Hel, lo], usage: {input: 8, output: 2}}]}]}"
THINKS = (
    "{profile: PROFILE, rules: [{replies: [{reasoning: Hm, text: Hi, usage: {input: 8, output: 3, reasoning: 1}}]}]}"
)
CALL = "{profile: PROFILE, rules: [{replies: [{tool_calls: [{name: f, arguments: {city: Paris}}]}]}]}"
ERROR = "{profile: PROFILE, rules: [{replies: [{error: WHICH}]}]}"
IN_STREAM = (
    "{profile: PROFILE, rules: [{replies: [{text: Hi, faults: [{error_event: {at: done, error: server_error}}]}]}]}"
)

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}")
TEXT_ID = re.compile("chatcmpl-[0-9A-Za-z]{29}")
FINGERPRINT = re.compile("fp_[0-9a-f]{10}")
ARGUMENTS = '{"city":"Paris"}'
SAFE = {
    "hate": {"filtered": False, "severity": "safe"},
    "self_harm": {"filtered": False, "severity": "safe"},
    "sexual": {"filtered": False, "severity": "safe"},
    "violence": {"filtered": False, "severity": "safe"},
}


def of(scenario, name, which=""):
    return scenario.replace("PROFILE", name).replace("WHICH", which)


def refused(name, which="rate_limit_exceeded"):
    status, headers, body = sent(exchange(of(ERROR, name, which), BODY))
    return status, headers, body


def delta(chunk):
    return chunk["choices"][0]["delta"]


def test_every_profile_is_tested_here():
    tested = {name.removeprefix("test_").replace("_", "-") for name in globals() if name.startswith("test_")}
    assert {name.replace(".", "-") for name in profile_names()} <= tested


def test_openai():
    plain = "{rules: [{replies: [Hi]}]}"
    assert chunks(plain)[0]["id"] == chunks("{profile: openai, rules: [{replies: [Hi]}]}")[0]["id"]
    assert sent(exchange(plain, BODY)) == sent(exchange("{profile: openai, rules: [{replies: [Hi]}]}", BODY))


def test_azure():
    found = chunks(of(TEXT, "azure"), **USAGE)
    like(
        found[0],
        {
            "choices": [],
            "created": 0,
            "id": "",
            "model": "",
            "object": "",
            "prompt_filter_results": [
                {
                    "prompt_index": 0,
                    "content_filter_results": {
                        "hate": {"filtered": False, "severity": "safe"},
                        "jailbreak": {"filtered": False, "detected": False},
                        "self_harm": {"filtered": False, "severity": "safe"},
                        "sexual": {"filtered": False, "severity": "safe"},
                        "violence": {"filtered": False, "severity": "safe"},
                    },
                }
            ],
        },
    )
    envelope = {
        "created": int,
        "id": TEXT_ID,
        "model": "some-model",
        "obfuscation": str,
        "object": "chat.completion.chunk",
        "system_fingerprint": str,
    }
    choice = {"finish_reason": None, "index": 0, "logprobs": None}
    role = {"content_filter_results": {}, "delta": {"content": "", "refusal": None, "role": "assistant"}, **choice}
    like(found[1], {"choices": [role], **envelope, "usage": None})
    like(
        found[2],
        {
            "choices": [{"content_filter_results": SAFE, "delta": {"content": "Hel"}, **choice}],
            **envelope,
            "usage": None,
        },
    )
    finish = {"content_filter_results": {}, "delta": {}, **choice, "finish_reason": "stop"}
    like(found[4], {"choices": [finish], **envelope, "usage": None})
    assert found[5]["choices"] == []
    assert found[5]["usage"]["total_tokens"] == 10
    body = answer(of(TEXT, "azure"))
    assert list(body) == sorted(body)
    assert body["choices"][0]["content_filter_results"] == SAFE
    assert body["prompt_filter_results"][0]["content_filter_results"]["jailbreak"] == {
        "detected": False,
        "filtered": False,
    }
    assert "annotations" not in body["choices"][0]["message"]
    status, headers, text = sent(
        exchange("{profile: azure, rules: [{replies: [{error: {code: rate_limit_exceeded, retry_after: 7s}}]}]}", BODY)
    )
    assert (status, headers["retry-after"], headers["retry-after-ms"]) == (429, "7", "7000")
    assert '"code":"429"' in text
    assert text.endswith('Please retry after 7 seconds."}}')
    like(headers["apim-request-id"], UUID)
    assert not any(header.startswith("openai-") for header in headers)


def test_azure_refuses_what_its_filter_does_not_let_through():
    status, _, body = refused("azure", "content_policy_violation")
    assert status == 400
    assert '"param":"prompt","code":"content_filter","status":400,"innererror":{' in body
    assert '"code":"ResponsibleAIPolicyViolation"' in body
    assert '"hate":{"filtered":true,"severity":"high"}' in body
    assert refused("azure", "model_not_found")[2].startswith('{"error":{"code":"DeploymentNotFound"')


def test_azure_async():
    found = chunks(of(TEXT, "azure-async"))
    assert found[0]["prompt_filter_results"]
    assert not any("content_filter_results" in choice for chunk in found[1:4] for choice in chunk["choices"])
    offsets = {"check_offset": 5, "start_offset": 0, "end_offset": 5}
    verdict = {"index": 0, "finish_reason": None, "content_filter_results": SAFE, "content_filter_offsets": offsets}
    like(found[4], {"choices": [verdict], "created": 0, "id": "", "model": "", "object": ""})
    assert found[5]["choices"][0]["finish_reason"] == "stop"
    assert refused("azure-async", "model_not_found")[2].startswith('{"error":{"code":"DeploymentNotFound"')


def test_openrouter():
    assert lines(of(THINKS, "openrouter"))[:2] == [": OPENROUTER PROCESSING"] * 2
    found = chunks(of(THINKS, "openrouter"))
    head = {
        "id": re.compile(r"gen-\d+-[0-9A-Za-z]{20}"),
        "provider": "Google",
        "model": "some-model",
        "object": "chat.completion.chunk",
        "created": int,
    }
    none = {"finish_reason": None, "native_finish_reason": None, "logprobs": None}
    thought = {"type": "reasoning.text", "text": "Hm", "index": 0, "format": None}
    thinks = {"role": "assistant", "content": "", "reasoning": "Hm", "reasoning_details": [thought]}
    like(found[1], {**head, "choices": [{"index": 0, "delta": thinks, **none}]})
    says = {"role": "assistant", "content": "Hi", "reasoning": None, "reasoning_details": []}
    like(found[2], {**head, "choices": [{"index": 0, "delta": says, **none}]})
    usage = {
        "prompt_tokens": 8,
        "completion_tokens": 3,
        "total_tokens": 11,
        "cost": 0.000069,
        "is_byok": False,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0, "video_tokens": 0},
        "cost_details": {
            "upstream_inference_cost": None,
            "upstream_inference_prompt_cost": 0.000024,
            "upstream_inference_completions_cost": 0.000045,
        },
        "completion_tokens_details": {"reasoning_tokens": 1, "image_tokens": 0},
    }
    last = {"index": 0, "delta": {"role": "assistant", "content": ""}, **none}
    like(found[-1], {**head, "choices": [last], "usage": usage})
    message = answer(of(THINKS, "openrouter"))["choices"][0]["message"]
    assert (message["reasoning"], message["reasoning_details"]) == ("Hm", [thought])
    status, _, text = refused("openrouter")
    assert status == 429
    assert text.startswith(
        '{"error":{"code":429,"message":"Provider returned error","metadata":{"provider_name":"Google","raw":"'
    )
    assert re.search(r'"user_id":"user_[0-9A-Za-z]{27}"\}$', text)
    assert refused("openrouter", "insufficient_quota")[0] == 402
    headers = sent(exchange(of(TEXT, "openrouter"), BODY))[1]
    assert headers["x-generation-id"] == answer(of(TEXT, "openrouter"))["id"]


def test_openrouter_tells_an_error_in_a_stream_beside_a_choice():
    found = chunks(of(IN_STREAM, "openrouter"))[-1]
    assert list(found) == ["id", "provider", "error", "model", "object", "created", "choices"]
    assert found["choices"] == [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]
    assert found["error"]["code"] == "server_error"
    assert found["id"] == chunks(of(IN_STREAM, "openrouter"))[0]["id"]


def test_vercel_gateway():
    found = chunks(of(TEXT, "vercel-gateway"))
    generation = re.compile("gen_[0-9A-Za-z]{26}")
    like(found[0]["id"], generation)
    metadata = delta(found[-1])["provider_metadata"]["gateway"]
    like(metadata["generationId"], generation)
    like(metadata["cost"], re.compile(r"0\.\d+"))
    assert metadata["routing"]["originalModelId"] == "some-model"
    assert answer(of(TEXT, "vercel-gateway"))["choices"][0]["message"]["provider_metadata"]["gateway"] == metadata
    assert re.search(r'^\{"error":\{"message":.*\},"generationId":"gen_\w+"\}$', refused("vercel-gateway")[2])
    _, _, text = sent(exchange(of(TEXT, "vercel-gateway"), path="/v1/models", method="GET"))
    assert '"type":"language"' in text
    assert '"pricing":{"input":"0.000003","output":"0.000015"}' in text


def test_v0():
    found = chunks(of(TEXT, "v0"), **USAGE)
    assert all("created" not in chunk and "usage" not in chunk for chunk in found)
    like(found[1]["id"], re.compile("v0-[0-9A-Za-z]{12}"))
    assert delta(found[1]) == {"content": "Hel", "role": "assistant"}
    assert "usage" not in answer(of(TEXT, "v0"))


def test_deepseek():
    found = chunks(of(THINKS, "deepseek"))
    head = {
        "id": UUID,
        "object": "chat.completion.chunk",
        "created": int,
        "model": "some-model",
        "system_fingerprint": re.compile("fp_[0-9a-f]{10}_prod0820_fp8_kvcache"),
    }
    first = {"role": "assistant", "content": None, "reasoning_content": ""}
    deltas = [first, {"content": None, "reasoning_content": "Hm"}, {"content": "Hi", "reasoning_content": None}]
    for chunk, shape in zip(found, deltas, strict=False):
        choice = {"index": 0, "delta": shape, "logprobs": None, "finish_reason": None}
        like(chunk, {**head, "choices": [choice], "usage": None})
    usage = {
        "prompt_tokens": 8,
        "completion_tokens": 3,
        "total_tokens": 11,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 1},
        "prompt_cache_hit_tokens": 0,
        "prompt_cache_miss_tokens": 8,
    }
    finish = {"content": "", "reasoning_content": None}
    choice = {"index": 0, "delta": finish, "logprobs": None, "finish_reason": "stop"}
    like(found[3], {**head, "choices": [choice], "usage": usage})
    body = answer(of(THINKS, "deepseek"))
    assert list(body) == ["id", "object", "created", "model", "choices", "usage", "system_fingerprint"]
    message = {"role": "assistant", "content": "Hi", "reasoning_content": "Hm"}
    like(body["choices"][0], {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"})
    called = answer(of(CALL, "deepseek"))["choices"][0]["message"]
    assert (called["content"], called["tool_calls"][0]["index"]) == ("", 0)
    assert refused("deepseek", "insufficient_quota")[0] == 402
    cached = "{profile: deepseek, rules: [{replies: [{text: Hi, usage: {input: 339, output: 2, cached: 320}}]}]}"
    assert answer(cached)["usage"]["prompt_cache_hit_tokens"] == 320
    assert answer(cached)["usage"]["prompt_cache_miss_tokens"] == 19


def test_deepseek_sends_comments_while_a_request_waits():
    waits = "{profile: deepseek, rules: [{replies: [{text: Hi, faults: [{stall: {at: headers, for: 25s}}]}]}]}"
    assert lines(waits)[:2] == [": keep-alive"] * 2


def test_groq():
    found = chunks(of(CALL, "groq"))
    head = {
        "id": re.compile("chatcmpl-" + UUID.pattern),
        "object": "chat.completion.chunk",
        "created": int,
        "model": "some-model",
        "system_fingerprint": FINGERPRINT,
    }
    request = re.compile("req_[0-9a-z]{26}")
    role = {"index": 0, "delta": {"role": "assistant", "content": None}, "logprobs": None, "finish_reason": None}
    like(found[0], {**head, "choices": [role], "x_groq": {"id": request, "seed": int}})
    call = {
        "id": re.compile("[0-9a-z]{9}"),
        "type": "function",
        "function": {"name": "f", "arguments": ARGUMENTS},
        "index": 0,
    }
    whole = {"index": 0, "delta": {"tool_calls": [call]}, "logprobs": None, "finish_reason": None}
    like(found[1], {**head, "choices": [whole]})
    usage = {
        "queue_time": float,
        "prompt_tokens": int,
        "prompt_time": float,
        "completion_tokens": int,
        "completion_time": float,
        "total_tokens": int,
        "total_time": float,
    }
    finish = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": "tool_calls"}
    like(found[2], {**head, "choices": [finish], "x_groq": {"id": request, "usage": usage}, "usage": usage})
    assert len(found) == 3
    body = answer(of(THINKS, "groq"))
    assert list(body)[5:] == ["usage", "usage_breakdown", "system_fingerprint", "x_groq", "service_tier"]
    assert body["service_tier"] == "on_demand"
    assert body["choices"][0]["message"] == {"role": "assistant", "content": "Hi", "reasoning": "Hm"}
    status, _, text = refused("groq", "model_not_found")
    assert status == 404
    assert text == (
        '{"error":{"message":"The model `some-model` does not exist or you do not have access to it.",'
        '"type":"invalid_request_error","code":"model_not_found"}}'
    )
    escaped = lines("{profile: groq, rules: [{replies: [{text: [a<b]}]}]}")
    assert any(r'"content":"a\u003cb"' in line for line in escaped)


def test_groq_names_the_event_of_an_error():
    text = lines(of(IN_STREAM, "groq"))
    assert text[-2] == "event: error"
    assert text[-1].startswith('data: {"error":{"message":"The server had an error')


def test_mistral():
    found = chunks(of(CALL, "mistral"))
    head = {
        "id": re.compile("[0-9a-f]{32}"),
        "object": "chat.completion.chunk",
        "created": int,
        "model": "some-model",
    }
    role = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None, "logprobs": None}
    like(found[0], {**head, "choices": [role]})
    call = {"id": re.compile("[0-9A-Za-z]{9}"), "function": {"name": "f", "arguments": ARGUMENTS}}
    choice = {
        "index": 0,
        "delta": {"content": None, "tool_calls": [call]},
        "finish_reason": "tool_calls",
        "logprobs": None,
    }
    usage = {"prompt_tokens": int, "total_tokens": int, "completion_tokens": int}
    like(found[1], {**head, "choices": [choice], "usage": usage})
    thinks = chunks(of(THINKS, "mistral"))
    assert delta(thinks[1]) == {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]}
    finish = {"index": 0, "delta": {"content": ""}, "finish_reason": "stop", "logprobs": None}
    like(thinks[-1], {**head, "choices": [finish], "usage": usage})
    body = answer(of(TEXT, "mistral"))
    message = {"role": "assistant", "tool_calls": None, "content": "Hello"}
    shape = {"id": str, "created": int, "model": "some-model", "usage": usage, "object": "chat.completion"}
    like(body, {**shape, "choices": [{"index": 0, "finish_reason": "stop", "message": message}]})
    _, headers, text = refused("mistral")
    assert re.fullmatch(r'\{"object":"error","message":".*","type":".*","param":null,"code":".*"\}', text)
    like(headers["mistral-correlation-id"], UUID)


def test_xai():
    found = chunks(of(THINKS, "xai"), **USAGE)
    head = {"id": UUID, "object": "chat.completion.chunk", "created": int, "model": "some-model"}
    end = {"system_fingerprint": FINGERPRINT}
    thinks = {"index": 0, "delta": {"reasoning_content": "Hm", "role": "assistant"}}
    like(found[0], {**head, "choices": [thinks], **end})
    like(found[1], {**head, "choices": [{"index": 0, "delta": {"content": "Hi"}}], **end})
    like(found[2], {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], **end})
    usage = {
        "prompt_tokens": 8,
        "completion_tokens": 2,
        "total_tokens": 11,
        "prompt_tokens_details": {"text_tokens": 8, "audio_tokens": 0, "image_tokens": 0, "cached_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 1,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
        "num_sources_used": 0,
        "cost_in_usd_ticks": int,
    }
    like(found[3], {**head, "choices": [], "usage": usage, **end})
    call = {
        "id": re.compile(r"call_\d{8}"),
        "function": {"name": "f", "arguments": ARGUMENTS},
        "index": 0,
        "type": "function",
    }
    like(delta(chunks(of(CALL, "xai"))[0])["tool_calls"], [call])
    assert re.fullmatch(r'\{"code":"429","error":".*"\}', refused("xai")[2])
    assert refused("xai", "invalid_api_key")[0] == 400


def test_together():
    found = chunks(of(TEXT, "together"))
    assert all(delta(chunk)["role"] == "assistant" for chunk in found)
    like(delta(found[1]), {"content": "Hel", "role": "assistant", "token_id": int})
    like(found[-1]["choices"][0]["seed"], int)
    assert found[-1]["usage"]["total_tokens"] == 10
    assert answer(of(TEXT, "together"))["prompt"] == []
    assert refused("together", "context_length_exceeded")[0] == 403
    assert refused("together", "insufficient_quota")[0] == 402


def test_fireworks():
    found = chunks(of(TEXT, "fireworks"), perf_metrics_in_response=True)
    like(found[-1]["perf_metrics"], {"prompt-tokens": 8, "server-time-to-first-token": float})
    assert "perf_metrics" not in chunks(of(TEXT, "fireworks"))[-1]
    assert sent(exchange(of(TEXT, "fireworks"), BODY))[1]["fireworks-prompt-tokens"] == "8"
    _, _, text = sent(exchange(of(TEXT, "fireworks"), path="/v1/models", method="GET"))
    assert '"id":"accounts/fireworks/models/' in text


def test_perplexity():
    found = chunks(of(TEXT, "perplexity"))
    keys = ["id", "model", "created", "usage", "citations", "search_results", "object", "choices"]
    assert [list(chunk) for chunk in found] == [keys] * 3
    assert [chunk["usage"]["completion_tokens"] for chunk in found] == [1, 2, 2]
    assert [chunk["object"] for chunk in found] == ["chat.completion.chunk"] * 2 + ["chat.completion.done"]
    like(found[0]["choices"], [{"index": 0, "delta": {"role": "assistant", "content": "Hel"}}])
    last = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": "stop"}
    like(found[2]["choices"], [last])
    body = answer(of(TEXT, "perplexity"))
    assert list(body) == keys
    like(body["choices"], [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}])
    assert set(body["usage"]["cost"]) >= {"total_cost"}


def test_gemini():
    found = chunks(of(CALL, "gemini"))
    call = delta(found[0])["tool_calls"][0]
    assert "index" not in call
    assert call["function"]["arguments"] == ARGUMENTS
    like(call["extra_content"], {"google": {"thought_signature": str}})
    assert found[-1]["choices"][0]["finish_reason"] == "stop"
    assert set(found[-1]["usage"]) == {"completion_tokens", "prompt_tokens", "total_tokens"}
    assert answer(of(CALL, "gemini"))["choices"][0]["finish_reason"] == "tool_calls"
    status, _, text = refused("gemini")
    assert status == 429
    assert re.fullmatch(r'\[\{"error":\{"code":429,"message":".*","status":"RESOURCE_EXHAUSTED"\}\}\]', text)
    assert '"status":"INVALID_ARGUMENT"' in refused("gemini", "context_length_exceeded")[2]
    assert '"status":"UNAVAILABLE"' in refused("gemini", "server_is_overloaded")[2]


def test_anthropic():
    found = chunks(of(TEXT, "anthropic"))
    like(found[0]["id"], re.compile("msg_[0-9A-Za-z]{24}"))
    assert found[0]["created"] == 0
    assert delta(found[0]) == {"role": "assistant"}
    headers = sent(exchange(of(TEXT, "anthropic"), BODY))[1]
    assert headers["anthropic-ratelimit-requests-remaining"] == "49"
    assert re.fullmatch(r'\{"error":\{"message":.*,"type":.*,"param":null,"code":.*\}\}', refused("anthropic")[2])


def test_moonshot():
    found = chunks(of(THINKS, "moonshot"))
    assert delta(found[1]) == {"reasoning_content": "Hm"}
    usage = {
        "prompt_tokens": 8,
        "completion_tokens": 3,
        "total_tokens": 11,
        "completion_tokens_details": {"reasoning_tokens": 1},
    }
    like(found[-1]["choices"], [{"index": 0, "delta": {}, "finish_reason": "stop"}])
    like(found[-1]["usage"], usage)
    assert all("usage" not in chunk for chunk in found[:-1])
    assert answer(of(CALL, "moonshot"))["choices"][0]["message"]["tool_calls"][0]["id"] == "functions.f:0"
    assert re.fullmatch(r'\{"error":\{"message":".*","type":"rate_limit_reached_error"\}\}', refused("moonshot")[2])
    assert refused("moonshot", "insufficient_quota")[2].endswith('"type":"exceeded_current_quota_error"}}')


def test_qwen():
    found = chunks(of(CALL, "qwen"), **USAGE)
    end = {
        "object": "chat.completion.chunk",
        "usage": None,
        "created": int,
        "system_fingerprint": None,
        "model": "some-model",
        "id": re.compile("chatcmpl-" + UUID.pattern),
    }
    call = {"index": 0, "id": str, "type": "function", "function": {"name": "f", "arguments": ""}}
    first = {"content": None, "tool_calls": [call], "role": "assistant"}
    none = {"finish_reason": None, "index": 0, "logprobs": None}
    like(found[0], {"choices": [{"delta": first, **none}], **end})
    piece = {"index": 0, "id": "", "type": "function", "function": {"arguments": str}}
    like(found[1], {"choices": [{"delta": {"content": None, "tool_calls": [piece]}, **none}], **end})
    empty = {"tool_calls": [{"function": {"arguments": ""}, "index": 0, "id": "", "type": "function"}]}
    like(found[-3], {"choices": [{"delta": empty, "index": 0}], **end})
    finish = {"delta": {}, "finish_reason": "tool_calls", "index": 0, "logprobs": None}
    like(found[-2], {"choices": [finish], **end})
    assert found[-1]["choices"] == []
    assert found[-1]["usage"]["completion_tokens"] == 5
    thinks = [delta(chunk) for chunk in chunks(of(THINKS, "qwen"))]
    like(thinks[0], {"content": None, "reasoning_content": "", "role": "assistant"})
    like(thinks[1], {"content": None, "reasoning_content": "Hm"})
    like(thinks[2], {"content": "Hi", "reasoning_content": None})
    like(thinks[3], {"content": "", "reasoning_content": None})
    assert re.fullmatch(
        r'\{"error":\{"code":.*,"message":.*,"param":null,"type":.*\},"request_id":".*"\}', refused("qwen")[2]
    )


def test_vllm():
    every = {"stream": True, "stream_options": {"include_usage": True, "continuous_usage_stats": True}}
    found = chunks(of(TEXT, "vllm"), **every)
    counts = [chunk["usage"]["completion_tokens"] for chunk in found]
    assert counts == [0, 1, 2, 2, 2]
    assert all("usage" not in chunk for chunk in chunks(of(TEXT, "vllm"), **USAGE)[:-1])
    assert delta(found[0]) == {"role": "assistant", "content": ""}
    finish = found[3]["choices"][0]
    assert list(finish) == ["index", "delta", "logprobs", "finish_reason", "stop_reason", "token_ids"]
    assert ["system_fingerprint" in chunk for chunk in found] == [False] * 4 + [True]
    body = answer(of(THINKS, "vllm"))
    assert body["choices"][0]["message"]["reasoning"] == "Hm"
    assert list(body)[-3:] == ["prompt_logprobs", "prompt_token_ids", "kv_transfer_params"]
    called = answer(of(CALL, "vllm"))["choices"][0]["message"]["tool_calls"][0]
    like(called["id"], re.compile("chatcmpl-tool-[0-9a-f]{32}"))
    status, _, text = refused("vllm", "context_length_exceeded")
    assert status == 400
    assert text.endswith('"type":"BadRequestError","param":"messages","code":400}}')
    _, _, listed = sent(exchange(of(TEXT, "vllm"), path="/v1/models", method="GET"))
    assert '"root":"meta-llama/Llama-3.1-8B-Instruct","parent":null,"max_model_len":131072,"permission":[{' in listed


def test_vllm_ends_a_stream_after_an_error_as_if_nothing_had_been():
    assert lines(of(IN_STREAM, "vllm"))[-1] == "data: [DONE]"
    assert chunks(of(IN_STREAM, "vllm"))[-1]["error"]["code"] == 500


def test_sglang():
    found = chunks(of(THINKS, "sglang"), **USAGE)
    head = {"id": re.compile("[0-9a-f]{32}"), "object": "chat.completion.chunk", "created": int, "model": "some-model"}
    none = {"role": None, "content": None, "reasoning_content": None, "tool_calls": None}
    end = {"logprobs": None, "finish_reason": None, "matched_stop": None}
    deltas = [
        {**none, "role": "assistant", "content": ""},
        {**none, "reasoning_content": "Hm"},
        {**none, "content": "Hi"},
    ]
    for chunk, shape in zip(found, deltas, strict=False):
        like(chunk, {**head, "choices": [{"index": 0, "delta": shape, **end}], "usage": None})
    finish = {"index": 0, "delta": none, "logprobs": None, "finish_reason": "stop", "matched_stop": 1}
    like(found[3], {**head, "choices": [finish], "usage": None})
    usage = {
        "prompt_tokens": 8,
        "total_tokens": 11,
        "completion_tokens": 3,
        "prompt_tokens_details": None,
        "reasoning_tokens": 1,
    }
    like(found[4], {**head, "choices": [], "usage": usage})
    assert re.fullmatch(r'\{"object":"error","message":.*,"type":.*,"param":null,"code":429\}', refused("sglang")[2])


def test_llama_cpp():
    timed = [
        "cache_n",
        "prompt_n",
        "prompt_ms",
        "prompt_per_token_ms",
        "prompt_per_second",
        "predicted_n",
        "predicted_ms",
        "predicted_per_token_ms",
        "predicted_per_second",
    ]
    found = chunks(of(TEXT, "llama.cpp"))
    assert list(found[-1]["timings"]) == timed
    assert found[-1]["choices"][0]["finish_reason"] == "stop"
    assert delta(found[0]) == {"role": "assistant", "content": None}
    asked = chunks(of(TEXT, "llama.cpp"), **USAGE)
    assert ["timings" in chunk for chunk in asked] == [False] * 4 + [True]
    assert answer(of(TEXT, "llama.cpp"))["timings"]["predicted_n"] == 2
    like(
        refused("llama.cpp", "server_is_overloaded")[2],
        re.compile(r'\{"error":\{"code":503,"message":"Loading model".*'),
    )
    overflow = refused("llama.cpp", "context_length_exceeded")[2]
    assert '"type":"exceed_context_size_error","n_prompt_tokens":8300,"n_ctx":4096}}' in overflow


def test_ollama():
    found = chunks(of(CALL, "ollama"))
    like(found[0]["id"], re.compile(r"chatcmpl-\d{1,3}"))
    assert found[0]["system_fingerprint"] == "fp_ollama"
    call = {"id": str, "index": 0, "type": "function", "function": {"name": "f", "arguments": ARGUMENTS}}
    like(delta(found[0]), {"role": "assistant", "content": "", "tool_calls": [call]})
    assert len(found) == 2
    like(answer(of(CALL, "ollama"))["choices"][0]["message"]["tool_calls"], [call])
    said = [delta(chunk) for chunk in chunks(of(THINKS, "ollama"))]
    like(said, [{"role": "assistant", "content": "", "reasoning": "Hm"}, {"content": "Hi"}, {"content": ""}])
    body = answer(of(THINKS, "ollama"))
    usage = {"prompt_tokens": 8, "completion_tokens": 3, "total_tokens": 11}
    message = {"role": "assistant", "content": "Hi", "reasoning": "Hm"}
    shape = {
        "id": str,
        "object": "chat.completion",
        "created": int,
        "model": "some-model",
        "system_fingerprint": "fp_ollama",
    }
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    like(body, {**shape, "choices": [choice], "usage": usage})
    assert refused("ollama", "model_not_found")[2].endswith('"type":"not_found_error","param":null,"code":null}}')


def test_lm_studio():
    body = answer(of(THINKS, "lm-studio"))
    assert body["stats"] == {}
    assert body["system_fingerprint"] == "some-model"
    assert body["choices"][0]["message"]["reasoning_content"] == "Hm"
    assert '"code":"model_not_found"' in refused("lm-studio", "model_not_found")[2]


def test_cloudflare():
    found = chunks(of(CALL, "cloudflare"))
    assert delta(found[0])["role"] == "assistant"
    piece = delta(found[1])
    assert piece["role"] is None
    assert piece["tool_calls"][0]["id"] is None
    assert re.fullmatch(
        r'\{"result":null,"success":false,"errors":\[\{"code":429,"message":".*"\}\],"messages":\[\]\}',
        refused("cloudflare")[2],
    )


@pytest.mark.parametrize("name", profile_names())
def test_a_file_names_its_source_and_what_is_not_sure(name):
    profile = profile_of(name)
    assert profile.about.endswith(".")
    assert profile.source
    assert profile.uncertain or name == "openai"


@pytest.mark.parametrize("name", profile_names())
@pytest.mark.parametrize("scenario", [TEXT, THINKS, CALL])
def test_nothing_of_a_profile_is_reported_as_without_a_place(name, scenario):
    assert exchange(of(scenario, name), {**BODY, **USAGE}).unfired == ()
    assert exchange(of(scenario, name), BODY).unfired == ()


@pytest.mark.parametrize("name", [name for name in profile_names() if name != "openai"])
def test_what_a_profile_changes_is_told_under_its_name(name):
    causes = {getattr(step, "cause", "") for step in exchange(of(TEXT, name), {**BODY, **USAGE}).plan}
    assert any(cause.startswith(f"profile: {name}: ") for cause in causes)
