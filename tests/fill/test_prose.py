import json
import os
import subprocess
import sys

import pytest
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mockllm.errors import MockLLMError
from mockllm.fill.prose import MOST_TOKENS, FakeError, ProseError, fake, prose
from mockllm.seeds import Seed
from mockllm.tokens import for_model, splitter

TOKENIZERS = {"splitter": splitter(), "o200k": for_model("gpt-5"), "cl100k": for_model("gpt-4")}


@pytest.mark.parametrize("name", TOKENIZERS)
def test_prose_has_exactly_the_asked_for_tokens(name):
    split = TOKENIZERS[name].split
    for seed in range(3):
        for tokens in range(120):
            assert len(split(prose(Seed.of(seed), tokens, split))) == tokens


@pytest.mark.parametrize("name", TOKENIZERS)
def test_long_prose_has_exactly_the_asked_for_tokens(name):
    split = TOKENIZERS[name].split
    assert len(split(prose(Seed.of(1), 100_000, split))) == 100_000


def test_prose_is_sentences_of_ascii_words():
    text = prose(Seed.of(1), 200, splitter().split)
    assert text.isascii()
    assert text[0].isupper()
    assert ". " in text
    assert text == text.strip()


def test_the_same_seed_gives_the_same_words_for_every_length():
    short, long = (prose(Seed.of(1), tokens, splitter().split) for tokens in (20, 400))
    assert long.startswith(short.rpartition(" ")[0])
    assert not long.startswith(prose(Seed.of(2), 20, splitter().split))


def test_no_tokens_are_no_words():
    assert prose(Seed.of(1), 0, splitter().split) == ""


def characters(text):
    return tuple(character.encode() for character in text)


def pairs(text):
    return tuple(text[at : at + 2].encode() for at in range(0, len(text), 2))


@pytest.mark.parametrize("split", [characters, pairs])
def test_any_tokenizer_is_met_exactly(split):
    assert [len(split(prose(Seed.of(1), tokens, split))) for tokens in range(1, 60)] == list(range(1, 60))


def whole(text):
    return (text.encode(),) if text else ()


def lonely_words(text):
    """Words, but a text of seven tokens counts as eight and one of eight as nine."""
    words = tuple(word.encode() for word in text.split())
    return words if len(words) != 7 else (*words, b"")


@pytest.mark.parametrize(
    ("tokens", "split", "message"),
    [
        (MOST_TOKENS + 1, splitter().split, f"{MOST_TOKENS + 1} tokens of prose were asked for and {MOST_TOKENS} are"),
        (2, whole, "2 tokens of prose were asked for and 64 sentences are only 1 tokens"),
        (7, lonely_words, "7 tokens of prose were asked for and no text near that length is exactly that many"),
    ],
)
def test_prose_that_cannot_be_made_is_refused_with_a_way_out(tokens, split, message):
    with pytest.raises(ProseError, match=message):
        prose(Seed.of(1), tokens, split)
    assert issubclass(ProseError, MockLLMError)


def test_fake_calls_fakers_methods():
    assert fake(Seed.of(1)).random_int(5, 5) == 5
    assert fake(Seed.of(1)).random_element(["only"]) == "only"
    assert isinstance(fake(Seed.of(1)).name(), str)


def test_the_nth_call_of_a_method_depends_on_no_other_method():
    alone, among = fake(Seed.of(1)), fake(Seed.of(1))
    names = [alone.name(), alone.name(), alone.name()]
    mixed = [among.city() and among.name(), among.email() and among.name(), among.name()]
    assert names == mixed
    assert len(set(names)) == 3
    assert fake(Seed.of(2)).name() != names[0]


def test_a_series_is_drawn_before_the_next_call():
    first, second = fake(Seed.of(1)), fake(Seed.of(1))
    series = first.time_series()
    first.name()
    assert series == second.time_series()
    assert isinstance(series, list)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nmae", "fake.nmae is no method that templates can call; did you mean fake.name?"),
        ("xyzzy_plugh", "fake.xyzzy_plugh is no method that templates can call; use a method of Faker's providers"),
        ("seed", "fake.seed is no method"),
        ("seed_instance", "fake.seed_instance is no method"),
        ("add_provider", "fake.add_provider is no method"),
        ("factories", "fake.factories is no method"),
        ("unique", "fake.unique is no method"),
        ("date_this_year", "fake.date_this_year depends on today's date; use date_between"),
        ("passport_gender", "fake.passport_gender takes its draw from outside the seed"),
        ("pyset", "fake.pyset has an order that differs from process to process"),
        ("zip", "fake.zip writes the time of day into the archive"),
    ],
)
def test_a_method_that_templates_cannot_call_is_refused_with_another(name, message):
    with pytest.raises(FakeError, match=message):
        getattr(fake(Seed.of(1)), name)
    assert issubclass(FakeError, MockLLMError)


def test_private_attributes_are_not_there():
    assert not hasattr(fake(Seed.of(1)), "_factories")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda fake: fake.date_between(start_date="soon"), "fake.date_between failed: 'soon' is no relative date"),
        (lambda fake: fake.random_int(9, 3), "fake.random_int failed: "),
        (lambda fake: fake.name("surplus"), "fake.name failed: "),
    ],
)
def test_a_failing_method_is_named(call, message):
    with pytest.raises(FakeError, match=message):
        call(fake(Seed.of(1)))


def test_templates_reach_fake_data_in_the_sandbox():
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    template = environment.from_string("{{ fake.name() }}, {{ fake['random_int'](4, 4) }}")
    assert template.render(fake=fake(Seed.of(1))) == f"{fake(Seed.of(1)).name()}, 4"
    with pytest.raises(FakeError, match="did you mean"):
        environment.from_string("{{ fake.nmae() }}").render(fake=fake(Seed.of(1)))


def test_prose_and_fake_data_do_not_depend_on_the_process():
    script = (
        "import json\nfrom mockllm.fill.prose import fake, prose\nfrom mockllm.seeds import Seed\n"
        "from mockllm.tokens import splitter\nseed = Seed.of(7)\ndata = fake(seed)\n"
        "print(json.dumps([prose(seed, 300, splitter().split), data.name(), str(data.date_time()), data.pylist()],"
        " default=str))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(outputs) == 1
    assert json.loads(outputs.pop())[0] == prose(Seed.of(7), 300, splitter().split)
