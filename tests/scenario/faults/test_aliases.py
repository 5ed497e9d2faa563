"""The names of other tools become our faults as they are loaded. What they mean is from those tools' documentation:
https://wiremock.org/docs/simulating-faults and https://github.com/Shopify/toxiproxy#toxics.
"""

import json

import jsonschema
import pytest
from pydantic import TypeAdapter, ValidationError

from mockllm.errors import ScenarioError
from mockllm.scenario.chaos import ChaosEntry
from mockllm.scenario.faults import ALIASES, FAULT_NAMES, FAULT_WORDS, FAULTS, AnyFault
from mockllm.scenario.faults.aliases import Alias
from mockllm.scenario.load import load_text
from mockllm.scenario.reader import read
from mockllm.scenario.schema import json_schema

FAULT: TypeAdapter[AnyFault] = TypeAdapter(AnyFault)

MEANINGS = [
    ("EMPTY_RESPONSE: {}", "close: {at: start}"),
    ("CONNECTION_RESET_BY_PEER: {}", "reset: {at: start}"),
    ("RANDOM_DATA_THEN_CLOSE: {}", "garbage: {at: start}"),
    ("MALFORMED_RESPONSE_CHUNK: {}", "garbage: {at: headers}"),
    ("fixedDelayMilliseconds: 500", "stall: {at: start, for: 500ms}"),
    ("chunkedDribbleDelay: {numberOfChunks: 5, totalDuration: 1000}", "drip: {pieces: 5, over: 1s}"),
    ("latency: 500", "stall: {at: start, for: 500ms, jitter: 0}"),
    ("latency: {latency: 500, jitter: 100}", "stall: {at: start, for: 500ms, jitter: 100ms}"),
    ("bandwidth: 20", "drip: {bytes: 2000, every: 100ms}"),
    ("slow_close: 1000", "keep_open: {what: connection, for: 1s}"),
    ("timeout: {timeout: 2000}", "hang: {for: 2s}"),
    ("timeout: 0", "hang: {}"),
    ("reset_peer: {}", "reset: {at: start}"),
    ("reset_peer: {timeout: 50}", "hang: {for: 50ms, then: reset}"),
    ("slicer: {average_size: 7, size_variation: 0, delay: 20}", "split: {bytes: 7, every: 20us}"),
    ("limit_data: {bytes: 100}", "close: {at: {byte: 100}}"),
    ("limit_data: 0", "close: {at: start}"),
]


def faults(entry: str) -> tuple[object, ...]:
    return load_text(f"rules: [{{replies: [{{text: a, faults: [{entry}]}}]}}]").rules[0].replies[0].faults


@pytest.mark.parametrize(("alias", "ours"), MEANINGS)
def test_an_alias_is_the_fault_that_it_means(alias, ours):
    assert faults(f"{{{alias}}}") == faults(f"{{{ours}}}")


@pytest.mark.parametrize("alias", ALIASES.values(), ids=ALIASES)
def test_the_form_that_readers_see_is_one_of_those_that_it_becomes(alias):
    """Its values are left open, and its keys are those of the fault."""
    ((kind, body),) = read(alias.here.replace("...", "1"), source="x").value.items()
    written = [faults(f"{{{ours}}}")[0] for theirs, ours in MEANINGS if theirs.partition(":")[0] == alias.kind]
    assert kind in {fault.kind for fault in written}
    assert set(body) <= set(next(fault for fault in written if fault.kind == kind).allowed())


def test_every_alias_has_a_meaning_here_and_none_is_a_kind_of_ours():
    assert {alias.partition(":")[0] for alias, _ in MEANINGS} == {alias.kind for alias in ALIASES.values()}
    assert [alias.kind for alias in ALIASES.values()] == list(ALIASES)
    assert not {*ALIASES} & {*FAULTS}
    assert {alias.known_from for alias in ALIASES.values()} == {"WireMock", "Toxiproxy"}
    assert {*FAULTS, *ALIASES} == FAULT_NAMES


@pytest.mark.parametrize("word", FAULT_WORDS)
def test_an_alias_with_nothing_to_say_may_stand_alone(word):
    assert faults(word) == faults(f"{{{word}: {{}}}}")
    entry = ChaosEntry.model_validate({"faults": word})
    assert entry.all_faults() == faults(word)
    (rule,) = load_text(f"rules: [{{replies: [{{text: a, attempts: [{word}]}}]}}]").rules
    assert rule.replies[0].attempts == faults(word)


def test_the_words_that_may_stand_alone_are_those_of_wiremock():
    assert set(FAULT_WORDS) == {
        "EMPTY_RESPONSE",
        "CONNECTION_RESET_BY_PEER",
        "RANDOM_DATA_THEN_CLOSE",
        "MALFORMED_RESPONSE_CHUNK",
    }
    assert [kind for kind, alias in ALIASES.items() if not alias.model_fields] == list(FAULT_WORDS)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{latencyy: 5}", "unknown fault 'latencyy': did you mean 'latency'? "),
        ("{EMPTY_RESPONS: {}}", "unknown fault 'EMPTY_RESPONS': did you mean 'EMPTY_RESPONSE'? "),
        ("{latency: {latency: 5, jiter: 3}}", "latency.jiter: unknown key 'jiter': did you mean 'jitter'? "),
        ("{latency: {latency: 5, jitter: 6}}", "the jitter is larger than the latency, and nothing can come early"),
        ("{latency: 5ms}", "latency: expected a whole number, found '5ms'"),
        ("{timeout: -1}", "timeout: expected a value of at least 0, found -1"),
        ("{slicer: {average_size: 3, size_variation: 1}}", "all slices have the same size here: drop size_variation"),
        ("{bandwidth: 0}", "bandwidth: expected a value of at least 1, found 0"),
        ("{EMPTY_RESPONSE: {at: end}}", "EMPTY_RESPONSE.at: unknown key 'at'"),
        ("timeout", "expected a fault as one key and its body, such as {timeout: {timeout: ...}}, found 'timeout'"),
    ],
)
def test_aliases_are_as_strict_as_faults(entry, message):
    with pytest.raises(ScenarioError) as error:
        faults(entry)
    assert message in str(error.value)


def test_an_alias_outside_faults_is_told_where_it_belongs():
    with pytest.raises(ScenarioError, match=r"it is a fault, so write faults: \[\{fixedDelayMilliseconds: ...\}\]"):
        load_text("rules: [{replies: [{text: a, fixedDelayMilliseconds: 5}]}]")
    with pytest.raises(ScenarioError, match=r"it is a fault, so write faults: \{latency: ...\}"):
        load_text("chaos: [{latency: 5}]")


def test_an_alias_is_excluded_as_its_fault_is():
    with pytest.raises(ScenarioError, match="reset and close cannot both hold"):
        faults("CONNECTION_RESET_BY_PEER, EMPTY_RESPONSE")


@pytest.mark.parametrize("entry", [*(alias for alias, _ in MEANINGS), "EMPTY_RESPONSE"])
def test_the_schema_has_aliases(entry):
    written = entry if ":" not in entry else None
    text = f"rules: [{{replies: [{{text: a, faults: [{written or f'{{{entry}}}'}]}}]}}]"
    value = json.loads(json.dumps(read(text, source="x").value, default=dict))
    jsonschema.Draft7Validator(json_schema()).validate(value)


def test_an_alias_of_no_kind_means_nothing():
    with pytest.raises(NotImplementedError):
        Alias().written()


def test_a_fault_from_python_is_itself():
    (fault,) = faults("{reset: {at: start}}")
    assert FAULT.validate_python(fault) == fault
    with pytest.raises(ValidationError):
        FAULT.validate_python("reset")
