"""Faults of HTTP: the head says something else than it should, or the body is not the one that was meant.

Here: the public names, and nothing else. Look next at `base.py` (what they share), `head.py` (status, headers, how the
head goes out), `body.py` (another body), `chunks.py` (other chunks of it) and `encoding.py` (other bytes of it).
"""

from mockllm.scenario.faults.http.body import BadChunkSize, Body, Redirect
from mockllm.scenario.faults.http.chunks import Chunked
from mockllm.scenario.faults.http.encoding import Br, Garble, Gzip
from mockllm.scenario.faults.http.head import ContentLength, ContentType, Headers, Http10, Interim, SlowHeaders, Status

__all__ = [
    "BadChunkSize",
    "Body",
    "Br",
    "Chunked",
    "ContentLength",
    "ContentType",
    "Garble",
    "Gzip",
    "Headers",
    "Http10",
    "Interim",
    "Redirect",
    "SlowHeaders",
    "Status",
]
