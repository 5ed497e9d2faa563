"""Silence is 24 kHz mono PCM of 16 bits: 48,000 bytes a second, four tokens of speech a second."""

import base64

import pytest

from mockllm.fill.audio import silence


@pytest.mark.parametrize(("tokens", "seconds_times_eight"), [(0, 2), (1, 2), (4, 8), (40, 80)])
def test_silence_lasts_as_long_as_the_tokens_take_to_speak(tokens, seconds_times_eight):
    pieces = silence(tokens)
    assert len(pieces) == seconds_times_eight
    assert {base64.b64decode(piece) for piece in pieces} == {bytes(6_000)}
