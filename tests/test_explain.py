"""What `explain` says is what the engine does."""

from textwrap import dedent

import pytest

from mockllm import explain as explain_module
from mockllm.errors import MockLLMError
from mockllm.explain import MOST_TRIES, call_of, explain, visits
from mockllm.request import Call, Request
from mockllm.scenario.load import load_text


def explained(text, bodies=None, attempts=None):
    scenario = load_text(dedent(text))
    return explain(scenario, scenario.requests() if bodies is None else bodies, attempts)


def asked(text):
    return {"model": "gpt-5.1", "messages": [{"role": "user", "content": text}]}


def test_a_request_is_tried_until_its_attempts_are_over():
    text = """
        pace: {ttft: 300ms, itl: 20ms}
        rules:
          - name: result
            when: {last: {role: tool}}
            replies: [Done.]
          - replies:
              - attempts:
                  - error: rate_limit_exceeded
                  - reset: {at: start}
                text: [Hel, lo]
    """
    assert explained(text) == dedent("""\
        request 1  POST /v1/chat/completions  model gpt-5.1, stream, user "Hello"
          rules[1] answers, attempt 1
            not result: last.role: wanted tool, found user
            0.000  head   429 application/json
            0.000  send   #0  error rate_limit_exceeded
            0.000  end
          rules[1] answers, attempt 2
            0.000  reset      (fault: reset before the head)
          rules[1] answers, attempt 3
            0.000  head   200 text/event-stream
            0.300  send   #0  role
            0.300  send   #1  "Hel"
            0.320  send   #2  "lo"
            0.320  send   #3  finish stop
            0.320  send   #4  [DONE]
            0.320  end
        """)


def test_the_requests_share_one_namespace():
    lines = explained("rules: [{replies: [One, Two], then: loop}]", [asked("a"), asked("b"), asked("c")]).splitlines()
    assert [line for line in lines if "request" in line or "answers" in line] == [
        'request 1  POST /v1/chat/completions  model gpt-5.1, user "a"',
        "  rules[0] answers, attempt 1",
        'request 2  POST /v1/chat/completions  model gpt-5.1, user "b"',
        "  rules[0] answers, attempt 1",
        'request 3  POST /v1/chat/completions  model gpt-5.1, user "c"',
        "  rules[0] answers, attempt 1",
    ]


def test_every_rule_that_does_not_match_says_why():
    lines = explained("rules: [{when: {model: x}, replies: [a]}, {when: {user: b}, replies: [a]}]").splitlines()
    assert lines[1:4] == [
        "  no rule answers",
        "    not rules[0]: model: wanted x, found 'gpt-5.1'",
        "    not rules[1]: user: wanted a text with 'b', found 'Hello'",
    ]
    assert lines[4] == "    0.000  head   400 application/json"


def test_otherwise_answers_by_its_name():
    assert "  otherwise answers, attempt 1\n" in explained("otherwise: Hello")


def test_a_script_that_is_used_up_says_so():
    text = explained("rules: [{name: talk, replies: [a, b]}]", [asked("x")] * 3)
    assert "  script exhausted: the script of talk is used up" in text


def test_a_request_that_is_refused_before_any_rule_says_why():
    text = explained("{models: {ids: [a], only: true}, rules: [{replies: [x]}]}", [asked("x")])
    assert "  refused: The model `gpt-5.1` does not exist or you do not have access to it.\n" in text


def test_a_body_that_cannot_be_read_has_no_words_and_no_second_try():
    lines = explained("rules: [{replies: [x]}]", [{"messages": 5}]).splitlines()
    assert lines[0] == "request 1  POST /v1/chat/completions"
    assert sum(line.startswith("  refused: ") for line in lines) == 1


def test_equal_pieces_stand_on_one_line_with_their_count():
    text = explained("rules: [{replies: [{raw: {body: abc}, faults: [{split: {bytes: 1}}]}]}]")
    assert "    0.000  send   #0  raw body    (fault: split)  x3\n" in text


def test_a_fault_without_a_place_is_told_at_its_try():
    text = explained("rules: [{replies: [{text: [a], faults: [{reset: {at: {token: 9}}}]}]}]")
    assert text.endswith("    unfired: reset\n")


def test_a_request_without_messages_is_told_by_its_model():
    assert explain_module._asked(Request("embeddings", Call("POST", "/v1/embeddings"), model="m")) == "model m"


def test_the_last_message_is_quoted_on_one_line_and_shortened():
    line = explained("rules: [{replies: [x]}]", [asked("a\nb " + "c" * 50)]).splitlines()[0]
    assert line.endswith(f'user "a b {"c" * 36}..."')


@pytest.mark.parametrize(
    ("reply", "tries"),
    [
        ("{attempts: [{error: server_error}, {error: server_error}], text: x}", 3),
        ("{attempts: [{truncate: {at: {token: 1}}}], text: [a, b]}", 2),
        ("{attempts: [{close: {at: headers}}], text: x}", 2),
        ("{attempts: [{stall: {at: start}}], text: x}", 2),
        ("{attempts: [Fine, {error: server_error}], text: x}", 1),
        ("{error: server_error}", 1),
        ("{text: x, faults: [{reset: {at: start}}]}", 1),
    ],
)
def test_a_client_tries_again_only_after_trouble_and_only_if_more_is_scripted(reply, tries):
    scenario = load_text(f"rules: [{{replies: [{reply}]}}]")
    assert [len(exchanges) for exchanges in visits(scenario, scenario.requests())] == [tries]


def test_tries_have_a_limit():
    many = ", ".join(["{error: server_error}"] * (MOST_TRIES + 5))
    scenario = load_text(f"rules: [{{replies: [{{attempts: [{many}], text: x}}]}}]")
    assert [len(exchanges) for exchanges in visits(scenario, scenario.requests())] == [MOST_TRIES]


def test_attempts_say_how_often_each_request_is_sent():
    scenario = load_text("rules: [{replies: [{attempts: [{error: server_error}], text: x}]}]")
    (exchanges,) = visits(scenario, scenario.requests(), attempts=4)
    assert [(exchange.attempt, exchange.status) for exchange in exchanges] == [(1, 500), (2, 200), (3, 200), (4, 200)]


def test_a_key_is_sent_where_one_is_asked_for():
    assert call_of(load_text("auth: {keys: [sk-a, sk-b]}"), {}).headers.get("authorization") == "Bearer sk-a"
    assert call_of(load_text("rules: []"), {}).headers.get("authorization") is None


def test_a_request_goes_to_the_api_that_it_names():
    scenario = load_text("rules: []")
    call = call_of(scenario, {"api": "responses", "input": "Hi"})
    assert (call.method, call.path, call.body) == ("POST", "/v1/responses", b'{"input":"Hi"}')
    listed = call_of(scenario, {"api": "models", "model": "x"})
    assert (listed.method, listed.path, listed.body, list(listed.headers)) == ("GET", "/v1/models", b"", [])


@pytest.mark.parametrize(("api", "found"), [("chatt", "'chatt'"), (7, "7")])
def test_an_api_that_there_is_not_is_told(api, found):
    with pytest.raises(MockLLMError, match=f"a request goes to one of the APIs chat, .*, not to .*{found}"):
        call_of(load_text("rules: []"), {"api": api})


def test_the_same_scenario_gives_the_same_text():
    text = "{seed: 3, pace: {ttft: {uniform: {min: 1ms, max: 900ms}}}, rules: [{replies: [{generate: 20}]}]}"
    assert explained(text) == explained(text)
