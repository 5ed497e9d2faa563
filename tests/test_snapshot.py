import orjson

from mockllm.namespace import Namespace
from mockllm.scenario.load import load_text
from mockllm.snapshot import snapshot
from tests.calls import call, chat, engine

SCENARIO = """
name: shop
limits: {requests: 10/min, tokens: 1000/min}
rules:
  - {name: first, when: {user: Hi}, replies: [{text: one, attempts: [{status: 500}]}, two]}
  - replies: [three]
"""


def test_all_that_a_namespace_holds_is_plain_data():
    served = engine(SCENARIO)
    for fields in ({}, {}, {"store": True}, {"user": "x"}):
        served.handle(chat("/@7/v1", **fields))
    held = served.state("shop@7")
    assert (
        orjson.loads(orjson.dumps(held))
        == held
        == {
            "name": "shop@7",
            "scenario": "shop",
            "bound": False,
            "last_used_us": 0,
            "scripts": [
                {"rule": "first", "taken": 2, "replies": 2},
                {"rule": "rules[1]", "taken": 0, "replies": 1},
            ],
            "attempts": [
                {"rule": "first", "reply": 0, "requests": 1, "tries": 2},
                {"rule": "first", "reply": 1, "requests": 1, "tries": 1},
            ],
            "limits": [
                {
                    "limit": "limits[0]",
                    "shared_by": ["sk-test", "gpt-4o"],
                    "rates": [
                        {"unit": "requests", "limit": 10, "remaining": 6, "reset_us": 24_000_000},
                        {"unit": "tokens", "limit": 1000, "remaining": 996, "reset_us": 240_000},
                    ],
                    "running": 0,
                    "waiting": 0,
                }
            ],
            "chaos": [],
            "stored": {"chat.completion": 1},
        }
    )


def test_a_fresh_namespace_holds_nothing():
    held = snapshot("a", Namespace(load_text("otherwise: x")), bound=True)
    assert (held["bound"], held["scripts"], held["attempts"], held["limits"], held["stored"]) == (True, [], [], [], {})


def test_the_attempts_of_otherwise_are_told_as_such():
    served = engine("{name: a, otherwise: x}")
    served.handle(chat())
    assert served.state("a")["attempts"] == [{"rule": "otherwise", "reply": 0, "requests": 1, "tries": 1}]


def test_open_requests_and_the_limits_of_keys_are_told():
    served = engine("""
        name: a
        auth: {keys: [sk-other, {key: sk-test, limits: {concurrent: 1, queue: 2}}]}
        rules: [{replies: [x]}]
    """)
    for _ in range(3):
        served.handle(chat())
    assert served.state("a")["limits"] == [
        {
            "limit": "auth.keys[1].limits",
            "shared_by": ["sk-test", "gpt-4o"],
            "rates": [],
            "running": 1,
            "waiting": 2,
        }
    ]


def test_what_chaos_counts_is_told():
    served = engine(
        "{name: a, chaos: [{every: 2, error: slow_down}, {first: 1, faults: {done: omit}}], rules: [{replies: [x]}]}"
    )
    for number in range(5):
        served.handle(chat(user=str(number)))
    counted = {line["entry"]: (line["seen"], line["acted"]) for line in served.state("a")["chaos"]}
    assert (counted["chaos[0]"], counted["chaos[1]"]) == ((5, 2), (5, 1))


def test_attempts_at_what_the_server_holds_are_told_as_such():
    served = engine("{name: a, chaos: [{chance: 0%, when: {api: models}, error: slow_down}]}")
    served.handle(call("GET", "/v1/models"))
    assert [line["rule"] for line in served.state("a")["attempts"]] == ["what the server holds"]


def test_load_is_told_beside_the_limits():
    served = engine("{name: a, load: {slots: 1, slowdown: 5%}, rules: [{replies: [x]}]}")
    for _ in range(3):
        served.handle(chat())
    assert served.state("a")["limits"] == [{"limit": "load", "shared_by": [], "rates": [], "running": 1, "waiting": 2}]
