import re

import pytest
from pydantic import TypeAdapter, ValidationError

from mockllm.request import Call, Request
from mockllm.scenario.profile.shape import Template
from mockllm.scenario.profile.value import NOTHING, Context, ValueFailedError, checked, evaluate
from mockllm.seeds import Seed

REQUEST = Request("chat", Call("POST", "/v1/chat/completions"), {"n": 2, "stream_options": {"x": True}}, model="m")
CONTEXT = Context(REQUEST, Seed.of("test"), {"id": "i", "usage": {"prompt_tokens": 8}}, {"fact": [1]})
WORDS = CONTEXT.words()


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("plain", "plain"),
        ("{ not one }", "{ not one }"),
        (7, 7),
        (None, None),
        ("{{ model }}", "m"),
        ("{{ asked.n }}", 2),
        ("{{ asked.stream_options.x }}", True),
        ("{{ usage.prompt_tokens / 4 }}", 2.0),
        ("{{ answer.id }}", "i"),
        ("{{ fact }}", [1]),
        ("{{ none }}", None),
        ("a {{ asked.n }} b {{ model }}", "a 2 b m"),
        ("{{ model }}{{ model }}", "mm"),
        ("{{ {'a': {'b': asked.n}} }}", {"a": {"b": 2}}),
        ({"a": ["{{ asked.n }}", {"b": "{{ model }}"}]}, {"a": [2, {"b": "m"}]}),
        (("{{ model }}",), ["m"]),
    ],
)
def test_a_whole_expression_is_its_value_and_any_other_text_is_text(value, found):
    assert evaluate(value, WORDS) == found


def test_what_is_undefined_has_no_value_and_is_left_out_of_what_it_is_in():
    assert evaluate("{{ here.a.b.c }}", WORDS) is NOTHING
    assert evaluate("{{ 1 if asked.other }}", WORDS) is NOTHING
    assert evaluate({"a": "{{ here }}", "b": ["{{ here }}", 1]}, WORDS) == {"b": [1]}
    assert evaluate("a{{ here }}b", WORDS) == "ab"


def test_nothing_is_known_without_a_request_and_an_answer():
    words = Context().words()
    assert evaluate("{{ model }}", words) == ""
    assert evaluate("{{ asked }}", words) == {}
    assert evaluate("{{ usage.prompt_tokens }}", words) is NOTHING
    assert evaluate("{{ usage }}", Context(answer={"usage": None}).words()) == {}


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("{{ uuid() }}", r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}"),
        ("{{ hex(32) }}", r"[0-9a-f]{32}"),
        ("{{ alphanumeric(9) }}", r"[0-9A-Za-z]{9}"),
        ("{{ digits(8) }}", r"[1-9]\d{7}"),
    ],
)
def test_what_is_drawn_follows_from_the_seed_and_the_label(text, form):
    found = evaluate(text, WORDS)
    assert re.fullmatch(form, found)
    assert evaluate(text, CONTEXT.words()) == found
    assert evaluate(text, Context(REQUEST, Seed.of("other")).words()) != found
    labelled = text.replace(")", ", 'label')").replace("(, ", "(")
    assert evaluate(labelled, WORDS) != found


def test_the_first_digit_is_not_zero_so_that_a_number_has_all_of_them():
    drawn = [evaluate(f"{{{{ digits(3, '{label}') }}}}", WORDS) for label in range(200)]
    assert all(100 <= int(text) <= 999 for text in drawn)


@pytest.mark.parametrize("text", ["{{ here. }}", "{{ }}", "a {{ b", "{{ x }} {{ y"])
@pytest.mark.parametrize("value", ["text", {"a": ["text"]}, [{"b": "text"}]])
def test_a_text_that_is_no_template_is_refused_where_it_is_written(text, value):
    def put(item):
        match item:
            case dict():
                return {key: put(inner) for key, inner in item.items()}
            case list():
                return [put(inner) for inner in item]
        return text

    with pytest.raises(ValidationError, match="is no template"):
        TypeAdapter(Template).validate_python(put(value))


def test_a_value_that_is_none_of_these_is_as_it_is():
    assert checked(3) == 3


def test_what_cannot_be_evaluated_says_which_value_it_is():
    with pytest.raises(ValueFailedError, match=r"'\{\{ 1 / 0 \}\}' of a profile cannot be told of this answer"):
        evaluate("{{ 1 / 0 }}", WORDS)


def test_no_code_runs_from_a_profile():
    with pytest.raises(ValueFailedError):
        evaluate("{{ ''.__class__.__mro__[1].__subclasses__() }}", WORDS)
