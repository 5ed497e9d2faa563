"""Silence, read by readers that are not ours."""

import io
import wave

import mutagen.flac
import mutagen.mp3
import pytest

from mockllm.dialects.audio.sound import FORMATS, RATE, flac, mp3, pcm, seconds, wav


@pytest.mark.parametrize("samples", [0, 1, 24_000, 100_001])
def test_a_wav_file_has_its_samples_and_says_how_long_it_is(samples):
    with wave.open(io.BytesIO(wav(samples))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 24_000)
        assert file.readframes(samples + 1) == bytes(2 * samples) == pcm(samples)
    assert seconds(wav(samples)) == round(samples / 24_000, 3)


def test_mp3_frames_last_24_ms_each():
    info = mutagen.mp3.MP3(io.BytesIO(mp3(2 * RATE))).info
    assert (info.version, info.layer, info.sample_rate, info.channels, info.bitrate) == (2, 3, 24_000, 1, 64_000)
    # 48,000 samples are 83 frames of 576 and a part of one more, of 192 bytes each.
    assert len(mp3(2 * RATE)) == 84 * 192
    assert round(info.length, 3) == round(84 * 0.024, 3)


@pytest.mark.parametrize("samples", [1, 4_096, 4_097, 100_001])
def test_a_flac_stream_tells_its_samples(samples):
    info = mutagen.flac.FLAC(io.BytesIO(flac(samples))).info
    assert (info.total_samples, info.sample_rate, info.channels, info.bits_per_sample) == (samples, 24_000, 1, 16)


def test_a_block_of_flac_ends_with_its_checks():
    """RFC 9639 by hand: sync and fixed blocks ff f8; size in 16 bits and 24 kHz 0111 0110; mono and 16 bits 0000 1000;
    number 0; size less one; both checks are such that the check over what they end is zero.
    """
    block = flac(1)[42:]
    assert block[:7].hex() == "fff87608000000"
    assert block[8:11] == b"\x00\x00\x00"
    assert crc(block[:8], 8, 0x07) == 0
    assert crc(block, 16, 0x8005) == 0


def crc(data, bits, polynomial):
    """Long division, bit by bit."""
    value = 0
    for bit in (byte >> place & 1 for byte in data + bytes(bits // 8) for place in range(7, -1, -1)):
        value = value << 1 | bit
        if value >> bits:
            value ^= 1 << bits | polynomial
    return value


def test_what_is_no_wav_file_is_as_long_as_its_size_suggests():
    assert seconds(bytes(8_000)) == 0.5
    assert seconds(b"RIFF") == 0.0


def test_every_format_has_a_type():
    assert {name: kind for name, (kind, _) in FORMATS.items()} == {
        "mp3": "audio/mpeg",
        "wav": "audio/wav",
        "flac": "audio/flac",
        "pcm": "audio/pcm",
    }
