"""Silence, read by readers that are not ours."""

import io
import wave

import mutagen.aac
import mutagen.flac
import mutagen.mp3
import mutagen.oggopus
import pytest

from mockllm.dialects.audio.sound import FORMATS, RATE, aac, flac, mp3, opus, pcm, seconds, wav


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
    """RFC 9639 by hand: sync and fixed blocks ff f8; size in 16 bits and 24 kHz 0111 0111; mono and 16 bits 0000 1000;
    number 0; size less one; both checks are such that the check over what they end is zero.
    """
    block = flac(1)[42:]
    assert block[:7].hex() == "fff87708000000"
    assert block[8:11] == b"\x00\x00\x00"
    assert crc(block[:8], 8, 0x07) == 0
    assert crc(block, 16, 0x8005) == 0


@pytest.mark.parametrize(("samples", "frames"), [(1, 1), (1_024, 1), (1_025, 2), (24_000, 24), (100_001, 98)])
def test_aac_frames_last_1024_samples_each(samples, frames):
    assert len(aac(samples)) == frames * 11
    if frames > 2:  # the reader wants to see three
        info = mutagen.aac.AAC(io.BytesIO(aac(samples))).info
        assert (info.sample_rate, info.channels) == (24_000, 1)
        assert info.length == pytest.approx(frames * 1_024 / 24_000, rel=0.01)  # it guesses by the rate


def test_a_frame_of_aac_by_hand():
    """ISO/IEC 14496-3: sync fff, MPEG-4 and no check 0001; low complexity 01, 24 kHz 0110, private 0, one channel 001,
    four flags 0000; length 11 in 13 bits, fullness 11 ones, one block 00. Then element 000, tag 0000, gain 0, reserved
    0, long window 00, shape 0, no bands 000000, no prediction 0; no pulses, shaping or gain control 000; end 111.
    """
    head = f"{'1' * 12}0001" + "01" + "0110" + "0" + "001" + "0000" + f"{11:013b}" + "1" * 11 + "00"
    block = "000" + "0000" + "00000000" + "0" + "00" + "0" + "000000" + "0" + "000" + "111"
    assert f"{int.from_bytes(aac(1)):088b}" == head + block


@pytest.mark.parametrize("samples", [1, 6_000, 24_000, 100_001])
def test_an_opus_file_lasts_as_long_as_its_samples(samples):
    info = mutagen.oggopus.OggOpus(io.BytesIO(opus(samples))).info
    assert info.channels == 1
    assert info.length == pytest.approx(samples / 24_000)


def test_pages_of_opus_end_with_their_checks_and_hold_a_second_each():
    """RFC 3533 §6: magic, version, flags, position, serial, number, check, how many lengths, lengths. One second is 50
    packets of 960 samples at 48 kHz; the 312 that are dropped at the start need one more.
    """
    pages = [b"OggS" + page for page in opus(24_000).split(b"OggS")[1:]]
    assert [page[5] for page in pages] == [2, 0, 0, 4]
    assert [int.from_bytes(page[6:14], "little") for page in pages] == [0, 0, 48_000, 48_312]
    assert [int.from_bytes(page[18:22], "little") for page in pages] == [0, 1, 2, 3]
    assert [page[26] for page in pages] == [1, 1, 50, 1]
    assert pages[3][27:] == b"\x03\xf8\xff\xfe"
    for page in pages:
        told = int.from_bytes(page[22:26], "little")
        assert crc(page[:22] + bytes(4) + page[26:], 32, 0x04C1_1DB7) == told


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
        "opus": "audio/opus",
        "aac": "audio/aac",
        "flac": "audio/flac",
        "wav": "audio/wav",
        "pcm": "audio/pcm",
    }
