"""The fuzzers, for a bounded number of inputs, and what they once found."""

import socketserver
import threading
from itertools import islice
from random import Random
from types import SimpleNamespace

import pytest

from mockllm.net.mock import MockLLM
from tests.endurance.fuzz import ask, files, load, requests

FOUND_REQUESTS = [
    # A request line without a version is one of HTTP/0.9, whose version is no answer to anybody.
    b"GET /_mockllm/hea\nhost: mock\r\n\r\n",
    b"GET /_mockllm/healt/1.ck\r\n\r\n",
    b"GET /v1/models\r\n\r\n",
]


@pytest.mark.parametrize("seed", range(4))
def test_a_changed_file_is_a_scenario_or_an_error_with_words(seed):
    for data in islice(files(Random(seed)), 1_500):
        assert load(data) is None, data


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(2))
def test_a_changed_request_is_answered_or_refused_and_the_server_goes_on(seed):
    with MockLLM({"rules": [{"replies": ["Hello"]}]}) as server:
        for data in islice(requests(Random(seed)), 60):
            assert ask(server, data) is None, data


@pytest.mark.parametrize("data", FOUND_REQUESTS)
def test_what_was_found_stays_mended(data):
    with MockLLM({"rules": [{"replies": ["Hello"]}]}) as server:
        assert ask(server, data) is None


class Fixed(socketserver.BaseRequestHandler):
    """Answers every connection with the same bytes, whatever it reads."""

    def handle(self):
        self.request.recv(65_536)
        self.request.sendall(self.server.answer)


@pytest.mark.parametrize(
    ("answer", "finding"),
    [
        (b"HTTP/0.9 404 Not Found\r\n\r\n", "an answer that is none"),
        (b"HTTP/1.1 500 Internal Server Error\r\n\r\n", "an error of the server's own"),
        (b"", "the next request was answered with"),
        (b"HTTP/1.1 200 OK\r\n\r\n", None),
    ],
)
def test_the_fuzzer_of_requests_can_find(answer, finding):
    with socketserver.TCPServer(("127.0.0.1", 0), Fixed) as server:
        server.answer = answer
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        found = ask(SimpleNamespace(url=f"http://127.0.0.1:{server.server_address[1]}"), b"GET /\r\n\r\n")
        server.shutdown()
        thread.join()
    assert (found is None) if finding is None else finding in found


def test_the_fuzzer_of_files_can_find(monkeypatch):
    assert load(b"rules: []") is None
    assert load(b"rules: [") is None
    monkeypatch.setattr("tests.endurance.fuzz.load_text", int)
    assert load(b"rules: []").startswith("ValueError: invalid literal for int()")
    monkeypatch.undo()
    monkeypatch.setattr("tests.endurance.fuzz.MOST_SECONDS", -1)
    assert "it took" in load(b"rules: []")
