"""Replies in plain words: what they say is made once, and anew where it follows from something else."""

import pytest

from mockllm.fill.plain import remembered
from mockllm.scenario.reply import ContentReply
from mockllm.tokens import splitter
from mockllm.turn import Text
from tests.turns import asked, pieces, said

HELLO = ContentReply(text="Hello", reasoning="Hm", refusal=None)


def made():
    return (said(Text(pieces("Hello"))),)


def is_remembered(reply, first, second):
    one = remembered(reply, first, splitter(), made)
    return remembered(reply, second, splitter(), made) is one


@pytest.mark.parametrize(
    "reply",
    [
        HELLO,
        ContentReply(refusal="No"),
        ContentReply(text=("to", "kens")),
        ContentReply(choices=({"text": "a"}, {"text": "b"})),
    ],
)
def test_plain_words_are_the_same_for_every_request(reply):
    other = asked(messages=[{"role": "user", "content": "Something else"}], temperature=1)
    assert is_remembered(reply, asked(), other)


@pytest.mark.parametrize("fields", [{"max_tokens": 1}, {"stop": "l"}, {"n": 2}])
def test_what_bounds_an_answer_makes_it_another(fields):
    assert not is_remembered(HELLO, asked(), asked(**fields))
    assert is_remembered(HELLO, asked(**fields), asked(**fields))


@pytest.mark.parametrize(
    "reply",
    [
        ContentReply(text="Hello {{ user }}"),
        ContentReply(text=("Hello", "{{ fake.name() }}")),
        ContentReply(reasoning="{% if stream %}x{% endif %}", text="a"),
        ContentReply(tool_calls=({"name": "f"},)),
        ContentReply(choices=({"text": "a"}, {"text": "{{ user }}"})),
    ],
)
def test_templates_and_what_is_drawn_are_made_for_each_request(reply):
    assert not is_remembered(reply, asked(), asked())


def test_log_probabilities_are_drawn_for_each_request():
    assert not is_remembered(HELLO, asked(logprobs=True), asked(logprobs=True))


def test_equal_replies_are_told_apart():
    one, other = ContentReply(text="a"), ContentReply(text="a")
    first = remembered(one, asked(), splitter(), made)
    assert remembered(other, asked(), splitter(), made) is not first


def test_an_error_is_not_remembered():
    def fail():
        raise ValueError

    reply = ContentReply(text="once")
    with pytest.raises(ValueError):
        remembered(reply, asked(), splitter(), fail)
    assert remembered(reply, asked(), splitter(), made) == made()
