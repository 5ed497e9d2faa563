"""Sound for scripted speech: silence, as base64 pieces of 16-bit little-endian mono PCM at 24 kHz, the format of
streamed audio output.
"""

import base64

_SAMPLES_PER_SECOND = 24_000
_BYTES_PER_SAMPLE = 2
_TOKENS_PER_SECOND = 4
_PIECE_BYTES = 6_000


def silence(tokens: int) -> tuple[str, ...]:
    """Silence as long as it takes to speak so many tokens, in pieces of an eighth of a second. Each piece decodes on
    its own.
    """
    total = max(1, tokens) * _SAMPLES_PER_SECOND * _BYTES_PER_SAMPLE // _TOKENS_PER_SECOND
    sizes = [_PIECE_BYTES] * (total // _PIECE_BYTES)
    return tuple(base64.b64encode(bytes(size)).decode() for size in sizes)
