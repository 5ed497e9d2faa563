from openai.types.responses import CompactedResponse

from tests import calls
from tests.openapi_schema import violations
from tests.strict import problems

# The SDK's type says that the messages are output, and the wire has the user's own (wire-contract §7.6).
INPUT_AS_OUTPUT = dict.fromkeys(
    ["output[].content[].annotations", "output[].content[].type", "output[].role"], "§7.6, recorded"
)


def compacted(**fields):
    engine = calls.engine("rules: [{replies: [Hello]}]")
    body = {"model": "gpt-4.1", **fields}
    return engine.handle(calls.call("POST", "/v1/responses/compact", body))


def test_what_the_user_said_stays_and_one_item_stands_for_the_rest():
    said = [
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": "Hm"},
        {"role": "user", "content": "Two"},
    ]
    body = calls.body(compacted(input=said))
    assert problems(body, CompactedResponse, INPUT_AS_OUTPUT) == violations("CompactResource", body) == []
    assert (body["object"], [item["type"] for item in body["output"]]) == (
        "response.compaction",
        ["message", "message", "compaction"],
    )
    assert [item["content"] for item in body["output"][:2]] == [
        [{"type": "input_text", "text": text}] for text in ("One", "Two")
    ]
    assert {"model", "status"}.isdisjoint(body)
    usage = body["usage"]
    assert usage["output_tokens"] == -(-usage["input_tokens"] // 4)
    assert [item["id"].split("_")[0] for item in (body, *body["output"])] == ["resp", "msg", "msg", "cmp"]


def test_a_request_without_a_model_or_words_is_refused():
    assert calls.error(compacted(model=None, input="Hi"))["param"] == "model"
    assert calls.error(compacted())["param"] == "input"
