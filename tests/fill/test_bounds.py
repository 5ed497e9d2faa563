"""What the request bounds: stop words, the token limit, log probabilities, usage."""

import math

import pytest

from mockllm.fill.bounds import choice, input_tokens, usage
from mockllm.scenario.reply import UsageSpec
from mockllm.seeds import Seed
from mockllm.tokens import LongText, splitter
from mockllm.turn import Audio, Choice, Reasoning, Refusal, Text, ToolCall, Usage, part_text
from tests.turns import SEED, asked, pieces

THREE = Text(pieces("One", " two", " three"))
CALL = ToolCall("call_1", "f", pieces("{", "}"))
TOOL = {"type": "function", "function": {"name": "f"}}


def bounded(*parts, stop=None, **fields):
    return choice(parts, stop, asked(**fields), SEED)


@pytest.mark.parametrize(
    ("parts", "fields", "reason"),
    [
        ((THREE,), {}, "stop"),
        ((), {}, "stop"),
        ((CALL,), {"tools": [TOOL]}, "tool_calls"),
        ((THREE, CALL), {}, "tool_calls"),
        # A forced call finishes with stop (wire-contract §5.1).
        ((CALL,), {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "f"}}}, "stop"),
    ],
)
def test_the_reason_follows_from_the_parts(parts, fields, reason):
    assert bounded(*parts, **fields) == Choice(parts, reason)


def test_a_scripted_reason_stays():
    assert bounded(THREE, stop="content_filter").stop == "content_filter"


@pytest.mark.parametrize(
    ("stop", "left"),
    [
        ("two", "One "),
        (" two", "One"),
        (["three", "two"], "One "),
        ("O", ""),
        ("ne tw", "O"),
        ("four", "One two three"),
    ],
)
def test_a_stop_sequence_ends_the_text_before_it(stop, left):
    ended = choice((Reasoning(pieces("two")), THREE, CALL), "tool_calls", asked(stop=stop), SEED)
    texts = [part for part in ended.parts if isinstance(part, Text)]
    assert [part_text(text) for text in texts] == [left]
    found = left != "One two three"
    assert ended.stop == ("stop" if found else "tool_calls")
    assert (CALL in ended.parts) is not found


def test_an_empty_stop_sequence_stops_nothing():
    assert choice((THREE,), None, asked(stop=[""]), SEED).parts == (THREE,)


@pytest.mark.parametrize(
    ("limit", "texts", "reason"),
    [
        (5, ["One two three", "{}"], "tool_calls"),
        (4, ["One two three", "{"], "length"),
        (3, ["One two three"], "length"),
        (1, ["One"], "length"),
    ],
)
def test_the_token_limit_cuts_and_says_length(limit, texts, reason):
    ended = bounded(THREE, CALL, max_completion_tokens=limit)
    assert ([part_text(part) for part in ended.parts], ended.stop) == (texts, reason)


def test_speech_is_cut_with_its_sound():
    spoken = Audio("audio_1", pieces("a", "b", "c", "d"), ("1", "2", "3", "4", "5", "6", "7", "8"), 0)
    (cut,) = bounded(spoken, max_completion_tokens=1).parts
    assert (part_text(cut), cut.data) == ("a", ("1", "2"))


def test_log_probabilities_are_one_for_each_token_and_fall():
    reasoning, text, refusal = bounded(
        Reasoning(pieces("Hm")), THREE, Refusal(pieces("No")), logprobs=True, top_logprobs=12
    ).parts
    assert not hasattr(reasoning, "logprobs")
    assert [entry.token for entry in text.logprobs] == [b"One", b" two", b" three"]
    assert len(refusal.logprobs) == 1
    for entry in text.logprobs:
        chances = [math.exp(logprob) for _, logprob in entry.top]
        assert entry.top[0] == (entry.token, entry.logprob)
        assert len({token for token, _ in entry.top}) == 12
        assert chances == sorted(chances, reverse=True)
        assert 0.6 <= chances[0] <= 1
        assert sum(chances) <= 1.000001


def test_without_alternatives_there_are_none():
    (text,) = bounded(THREE, logprobs=True).parts
    assert [entry.top for entry in text.logprobs] == [(), (), ()]


def test_a_sure_token_leaves_its_alternatives_the_service_s_word_for_impossible():
    sure = type("Sure", (Seed,), {"child": lambda self, *_: self, "fraction": lambda _: 0.0})(b"")
    ended = choice((THREE,), None, asked(logprobs=True, top_logprobs=2), sure)
    first = ended.parts[0].logprobs[0]
    assert first.logprob == 0
    assert first.top[1][1] == -9999.0


def test_input_is_counted_with_the_overhead_of_the_format():
    # Three tokens to open the answer, three around each message, and the tokens of texts and arguments.
    messages = [
        {"role": "user", "content": "One two"},
        {
            "role": "assistant",
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c", "content": ""},
    ]
    assert input_tokens(asked(messages=messages), splitter()) == 3 + (3 + 2) + (3 + len(splitter().split("{}"))) + 3


COUNTED = (
    Choice((Reasoning(pieces("a", "b")), THREE, Audio("i", pieces("x"), (), 0)), "stop"),
    Choice((CALL,), "stop"),
)


def test_usage_counts_every_choice():
    found = usage(COUNTED, asked(), splitter(), None)
    assert found == Usage(input_tokens=3 + 3 + 1, output_tokens=8, reasoning_tokens=2, audio_tokens=1)


@pytest.mark.parametrize(
    ("told", "output", "reasoning"),
    [
        ({"reasoning": 10}, 16, 10),
        ({"output": 100}, 100, 2),
        ({"output": 100, "reasoning": 7}, 100, 7),
        ({}, 8, 2),
    ],
)
def test_told_counts_replace_counted_ones(told, output, reasoning):
    found = usage(COUNTED, asked(), splitter(), UsageSpec(**told))
    assert (found.output_tokens, found.reasoning_tokens) == (output, reasoning)
    full = usage(COUNTED, asked(), splitter(), UsageSpec(input=1, cached=2))
    assert (full.input_tokens, full.cached_tokens) == (1, 2)


def long(*texts):
    """The pieces of a long text, and those that were made of it so far."""
    made = []
    return LongText("".join(texts), (made.append(piece) or piece for piece in pieces(*texts))), made


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6])
def test_a_limit_leaves_of_parts_without_tokens_those_that_come_before_it(limit):
    parts = [Text(()), Text(pieces("a", "b")), Text(()), Text(pieces("c", "d")), Text(())]
    found, _ = bounded(*parts, max_tokens=limit).parts, None
    left = {1: (0, 1), 2: (0, 2), 3: (0, 2, 0, 1)}.get(limit, (0, 2, 0, 2, 0))
    assert tuple(len(part.pieces) for part in found) == left


def test_a_long_text_is_looked_at_as_far_as_its_limit():
    said, made = long(*"abcdefgh" * 100)
    found = choice((Text(said),), None, asked(max_tokens=3), SEED)
    assert (part_text(found.parts[0]), found.stop) == ("abc", "length")
    assert len(made) <= 64


def test_the_output_of_a_long_text_is_counted_when_somebody_asks():
    said, made = long(*"abc" * 100)
    choices = (Choice((Reasoning(pieces("x")), Text(said)), "stop"),)
    found = usage(choices, asked(), splitter(), None)
    assert (found.input_tokens, found.cached_tokens, made) == (7, 0, [])
    assert (found.output_tokens, found.reasoning_tokens, found.audio_tokens) == (301, 1, 0)
    assert len(made) == 300


def test_what_is_told_of_a_long_text_replaces_what_is_counted():
    said, _ = long("a", "b")
    choices = (Choice((Text(said),), "stop"),)
    found = usage(choices, asked(), splitter(), UsageSpec(input=3, reasoning=5, cached=1))
    assert (found.input_tokens, found.output_tokens, found.reasoning_tokens, found.cached_tokens) == (3, 7, 5, 1)
