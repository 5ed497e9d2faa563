"""An archive as browsers write it answers the same questions."""

import json

import pytest

from mockllm.errors import MockLLMError
from mockllm.importers.har import from_har
from mockllm.plan import Send, Wait
from tests.importers.asking import Served

KEY = "sk-proj-of-the-browser"
STREAM = 'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\ndata: [DONE]\n\n'
HEADERS = [
    {"name": ":authority", "value": "api.example.com"},
    {"name": "content-type", "value": "application/json"},
    {"name": "authorization", "value": f"Bearer {KEY}"},
]


def entry(said, content, *, stream=False, status=200, headers=(), **timings):
    body = {"model": "gpt-4", "stream": stream, "messages": [{"role": "user", "content": said}]}
    url = "https://api.example.com/v1/chat/completions"
    return {
        "request": {"method": "POST", "url": url, "headers": HEADERS, "postData": {"text": json.dumps(body)}},
        "response": {"status": status, "headers": list(headers), "content": content},
        "timings": timings,
    }


def archive(*entries):
    return json.dumps({"log": {"version": "1.2", "creator": {"name": "x", "version": "1"}, "entries": entries}})


def ask(said, stream=False):
    return {"model": "gpt-4", "stream": stream, "messages": [{"role": "user", "content": said}]}


def test_a_body_a_stream_and_a_refusal():
    encoded = {"name": "Content-Encoding", "value": "br"}
    imported = from_har(
        archive(
            entry("a", {"mimeType": "application/json", "text": '{"a":1}'}, headers=[encoded], wait=100, receive=50),
            entry("b", {"mimeType": "text/event-stream", "text": STREAM}, stream=True, wait=300.5, receive=20),
            entry("c", {"text": "eyJlcnJvciI6e319", "encoding": "base64"}, status=429, wait=-1),
            {"request": {"method": "GET", "url": "https://example.com/style.css"}, "response": {"status": 200}},
        )
    )
    assert imported.left_out == ("entry 4: no scenario can answer GET /style.css, so it is left out",)
    served = Served(imported)
    assert served.ask(ask("a")) == (200, {"a": 1})
    assert served.ask(ask("c")) == (429, {"error": {}})
    plan = served.plan(ask("b", stream=True))
    assert [step.us for step in plan if isinstance(step, Wait)] == [300_500, 20_000]
    assert "".join(step.data.decode() for step in plan if isinstance(step, Send)) == STREAM
    assert KEY not in json.dumps(imported.document)


def test_a_stream_that_was_cut_keeps_its_rest_and_no_answer_is_an_end_without_one():
    imported = from_har(
        archive(
            entry("a", {"mimeType": "text/event-stream", "text": STREAM[:-4]}, stream=True), entry("b", {}, status=0)
        )
    )
    served = Served(imported)
    assert (
        "".join(step.data.decode() for step in served.plan(ask("a", stream=True)) if isinstance(step, Send))
        == STREAM[:-4]
    )
    assert [type(step).__name__ for step in served.plan(ask("b"))] == ["Close"]


@pytest.mark.parametrize("text", ["{}", '{"log": {}}', "nonsense: ["])
def test_what_is_no_archive_is_refused(text):
    with pytest.raises(MockLLMError):
        from_har(text)


def test_content_that_is_no_base64_is_refused():
    with pytest.raises(MockLLMError, match="says that it is base64"):
        from_har(archive(entry("a", {"text": "!", "encoding": "base64"})))
