"""Spans on their way to a collector: `mockllm serve --otel`. Needs the extra `[otel]`.

Here: the SDK of OpenTelemetry, set up by its own `OTEL_*` variables, and an observer that gives it a span for each
exchange. Not here: what a span says (`spans.py`). Nothing of OpenTelemetry is imported unless spans are asked for.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from mockllm.exchange import Exchange
from mockllm.spans import Span, span_of

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

EXPORTERS = ("otlp", "console", "none")
"""What OTEL_TRACES_EXPORTER may say."""

FLUSH_S = 0.5
"""How long the end of the server waits for a collector to take the last spans."""

_NS_PER_US = 1_000
_UNNAMED = "unknown_service"


class Tracing:
    """Gives each exchange that has ended as a span to a provider. `epoch_ns` is the time of day at which the server's
    clock was zero, in nanoseconds since 1970.
    """

    def __init__(self, provider: "TracerProvider", epoch_ns: int) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("mockllm")
        self._epoch_ns = epoch_ns

    def observe(self, exchange: Exchange) -> None:
        """Make the span of an exchange; the parent is in the call's headers (W3C Trace Context)."""
        self._put(span_of(exchange))

    def close(self) -> None:
        """Export what is left, for no longer than `FLUSH_S`: a collector that is gone does not hold the server."""
        flush = threading.Thread(target=self._provider.force_flush, daemon=True)
        flush.start()
        flush.join(FLUSH_S)

    def _put(self, span: Span) -> None:
        from opentelemetry.propagate import extract  # noqa: PLC0415 - see the module's docstring
        from opentelemetry.trace import SpanKind, Status, StatusCode  # noqa: PLC0415

        start_ns = self._epoch_ns + span.start_us * _NS_PER_US
        made = self._tracer.start_span(
            span.name,
            context=extract(span.carrier),
            kind=SpanKind.SERVER,
            attributes=span.attributes,
            start_time=start_ns,
        )
        for event in span.events:
            made.add_event(event.name, event.attributes, start_ns + event.at_us * _NS_PER_US)
        if span.failure is not None:
            made.set_status(Status(StatusCode.ERROR, span.failure))
        made.end(start_ns + span.length_us * _NS_PER_US)


@contextmanager
def tracing(*, wanted: bool) -> Iterator[list[Callable[[Exchange], None]]]:
    """Inside, the observers that make spans: one if that is wanted, else none.

    Raises click.UsageError if the extra is not installed or OTEL_TRACES_EXPORTER says what is not known here.
    """
    if not wanted:
        yield []
        return
    traces = Tracing(_provider(), time.time_ns() - time.monotonic_ns())
    try:
        yield [traces.observe]
    finally:
        traces.close()


def _provider() -> "TracerProvider":
    """The SDK as its variables say. The name of the service is `mockllm` unless they say another."""
    try:
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - see the module's docstring
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        exporter = _exporter()
    except ImportError as error:
        message = f"--otel needs the extra [otel]: pip install 'mockllm-server[otel]' ({error})"
        raise click.UsageError(message) from None
    resource = Resource.create()
    if str(resource.attributes["service.name"]).startswith(_UNNAMED):
        resource = resource.merge(Resource({"service.name": "mockllm"}))
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    if exporter is not None:
        provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def _exporter() -> "SpanExporter | None":
    """Where spans go, by OTEL_TRACES_EXPORTER."""
    match os.environ.get("OTEL_TRACES_EXPORTER") or "otlp":
        case "otlp":
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

            return OTLPSpanExporter()
        case "console":
            from opentelemetry.sdk.trace.export import ConsoleSpanExporter  # noqa: PLC0415

            return ConsoleSpanExporter(out=sys.stderr)
        case "none":
            return None
        case other:
            raise click.UsageError(f"OTEL_TRACES_EXPORTER is {other!r}: give {', '.join(EXPORTERS)}")
