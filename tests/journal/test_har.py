"""HAR 1.2: the fields that its specification requires, with their types, and their values for known exchanges."""

import datetime as dt

import httpx
import pytest

from mockllm import MockLLM
from mockllm.exchange import Delivery, Ending, Exchange, Outcome
from mockllm.journal.har import har
from mockllm.plan import End, Frame, Head, Send, Wait
from mockllm.request import Call, Headers

NUMBER = (int, float)

# http://www.softwareishard.com/blog/har-12-spec/: every field that is not said to be optional, by object.
REQUIRED = {
    "log": {"version": str, "creator": dict, "entries": list},
    "creator": {"name": str, "version": str},
    "entry": {
        "startedDateTime": str,
        "time": NUMBER,
        "request": dict,
        "response": dict,
        "cache": dict,
        "timings": dict,
    },
    "request": {
        "method": str,
        "url": str,
        "httpVersion": str,
        "cookies": list,
        "headers": list,
        "queryString": list,
        "headersSize": int,
        "bodySize": int,
    },
    "response": {
        "status": int,
        "statusText": str,
        "httpVersion": str,
        "cookies": list,
        "headers": list,
        "content": dict,
        "redirectURL": str,
        "headersSize": int,
        "bodySize": int,
    },
    "content": {"size": int, "mimeType": str},
    "postData": {"mimeType": str, "params": list, "text": str},
    "pair": {"name": str, "value": str},
    "timings": {"send": NUMBER, "wait": NUMBER, "receive": NUMBER},
}


def check(kind, value):
    for name, type_ in REQUIRED[kind].items():
        assert isinstance(value.get(name), type_), f"{kind}.{name} is {value.get(name)!r}"


def check_file(file):
    """What a reader of HAR relies on."""
    assert list(file) == ["log"]
    check("log", file["log"])
    check("creator", file["log"]["creator"])
    for entry in file["log"]["entries"]:
        check("entry", entry)
        check("request", entry["request"])
        check("response", entry["response"])
        check("content", entry["response"]["content"])
        check("timings", entry["timings"])
        assert sum(entry["timings"].values()) == pytest.approx(entry["time"])
        assert dt.datetime.fromisoformat(entry["startedDateTime"]).tzinfo is not None
        for part in (entry["request"], entry["response"]):
            for pair in part["headers"]:
                check("pair", pair)
        for pair in entry["request"]["queryString"]:
            check("pair", pair)
        if "postData" in entry["request"]:
            check("postData", entry["request"]["postData"])


HEAD = Head(302, (("Content-Type", "audio/mpeg"), ("Location", "/elsewhere")))
CALL = Call(
    "POST",
    "/a b/v1/x",
    "q=1&r=",
    Headers((("Host", "mock:80"), ("Content-Type", "application/json"))),
    b"{}",
    at_us=1_000_000,
    wall_s=1_700_000_000,
    connection=4,
)
SENT = Exchange(
    7,
    "n",
    CALL,
    None,
    302,
    (HEAD, Wait(2_000), Send(b"\xff\xfe", Frame("")), End()),
    rule="rules[0]",
    deliveries=(Delivery(0, 0, 500, 0), Delivery(1, 2_000, 2_000, 0), Delivery(2, 2_000, 2_500, 2)),
    outcome=Outcome(Ending.LEFT, 3, 4_500),
)
UNANSWERED = Exchange(
    8,
    "n",
    Call("GET", "/v1/x", at_us=3_500_000, wall_s=1_700_000_003),
    None,
    200,
    (Wait(10_000), Head(200), End()),
    outcome=Outcome(Ending.LEFT, 0, 1_500),
)


def test_an_exchange_is_an_entry():
    file = har([SENT], version="1.2.3")
    check_file(file)
    assert file["log"]["version"] == "1.2"
    assert file["log"]["creator"] == {"name": "mockllm", "version": "1.2.3"}
    assert file["log"]["entries"] == [
        {
            "startedDateTime": "2023-11-14T22:13:20.000+00:00",
            "time": 4.5,
            "request": {
                "method": "POST",
                "url": "http://mock:80/a%20b/v1/x?q=1&r=",
                "httpVersion": "HTTP/1.1",
                "cookies": [],
                "headers": [
                    {"name": "Host", "value": "mock:80"},
                    {"name": "Content-Type", "value": "application/json"},
                ],
                "queryString": [{"name": "q", "value": "1"}, {"name": "r", "value": ""}],
                "postData": {"mimeType": "application/json", "text": "{}", "params": []},
                "headersSize": -1,
                "bodySize": 2,
            },
            "response": {
                "status": 302,
                "statusText": "Found",
                "httpVersion": "HTTP/1.1",
                "cookies": [],
                "headers": [
                    {"name": "Content-Type", "value": "audio/mpeg"},
                    {"name": "Location", "value": "/elsewhere"},
                ],
                "content": {"size": 2, "mimeType": "audio/mpeg", "text": "//4=", "encoding": "base64"},
                "redirectURL": "/elsewhere",
                "headersSize": -1,
                "bodySize": 2,
            },
            "cache": {},
            "timings": {"send": 0, "wait": 0.5, "receive": 4.0},
            "connection": "4",
            "_mockllm_number": 7,
            "_mockllm_namespace": "n",
            "_mockllm_rule": "rules[0]",
            "_mockllm_outcome": "client left at step 3",
        }
    ]


def test_an_exchange_without_an_answer_has_status_0_and_waited_all_the_time():
    file = har([SENT, UNANSWERED], version="1")
    check_file(file)
    entry = file["log"]["entries"][1]
    assert entry["startedDateTime"] == "2023-11-14T22:13:22.500+00:00"
    assert entry["response"]["status"] == 0
    assert entry["response"]["content"] == {"size": 0, "mimeType": "", "text": ""}
    assert entry["timings"] == {"send": 0, "wait": 1.5, "receive": 0.0}
    assert entry["request"]["url"] == "http://localhost/v1/x"
    assert "postData" not in entry["request"]


def test_a_request_that_is_no_text_says_how_it_is_written():
    file = har([Exchange(1, "", Call("POST", "/", body=b"\xff"), None, 400, ())], version="1")
    check_file(file)
    posted = file["log"]["entries"][0]["request"]["postData"]
    assert posted == {"mimeType": "", "text": "/w==", "params": [], "comment": "encoding: base64"}


def test_nothing_is_a_log_without_entries():
    file = har([], version="1")
    check_file(file)
    assert file["log"]["entries"] == []


def test_a_real_record_has_what_the_client_received():
    with MockLLM("rules: [{replies: [hello]}]") as mock:
        answers = [
            httpx.post(
                f"{mock.base_url}/chat/completions",
                json={"model": "m", "stream": stream, "messages": [{"role": "user", "content": "hi"}]},
                trust_env=False,
            )
            for stream in (False, True)
        ]
        file = har(mock.journal.all(), version="1")
    check_file(file)
    entries = file["log"]["entries"]
    assert [entry["response"]["content"]["text"] for entry in entries] == [answer.text for answer in answers]
    assert [entry["request"]["url"] for entry in entries] == [str(answer.url) for answer in answers]
    assert [entry["response"]["content"]["mimeType"] for entry in entries] == [
        answer.headers["content-type"] for answer in answers
    ]
