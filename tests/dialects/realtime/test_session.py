import pytest

from mockllm.dialects.realtime.session import LIFE_S, opened, updated
from mockllm.errors import ApiError
from tests.realtime_wire import wrong

SESSION = opened("sess_1", "gpt-realtime", 1_700_000_000)


def test_a_new_session_is_what_the_description_says():
    assert SESSION["expires_at"] == 1_700_000_000 + LIFE_S
    event = {"type": "session.created", "event_id": "e", "session": SESSION}
    assert wrong(event) == []


def test_what_is_not_named_stays():
    change = {"type": "realtime", "instructions": "Be kind.", "tools": [{"type": "function", "name": "f"}]}
    assert updated(SESSION, change) == {**SESSION, **change}


def test_sound_changes_member_by_member_and_null_takes_away():
    change = {"type": "realtime", "audio": {"input": {"turn_detection": None}, "output": {"voice": "cedar"}}}
    audio = updated(SESSION, change)["audio"]
    before = SESSION["audio"]
    assert audio == {
        "input": {**before["input"], "turn_detection": None},
        "output": {**before["output"], "voice": "cedar"},
    }
    detection = {"type": "semantic_vad"}
    change = {"type": "realtime", "audio": {"input": {"turn_detection": detection}}}
    assert updated(SESSION, change)["audio"]["input"]["turn_detection"] == detection
    assert updated(SESSION, {"type": "realtime", "audio": None})["audio"] is None


def test_the_model_is_that_of_the_connection():
    assert updated(SESSION, {"type": "realtime", "model": "other"})["model"] == "gpt-realtime"


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        (None, "missing_required_parameter", "session"),
        ([], "missing_required_parameter", "session"),
        ({"instructions": "x"}, "missing_required_parameter", "session.type"),
        ({"type": "transcription"}, "invalid_value", "session.type"),
        ({"type": "realtime", "modalities": ["text"]}, "unknown_parameter", "session.modalities"),
        ({"type": "realtime", "tools": 5}, "invalid_type", "session.tools"),
        ({"type": "realtime", "audio": "pcm"}, "invalid_type", "session.audio"),
        ({"type": "realtime", "instructions": ["x"]}, "invalid_type", "session.instructions"),
        ({"type": "realtime", "max_output_tokens": True}, "invalid_type", "session.max_output_tokens"),
        ({"type": "realtime", "output_modalities": ["text", "audio"]}, "invalid_value", "session.output_modalities"),
    ],
)
def test_what_is_no_session_is_refused(change, code, param):
    with pytest.raises(ApiError) as refused:
        updated(SESSION, change)
    assert (refused.value.status, refused.value.code, refused.value.param) == (400, code, param)
