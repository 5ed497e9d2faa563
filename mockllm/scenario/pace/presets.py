"""Paces with a name: what well-known sorts of endpoints are like, each with where its numbers come from.

Here: one table. Not here: what the words mean (`__init__.py`). Where a source tells one percentile only, the rest of
the curve is ours, and `about` says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

PresetName: TypeAlias = Literal["fast-small", "large", "huge", "reasoning", "cold-start"]
"""The names, for `pace: NAME`."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A pace with a name; `pace` is what an author would write."""

    name: PresetName
    about: str
    source: str
    pace: Mapping[str, Any]


_CURVE = (
    "The p99 of ttft is the benchmark's limit. Its limit for further tokens is one of their mean in a request; that it "
    "is the p99 of each gap is ours, and so are the medians, a third and a half of the limits, and min and max."
)
_RULES = "github.com/mlcommons/inference_policies, inference_rules.adoc, July 2026"

PRESETS: tuple[Preset, ...] = (
    Preset(
        "fast-small",
        f"A model of about 8 billion parameters, served for chat. {_CURVE}",
        f"MLPerf Inference rules, Llama3.1-8B, interactive: TTFT 500 ms, TPOT 30 ms ({_RULES})",
        {
            "ttft": {"percentiles": {"min": "50ms", "p50": "170ms", "p99": "500ms", "max": "750ms"}},
            "itl": {"percentiles": {"min": "5ms", "p50": "15ms", "p99": "30ms", "max": "60ms"}},
        },
    ),
    Preset(
        "large",
        f"A model of about 70 billion parameters, served for chat. {_CURVE}",
        f"MLPerf Inference rules, Llama2-70b, interactive: TTFT 450 ms, TPOT 40 ms ({_RULES})",
        {
            "ttft": {"percentiles": {"min": "80ms", "p50": "150ms", "p99": "450ms", "max": "700ms"}},
            "itl": {"percentiles": {"min": "8ms", "p50": "20ms", "p99": "40ms", "max": "80ms"}},
        },
    ),
    Preset(
        "huge",
        f"A model of about 400 billion parameters under full load. {_CURVE}",
        f"MLPerf Inference rules, Llama3.1-405B, server: TTFT 6000 ms, TPOT 175 ms ({_RULES})",
        {
            "ttft": {"percentiles": {"min": "300ms", "p50": "2s", "p99": "6s", "max": "9s"}},
            "itl": {"percentiles": {"min": "20ms", "p50": "87ms", "p99": "175ms", "max": "350ms"}},
        },
    ),
    Preset(
        "reasoning",
        f"A model that thinks, and then answers at the same pace after a pause. {_CURVE} So is the pause.",
        f"MLPerf Inference rules, their reasoning model, interactive: TTFT 1500 ms, TPOT 15 ms ({_RULES})",
        {
            "ttft": {"percentiles": {"min": "150ms", "p50": "500ms", "p99": "1.5s", "max": "2.5s"}},
            "itl": {"percentiles": {"min": "3ms", "p50": "7.5ms", "p99": "15ms", "max": "30ms"}},
            "reasoning": {
                "itl": {"percentiles": {"min": "3ms", "p50": "7.5ms", "p99": "15ms", "max": "30ms"}},
                "pause": "200ms",
            },
        },
    ),
    Preset(
        "cold-start",
        "The first request to a model that was scaled to zero: the weights are fetched before anything happens. That "
        "the head waits too, and that it is 45 s at most, is ours.",
        "A report at second hand: more than 40 s to the first token, about 30 ms a token once warm "
        "(tianpan.co/blog/2026-05-17-warm-pools-cold-truths-serverless-llm-cold-start)",
        {
            "head": {"uniform": {"min": "40s", "max": "45s"}},
            "ttft": "45s",
            "itl": "30ms",
        },
    ),
)
"""All presets, the quickest first."""


def preset(name: object) -> Preset | None:
    """The preset of this name."""
    return next((entry for entry in PRESETS if entry.name == name), None)
