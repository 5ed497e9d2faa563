"""What one choice says, in every written form."""

import pytest
from pydantic import ValidationError

from mockllm.scenario.content import (
    AudioPart,
    AudioSpec,
    Content,
    ReasoningPart,
    ReasoningSpec,
    RefusalPart,
    TextPart,
    ToolCallPart,
    ToolCallSpec,
)
from mockllm.scenario.hosted import HOSTED


def refused(value):
    with pytest.raises(ValidationError) as error:
        Content.model_validate(value)
    return [(details["loc"], details["msg"]) for details in error.value.errors()]


@pytest.mark.parametrize(
    ("written", "content"),
    [
        ("Hello", Content(text="Hello")),
        (["He", "llo"], Content(text=("He", "llo"))),
        ({}, Content()),
        ({"text": ""}, Content(text="")),
        ({"text": []}, Content(text=())),
        ({"reasoning": "Hm."}, Content(reasoning=ReasoningSpec(text="Hm."))),
        ({"reasoning": ["H", "m."]}, Content(reasoning=ReasoningSpec(text=("H", "m.")))),
        ({"reasoning": {"text": "Hm.", "field": "reasoning"}},
         Content(reasoning=ReasoningSpec(text="Hm.", field="reasoning"))),
        ({"refusal": "No."}, Content(refusal="No.")),
        ({"tool_calls": [{"name": "f", "arguments": {"city": "Paris"}}]},
         Content(tool_calls=(ToolCallSpec(name="f", arguments={"city": "Paris"}),))),
        ({"tool_calls": [{"name": "f", "arguments": '{"city": "Par'}]},
         Content(tool_calls=(ToolCallSpec(name="f", arguments='{"city": "Par'),))),
        ({"tool_calls": [{"name": "f", "arguments": ["{", "}"], "id": "call_1"}]},
         Content(tool_calls=(ToolCallSpec(name="f", arguments=("{", "}"), id="call_1"),))),
        ({"tool_calls": [{"name": "f", "input": "free text"}, {"name": "g"}]},
         Content(tool_calls=(ToolCallSpec(name="f", input="free text"), ToolCallSpec(name="g")))),
        ({"audio": "Hello"}, Content(audio=AudioSpec(transcript="Hello"))),
        ({"audio": {"transcript": "Hello", "data": ["AAAA"]}},
         Content(audio=AudioSpec(transcript="Hello", data=("AAAA",)))),
        ({"text": "a", "annotations": [{"type": "url_citation"}], "finish_reason": "length"},
         Content(text="a", annotations=({"type": "url_citation"},), finish_reason="length")),
    ],
)  # fmt: skip
def test_every_written_form(written, content):
    assert Content.model_validate(written) == content


def test_without_parts_the_order_is_the_one_in_which_a_model_makes_them():
    content = Content.model_validate(
        {
            "tool_calls": [{"name": "f", "arguments": {"a": 1}, "id": "call_1"}, {"name": "g", "input": "x"}],
            "audio": {"transcript": "said", "data": ["AAAA"]},
            "text": "written",
            "refusal": "no",
            "reasoning": {"text": "hm", "field": "reasoning"},
        }
    )
    assert content.ordered() == (
        ReasoningPart(text="hm", field="reasoning"),
        RefusalPart(text="no"),
        TextPart(text="written"),
        AudioPart(transcript="said", data=("AAAA",)),
        ToolCallPart(name="f", arguments={"a": 1}, id="call_1"),
        ToolCallPart(name="g", input="x"),
    )


def test_with_parts_the_order_is_the_authors():
    content = Content.model_validate(
        {
            "parts": [
                {"tool_call": {"name": "f"}},
                {"text": "after"},
                {"reasoning": "hm"},
                {"refusal": ["n", "o"]},
                {"audio": "said"},
                {"text": {"text": "last"}},
            ]
        }
    )
    assert content.ordered() == (
        ToolCallPart(name="f"),
        TextPart(text="after"),
        ReasoningPart(text="hm"),
        RefusalPart(text=("n", "o")),
        AudioPart(transcript="said"),
        TextPart(text="last"),
    )


def test_a_content_that_says_nothing_has_no_parts():
    assert Content().ordered() == ()
    assert Content(finish_reason="content_filter").ordered() == ()


def test_an_empty_text_is_a_part():
    assert Content(text="").ordered() == (TextPart(text=""),)


TEXT = "expected a text or a list of texts, which are its tokens, found"
ARGUMENTS = "expected a mapping, a text or a list of texts, which are its tokens, found"


@pytest.mark.parametrize(
    ("value", "place", "message"),
    [
        ({"text": "a", "reasoning": "b", "tool_calls": [{"name": "f"}], "parts": [{"text": "c"}]}, (),
         "parts gives the whole answer in order: move reasoning and text and tool_calls into it, or drop parts"),
        ({"refusal": "", "parts": [{"text": "c"}]}, (),
         "parts gives the whole answer in order: move refusal into it, or drop parts"),
        ({"tool_calls": [{"name": "f", "arguments": {}, "input": "x"}]}, ("tool_calls", 0),
         "arguments belong to a function tool and input to a custom tool: keep one"),
        ({"tool_calls": [{"arguments": {}}]}, ("tool_calls", 0, "name"), "the key 'name' is missing"),
        ({"tool_calls": {"name": "f"}}, ("tool_calls",), "expected a list, found {name: 'f'}"),
        ({"tool_calls": [{"name": "f", "arguments": 5}]}, ("tool_calls", 0, "arguments"), f"{ARGUMENTS} 5"),
        ({"tool_calls": [{"name": "f", "arguments": ["{", 5]}]}, ("tool_calls", 0, "arguments", 1),
         "expected a text, found 5: put it in quotes"),
        ({"text": 5}, ("text",), f"{TEXT} 5: put it in quotes"),
        ({"text": True}, ("text",), f"{TEXT} true: put it in quotes"),
        ({"text": ["a", None]}, ("text", 1), "expected a text, found null"),
        ({"reasoning": 5}, ("reasoning",), f"{TEXT} 5: put it in quotes"),
        ({"reasoning": {"text": "a", "field": "thoughts"}}, ("reasoning", "field"),
         "expected reasoning_content or reasoning, found 'thoughts'"),
        ({"finish_reason": "tool_call"}, ("finish_reason",),
         ("expected stop, length, tool_calls, function_call or content_filter, found 'tool_call': did you mean "
         "'tool_calls'?")),
        ({"parts": [{"txt": "a"}]}, ("parts", 0),
         "unknown part 'txt': did you mean 'text'? allowed: text, reasoning, refusal, tool_call, audio, "
         + ", ".join(part.kind for part in HOSTED)),
        ({"parts": [{"text": "a", "refusal": "b"}]}, ("parts", 0),
         "one part per entry, found 2 keys: text, refusal: make an entry of each"),
        ({"parts": ["a"]}, ("parts", 0),
         "expected a part as one key and its body, such as {text: {text: ...}}, found 'a'"),
        ({"parts": [{"text": {"text": "a", "foo": 1}}]}, ("parts", 0, "text", "foo"),
         "unknown key 'foo': allowed here: text"),
        ({"parts": [{"tool_call": {"nmae": "f", "name": "f"}}]}, ("parts", 0, "tool_call", "nmae"),
         "unknown key 'nmae': did you mean 'name'? allowed here: name, arguments, input, id"),
        ({"audio": {"data": ["AAAA"]}}, ("audio", "transcript"), "the key 'transcript' is missing"),
        ({"txt": "a"}, ("txt",),
         ("unknown key 'txt': did you mean 'text'? allowed here: reasoning, text, refusal, tool_calls, audio, parts, "
         "annotations, finish_reason")),
    ],
)  # fmt: skip
def test_a_content_that_makes_no_sense_is_refused_at_its_place(value, place, message):
    assert refused(value) == [(place, message)]
