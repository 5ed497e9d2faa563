"""Request bodies that are forms, `multipart/form-data` (RFC 7578): how files travel to the API.

Here: a form as the JSON value that rules match on, in which a file is told by its name, type, size and digest, and the
bytes of its files. Two forms that differ only in their boundary are the same request. Not here: JSON bodies
(`body.py`) and what a form must contain (the dialects' own tables).
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from mockllm.errors import ApiError
from mockllm.request import JSON, Call

FORM_TYPE = "multipart/form-data"

_BOUNDARY = "mockllm-form-boundary"

MOST_PARTS = 1_000
"""How many parts a form may have."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a form: the field it came in, its name, its type if the client told it, and its bytes."""

    field: str
    name: str
    content_type: str
    data: bytes


def parse_form(call: Call) -> JSON:
    """The form as a mapping: texts by field, `name[]` and repeated fields as lists, and files by what tells them apart.

    Raises ApiError 400 for a body that is no form.
    """
    fields: dict[str, JSON] = {}
    for name, value in _fields(call):
        shown: JSON = value if isinstance(value, str) else _told(value)
        key = name.removesuffix("[]")
        before = fields.get(key)
        if isinstance(before, list):
            before.append(shown)
        elif before is not None:
            fields[key] = [before, shown]
        else:
            fields[key] = [shown] if name.endswith("[]") else shown
    return fields


def files(call: Call) -> tuple[File, ...]:
    """The files of the form, in order; none if the body is no form."""
    kind = call.headers.get("content-type") or ""
    if not kind.lower().startswith(FORM_TYPE):
        return ()
    return tuple(value for _, value in _fields(call) if isinstance(value, File))


def form_of(fields: Mapping[str, JSON]) -> tuple[str, bytes]:
    """A form with these fields: its content type and its bytes.

    A list is sent as `name[]`, once for each entry; a mapping is a file, told by `filename`, `content_type` and its
    `text`; anything else is a text.
    """
    parts = [
        _part(name if value is entry else f"{name}[]", entry)
        for name, value in fields.items()
        for entry in (value if isinstance(value, list) else [value])
    ]
    body = b"".join(b"--%b\r\n%b\r\n" % (_BOUNDARY.encode(), part) for part in parts)
    return f"{FORM_TYPE}; boundary={_BOUNDARY}", body + f"--{_BOUNDARY}--\r\n".encode()


def _part(name: str, value: JSON) -> bytes:
    if isinstance(value, Mapping):
        head = f'form-data; name="{name}"; filename="{value.get("filename", "file")}"'
        kind = value.get("content_type", "application/octet-stream")
        data = str(value.get("text", "")).encode()
        return f"Content-Disposition: {head}\r\nContent-Type: {kind}\r\n\r\n".encode() + data
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n{text}'.encode()


def _told(file: File) -> JSON:
    digest = hashlib.blake2b(file.data, digest_size=16).hexdigest()
    return {"filename": file.name, "content_type": file.content_type, "bytes": len(file.data), "digest": digest}


def _fields(call: Call) -> Iterator[tuple[str, str | File]]:
    """Every part of the form with the name of its field."""
    _, options = parse_options_header(call.headers.get("content-type") or "")
    try:
        with PushMultipartParser(options.get("boundary", ""), max_segment_count=MOST_PARTS) as parser:
            segment: MultipartSegment | None = None
            pieces: list[bytes] = []
            for event in parser.parse(call.body):
                if isinstance(event, MultipartSegment):
                    segment, pieces = event, []
                elif event:
                    pieces.append(bytes(event))
                else:
                    assert segment is not None, "the parser tells the end of a part that it has not begun"
                    yield _field(segment, b"".join(pieces))
    except (MultipartError, UnicodeDecodeError) as error:
        raise ApiError(400, f"Could not parse multipart form: {error}") from error


def _field(segment: MultipartSegment, data: bytes) -> tuple[str, str | File]:
    name = segment.name or ""
    if segment.filename is None:
        return name, data.decode()
    return name, File(name, segment.filename, segment.content_type or "application/octet-stream", data)
