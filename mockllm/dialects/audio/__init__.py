"""Audio (wire-contract §6): `POST /audio/speech`, `/audio/transcriptions` and `/audio/translations`.

Here: the public names, and nothing else. Look next at `speech.py` (a text is spoken), `transcription.py` (a sound is
written down: what is heard is what the scenario says) and `sound.py` (the bytes of silence).
"""

from mockllm.dialects.audio.speech import SPEECH
from mockllm.dialects.audio.transcription import TRANSCRIPTIONS, TRANSLATIONS

__all__ = ["SPEECH", "TRANSCRIPTIONS", "TRANSLATIONS"]
