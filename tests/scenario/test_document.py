"""A scenario and its rules."""

import pytest
from pydantic import ValidationError

from mockllm.errors import ScenarioError
from mockllm.request import Call, Headers, Request
from mockllm.scenario.document import Auth, Key, Models, Rule, Scenario
from mockllm.scenario.load import load_text
from mockllm.scenario.match import When
from mockllm.scenario.pace import Pace
from mockllm.scenario.reply import ContentReply, Envelope, ErrorReply


def refused(value):
    with pytest.raises(ValidationError) as error:
        Scenario.model_validate(value)
    return [(details["loc"], details["msg"]) for details in error.value.errors()]


def test_an_empty_scenario_has_the_documented_defaults():
    scenario = Scenario.model_validate({})
    assert (scenario.name, scenario.about, scenario.source, scenario.seed) == ("scenario", "", (), 0)
    assert scenario.created == 1_767_225_600, "2026-01-01T00:00:00Z: 20,454 days of 86,400 seconds"
    assert scenario.created == 20_454 * 86_400
    assert (scenario.tokens, scenario.strict, scenario.rules) == ("approximate", False, ())
    assert (scenario.models, scenario.auth, scenario.otherwise, scenario.example) == (None, None, None, ())
    assert (scenario.pace, scenario.defaults) == (Pace(), Envelope())


def test_everything_at_once():
    scenario = Scenario.model_validate(
        {
            "name": "weather-with.trouble_2",
            "about": "Trouble.",
            "source": "vercel/ai#12501",
            "seed": -7,
            "created": "now",
            "tokens": "exact",
            "models": {"ids": ["gpt-5.1", "openai/gpt-5.1"], "only": True},
            "auth": {"keys": "sk-test"},
            "pace": {"ttft": "300ms"},
            "defaults": {"headers": {"x-a": "b"}, "template": False},
            "strict": True,
            "rules": [{"name": "first", "when": {"api": "chat"}, "replies": ["a", "b"], "then": "loop"}],
            "otherwise": {"error": {"status": 400}},
            "example": {"stream": False},
        }
    )
    assert scenario.source == ("vercel/ai#12501",)
    assert scenario.models == Models(ids=("gpt-5.1", "openai/gpt-5.1"), only=True)
    assert scenario.auth == Auth(keys=(Key(key="sk-test"),))
    assert scenario.rules == (
        Rule(
            name="first",
            when=When(api=("chat",)),
            replies=(ContentReply(text="a"), ContentReply(text="b")),
            then="loop",
        ),
    )
    assert isinstance(scenario.otherwise, ErrorReply)
    assert scenario.example == ({"stream": False},)


@pytest.mark.parametrize(
    ("written", "ids"), [("a", ("a",)), (["a", "b"], ("a", "b")), ([], ()), ({"ids": "a"}, ("a",))]
)
def test_models_are_a_name_a_list_or_more_to_say(written, ids):
    assert Scenario.model_validate({"models": written}).models == Models(ids=ids, only=False)


@pytest.mark.parametrize("name", ["a", "A1", "0", "v2", "v1.0", "weather-with_trouble.2"])
def test_names_that_can_stand_in_a_url(name):
    assert Scenario(name=name).name == name


def test_a_rule_matches_all_and_has_its_place_as_title():
    rule = Rule.model_validate({"replies": ["a"]})
    assert (rule.when, rule.then) == (When(), None)
    assert rule.title(3) == "rules[3]"
    assert Rule(name="greeting", replies=("a",)).title(3) == "greeting"


class TestExamples:
    PLAIN = {"model": "gpt-5.1", "messages": [{"role": "user", "content": "Hello"}], "stream": True}  # noqa: RUF012

    def test_without_example_a_streamed_greeting(self):
        assert list(Scenario().requests()) == [self.PLAIN]

    def test_the_model_is_the_first_that_is_listed(self):
        assert list(Scenario(models=("a", "b")).requests()) == [{**self.PLAIN, "model": "a"}]
        assert list(Scenario(models=()).requests()) == [self.PLAIN]

    def test_an_example_is_laid_over_the_greeting(self):
        scenario = Scenario.model_validate({"example": [{"stream": False, "n": 2}, {"model": "b"}]})
        assert list(scenario.requests()) == [
            {**self.PLAIN, "stream": False, "n": 2},
            {**self.PLAIN, "model": "b"},
        ]

    def test_an_example_for_another_api_is_laid_over_a_request_of_that_api(self):
        scenario = Scenario.model_validate({"example": [{"api": "responses"}, {"api": "embeddings", "input": "a"}]})
        assert list(scenario.requests()) == [
            {"api": "responses", "model": "gpt-5.1", "input": "Hello", "stream": True},
            {"api": "embeddings", "model": "text-embedding-3-small", "input": "a"},
        ]
        listed = Scenario.model_validate({"example": {"api": "models"}})
        assert list(listed.requests()) == [{"api": "models", "model": "gpt-5.1"}]


NAME = "use letters, digits, '.', '_' and '-', and begin with a letter or a digit"


@pytest.mark.parametrize(
    ("value", "place", "message"),
    [
        ({"name": "my scenario"}, ("name",), f"'my scenario' cannot be a name, which is part of URLs: {NAME}"),
        ({"name": ""}, ("name",), f"'' cannot be a name, which is part of URLs: {NAME}"),
        ({"name": "-a"}, ("name",), f"'-a' cannot be a name, which is part of URLs: {NAME}"),
        ({"name": "a@b"}, ("name",), f"'a@b' cannot be a name, which is part of URLs: {NAME}"),
        ({"name": "a\n"}, ("name",), f"'a\\n' cannot be a name, which is part of URLs: {NAME}"),
        ({"name": "v1"}, ("name",), "'v1' cannot be a name: URLs have it where the API begins"),
        ({"name": 5}, ("name",), "expected a text, found 5: put it in quotes"),
        ({"seed": 0.5}, ("seed",), "expected a whole number, found 0.5"),
        ({"seed": True}, ("seed",), "expected a whole number, found true"),
        ({"created": "noww"}, ("created",),
         "expected a whole number of seconds since 1970 or now, found 'noww': did you mean 'now'?"),
        ({"created": "2026-01-01"}, ("created",),
         "expected a whole number of seconds since 1970 or now, found '2026-01-01'"),
        ({"created": -1}, ("created",), "expected a value of at least 0, found -1"),
        ({"tokens": "exactly"}, ("tokens",),
         "expected approximate or exact, found 'exactly': did you mean 'exact'?"),
        ({"models": 5}, ("models",), "expected a text or a list of texts, found 5"),
        ({"models": ["a", 5]}, ("models", 1), "expected a text, found 5: put it in quotes"),
        ({"models": {"only": True}}, ("models", "ids"), "the key 'ids' is missing"),
        ({"auth": {"keys": ["a", {"key": "a"}]}}, ("auth",), "the key 'a' has two entries: keep one"),
        (
            {"auth": {"keys": [{"key": "a", "scenario": "b", "limits": {"concurrent": 1}}]}},
            ("auth", "keys", 0),
            "a key that leads to another scenario has the limits of that one: drop limits",
        ),
        (
            {"auth": {"keys": ["b", {"key": "a", "limits": {"keys": "a", "concurrent": 1}}]}},
            ("auth", "keys", 1),
            "these are the limits of one key: drop keys from them",
        ),
        ({"auth": "sk-test"}, ("auth",), "expected a mapping with keys from keys, found 'sk-test'"),
        ({"rules": {"replies": ["a"]}}, ("rules",), "expected a list, found {replies: ['a']}"),
        ({"rules": [None]}, ("rules", 0),
         "expected a mapping with keys from name, when, replies, then, profile, chaos, found null"),
        ({"rules": [{}]}, ("rules", 0, "replies"), "the key 'replies' is missing: the answers, in order"),
        ({"rules": [{"replies": []}]}, ("rules", 0, "replies"), "the list is empty: give it at least one entry"),
        ({"rules": [{"replies": "a"}]}, ("rules", 0, "replies"), "expected a list, found 'a'"),
        ({"rules": [{"replies": ["a"], "then": "repaet"}]}, ("rules", 0, "then"),
         "expected repeat or loop, found 'repaet': did you mean 'repeat'?"),
        ({"rules": [{"reply": ["a"], "replies": ["a"]}]}, ("rules", 0, "reply"),
         "unknown key 'reply': did you mean 'replies'? allowed here: name, when, replies, then, profile, chaos"),
        ({"example": 5}, ("example",), "expected a list, found 5"),
        ({"example": [5]}, ("example", 0), "expected a mapping, found 5"),
        ({"rulez": []}, ("rulez",),
         f"unknown key 'rulez': did you mean 'rules'? allowed here: {', '.join(Scenario.allowed())}"),
        ({"defaults": {"faults": []}}, ("defaults", "faults"),
         "unknown key 'faults': allowed here: headers, model, service_tier, system_fingerprint, usage, template"),
    ],
)  # fmt: skip
def test_a_scenario_that_makes_no_sense_is_refused_at_its_place(value, place, message):
    assert refused(value) == [(place, message)]


def test_a_scenario_is_frozen_and_equal_by_value():
    first, second = (Scenario.model_validate({"rules": [{"replies": ["a"]}]}) for _ in range(2))
    assert first == second
    with pytest.raises(ValidationError):
        first.seed = 3


# Keys.

KEYED = Scenario.model_validate(
    {
        "auth": {
            "keys": [
                {"key": "sk-old", "expired": True},
                {"key": "sk-led", "scenario": "other"},
                {"key": "sk-own", "limits": {"requests": "1/s", "models": "gpt-4o"}},
                "sk-plain",
            ]
        },
        "limits": [{"requests": "2/s", "models": "gpt-9"}, {"requests": "3/s"}],
    }
)


def limited(key, model="gpt-4o"):
    call = Call("POST", "/", headers=Headers((("api-key", key),)))
    number, limit = KEYED.limit_of(Request("chat", call, model=model))
    return number, limit.requests.amount


def test_a_key_may_have_limits_of_its_own_before_those_of_the_scenario():
    assert [limited(key) for key in ("sk-own", "sk-plain", "sk-unheard")] == [(-3, 1), (1, 3), (1, 3)]
    assert limited("sk-own", "gpt-9") == (0, 2)
    assert Scenario().limit_of(Request("chat", Call("POST", "/"))) is None


def test_a_key_may_lead_to_another_scenario():
    assert [KEYED.auth.leads(key) for key in ("sk-led", "sk-own", "sk-unheard")] == ["other", None, None]


def test_a_client_is_given_the_first_good_key_that_leads_nowhere_else():
    assert KEYED.auth.good_key() == "sk-own"
    assert Auth(keys=({"key": "sk-old", "expired": True}, {"key": "sk-led", "scenario": "x"})).good_key() == "sk-led"
    assert Auth(keys=({"key": "sk-old", "expired": True},)).good_key() is None


@pytest.mark.parametrize("headers", ["[a]", "{a: 1}", "x"])
def test_headers_of_an_example_are_texts_by_name(headers):
    with pytest.raises(ScenarioError, match="headers of example 0 are a mapping of names to texts, found "):
        load_text(f"example: {{headers: {headers}}}")
    assert load_text("example: {headers: {a: b}}").example == ({"headers": {"a": "b"}},)
