from mockllm.dialects.realtime.write import response, usage_json
from mockllm.request import Call, Request
from mockllm.turn import Usage


def test_usage_tells_what_was_spoken_and_what_was_cached():
    assert usage_json(Usage(10, 6, cached_tokens=4), 2) == {
        "total_tokens": 16,
        "input_tokens": 10,
        "output_tokens": 6,
        "input_token_details": {
            "text_tokens": 10,
            "audio_tokens": 0,
            "image_tokens": 0,
            "cached_tokens": 4,
            "cached_tokens_details": {"text_tokens": 4, "audio_tokens": 0, "image_tokens": 0},
        },
        "output_token_details": {"text_tokens": 4, "audio_tokens": 2},
    }


def test_a_response_has_the_keys_of_the_wire_in_their_order():
    made = response(Request("realtime", Call("", ""), {}), "resp_1")
    assert made == {
        "object": "realtime.response",
        "id": "resp_1",
        "status": "in_progress",
        "status_details": None,
        "output": [],
        "conversation_id": None,
        "output_modalities": ["audio"],
        "max_output_tokens": "inf",
        "audio": {"output": {}},
        "usage": None,
        "metadata": None,
    }
    assert next(iter(made)) == "object"
