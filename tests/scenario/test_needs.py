"""What of a scenario must be counted: each place with its reason, and none where answers follow from requests alone."""

import pytest

from mockllm.scenario.load import load_text
from mockllm.scenario.needs import needs_of
from mockllm.scenario.reader import path_text


def needs(text):
    return [(path_text(need.path), need.why) for need in needs_of(load_text(text))]


COUNTED = {
    "auth: {keys: [{key: a}, {key: b, limits: {requests: 1/h}}]}": ("auth.keys[1].limits", "limits count requests"),
    "limits: {requests: 1/h}": ("limits", "limits count requests"),
    "limits: [{requests: 1/h}]": ("limits[0]", "limits count requests"),
    "load: {slots: 2}": ("load", "load counts what is being answered"),
    "chaos: [{chance: 5%, error: server_error}]": ("chaos", "chaos counts calls and tries"),
    "accept: reset": ("accept", "connections are counted"),
    "rules: [{replies: [a, b]}]": ("rules[0].replies[1]", "a script of 2 replies goes on from where it was"),
    "rules: [{replies: [a]}, {replies: [a, b, c], then: loop}]": (
        "rules[1].replies[1]",
        "a script of 3 replies goes on from where it was",
    ),
    "rules: [{replies: [{text: a, attempts: [{error: server_error}]}]}]": (
        "rules[0].replies[0].attempts",
        "attempts count the tries of a request",
    ),
    "rules: [{replies: [{text: a, faults: [{gate: {name: g, at: end}}]}]}]": (
        "rules[0].replies[0].faults[0]",
        "a gate is opened for all who wait at it",
    ),
    "rules: [{replies: [a], chaos: [{every: 2, error: server_error}]}]": (
        "rules[0].chaos",
        "chaos counts calls and tries",
    ),
    "otherwise: {text: a, attempts: [{error: server_error}]}": (
        "otherwise.attempts",
        "attempts count the tries of a request",
    ),
}


@pytest.mark.parametrize(("text", "need"), COUNTED.items())
def test_what_counts_needs_state(text, need):
    assert needs(text) == [need]


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "rules: [{replies: [hi]}, {when: {last: x}, replies: [{generate: {tokens: 5}}]}]",
        "{pace: {ttft: 1s}, rules: [{replies: [{text: a b, faults: [{stall: {at: {token: 1}, for: 1s}}]}]}]}",
        "{otherwise: hi, auth: {keys: [a]}, chaos: {header: x-fault}}",
    ],
)
def test_what_follows_from_the_request_alone_needs_none(text):
    assert needs(text) == []


def test_all_places_are_told_in_the_order_of_the_language():
    text = "{limits: {requests: 1/h}, rules: [{replies: [a, {text: b, attempts: [{error: server_error}]}]}]}"
    assert [place for place, _ in needs(text)] == ["limits", "rules[0].replies[1]", "rules[0].replies[1].attempts"]
