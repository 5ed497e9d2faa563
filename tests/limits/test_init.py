"""Rate limits as a client meets them: through the engine, at times that are given."""

from dataclasses import replace

from mockllm.limits import go_duration
from tests.calls import call, chat, engine, error, header

MINUTE = """
name: limited
limits: {requests: 3/min, tokens: 90K/min}
rules: [{replies: [{text: Hello}]}]
"""


def at(seconds, request=None):
    return replace(request or chat(), at_us=round(seconds * 1_000_000))


def test_every_answer_tells_what_remains():
    served = engine(MINUTE)
    first = served.handle(at(0))
    assert first.status == 200
    names = ["limit-requests", "remaining-requests", "reset-requests", "limit-tokens"]
    assert [header(first, f"x-ratelimit-{name}") for name in names] == ["3", "2", "20s", "90000"]


def test_the_request_above_the_limit_is_refused_and_admitted_when_it_was_told():
    served = engine(MINUTE)
    assert [served.handle(at(0)).status for _ in range(4)] == [200, 200, 200, 429]
    refused = served.handle(at(0))
    assert error(refused)["code"] == "rate_limit_exceeded"
    assert header(refused, "retry-after") == "20"
    assert served.handle(at(19.999999)).status == 429
    assert served.handle(at(39.999999)).status == 200


def test_a_refusal_takes_no_step_of_a_script():
    served = engine(MINUTE.replace("[{text: Hello}]", "[a, b, c, d, e]"))
    for _ in range(5):
        served.handle(at(0))
    assert served.handle(at(60)).status == 200


def test_namespaces_and_models_have_limits_of_their_own():
    served = engine(MINUTE)
    for _ in range(3):
        served.handle(at(0))
    assert served.handle(at(0, chat(model="other"))).status == 200
    assert served.handle(at(0, chat("/limited@run/v1"))).status == 200
    assert served.handle(at(0)).status == 429


def test_lists_are_not_limited():
    served = engine(MINUTE)
    assert [served.handle(at(0, call("GET", "/v1/models"))).status for _ in range(5)] == [200] * 5


def test_the_public_sample_of_five_thousand_requests():
    served = engine("{name: many, limits: {requests: 5000/min}, rules: [{replies: [x]}]}")
    assert header(served.handle(at(0)), "x-ratelimit-reset-requests") == "12ms" == go_duration(12_000)
