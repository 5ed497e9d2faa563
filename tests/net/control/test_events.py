"""The feed of a server that runs."""

import http.client
import json
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from mockllm.control import clock, faults, gates, journal, namespaces, scenarios
from mockllm.control.clock import PutClock
from mockllm.control.faults import AddFault
from mockllm.control.gates import OpenGate
from mockllm.control.journal import AskClear
from mockllm.control.namespaces import Bind
from mockllm.control.scenarios import PutScenario
from mockllm.net.control import events as events_module
from tests.net.control.conftest import PATIENCE_S

GATED = "{name: g, rules: [{replies: [{text: a b c, faults: [{gate: {name: m, at: {token: 2}}}]}]}]}"


class Watcher:
    """One connection to the feed, read event by event."""

    def __init__(self, url, headers=None, query=""):
        parts = urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE_S)
        self.connection.request("GET", f"/_mockllm/events{query}", headers=headers or {})
        self.response = self.connection.getresponse()
        self.last = None

    def next(self):
        """The next event: its name and its value; a comment is the name `:`."""
        name, value = None, None
        while True:
            line = self.response.readline().decode().rstrip("\n")
            if not line:
                assert name is not None, "the feed has ended"
                return name, value
            field, _, text = line.partition(": ")
            if field == "event":
                name = text
            elif field == "data":
                value = json.loads(text)
            elif field == "id":
                self.last = text
            else:
                name = ":"

    def until(self, name, wanted=lambda _: True):
        """The value of the next event of this name that is wanted."""
        while True:
            found, value = self.next()
            if found == name and wanted(value):
                return value

    def begun(self):
        """All events of the beginning, up to the last of them."""
        found = []
        while not found or found[-1][0] != "ready":
            found.append(self.next())
        return found


@pytest.fixture
def watch(served):
    @contextmanager
    def watching(*arguments, **how):
        watcher = Watcher(served.url, *arguments, **how)
        try:
            yield watcher
        finally:
            watcher.connection.close()

    return watching


def numbers(value):
    return [row["number"] for row in value["rows"]]


def test_it_begins_with_who_speaks_and_all_that_was(watch, ask, served, monkeypatch):
    monkeypatch.setattr(events_module, "PAGE", 2)
    for _ in range(3):
        ask()
    with watch() as watcher:
        (first, hello), *pages, (last, ready) = watcher.begun()
        assert (first, last) == ("hello", "ready")
        assert (hello["base_url"], hello["exchanges"], hello["dropped"], hello["resumed"]) == (served.url, 3, 0, False)
        assert [numbers(value) for _, value in pages] == [[2, 3], [1]]
        assert ready == {"last": 3}
        assert watcher.last == f"{hello['epoch']}-3"


def test_an_exchange_is_told_when_it_comes_as_it_goes_on_and_when_it_ends(watch, call, asker, served):
    call(namespaces.BIND, Bind(namespace="@g", scenario=GATED))
    with watch() as watcher:
        watcher.begun()
        answer = asker(f"{served.url}/@g/v1", stream=True).later()
        row = watcher.until("rows", lambda value: value["rows"][0]["gate"] == "m")["rows"][0]
        assert (row["number"], row["ending"], row["namespace"]) == (1, "open", "default@g")
        assert watcher.last.endswith("-0")
        assert watcher.until("progress") == {"progress": [[1, 4]]}
        call(gates.OPEN, OpenGate(namespace="@g", gate="m"))
        row = watcher.until("rows", lambda value: value["rows"][0]["ending"] != "open")["rows"][0]
        assert (row["ending"], row["done"], row["gate"]) == ("complete", row["steps"], None)
        assert watcher.last.endswith("-1")
        assert answer()[0] == 200


def test_it_resumes_after_what_was_told(watch, ask):
    ask()
    with watch() as watcher:
        watcher.begun()
        last = watcher.last
    ask()
    with watch({"Last-Event-ID": last}) as watcher:
        (_, hello), (_, rows), _ = watcher.begun()
        assert (hello["resumed"], numbers(rows)) == (True, [2])
    with watch(query=f"?last_event_id={watcher.last}", headers={"Last-Event-ID": last}) as watcher:
        assert [name for name, _ in watcher.begun()] == ["hello", "ready"]
    with watch({"Last-Event-ID": "another-1"}) as watcher:
        (_, hello), (_, rows), _ = watcher.begun()
        assert (hello["resumed"], numbers(rows)) == (False, [1, 2])


@pytest.mark.parametrize(
    ("what", "operation", "asked"),
    [
        ("journal", journal.CLEAR, AskClear()),
        ("scenarios", scenarios.PUT, PutScenario(name="x", scenario="rules: [{replies: [yo]}]")),
        ("namespaces", namespaces.BIND, Bind(namespace="@b", default=True)),
        ("gates", gates.OPEN, OpenGate(namespace="@b", gate="g")),
        ("clock", clock.PUT, PutClock(scale=2.0)),
        ("faults", faults.ADD, AddFault(namespace="@b", entry={"error": {"status": 503}}, calls=1)),
    ],
)
def test_it_tells_what_to_read_again(watch, call, what, operation, asked):
    with watch() as watcher:
        watcher.begun()
        call(operation, asked)
        assert what in watcher.until("changed")["what"]


def test_a_silent_feed_has_a_comment_now_and_then(watch, monkeypatch):
    monkeypatch.setattr(events_module, "BEAT_S", 0.1)
    with watch() as watcher:
        watcher.begun()
        assert watcher.next() == (":", None)


def test_a_watcher_that_is_too_slow_is_told_so_and_comes_again(watch, ask, monkeypatch):
    monkeypatch.setattr(events_module, "MOST_PENDING", 1)
    monkeypatch.setattr(events_module, "ROUND_S", 1.0)
    with watch() as watcher:
        watcher.begun()
        last = watcher.last
        for _ in range(3):
            ask()
        assert watcher.until("missed")["missed"] > 0
        assert watcher.response.read() == b""
    with watch({"Last-Event-ID": last}) as watcher:
        assert [numbers(value) for name, value in watcher.begun() if name == "rows"] == [[1, 2, 3]]


def test_only_so_many_watch_and_one_that_leaves_makes_room(watch, served, monkeypatch):
    monkeypatch.setattr(events_module, "MOST_WATCHERS", 1)
    with watch() as watcher:
        watcher.begun()
        with watch() as other:
            assert other.response.status == 503
            assert json.loads(other.response.read())["code"] == "too_many_watchers"
    while served.journal._watchers:
        served.wait_idle()
    with watch() as watcher:
        assert watcher.response.status == 200


def test_a_server_that_stops_ends_the_feed(served):
    watcher = Watcher(served.url)
    watcher.begun()
    served.close()
    with pytest.raises((AssertionError, OSError, http.client.HTTPException)):
        watcher.until("nothing")
    watcher.connection.close()
