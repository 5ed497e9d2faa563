import base64
import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.pagination import SyncCursorPage
from openai.types.chat import ChatCompletion, ChatCompletionDeleted, ChatCompletionStoreMessage

from mockllm import registry
from mockllm.engine import HEALTH, Engine
from mockllm.errors import ApiError
from mockllm.exchange import Delivery, Ending, Outcome, Trouble
from mockllm.journal import Journal
from mockllm.plan import Gate, Reset, Send, duration, render
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text
from mockllm.scenario.reply import CallReply
from tests.calls import ASK, body, call, chat, chunks, engine, error, head, header, sent, text
from tests.openapi_schema import violations
from tests.strict import problems

HELLO = "rules: [{replies: [Hello]}]"
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}]


def saying(content):
    return [{"role": "user", "content": content}]


# Answers.


def test_a_matching_rule_answers_and_the_exchange_says_which():
    served = engine("rules: [{name: greeting, when: {user: Hi}, replies: [Hello]}]")
    exchange = served.handle(chat())
    assert (exchange.status, exchange.rule, exchange.attempt, exchange.trouble) == (200, "greeting", 1, None)
    assert text(exchange) == "Hello"
    assert exchange.request is not None
    assert exchange.request.model == "gpt-4o"


def test_the_first_rule_that_matches_wins_and_why_the_others_do_not_is_told():
    served = engine("rules: [{when: {model: gpt-9}, replies: [a]}, {replies: [b]}, {replies: [c]}]")
    exchange = served.handle(chat())
    assert (text(exchange), exchange.rule) == ("b", "rules[1]")
    assert exchange.why == "matched\nrules[0]: model: wanted gpt-9, found 'gpt-4o'"


def test_a_stream_is_chunks_and_an_end_marker():
    found = chunks(engine(HELLO).handle(chat(stream=True)))
    assert [chunk["choices"][0]["delta"] for chunk in found] == [
        {"role": "assistant", "content": "", "refusal": None},
        {"content": "Hello"},
        {},
    ]


def test_the_stream_and_the_body_of_one_answer_are_one_completion():
    streamed, plain = (engine(HELLO).handle(chat(stream=stream)) for stream in (True, False))
    assert text(streamed) == text(plain)
    assert chunks(streamed)[0]["id"] == body(plain)["id"]


# Scripts.


def test_replies_are_given_in_order_whoever_asks():
    served = engine("rules: [{replies: [one, two], then: loop}]")
    assert [text(served.handle(chat(user=str(number)))) for number in range(4)] == ["one", "two", "one", "two"]


def test_a_script_that_is_used_up_is_refused_with_what_to_do():
    served = engine("rules: [{name: short, replies: [one, two]}]")
    served.handle(chat())
    served.handle(chat())
    exchange = served.handle(chat())
    assert (exchange.trouble, exchange.rule) == (Trouble.EXHAUSTED, "short")
    assert error(exchange) == {
        "status": 400,
        "message": "mockllm: the script of short is used up: all 2 replies were given. Add a reply, or say "
        "`then: repeat` or `then: loop`.",
        "type": "invalid_request_error",
        "param": None,
        "code": "script_exhausted",
    }


RETRIED = """
rules:
  - replies:
      - attempts: [{error: rate_limit_exceeded}, {reset: {at: start}}]
        text: first
      - second
"""


def tries(served, *names):
    """What each request by name gets: the status or `reset`, or the words."""
    found = []
    for name in names:
        exchange = served.handle(chat(messages=saying(name)))
        if isinstance(exchange.plan[-1], Reset):
            found.append("reset")
        else:
            found.append(text(exchange) if exchange.status == 200 else exchange.status)
    return found


def test_retries_of_one_request_walk_through_its_attempts_and_stay_with_the_reply():
    assert tries(engine(RETRIED), "x", "x", "x", "y") == [429, "reset", "first", "second"]


def test_different_requests_have_attempts_of_their_own():
    assert tries(engine(RETRIED), "x", "y", "x", "x", "y") == [429, "second", "reset", "first", 400]


def test_the_same_request_after_its_attempts_gets_the_next_reply():
    assert tries(engine(RETRIED), "x", "x", "x", "x") == [429, "reset", "first", "second"]


def test_the_attempt_number_counts_the_tries_of_the_very_same_request():
    served = engine("rules: [{replies: [{text: a, attempts: [{status: 500}]}]}]")
    attempts = [served.handle(chat(messages=saying(name))).attempt for name in ("x", "y", "x", "x")]
    assert attempts == [1, 1, 2, 3]


def test_after_the_scripted_attempts_every_try_is_byte_for_byte_the_same():
    served = engine("rules: [{replies: [{text: a, attempts: [{status: 500}]}]}]")
    first, second, third, fourth = (served.handle(chat()) for _ in range(4))
    assert second.plan == third.plan == fourth.plan != first.plan


def test_faults_without_a_place_are_told_and_the_others_noted():
    served = engine("rules: [{replies: [{text: a, faults: [{reset: {at: {frame: 99}}}, {status: 206}]}]}]")
    assert served.handle(chat()).unfired == ("reset",)
    (state,) = served.namespaces().values()
    assert state.fired == {(0, 0, 0, 1)}


# No rule.


def test_a_request_that_no_rule_matches_is_told_the_nearest_rules_and_their_differences():
    served = engine(
        """
        name: strictly
        rules:
          - {name: far, when: {model: gpt-9, tools: get_weather, stream: true}, replies: [a]}
          - {name: near, when: {model: gpt-9}, replies: [b]}
          - {name: nearer, when: {user: {contains: weather}}, replies: [c]}
        """
    )
    exchange = served.handle(chat())
    nearest = (
        "The nearest rules: near: model: wanted gpt-9, found 'gpt-4o' | "
        "nearer: user: wanted a text with 'weather', found 'Hi' | "
        "far: model: wanted gpt-9, found 'gpt-4o'; stream: wanted true, found false; "
        "tools: wanted get_weather, found no tools"
    )
    assert (exchange.trouble, exchange.rule, exchange.why) == (Trouble.UNMATCHED, None, nearest)
    assert error(exchange) == {
        "status": 400,
        "message": f"mockllm: no rule of scenario 'strictly' matches this request. {nearest}",
        "type": "invalid_request_error",
        "param": None,
        "code": "no_rule_matched",
    }


def test_a_scenario_without_rules_says_so():
    exchange = engine("name: empty").handle(chat())
    assert "It has no rules for this API." in error(exchange)["message"]


def test_otherwise_answers_what_no_rule_does():
    served = engine("{rules: [{when: {model: gpt-9}, replies: [a]}], otherwise: {error: {status: 418}}}")
    exchange = served.handle(chat())
    assert (exchange.status, exchange.rule, exchange.trouble) == (418, "otherwise", None)
    assert exchange.why == "The nearest rules: rules[0]: model: wanted gpt-9, found 'gpt-4o'"


def test_otherwise_has_attempts_like_any_reply():
    served = engine("otherwise: {text: a, attempts: [{error: {status: 500}}, {error: {status: 503}}]}")
    statuses = [served.handle(chat(messages=saying(name))).status for name in ("x", "y", "x", "x", "x")]
    assert statuses == [500, 500, 503, 200, 200]


# What a call must bring.


@pytest.mark.parametrize(
    ("headers", "code", "words"),
    [
        ((), None, "You didn't provide an API key."),
        ((("authorization", "Bearer sk-wrong-key"),), "invalid_api_key", "Incorrect API key provided: sk-w****-key."),
    ],
)
def test_a_call_without_an_accepted_key_is_401(headers, code, words):
    served = engine("{auth: {keys: [sk-right]}, rules: [{replies: [Hello]}]}")
    exchange = served.handle(call("POST", "/v1/chat/completions", ASK, headers))
    assert words in error(exchange)["message"]
    assert (exchange.status, error(exchange)["code"], exchange.trouble) == (401, code, None)
    assert violations("ErrorResponse", body(exchange)) == []
    accepted = call("POST", "/v1/chat/completions", ASK, (("authorization", "Bearer sk-right"),))
    assert served.handle(accepted).status == 200


def test_a_refused_call_takes_no_step():
    served = engine("{auth: {keys: [sk-right]}, rules: [{replies: [one, two]}]}")
    served.handle(chat())
    served.handle(call("POST", "/v1/chat/completions", {**ASK, "temperature": 9}, (("api-key", "sk-right"),)))
    accepted = call("POST", "/v1/chat/completions", ASK, (("api-key", "sk-right"),))
    assert text(served.handle(accepted)) == "one"


def test_a_model_that_is_not_served_is_refused_at_the_edge_and_recorded():
    served = engine("{models: {ids: [gpt-5.1], only: true}, rules: [{replies: [Hello]}]}")
    exchange = served.handle(chat())
    assert error(exchange) == {
        "status": 404,
        "message": "The model `gpt-4o` does not exist or you do not have access to it.",
        "type": "invalid_request_error",
        "param": None,
        "code": "model_not_found",
    }
    assert header(exchange, "content-type") == "application/json; charset=utf-8"
    assert header(exchange, "openai-version") is None
    assert sent(exchange).startswith(b'{\n    "error"')
    assert (exchange.trouble, exchange.request.model) == (None, "gpt-4o")
    assert served.handle(chat(model="gpt-5.1")).status == 200


def test_a_path_that_is_not_served_is_404_and_a_method_405():
    served = engine(HELLO)
    missing, wrong = served.handle(call("POST", "/v1/foo", {})), served.handle(call("PUT", "/v1/chat/completions", {}))
    assert (missing.status, error(missing)["message"]) == (404, "Invalid URL (POST /v1/foo)")
    assert (wrong.status, error(wrong)["code"]) == (405, "method_not_supported")
    assert missing.trouble == wrong.trouble == Trouble.UNMATCHED


def test_two_addresses_that_disagree_are_400_and_recorded():
    served = engine("{name: a, rules: [{replies: [Hello]}]}", "{name: b, rules: [{replies: [Hello]}]}")
    exchange = served.handle(chat("/a/v1", model="mockllm/b"))
    assert (exchange.status, exchange.trouble, exchange.namespace) == (400, Trouble.UNMATCHED, "")
    assert error(exchange)["code"] == "address_conflict"


def test_a_path_under_no_base_and_an_unknown_scenario_are_404():
    served = engine(HELLO)
    for path in ("/chat/completions", "/nowhere/v1/chat/completions"):
        exchange = served.handle(call("POST", path, ASK))
        assert (exchange.status, exchange.trouble, exchange.namespace) == (404, Trouble.UNMATCHED, "")


def test_a_body_that_is_too_large_is_413():
    served = engine(HELLO)
    exchange = served.too_large(call("POST", "/@7/v1/chat/completions"), 1000)
    assert (exchange.status, exchange.namespace, exchange.trouble) == (413, "scenario@7", None)
    assert error(exchange)["message"] == "Request body is too large: the limit is 1000 bytes."
    assert served.too_large(call("POST", "/nowhere"), 1000).namespace == ""
    assert [found.number for found in served.journal] == [1, 2]


def test_another_content_type_is_415_and_a_body_that_is_no_json_400():
    served = engine(HELLO)
    wrong = call("POST", "/v1/chat/completions", ASK, (("content-type", "text/plain"),))
    assert served.handle(wrong).status == 415
    assert served.handle(call("POST", "/v1/chat/completions", b"{")).status == 400


def test_only_a_strict_scenario_refuses_unknown_fields():
    lenient, strict = engine(HELLO), engine(f"{{strict: true, {HELLO}}}")
    assert lenient.handle(chat(unheard_of=1)).status == 200
    assert error(strict.handle(chat(unheard_of=1)))["message"] == "Unrecognized request argument supplied: unheard_of"


# Resources.


def test_models_are_those_of_the_scenario_or_the_usual_ones():
    served = engine("{models: [gpt-5.1, openai/gpt-5.1], created: 1700000000}")
    listed = body(served.handle(call("GET", "/v1/models")))
    assert [(model["id"], model["created"]) for model in listed["data"]] == [
        ("gpt-5.1", 1_700_000_000),
        ("openai/gpt-5.1", 1_700_000_000),
    ]
    assert body(served.handle(call("GET", "/v1/models/openai/gpt-5.1")))["id"] == "openai/gpt-5.1"
    usual = [model["id"] for model in body(engine(HELLO).handle(call("GET", "/v1/models")))["data"]]
    assert "gpt-4o" in usual


def test_a_resource_answers_itself_whatever_rules_there_are_for_conversations():
    exchange = engine(HELLO).handle(call("GET", "/v1/models"))
    assert (exchange.status, exchange.rule, exchange.why) == (200, None, "answered from what the server holds")
    assert sent(exchange).endswith(b"}\n")


def test_a_rule_that_names_a_resource_answers_it():
    served = engine("rules: [{when: {api: models}, replies: [{error: {status: 503}}, {auto: true}]}]")
    first, second = (served.handle(call("GET", "/v1/models")) for _ in range(2))
    assert (first.status, first.rule) == (503, "rules[0]")
    assert (second.status, second.rule, body(second)["object"]) == (200, "rules[0]", "list")


def test_an_unknown_model_is_404_with_or_without_a_rule():
    for rules in (HELLO, "rules: [{name: all, when: {api: models*}, replies: [{auto: true}]}]"):
        exchange = engine(rules).handle(call("GET", "/v1/models/gpt-9"))
        assert (exchange.status, exchange.trouble) == (404, None)
        assert error(exchange)["message"] == "The model 'gpt-9' does not exist"
    assert exchange.rule == "all"


def test_a_turn_scripted_for_a_resource_is_a_failed_reply():
    exchange = engine("rules: [{when: {api: models}, replies: [Hello]}]").handle(call("GET", "/v1/models"))
    assert (exchange.status, exchange.trouble, exchange.rule) == (500, Trouble.FAILED, "rules[0]")
    assert error(exchange)["code"] == "reply_failed"


def test_the_tokens_of_a_request_are_counted_as_its_answer_counts_them():
    served = engine(HELLO)
    asked = {"model": "gpt-4o", "input": "Hi"}
    counted = body(served.handle(call("POST", "/v1/responses/input_tokens", asked)))
    answered = body(served.handle(call("POST", "/v1/responses", asked)))
    assert counted["input_tokens"] == answered["usage"]["input_tokens"] > 0


# Stored completions (wire-contract §5.5).

ECHOED = "§5.5, echoed sampling parameters"
BEYOND_STORED = {
    path: ECHOED
    for name in ("request_id", "temperature", "top_p", "presence_penalty", "frequency_penalty", "seed", "tools")
    for path in (name, f"data[].{name}")
} | {path: ECHOED for name in ("tool_choice", "response_format", "input_user") for path in (name, f"data[].{name}")}
# The example of ChatCompletionMessageList in OpenAI's description shows a user's message with a name.
BEYOND_MESSAGE = {
    "role": "the example of ChatCompletionMessageList",
    "name": "the example of ChatCompletionMessageList",
}


def test_stored_completions_live_from_their_creation_to_their_deletion():
    served = engine(HELLO)
    path = "/v1/chat/completions"
    first = body(served.handle(chat(store=True, metadata={"team": "a"}, messages=saying("1"))))["id"]
    second = chunks(served.handle(chat(store=True, stream=True, messages=saying("2"))))[0]["id"]
    body(served.handle(chat(messages=saying("3"))))

    listed = body(served.handle(call("GET", path)))
    assert [item["id"] for item in listed["data"]] == [first, second]
    assert (listed["first_id"], listed["last_id"], listed["has_more"]) == (first, second, False)
    assert [item["metadata"] for item in listed["data"]] == [{"team": "a"}, {}]
    assert [item["id"] for item in body(served.handle(call("GET", f"{path}?metadata[team]=a")))["data"]] == [first]

    kept = body(served.handle(call("GET", f"{path}/{first}")))
    assert (kept["id"], kept["choices"][0]["message"]["content"]) == (first, "Hello")
    updated = body(served.handle(call("POST", f"{path}/{first}", {"metadata": {"team": "b"}})))
    assert updated == {**kept, "metadata": {"team": "b"}}
    messages = body(served.handle(call("GET", f"{path}/{first}/messages")))
    assert [(message["role"], message["content"]) for message in messages["data"]] == [("user", "1")]

    deleted = body(served.handle(call("DELETE", f"{path}/{first}")))
    assert deleted == {"id": first, "object": "chat.completion.deleted", "deleted": True}
    gone = served.handle(call("GET", f"{path}/{first}"))
    assert (gone.status, error(gone)["message"]) == (404, f"Chat completion with id '{first}' not found.")
    assert [item["id"] for item in body(served.handle(call("GET", path)))["data"]] == [second]


def test_stored_completions_are_listed_in_pages():
    served = engine(HELLO)
    ids = [body(served.handle(chat(store=True, messages=saying(str(number)))))["id"] for number in range(5)]
    seen, after = [], ""
    while True:
        found = body(served.handle(call("GET", f"/v1/chat/completions?limit=2{after}")))
        seen += [item["id"] for item in found["data"]]
        if not found["has_more"]:
            break
        after = f"&after={found['last_id']}"
    assert seen == ids


def test_every_answer_about_stored_completions_is_what_the_sdk_and_openai_say():
    served = engine(HELLO)
    created = body(served.handle(chat(store=True)))
    path = "/v1/chat/completions"
    listed = body(served.handle(call("GET", path)))
    kept = body(served.handle(call("GET", f"{path}/{created['id']}")))
    messages = body(served.handle(call("GET", f"{path}/{created['id']}/messages")))
    deleted = body(served.handle(call("DELETE", f"{path}/{created['id']}")))
    assert problems(kept, ChatCompletion, BEYOND_STORED) == []
    assert (
        problems(listed["data"], list[ChatCompletion], {f"[].{path}": why for path, why in BEYOND_STORED.items()}) == []
    )
    allowed = {f"[].{path}": why for path, why in BEYOND_MESSAGE.items()}
    assert problems(messages["data"], list[ChatCompletionStoreMessage], allowed) == []
    assert problems(deleted, ChatCompletionDeleted) == []
    assert set(SyncCursorPage[ChatCompletion].model_fields) <= listed.keys()
    assert violations("ChatCompletionList", listed) == []
    assert violations("CreateChatCompletionResponse", kept) == []
    described = {
        "data[].role": "the example of ChatCompletionMessageList",
        "data[].refusal": "the example of ChatCompletionMessageList",
    }
    assert violations("ChatCompletionMessageList", messages, described) == []
    assert violations("ChatCompletionDeleted", deleted) == []


# Namespaces.


def test_runs_and_scenarios_have_state_of_their_own():
    served = engine("{name: a, rules: [{replies: [one, two]}]}", "{name: b, rules: [{replies: [three, four]}]}")
    bases = ["/v1", "/a@7/v1", "/b/v1", "/a/v1", "/a@7/v1", "/b/v1", "/@8/v1"]
    found = [served.handle(chat(base)) for base in bases]
    assert [text(exchange) for exchange in found] == ["one", "one", "three", "two", "two", "four", "one"]
    assert [exchange.namespace for exchange in found] == ["a", "a@7", "b", "a", "a@7", "b", "a@8"]
    assert set(served.namespaces()) == {"a", "a@7", "b", "a@8"}


def test_a_key_and_a_model_lead_to_a_namespace_too():
    served = engine("{name: a, rules: [{replies: [one, two]}]}", "{name: b, rules: [{replies: [three, four]}]}")
    by_key = call("POST", "/v1/chat/completions", ASK, (("authorization", "Bearer sk-mock-b@7"),))
    by_model = chat(model="mockllm/b@7")
    assert [text(served.handle(by)) for by in (by_key, by_model)] == ["three", "four"]
    assert set(served.namespaces()) == {"b@7"}


def test_a_model_that_is_an_address_is_served_where_there_are_only_some():
    served = engine("{name: a, models: {ids: [gpt-5.1], only: true}, rules: [{replies: [Hello]}]}")
    assert served.handle(chat(model="mockllm/a")).status == 200


def test_what_is_stored_in_a_run_stays_there():
    served = engine(HELLO)
    body(served.handle(chat("/@7/v1", store=True)))
    assert len(body(served.handle(call("GET", "/@7/v1/chat/completions")))["data"]) == 1
    assert body(served.handle(call("GET", "/v1/chat/completions")))["data"] == []


def test_runs_have_chance_of_their_own():
    served = engine("rules: [{replies: [{generate: 20}]}]")
    assert text(served.handle(chat("/@7/v1"))) != text(served.handle(chat("/@8/v1")))


def test_the_namespace_that_was_not_used_for_longest_is_forgotten_first(monkeypatch):
    monkeypatch.setattr(registry, "MOST_NAMESPACES", 2)
    served = engine("rules: [{replies: [one, two, three]}]")
    found = [text(served.handle(chat(f"/@{run}/v1"))) for run in "abacab"]
    assert found == ["one", "one", "two", "one", "three", "one"]
    assert list(served.namespaces()) == ["scenario@a", "scenario@b"]


def test_a_scenario_that_is_replaced_begins_anew():
    library = Library(scenarios=[load_text("{name: a, rules: [{replies: [one, two]}]}")])
    served = Engine(library)
    served.handle(chat())
    library.put(load_text("{name: a, rules: [{replies: [three, four]}]}"))
    assert text(served.handle(chat())) == "three"


def test_a_reset_forgets_state_and_record_and_numbers_go_on():
    served = engine("rules: [{replies: [one, two]}]")
    served.handle(chat())
    served.reset()
    assert (len(served.journal), served.namespaces()) == (0, {})
    exchange = served.handle(chat())
    assert (text(exchange), exchange.number) == ("one", 2)


def test_a_namespace_can_have_a_scenario_of_its_own_until_it_is_dropped():
    served = engine("{name: a, rules: [{replies: [one]}]}")
    assert served.bind("@7", load_text("{name: b, rules: [{replies: [own, more]}]}")) == "default@7"
    runs = [served.handle(chat(base)) for base in ("/@7/v1", "/v1", "/@8/v1", "/@7/v1")]
    assert [text(exchange) for exchange in runs] == ["own", "one", "one", "more"]
    assert [exchange.namespace for exchange in runs] == ["default@7", "a", "a@8", "default@7"]
    assert served.state("default@7")["bound"]
    assert list(served.bindings()) == ["default@7"]
    served.reset("default@7")
    assert text(served.handle(chat("/@7/v1"))) == "own"
    assert served.drop("default@7")
    assert text(served.handle(chat("/@7/v1"))) == "one"


def test_a_namespace_can_go_on_with_a_changed_scenario():
    served = engine("{name: a, rules: [{replies: [one, two]}]}")
    assert text(served.handle(chat("/@7/v1"))) == "one"
    changed = load_text("{name: a, rules: [{replies: [one, changed]}]}")
    assert served.change("a@7", changed) is served.namespaces()["a@7"]
    assert text(served.handle(chat("/@7/v1"))) == "changed"
    assert text(served.handle(chat("/@8/v1"))) == "one"


def test_a_bound_scenario_draws_the_same_whatever_its_run_is_called():
    served = engine("{name: a, rules: [{replies: [{generate: {tokens: 20}}]}]}")
    for run in ("@7", "@8"):
        served.bind(run, load_text("{name: a, rules: [{replies: [{generate: {tokens: 20}}]}]}"))
    first, second, plain, other = (served.handle(chat(base)) for base in ("/@7/v1", "/@8/v1", "/v1", "/@9/v1"))
    assert sent(first) == sent(second) == sent(plain)
    assert sent(other) != sent(plain)


def test_two_tests_give_the_same_run_a_scenario_one_after_the_other():
    served = engine("{name: a, rules: [{replies: [one]}]}")
    for word in ("x", "y"):
        served.bind("a@7", load_text(f"{{rules: [{{replies: [{word}]}}]}}"))
        assert text(served.handle(chat("/a@7/v1"))) == word


def test_to_forget_one_namespace_leaves_the_others():
    served = engine("{name: a, rules: [{replies: [one, two, three]}]}")
    for base in ("/@7/v1", "/@8/v1"):
        served.handle(chat(base))
    served.reset("a@7")
    assert [exchange.namespace for exchange in served.journal] == ["a@8"]
    assert [text(served.handle(chat(base))) for base in ("/@7/v1", "/@8/v1")] == ["one", "two"]
    assert served.drop("a@7")
    assert not served.drop("a@7")
    assert (served.state("a@7"), list(served.namespaces())) == (None, ["a@8"])
    assert [exchange.namespace for exchange in served.journal] == ["a@8", "a@8"]


def test_a_record_without_state_can_be_dropped_too():
    served = engine("{name: a, rules: [{replies: [one]}]}")
    served.handle(chat())
    served.library.put(load_text("name: b"))
    served.too_large(call("POST", "/v1/chat/completions"), 1)
    assert served.state("b") is None
    assert served.drop("b")
    assert [exchange.namespace for exchange in served.journal] == ["a"]


# Keys.

LED = """
name: door
auth: {keys: [sk-own, {key: sk-led, scenario: other}, {key: sk-old, expired: true}]}
rules: [{replies: [own]}]
"""
OTHER = "{name: other, auth: {keys: [sk-inside]}, rules: [{replies: [led]}]}"


def keyed(key, base="/v1"):
    return call("POST", f"{base}/chat/completions", ASK, (("authorization", f"Bearer {key}"),))


def test_a_key_leads_to_a_scenario_and_the_door_decides_who_comes_in():
    served = engine(LED, OTHER)
    found = [served.handle(keyed(key, "/@7/v1")) for key in ("sk-own", "sk-led", "sk-old", "sk-inside")]
    assert [exchange.status for exchange in found] == [200, 200, 401, 401]
    assert [text(exchange) for exchange in found[:2]] == ["own", "led"]
    assert [exchange.namespace for exchange in found] == ["door@7", "other@7", "door@7", "door@7"]


def test_what_the_door_lets_in_is_not_remembered_for_the_scenario_itself():
    served = engine(LED, OTHER)
    statuses = [served.handle(keyed("sk-led", base)).status for base in ("/v1", "/other/v1", "/v1", "/other/v1")]
    assert statuses == [200, 401, 200, 401]


def test_a_key_that_leads_nowhere_is_told():
    served = engine("auth: {keys: [{key: sk-led, scenario: othre}]}")
    exchange = served.handle(keyed("sk-led"))
    assert (exchange.status, exchange.trouble) == (404, Trouble.UNMATCHED)
    assert "there is no scenario 'othre'" in error(exchange)["message"]


# Limits.

CROWDED = "{name: busy, limits: {concurrent: 1, queue: 2}, rules: [{replies: [a, b, c, d, e]}]}"


def ends(served, exchange):
    served.finish(exchange, (), Outcome(Ending.COMPLETE))


def waits(served, exchange):
    """Whether the exchange waits for its turn: its plan begins with a gate that is closed."""
    gate = exchange.plan[0]
    return isinstance(gate, Gate) and not served.gates.is_open(exchange.namespace, gate.name)


def test_requests_above_the_number_wait_in_order_until_one_before_them_has_ended():
    served = engine(CROWDED)
    first, second, third, fourth = (served.handle(chat()) for _ in range(4))
    assert [exchange.status for exchange in (first, second, third, fourth)] == [200, 200, 200, 429]
    assert [text(exchange) for exchange in (first, second, third)] == ["a", "b", "c"]
    assert (error(fourth)["type"], header(fourth, "retry-after")) == ("requests", None)
    assert [waits(served, exchange) for exchange in (first, second, third, fourth)] == [False, True, True, False]
    ends(served, fourth)
    assert waits(served, second)
    ends(served, first)
    assert [waits(served, exchange) for exchange in (second, third)] == [False, True]
    fifth = served.handle(chat())
    ends(served, second)
    assert [waits(served, exchange) for exchange in (third, fifth)] == [False, True]
    assert text(fifth) == "d"
    ends(served, third)
    ends(served, fifth)
    last = served.handle(chat())
    assert not isinstance(last.plan[0], Gate)
    assert render(second.plan).splitlines()[0] == "  0.000  gate   turn/2    (limits: concurrent)"


def test_one_that_goes_away_while_it_waits_lets_the_next_one_up():
    served = engine(CROWDED)
    first, second, third = (served.handle(chat()) for _ in range(3))
    ends(served, second)
    assert waits(served, third)
    ends(served, first)
    assert not waits(served, third)


def test_a_queue_goes_on_when_its_namespace_is_forgotten():
    served = engine(CROWDED)
    first, second = (served.handle(chat()) for _ in range(2))
    served.drop("busy")
    fresh = served.handle(chat())
    assert not isinstance(fresh.plan[0], Gate)
    assert waits(served, second)
    ends(served, first)
    assert not waits(served, second)


def test_what_is_refused_after_it_was_let_in_has_a_place_until_it_has_ended():
    served = engine("{name: busy, limits: {concurrent: 1}, rules: [{when: {model: x}, replies: [a]}]}")
    unmatched = served.handle(chat())
    assert (unmatched.status, served.handle(chat()).status) == (400, 429)
    ends(served, unmatched)
    assert served.handle(chat(model="x")).status == 200


def test_where_all_share_the_places_the_server_is_overloaded():
    served = engine("{name: busy, limits: {concurrent: 1, per: namespace}, rules: [{replies: [a]}]}")
    served.handle(chat())
    exchange = served.handle(chat(model="other"))
    assert (exchange.status, error(exchange)["code"]) == (503, "server_is_overloaded")


TOLD = "{name: told, limits: {requests: 4/min}, RULES}"


@pytest.mark.parametrize(
    ("rules", "asked", "status"),
    [
        (HELLO, chat(), 200),
        (HELLO, chat(stream=True), 200),
        (HELLO, chat(temperature=9), 400),
        (HELLO, call("POST", "/v1/chat/completions", b"{"), 400),
        (HELLO, call("POST", "/v1/chat/completions", ASK, (("content-type", "text/plain"),)), 415),
        (HELLO, call("POST", "/v1/embeddings", {"model": "text-embedding-3-small", "input": "Hi"}), 200),
        ("rules: [{when: {model: x}, replies: [a]}]", chat(), 400),
        ("rules: [{replies: [{error: {status: 500}}]}]", chat(), 500),
        ("rules: [{replies: ['{{ request.nothing.at.all }}']}]", chat(), 500),
        ("otherwise: {error: insufficient_quota}", chat(), 429),
    ],
)
def test_every_answer_of_the_api_layer_counts_and_tells_the_limits(rules, asked, status):
    served = engine(TOLD.replace("RULES", rules))
    found = [served.handle(asked) for _ in range(2)]
    assert [exchange.status for exchange in found] == [status, status]
    assert [header(exchange, "x-ratelimit-remaining-requests") for exchange in found] == ["3", "2"]
    assert [header(exchange, "x-ratelimit-reset-requests") for exchange in found] == ["15s", "30s"]


@pytest.mark.parametrize(
    ("scenario", "asked", "status"),
    [
        (TOLD, call("GET", "/v1/models"), 200),
        (TOLD, call("POST", "/v1/nowhere", ASK), 404),
        (f"{{models: {{ids: [x], only: true}}, {TOLD[1:]}", chat(), 404),
        (f"{{auth: {{keys: [sk-x]}}, {TOLD[1:]}", chat(), 401),
        (TOLD.replace("RULES", "rules: [{replies: [{raw: {body: x}}]}]"), chat(), 200),
    ],
)
def test_what_is_answered_before_the_api_layer_or_beside_it_tells_no_limits(scenario, asked, status):
    exchange = engine(scenario.replace("RULES", HELLO)).handle(asked)
    assert (exchange.status, header(exchange, "x-ratelimit-remaining-requests")) == (status, None)


def test_a_call_that_cannot_be_read_is_refused_for_its_rate_first():
    served = engine("{name: told, limits: {requests: 1/min}, rules: [{replies: [a, b]}]}")
    statuses = [served.handle(asked).status for asked in (chat(), chat(temperature=9), chat(temperature=9))]
    assert statuses == [200, 429, 429]


def test_a_model_that_is_not_served_takes_nothing_from_the_limits():
    served = engine(
        "{name: s, models: {ids: [x], only: true}, limits: {requests: 2/min, per: key}, rules: [{replies: [a]}]}"
    )
    for _ in range(3):
        assert served.handle(chat()).status == 404
    assert header(served.handle(chat(model="x")), "x-ratelimit-remaining-requests") == "1"


# The record.


def test_every_call_is_recorded_once_as_open_and_completed_once():
    shown = []
    served = Engine(Library(scenarios=[load_text(HELLO)]), Journal(), observers=[shown.append])
    good, bad = served.handle(chat()), served.handle(call("GET", "/nowhere"))
    assert [exchange.number for exchange in served.journal] == [1, 2]
    assert {exchange.outcome.ending for exchange in served.journal} == {Ending.OPEN}
    deliveries = (Delivery(0, 0, 1, 10),)
    served.finish(good, deliveries, Outcome(Ending.COMPLETE, 2))
    served.finish(bad, (), Outcome(Ending.LEFT, 0))
    assert [exchange.outcome.ending for exchange in served.journal] == [Ending.COMPLETE, Ending.LEFT]
    assert served.journal[0].deliveries == deliveries
    assert [(exchange.number, exchange.outcome.ending) for exchange in shown] == [
        (1, Ending.COMPLETE),
        (2, Ending.LEFT),
    ]


def test_a_check_of_health_is_answered_and_not_recorded():
    shown = []
    served = Engine(Library(), observers=[shown.append])
    exchange = served.handle(call("GET", HEALTH))
    served.finish(exchange, (), Outcome(Ending.COMPLETE))
    assert (exchange.status, sent(exchange)) == (200, b'{"status":"ok"}\n')
    assert (len(served.journal), shown) == (0, [])


# Replies that fail.


def test_a_template_that_fails_is_told_and_recorded():
    exchange = engine("rules: [{name: bad, replies: ['{{ request.nothing.at.all }}']}]").handle(chat())
    assert (exchange.status, exchange.trouble, exchange.rule) == (500, Trouble.FAILED, "bad")
    found = error(exchange)
    assert (found["type"], found["code"]) == ("server_error", "reply_failed")
    assert found["message"].startswith("mockllm: the template '{{ request.nothing.at.all }}' cannot be filled in")
    assert exchange.why == found["message"]


def test_a_callable_answers_from_the_request_and_its_error_is_told():
    def answer(request):
        return f"You said {request.messages[-1].text}" if request.messages[-1].text == "Hi" else 1 / 0

    scenario = load_text(HELLO)
    rule = scenario.rules[0].model_copy(update={"replies": (CallReply(call=answer),)})
    served = Engine(Library(scenarios=[scenario.model_copy(update={"rules": (rule,)})]))
    assert text(served.handle(chat())) == "You said Hi"
    failed = served.handle(chat(messages=saying("Ho")))
    assert (failed.status, failed.trouble) == (500, Trouble.FAILED)
    assert "ZeroDivisionError" in error(failed)["message"]


def test_a_scenario_file_that_does_not_load_is_told(tmp_path):
    (tmp_path / "broken.yaml").write_text("rulez: []")
    exchange = Engine(Library.of_paths([tmp_path])).handle(chat("/broken/v1"))
    assert (exchange.status, exchange.trouble) == (500, Trouble.FAILED)
    assert "unknown key 'rulez'" in error(exchange)["message"]


# Time.


def test_created_is_fixed_unless_it_is_now():
    fixed, now = engine(HELLO), engine(f"{{created: now, {HELLO}}}")
    assert body(fixed.handle(chat()))["created"] == 1_767_225_600
    at = chat()
    assert body(now.handle(type(at)(at.method, at.path, "", at.headers, at.body, wall_s=1_700_000_000)))["created"] == (
        1_700_000_000
    )


# Laws.

MIXED = """
name: mixed
seed: 3
pace: {ttft: {lognormal: {median: 300ms, sigma: 0.4}}, itl: 20ms, jitter: 20%}
rules:
  - when: {tools: get_weather}
    replies: [{tool_calls: [{name: get_weather, arguments: {city: Paris}}], attempts: [{error: slow_down}]}]
  - when: {user: {contains: fake}}
    replies: ["{{ fake.name() }} lives in {{ fake.city() }}."]
  - when: {user: {contains: prose}}
    replies: [{generate: {tokens: 60, reasoning_tokens: 20}, faults: [{stall: {at: {share: 50%}, for: 5s}}]}]
  - when: {api: models}
    replies: [{auto: true}]
  - replies: [{auto: true}]
"""
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name"],
}
SCHEMA_FORMAT = {"type": "json_schema", "json_schema": {"name": "person", "schema": SCHEMA}}
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
OTHER_TOOL = {"type": "function", "function": {"name": "other", "parameters": PARAMETERS}}
CALLS = [
    chat(tools=TOOLS),
    chat(tools=TOOLS, stream=True, stream_options={"include_usage": True}),
    chat(messages=saying("a fake please"), stream=True),
    chat(messages=saying("a fake please"), n=3),
    chat(messages=saying("prose"), stream=True, max_tokens=50),
    chat(messages=saying("prose"), logprobs=True, top_logprobs=3),
    chat(response_format=SCHEMA_FORMAT),
    chat(tools=[OTHER_TOOL], stream=True),
    chat("/@7/v1", messages=saying("prose"), moderation={"model": "omni-moderation-latest"}),
    call("GET", "/v1/models"),
    call("GET", "/v1/models/gpt-9"),
    call("POST", "/v1/chat/completions", b"{"),
]


def plans():
    """Every plan of a fresh engine, as text."""
    return [repr(engine(MIXED).handle(one).plan) for one in CALLS]


def test_the_same_request_gives_the_same_plan_in_a_fresh_engine():
    assert plans() == plans()


OTHER_PROCESS = """
import json, sys
from tests.test_engine import plans
json.dump(plans(), sys.stdout)
"""


@pytest.mark.parametrize("hash_seed", ["0", "12345"])
def test_the_same_request_gives_the_same_plan_in_another_process(hash_seed):
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    root = Path(__file__).parent.parent
    command = [sys.executable, "-c", OTHER_PROCESS]
    found = subprocess.run(command, check=True, capture_output=True, env=environment, cwd=root, timeout=60)
    assert json.loads(found.stdout) == plans()


def test_the_same_request_gives_the_same_plan_among_any_others():
    others = [chat(messages=saying(f"{word} {number}")) for number in range(17) for word in ("hi", "fake", "prose")]
    alone = dict(enumerate(plans()))
    for seed in range(3):
        order = [*enumerate(CALLS), *((-1, other) for other in others)]
        random.Random(seed).shuffle(order)
        served = engine(MIXED)
        # Two of the calls are one request in two transports, whose tries count together.
        found = {number: repr(served.handle(one).plan) for number, one in order if number != 1}
        found.pop(-1)
        assert found == {number: plan for number, plan in alone.items() if number != 1}


def test_another_seed_gives_another_answer():
    other = engine(MIXED.replace("seed: 3", "seed: 4"))
    asked = chat(messages=saying("prose"))
    assert text(other.handle(asked)) != text(engine(MIXED).handle(asked))


keys = st.sampled_from(
    [
        *[
            "model",
            "messages",
            "stream",
            "tools",
            "tool_choice",
            "n",
            "stop",
            "store",
            "metadata",
            "max_tokens",
            "functions",
            "function_call",
        ],
        *[
            "role",
            "content",
            "name",
            "tool_calls",
            "tool_call_id",
            "type",
            "function",
            "custom",
            "arguments",
            "id",
            "text",
            "input",
            "index",
        ],
        *[
            "response_format",
            "json_schema",
            "schema",
            "logprobs",
            "top_logprobs",
            "stream_options",
            "moderation",
            "include_usage",
        ],
    ]
)
words = st.one_of(
    st.text(max_size=5),
    st.sampled_from(
        ["user", "assistant", "tool", "function", "custom", "text", "auto", "required", "json_schema", "gpt-4o"]
    ),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=12,
)
messages = st.lists(
    st.fixed_dictionaries({"role": words, "content": values}, optional={"tool_calls": values, "name": values})
)
bodies = st.fixed_dictionaries(
    {"model": st.just("gpt-4o") | values, "messages": messages | values},
    optional=dict.fromkeys(
        ("stream", "tools", "functions", "stop", "n", "response_format", "tool_choice", "moderation", "store"), values
    ),
)
FUZZED = engine("rules: [{replies: [{auto: true}]}]")


@given(
    st.one_of(bodies.map(json.dumps).map(str.encode), values.map(json.dumps).map(str.encode), st.binary(max_size=20))
)
@settings(max_examples=300, deadline=None)
def test_nothing_that_a_client_can_send_raises(data):
    for path in ("/v1/chat/completions", "/v1/chat/completions/x"):
        exchange = FUZZED.handle(call("POST", path, data))
        assert exchange.status in {200, 400, 404, 500}
        assert (exchange.status == 500) == (exchange.trouble is Trouble.FAILED)
    FUZZED.reset()


@given(st.text(max_size=30), st.text(max_size=30), st.sampled_from(["GET", "POST", "DELETE", "PUT", "X"]))
@settings(max_examples=200, deadline=None)
def test_no_path_and_no_query_raises(path, query, method):
    for full in (f"/{path}", f"/v1/{path}", f"/v1/models/{path}", f"/v1/chat/completions/{path}"):
        exchange = FUZZED.handle(call(method, f"{full}?{query}"))
        assert exchange.status in {200, 400, 404, 405}
    FUZZED.reset()


def test_a_plan_can_be_printed():
    printed = render(engine(HELLO).handle(chat(stream=True)).plan).splitlines()
    assert printed[0] == "  0.000  head   200 text/event-stream"
    assert printed[-1] == "  0.000  end"


def test_audio_decodes_to_silence():
    served = engine("rules: [{replies: [{audio: Good day}]}]")
    message = body(served.handle(chat()))["choices"][0]["message"]
    assert set(base64.b64decode(message["audio"]["data"])) == {0}
    assert (message["content"], message["audio"]["transcript"]) == (None, "Good day")


def test_the_head_of_a_refusal_has_the_headers_of_its_layer():
    exchange = engine(HELLO).handle(call("POST", "/v1/chat/completions", {}))
    assert dict(head(exchange).headers).keys() >= {"x-request-id", "openai-version", "content-length"}
    assert header(exchange, "content-type") == "application/json"
    assert orjson.loads(sent(exchange))["error"]["message"] == "you must provide a model parameter"


def test_the_status_of_an_exchange_is_the_one_that_is_sent():
    served = engine("{name: s, rules: [{replies: [{text: x, faults: [{status: 503}]}]}]}")
    assert served.handle(chat()).status == 503
    cut = engine("{name: s, rules: [{replies: [{text: x, faults: [{reset: {at: start}}]}]}]}")
    assert cut.handle(chat()).status == 200


def test_an_exchange_says_what_chaos_did_and_a_strike_without_a_place_is_unfired():
    served = engine("{chaos: [faults: [{done: twice}, {cut_arguments: {}}]], rules: [{replies: [Hi]}]}")
    exchange = served.handle(chat(stream=True))
    assert exchange.struck == ("chaos[0]: done",)
    assert exchange.unfired == ("chaos[0]: cut_arguments",)
    assert exchange.why == "matched\nstruck by chaos[0]: done, cut_arguments"
    assert "  (chaos[0]: done twice)" in render(exchange.plan)


# Connections, and leave to send a body.


def test_a_connection_is_met_before_anything_is_read_and_recorded():
    served = engine("accept: [reset, serve]\nrules: [{replies: [a]}]")
    first, second, third = (served.connect(number, 5, 7) for number in (11, 12, 13))
    assert (second, third) == (None, None)
    assert first.plan == (Reset("accept: reset"),)
    assert (first.call.method, first.call.path, first.call.connection) == ("CONNECTION", "*", 11)
    assert (first.call.at_us, first.call.wall_s, first.status, first.request) == (5, 7, 0, None)
    assert (first.namespace, first.why) == ("scenario", "connection 1 of 'scenario' met accept: reset")
    assert served.journal.all() == (first,)
    assert served.handle(chat()).number == first.number + 1


def test_who_lets_everybody_in_counts_nothing():
    served = engine(HELLO)
    assert served.connect(1, 0) is None
    assert served.namespaces() == {}
    assert Engine(Library()).connect(1, 0) is None


def test_connections_are_counted_anew_for_a_namespace_in_its_first_state():
    served = engine("accept: [reset]\nrules: [{replies: [a]}]")
    assert served.connect(1, 0) is not None
    assert served.connect(2, 0) is None
    served.reset()
    assert served.connect(3, 0) is not None


def test_chance_of_connections_follows_from_seed_and_number():
    def struck(seed):
        served = engine(f"seed: {seed}\naccept: {{reset: {{chance: 50%}}}}\nrules: [{{replies: [a]}}]")
        return [served.connect(number, 0) is not None for number in range(40)]

    assert struck(1) == struck(1) != struck(2)


ASKING = replace(chat(), body=b"")


@pytest.mark.parametrize("scenario", [HELLO, "expect_continue: ignore\nrules: []"])
def test_a_client_that_asks_gets_leave_unless_it_is_ignored(scenario):
    assert engine(scenario).leave(ASKING) is (scenario == HELLO)


def test_a_call_to_nowhere_gets_leave_and_is_refused_later():
    assert engine("expect_continue: ignore\nrules: []").leave(chat("/nowhere/v1")) is True


def test_the_answer_in_place_of_the_leave_is_recorded_and_takes_no_step():
    served = engine("expect_continue: {status: 429, code: busy, retry_after: 2s}\nrules: [{replies: [a, b]}]")
    refused = served.leave(ASKING)
    assert (refused.status, refused.rule, refused.trouble) == (429, "expect_continue", None)
    assert refused.why == "answered before the body was sent"
    assert header(refused, "retry-after") == "2"
    assert error(refused)["code"] == "busy"
    assert served.journal.all() == (refused,)
    assert text(served.handle(chat())) == "a"


# Load.

BUSY = """
name: busy
pace: {ttft: 100ms, itl: 10ms}
load: {slots: 2, queue: 1, slowdown: 50%}
rules: [{replies: [{text: [a, b, c]}]}]
"""


def test_a_busy_engine_runs_so_many_lets_others_wait_and_refuses_the_rest():
    served = engine(BUSY)
    first, second, third, fourth = (served.handle(chat(user=name, stream=True)) for name in "abcd")
    assert [exchange.status for exchange in (first, second, third, fourth)] == [200, 200, 200, 503]
    assert error(fourth)["code"] == "server_is_overloaded"
    assert render(third.plan).splitlines()[0] == "  0.000  gate   turn/3    (load: slots)"
    # Alone 100 + 2 * 10 ms; each other makes the gaps half as long again.
    assert [duration(exchange.plan) for exchange in (first, second, third)] == [120_000, 130_000, 130_000]


def test_who_waits_goes_on_when_a_slot_is_free():
    served = engine(BUSY)
    first, _, third = (served.handle(chat(user=name)) for name in "abc")
    assert waits(served, third)
    ends(served, first)
    assert not waits(served, third)


def test_the_same_arrivals_give_the_same_times_and_other_runs_are_other_engines():
    def plans(base):
        served = engine(BUSY)
        return [served.handle(chat(base, user=name)).plan for name in "abc"]

    assert plans("/v1") == plans("/v1")
    served = engine(BUSY)
    served.handle(chat("/busy@one/v1"))
    assert duration(served.handle(chat("/busy@two/v1")).plan) == 120_000


def test_lists_and_refusals_of_what_cannot_be_read_take_no_slot():
    served = engine(BUSY)
    for _ in range(4):
        served.handle(call("GET", "/v1/models"))
        served.handle(chat(messages=5))
    assert duration(served.handle(chat()).plan) == 120_000


def test_what_cannot_be_decided_is_refused_and_recorded():
    served = engine(HELLO)
    exchange = served.refuse(call("WEBSOCKET", "/@7/v1/responses"), ApiError(400, "No.", code="invalid_json"))
    assert (exchange.namespace, exchange.status, exchange.number) == ("scenario@7", 400, 1)
    (step,) = (step for step in exchange.plan if isinstance(step, Send))
    assert step.frame.data["error"]["code"] == "invalid_json"
    assert [kept.number for kept in served.journal] == [1]
