"""Where a server is, and the HTTP request of a call."""

import pytest

from mockllm.client.base import PATIENCE_S, Place, outgoing, unreachable
from mockllm.control import clock, journal, namespaces, status
from mockllm.control.base import MOST_WAIT_S, Nothing
from mockllm.errors import MockLLMError


def test_a_place_has_no_slash_at_its_end():
    assert Place.of("http://h:1/") == Place("http://h:1", "http://h:1", None)
    assert Place.of("https://h/base/", control_url="http://h:2/", token="t") == Place(
        "https://h/base", "http://h:2", "t"
    )
    assert Place.of("http://h:1", token="").token is None


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8080", "ftp://h", "http://", "http://h:x", "http://h?a=1", "http://h#a"]
)
def test_what_is_no_place_is_refused(url):
    with pytest.raises(MockLLMError, match="is no place of a server: MOCKLLM_URL is a URL such as"):
        Place.of(url)


def test_the_environment_says_where_a_server_is(monkeypatch):
    for name in ("MOCKLLM_URL", "MOCKLLM_CONTROL_URL", "MOCKLLM_CONTROL_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert Place.from_environment() is None
    monkeypatch.setenv("MOCKLLM_URL", "http://h:1")
    assert Place.from_environment() == Place("http://h:1", "http://h:1", None)
    monkeypatch.setenv("MOCKLLM_CONTROL_URL", "http://h:2")
    monkeypatch.setenv("MOCKLLM_CONTROL_TOKEN", "t")
    assert Place.from_environment() == Place("http://h:1", "http://h:2", "t")


PLACE = Place.of("http://h:1", token="t")


def test_a_call_brings_its_token_and_says_what_it_takes():
    sent = outgoing(PLACE, status.METRICS, Nothing())
    assert dict(sent.headers) == {"accept": "text/plain", "authorization": "Bearer t"}
    sent = outgoing(Place.of("http://h"), clock.PUT, clock.PutClock(scale=2))
    assert dict(sent.headers) == {"accept": "application/json", "content-type": "application/json"}
    assert (sent.message.method, sent.message.target, sent.message.body) == ("PUT", "/_mockllm/clock", b'{"scale":2.0}')


def test_a_call_that_waits_has_the_time_for_it():
    assert outgoing(PLACE, namespaces.LIST, Nothing()).timeout_s == PATIENCE_S
    assert outgoing(PLACE, journal.WAIT_IDLE, journal.AskIdle(timeout_s=60)).timeout_s == PATIENCE_S + 60
    assert outgoing(PLACE, clock.ADVANCE, clock.Advance(by_s=1)).timeout_s == PATIENCE_S + MOST_WAIT_S


def test_a_server_that_does_not_answer_is_told_with_what_to_look_at():
    told = str(unreachable(PLACE, status.HEALTH, TimeoutError()))
    assert told.startswith("health was asked of the mockllm server at http://h:1, which does not answer: TimeoutError.")
    assert "MOCKLLM_URL and MOCKLLM_CONTROL_URL say where it is" in told
