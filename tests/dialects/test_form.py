import pytest

from mockllm.dialects.form import MOST_PARTS, File, files, form_of, parse_form
from mockllm.errors import ApiError
from mockllm.request import Call, Headers


def form(*parts, boundary="B", end=True):
    """A form, written by hand after RFC 7578."""
    lines = b"".join(b"--%b\r\n%b\r\n" % (boundary.encode(), part) for part in parts)
    body = lines + (b"--%b--\r\n" % boundary.encode() if end else b"")
    return Call("POST", "/v1/files", headers=typed(f"multipart/form-data; boundary={boundary}"), body=body)


def typed(kind):
    return Headers((("content-type", kind),))


def field(name, value):
    return b'Content-Disposition: form-data; name="%b"\r\n\r\n%b' % (name, value)


SOUND = (
    b'Content-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\nRI\r\nFF\x00\xff'
)


def test_texts_are_told_by_field_and_repeated_ones_are_lists():
    call = form(field(b"purpose", b"batch"), field(b"tag", b"a"), field(b"tag", b"b"), field(b"tag", b"c"))
    assert parse_form(call) == {"purpose": "batch", "tag": ["a", "b", "c"]}
    assert parse_form(form(field(b"granularities[]", b"word"))) == {"granularities": ["word"]}


def test_a_file_is_told_by_name_type_size_and_digest_and_kept_byte_for_byte():
    call = form(SOUND, field(b"model", b"whisper-1"))
    told = parse_form(call)["file"]
    assert (told["filename"], told["content_type"], told["bytes"]) == ("a.wav", "audio/wav", 8)
    assert files(call) == (File("file", "a.wav", "audio/wav", b"RI\r\nFF\x00\xff"),)


def test_the_boundary_does_not_count():
    assert parse_form(form(SOUND, boundary="one")) == parse_form(form(SOUND, boundary="two"))
    assert parse_form(form(SOUND)) != parse_form(form(SOUND + b"!"))


def test_a_file_without_a_type_is_bytes():
    part = b'Content-Disposition: form-data; name="file"; filename="a"\r\n\r\nx'
    assert files(form(part))[0].content_type == "application/octet-stream"


@pytest.mark.parametrize(
    "call",
    [
        Call("POST", "/", headers=typed("multipart/form-data"), body=b"x"),
        Call("POST", "/", body=b"x"),
        form(SOUND, end=False),
        form(field(b"purpose", b"\xff")),
        form(*[field(b"a", b"")] * (MOST_PARTS + 1)),
    ],
    ids=["no boundary", "no type", "no end", "not UTF-8", "too many parts"],
)
def test_what_is_no_form_is_refused(call):
    with pytest.raises(ApiError, match="Could not parse multipart form") as caught:
        parse_form(call)
    assert caught.value.status == 400


def test_a_body_of_another_type_has_no_files():
    assert files(Call("POST", "/", headers=typed("application/json"), body=b"{}")) == ()
    assert files(Call("POST", "/")) == ()


def test_what_is_written_is_read_again():
    kind, body = form_of(
        {
            "model": "whisper-1",
            "stream": True,
            "temperature": 0,
            "tags": ["a", "b"],
            "file": {"filename": "a.txt", "content_type": "text/plain", "text": "é"},
            "other": {},
        }
    )
    call = Call("POST", "/v1/files", headers=typed(kind), body=body)
    told = parse_form(call)
    assert {name: value for name, value in told.items() if isinstance(value, str)} == {
        "model": "whisper-1",
        "stream": "true",
        "temperature": "0",
    }
    assert told["tags"] == ["a", "b"]
    assert [(file.field, file.name, file.content_type, file.data) for file in files(call)] == [
        ("file", "a.txt", "text/plain", "é".encode()),
        ("other", "file", "application/octet-stream", b""),
    ]
