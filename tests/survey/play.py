"""The gallery of quirks, played to the clients by one server whose time is fast.

Here: `Stage`, the server, and what one client makes of one quirk (`Cell`). Not here: what is thought of it
(`verdict.py`), the clients (`clients.py`) and their processes (`worker.py`).

Every client has a namespace of its own for each quirk. A second of the server is 1/`SCALE` real seconds, and so are the
timeouts that the clients are given and the pauses that they make. The time of day is the real one, so a hint that is a
date means the same to both.
"""

import asyncio
import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from operator import ne
from typing import Any, Self

import yaml

from mockllm import MockLLM
from mockllm.scenario.document import Scenario
from tests.expected import unmet
from tests.gallery import GALLERY
from tests.robust.outcome import Outcome
from tests.simulated import converse
from tests.survey.verdict import Seen, Verdict, Word, judge, worst
from tests.survey.worker import DiedError, HangsError, Worker
from tests.waking import Waking

SCALE = 40.0
"""Seconds of the survey in each real one."""

TIMEOUT_S = 150.0
"""The timeout that every client is given."""

LIMIT_S = 1_200.0
"""After how long a request that has not ended hangs; longer only where a robust client takes longer."""

_US = 1_000_000
_MOST_SHOWN = 300


class FastClock(Waking):
    """The clock of the server: `SCALE` times as fast as the real one, with the real time of day."""

    def now_us(self) -> int:
        return int(time.monotonic() * SCALE * _US)

    def wall_s(self) -> int:
        return int(time.time())

    async def sleep_until(self, due_us: int) -> None:
        while (left_us := due_us - self.now_us()) > 0:  # noqa: ASYNC110 - a timer may fire early
            await asyncio.sleep(left_us / _US / SCALE)


@dataclass(frozen=True, slots=True)
class Cell:
    """What one client made of one quirk: the verdict, why, and what was seen, for people."""

    word: Word
    why: str
    seen: str


@cache
def _reference_rules(name: str) -> tuple[object, ...]:
    """Which rules answer the robust client, request by request."""
    visits = converse(GALLERY.get(name), GALLERY)
    return tuple(sending.exchange.rule for visit in visits for sending in visit.sendings)


@cache
def reference(name: str) -> tuple[Cell, float]:
    """What the robust client makes of a quirk, and how long that takes it, in seconds of the survey."""
    scenario = GALLERY.get(name)
    visits = list(converse(scenario, GALLERY))
    verdicts = []
    for visit, expected in zip(visits, scenario.expect, strict=True):
        problems = unmet(expected, visit.outcome)
        failed = f"reports {visit.outcome.failure}" if visit.outcome.failure else ""
        verdicts.append(Verdict("wrong", "; ".join(problems)) if problems else Verdict("right", failed))
    took_us = max((sending.wire.ended_us for visit in visits for sending in visit.sendings), default=0)
    verdict = worst(verdicts)
    has_answer = all(visit.outcome.failure is None for visit in visits)
    shown = plain(" / ".join(shown_of(_as_seen(visit.outcome)) for visit in visits))
    return Cell(verdict.word, plain(verdict.why), shown), took_us / _US if has_answer else 0.0


def _as_seen(outcome: Outcome) -> Seen:
    """An outcome of the robust client, as an adapter would note it."""
    calls = [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in outcome.tool_calls]
    parts = {name: getattr(outcome, name) for name in ("text", "reasoning", "refusal", "data", "finish", "usage")}
    told = {"told": f"{outcome.problem.failure}: {outcome.problem.message}"} if outcome.problem else {}
    return {**parts, "calls": calls, **told}


def digest(name: str) -> str:
    """What a cell depends on, in short: the file without its comments and its words about itself."""
    value = yaml.safe_load(GALLERY.entries()[name].path.read_text())
    kept = {key: part for key, part in value.items() if key not in {"about", "source", "name"}}
    return hashlib.sha256(json.dumps(kept, sort_keys=True, default=str).encode()).hexdigest()[:12]


class Stage:
    """A server for the whole gallery; a context manager."""

    def __init__(self) -> None:
        self._mock = MockLLM(clock=FastClock())
        self._played: Counter[tuple[str, str]] = Counter()

    def __enter__(self) -> Self:
        self._mock.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._mock.close()

    def cell(self, name: str, client: str, worker: Worker) -> Cell:
        """Let a client meet a quirk."""
        scenario = GALLERY.get(name)
        requests = list(scenario.requests())
        self._played[name, client] += 1
        run = f"{name}@{client}-{self._played[name, client]}"
        job = {
            "base_url": f"{self._mock.url}/{run}/v1",
            "key": (scenario.auth and scenario.auth.good_key()) or "sk-survey",
            "timeout_s": TIMEOUT_S / SCALE,
            "scale": SCALE,
            "requests": requests,
        }
        limit_s = max(LIMIT_S, 1.5 * reference(name)[1])
        try:
            seen = worker(job, limit_s / SCALE)
        except HangsError:
            seen = [{"hang": f"no end after {limit_s:,.0f} s"}] * len(requests)
        except DiedError:
            seen = [{"died": "the process of the client ended"}] * len(requests)
        return self._judged(scenario, run, seen)

    def _judged(self, scenario: Scenario, run: str, seen: list[Seen]) -> Cell:
        exchanges = [exchange for exchange in self._mock.journal.now() if exchange.namespace == run]
        if _asks_for_another(scenario.name, [exchange.rule for exchange in exchanges]):
            seen = [{"cannot": "the client cannot send the request that this is about"}] * len(seen)
        elif not exchanges:
            seen = [{"cannot": f"the client sends nothing: {shown_of(entry)}"} for entry in seen]
        verdicts = [judge(expected, entry) for expected, entry in zip(scenario.expect, seen, strict=True)]
        verdict = worst(verdicts)
        shown = " / ".join(shown_of(entry) for entry in seen)
        usual = sum(expected.requests or 1 for expected in scenario.expect)
        if len(exchanges) > usual:
            shown += f" [sent {len(exchanges)} times, a robust client sends {usual}]"
        return Cell(verdict.word, plain(verdict.why), plain(shown))


def _asks_for_another(name: str, rules: list[object]) -> bool:
    """Whether another rule answers the client than the one that the quirk is about, because it asks in another way."""
    wanted = _reference_rules(name)
    return any(map(ne, rules, wanted)) if len(rules) == len(wanted) else not set(rules) <= set(wanted)


def shown_of(seen: Seen) -> str:
    """What a client ended up with, in a line."""
    for key in ("cannot", "hang", "died"):
        if key in seen:
            return str(seen[key])
    if error := seen.get("error"):
        return f"{error['class']}: {_clipped(' '.join(error['message'].split()))}"
    parts = {name: seen[name] for name in ("text", "reasoning", "refusal", "calls", "data", "usage") if seen.get(name)}
    if "finish" in seen:
        parts["finish"] = seen["finish"]
    if "told" in seen:
        parts["told"] = seen["told"]
    return "; ".join(f"{name} {_clipped(_written(value))}" for name, value in parts.items()) or "nothing"


_VARYING = (
    (r"127\.0\.0\.1:\d+|localhost:\d+", "HOST"),
    (r"(?:/[\w.@-]+)+/(?=(?:site-packages|node_modules|tests)/)", ""),
    (r"0x[0-9a-f]{6,}", "0x…"),
    (r"(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "…"),
    (r"(chatcmpl-|call_|msg_|fc_|rs_|resp_|pyd_ai_|lc_?run-+|req_)[0-9a-zA-Z]{16}[0-9a-zA-Z:-]*", r"\1…"),
    (r'"id": "[0-9A-Za-z]{16}"', '"id": "…"'),
    (r'(obfuscation\\?": ?\\?")\w+', r"\1…"),
    (r"terminated: (?:other side closed|read ECONNRESET)", "terminated: the connection ended"),
)
"""What is another text in every run: ports, paths of this machine, random ids, how the end of a connection was met."""


def plain(text: str) -> str:
    """The same text in every run, without surrogates and controls."""
    for pattern, instead in _VARYING:
        text = re.sub(pattern, instead, text)
    return "".join(mark if mark.isprintable() else f"\\u{ord(mark):04x}" for mark in text)


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _clipped(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"


def is_new(name: str, played: Mapping[str, Any]) -> bool:
    """Whether a quirk was not played yet as it is now."""
    entry = played.get(name)
    return entry is None or entry["digest"] != digest(name)
