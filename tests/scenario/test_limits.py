"""How much a client may ask for, as authors write it."""

import pytest
from jsonschema import Draft7Validator
from pydantic import TypeAdapter, ValidationError

from mockllm.limits import Bucket, Meter, Rate, Slots, Window
from mockllm.request import Call, Headers, Request
from mockllm.scenario.limits import Limit, Limits, limit_for

LIMITS = TypeAdapter(Limits)
KEYS = ", ".join(Limit.allowed())
MINUTE_US, DAY_US = 60_000_000, 86_400_000_000
RATE_FORMS = "write an amount and a window, such as 60/min or 1.5M/day (windows: s, min, h, day)"


def limits(value):
    return LIMITS.validate_python(value)


def refused(value):
    with pytest.raises(ValidationError) as error:
        limits(value)
    return [(details["loc"], details["msg"]) for details in error.value.errors()]


def asking(model="gpt-5.1", key="sk-test"):
    headers = Headers((("authorization", f"Bearer {key}"),))
    return Request("chat", Call("POST", "/v1/chat/completions", headers=headers), model=model)


def test_every_rate_becomes_a_limit_that_refills():
    limit = limits(
        {
            "requests": "60/min",
            "requests_per_day": 1000,
            "tokens": "90K/min",
            "tokens_per_day": "1.5M",
            "project_tokens": "60000/min",
        }
    )
    assert limit.meters() == (
        Meter("requests", Bucket.full(Rate(60, MINUTE_US))),
        Meter("requests", Bucket.full(Rate(1_000, DAY_US))),
        Meter("tokens", Bucket.full(Rate(90_000, MINUTE_US))),
        Meter("tokens", Bucket.full(Rate(1_500_000, DAY_US))),
        Meter("project-tokens", Bucket.full(Rate(60_000, MINUTE_US))),
    )


@pytest.mark.parametrize(
    ("written", "state"),
    [
        ({"mode": "openai"}, Bucket.full(Rate(120, MINUTE_US))),
        ({"mode": "per_day"}, Bucket.full(Rate(120, MINUTE_US))),
        ({"mode": "fixed_window"}, Window(120, MINUTE_US)),
        ({"mode": "slices"}, Window(120, MINUTE_US, 6)),
        ({"mode": "slices", "slice": "10s"}, Window(120, MINUTE_US, 6)),
        ({"mode": "slices", "slice": "1s"}, Window(120, MINUTE_US, 60)),
    ],
)
def test_the_mode_decides_how_limits_count(written, state):
    assert limits({"requests": "120/min", **written}).meters() == (Meter("requests", state),)


@pytest.mark.parametrize(
    ("per", "shared"),
    [
        ({}, ("sk-test", "gpt-5.1")),
        ({"per": "key"}, ("sk-test",)),
        ({"per": "model"}, ("gpt-5.1",)),
        ({"per": ["model", "key"]}, ("sk-test", "gpt-5.1")),
        ({"per": "namespace"}, ("",)),
        ({"per": ["namespace"]}, ("",)),
    ],
)
def test_requests_share_a_limit_by_what_is_named(per, shared):
    assert limits({"requests": "1/s", **per}).shared_by(asking()) == shared


@pytest.mark.parametrize(
    ("written", "fits"),
    [
        ({}, True),
        ({"models": "gpt-5.1"}, True),
        ({"models": "gpt-5*"}, True),
        ({"models": ["gpt-4o", "gpt-?.1"]}, True),
        ({"models": "gpt-4*"}, False),
        ({"keys": "sk-*"}, True),
        ({"keys": "sk-free-*"}, False),
        ({"models": "gpt-5*", "keys": "sk-free-*"}, False),
        ({"models": "gpt-4*", "keys": "sk-*"}, False),
    ],
)
def test_a_limit_is_for_the_models_and_keys_that_it_names(written, fits):
    assert limits({"requests": "1/s", **written}).fits(asking()) is fits


def test_the_first_limit_that_fits_is_that_of_the_request():
    listed = limits(
        [
            {"models": "gpt-4*", "requests": "1/s"},
            {"keys": "sk-free-*", "requests": "2/s"},
            {"requests": "3/s"},
        ]
    )
    assert limit_for(listed, asking("gpt-4o", "sk-free-1")) == (0, listed[0])
    assert limit_for(listed, asking("gpt-5.1", "sk-free-1")) == (1, listed[1])
    assert limit_for(listed, asking()) == (2, listed[2])


def test_a_request_that_no_limit_names_has_none():
    listed = limits([{"models": "gpt-4*", "requests": "1/s"}])
    assert limit_for(listed, asking()) is None


def test_one_limit_is_a_list_of_one():
    one = limits({"requests": "1/s"})
    assert limit_for(one, asking()) == (0, one)


@pytest.mark.parametrize(
    ("value", "place", "message"),
    [
        (5, (), f"expected a mapping with keys from {KEYS}, found 5"),
        ([], (), "the list is empty: give it at least one entry"),
        ({}, (), "nothing is limited: give requests, tokens or concurrent"),
        ({"per": "key"}, (), "nothing is limited: give requests, tokens or concurrent"),
        ({"requests": 60}, ("requests",), "60 is not a rate: write an amount and a window, such as 60/min"),
        ({"requests": "60/minute"}, ("requests",), f"'60/minute' is not a rate: {RATE_FORMS}"),
        (
            {"requests": "0/min"},
            ("requests",),
            "'0/min' would admit nothing: to refuse every request, reply with an error",
        ),
        (
            {"tokens_per_day": "5/day"},
            ("tokens_per_day",),
            "'5/day' is not an amount: write a number, such as 1000, 90K or 1.5M",
        ),
        (
            {"tokens_per_day": True},
            ("tokens_per_day",),
            "true is not an amount: write a whole number, such as 1000, 90K or 1.5M",
        ),
        ({"tokens_per_day": 0}, ("tokens_per_day",), "expected a value of at least 1, found 0"),
        (
            {"tokens_per_day": 10**12 + 1},
            ("tokens_per_day",),
            "expected a value of at most 1e+12, found 1000000000001",
        ),
        ({"rpm": 60}, ("rpm",), f"unknown key 'rpm': write requests: 60/min; allowed here: {KEYS}"),
        (
            {"request": "1/s"},
            ("request",),
            f"unknown key 'request': did you mean 'requests'? allowed here: {KEYS}",
        ),
        (
            {"requests": "1/s", "per": "modle"},
            ("per",),
            "expected key, model, namespace or a list of key and model, found 'modle': did you mean 'model'?",
        ),
        (
            {"requests": "1/s", "per": ["key", "modle"]},
            ("per", 1),
            "expected key, model or namespace, found 'modle': did you mean 'model'?",
        ),
        ({"requests": "1/s", "per": []}, ("per",), "the list is empty: give it at least one entry"),
        (
            {"requests": "1/s", "per": ["key", "namespace"]},
            (),
            "per: namespace is one limit for all: keep it alone, or name key and model",
        ),
        (
            {"requests": "1/s", "mode": "sliding"},
            ("mode",),
            "expected openai, slices, per_day or fixed_window, found 'sliding'",
        ),
        (
            {"requests": "1/s", "slice": "1s"},
            (),
            "slice belongs to mode slices, and the mode is openai: drop one of them",
        ),
        ({"requests": "1/s", "mode": "slices", "slice": "5s"}, ("slice",), "expected 1s or 10s, found '5s'"),
        (
            {"project_tokens": "1/s", "mode": "per_day"},
            (),
            "mode per_day has no limit of project tokens: drop project_tokens, or use mode openai",
        ),
        (
            {"requests": "1/day", "requests_per_day": 2},
            (),
            "requests and requests_per_day both limit a day: keep one",
        ),
        ({"tokens": "1/day", "tokens_per_day": 2}, (), "tokens and tokens_per_day both limit a day: keep one"),
        (
            {"requests": "1/s", "queue": 3},
            (),
            "nothing waits in the queue unless concurrent says how many are answered at a time",
        ),
        ({"concurrency": 3}, ("concurrency",), f"unknown key 'concurrency': write concurrent: 4; allowed here: {KEYS}"),
        ({"concurrent": 0}, ("concurrent",), "expected a value of at least 1, found 0"),
        ({"concurrent": 1, "queue": 10_001}, ("queue",), "expected a value of at most 10000, found 10001"),
        (
            [{"requests": "1/s"}, {"models": "gpt-4*", "requests": "2/s"}],
            (),
            "entry 0 limits every request, so those after it are never used: move it to the end",
        ),
        ([{"requests": "1/s", "models": "a"}, {"requests": 3}], (1, "requests"), None),
    ],
)
def test_what_makes_no_limit_is_refused_with_what_to_do(value, place, message):
    ((found_place, found_message),) = refused(value)
    assert found_place == place
    assert message is None or found_message == message


@pytest.mark.parametrize(
    ("written", "slots"),
    [
        ({"concurrent": 4}, Slots(4, 0)),
        ({"concurrent": 4, "queue": 10}, Slots(4, 10)),
        ({"concurrent": 4, "queue": 0, "requests": "1/s"}, Slots(4, 0)),
        ({"requests": "1/s"}, None),
    ],
)
def test_requests_at_a_time_may_be_limited_alone_or_beside_rates(written, slots):
    assert limits(written).slots() == slots


@pytest.mark.parametrize(
    ("per", "shared"), [("namespace", True), (["namespace"], True), ("key", False), (["key", "model"], False)]
)
def test_a_limit_of_the_namespace_is_one_of_the_server(per, shared):
    assert limits({"concurrent": 4, "per": per}).shared_by_all is shared


def test_a_day_may_be_limited_beside_a_shorter_window_or_alone():
    assert len(limits({"requests": "1/min", "requests_per_day": 2}).meters()) == 2
    assert len(limits({"requests": "1/day"}).meters()) == 1
    assert len(limits({"requests_per_day": 2}).meters()) == 1


@pytest.mark.parametrize(
    ("value", "valid"),
    [
        ({"requests": "60/min"}, True),
        ([{"requests": "1.5M/day", "models": ["a", "b"]}, {"tokens_per_day": "90K"}], True),
        ({"requests_per_day": 1000, "per": ["key"]}, True),
        ({"concurrent": 4, "queue": 10}, True),
        ({"concurrent": 0}, False),
        ({"requests": "60/m"}, False),
        ({"requests": 60}, False),
        ({"requests_per_day": 0}, False),
        ({"requests": "1/s", "per": []}, False),
        ({"requests": "1/s", "burst": 5}, False),
        ([], False),
    ],
)
def test_the_schema_tells_editors_the_same(value, valid):
    assert Draft7Validator(LIMITS.json_schema()).is_valid(value) is valid
