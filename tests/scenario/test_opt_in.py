"""What a client may ask for in a header, and what it is told if nobody understands it."""

import pytest

from mockllm.errors import ApiError
from mockllm.scenario.faults import Close, Hang, Reset, Stall
from mockllm.scenario.opt_in import asked_for
from mockllm.scenario.position import AtEvent, AtShare, AtToken, Point

HEADER = "x-mockllm-fault"


def refusal(text):
    with pytest.raises(ApiError) as error:
        asked_for(HEADER, text)
    assert (error.value.status, error.value.code) == (400, "invalid_fault")
    return error.value.message.removeprefix("mockllm: the header x-mockllm-fault cannot be understood: ")


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("hang", (Hang(),)),
        (" hang ", (Hang(),)),
        ("reset@start", (Reset(at=Point(name="start")),)),
        ("reset@token:3", (Reset(at=AtToken(count=3)),)),
        ("close@share:50%", (Close(at=AtShare(share="50%")),)),
        ("close@event:response.completed", (Close(at=AtEvent(name="response.completed")),)),
        ("{reset: {at: {token: 3}}}", (Reset(at=AtToken(count=3)),)),
        ('{"reset": {"at": {"token": 3}}}', (Reset(at=AtToken(count=3)),)),
        ("reset: {at: start}", (Reset(at=Point(name="start")),)),
        (
            "[{reset: {at: start}}, {stall: {at: start, for: 2s}}]",
            (Reset(at=Point(name="start")), Stall(at=Point(name="start"), for_="2s")),
        ),
        ("{faults: {hang: {}}}", (Hang(),)),
    ],
)
def test_faults_are_asked_for_in_short_or_as_yaml(text, faults):
    assert asked_for(HEADER, text).all_faults() == faults


def test_an_error_is_asked_for_as_in_an_entry():
    blow = asked_for(HEADER, "{error: {code: slow_down, retry_after: 1s}, faults: [slow_headers: {every: 1ms}]}")
    assert blow.error.code == "slow_down"
    assert [fault.kind for fault in blow.all_faults()] == ["slow_headers"]
    assert asked_for(HEADER, "error: slow_down").error.code == "slow_down"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("reset", "faults.reset.at: the key 'at' is missing: where the answer ends"),
        ("hang@start", "faults.hang.at: unknown key 'at': "),
        ("rest@start", "faults: unknown fault 'rest': did you mean 'reset'?"),
        ("reset@nowhere", "faults.reset.at: unknown position 'nowhere': "),
        ("reset@token", "faults.reset.at: the position 'token' needs a value: write {token: 3}"),
        ("reset@token:x", "faults.reset.at.token: expected a whole number, found 'x'"),
        ("{reset: {at: start}, hang: {}}", "faults: one fault per entry, found 2 keys: reset, hang"),
        ("{error: slow_down, hang: {}}", "hang: unknown key 'hang': it is a fault, so write faults: {hang: ...}; "),
        ("{error: slow_down, chance: 5%}", "chance: unknown key 'chance': allowed here: faults, error"),
        ("{error: nope}", "error: unknown error code 'nope': give its status too"),
        ("[]", "nothing goes wrong here: give faults, an error, or both"),
        ("5%", "'5%' asks for no fault: write KIND@POSITION, such as reset@token:3"),
        ("", "it is empty: write KIND@POSITION, such as reset@token:3"),
        ("{hang", "this is not YAML: "),
        ("!!python/name:os.system {}", "the tag !!python/name:os.system cannot be used here: "),
        ("\udce9", "U+DCE9 cannot stand in YAML as it is: "),
    ],
)  # fmt: skip
def test_what_nobody_understands_is_refused_with_what_to_write(text, message):
    assert refusal(text).startswith(message)
