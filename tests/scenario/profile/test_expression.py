"""One text with `{{ ... }}` in it, by Jinja's own rules."""

import pytest

from mockllm.scenario.profile.expression import compiled

UNDEFINED = object()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ x }}", 3),
        ("{{ [x, x] }}", [3, 3]),
        ("{{ none }}", None),
        ("{{ y }}", UNDEFINED),
        ("{{ y.z.w }}", UNDEFINED),
        ("{{ x }} of {{ x }}\n", "3 of 3\n"),
        ("{{ x }}{{ y }}", "3"),
    ],
)
def test_a_whole_expression_has_a_value_and_other_texts_are_filled_in(text, value):
    made = compiled(text, UNDEFINED)({"x": 3})
    assert made is UNDEFINED if value is UNDEFINED else made == value


@pytest.mark.parametrize("text", ["{{ x. }}", "a {{ x"])
def test_a_text_that_is_no_template_is_refused_with_the_reason(text):
    with pytest.raises(ValueError, match=f"'{text}' is no template: .+"):
        compiled(text, UNDEFINED)
