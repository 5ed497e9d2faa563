"""When frames are due: by the pace, and worked out once where nothing is left to chance."""

import pytest

from mockllm.answer import Answer
from mockllm.bounded import Same
from mockllm.dialects.chat.mould import PADDING_LENGTH, Chunk, Chunks, Mould
from mockllm.plan import Frame
from mockllm.scenario.pace import Pace
from mockllm.seeds import Seed
from mockllm.times import AT_ONCE, is_at_once, planned

SEEDS = [Seed.of("test", number) for number in range(12)]
STREAM = (Chunk({"n": 0}, kind="role"), *(Chunk({"n": n}, tokens=1, thought=n < 4) for n in range(9)))

CERTAIN = [
    {"ttft": "300ms", "itl": "20ms"},
    {"tokens_per_second": 30, "head": "1ms", "role": "2ms", "finish": "3ms", "done": "4ms"},
    {"ttft": "1ms", "burst": {"tokens": 3, "every": "70ms"}},
    {"trace": ["300ms", "20ms", "25ms"]},
    {"ttft": "1ms", "prefill": "1ms", "itl": "2ms"},
    {"itl": "9ms", "reasoning": {"itl": "5ms", "pause": "1s"}},
]
ANY = {"uniform": {"min": "1ms", "max": "900ms"}}
OPEN = [
    {"ttft": ANY},
    {"ttft": "1ms", "itl": {"lognormal": {"median": "20ms", "sigma": 0.5}}},
    {"itl": "20ms", "jitter": "50%"},
    {"head": ANY},
    {"role": ANY},
    {"itl": "9ms", "finish": ANY},
    {"itl": "9ms", "done": ANY},
    {"burst": {"tokens": 2, "every": ANY}},
    {"itl": "9ms", "reasoning": {"itl": ANY}},
    {"itl": "9ms", "reasoning": {"itl": "5ms", "jitter": "50%"}},
    {"itl": "9ms", "reasoning": {"itl": "5ms", "pause": ANY}},
]


def moulded(chunks=STREAM):
    finish = Chunk({"n": 99}, kind="finish")
    return Mould((*chunks, finish), {"object": "o"}, 2, padded=False)


def answer(mould, **fields):
    events = Chunks(mould, "id", "p" * PADDING_LENGTH)
    return Answer(200, (("content-type", "text/event-stream"),), events, **fields)


def times(pace, seed, mould, slowness=1.0, **fields):
    return planned(answer(mould, **fields), pace, seed, slowness)


@pytest.mark.parametrize("given", CERTAIN)
def test_what_is_certain_is_the_same_for_all_seeds_and_worked_out_once(given):
    pace, mould = Pace.model_validate(given), moulded()
    found = [times(pace, seed, mould) for seed in SEEDS]
    assert pace.is_certain
    assert all(it is found[0] for it in found)
    for seed in SEEDS:
        assert tuple(found[0].frames.values()) == pace.schedule(mould.outline, seed.child("pace"))
        assert found[0].head == pace.head_us(seed)


@pytest.mark.parametrize("given", OPEN)
def test_what_is_left_to_chance_follows_from_the_seed(given):
    pace, mould = Pace.model_validate(given), moulded()
    found = [times(pace, seed, mould) for seed in SEEDS]
    assert not pace.is_certain
    assert len({(it.head, *it.frames.values()) for it in found}) > 1
    assert found == [times(pace, seed, mould) for seed in SEEDS]


def test_what_else_times_depend_on_is_told_apart():
    pace = Pace.model_validate({"ttft": "1ms", "itl": "2ms", "prefill": "1ms"})
    few, many = moulded(), moulded(STREAM * 2)
    # The last token of nine comes 8 gaps after the first.
    assert times(pace, SEEDS[0], few).frames[9] == 17_000
    assert times(pace, SEEDS[0], few, slowness=2.0).frames[9] == 33_000
    assert times(pace, SEEDS[0], few, input_tokens=5).frames[9] == 22_000
    assert times(pace, SEEDS[0], many).frames[19] == 35_000
    other = Pace.model_validate({"ttft": "1ms", "itl": "3ms", "prefill": "1ms"})
    assert times(other, SEEDS[0], few).frames[9] == 25_000


@pytest.mark.parametrize(("most", "is_kept"), [(50, True), (1_000_000, False)])
def test_the_times_of_a_very_long_stream_would_take_too_much_room(most, is_kept):
    pace = Pace.model_validate({"itl": "1ms"})
    long = Mould((*STREAM, Chunk({"n": 99}, kind="finish")), {"object": "o"}, 2, padded=False, long=most)
    found = times(pace, SEEDS[0], long)
    assert found == times(pace, SEEDS[0], moulded())
    assert (found is times(pace, SEEDS[1], long)) is is_kept


def test_nothing_is_due_later_without_a_pace():
    chunks = Pace(chunk_tokens=5)
    assert is_at_once(Same(chunks))
    assert is_at_once(Same(AT_ONCE))
    assert not is_at_once(Same(Pace(ttft="1us")))
    assert times(chunks, SEEDS[0], moulded()).frames == {}
    assert times(chunks, SEEDS[0], moulded()).first == 0


def test_a_plain_body_and_a_stream_that_is_no_mould_have_times_too():
    pace = Pace(ttft="300ms", itl="20ms")
    frames = (Frame(None, "token", 1), Frame(None, "token", 1))
    stream = Answer(200, (("content-type", "text/event-stream"),), frames)
    assert planned(stream, pace, SEEDS[0], 1.0).frames == {0: 300_000, 1: 320_000}
    body = Answer(200, (("content-type", "application/json"),), (Frame({}, "body"),), paced=frames)
    assert planned(body, pace, SEEDS[0], 1.0).frames == {0: 320_000}


def test_a_server_timing_header_has_the_first_token_and_the_end():
    pace = Pace(ttft="300ms", itl="20500us", tell=True)
    expected = (("server-timing", "ttft;dur=300.000, total;dur=464.000"),)  # eight gaps
    assert times(pace, SEEDS[0], moulded()).told == expected
