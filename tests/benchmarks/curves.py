"""How costs grow: with rules, with tokens, with what the journal holds, and with streams that are open.

Here: curves of one run, in this process except for the streams. Each point is the best of several times, because what
else the machine does can only add to it. Not here: pictures (`plot.py`) and figures that stand alone (`figures.py`).
"""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import count

import orjson

from mockllm.engine import Engine
from mockllm.exchange import Ending, Outcome
from mockllm.request import Call, Request
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text
from mockllm.scenario.script import first_match
from tests.benchmarks import paced
from tests.benchmarks.servers import running
from tests.benchmarks.workloads import ITL_US, Workload

RULES = (1, 10, 100, 1_000)
TOKENS = (10, 100, 1_000, 10_000, 100_000)
EXCHANGES = (100, 1_000, 3_000, 10_000)
STREAMS = (250, 500, 1_000, 2_000, 4_000)

_TIMES = 7
_STARTS_PER_S = 1_000
_US_PER_S = 1_000_000


@dataclass(frozen=True, slots=True)
class Curve:
    """Lines of points, each from a number of something to what it costs."""

    name: str
    title: str
    x: str
    y: str
    lines: Mapping[str, tuple[tuple[float, float], ...]]


def rules() -> Curve:
    """What it costs to find the rule that answers, if that is the last one."""
    request = Request("chat", Call("POST", "/v1/chat/completions"), {"messages": []}, model="gpt-5.1")
    points = []
    for number in RULES:
        every = [
            {"when": {"model": f"model-{rule}", "user": {"contains": "x"}}, "replies": ["x"]} for rule in range(number)
        ]
        scenario = load_text(orjson.dumps({"rules": [*every[1:], {"replies": ["found"]}]}).decode())
        assert first_match(scenario, request).rule == number - 1
        points.append((number, 1000 * _best(lambda scenario=scenario: first_match(scenario, request))))
    return Curve("rules", "Finding the rule that answers", "rules", "milliseconds", {"the last of them": tuple(points)})


def tokens() -> Curve:
    """What it costs to decide an answer: all of it, before the first byte goes out."""
    points = []
    for number in TOKENS:
        engine = _engine(number)
        asked = _calls()
        points.append((number, 1000 * _best(lambda engine=engine, asked=asked: engine.handle(next(asked)))))
    title = "Deciding a new stream, once its reply was played"
    return Curve("tokens", title, "tokens of the answer", "milliseconds", {"chat, streamed": tuple(points)})


def journal() -> Curve:
    """What an exchange costs when the journal holds many already."""
    engine, asked, done = _engine(50), _calls(), 0
    points = []
    for number in EXCHANGES:
        for _ in range(number - done):
            _exchange(engine, next(asked))
        done = number
        points.append((number, 1000 * _best(lambda: _exchange(engine, next(asked)), 50)))
    title = "One more exchange of 50 tokens"
    return Curve("journal", title, "exchanges in the journal", "milliseconds", {"decided and recorded": tuple(points)})


def streams(generator: Executor, seconds: float, most: int) -> Curve:
    """How late events are, by the number of streams that are open."""
    lines: dict[str, tuple[tuple[float, float], ...]] = {}
    length = round(seconds * _US_PER_S / ITL_US)
    for name in ("mockllm", "bare_paced"):
        points = []
        for number in (it for it in STREAMS if it <= most):
            with running(name, length) as target:
                ramp_s = number / _STARTS_PER_S
                job = generator.submit(paced.drive, target, number, length, ramp_s, different=False)
                points.append((number, job.result().p99_ms))
        lines[name] = tuple(points)
    title = "Lateness of events, 20 a second on each stream (p99)"
    return Curve("streams", title, "open streams", "milliseconds", lines)


def _engine(number: int) -> Engine:
    text = orjson.dumps(
        {"rules": [{"replies": [{"text": "".join(f" word{it % 1000:03d}" for it in range(number))}]}]}
    ).decode()
    return Engine(Library(scenarios=[load_text(text)]))


def _calls() -> Iterator[Call]:
    """Requests for a stream of which no two are the same."""
    before, after = (part for part in Workload(stream=True).body().split(b"00000000"))
    return (Call("POST", "/v1/chat/completions", body=b"%b%08d%b" % (before, it, after)) for it in count())


def _exchange(engine: Engine, call: Call) -> None:
    engine.finish(engine.handle(call), (), Outcome(Ending.COMPLETE))


def _best(work: Callable[[], object], times: int = _TIMES) -> float:
    """The shortest of several times, in seconds."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return min(taken)
