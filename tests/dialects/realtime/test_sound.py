import base64

import pytest

from mockllm.dialects.realtime.sound import format_of, milliseconds, silence


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("audio/pcm", bytes(24_000)),
        ("audio/pcmu", b"\xff" * 4_000),
        ("audio/pcma", b"\xd5" * 4_000),
        ("audio/unknown", bytes(24_000)),
    ],
)
def test_two_tokens_take_half_a_second(kind, data):
    assert base64.b64decode(silence(2, kind)) == data
    assert milliseconds(len(data), kind) == 500


def test_the_format_is_the_type_in_the_settings():
    assert format_of({"format": {"type": "audio/pcmu"}}) == "audio/pcmu"
    assert format_of({"format": {}}) == "audio/pcm"
    assert format_of({"format": None}) == "audio/pcm"
    assert format_of(None) == "audio/pcm"
