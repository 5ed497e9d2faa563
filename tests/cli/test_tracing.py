"""Spans with the SDK as it is installed: in its memory, and over a real socket at a collector."""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import click
import pytest
from openai import OpenAI
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from mockllm.cli.tracing import Tracing, tracing
from mockllm.exchange import Deliveries, Ending, Exchange, Outcome
from mockllm.plan import End, Head, Raw, Wait
from mockllm.request import Call, Headers

PATIENCE_S = 60
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
PLAN = (Wait(1_000), Head(200), Raw(b"x", "fault: corrupt"), End())
DONE = Deliveries(PLAN)
DONE.add_rest(1_500)
CALL = Call("GET", "/v1/models", headers=Headers((("traceparent", f"00-{TRACE}-{PARENT}-01"),)), at_us=2_000_000)
EXCHANGE = Exchange(
    1, "s", CALL, None, 200, PLAN, deliveries=DONE, outcome=Outcome(Ending.COMPLETE, 3, 1_500), rule="rules[0]"
)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)


def made(*exchanges, epoch_ns=10**18):
    memory = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    traces = Tracing(provider, epoch_ns)
    for exchange in exchanges:
        traces.observe(exchange)
    traces.close()
    return memory.get_finished_spans()


def test_a_span_has_the_times_of_the_exchange_on_the_time_of_day_and_its_parent():
    (span,) = made(EXCHANGE)
    assert (span.name, span.kind) == ("GET /v1/models", SpanKind.SERVER)
    assert (span.start_time, span.end_time) == (10**18 + 2_000_000_000, 10**18 + 2_001_500_000)
    assert f"{span.context.trace_id:032x}" == TRACE
    assert f"{span.parent.span_id:016x}" == PARENT
    assert span.attributes["mockllm.rule"] == "rules[0]"
    assert [(event.name, event.timestamp, dict(event.attributes)) for event in span.events] == [
        ("mockllm.first_chunk", 10**18 + 2_001_500_000, {"mockllm.due_us": 1_000}),
        ("mockllm.fault", 10**18 + 2_001_500_000, {"mockllm.fault": "fault: corrupt"}),
    ]
    assert span.status.status_code is StatusCode.UNSET


def test_a_failure_of_the_server_is_its_status_and_a_call_without_a_parent_begins_a_trace():
    (span,) = made(replace(EXCHANGE, call=replace(CALL, headers=Headers()), outcome=Outcome(Ending.CUT, 2, 1_500)))
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "cut as scripted")
    assert span.parent is None


def test_a_parent_that_is_not_sampled_is_followed():
    headers = Headers((("traceparent", f"00-{TRACE}-{PARENT}-00"),))
    assert made(replace(EXCHANGE, call=replace(CALL, headers=headers))) == ()


def test_where_spans_are_not_wanted_nothing_of_the_sdk_is_imported():
    code = (
        "import sys\nimport mockllm.cli.serve\nfrom mockllm.cli.tracing import tracing\n"
        "with tracing(wanted=False) as observers:\n    assert observers == []\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    assert done.stdout == "[]\n"


def test_without_the_extra_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    with pytest.raises(click.UsageError, match=r"needs the extra \[otel\]: pip install 'mockllm-server\[otel\]'"):
        tracing(wanted=True).__enter__()


def test_an_exporter_that_is_not_known_is_named(monkeypatch):
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "carrier-pigeon")
    with pytest.raises(click.UsageError, match="is 'carrier-pigeon': give otlp, console, none"):
        tracing(wanted=True).__enter__()


@pytest.mark.parametrize(("exporter", "lines"), [("console", 1), ("none", 0)])
def test_other_exporters_are_chosen_by_the_variable(monkeypatch, capsys, exporter, lines):
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", exporter)
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=mine,team=x")
    with tracing(wanted=True) as (observe,):
        observe(EXCHANGE)
    out, errors = capsys.readouterr()
    assert out == ""
    assert errors.count('"name": "GET /v1/models"') == lines
    assert errors.count('"service.name": "mine"') == lines


class Collector(ThreadingHTTPServer):
    """What takes spans as OTLP over HTTP, in its binary form."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Taking)
        self.spans, self.services, self.paths = [], set(), set()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def take(self, path, body):
        self.paths.add(path)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.services |= {it.value.string_value for it in resource.resource.attributes if it.key == "service.name"}
            self.spans += [span for scope in resource.scope_spans for span in scope.spans]


class Taking(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.take(self.path, self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def collector():
    with Collector() as collector:
        thread = threading.Thread(target=collector.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield collector
        collector.shutdown()
        thread.join(PATIENCE_S)


@contextmanager
def serving(**environment):
    """The command with spans, and its URL; gives its exit code and log when it has ended."""
    scenario = "rules: [{replies: [{text: [a, b], faults: [{reset: {at: {token: 1}}}]}]}]"
    wanted = {"MOCKLLM_OTEL": "1", "MOCKLLM_PORT": "0", "MOCKLLM_SCENARIO": scenario, **environment}
    ended = []
    with subprocess.Popen(
        [sys.executable, "-m", "mockllm", "serve"],
        env={**os.environ, **wanted}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        try:
            yield server.stdout.readline().strip(), ended
            server.send_signal(signal.SIGTERM)
            _, errors = server.communicate(timeout=PATIENCE_S)
            ended += [server.returncode, errors]
        finally:
            server.kill()


def ask(url):
    messages = [{"role": "user", "content": "Hi"}]
    with OpenAI(base_url=f"{url}/v1", api_key="sk-planted-key-0123456789", max_retries=0) as client:
        headers = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
        with pytest.raises(Exception, match=r".*"):
            list(client.chat.completions.create(model="m", messages=messages, stream=True, extra_headers=headers))


def test_a_collector_gets_the_span_of_an_exchange_when_the_server_ends(collector):
    with serving(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) as (url, ended):
        ask(url)
    assert ended[0] == 0
    assert (collector.paths, collector.services) == ({"/v1/traces"}, {"mockllm"})
    (span,) = collector.spans
    assert (span.name, span.trace_id.hex(), span.parent_span_id.hex()) == ("chat m", TRACE, PARENT)
    told = {it.key: it.value for it in span.attributes}
    assert told["mockllm.outcome"].string_value == "cut as scripted"
    assert told["mockllm.faults"].array_value.values[0].string_value == "fault: reset at frame 2"
    assert [event.name for event in span.events] == ["mockllm.first_chunk", "mockllm.fault"]
    assert span.start_time_unix_nano < span.events[0].time_unix_nano <= span.end_time_unix_nano
    assert b"planted" not in span.SerializeToString()


def test_a_collector_that_is_gone_neither_stops_answers_nor_holds_the_end(collector):
    gone = f"http://127.0.0.1:{collector.server_port}"
    collector.server_close()
    with serving(OTEL_EXPORTER_OTLP_ENDPOINT=gone, MOCKLLM_LOG_FORMAT="json") as (url, ended):
        ask(url)
    assert ended[0] == 0
    assert [json.loads(line)["event"] for line in ended[1].splitlines()][:2] == ["serving", "exchange"]
