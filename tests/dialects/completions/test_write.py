import pytest

from mockllm.dialects.completions.write import NoTextError, body, stream
from mockllm.request import Call, Request
from mockllm.tokens import Piece
from mockllm.turn import Choice, Hosted, Text, ToolCall, Turn, Usage

REQUEST = Request("completions", Call("POST", "/v1/completions"), json={"prompt": "x"}, model="m")
PIECES = (Piece("Hel", 1, (b"Hel",)), Piece("lo", 1, (b"lo",)))


def turn(*parts, stop="stop"):
    return Turn("k" * 32, "m", 1, (Choice(parts, stop),), Usage(1, 2))


@pytest.mark.parametrize("stop", ["stop", "length", "content_filter", None])
def test_the_stream_folds_to_the_body(stop):
    frames = [frame.data for frame in stream(turn(Text(PIECES), stop=stop), REQUEST)]
    assert frames.pop() == "[DONE]"
    whole = body(turn(Text(PIECES), stop=stop), REQUEST)["choices"][0]
    assert "".join(chunk["choices"][0]["text"] for chunk in frames) == whole["text"] == "Hello"
    reasons = {chunk["choices"][0]["finish_reason"] for chunk in frames} - {None}
    assert reasons == {whole["finish_reason"]} - {None}


def test_a_frame_tells_the_tokens_it_carries():
    assert [(frame.kind, frame.tokens, frame.label) for frame in stream(turn(Text(PIECES)), REQUEST)] == [
        ("token", 1, '"Hel"'),
        ("token", 1, '"lo"'),
        ("finish", 0, "finish stop"),
        ("done", 0, "[DONE]"),
    ]


def test_a_tool_call_cannot_be_told():
    with pytest.raises(NoTextError, match="the reply calls f"):
        body(turn(ToolCall("call_1", "f", ())), REQUEST)


def test_what_the_service_did_is_left_out_and_what_awaits_the_client_cannot_be_told():
    searched = Hosted("web_search_call", {"action": {}})
    assert body(turn(searched, Text(PIECES)), REQUEST) == body(turn(Text(PIECES)), REQUEST)
    with pytest.raises(NoTextError, match="a shell_call for the client to act on"):
        body(turn(Hosted("shell_call", {}, awaits=True)), REQUEST)
