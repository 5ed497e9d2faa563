"""The page says of each client what was found, and can be read back and compared."""

from dataclasses import replace

from tests.frameworks.clients import CLIENTS, EXERCISES
from tests.frameworks.expected import Verdict
from tests.frameworks.table import PATH, Cell, Lines, absence, differences, lines_of, page, read

CLIENT = CLIENTS[0]
FINE = {variant.id: dict.fromkeys(EXERCISES, Cell(Verdict("ok"))) for variant in CLIENT.variants}
SPECIAL = {
    **FINE,
    "chat-sync": {
        **FINE["chat-sync"],
        "stream": Cell(Verdict("cannot", "no <streams>")),
        "usage": Cell(Verdict("wrong", "usage is None"), "it counts nothing."),
    },
    "chat-async": {**FINE["chat-async"], "usage": Cell(Verdict("wrong", "usage is None"), "it counts nothing.")},
}


def test_a_row_has_a_sign_for_each_exercise_and_a_note_for_each_that_is_not_right():
    lines = lines_of(CLIENT, SPECIAL, {"openai": "9.9"})
    assert lines.rows[0] == "| openai (Python) | `openai` | chat-sync | ✓ | ○ | ✓ | ✓ | ✓ | ✗ | ✓ | ✓ |"
    assert lines.notes == (
        "- `openai` ○ stream (chat-sync): no &lt;streams>.",
        "- `openai` ✗ usage (chat-sync, chat-async): usage is None. it counts nothing.",
    )
    assert lines.versions == ("- `openai`: openai 9.9",)


def test_a_page_can_be_read_back():
    lines = {client.id: lines_of(CLIENT, SPECIAL, {}) for client in CLIENTS[:1]}
    found = read(page(lines))
    assert found["openai"] == lines["openai"]
    assert found["langchain"] == Lines()


def test_a_client_that_is_not_installed_is_a_row_with_the_reason():
    lines = absence(CLIENT, "no wheels\nfor this Python")
    assert lines.rows == ("| openai (Python) | `openai` | not installed | | | | | | | | |",)
    assert lines.notes == ("- `openai` not installed: no wheels for this Python.",)
    assert read(page({"openai": lines}))["openai"] == lines


def test_versions_alone_are_no_difference():
    before = lines_of(CLIENT, SPECIAL, {"openai": "1"})
    assert differences({"openai": before}, {"openai": replace(before, versions=("- `openai`: openai 2",))}) == []


def test_another_verdict_is_a_difference_in_both_directions():
    before, after = lines_of(CLIENT, FINE, {}), lines_of(CLIENT, SPECIAL, {})
    assert [line[0] for line in differences({"openai": before}, {"openai": after})] == ["-", "-", "+", "+", "+", "+"]
    assert differences({}, {"openai": before})[0] == f"+ {before.rows[0]}"


def test_a_client_that_was_not_played_is_no_difference():
    assert differences({"openai": lines_of(CLIENT, FINE, {})}, {}) == []


def test_the_committed_page_has_every_client_and_nothing_by_hand():
    text = PATH.read_text()
    found = read(text)
    assert text == page(found)
    for client in CLIENTS:
        assert len(found[client.id].rows) == len(client.variants), client.id
