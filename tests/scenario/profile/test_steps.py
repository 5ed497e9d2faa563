import pytest

from mockllm.plan import Frame, stamp
from mockllm.scenario.profile import Context
from mockllm.scenario.profile.shape import Shape
from mockllm.scenario.profile.steps import ErrorWords, Fold, InStream, WholeCalls
from mockllm.seeds import Seed

SEED = Seed.of("test")
DONE = Frame("[DONE]", "done")


def chunk(delta, kind="token", choice=0, finish=None, **more):
    data = {"choices": [{"index": choice, "delta": delta, "finish_reason": finish}], **more}
    return Frame(data, kind, int(kind == "token"), choice=choice)


def header(index=0, *, role=False, choice=0):
    call = {"index": index, "id": f"call_{index}", "type": "function", "function": {"name": "f", "arguments": ""}}
    delta = {"role": "assistant", "content": None, "tool_calls": [call]} if role else {"tool_calls": [call]}
    return chunk(delta, "role" if role else "event", choice)


def piece(text, index=0, choice=0):
    return chunk({"tool_calls": [{"index": index, "function": {"arguments": text}}]}, choice=choice)


def finish(reason="stop", choice=0, **more):
    return chunk({}, "finish", choice, reason, **more)


def usage():
    return Frame({"choices": [], "usage": {"total_tokens": 3}}, "usage")


def deltas(frames):
    return [frame.data["choices"][0]["delta"] for frame in frames if frame.kind not in {"usage", "done"}]


def whole(index=0, text="{}"):
    return {"index": index, "id": f"call_{index}", "type": "function", "function": {"name": "f", "arguments": text}}


def test_a_call_comes_whole_where_its_last_piece_was():
    given = stamp((header(role=True), piece("{"), piece("}"), finish("tool_calls"), DONE))
    found = WholeCalls().apply(given, SEED)
    assert deltas(found) == [{"role": "assistant", "content": None}, {"tool_calls": [whole()]}, {}]
    assert [frame.ordinal for frame in found] == [0, 2, 3, 4]
    assert [frame.kind for frame in found] == ["role", "token", "finish", "done"]
    assert found[1].cause == "fault: whole_calls"
    assert "tool_calls" in given[0].data["choices"][0]["delta"]


def test_a_role_may_come_with_the_call_that_follows_it():
    given = stamp((header(role=True), piece("{"), piece("}"), finish("tool_calls")))
    found = WholeCalls(apart=False).apply(given, SEED)
    assert deltas(found) == [{"role": "assistant", "content": None, "tool_calls": [whole()]}, {}]


def test_a_role_that_text_follows_stays_alone():
    given = stamp((chunk({"role": "assistant"}, "role"), chunk({"content": "Hi"}), header(), piece("{}"), finish()))
    found = WholeCalls(apart=False).apply(given, SEED)
    assert deltas(found) == [{"role": "assistant"}, {"content": "Hi"}, {"tool_calls": [whole()]}, {}]


def test_several_calls_come_one_after_the_other_and_choices_do_not_mix():
    given = stamp(
        (
            header(0),
            header(0, choice=1),
            piece("{", choice=1),
            piece("{}"),
            header(1),
            piece("[]", 1),
            piece("}", choice=1),
        )
    )
    found = WholeCalls().apply(given, SEED)
    assert deltas(found) == [{"tool_calls": [whole()]}, {"tool_calls": [whole(1, "[]")]}, {"tool_calls": [whole()]}]
    assert [frame.choice for frame in found] == [0, 0, 1]


def test_a_call_without_arguments_is_whole_already():
    found = WholeCalls().apply(stamp((header(),)), SEED)
    assert deltas(found) == [{"tool_calls": [whole(text="")]}]


@pytest.mark.parametrize("given", [(), (chunk({"content": "Hi"}),), (Frame({"choices": []}, "usage"),), (DONE,)])
def test_without_a_call_nothing_comes_whole(given):
    assert WholeCalls().apply(stamp(given), SEED) is None


def test_the_usage_goes_into_the_finish():
    given = stamp((chunk({"content": "Hi"}), finish(usage=None), usage(), DONE))
    found = Fold(frame="usage").apply(given, SEED)
    assert [frame.ordinal for frame in found] == [0, 1, 3]
    assert found[1].data == {**given[1].data, "usage": {"total_tokens": 3}}
    assert found[1].cause == "fault: fold"


def test_the_usage_goes_into_the_last_finish_of_several():
    found = Fold(frame="usage").apply(stamp((finish(), finish(choice=1), usage())), SEED)
    assert ["usage" in frame.data for frame in found] == [False, True]


def test_the_finish_goes_into_what_is_before_it_in_its_choice():
    given = stamp((chunk({"content": "A"}), chunk({"content": "B"}, choice=1), finish(), DONE))
    found = Fold(frame="finish").apply(given, SEED)
    choices = [frame.data["choices"][0] for frame in found[:2]]
    assert [(choice["delta"], choice["finish_reason"]) for choice in choices] == [
        ({"content": "A"}, "stop"),
        ({"content": "B"}, None),
    ]
    assert [(frame.kind, frame.tokens) for frame in found] == [("finish", 1), ("token", 1), ("done", 0)]


def test_the_finish_goes_into_a_call_only_if_it_is_to():
    called = stamp((header(), finish("tool_calls")))
    assert Fold(frame="calls").apply(called, SEED)[0].data["choices"][0]["finish_reason"] == "tool_calls"
    assert Fold(frame="calls").apply(stamp((chunk({"content": "A"}), finish())), SEED) is None
    assert Fold(frame="calls").apply(stamp((finish(),)), SEED) is None


def test_the_role_goes_into_what_follows_it_and_comes_first():
    given = stamp((chunk({"role": "assistant", "content": ""}, "role"), chunk({"content": "A"}), finish()))
    found = Fold(frame="role").apply(given, SEED)
    assert list(deltas(found)[0].items()) == [("role", "assistant"), ("content", "A")]
    assert [frame.ordinal for frame in found] == [1, 2]
    assert Fold(frame="role").apply(stamp((header(role=True), piece("{}"))), SEED) is None


@pytest.mark.parametrize("frame", ["usage", "finish", "role"])
@pytest.mark.parametrize("given", [(), (chunk({"content": "A"}),), (usage(),), (finish(),), (DONE,)])
def test_what_is_not_there_or_has_no_neighbour_is_not_folded(frame, given):
    assert Fold(frame=frame).apply(stamp(given), SEED) is None


def test_what_a_fault_added_is_no_neighbour():
    added = Frame({"choices": [{"delta": {}}]}, "token")
    given = (*stamp((chunk({"content": "A"}),)), added, *stamp((finish(),)))
    assert Fold(frame="finish").apply(given, SEED)[0].data["choices"][0]["finish_reason"] == "stop"


KNOWN = {"message": "No.", "type": "server_error", "param": None, "code": None}


def told(error, *, done=False, event=None, last=True):
    words = ErrorWords(data={"id": "{{ chunk.id }}", "said": "{{ error.message }}"}, done=done, event=event)
    frames = stamp((chunk({"content": "A"}, id="i"), Frame({"error": error}, "error"), *(() if last else (finish(),))))
    return InStream(words=words).within(Context()).apply(frames, SEED)


def test_a_known_error_in_a_stream_is_told_in_other_words():
    found = told(KNOWN, event="error")
    assert found[1].data == {"id": "i", "said": "No."}
    assert found[1].event == "error"
    assert len(found) == 2


def test_the_end_marker_follows_an_error_if_it_is_to_and_nothing_else_does():
    assert [frame.data for frame in told(KNOWN, done=True)[2:]] == ["[DONE]"]
    assert [frame.kind for frame in told(KNOWN, done=True, last=False)] == ["token", "error", "finish"]


@pytest.mark.parametrize("error", [{"message": "Mine.", "type": "own", "code": 1}, "a text", None])
def test_an_error_that_the_author_wrote_stays(error):
    assert told(error) is None


def test_no_error_is_no_place():
    assert InStream(words=ErrorWords(data={})).apply(stamp((DONE,)), SEED) is None


def test_an_error_that_nothing_comes_before_has_no_chunk():
    frames = stamp((Frame({"error": KNOWN}, "error"),))
    found = InStream(words=ErrorWords(data={"id": "{{ chunk.id }}"})).apply(frames, SEED)
    assert found[0].data == {}


def test_text_is_joined_with_nothing():
    odd = Frame([1], "token", 1)
    assert Fold(frame="finish").apply(stamp((odd, finish())), SEED) is None
    assert Shape(set={"$.a": 1}).apply(stamp((odd,)), SEED) is None


def test_a_choice_that_is_no_mapping_stays():
    given = stamp((Frame({"choices": [7]}, "token"), Frame({"choices": [8]}, "finish")))
    assert Fold(frame="finish").apply(given, SEED)[0].data == {"choices": [7]}
