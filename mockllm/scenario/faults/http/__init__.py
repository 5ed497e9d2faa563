"""Faults of HTTP: the head says something else than it should, or the body is not the one that was meant.

Here: the public names, and nothing else. Look next at `base.py` (what they share), `head.py` (status, headers, how the
head goes out) and `body.py` (another body, or other bytes of it).
"""

from mockllm.scenario.faults.http.body import BadChunkSize, Body, Gzip, Redirect
from mockllm.scenario.faults.http.head import ContentLength, ContentType, Headers, Http10, SlowHeaders, Status

__all__ = [
    "BadChunkSize",
    "Body",
    "ContentLength",
    "ContentType",
    "Gzip",
    "Headers",
    "Http10",
    "Redirect",
    "SlowHeaders",
    "Status",
]
