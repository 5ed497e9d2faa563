import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import completion_create_params

from mockllm.dialects.chat.validate import validate
from mockllm.dialects.chat.validate.fields import KNOWN
from mockllm.errors import ApiError

USER = {"role": "user", "content": "hi"}
BODY = {"model": "gpt-4o", "messages": [USER]}
TOOL = {
    "type": "function",
    "function": {"name": "f", "description": "d", "parameters": {"type": "object", "properties": {}}, "strict": True},
}
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"city":"Paris"}'}}
SHAPES = {
    "all roles": {
        "messages": [
            {"role": "developer", "content": "be brief"},
            {"role": "system", "content": [{"type": "text", "text": "be kind"}], "name": "boss"},
            {"role": "user", "content": "hi", "name": "ada"},
            {"role": "assistant", "content": "hello", "refusal": None, "annotations": [], "audio": None},
            {"role": "user", "content": "and now?"},
        ]
    },
    "multimodal": {
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "what is this?"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}},
                    {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
                    {"type": "file", "file": {"file_data": "data:application/pdf;base64,AA==", "filename": "a.pdf"}},
                ],
            }
        ]
    },
    "tool round trip": {
        "messages": [
            USER,
            {"role": "assistant", "content": None, "tool_calls": [CALL], "refusal": None, "function_call": None},
            {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "sunny"}]},
        ],
        "tools": [TOOL],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "parallel_tool_calls": False,
    },
    "custom tool": {
        "messages": [
            USER,
            {
                "role": "assistant",
                "tool_calls": [{"id": "call_2", "type": "custom", "custom": {"name": "c", "input": "1+1"}}],
            },
            {"role": "tool", "tool_call_id": "call_2", "content": "2"},
        ],
        "tools": [{"type": "custom", "custom": {"name": "c", "format": {"type": "text"}}}, TOOL],
        "tool_choice": {"type": "custom", "custom": {"name": "c"}},
    },
    "legacy functions": {
        "messages": [
            USER,
            {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
            {"role": "function", "name": "f", "content": "42"},
        ],
        "functions": [{"name": "f", "description": "d", "parameters": {"type": "object"}}],
        "function_call": {"name": "f"},
    },
    "structured output": {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": {"type": "object", "properties": {}}},
        }
    },
    "json mode": {"response_format": {"type": "json_object"}},
    "audio": {
        "modalities": ["text", "audio"],
        "audio": {"voice": "alloy", "format": "pcm16"},
        "messages": [USER, {"role": "assistant", "audio": {"id": "audio_1"}}, USER],
    },
    "stream": {"stream": True, "stream_options": {"include_usage": True, "include_obfuscation": False}},
    "prediction": {"prediction": {"type": "content", "content": [{"type": "text", "text": "x = 1"}]}},
    "search": {
        "web_search_options": {
            "search_context_size": "low",
            "user_location": {"type": "approximate", "approximate": {"city": "Paris"}},
        }
    },
    "every scalar": {
        "temperature": 0.7,
        "top_p": 0.9,
        "n": 2,
        "max_tokens": 16,
        "max_completion_tokens": 16,
        "seed": 7,
        "presence_penalty": -0.5,
        "frequency_penalty": 1,
        "logprobs": True,
        "top_logprobs": 5,
        "stop": ["a", "b"],
        "logit_bias": {"50256": -100},
        "user": "u",
        "metadata": {"k": "v"},
        "store": True,
        "verbosity": "low",
        "service_tier": "flex",
        "reasoning_effort": "minimal",
        "safety_identifier": "s",
        "prompt_cache_key": "p",
        "prompt_cache_retention": "24h",
        "prompt_cache_options": {"ttl": "30m"},
        "moderation": {"model": "m"},
    },
}


@pytest.mark.parametrize("shape", SHAPES)
def test_what_the_sdks_send_is_accepted_and_all_of_it_is_known(shape):
    validate(BODY | SHAPES[shape], strict=True)


def test_every_parameter_of_the_python_sdk_is_known():
    assert completion_create_params.CompletionCreateParamsStreaming.__annotations__.keys() <= KNOWN
    assert completion_create_params.CompletionCreateParamsBase.__annotations__.keys() | {"stream"} == KNOWN


def test_null_stands_for_an_absent_optional_parameter():
    validate(BODY | dict.fromkeys(KNOWN - {"model", "messages"}), strict=True, reasoning_model=True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(("user", "text", "f", "")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("type", "name", "k")), inner),
    max_leaves=6,
)


def outcome(body, **options):
    try:
        return validate(body, **options)
    except ApiError as error:
        return error.status, error.type


@given(JSON | st.dictionaries(st.sampled_from(sorted(KNOWN)) | st.text(), JSON), st.booleans(), st.booleans())
def test_any_json_is_accepted_or_refused(body, strict, reasoning_model):
    found = outcome(body, strict=strict, reasoning_model=reasoning_model)
    assert found in {None, (400, "invalid_request_error")}


def places(value, path=()):
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def replaced(value, path, new):
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], new)
    return copy


@given(st.data())
def test_an_accepted_body_with_anything_in_one_place_is_accepted_or_refused(data):
    body = BODY | SHAPES[data.draw(st.sampled_from(sorted(SHAPES)))]
    body = replaced(body, data.draw(st.sampled_from(list(places(body)))), data.draw(JSON))
    assert outcome(body) in {None, (400, "invalid_request_error")}
