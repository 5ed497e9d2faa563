"""Legacy completions, through the engine: the shapes of wire-contract §6, judged by the SDK and by OpenAI's schema."""

import pytest
from openai.types import Completion

from tests.calls import body, call, chunks, engine, error, sent
from tests.openapi_schema import violations
from tests.strict import problems

SAYS = "rules: [{replies: [{text: [Hel, lo, '!']}]}]"
CALLS = "rules: [{replies: [{tool_calls: [{name: f, arguments: {}}]}]}]"
THINKS = "rules: [{replies: [{reasoning: Hmm, text: [Yes, '.']}]}]"
DENIES = "rules: [{replies: [{refusal: 'No.'}]}]"
SPEAKS = "rules: [{replies: [{audio: Good morning.}]}]"


def ask(scenario=SAYS, **fields):
    return engine(scenario).handle(call("POST", "/v1/completions", {"model": "gpt-3.5-turbo-instruct", **fields}))


def judged(value):
    return problems(value, Completion) + violations("CreateCompletionResponse", value)


def test_a_body_is_a_text_completion():
    answer = body(ask(prompt="Say hello"))
    assert list(answer) == ["id", "object", "created", "choices", "model", "usage"]
    assert answer["id"].startswith("cmpl-")
    assert len(answer["id"]) == len("cmpl-") + 29
    assert answer["choices"] == [{"text": "Hello!", "index": 0, "logprobs": None, "finish_reason": "stop"}]
    assert answer["usage"] == {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}
    assert judged(answer) == []


def test_a_stream_has_a_chunk_for_each_token_and_one_for_the_end():
    told = chunks(ask(prompt="Say hello", stream=True))
    assert [chunk["choices"][0]["text"] for chunk in told] == ["Hel", "lo", "!", ""]
    assert [chunk["choices"][0]["finish_reason"] for chunk in told] == [None, None, None, "stop"]
    assert list(told[0]) == ["id", "object", "created", "choices", "model"]
    assert len({chunk["id"] for chunk in told}) == 1


def test_usage_is_null_in_every_chunk_but_its_own():
    told = chunks(ask(prompt="Say hello", stream=True, stream_options={"include_usage": True}))
    assert [chunk["usage"] for chunk in told[:-1]] == [None] * 4
    assert told[-1]["choices"] == []
    assert told[-1]["usage"] == {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}


def test_at_the_limit_the_last_token_carries_the_reason():
    told = chunks(ask(prompt="x", stream=True, max_tokens=2))
    assert [(it["choices"][0]["text"], it["choices"][0]["finish_reason"]) for it in told] == [
        ("Hel", None),
        ("lo", "length"),
    ]
    assert body(ask(prompt="x", max_tokens=0))["choices"][0] == {
        "text": "",
        "index": 0,
        "logprobs": None,
        "finish_reason": "length",
    }


def test_only_a_strict_scenario_has_the_small_default_limit():
    long = "rules: [{replies: [{generate: {tokens: 20}}]}]"
    assert body(ask(long, prompt="x"))["usage"]["completion_tokens"] == 20
    assert body(ask(f"strict: true\n{long}", prompt="x"))["usage"]["completion_tokens"] == 16


def test_there_are_n_choices_for_each_prompt_and_echo_repeats_its_prompt():
    answer = body(ask(prompt=["A: ", "B: "], n=2, echo=True))
    assert [choice["text"] for choice in answer["choices"]] == ["A: Hello!", "A: Hello!", "B: Hello!", "B: Hello!"]
    told = chunks(ask(prompt=["A: ", "B: "], echo=True, stream=True))
    assert [chunk["choices"][0]["index"] for chunk in told] == [0, 1] * 5, "token k of each side by side"
    assert [chunk["choices"][0]["text"] for chunk in told[:2]] == ["A: ", "B: "]


@pytest.mark.parametrize(
    ("prompt", "shown"), [([1, 2, 3], "1 2 3"), ([[1, 2]], "1 2"), ([], ""), (None, "<|endoftext|>")]
)
def test_tokens_are_told_by_their_numbers_and_no_prompt_is_the_separator(prompt, shown):
    assert body(ask(prompt=prompt, echo=True))["choices"][0]["text"] == f"{shown}Hello!"


def test_log_probabilities_are_parallel_lists():
    answer = body(ask(prompt="é", echo=True, logprobs=2))
    told = answer["choices"][0]["logprobs"]
    assert told["tokens"] == ["Hel", "lo", "!"]
    assert told["text_offset"] == [1, 4, 6]
    assert len(told["token_logprobs"]) == 3
    assert [len(top) for top in told["top_logprobs"]] == [2, 2, 2]
    assert judged(answer) == []
    streamed = [it["choices"][0]["logprobs"] for it in chunks(ask(prompt="é", echo=True, logprobs=2, stream=True))]
    assert [entry and entry["text_offset"] for entry in streamed] == [None, [1], [4], [6], None]


@pytest.mark.parametrize(("scenario", "text"), [(THINKS, "Yes."), (DENIES, "No."), (SPEAKS, "Good morning.")])
def test_reasoning_is_left_out_and_all_that_is_said_is_text(scenario, text):
    assert body(ask(scenario, prompt="x"))["choices"][0]["text"] == text
    told = chunks(ask(scenario, prompt="x", stream=True))
    assert "".join(chunk["choices"][0]["text"] for chunk in told) == text


def test_a_tool_call_has_no_place():
    refused = error(ask(CALLS, prompt="x"))
    assert refused["status"] == 500
    assert "the completions API knows nothing but text" in refused["message"]


def test_a_scripted_end_without_a_reason_has_no_last_chunk():
    exchange = ask("rules: [{replies: [{text: [A], faults: [{finish_reason: none}]}]}]", prompt="x", stream=True)
    assert b'"finish_reason":"stop"' not in sent(exchange)


def test_nothing_is_kept():
    served = engine(SAYS)
    served.handle(call("POST", "/v1/completions", {"model": "m", "prompt": "x"}))
    assert not [it for state in served.namespaces().values() for it in state.store.all("completion")]
