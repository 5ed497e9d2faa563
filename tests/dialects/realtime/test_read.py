import orjson

from mockllm.dialects.realtime.read import messages, read
from mockllm.request import Call, Message, Tool, ToolUse

USER = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
BODY = {"model": "gpt-realtime", "input": [USER], "session": {"id": "sess_1", "conversation_id": "conv_1"}}


def asked(**fields):
    body = {**BODY, **fields}
    return read("realtime", Call("WEBSOCKET", "/v1/realtime", body=orjson.dumps(body)), body)


def test_the_conversation_becomes_messages():
    heard = {"type": "message", "role": "user", "content": [{"type": "input_audio", "transcript": "Hello?"}]}
    spoken = {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Yes"}]}
    call = {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "call_1"}
    output = {"type": "function_call_output", "call_id": "call_1", "output": "1"}
    approval = {"type": "mcp_approval_response", "approve": True}
    assert list(messages([USER, heard, spoken, call, output, approval, spoken])) == [
        Message("user", "Hi"),
        Message("user", "Hello?"),
        Message("assistant", "Yes", (ToolUse("call_1", "f", "{}"),)),
        Message("tool", "1", tool_call_id="call_1"),
        Message("assistant", "Yes"),
    ]


def test_instructions_are_the_first_message():
    assert asked(instructions="Be kind.").messages == (Message("system", "Be kind."), Message("user", "Hi"))
    assert asked(instructions="").messages == (Message("user", "Hi"),)


def test_what_shapes_the_answer():
    tools = [{"type": "function", "name": "f", "parameters": {}}, {"type": "mcp", "server_label": "s"}, "no tool"]
    request = asked(tools=tools, tool_choice={"type": "function", "name": "f"}, max_output_tokens=7)
    assert request.tools == (Tool("f", "function", {}),)
    assert (request.tool_choice, request.max_tokens, request.stream) == ("f", 7, True)
    assert request.parallel_tool_calls
    assert not asked(parallel_tool_calls=False).parallel_tool_calls
    assert asked(tool_choice="required").tool_choice == "required"
    assert asked().tool_choice == "auto"
    assert asked(max_output_tokens="inf").max_tokens is None


def test_the_id_of_the_event_makes_no_other_request():
    assert asked(event_id="e1").fingerprint == asked(event_id="e2").fingerprint
    assert "event_id" not in asked(event_id="e1").json
    assert asked().fingerprint != asked(instructions="x").fingerprint
