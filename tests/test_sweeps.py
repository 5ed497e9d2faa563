"""Sweeps: the places are counted by hand, and the cuts are made on a real client."""

import openai
import pytest

from mockllm.errors import MockLLMError, ScenarioError
from mockllm.net.mock import MockLLM
from mockllm.scenario.faults import Reset, Stall
from mockllm.scenario.load import load_text
from mockllm.sweeps import MOST_PLACEMENTS, placements, sweep

# Role, two tokens, finish, end marker: five frames.
TWO = load_text("{name: two, rules: [{replies: [{text: [Hel, lo]}]}]}")

# Thirty-six fragments of arguments after role and header in one frame, then finish, usage and end marker: forty frames.
FORTY = load_text(
    f"""
    name: forty
    example: {{stream_options: {{include_usage: true}}, tools: [{{type: function, function: {{name: f}}}}]}}
    rules:
      - replies: [{{tool_calls: [{{name: f, arguments: {['{"a": "', *(["x"] * 34), '"}']}}}]}}]
    """
)


def names(placed):
    return [scenario.name.removeprefix("two.") for scenario in placed]


def test_over_frames_there_is_a_place_before_each_frame_and_after_the_last():
    assert names(placements(TWO, "reset")) == [f"reset.frame-{place}" for place in range(6)]


def test_over_tokens_and_bytes_too():
    assert names(placements(TWO, "close", over="tokens")) == ["close.token-0", "close.token-1", "close.token-2"]
    plain = TWO.model_copy(update={"example": ({"stream": False},)})
    (answer,) = [rule.replies[0] for rule in plain.rules]
    assert answer.faults == ()
    placed = placements(plain, "truncate", over="bytes", most=7)
    assert [scenario.rules[0].replies[0].faults[0].at.count for scenario in placed] == list(range(7))


def test_over_attempts_the_first_tries_fail_and_then_none():
    placed = placements(TWO, {"status": 503}, over="attempts", most=2)
    assert names(placed) == ["status.attempt-1", "status.attempt-2"]
    assert [len(scenario.rules[0].replies[0].attempts) for scenario in placed] == [1, 2]
    assert len(placements(TWO, "reset", over="attempts")) == 3


def test_a_fault_keeps_what_is_said_of_it_and_those_that_were_there():
    scenario = load_text("{name: two, rules: [{replies: [{text: Hi, faults: [{done: omit}]}]}]}")
    written = placements(scenario, {"stall": {"for": "3s"}})[1].rules[0].replies[0].faults
    given = placements(scenario, Stall.model_validate({"at": "start", "for": "3s"}))[1].rules[0].replies[0].faults
    assert written == given
    assert [fault.kind for fault in written] == ["done", "stall"]
    assert (written[1].at.number, written[1].for_) == (1, 3_000_000)


def test_every_request_of_the_example_has_its_places():
    scenario = load_text(
        """
        name: two
        example: [{messages: [{role: user, content: a}]}, {messages: [{role: user, content: b}]}]
        rules:
          - {when: {user: a}, replies: [One]}
          - replies: [{attempts: [{error: server_error}], text: Two}]
        """
    )
    placed = placements(scenario, "reset", over="tokens")
    assert names(placed) == [f"reset.request-{request}.token-{place}" for request in (1, 2) for place in (0, 1)]
    assert [[len(rule.replies[0].faults) for rule in it.rules] for it in placed] == [[1, 0], [1, 0], [0, 1], [0, 1]]


def test_replies_of_one_script_are_changed_one_by_one():
    scenario = load_text("{name: two, example: [{}, {n: 1}], rules: [{replies: [One, Two]}]}")
    placed = placements(scenario, Reset.model_validate({"at": "start"}), over="attempts", most=1)
    assert [[len(reply.attempts) for reply in it.rules[0].replies] for it in placed] == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("fault", "over", "message"),
    [
        ("resett", "frames", "there is no fault 'resett': did you mean 'reset'?"),
        ({"reset": {}, "stall": {}}, "frames", "a sweep has one fault, found 2: reset, stall"),
        ({}, "frames", "a sweep has one fault, found 0: none"),
        ({"bom": {}}, "frames", "the fault 'bom' has no position `at`: sweep it over attempts, or one of"),
        ({"stall": {"fro": "3s"}}, "frames", "unknown key 'fro'"),
        ({"stall": {"for": "soon"}}, "tokens", "the fault 'stall' is not written as it should be"),
        ({"stall": 7}, "tokens", "the fault 'stall' is not written as it should be"),
        ({"drop": None}, "attempts", "the key 'frames' is missing"),
        ("reset", "words", "a sweep goes over frames, tokens, bytes, attempts, not over 'words'"),
    ],
)
def test_what_is_wrong_is_told(fault, over, message):
    with pytest.raises(MockLLMError) as caught:
        placements(TWO, fault, over=over)
    assert message in str(caught.value)


def test_a_scenario_that_answers_nothing_cannot_be_swept():
    with pytest.raises(MockLLMError, match="no rule of 'two' answers its example request 1"):
        placements(load_text("{name: two, rules: []}"), "reset")
    used_up = load_text("{name: two, example: [{}, {n: 1}, {n: 2}], rules: [{replies: [A, B]}]}")
    with pytest.raises(MockLLMError, match=r"answers its example request 3, .*the script of rules\[0\] is used up"):
        placements(used_up, "reset")


def test_too_many_places_are_refused():
    long = load_text("{name: two, rules: [{replies: [{generate: {tokens: 400}}]}]}")
    with pytest.raises(MockLLMError, match=f"more than {MOST_PLACEMENTS} places here: bound it with `most`"):
        placements(long, "reset", over="bytes")


def test_as_parameters_for_pytest_each_has_the_name_of_its_place():
    parameters = sweep("hello", "reset", most=2)
    assert [parameter.id for parameter in parameters] == ["hello.reset.frame-0", "hello.reset.frame-1"]
    assert [parameter.values[0].name for parameter in parameters] == ["hello.reset.frame-0", "hello.reset.frame-1"]
    with pytest.raises(ScenarioError, match="there is no scenario of this name"):
        sweep("helo", "reset")


def test_every_cut_of_a_stream_of_forty_frames_is_met_by_the_official_client():
    """Forty frames make forty-one cuts. The client gets the frames before the cut and then an error, and only after
    the last frame, when it has read the end marker, it does not notice.
    """
    placed = placements(FORTY, "reset")
    assert len(placed) == 41
    with MockLLM(placed[0]) as server, openai.OpenAI(base_url=server.base_url, api_key="sk", max_retries=0) as client:
        outcomes = [outcome(client, server.load(scenario)) for scenario in placed]
    # The end marker is no chunk: a client that has it never reads on to the reset.
    assert outcomes == [*((chunks, "APIConnectionError") for chunks in range(40)), (39, "whole")]


def outcome(client, server):
    """How many chunks the client got, and how its call ended."""
    chunks = 0
    try:
        with client.chat.completions.create(**next(FORTY.requests())) as stream:
            for _ in stream:
                chunks += 1
    except openai.APIError as error:
        assert server.journal.last.outcome.ending == "cut as scripted"
        return chunks, type(error).__name__
    return chunks, "whole"
