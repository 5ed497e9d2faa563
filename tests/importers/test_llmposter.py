"""The examples of its documentation, written anew, answer the same questions."""

import json

from mockllm.importers.llmposter import from_llmposter
from mockllm.plan import Send, Wait
from tests.importers.asking import Served

BASIC = """
fixtures:
  - catch_all: true
    response: {content: Nothing fits.}
  - match: {user_message: hello}
    response: {content: Hi!}
  - match: {user_message: {regex: 'weather in \\w+'}}
    response: {content: 72 and sunny}
  - match: {user_message: greet, model: claude}
    response: {content: Bonjour}
  - match: {user_message: weather}
    response: {tool_calls: [{name: get_weather, arguments: {location: Paris}}]}
  - match: {user_message: rate limit}
    error: {status: 429, message: Slow down, headers: {retry-after: "60"}}
  - match: {user_message: teapot}
    error: {status: 418}
  - match: {user_message: hack}
    refusal: {reason: I cannot.}
  - match: {user_message: anthropic only}
    provider: anthropic
    response: {content: No.}
  - match: {user_message: ours}
    provider: openai
    response: {content: Ours.}
  - match: {user_message: cut}
    response: {content: Short, stop_reason: max_tokens}
  - match: {user_message: first}
    response: {content: low}
  - match: {user_message: first}
    priority: 5
    response: {content: high, finish_reason: stop}
"""


def ask(said, stream=False, model="gpt-4"):
    return {"model": model, "stream": stream, "messages": [{"role": "user", "content": said}]}


def test_the_basic_examples():
    imported = from_llmposter(BASIC)
    assert imported.left_out == ("fixture 9: it is for anthropic, whose API is not served, so it is left out",)
    served = Served(imported)
    assert served.message("hello you")["content"] == "Hi!"
    assert served.message("the weather in Rome")["content"] == "72 and sunny"
    assert served.message("greet me", model="claude-9")["content"] == "Bonjour"
    assert served.message("greet me")["content"] == "Nothing fits."
    call = served.message("weather")["tool_calls"][0]["function"]
    assert (call["name"], json.loads(call["arguments"])) == ("get_weather", {"location": "Paris"})
    assert served.message("hack")["refusal"] == "I cannot."
    assert served.message("ours")["content"] == "Ours."
    assert served.message("cut")["finish_reason"] == "length"
    assert served.message("first")["content"] == "high"
    status, body = served.ask(ask("rate limit"))
    assert (status, body["error"]) == (
        429,
        {"message": "Slow down", "type": "rate_limit_error", "param": None, "code": "rate_limit_exceeded"},
    )
    assert ("retry-after", "60") in served.plan(ask("rate limit"))[0].headers
    assert served.ask(ask("teapot"))[0] == 418


def test_the_states_of_a_flow_are_the_replies_of_a_rule():
    served = Served(
        from_llmposter("""
fixtures:
  - match: {user_message: weather}
    scenario: {name: flow, required_state: "", set_state: called}
    response: {content: first}
  - match: {user_message: weather}
    scenario: {name: flow, required_state: called, set_state: done}
    response: {content: second}
""")
    )
    assert [served.message("weather")["content"] for _ in range(3)] == ["first", "second", "second"]


def test_times_and_failures():
    served = Served(
        from_llmposter("""
fixtures:
  - match: {user_message: slow}
    response: {content: abcdef}
    streaming: {latency: 50, chunk_size: 2}
    failure: {latency_ms: 3000}
  - match: {user_message: corrupt}
    response: {content: x}
    failure: {corrupt_body: true}
  - match: {user_message: twice}
    response: {content: x}
    streaming: {latency: 20}
    failure: {duplicate_frames: true, latency_jitter_ms: 10, truncate_after_frames: 2}
  - match: {user_message: legacy}
    response: {content: x}
    failure: {truncate_after_chunks: 1}
""")
    )
    assert [step.us for step in served.plan(ask("slow", stream=True)) if isinstance(step, Wait)] == [
        3_000_000,
        50_000,
        50_000,
    ]
    assert served.ask(ask("corrupt")) == (200, "overloaded")
    first, again, *_ = [step.data for step in served.plan(ask("twice", stream=True)) if isinstance(step, Send)]
    assert first == again
    assert sum(isinstance(step, Send) for step in served.plan(ask("legacy", stream=True))) == 1


def test_what_has_no_counterpart_is_told():
    imported = from_llmposter("""
fixtures:
  - match: {user_message: a, header: b}
    response: {content_template: x, content: y}
    streaming: {}
    failure: {probability: 0.5}
    name: n
""")
    assert imported.left_out == (
        "fixture 1: name is left out",
        "fixture 1: match.header is left out",
        "fixture 1: response.content_template is left out",
        "fixture 1: failure.probability is left out",
    )
