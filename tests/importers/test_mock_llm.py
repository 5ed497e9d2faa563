"""The examples of its documentation, written anew, answer the same questions."""

import json

from mockllm.importers.mock_llm import from_mock_llm
from tests.importers.asking import Served

ECHO = """
  - path: /v1/chat/completions
    match: "@"
    response:
      status: 200
      content: |
        {"id": "chatcmpl-{{timestamp}}", "object": "chat.completion", "model": "{{jmes request body.model}}",
         "choices": [{"message": {"role": "assistant", "content": "{{jmes request body.messages[-1].content}}"},
                      "finish_reason": "stop"}]}
"""


def rule(match, content, extra="", status=200, path="/v1/chat/completions"):
    return f"""
  - path: {path}
    match: {json.dumps(match)}
    {extra}
    response: {{status: {status}, content: {json.dumps(json.dumps(content))}}}
"""


def completion(text, **message):
    return {"choices": [{"message": {"role": "assistant", "content": text, **message}, "finish_reason": "stop"}]}


def imported(*rules):
    return from_mock_llm("rules:" + "".join(rules))


def test_the_last_rule_that_matches_answers_and_the_first_echoes():
    refusal = {
        "error": {"message": "Incorrect.", "type": "invalid_request_error", "param": None, "code": "invalid_api_key"}
    }
    result = imported(
        ECHO,
        rule("contains(body.messages[-1].content, 'hello')", completion("Hi there!")),
        rule("contains(messages[-1].content, 'error-401')", refusal, status=401),
    )
    assert result.left_out == ()
    served = Served(result)
    assert served.message("say that again")["content"] == "say that again"
    assert served.message("oh hello")["content"] == "Hi there!"
    status, body = served.ask({"model": "gpt-4", "messages": [{"role": "user", "content": "hello error-401"}]})
    assert (status, body["error"]["message"], body["error"]["code"]) == (401, "Incorrect.", "invalid_api_key")


def test_a_list_of_models_and_other_bodies_are_sent_as_they_are():
    models = {"data": [{"id": "gpt-4", "object": "model"}]}
    served = Served(
        imported(
            rule("@", models, path="/v1/models"),
            rule("body.model == 'odd'", {"odd": True}),
            rule('body.model == `"gone"`', "Gone.", status=410),
        )
    )
    assert served.ask({}, "/v1/models", "GET") == (200, models)
    assert served.ask({"model": "odd", "messages": [{"role": "user", "content": "x"}]}) == (200, {"odd": True})
    assert served.ask({"model": "gone", "messages": [{"role": "user", "content": "x"}]}) == (410, "Gone.")


def test_tool_calls_joined_tests_and_sequences():
    calls = [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    both = "contains(body.messages[-1].content, `\"a\"`) && body.model == 'gpt-4'"
    result = imported(
        rule("body.messages[-1].content == 'x'", completion(None, tool_calls=calls)),
        rule(both, completion("one"), "sequence: 0"),
        rule(both, completion("two"), "sequence: 1"),
    )
    served = Served(result)
    assert served.message("x")["tool_calls"][0]["function"] == {"name": "f", "arguments": "{}"}
    assert [served.message("a")["content"] for _ in range(3)] == ["one", "two", "two"]


def test_what_has_no_counterpart_is_told():
    result = imported(
        rule("length(body.messages) > `3`", completion("x")),
        rule("@", completion("{{jmes request headers.authorization}}")),
        rule("@", {"a": "{{jmes request body.model}}"}),
        rule("@", completion("x"), path="/mcp"),
        rule("@", "text {", "name: x"),
    )
    assert result.left_out == (
        "fixture 1: its match is of no kind that is known, so it is left out",
        "fixture 2: its template is of no kind that is known, so it is left out",
        "fixture 3: its template is of no kind that is known, so it is left out",
        "fixture 4: its path is of no kind that is known, so it is left out",
        "fixture 5: name is left out",
    )
    assert len(result.document["rules"]) == 1
    plain = from_mock_llm("rules: [{path: /v1/chat/completions, response: {content: 'no json {'}}]")
    assert Served(plain).ask({"model": "m", "messages": [{"role": "user", "content": "x"}]}) == (200, "no json {")
