"""From HTTP to what is asked, and from what is told to a value again."""

import pytest

from mockllm.control import clock, journal, namespaces, scenarios, status
from mockllm.control.base import ControlError, Nothing, Text
from mockllm.control.reading import answer, answer_bytes, ask, message
from mockllm.control.status import Health
from mockllm.control.table import find

PROBLEM = b'{"title":"Conflict","status":409,"detail":"no","code":"too_many","more":1}'


def asked(method, path, query="", body=b"", media="application/json"):
    return ask(find(method, f"/_mockllm{path}"), query, body, media)


def refusal(*args, **kwargs):
    with pytest.raises(ControlError) as refused:
        asked(*args, **kwargs)
    return refused.value


def test_of_a_repeated_field_the_last_counts_and_a_list_has_all():
    assert asked("GET", "/journal", "since=1&since=2").since == 2
    assert asked("GET", "/namespaces/x/problems", "allow=idle&allow=unfired").allow == ("idle", "unfired")


@pytest.mark.parametrize("media", ["application/yaml", "text/yaml", "text/plain; charset=utf-8", "TEXT/X-YAML"])
def test_yaml_is_taken_as_text(media):
    assert asked("PUT", "/scenarios/x", body=b"\xef\xbb\xbfrules: []", media=media).scenario == "rules: []"


def test_json_is_taken_as_a_value():
    assert asked("PUT", "/scenarios/x", body=b'{"rules": []}').scenario == {"rules": []}


def test_a_body_may_be_left_out_where_nothing_is_needed():
    assert asked("POST", "/journal/wait-idle", media="") == journal.AskIdle()
    assert asked("POST", "/journal/wait-idle", body=b"{}", media="") == journal.AskIdle()


@pytest.mark.parametrize(
    ("args", "kwargs", "status", "words"),
    [
        (("GET", "/journal", "snice=1"), {}, 400, "has no 'snice'; it has: namespace, rule, outcome, since"),
        (("GET", "/journal", "since=x"), {}, 400, "since: "),
        (("GET", "/clock", "a=1"), {}, 400, "it has: none"),
        (("GET", "/journal", "&".join(["since=1"] * 101)), {}, 400, "more than 100 fields"),
        (("PUT", "/clock"), {"body": b"{"}, 400, "the body is no JSON"),
        (("PUT", "/clock"), {"body": b"[1]"}, 400, "the body is list: send an object"),
        (("PUT", "/clock"), {"body": b'{"scael": 1}'}, 400, "it takes: scale, paused"),
        (("PUT", "/clock"), {"body": b'{"scale": 1}', "media": "text/plain"}, 415, "send application/json"),
        (("PUT", "/scenarios/x"), {"body": b"\xff", "media": "text/yaml"}, 400, "the body is no UTF-8"),
        (("PUT", "/scenarios/x"), {"body": b"x", "media": "image/png"}, 415, "application/yaml where a scenario"),
        (("PUT", "/scenarios/x"), {}, 400, "scenario: the key 'scenario' is missing"),
        (("PUT", "/namespaces/x/seed"), {"body": b'{"seed": 1, "namespace": "y"}'}, 400, "the body has namespace"),
        (("GET", f"/scenarios/{'x' * 201}"), {}, 400, "name: "),
        (("GET", "/namespaces/x/problems", "allow=nothing"), {}, 400, "allow.0: "),
    ],
)
def test_what_is_wrong_is_told(args, kwargs, status, words):
    refused = refusal(*args, **kwargs)
    assert refused.status == status
    assert words in str(refused)


def test_a_null_is_left_out_of_a_query_and_kept_in_a_body():
    assert message(journal.GET, journal.AskJournal(namespace=None)).target == "/_mockllm/journal"
    assert message(clock.PUT, clock.PutClock(scale=None)).body == b'{"scale":null}'


def test_a_scenario_that_is_not_there_is_no_body():
    assert message(namespaces.BIND, namespaces.Bind(namespace="@a", named="hello")) == message(
        namespaces.BIND, namespaces.Bind(namespace="@a", named="hello", scenario="")
    )
    sent = message(namespaces.BIND, namespaces.Bind(namespace="@a", default=True))
    assert (sent.target, sent.body) == ("/_mockllm/namespaces/@a/scenario?default=true", b"")


def test_what_is_told_comes_back():
    told = Health(status="ok")
    assert answer(status.HEALTH, 200, "application/json", answer_bytes(told)) == told
    assert answer(status.METRICS, 200, "text/plain", answer_bytes(Text(text="é"))) == Text(text="é")


def test_a_refusal_is_raised_as_it_was():
    with pytest.raises(ControlError, match="no") as refused:
        answer(scenarios.LIST, 409, "application/problem+json; charset=utf-8", PROBLEM)
    assert (refused.value.status, refused.value.code) == (409, "too_many")


@pytest.mark.parametrize(
    ("status_code", "media", "body"),
    [
        (200, "application/json", b'{"hello": 1}'),
        (200, "text/html", b"<html>"),
        (404, "application/json", b"{}"),
        (502, "application/problem+json", b"<html>"),
    ],
)
def test_what_is_no_answer_of_this_api_is_shown(status_code, media, body):
    with pytest.raises(ControlError, match="is this the URL of a mockllm server") as refused:
        answer(status.HEALTH, status_code, media, body)
    assert (refused.value.status, refused.value.code) == (status_code, "no_answer")
    assert repr(body.decode()) in str(refused.value)


def test_a_text_that_is_no_utf_8_is_no_answer():
    with pytest.raises(ControlError, match="got status 200"):
        answer(status.METRICS, 200, "text/plain", b"\xff")


def test_nothing_to_ask_has_no_body():
    sent = message(namespaces.RESET_ALL, Nothing())
    assert (sent.method, sent.target, sent.body) == ("POST", "/_mockllm/reset", b"")
