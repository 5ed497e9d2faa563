"""What must not be kept of an exchange is overwritten, in its place and with as many bytes.

Here: which values are secret, everywhere they may stand, and their removal: in headers, query, path, bodies, and across
the chunks and events of a stream. Chunks keep their size and so their framing. Not here: where texts stand in JSON
(`spans.py`).

Secret are the values of headers, cookies and query parameters that carry keys, those that a JSONPath picks from the
body, those that the caller adds, and all that looks like a key. A value of fewer than `FEWEST` characters is taken out
of its own place only: looked for everywhere it would be found in the middle of words.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote_plus

from mockllm.cassette import Chunk, Recorded, Tape
from mockllm.recording.spans import JSONPathParts, Leaf, characters, leaves
from mockllm.request import Call, Headers
from mockllm.scenario.json_path import matches

FEWEST = 6
"""How many characters a value needs, to be looked for everywhere."""

_NAMED = re.compile(r"key|token|secret|auth|cookie|password|credential|signature|^sig$", re.IGNORECASE)
_ACCOUNT = frozenset({"openai-organization", "openai-project"})
_LIKE_KEY = re.compile(r"\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}|\bBearer\s+[A-Za-z0-9._~+/-]{8,}=*")
_MASKED = re.compile(r"[\w-]*\*{3,}[\w-]*")
_DATA = re.compile(r"^data:[ ]?([^\r\n]*)", re.MULTILINE)
_MASK_SHOWS = 3
_WORD = "redacted"

_Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Redaction:
    """What is taken out beside what always is: these headers, what these JSONPaths find in the bodies of requests and
    answers, and these values wherever they stand.
    """

    headers: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


NOTHING_MORE = Redaction()
"""What always is, and nothing beside it."""


def redacted(tape: Tape, redaction: Redaction) -> Tape:
    """The exchange without its secrets. A redacted text has the length of the original, and begins with `redacted`."""
    secrets = secrets_of(tape.call, redaction)
    return Tape(_call(tape.call, secrets, redaction), _answer(tape.answer, secrets, redaction))


def secrets_of(call: Call, redaction: Redaction) -> tuple[str, ...]:
    """The secret values of a call, the longest first."""
    found = set(redaction.values)
    for name, value in call.headers:
        if _is_secret(name, redaction):
            found |= {value, *_parts(name, value)}
    for part in call.query.split("&"):
        name, _, value = part.partition("=")
        if _NAMED.search(name):
            found |= {value, unquote_plus(value)}
    body = _text(call.body)
    found |= {body[start:end] for start, end in _picked(body, 0, redaction.fields)}
    return tuple(sorted((value for value in found if len(value) >= FEWEST), key=lambda value: (-len(value), value)))


def _is_secret(name: str, redaction: Redaction) -> bool:
    own = {header.lower() for header in redaction.headers}
    return name.lower() in own or name.lower() in _ACCOUNT or _NAMED.search(name) is not None


def _parts(name: str, value: str) -> Iterator[str]:
    """What of a header is a secret by itself: a token without its scheme, both parts of a basic one, each cookie."""
    if name.lower() == "cookie":
        yield from (cookie.partition("=")[2].strip() for cookie in value.split(";"))
        return
    scheme, _, token = value.partition(" ")
    yield token.strip()
    if scheme.lower() == "basic":
        try:
            yield from base64.b64decode(token, validate=True).decode().partition(":")[::2]
        except (binascii.Error, UnicodeDecodeError):
            return


def _call(call: Call, secrets: tuple[str, ...], redaction: Redaction) -> Call:
    """The call with what is kept of it. Of its headers that is the content type."""
    kind = call.headers.get("content-type")
    spans = _spans(_text(call.body), secrets, redaction.fields)
    return replace(
        call,
        path=_cleaned(call.path, secrets),
        query=_query(call.query, secrets),
        headers=Headers(() if kind is None else (("content-type", _cleaned(kind, secrets)),)),
        body=_overwritten(call.body, spans),
    )


def _query(query: str, secrets: tuple[str, ...]) -> str:
    parts = (part.partition("=") for part in query.split("&"))
    told = (f"{name}{sign}{_WORD if sign and _NAMED.search(name) else value}" for name, sign, value in parts)
    return _cleaned("&".join(told), secrets)


def _answer(answer: Recorded, secrets: tuple[str, ...], redaction: Redaction) -> Recorded:
    headers = tuple(
        (name, _WORD if _is_secret(name, redaction) else _cleaned(value, secrets)) for name, value in answer.headers
    )
    body = answer.body
    clean = _overwritten(body, _spans(_text(body), secrets, redaction.fields))
    chunks: list[Chunk] = []
    start = 0
    for chunk in answer.chunks:
        data = clean[start : start + len(chunk.data)]
        start += len(data)
        chunks.append(Chunk(chunk.at_us, data, _wire(chunk, data, secrets)))
    tail = _cleaned(_text(answer.tail), secrets).encode("latin-1")
    return replace(answer, headers=headers, chunks=tuple(chunks), tail=tail)


def _wire(chunk: Chunk, data: bytes, secrets: tuple[str, ...]) -> bytes | None:
    """The chunk with its framing, around the data as it is now."""
    if chunk.wire is None:
        return None
    wire = chunk.wire.replace(chunk.data, data, 1) if chunk.data else chunk.wire
    return _cleaned(_text(wire), secrets).encode("latin-1")


def _text(data: bytes) -> str:
    """The bytes as a text with one character for each, so that places in one are places in the other."""
    return data.decode("latin-1")


def _cleaned(text: str, secrets: tuple[str, ...]) -> str:
    for start, end in _plain_spans(text, secrets):
        text = text[:start] + filler(end - start) + text[end:]
    return text


def filler(size: int) -> str:
    """A text of this length that stands for what was there."""
    return _WORD[:size].ljust(size, "x")


def _overwritten(data: bytes, spans: Iterable[_Span]) -> bytes:
    clean = bytearray(data)
    for start, end in spans:
        was = clean[start:end].decode("latin-1")
        new = re.sub(r"\d", "1", was) if re.fullmatch(r"-?[\d.eE+-]+", was) else filler(end - start)
        clean[start:end] = new.encode()
    return bytes(clean)


def _spans(body: str, secrets: tuple[str, ...], fields: tuple[str, ...]) -> set[_Span]:
    """Where something secret stands in a body, which is JSON, an event stream, or anything else."""
    spans = set(_plain_spans(body, secrets))
    groups: dict[tuple[JSONPathParts, tuple[str, ...]], list[tuple[str, int, int]]] = {}
    for start, text in _documents(body):
        spans.update(_picked(text, start, fields))
        every = list(leaves(text, start))
        marks = _marks(every, body)
        for leaf in every:
            if leaf.is_string:
                told = tuple(mark for place, mark in marks if leaf.path[: len(place)] == place)
                path = tuple("*" if isinstance(step, int) else step for step in leaf.path)
                groups.setdefault((path, told), []).extend(characters(body[leaf.start : leaf.end], leaf.start))
    for group in groups.values():
        joined = "".join(character for character, _, _ in group)
        for start, end in _plain_spans(joined, secrets):
            spans.update((first, last) for _, first, last in group[start:end])
    return _joined(spans)


def _joined(spans: set[_Span]) -> set[_Span]:
    """The places with those that touch or overlap as one, so that each is overwritten once."""
    joined: list[_Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return set(joined)


def _documents(body: str) -> Iterator[tuple[int, str]]:
    """The JSON documents of a body and where they begin: the data of each event, or all of it."""
    if body.lstrip()[:1] in ("{", "["):
        yield 0, body
        return
    yield from ((found.start(1), found[1]) for found in _DATA.finditer(body))


def _marks(every: list[Leaf], body: str) -> list[tuple[JSONPathParts, str]]:
    """What tells one text of a stream from another: the numbers of choices, items and calls, with what each is of."""
    return [
        (leaf.path[:-1], body[leaf.start : leaf.end])
        for leaf in every
        if leaf.path and str(leaf.path[-1]).endswith("index") and not leaf.is_string
    ]


def _picked(text: str, offset: int, fields: tuple[str, ...]) -> Iterator[_Span]:
    """Where the values stand that the JSONPaths find, with all that is inside them."""
    if not fields:
        return
    for start, document in _documents(text):
        try:
            value = json.loads(document)
        except ValueError:
            continue
        paths = {tuple(match.parts) for field in fields for match in matches(field, value)}
        for leaf in leaves(document, offset + start):
            is_constant = not leaf.is_string and document[leaf.start - offset - start] in "tfn"
            if not is_constant and any(leaf.path[: len(path)] == path for path in paths):
                yield leaf.start, leaf.end


def _plain_spans(text: str, secrets: tuple[str, ...]) -> Iterator[_Span]:
    """Where a secret stands in a text: as it is, or as URLs, JSON and masks write it, and what looks like a key."""
    for secret in secrets:
        for form in _forms(secret):
            start = text.find(form)
            while start >= 0:
                yield start, start + len(form)
                start = text.find(form, start + 1)
    yield from (found.span() for found in _LIKE_KEY.finditer(text))
    for found in _MASKED.finditer(text):
        head, tail = found[0].partition("*")[0], found[0].rpartition("*")[2]
        if any(_shows(secret, head, tail) for secret in secrets):
            yield found.span()


def _shows(secret: str, head: str, tail: str) -> bool:
    """Whether a masked text shows the beginning or the end of this secret, as error messages do."""
    begins = len(head) >= _MASK_SHOWS and secret.startswith(head)
    return begins or (len(tail) >= _MASK_SHOWS and secret.endswith(tail))


def _forms(secret: str) -> set[str]:
    """The secret in the ways in which it may be written."""
    utf8 = secret.encode(errors="surrogatepass").decode("latin-1")
    return {utf8, quote(secret, safe=""), json.dumps(secret)[1:-1], json.dumps(secret)[1:-1].replace("/", "\\/")}
