"""A reply and a request become a turn."""

import pytest

from mockllm.fill import Filling, fill
from mockllm.scenario.reply import AutoReply, ContentReply, Envelope, GenerateReply
from mockllm.tokens import splitter
from mockllm.turn import part_text
from tests.turns import SEED, asked


def filled(reply, defaults=None, **fields):
    return fill(reply, asked(**fields), Filling(SEED, splitter(), 1_000, defaults or Envelope()))


def texts(turn):
    return ["".join(part_text(part) for part in choice.parts) for choice in turn.choices]


@pytest.mark.parametrize(
    ("reply", "fields", "said"),
    [
        ({"text": "a"}, {}, ["a"]),
        ({"text": "a"}, {"n": 2}, ["a", "a"]),
        ({"choices": ["a", "b"]}, {}, ["a", "b"]),
        ({"choices": ["a", "b"]}, {"n": 3}, ["a", "b", "a"]),
        ({"choices": ["a", "b"]}, {"n": 1}, ["a", "b"]),
    ],
)
def test_there_are_as_many_choices_as_are_asked_for_or_scripted(reply, fields, said):
    assert texts(filled(ContentReply.model_validate(reply), **fields)) == said


def test_generated_choices_differ_and_automatic_ones_too():
    generated = texts(filled(GenerateReply(generate=9), n=2))
    automatic = texts(filled(AutoReply(auto=True), n=2))
    assert len({*generated, *automatic}) == 4


def test_the_envelope_is_the_reply_s_or_the_default_s_or_the_request_s():
    defaults = Envelope(model="default", service_tier="flex", system_fingerprint="fp_default", usage={"input": 5})
    reply = ContentReply(text="a", model="mine", service_tier="scale", system_fingerprint="fp_mine", usage={"input": 6})
    for made, wanted in (
        (filled(reply, defaults), ("mine", "scale", "fp_mine", 6)),
        (filled(ContentReply(text="a"), defaults), ("default", "flex", "fp_default", 5)),
    ):
        assert (made.model, made.service_tier, made.system_fingerprint, made.usage.input_tokens) == wanted
    assert filled(ContentReply(text="a")).model == "gpt-4o"


@pytest.mark.parametrize(("tier", "told"), [(None, "default"), ("auto", "default"), ("flex", "flex")])
def test_an_automatic_tier_is_the_default_one(tier, told):
    assert filled(ContentReply(text="a"), service_tier=tier).service_tier == told


@pytest.mark.parametrize("model", ["gpt-5.1", "openai/gpt-5-mini"])
def test_models_of_the_fifth_generation_have_no_fingerprint(model):
    assert filled(ContentReply(text="a"), model=model).system_fingerprint is None


def test_templates_are_filled_in_unless_the_reply_or_the_default_says_no():
    text = "{{ user }}"
    assert texts(filled(ContentReply(text=text))) == ["Hi"]
    assert texts(filled(ContentReply(text=text, template=False))) == [text]
    assert texts(filled(ContentReply(text=text), Envelope(template=False))) == [text]
    assert texts(filled(ContentReply(text=text, template=True), Envelope(template=False))) == ["Hi"]


def test_search_models_have_no_tier():
    # wire-contract §5.1: search-preview answers have no `service_tier`.
    assert filled(ContentReply(text="a"), model="gpt-4o-search-preview").service_tier is None
