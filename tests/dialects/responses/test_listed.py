from mockllm.dialects.responses.listed import listed


def made(*items):
    return listed(items, lambda prefix, index: f"{prefix}_{index}")


def test_a_message_gets_an_id_a_status_and_a_list_of_parts():
    [user, model] = made({"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"})
    assert user == {
        "role": "user",
        "content": [{"type": "input_text", "text": "Hi"}],
        "id": "msg_0",
        "type": "message",
        "status": "completed",
    }
    assert model["content"] == [{"type": "output_text", "annotations": [], "logprobs": [], "text": "Ho"}]


def test_other_items_get_an_id_that_begins_as_their_type_does():
    types = ["function_call", "function_call_output", "shell_call", "computer_call_output"]
    assert [item["id"] for item in made(*({"type": name} for name in types))] == ["fc_0", "fco_1", "sh_2", "item_3"]


def test_what_an_item_has_it_keeps():
    parts = [{"type": "input_text", "text": "Hi"}]
    given = {"id": "own", "type": "message", "role": "user", "status": "incomplete", "content": parts}
    assert made(given) == (given,)
    call = {"type": "function_call", "id": "fc_own"}
    assert made(call) == (call,)
