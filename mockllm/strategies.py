"""Hypothesis strategies that draw scenarios: turns, pace, faults, attempts, as the language has them.

What is drawn is a mapping, just as YAML would say it, so that a failing test prints a scenario to keep in a file, and
shrinking ends with the shortest scenario that breaks the client: `{'rules': [{'replies': [{'text': 'a', 'faults':
[{'reset': {'at': {'frame': 1}}}]}]}]}`. `MockLLM.load` takes it as it is. Here: the strategies, from the smallest to
the whole. Not here: the language (`scenario/`), by which everything that is drawn is checked. Needs the extra
`[hypothesis]`.
"""

from collections.abc import Collection, Mapping
from itertools import combinations
from typing import Any, TypeAlias

from hypothesis import strategies as st

from mockllm.errors import MockLLMError
from mockllm.scenario.faults import FAULTS
from mockllm.scenario.faults.together import clash
from mockllm.scenario.load import load_value

Written: TypeAlias = dict[str, Any]
"""A part of a scenario as YAML has it."""

LONGEST_MS = 20
"""The longest wait that is drawn unless a test says otherwise: silence is for tests that can bear it."""

ENDLESS = frozenset({"hang", "gate"})
"""The faults after which nothing comes any more: they are only drawn by name."""

_MOST_PLACES = 12
_AT_ONCE = 1_000_000
"""Tokens per second: one each microsecond."""
_WORDS = ("a", "Hello", " there", "\n", "é", "🌞", '"', "data:", "[DONE]")
_FUNCTIONS = ("f", "get_weather")


def durations(longest_ms: int = LONGEST_MS) -> st.SearchStrategy[str]:
    """Waits of whole milliseconds."""
    return st.integers(0, longest_ms).map(lambda ms: f"{ms}ms")


def positions() -> st.SearchStrategy[Any]:
    """Places in an answer: named points, frames, tokens, bytes, shares."""
    return st.one_of(
        st.sampled_from(["start", "headers", "end", "finish", "done"]),
        st.integers(0, _MOST_PLACES).map(lambda number: {"frame": number}),
        st.integers(0, _MOST_PLACES).map(lambda count: {"token": count}),
        st.integers(0, 400).map(lambda count: {"byte": count}),
        st.integers(0, 100).map(lambda share: {"share": f"{share}%"}),
    )


def faults(kinds: Collection[str] | None = None, *, longest_ms: int = LONGEST_MS) -> st.SearchStrategy[Written]:
    """Faults of these kinds, or of any that does not go on for ever.

    Raises MockLLMError for a kind that there is not.
    """
    known = _faults(longest_ms)
    wanted = [kind for kind in FAULTS if (kind not in ENDLESS if kinds is None else kind in kinds)]
    if unknown := set(kinds or ()) - set(known):
        raise MockLLMError(f"there is no fault {', '.join(sorted(unknown))}: known are {', '.join(known)}")
    return st.one_of(*(st.fixed_dictionaries({kind: known[kind]}) for kind in wanted))


def paces(longest_ms: int = LONGEST_MS) -> st.SearchStrategy[Written]:
    """Times of an answer: fixed and drawn ones, with one of the ways to say what lies between tokens."""
    waits, chance = durations(longest_ms), latencies(longest_ms)
    rate = st.integers(1_000 // longest_ms + 1 if longest_ms else _AT_ONCE, _AT_ONCE)
    times = st.lists(waits, min_size=2, max_size=6)
    speeds: tuple[dict[str, st.SearchStrategy[Any]], ...] = (
        {},
        {"itl": chance},
        {"tokens_per_second": rate},
        {"burst": st.fixed_dictionaries({"tokens": st.integers(1, 4), "every": chance})},
        {
            "trace": st.one_of(
                times, st.fixed_dictionaries({"times": times, "then": st.sampled_from(["repeat", "last"])})
            )
        },
    )
    beside = {
        "head": chance,
        "role": chance,
        "finish": chance,
        "done": chance,
        "body": chance,
        "prefill": st.integers(0, 50).map(lambda us: f"{us}us"),
        "reasoning": st.fixed_dictionaries({"itl": chance}, optional={"pause": chance}),
        "chunk_tokens": st.integers(1, 4),
        "tell": st.booleans(),
    }
    return st.one_of(*(_pace(speed, beside, chance) for speed in speeds))


def _pace(
    speed: dict[str, st.SearchStrategy[Any]], beside: dict[str, st.SearchStrategy[Any]], chance: st.SearchStrategy[Any]
) -> st.SearchStrategy[Written]:
    """A pace with this way to say what lies between tokens; a trace has its time to the first token in it."""
    jitter = {"jitter": st.integers(0, 50).map(lambda share: f"{share}%")} if speed else {}
    first = {} if "trace" in speed else {"ttft": chance}
    return st.fixed_dictionaries(speed, optional={**first, **beside, **jitter})


def latencies(longest_ms: int = LONGEST_MS) -> st.SearchStrategy[Any]:
    """Times that are the same for each use, or drawn anew; none of them is longer than that."""
    waits, most = durations(longest_ms), f"{longest_ms}ms"
    return st.one_of(
        waits,
        waits.map(lambda least: {"uniform": {"min": least, "max": most}}),
        waits.map(lambda mean: {"normal": {"mean": mean, "sd": "5ms", "max": most}}),
        waits.map(lambda median: {"lognormal": {"median": median, "sigma": 0.4, "max": most}}),
        waits.map(lambda half: {"percentiles": {"p50": half, "p99": most}}),
    )


def texts() -> st.SearchStrategy[list[str]]:
    """Texts as lists of tokens, with line breaks, quotes, words of the protocol, and characters of several bytes."""
    return st.lists(st.sampled_from(_WORDS), min_size=1, max_size=6)


def replies() -> st.SearchStrategy[Written]:
    """Answers without faults: texts, reasoning, tool calls, refusals."""
    call = st.fixed_dictionaries(
        {"name": st.sampled_from(_FUNCTIONS), "arguments": st.dictionaries(st.sampled_from("ab"), st.integers(0, 9))}
    )
    return st.one_of(
        st.fixed_dictionaries({"text": texts()}, optional={"reasoning": texts()}),
        st.fixed_dictionaries({"tool_calls": st.lists(call, min_size=1, max_size=3)}, optional={"text": texts()}),
        st.fixed_dictionaries({"refusal": texts()}),
    )


def errors() -> st.SearchStrategy[Written]:
    """Answers that are errors: those that a client may try again, and those that it may not."""
    codes = ("server_error", "rate_limit_exceeded", "insufficient_quota", "context_length_exceeded")
    hints = st.sampled_from(["none", "0s", {"ms": 1}, {"raw": "soon"}, {"raw": "-1"}])
    return st.fixed_dictionaries(
        {"error": st.fixed_dictionaries({"code": st.sampled_from(codes)}, optional={"retry_after": hints})}
    )


@st.composite
def scenarios(
    draw: st.DrawFn,
    *,
    reply: st.SearchStrategy[Written] | None = None,
    fault: st.SearchStrategy[Written] | None = None,
    most_faults: int = 2,
    most_attempts: int = 2,
    pace: st.SearchStrategy[Written] | None = None,
) -> Written:
    """Whole scenarios with one rule for every request.

    `reply` draws what is answered, `fault` what goes wrong with it, up to `most_faults` in the answer and
    `most_attempts` tries before it; `pace` draws its times, none if left out. Faults that cannot act together are not
    drawn together.
    """
    fault = faults() if fault is None else fault
    answer = dict(draw(replies() if reply is None else reply))
    if spoiled := draw(st.lists(fault, max_size=most_faults, unique_by=_kind).filter(_can_hold)):
        answer["faults"] = spoiled
    if tries := draw(st.lists(st.one_of(fault, errors()), max_size=most_attempts)):
        answer["attempts"] = tries
    if pace is not None and (times := draw(pace)):
        answer["pace"] = times
    scenario = {"rules": [{"replies": [answer]}]}
    load_value(scenario)
    return scenario


def _kind(fault: Mapping[str, Any]) -> str:
    return next(iter(fault))


def _can_hold(drawn: Collection[Mapping[str, Any]]) -> bool:
    return not any(clash(_kind(one), _kind(other)) for one, other in combinations(drawn, 2))


_Bodies: TypeAlias = Mapping[str, st.SearchStrategy[Any]]
"""What the fields of each fault may be, by its kind."""


def _faults(longest_ms: int) -> _Bodies:
    return {**_of_content(), **_of_payload(), **_of_framing(longest_ms), **_of_time(longest_ms), **_of_http()}


def _of_content() -> _Bodies:
    call = st.integers(0, 1)
    return {
        "cut_arguments": st.fixed_dictionaries(
            {"call": call, "after": st.integers(0, 5), "finish": st.sampled_from(["honest", "lying"])}
        ),
        "garbage_after_arguments": st.fixed_dictionaries({"call": call, "text": st.sampled_from(["}", "{}", "</s>"])}),
        "unknown_tool": st.fixed_dictionaries({"call": call, "name": st.sampled_from(["", "no_such_tool"])}),
        "finish_reason": st.sampled_from(["stop", "length", "tool_calls", "content_filter", "", "eos"]),
    }


def _of_payload() -> _Bodies:
    frames = st.one_of(st.sampled_from(["first", "last", "all"]), st.integers(0, _MOST_PLACES))
    chosen = st.fixed_dictionaries({"frames": frames})
    between = st.one_of(st.just("start"), st.integers(0, _MOST_PLACES).map(lambda number: {"frame": number}))
    changes = [{"$.id": ""}, {"$.model": None}, {"$.choices": []}, {"$.choices[0].delta.role": ""}]
    ways = ["cut_json", "invalid_utf8", "nan", "html", "empty"]
    return {
        "patch": st.fixed_dictionaries({"frames": frames, "set": st.sampled_from(changes)}),
        "replace": st.fixed_dictionaries({"frames": frames, "data": st.sampled_from(["", "{", {}, [], None])}),
        "corrupt": st.fixed_dictionaries({"frames": frames, "how": st.sampled_from(ways)}),
        "reorder": st.permutations(range(3)).filter(lambda order: order != [0, 1, 2]).map(list),
        "duplicate": chosen,
        "drop": chosen,
        "insert": st.one_of(
            st.fixed_dictionaries({"at": between, "comment": st.sampled_from(["keep-alive", ""])}),
            st.fixed_dictionaries({"at": between, "raw": st.sampled_from(["\n", "garbage\n\n", "data\n\n"])}),
        ),
        "error_event": st.fixed_dictionaries({"at": between, "error": st.just("server_error")}),
        "error_in_200": st.sampled_from(["server_error", "rate_limit_exceeded"]),
    }


def _of_framing(longest_ms: int) -> _Bodies:
    return {
        "line_ending": st.sampled_from(["crlf", "cr"]),
        "bom": _nothing(),
        "no_space": _nothing(),
        "multiline_data": _nothing(),
        "escape": st.sampled_from(["non_ascii", "html", "all"]),
        "event_names": st.just({"name": "message"}),
        "ids": _nothing(),
        "done": st.one_of(
            st.sampled_from(["omit", "twice", "spaced", "text_after"]),
            st.fixed_dictionaries({"mode": st.just("late"), "by": durations(longest_ms)}),
        ),
        "unterminated_last_event": st.fixed_dictionaries({"ends": st.sampled_from(["after_line", "in_line"])}),
        "coalesce": st.integers(2, 4),
        "split": st.fixed_dictionaries({"bytes": st.integers(1, 9)}),
    }


def _of_time(longest_ms: int) -> _Bodies:
    waits, steps = durations(longest_ms), _steps(longest_ms)
    return {
        "stall": st.fixed_dictionaries({"at": positions(), "for": waits}),
        "slow": st.integers(1, 3),
        "drip": st.fixed_dictionaries({"bytes": st.integers(40, 400), "every": steps}),
        "heartbeat": st.fixed_dictionaries({"every": steps}),
        "gate": st.just("gate"),
        "slow_headers": st.fixed_dictionaries({"every": steps, "bytes": st.integers(20, 400)}),
        "keep_open": st.fixed_dictionaries({"what": st.sampled_from(["body", "connection"]), "for": waits}),
        "close_idle": st.fixed_dictionaries({"after": waits}),
    }


def _of_http() -> _Bodies:
    at = st.fixed_dictionaries({"at": positions()})
    return {
        "interim": st.fixed_dictionaries({"status": st.sampled_from([100, 102, 103]), "times": st.integers(1, 3)}),
        "status": st.sampled_from([204, 400, 429, 500, 503]),
        "headers": st.sampled_from([{"remove": ["content-type"]}, {"set": {"x-request-id": ""}}]),
        "content_type": st.sampled_from(["text/plain", "application/json", "text/html"]),
        "content_length": st.sampled_from([{"by": 1}, {"by": -1}, {"is": 0}]),
        "body": st.sampled_from([{"html": True}, {"empty": True}, {"text": "{"}]),
        "redirect": st.just("/elsewhere"),
        "http_1_0": _nothing(),
        "gzip": st.fixed_dictionaries({"flush": st.booleans()}),
        "br": st.fixed_dictionaries({"flush": st.booleans()}),
        "garble": st.fixed_dictionaries({"at": positions(), "bytes": st.integers(1, 4)}),
        "chunked": st.integers(1, 99),
        "bad_chunk_size": at,
        "garbage": at,
        "truncate": at,
        "close": at,
        "reset": at,
        "hang": _nothing(),
    }


def _steps(longest_ms: int) -> st.SearchStrategy[str]:
    return st.integers(1, max(longest_ms, 1)).map(lambda ms: f"{ms}ms")


def _nothing() -> st.SearchStrategy[Written]:
    return st.just({})
