"""What is judged of an exercise follows from what the user got and what was sent, and from nothing else."""

import pytest

from tests.frameworks.clients import EXERCISES
from tests.frameworks.expected import Sent, Verdict, judge

SENTENCE = "Paris is the capital of France."
PIECES = ["Par", "is", " is", " the", " capital", ".", " 🌞"]
PARIS = {"name": "get_weather", "arguments": {"city": "Paris"}}
ROME = {"name": "get_weather", "arguments": {"city": "Rome"}}
BOTH = "It is sunny in Paris and raining in Rome."
ONE = "It is sunny in Paris."
CALL = Sent("chat")
BACK = Sent("chat", results=(("call_paris", "sunny"),))
BOTH_BACK = Sent("chat", results=(("call_paris", "sunny"), ("call_rome", '"rain"')))
REFUSED = Sent("chat", status=400)
ERROR = {"type": "BadRequestError", "message": "This model's maximum context length is 8", "status": 400}

GOOD = {
    "text": ({"text": SENTENCE}, [CALL]),
    "stream": ({"pieces": ["", *PIECES, None]}, [Sent("chat", stream=True)]),
    "tool_round_trip": ({"tool_calls": [PARIS], "final": ONE}, [CALL, BACK]),
    "parallel_tools": ({"tool_calls": [ROME, PARIS], "final": BOTH}, [CALL, BOTH_BACK]),
    "structured": ({"object": {"name": "Ada", "age": 36}}, [Sent("chat", is_shaped=True)]),
    "usage": ({"usage": {"input": 11, "output": 7}}, [CALL]),
    "retryable_error": ({"text": SENTENCE}, [Sent("chat", status=429), CALL]),
    "fatal_error": ({"error": ERROR}, [REFUSED]),
}


@pytest.mark.parametrize("exercise", EXERCISES)
def test_what_was_scripted_is_right(exercise):
    assert judge(exercise, "chat", *GOOD[exercise]) == Verdict("ok")


@pytest.mark.parametrize("exercise", EXERCISES)
def test_nothing_at_all_is_wrong_in_every_exercise(exercise):
    assert judge(exercise, "chat", {}, []).word == "wrong"


@pytest.mark.parametrize(
    ("exercise", "seen", "sent", "why"),
    [
        ("text", {"text": "Paris"}, [CALL], "text is Paris"),
        ("text", {"text": SENTENCE}, [CALL, CALL], "2 calls, not 1"),
        ("text", {"error": {**ERROR, "message": "no\n way"}}, [CALL], "BadRequestError: no way"),
        ("text", {"text": SENTENCE}, [Sent("chat", is_whole=False)], "the answer of call 1 was not read to its end"),
        ("text", {"text": SENTENCE}, [Sent("chat", trouble="unmatched")], "call 1 met: unmatched"),
        ("text", {"text": SENTENCE}, [Sent("responses")], "it called responses too, or instead of chat"),
        ("text", {"text": SENTENCE, "outside": ["a.example"]}, [CALL], "it wanted to reach a.example"),
        ("text", {"text": SENTENCE, "asked of a proxy": ["GET b"]}, [CALL], "it wanted to reach GET b"),
        ("text", {"died": "the driver ended with 1"}, [CALL], "the driver ended with 1"),
        ("stream", {"pieces": [SENTENCE]}, [Sent("chat", stream=True)], f"pieces is ['{SENTENCE}']"),
        ("stream", {"pieces": PIECES}, [CALL], "it asked for no stream"),
        ("tool_round_trip", {"tool_calls": [], "final": ONE}, [CALL, BACK], "tool_calls is []"),
        ("tool_round_trip", {"tool_calls": [PARIS], "final": ""}, [CALL, BACK], "final is "),
        ("tool_round_trip", {"tool_calls": [PARIS], "final": ONE}, [CALL, CALL], "the results in call 2 are {}"),
        ("parallel_tools", {"tool_calls": [PARIS, PARIS], "final": BOTH}, [CALL, BOTH_BACK], "tool_calls is ["),
        (
            "parallel_tools",
            {"tool_calls": [PARIS, ROME], "final": BOTH},
            [CALL, BACK],
            "the results in call 2 are ",
        ),
        ("structured", GOOD["structured"][0], [CALL], "the request carries no schema"),
        ("structured", {"object": {"name": "Ada"}}, GOOD["structured"][1], "object is {'name': 'Ada'}"),
        ("usage", {"usage": {"input": 11, "output": 0}}, [CALL], "usage is {'input': 11, 'output': 0}"),
        ("retryable_error", {"text": SENTENCE}, [Sent("chat", status=429)], "1 calls, not 2"),
        ("fatal_error", {"text": "Hi"}, [REFUSED], "no error, but {'text': 'Hi'}"),
        ("fatal_error", {"error": {**ERROR, "message": "no"}}, [REFUSED], "the message is lost: BadRequestError: no"),
        ("fatal_error", {"error": {**ERROR, "status": None}}, [REFUSED], "the status is None in BadRequestError"),
        ("fatal_error", {"error": ERROR}, [REFUSED, REFUSED], "2 calls, not 1"),
    ],
)
def test_each_way_to_go_wrong_is_named(exercise, seen, sent, why):
    verdict = judge(exercise, "chat", seen, sent)
    assert verdict.word == "wrong"
    assert verdict.why.startswith(why)


def test_the_message_of_a_fatal_error_is_that_of_the_api():
    told = {**ERROR, "message": "Your input exceeds the context window of this model."}
    assert judge("fatal_error", "responses", {"error": told}, [Sent("responses", status=400)]) == Verdict("ok")
    assert judge("fatal_error", "chat", {"error": told}, [REFUSED]).word == "wrong"


def test_what_the_framework_has_no_feature_for_is_not_judged():
    assert judge("parallel_tools", "chat", {"unsupported": "it has no tools"}, []) == Verdict(
        "cannot", "it has no tools"
    )


def test_a_long_value_is_cut():
    why = judge("text", "chat", {"text": "x" * 500}, [CALL]).why
    assert why == f"text is {'x' * 159}…"
