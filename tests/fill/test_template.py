"""Templates see the request and seeded fake data, and nothing else."""

import pytest

from mockllm.fill import template as module
from mockllm.fill.template import Template, TemplateFailedError
from tests.turns import SEED, asked


def template(enabled=True, **fields):
    return Template(asked(**fields), SEED, enabled=enabled)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{ request.model }}", "gpt-4o"),
        ("{{ user }}, turn {{ request.turn }}", "Hi, turn 0"),
        ("{{ request.json.stream }}", "True"),
        ("{% for _ in range(3) %}a{% endfor %}\n", "aaa\n"),
        ("{# nobody sees this #}b", "b"),
        ('{"a": 1}', '{"a": 1}'),
        ("plain", "plain"),
    ],
)
def test_a_text_is_filled_in_from_the_request(text, filled):
    assert template().text(text) == filled


def test_a_template_can_be_sent_as_it_is():
    assert template(enabled=False).text("{{ user }}") == "{{ user }}"


def test_without_a_user_message_the_user_said_nothing():
    assert template(messages=[{"role": "system", "content": "s"}]).text("[{{ user }}]") == "[]"


def test_fake_data_are_the_same_each_time_and_differ_from_part_to_part():
    first, again = template(), template()
    names = [first.text("{{ fake.name() }}"), first.text("{{ fake.name() }}")]
    assert names == [again.text("{{ fake.name() }}"), again.text("{{ fake.name() }}")]
    assert names[0] != names[1]
    assert first.seeded(SEED.child("other")).text("{{ fake.name() }}") not in names


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{ nothing }}", "'nothing' is undefined"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ unclosed", "unexpected end of template"),
        ("{{ request.__class__ }}", "unsafe"),
        ("{{ request.json.update({}) }}", "unsafe|not safely callable|no attribute"),
        ("{{ fake.nam() }}", "name"),
    ],
)
def test_what_cannot_be_filled_in_says_why_and_what_to_do(text, reason):
    with pytest.raises(TemplateFailedError, match=reason) as caught:
        template().text(text)
    assert "set `template: false`" in str(caught.value)


def test_a_text_that_grows_without_bound_is_refused(monkeypatch):
    monkeypatch.setattr(module, "_MOST_CHARACTERS", 10)
    with pytest.raises(TemplateFailedError, match="more than 10 characters"):
        template().text("{{ 'a' * 11 }}")
