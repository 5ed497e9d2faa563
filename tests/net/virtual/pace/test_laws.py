"""Pace, as a client of the server meets it on the virtual clock: every time exact to the microsecond, and distributions
what they are called (Kolmogorov-Smirnov), measured at the client with fixed seeds.
"""

import asyncio
import json
import math
import socket
from itertools import accumulate, pairwise
from statistics import NormalDist
from urllib.parse import urlsplit

import aiohttp
import pytest

from mockllm import MockLLM, virtual_time
from mockllm.plan import Wait
from tests.net.virtual.conftest import MESSAGES, gallery

US_PER_S = 1_000_000


async def stream(mock, clock, session, **call):
    """What came when: a list of (microseconds, what), and the usage if it was told."""
    came, usage = [], None
    body = {"model": "m", "messages": MESSAGES, "stream": True, **call}
    async with session.post(f"{mock.base_url}/chat/completions", json=body) as answer:
        came.append((clock.now_us, "head"))
        async for line in answer.content:
            if not line.startswith(b"data: "):
                continue
            if line == b"data: [DONE]\n":
                came.append((clock.now_us, "done"))
                continue
            chunk = json.loads(line[6:])
            usage = chunk.get("usage") or usage
            for choice in chunk["choices"]:
                delta = choice["delta"]
                told = next((key for key, value in delta.items() if key != "role" and value), "role")
                what = "finish" if choice["finish_reason"] else told
                came.append((clock.now_us, what))
    return came, usage


def session():
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))


def played(pace, *, tokens=4, **reply):
    """What a client gets of one reply with this pace."""
    scenario = {
        "name": "paced",
        "seed": 1,
        "rules": [{"replies": [{"text": [f"{number} " for number in range(tokens)], "pace": pace, **reply}]}],
    }

    async def ask(mock, clock):
        async with session() as client:
            return await stream(mock, clock, client, stream_options={"include_usage": True})

    with virtual_time() as clock, MockLLM(scenario, library=gallery()) as mock:
        return asyncio.run(ask(mock, clock))


def times(pace, **reply):
    """When the tokens of the answer came."""
    return [at_us for at_us, what in played(pace, **reply)[0] if what == "content"]


class TestExactly:
    @pytest.mark.parametrize(
        ("pace", "expected_ms"),
        [
            ({"ttft": "300ms", "itl": "20ms"}, [300, 320, 340, 360]),
            ({"ttft": {"fixed": "300ms"}, "itl": {"fixed": "20ms"}}, [300, 320, 340, 360]),
            ({"itl": "1us"}, [0, 0.001, 0.002, 0.003]),
            ({"ttft": "1s", "tokens_per_second": 8}, [1_000, 1_125, 1_250, 1_375]),
            # The third of a second is rounded once: 333,333, 666,667 and 1,000,000 microseconds.
            ({"tokens_per_second": 3}, [0, 333.333, 666.667, 1_000]),
            # Three at once with the first token, and the fourth 200 ms later.
            ({"ttft": "50ms", "burst": {"tokens": 3, "every": "200ms"}}, [50, 50, 50, 250]),
            ({"trace": ["300ms", "20ms", "25ms"]}, [300, 320, 345, 365]),
            ({"trace": {"times": ["300ms", "20ms", "25ms"], "then": "last"}}, [300, 320, 345, 370]),
            # Two tokens in a delta, which goes out with its second.
            ({"ttft": "100ms", "itl": "10ms", "chunk_tokens": 2}, [110, 130]),
        ],
    )
    def test_tokens_come_when_they_should(self, pace, expected_ms):
        assert times(pace) == [round(ms * 1_000) for ms in expected_ms]

    def test_the_input_is_read_first(self):
        """0.2 ms for each input token, on top of 300 ms."""
        came, usage = played({"ttft": "300ms", "prefill": "0.2ms"})
        assert usage["prompt_tokens"] > 0
        assert came[1][0] == 300_000 + usage["prompt_tokens"] * 200

    def test_of_the_input_only_what_was_not_cached_is_read(self):
        """1,000 tokens less 400 at 4,000 a second: 150 ms."""
        pace = {"prefill": {"tokens_per_second": 4_000}}
        assert times(pace, usage={"input": 1_000, "cached": 400})[0] == 150_000

    def test_reasoning_has_a_pace_of_its_own(self):
        """Reasoning at 100, 105 and 110 ms, a pause of 300 ms, the answer from 410 ms on, every 20 ms."""
        pace = {"ttft": "100ms", "itl": "20ms", "reasoning": {"itl": "5ms", "pause": "300ms"}}
        came, _ = played(pace, reasoning=["x ", "y ", "z "], tokens=2)
        assert [at_us for at_us, what in came if what not in {"head", "role", "done", "finish"}] == [
            100_000, 105_000, 110_000, 410_000, 430_000,
        ]  # fmt: skip

    def test_what_is_no_token_has_times_of_its_own(self):
        pace = {
            "head": "7ms", "role": "20ms", "ttft": "100ms", "itl": "10ms", "finish": "5ms", "done": "9ms",
        }  # fmt: skip
        came, _ = played(pace, tokens=2)
        told = {what: at_us for at_us, what in came if what != "content"}
        assert told == {"head": 7_000, "role": 20_000, "finish": 115_000, "done": 119_000}

    def test_a_plain_body_comes_when_its_stream_would_have_ended_or_when_it_is_told(self):
        async def ask(mock, clock):
            async with session() as client:
                await client.post(f"{mock.base_url}/chat/completions", json={"model": "m", "messages": MESSAGES})
                return clock.now_us

        for pace, expected_us in (({"ttft": "1s", "itl": "2s"}, 7_000_000), ({"ttft": "1s", "body": "9s"}, 9_000_000)):
            scenario = {"name": "plain", "rules": [{"replies": [{"text": list("abcd"), "pace": pace}]}]}
            with virtual_time() as clock, MockLLM(scenario, library=gallery()) as mock:
                assert asyncio.run(ask(mock, clock)) == expected_us

    def test_a_header_tells_what_is_planned_and_a_trailer_what_came_of_it(self):
        """The first token after 300 ms, the last frame 60 ms later, and nothing is late on this clock."""
        scenario = {
            "name": "told",
            "rules": [{"replies": [{"text": list("abcd"), "pace": {"ttft": "300ms", "itl": "20ms", "tell": True}}]}],
        }
        body = json.dumps({"model": "m", "messages": MESSAGES, "stream": True}).encode()
        with virtual_time(), MockLLM(scenario, library=gallery()) as mock:
            address = urlsplit(mock.url)
            with socket.create_connection((address.hostname, address.port)) as sock:
                sock.sendall(
                    b"POST /v1/chat/completions HTTP/1.1\r\nhost: mock\r\nconnection: close\r\n"
                    b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
                )
                received = b"".join(iter(lambda: sock.recv(65_536), b""))
        head, _, rest = received.partition(b"\r\n\r\n")
        assert b"server-timing: ttft;dur=300.000, total;dur=360.000" in head
        assert b"trailer: server-timing" in head
        assert rest.endswith(b"\r\n0\r\nserver-timing: actual;dur=360.000, late;dur=0.000\r\n\r\n")

    @pytest.mark.parametrize(
        ("load", "ends_ms"),
        [
            # One after the other, 100 ms each.
            ({"slots": 1}, [100, 200, 300]),
            ({"slots": 2}, [100, 100, 200]),
            # The second runs beside one other, the third beside two: gaps of 50, then 100, then 150 ms.
            ({"slowdown": "100%"}, [100, 200, 300]),
            # Two at once, 100 and 200 ms; the third begins beside the second when the first is done.
            ({"slots": 2, "slowdown": "100%"}, [100, 200, 300]),
        ],
    )
    def test_a_busy_engine_lets_wait_and_is_slow(self, load, ends_ms):
        """Three requests at once, of three tokens each, which take twice 50 ms in an idle engine."""
        scenario = {
            "name": "busy",
            "load": load,
            "rules": [{"replies": [{"text": list("abc"), "pace": {"itl": "50ms"}}]}],
        }

        async def ask(mock, clock):
            async with session() as client:
                asked = [asyncio.create_task(stream(mock, clock, client)) for _ in range(3)]
                return [(await one)[0][-1][0] for one in asked]

        with virtual_time() as clock, MockLLM(scenario, library=gallery()) as mock:
            ends = asyncio.run(ask(mock, clock))
        assert sorted(ends) == [ms * 1_000 for ms in ends_ms]

    def test_a_queue_that_is_full_is_refused_at_once(self):
        scenario = {
            "name": "full",
            "load": {"slots": 1, "queue": 1},
            "rules": [{"replies": [{"text": "ok", "pace": {"ttft": "60s"}}]}],
        }

        async def ask(mock, clock):
            async def one(client):
                call = {"model": "m", "messages": MESSAGES}
                async with client.post(f"{mock.base_url}/chat/completions", json=call) as answer:
                    return answer.status, clock.now_us

            async with session() as client:
                return await asyncio.gather(*(one(client) for _ in range(3)))

        with virtual_time() as clock, MockLLM(scenario, library=gallery()) as mock:
            assert sorted(asyncio.run(ask(mock, clock))) == [(200, 60_000_000), (200, 120_000_000), (503, 0)]


def distance(draws, share_below):
    """The Kolmogorov-Smirnov statistic: how far the share of draws is at most from what the distribution says."""
    count = len(draws)
    told = [share_below(draw) for draw in sorted(draws)]
    return max(max((place + 1) / count - share, share - place / count) for place, share in enumerate(told))


def line(*corners):
    """The distribution function that is straight between corners of (microseconds, share)."""

    def share_below(us):
        for (left, low), (right, high) in pairwise(corners):
            if us <= right:
                return low + (high - low) * (us - left) / (right - left)
        return 1.0

    return share_below


def lognormal(us):
    """Of a median of 20 ms and a sigma of 0.4."""
    return NormalDist(0, 0.4).cdf(math.log(us / 20_000)) if us > 0 else 0.0


COUNT = 2_000
FARTHEST = 1.95 / math.sqrt(COUNT)
"""What so many draws of the right distribution exceed in one case of a thousand (Kolmogorov's limit)."""

DISTRIBUTIONS = {
    "uniform": ({"uniform": {"min": "10ms", "max": "30ms"}}, line((10_000, 0), (30_000, 1))),
    "normal": ({"normal": {"mean": "50ms", "sd": "5ms"}}, NormalDist(50_000, 5_000).cdf),
    # One standard deviation above the mean: 84.134 % of the draws stay.
    "normal up to max": (
        {"normal": {"mean": "50ms", "sd": "5ms", "max": "55ms"}},
        lambda us: NormalDist(50_000, 5_000).cdf(us) / 0.8413447,
    ),
    "lognormal": ({"lognormal": {"median": "20ms", "sigma": 0.4}}, lognormal),
    "lognormal up to max": (
        {"lognormal": {"median": "20ms", "sigma": 0.4, "max": "20ms"}},
        lambda us: lognormal(us) / 0.5,
    ),
    "percentiles": (
        {"percentiles": {"p50": "200ms", "p90": "600ms", "p99": "2s", "max": "9s"}},
        line((0, 0), (200_000, 0.5), (600_000, 0.9), (2_000_000, 0.99), (9_000_000, 1)),
    ),
}


class TestDrawn:
    @pytest.mark.parametrize("name", DISTRIBUTIONS)
    def test_the_gaps_at_the_client_have_the_distribution_that_was_asked_for(self, name):
        written, law = DISTRIBUTIONS[name]
        came = times({"ttft": "1s", "itl": written}, tokens=COUNT + 1)
        assert came[0] == US_PER_S
        assert distance([after - before for before, after in pairwise(came)], law) < FARTHEST

    def test_so_have_the_pauses_between_bursts(self):
        pace = {"burst": {"tokens": 2, "every": DISTRIBUTIONS["uniform"][0]}}
        gaps = [after - before for before, after in pairwise(times(pace, tokens=2 * COUNT))]
        assert set(gaps[::2]) == {0}
        assert distance(gaps[1::2], DISTRIBUTIONS["uniform"][1]) < FARTHEST

    def test_so_have_the_gaps_of_reasoning(self):
        pace = {"itl": "1us", "reasoning": {"itl": DISTRIBUTIONS["normal"][0]}}
        came, _ = played(pace, reasoning=["x "] * (COUNT + 1))
        thoughts = [at_us for at_us, what in came if what in {"reasoning", "reasoning_content"}]
        gaps = [after - before for before, after in pairwise(thoughts)]
        assert len(gaps) == COUNT
        assert distance(gaps, DISTRIBUTIONS["normal"][1]) < FARTHEST

    def test_jitter_is_even_within_its_share_and_does_not_change_the_rate(self):
        """A fifth of 20 ms both ways; each gap varies by itself, so the sum is that of 2,000 even ones, give or take
        five standard deviations of such a sum: 5 * 8 ms / sqrt(12) * sqrt(2,000) = 516 ms.
        """
        came = times({"itl": "20ms", "jitter": "20%"}, tokens=COUNT + 1)
        gaps = [after - before for before, after in pairwise(came)]
        assert distance(gaps, line((16_000, 0), (24_000, 1))) < FARTHEST
        assert abs(came[-1] - COUNT * 20_000) < 516_000

    def test_the_first_token_of_many_requests_is_drawn_too(self):
        """One request after the other, each of which draws for itself."""
        scenario = {
            "name": "first",
            "seed": 1,
            "rules": [{"replies": [{"text": "ok", "pace": {"ttft": DISTRIBUTIONS["lognormal"][0]}}], "then": "repeat"}],
        }

        async def ask(mock, clock):
            ends = [0]
            async with session() as client:
                for number in range(500):
                    call = {"model": "m", "messages": [{"role": "user", "content": str(number)}]}
                    async with client.post(f"{mock.base_url}/chat/completions", json=call) as answer:
                        await answer.read()
                    ends.append(clock.now_us)
            return [after - before for before, after in pairwise(ends)]

        with virtual_time() as clock, MockLLM(scenario, library=gallery()) as mock:
            first = asyncio.run(ask(mock, clock))
        assert distance(first, lognormal) < 1.95 / math.sqrt(500)

    def test_what_was_planned_is_what_comes_to_the_microsecond(self):
        """The journal tells each delivery; the client's times are those, and the gaps add up without a rest."""
        scenario = {
            "name": "planned",
            "pace": {"ttft": DISTRIBUTIONS["percentiles"][0], "itl": DISTRIBUTIONS["lognormal"][0], "jitter": "10%"},
            "rules": [{"replies": [{"text": [f"{number} " for number in range(200)]}]}],
        }

        async def ask(mock, clock):
            async with session() as client:
                return (await stream(mock, clock, client))[0]

        with virtual_time() as clock, MockLLM(scenario, library=gallery()) as mock:
            came = asyncio.run(ask(mock, clock))
            [exchange] = mock.journal
        assert [delivery.done_us for delivery in exchange.deliveries] == [it.due_us for it in exchange.deliveries]
        waits = [step.us if isinstance(step, Wait) else 0 for step in exchange.plan]
        assert [delivery.due_us for delivery in exchange.deliveries] == list(accumulate(waits))
        assert {at_us for at_us, what in came if what != "head"} == {
            it.done_us for it in exchange.deliveries if it.bytes
        }
        assert len({at_us for at_us, what in came if what == "content"}) == 200

    def test_the_statistic_finds_a_wrong_one_of_the_same_mean_and_spread(self):
        """Uniform with the spread of the normal one: half of the width is sd times the root of 3."""
        half = round(5_000 * math.sqrt(3))
        impostor = {"uniform": {"min": f"{50_000 - half}us", "max": f"{50_000 + half}us"}}
        gaps = [after - before for before, after in pairwise(times({"itl": impostor}, tokens=COUNT + 1))]
        assert distance(gaps, NormalDist(50_000, 5_000).cdf) > FARTHEST
