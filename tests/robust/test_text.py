"""Repetition, reasoning and markup in the pieces of a text."""

import pytest

from tests.robust.text import Pieces, content_of, reasoning_of, told, unfenced


def joined(*texts):
    pieces = Pieces()
    for text in texts:
        pieces.add(text)
    return pieces.join()


@pytest.mark.parametrize(
    ("texts", "text"),
    [
        (("All", " is", " said."), "All is said."),
        (("\n", "\n"), "\n\n"),
        ((" the", " the", " the"), " the the the"),
        (("1", "10"), "110"),
        (("All", "All is", "All is", "All is said."), "All is said."),
        (("I have said", " all of it", ".", "I have said all of it."), "I have said all of it."),
        (("ha", "ha", "haha"), "hahahaha"),
        (("\ud83c", "\udf0d"), "🌍"),
        (("half \ud83d", " gone"), "half \ufffd gone"),
        ((), ""),
    ],
)
def test_repetition_is_cut_only_where_a_server_repeats_itself(texts, text):
    assert joined(*texts) == text


def test_white_space_is_kept_but_is_no_progress():
    pieces = Pieces()
    assert [pieces.add(text) for text in ("a", "\n", "", " \t")] == [True, False, False, False]
    assert pieces.join() == "a\n \t"


@pytest.mark.parametrize(
    ("content", "text", "reasoning"),
    [
        ("<think>secret</think>ANSWER", "ANSWER", "secret"),
        ("\n<think>\nsecret\n</think>\n\nANSWER", "ANSWER", "secret"),
        ("secret</think>ANSWER", "ANSWER", "secret"),
        ("<think>secret", "", "secret"),
        ("The tag <think> opens a thought.", "The tag <think> opens a thought.", ""),
    ],
)
def test_thoughts_inside_the_text_are_told_apart(content, text, reasoning):
    said = told(content, "", has_calls=False)
    assert (said.text, said.reasoning) == (text, reasoning)


def test_markup_of_a_call_is_not_shown_and_is_noise_beside_a_real_call():
    leaked = told("Let me see. <tool_call>{}", "", has_calls=False)
    assert (leaked.text, leaked.leaked) == ("Let me see.", "<tool_call>{}")
    assert told("Let me see. <tool_call>{}", "", has_calls=True).leaked == ""
    assert told("", "So <|tool_calls_section_begin|>x", has_calls=False).leaked == "<|tool_calls_section_begin|>x"


@pytest.mark.parametrize("text", ['```json\n{"a":1}\n```', '```\n{"a":1}', '{"a":1}'])
def test_a_fence_is_taken_off(text):
    assert unfenced(text) == '{"a":1}'


def test_content_may_be_parts():
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "Yes."}]
    assert content_of(parts) == ("Yes.", "Hm.")
    assert content_of([{"type": "thinking", "thinking": "Hm."}]) == ("", "Hm.")
    assert content_of(None) == ("", "")


@pytest.mark.parametrize(
    "members",
    [
        {"reasoning_content": "Hm."},
        {"reasoning_content": "", "reasoning": "Hm."},
        {"reasoning": None, "reasoning_details": [{"type": "reasoning.text", "text": "Hm."}]},
    ],
)
def test_reasoning_has_several_names(members):
    assert reasoning_of(members) == "Hm."
