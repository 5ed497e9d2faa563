"""How lines are printed."""

import io

from rich.console import Console

from mockllm.cli.screen import PlainScreen, Terminal, changed


def test_without_a_terminal_everything_is_printed_as_it_is(capsys):
    screen = PlainScreen()
    screen.show(None, "POST /", "cyan")
    screen.show(1.25, "event: a\ndata: b")
    screen.show(12.0, "")
    assert capsys.readouterr().out == "POST /\n  1.250  event: a\n         data: b\n 12.000  \n"


def terminal(monkeypatch, width=40, **settings):
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=True, highlight=False, **settings)
    monkeypatch.setattr("rich.console.Console", lambda **_: console)
    return Terminal(), out


def test_a_terminal_gets_one_line_each_with_only_what_is_new(monkeypatch):
    screen, out = terminal(monkeypatch, color_system=None)
    screen.show(None, "POST /")
    screen.show(0.5, 'data: {"id":1,"delta":"a"}')
    screen.show(0.75, 'data: {"id":1,"delta":"b"}')
    screen.show(1.0, "{\n  a\n}")
    screen.show(2.0, "x" * 50)
    assert out.getvalue().splitlines() == [
        "POST /",
        '  0.500  data: {"id":1,"delta":"a"}',
        '  0.750  data: {... "delta":"b"}',
        "  1.000  { a }",
        f"  2.000  {'x' * 30}…",
    ]


def test_a_terminal_gets_colours(monkeypatch):
    screen, out = terminal(monkeypatch, color_system="standard")
    screen.show(None, "bad", "red")
    assert out.getvalue() == "\x1b[31mbad\x1b[0m\n"


def test_an_event_keeps_what_changed():
    assert changed('data: {"a":1,"b":2}', 'data: {"a":1,"b":3}') == 'data: {... "b":2}'
    assert changed('data: {"a":1,"b":2}', 'data: {"a":1}') == 'data: {... "b":2}'


def test_an_event_that_is_all_new_or_not_new_at_all_is_whole():
    for text, previous in (
        ('data: {"a":1}', 'data: {"a":2}'),
        ('data: {"a":1}', 'data: {"a":1}'),
        ('data: {"a":1}', "data: [DONE]"),
        ("data: [DONE]", 'data: {"a":1}'),
        ("data: [1]", "data: [2]"),
        (": comment", 'data: {"a":1}'),
    ):
        assert changed(text, previous) == text
