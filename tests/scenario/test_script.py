"""Which rule answers and which of its replies, without any state."""

import pytest

from mockllm.request import Call, Message, Request
from mockllm.scenario.document import Rule, Scenario
from mockllm.scenario.faults.connection import Reset
from mockllm.scenario.faults.framing import Done, Split
from mockllm.scenario.match import Difference
from mockllm.scenario.reply import ContentReply
from mockllm.scenario.script import Match, Miss, Step, armed, first_match, reply_index, step_of

REQUEST = Request(
    api="chat", call=Call("POST", "/v1/chat/completions"), model="gpt-5.1", messages=(Message("user", "Hello"),)
)


def scenario(*whens):
    return Scenario.model_validate({"rules": [{"when": when, "replies": ["a"]} for when in whens]})


class TestFirstMatch:
    def test_the_first_rule_that_matches_wins(self):
        match = first_match(scenario({"api": "responses"}, {"model": "gpt-*"}, {}), REQUEST)
        assert match.rule == 1
        assert [str(miss) for miss in match.misses] == ["rules[0]: api: wanted responses, found 'chat'"]

    def test_when_none_matches_every_rule_says_why(self):
        rules = Scenario.model_validate(
            {
                "rules": [
                    {"name": "first", "when": {"api": "x", "turn": 1}, "replies": ["a"]},
                    {"when": {"user": "Bye"}, "replies": ["a"]},
                ]
            }
        )
        match = first_match(rules, REQUEST)
        assert match.rule is None
        assert [str(miss) for miss in match.misses] == [
            "first: api: wanted x, found 'chat'; turn: wanted 1 assistant message so far, found 0",
            "rules[1]: user: wanted a text with 'Bye', found 'Hello'",
        ]

    def test_without_rules_nothing_matches(self):
        assert first_match(Scenario(), REQUEST) == Match(None, ())

    def test_a_list_is_answered_only_by_a_rule_that_names_its_api(self):
        listing = Request(api="models", call=Call("GET", "/v1/models"))
        rules = scenario({}, {"api": "chat"}, {"api": "models"})
        assert first_match(rules, listing).rule == 0
        match = first_match(rules, listing, named_only=True)
        assert match.rule == 2
        assert [miss.title for miss in match.misses] == ["rules[1]"], "a rule that does not apply is no near miss"

    def test_the_nearest_are_the_few_with_the_fewest_differences_in_the_order_of_the_file(self):
        def miss(title, count):
            return Miss(title, (Difference("a", "b", "c"),) * count)

        match = Match(None, (miss("a", 3), miss("b", 1), miss("c", 2), miss("d", 1), miss("e", 2)))
        assert [miss.title for miss in match.nearest()] == ["b", "d", "c"]
        assert Match(0, ()).nearest() == ()


@pytest.mark.parametrize(
    ("replies", "then", "given"),
    [
        (1, None, [0, 0, 0, 0]),
        (1, "repeat", [0, 0, 0, 0]),
        (1, "loop", [0, 0, 0, 0]),
        (3, None, [0, 1, 2, None, None]),
        (3, "repeat", [0, 1, 2, 2, 2]),
        (3, "loop", [0, 1, 2, 0, 1, 2, 0]),
    ],
)
def test_a_single_reply_repeats_and_a_longer_script_ends_unless_it_says_otherwise(replies, then, given):
    rule = Rule.model_validate({"replies": ["x"] * replies, "then": then})
    assert [reply_index(rule, taken) for taken in range(len(given))] == given


class TestStep:
    REPLY = ContentReply.model_validate(
        {
            "text": "last",
            "faults": [{"split": {"bytes": 1}}],
            "attempts": [{"reset": {"at": "start"}}, {"text": "second", "faults": [{"done": "omit"}]}],
        }
    )

    def test_a_fault_among_the_attempts_is_added_to_the_reply(self):
        assert step_of(self.REPLY, 1) == Step(self.REPLY, (Split(bytes=1), Reset(at="start")), last=False)

    def test_a_reply_among_the_attempts_takes_its_place_with_its_own_faults(self):
        second = self.REPLY.attempts[1]
        assert step_of(self.REPLY, 2) == Step(second, (Done(mode="omit"),), last=False)

    @pytest.mark.parametrize("attempt", [3, 4, 1_000])
    def test_after_the_attempts_comes_the_reply_itself_for_ever(self, attempt):
        assert step_of(self.REPLY, attempt) == Step(self.REPLY, (Split(bytes=1),), last=True)

    def test_without_attempts_the_first_try_is_the_last(self):
        assert step_of(ContentReply(text="a"), 1) == Step(ContentReply(text="a"), (), last=True)


def test_every_scripted_fault_is_armed_with_its_rule_reply_attempt_and_place():
    scenario = Scenario.model_validate(
        {
            "rules": [
                {"replies": ["plain"]},
                {"replies": ["plain", TestStep.REPLY, {"text": "a", "faults": [{"done": "twice"}, {"done": "late"}]}]},
            ]
        }
    )
    assert list(armed(scenario)) == [
        (1, 1, 0, 0, Split(bytes=1)),
        (1, 1, 1, 1, Reset(at="start")),
        (1, 1, 2, 0, Done(mode="omit")),
        (1, 2, 0, 0, Done(mode="twice")),
        (1, 2, 0, 1, Done(mode="late")),
    ]
    assert list(armed(Scenario())) == []
