"""Chunks and bodies of Chat Completions, folded by the rules."""

import pytest

from tests.robust.chat import ChatFold
from tests.robust.outcome import ProblemError


def fold(*chunks, **request):
    """What the client has after these chunks."""
    folded = ChatFold(request)
    for chunk in chunks:
        folded.event("", chunk)
    return folded.outcome(None)


def body(value, **request):
    folded = ChatFold(request)
    folded.body(value)
    return folded.outcome(None)


def delta(finish=None, index=0, **members):
    return {"choices": [{"index": index, "delta": members, "finish_reason": finish}]}


def call(name, args, index=0, id_="a"):
    return {"index": index, "id": id_, "type": "function", "function": {"name": name, "arguments": args}}


@pytest.mark.parametrize("role", ["", None, "assistant"])
def test_the_role_says_nothing(role):
    assert fold(delta(role=role, content="Hi"), delta(role=role, content="."), delta("stop")).text == "Hi."


@pytest.mark.parametrize(
    "odd",
    [
        {"choices": None},
        {"choices": []},
        {"usage": None},
        {"choices": [{"index": 0, "delta": None, "finish_reason": None, "content_filter_results": {}}]},
        {"choices": [{"index": 0, "finish_reason": ""}]},
        {"choices": [{}]},
        {"choices": [None]},
        {"choices": {"delta": {"content": None}}},
        {"id": "", "object": "", "created": 1.5, "vendor": {"x": [1]}},
    ],
)
def test_a_chunk_that_says_nothing_does_no_harm(odd):
    outcome = fold(odd, delta(content="Hi"), odd, delta("stop"), odd)
    assert (outcome.text, outcome.finish, outcome.failure) == ("Hi", "stop", None)


def test_what_comes_with_or_after_the_finish_counts():
    assert fold(delta("stop"), delta(content="Hi"), delta("stop", content=".")).text == "Hi."


def test_usage_is_replaced_and_never_added_and_null_takes_nothing_back():
    outcome = fold(
        {"usage": {"prompt_tokens": 5, "completion_tokens": 1}},
        {**delta("stop", content="Hi"), "usage": {"prompt_tokens": 5, "completion_tokens": "2"}},
        {"choices": [{"delta": {}, "usage": {"completion_tokens": 9}}], "usage": None},
        {"choices": [], "usage": {}},
    )
    assert outcome.usage == {"input": 5, "output": 2}


def test_counts_that_are_no_counts_are_unknown():
    usage = {"prompt_tokens": 12.0, "completion_tokens": None, "prompt_tokens_details": {"cached_tokens": -1}}
    assert fold({**delta("stop", content="Hi"), "usage": usage}).usage == {"input": 12}


def test_usage_in_a_choice_counts_if_there_is_no_other():
    assert fold({"choices": [{"delta": {"content": "Hi"}, "usage": {"completion_tokens": 9}}]}).usage == {"output": 9}


@pytest.mark.parametrize("finish", ["stop", "tool_calls", "", None])
def test_calls_exist_if_they_came_whatever_the_finish_says(finish):
    outcome = fold(delta(content="Let me see.", tool_calls=[call("f", "{}")]), delta(finish))
    assert [made.name for made in outcome.tool_calls] == ["f"]
    assert outcome.text == "Let me see."


@pytest.mark.parametrize("entries", [[], None, {}])
def test_no_calls_are_none(entries):
    assert fold(delta(content="Hi", tool_calls=entries), delta("stop")).tool_calls == ()


def test_a_lone_call_needs_no_list_and_a_function_call_is_one_too():
    assert len(fold(delta(tool_calls=call("f", "{}")), delta("tool_calls")).tool_calls) == 1
    legacy = fold(delta(function_call={"name": "f", "arguments": "{"}), delta(function_call={"arguments": "}"}))
    assert [made.name for made in legacy.tool_calls] == ["f"]


def test_a_turn_that_the_limit_cut_gives_no_call_even_if_it_could_be_read():
    outcome = fold(delta(tool_calls=[call("f", "{}")]), delta("length"))
    assert (outcome.tool_calls, outcome.finish, outcome.failure) == ((), "length", None)


@pytest.mark.parametrize(
    ("finish", "kept", "failure"),
    [
        ("end_turn", "end_turn", None),
        ("STOP", "stop", None),
        ("function_call", "tool_calls", None),
        ("content_filter", "content_filter", "filtered"),
        ("sensitive", "content_filter", "filtered"),
        ("error", "error", "reported"),
        ("abort", "abort", "cut"),
    ],
)
def test_the_finish_is_open_but_some_words_for_it_are_failures(finish, kept, failure):
    outcome = fold(delta(content="Hi"), delta(finish))
    assert (outcome.text, outcome.finish, outcome.failure) == ("Hi", kept, failure)


def test_one_choice_was_asked_for_so_there_is_one_whatever_the_index_counts():
    assert fold(delta(content="A", index=1), delta(content="B", index=2), delta("stop", index=3)).text == "AB"


def test_with_several_choices_the_first_is_given():
    chunk = {"choices": [{"index": 1, "delta": {"content": "B"}}, {"index": 0, "delta": {"content": "A"}}]}
    assert fold(chunk, chunk, n=2).text == "AA"


def test_a_delta_is_worth_more_than_the_message_beside_it():
    chunk = {"choices": [{"delta": {"content": "Hi"}, "message": {"content": "Hi there"}}]}
    assert fold(chunk).text == "Hi"
    assert fold({"choices": [{"message": {"content": "Hi there"}, "finish_reason": "stop"}]}).text == "Hi there"


@pytest.mark.parametrize(
    "error",
    [
        {"error": {"message": "Oh no"}, "choices": [{"delta": {"content": ""}, "finish_reason": "error"}]},
        {"choices": [{"finish_reason": "error", "error": {"message": "Oh no"}}]},
        {"object": "error", "message": "Oh no"},
        {"error": "Oh no"},
    ],
)
def test_an_error_wins_over_all_else_in_its_chunk(error):
    with pytest.raises(ProblemError, match="Oh no"):
        fold(delta(content="Hi"), error)


def test_an_empty_turn_is_an_answer_unless_usage_was_asked_for_and_lacks():
    assert fold(delta("stop")).failure is None
    assert fold(delta("stop"), stream_options={"include_usage": True}).failure == "unreadable"
    assert fold({"choices": [{"finish_reason": "stop", "native_finish_reason": "network_error"}]}).failure == "cut"


def test_json_that_was_asked_for_comes_without_its_fence():
    fenced = delta("stop", content='```json\n{"a":1}\n```')
    assert fold(fenced, response_format={"type": "json_schema"}).text == '{"a":1}'
    assert fold(fenced).text.startswith("```")


def test_a_body_is_read_as_a_stream_is():
    message = {"content": None, "reasoning": "Hm.", "tool_calls": [call("f", {"x": 1}, 0), call("f", {"x": 2}, 0)]}
    outcome = body({"choices": [{"message": message, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1}})
    assert [made.arguments for made in outcome.tool_calls] == [{"x": 1}, {"x": 2}]
    assert (outcome.reasoning, outcome.usage) == ("Hm.", {"input": 1})


def test_an_answer_that_is_split_over_choices_is_one():
    split = [{"message": {"content": "Let me see."}}, {"index": 1, "message": {"tool_calls": [call("f", "{}")]}}]
    outcome = body({"choices": split})
    assert (outcome.text, len(outcome.tool_calls)) == ("Let me see.", 1)


@pytest.mark.parametrize("value", [{"choices": []}, {"data": {"choices": [{}]}, "success": True}, [], "Hi"])
def test_a_body_without_choices_is_no_answer(value):
    with pytest.raises(ProblemError) as raised:
        body(value)
    assert raised.value.problem.failure == "unreadable"


def test_a_call_that_was_written_as_text_or_cannot_be_read_is_a_problem_and_no_call():
    leaked = fold(delta(content="Let me look. <tool_call>{}"), delta("stop"))
    broken = fold(delta(content="Let me look.", tool_calls=[call("f", "{"), call("g", "{}", 1, "b")]), delta("stop"))
    for outcome in (leaked, broken):
        assert (outcome.failure, outcome.text, outcome.tool_calls) == ("unreadable", "Let me look.", ())


def test_an_error_in_a_choice_of_a_body_is_one_too():
    with pytest.raises(ProblemError, match="Oh no"):
        body({"choices": [{"finish_reason": "error", "error": {"message": "Oh no"}}]})
