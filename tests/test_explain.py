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


def test_what_is_answered_without_a_rule_says_from_what():
    told = explained("rules: []", ({"api": "embeddings", "model": "m", "input": "Hi"},))
    assert "answered from what the server holds" in told
    assert "refused" not in told


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


def test_where_a_form_is_asked_for_the_request_is_one():
    scenario = load_text("{example: {api: audio.transcriptions, temperature: 0}, rules: [{replies: [Hello you]}]}")
    shown = explain(scenario, scenario.requests())
    assert "body audio.transcriptions" in shown
    assert call_of(scenario, next(scenario.requests())).headers.get("content-type").startswith("multipart/form-data; ")


@pytest.mark.parametrize(("api", "found"), [("chatt", "'chatt'"), (7, "7")])
def test_an_api_that_there_is_not_is_told(api, found):
    with pytest.raises(MockLLMError, match=f"a request goes to one of the APIs .*chat, .*, not to .*{found}"):
        call_of(load_text("rules: []"), {"api": api})


def test_the_same_scenario_gives_the_same_text():
    text = "{seed: 3, pace: {ttft: {uniform: {min: 1ms, max: 900ms}}}, rules: [{replies: [{generate: 20}]}]}"
    assert explained(text) == explained(text)


def test_requests_that_come_one_after_the_other_do_not_wait_for_each_other():
    scenario = load_text("{limits: {concurrent: 1, queue: 1}, rules: [{replies: [x]}], example: [{}, {}, {}]}")
    shown = explain(scenario, tuple(scenario.requests()))
    assert shown.count("rules[0] answers") == 3
    assert "gate" not in shown


def test_a_gate_has_its_line_and_a_try_that_waits_there_is_followed_by_the_next():
    scenario = load_text("rules: [{replies: [{text: hi, attempts: [{gate: first}]}]}]")
    shown = explain(scenario, [{"model": "m", "messages": [{"role": "user", "content": "hi"}]}])
    assert "    0.000  gate   first    (fault: gate)\n    0.000  head   200 application/json\n" in shown
    assert "rules[0] answers, attempt 2" in shown


def test_attempts_are_told_once_and_summed_up():
    text = """
        chaos: [{every: 3, faults: {reset: {at: start}}}]
        rules: [{replies: [{text: [Hi], faults: [{done: omit}]}]}]
    """
    assert explained(text, attempts=8) == dedent("""\
        request 1  POST /v1/chat/completions  model gpt-5.1, stream, user "Hello"
          try 1: rules[0] answers, attempt 1
            0.000  head   200 text/event-stream
            0.000  send   #0  role
            0.000  send   #1  "Hi"
            0.000  send   #2  finish stop
            0.000  end
          try 2: as try 1
          try 3: rules[0] answers, attempt 3
            0.000  reset      (chaos[0]: reset before the head)
          tries 4 to 5: as try 1
          try 6: as try 3
          tries 7 to 8: as try 1
          fates: 6 answered, 2 reset
        """)


def test_a_fate_is_a_status_or_what_was_met():
    text = """
        chaos:
          - {first: 1, error: {status: 418}}
          - {first: 2, faults: [{headers: {set: {a: b}}}, {truncate: {at: {token: 1}}}]}
          - {first: 3, faults: {done: twice}}
          - {first: 4, faults: {reset: {at: {token: 9}}}}
        rules: [{when: {user: Hello}, replies: [{text: [Hi]}]}]
    """
    lines = explained(text, attempts=5).splitlines()
    assert lines[-1] == "  fates: 2 answered, 1 status 418, 1 headers and done and truncate, 1 done"
    assert lines.count("    unfired: chaos[3]: reset") == 3


def test_why_rules_do_not_match_is_told_at_the_first_attempt():
    text = "rules: [{when: {user: x}, replies: [a]}, {replies: [b, c], then: loop}]"
    lines = explained(text, attempts=3).splitlines()
    assert lines[1:3] == [
        "  try 1: rules[1] answers, attempt 1",
        "    not rules[0]: user: wanted a text with 'x', found 'Hello'",
    ]
    assert sum("not rules[0]" in line for line in lines) == 1


def test_attempts_come_as_far_apart_as_is_said():
    text = "{chaos: [{from: 10s, for: 5s, error: {status: 503}}], rules: [{replies: [Hi]}]}"
    scenario = load_text(text)
    (exchanges,) = visits(scenario, scenario.requests(), attempts=5, every_us=4_000_000)
    assert [exchange.status for exchange in exchanges] == [200, 200, 200, 503, 200]


def test_requests_come_as_far_apart_as_is_said():
    scenario = load_text("{chaos: [{from: 10s, for: 5s, error: {status: 503}}], rules: [{replies: [Hi]}]}")
    found = visits(scenario, [asked(str(number)) for number in range(5)], every_us=4_000_000)
    # The fourth comes at 12 s and is tried again at once, as the answer tells no time to wait.
    assert [{exchange.status for exchange in exchanges} for exchanges in found] == [{200}, {200}, {200}, {503}, {200}]


@pytest.mark.parametrize(
    ("hint", "tries"),
    [("retry_after: 2s", 3), ("retry_after: {ms: 1500}", 3), ("retry_after: 3", 2), ("retry_after: {raw: soon}", 20)],
)
def test_a_client_waits_as_long_as_it_is_told(hint, tries):
    scenario = load_text(f"{{chaos: [{{for: 3s, error: {{status: 503, {hint}}}}}], rules: [{{replies: [Hi]}}]}}")
    assert [len(exchanges) for exchanges in visits(scenario, scenario.requests())] == [tries]


def test_a_client_does_not_wait_for_ever():
    scenario = load_text("{chaos: [{for: 601s, faults: {hang: {}}}], rules: [{replies: [Hi]}]}")
    (exchanges,) = visits(scenario, scenario.requests())
    assert [exchange.call.at_us for exchange in exchanges] == [0, 600_000_000, 1_200_000_000]


def test_what_connections_meet_comes_first():
    shown = explained("accept: [reset, {stall: {for: 1s, chance: 12.5%}}, serve]\nrules: [{replies: [a]}]")
    assert shown.splitlines()[:8] == [
        "connection 1",
        "    0.000  reset      (accept: reset)",
        "connection 2, with a chance of 12.5%",
        "    0.000  wait   1s    (accept: stall)",
        "    1.000  admit      (accept: stall)",
        "connection 3",
        "    0.000  admit      (accept: serve)",
        'request 1  POST /v1/chat/completions  model gpt-5.1, stream, user "Hello"',
    ]
    assert explained("accept: close\nrules: [{replies: [a]}]").startswith("every connection\n")


def test_headers_of_an_example_are_sent_in_the_head_and_not_in_the_body():
    scenario = load_text(
        "auth: {keys: [sk-a, sk-b]}\n"
        "example: {headers: {X-Mode: test, Authorization: Bearer sk-b}}\n"
        "rules: [{when: {header: {x-mode: test}}, replies: [a]}]"
    )
    (body,) = scenario.requests()
    call = call_of(scenario, body)
    assert b"headers" not in call.body
    assert [pair for pair in call.headers if pair[0].lower() == "authorization"] == [("Authorization", "Bearer sk-b")]
    assert call.headers.get("content-type") == "application/json"
    assert "rules[0] answers" in explain(scenario, [body])


def test_headers_that_are_none_are_refused():
    with pytest.raises(MockLLMError, match="headers of a request are a mapping of names to texts, found 7"):
        call_of(load_text("rules: []"), {"headers": 7})


def test_what_goes_over_a_websocket_is_named_and_tried_again_after_an_error():
    scenario = load_text("rules: [{replies: [{attempts: [{error: server_error}], text: Hi}]}]")
    over = call_of(scenario, {"api": "responses.websocket", "input": "Hi"})
    assert (over.method, over.path, over.body) == ("WEBSOCKET", "/v1/responses", b'{"input":"Hi"}')
    assert call_of(scenario, {"api": "realtime"}).path == "/v1/realtime"
    body = {"api": "responses.websocket", "model": "gpt-5.1", "input": "Hi"}
    (exchanges,) = visits(scenario, [body])
    assert [exchange.status for exchange in exchanges] == [500, 200]
