"""The strategies draw what loads, all of the language's faults, and shrink to what matters."""

import json
import urllib.error
import urllib.request

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from mockllm.engine import Engine
from mockllm.errors import MockLLMError
from mockllm.net.mock import MockLLM
from mockllm.plan import Frame, stamp
from mockllm.scenario.faults import FAULTS
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_value
from mockllm.scenario.pace import Pace
from mockllm.seeds import Seed
from mockllm.strategies import ENDLESS, durations, faults, latencies, paces, positions, replies, scenarios
from tests.calls import chat

KINDS = list(FAULTS)
CALM = settings(derandomize=True, database=None, deadline=None, max_examples=30)


@CALM
@given(data=st.data())
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_fault_can_be_drawn_and_loads(kind, data):
    drawn = data.draw(faults([kind]))
    assert list(drawn) == [kind]
    (rule,) = load_value({"rules": [{"replies": [{"text": "x", "faults": [drawn]}]}]}).rules
    assert rule.replies[0].faults[0].kind == kind


@CALM
@given(drawn=faults())
def test_what_never_ends_is_only_drawn_by_name(drawn):
    assert not ENDLESS & set(drawn)


def test_a_kind_that_there_is_not_is_told():
    with pytest.raises(MockLLMError, match="there is no fault resett: known are cut_arguments, "):
        faults(["resett"])


@CALM
@given(at=positions(), wait=durations(5), reply=replies(), pace=paces())
def test_the_parts_are_parts_of_the_language(at, wait, reply, pace):
    written = {**reply, "pace": pace, "faults": [{"stall": {"at": at, "for": wait}}]}
    (rule,) = load_value({"rules": [{"replies": [written]}]}).rules
    assert rule.replies[0].faults[0].for_ <= 5_000


@CALM
@pytest.mark.parametrize("longest_ms", [0, 1, 5])
@given(data=st.data())
def test_no_time_that_is_drawn_is_longer_than_it_may_be(longest_ms, data):
    written = data.draw(latencies(longest_ms))
    drawn = Pace(itl=written).itl.draws(Seed.of("strategies"))
    assert all(0 <= next(drawn) <= 1_000 * longest_ms for _ in range(50))
    pace = Pace.model_validate(data.draw(paces(longest_ms)))
    dues = pace.schedule(stamp((Frame({}, tokens=1),) * 9), Seed.of("strategies"))
    assert dues[-1] <= (1 + 8 * 1.5) * 1_000 * longest_ms + 8 * 1.5, "jitter adds up to a half"


def test_every_key_of_a_pace_can_be_drawn_but_a_name():
    """A pace with a name is as slow as what it imitates."""
    for key in set(Pace.model_fields) - {"preset"}:
        assert key in find(paces(), lambda pace, key=key: key in pace, settings=settings(CALM, max_examples=1_000))


@settings(CALM, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(scenario=scenarios(pace=paces()), stream=st.booleans())
def test_every_scenario_is_answered(scenario, stream):
    engine = Engine(Library(scenarios=[load_value(scenario)]))
    for _ in range(4):
        exchange = engine.handle(chat(stream=stream))
        assert exchange.trouble is None or b"mockllm" in str(exchange.why).encode()


def naive_text(url):
    """The text as a client has it that reads lines, joins deltas and believes that the end is the end."""
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{url}/chat/completions", json.dumps(body).encode(), headers)
    text = ""
    with urllib.request.urlopen(request, timeout=5) as answer:
        for line in answer:
            if line.startswith(b"data: ") and b"[DONE]" not in line:
                delta = json.loads(line[6:])["choices"][0]["delta"]
                text += delta.get("content") or ""
    return text


def test_a_naive_client_is_broken_by_a_single_fault():
    """The client does not look at `finish_reason`, so a clean end that comes too soon passes for the whole answer. The
    smallest scenario that shows it has one token and one fault.
    """
    text = st.fixed_dictionaries({"text": st.lists(st.sampled_from("ab"), min_size=1, max_size=5)})
    drawn = scenarios(reply=text, fault=faults(["truncate", "stall", "split", "done"], longest_ms=0), most_attempts=0)

    def is_fooled(scenario):
        whole = "".join(scenario["rules"][0]["replies"][0]["text"])
        try:
            return naive_text(server.load(scenario).base_url) != whole
        except (OSError, ValueError, KeyError, IndexError):
            return False

    with MockLLM() as server:
        quiet = settings(
            CALM, max_examples=200, phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck)
        )
        smallest = find(drawn, is_fooled, settings=quiet)
    (reply,) = smallest["rules"][0]["replies"]
    assert (reply["text"], list(reply)) == (["a"], ["text", "faults"])
    (fault,) = reply["faults"]
    assert list(fault) == ["truncate"]
