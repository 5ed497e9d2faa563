"""The items of the service's own tools: what they have when added and when done, and the events between (§7.5)."""

import pytest

from mockllm.dialects.responses import hosted
from mockllm.tokens import Piece
from mockllm.turn import Hosted
from tests.turns import asked_responses, pieces

PLACE = {"item_id": "id", "output_index": 3}
SEARCH = Hosted(
    "web_search_call",
    {"action": {"type": "search", "queries": ["q"], "query": "q", "sources": [{"type": "url", "url": "u"}]}},
)
FILES = Hosted("file_search_call", {"queries": ["q"], "results": [{"text": "t"}]})
CODE = Hosted(
    "code_interpreter_call",
    {"code": "a=1", "container_id": "cntr_1", "outputs": [{"type": "logs", "logs": "1"}]},
    pieces("a", "=1"),
)
IMAGE = Hosted(
    "image_generation_call",
    {
        "background": "opaque",
        "output_format": "png",
        "quality": "low",
        "result": "AAAA",
        "revised_prompt": "A cat",
        "size": "1x1",
    },
    images=("AA==", "AAA="),
)
TOOLS = Hosted("mcp_list_tools", {"server_label": "s", "tools": [{"name": "roll", "input_schema": {}}]})
CALL = Hosted(
    "mcp_call",
    {
        "approval_request_id": None,
        "arguments": "{}",
        "error": None,
        "name": "roll",
        "output": "4",
        "server_label": "s",
    },
    pieces("{", "}"),
)
SHELL = Hosted(
    "shell_call",
    {"action": {"commands": ["ls -l", "", "pwd"], "max_output_length": None, "timeout_ms": None}, "call_id": "c"},
    pieces("ls", " -l", "pwd"),
)
PRINTED = {"outcome": {"type": "exit", "exit_code": 0}, "stderr": "", "stdout": "/"}
OUTPUT = Hosted("shell_call_output", {"call_id": "c", "max_output_length": None, "output": [PRINTED]})
PATCH = Hosted(
    "apply_patch_call",
    {"call_id": "c", "operation": {"type": "update_file", "diff": "+a", "path": "p"}},
    pieces("+", "a"),
)
DELETED = Hosted("apply_patch_call", {"call_id": "c", "operation": {"type": "delete_file", "path": "p"}})
LOCAL = Hosted(
    "local_shell_call", {"action": {"type": "exec", "command": ["ls"], "env": {"A": "b"}, "user": "me"}, "call_id": "c"}
)
APPROVAL = Hosted("mcp_approval_request", {"arguments": "{}", "name": "roll", "server_label": "s"})


def altered(part, **fields):
    return Hosted(part.type, {**part.fields, **fields}, part.pieces, part.images)


def inside(part, *, cut=False, **asked):
    """The events as their types after `response.` and their own fields."""
    finished = hosted.done(part, asked_responses(**asked), cut=cut)
    return [
        (event.type.removeprefix("response."), {key: event.fields[key] for key in event.fields if key not in PLACE})
        for event in hosted.inside(part, finished, PLACE)
    ]


def names(part, **options):
    return [name.removeprefix(f"{part.type}.") for name, _ in inside(part, **options)]


@pytest.mark.parametrize(
    ("part", "added"),
    [
        (SEARCH, {"status": "in_progress"}),
        (FILES, {"status": "in_progress", "queries": [], "results": None}),
        (CODE, {"status": "in_progress", "code": "", "container_id": "cntr_1", "outputs": []}),
        (IMAGE, {"status": "in_progress"}),
        (TOOLS, {"server_label": "s", "tools": []}),
        (
            altered(CALL, approval_request_id="mcpr_1"),
            {"status": "in_progress", **CALL.fields, "arguments": "", "output": None},
        ),
        (APPROVAL, dict(APPROVAL.fields)),
        (SHELL, {"status": "in_progress", "action": {**SHELL.fields["action"], "commands": []}, "call_id": "c"}),
        (OUTPUT, {"status": "completed", **OUTPUT.fields, "output": []}),
        (
            LOCAL,
            {"status": "in_progress", "action": {"type": "exec", "command": [], "env": {}}, "call_id": "c"},
        ),
        (
            PATCH,
            {
                "status": "in_progress",
                "call_id": "c",
                "operation": {"type": "update_file", "diff": "", "path": "p"},
            },
        ),
        (DELETED, {"status": "in_progress", **DELETED.fields}),
    ],
)
def test_items_begin_with_the_keys_of_the_wire(part, added):
    assert hosted.added(part) == added


@pytest.mark.parametrize("part", [FILES, CODE, CALL, SHELL, PATCH, LOCAL, TOOLS, APPROVAL])
def test_the_end_has_the_keys_of_the_beginning_in_their_order(part):
    done = hosted.done(part, asked_responses(), cut=False)
    assert list(done) == list(hosted.added(part))
    assert done.get("status", "completed") == "completed"


def test_what_was_found_is_shown_only_if_asked_for():
    def done(part, *include):
        return hosted.done(part, asked_responses(include=list(include)), cut=False)

    assert done(SEARCH)["action"] == {"type": "search", "queries": ["q"], "query": "q"}
    assert done(SEARCH, "web_search_call.action.sources")["action"] == SEARCH.fields["action"]
    assert done(FILES)["results"] is None
    assert done(FILES, "file_search_call.results")["results"] == [{"text": "t"}]
    assert done(CODE)["outputs"] is None
    assert done(CODE, "code_interpreter_call.outputs")["outputs"] == CODE.fields["outputs"]


@pytest.mark.parametrize("part", [SEARCH, FILES])
def test_a_search(part):
    assert names(part) == ["in_progress", "searching", "completed"]


def test_code():
    assert inside(CODE) == [
        ("code_interpreter_call.in_progress", {}),
        ("code_interpreter_call_code.delta", {"delta": "a"}),
        ("code_interpreter_call_code.delta", {"delta": "=1"}),
        ("code_interpreter_call_code.done", {"code": "a=1"}),
        ("code_interpreter_call.interpreting", {}),
        ("code_interpreter_call.completed", {}),
    ]


def test_an_image_with_its_unfinished_ones():
    told = {"background": "opaque", "output_format": "png", "quality": "low", "size": "1x1"}
    assert inside(IMAGE) == [
        ("image_generation_call.in_progress", {}),
        ("image_generation_call.generating", {}),
        ("image_generation_call.partial_image", {**told, "partial_image_b64": "AA==", "partial_image_index": 0}),
        ("image_generation_call.partial_image", {**told, "partial_image_b64": "AAA=", "partial_image_index": 1}),
        ("image_generation_call.completed", {}),
    ]


def test_the_tools_of_a_server():
    assert names(TOOLS) == ["in_progress", "completed"]
    failed = altered(TOOLS, error="no")
    assert names(failed) == ["in_progress", "failed"]
    assert hosted.done(failed, asked_responses(), cut=False)["error"] == "no"


def test_a_call_of_a_server():
    assert inside(CALL) == [
        ("mcp_call.in_progress", {}),
        ("mcp_call_arguments.delta", {"delta": "{}"}),
        ("mcp_call_arguments.done", {"arguments": "{}"}),
        ("mcp_call.completed", {}),
    ]
    approved = altered(CALL, approval_request_id="mcpr_1", output=None, error={"type": "http_error"})
    assert [name for name, _ in inside(approved)] == [
        "mcp_call.in_progress",
        "mcp_call_arguments.delta",
        "mcp_call.in_progress",
        "mcp_call_arguments.done",
        "mcp_call.failed",
    ]
    assert hosted.done(approved, asked_responses(), cut=False)["status"] == "failed"


def test_commands_come_one_by_one_and_do_not_name_the_item():
    events = list(hosted.inside(SHELL, hosted.done(SHELL, asked_responses(), cut=False), PLACE))
    assert {tuple(sorted(event.fields.keys() & {"item_id", "output_index"})) for event in events} == {("output_index",)}
    told = [(event.type.rsplit(".", 1)[1], event.fields["command_index"]) for event in events]
    assert told == [
        *[("added", 0), ("delta", 0), ("delta", 0), ("done", 0)],
        *[("added", 1), ("done", 1)],
        *[("added", 2), ("delta", 2), ("done", 2)],
    ]
    assert [event.fields["command"] for event in events if "command" in event.fields] == [
        "",
        "ls -l",
        "",
        "",
        "",
        "pwd",
    ]


def test_what_commands_printed():
    assert inside(OUTPUT) == [
        ("shell_call_output_content.delta", {"command_index": 0, "delta": {"stderr": "", "stdout": "/"}}),
        ("shell_call_output_content.done", {"command_index": 0, "output": [PRINTED]}),
    ]


def test_a_patch_streams_its_diff_and_a_deletion_nothing():
    name = "apply_patch_call_operation_diff"
    assert inside(PATCH) == [
        (f"{name}.delta", {"delta": "+"}),
        (f"{name}.delta", {"delta": "a"}),
        (f"{name}.done", {"diff": "+a"}),
    ]
    assert inside(DELETED) == inside(LOCAL) == inside(APPROVAL) == []


def test_compaction_is_told_only_if_announced():
    assert names(Hosted("compaction", {"encrypted_content": "x"})) == []
    assert names(Hosted("compaction", {"encrypted_content": "x"}, announced=True)) == ["compacting"]


def test_an_item_that_is_cut_off_did_not_run():
    def cut(part, **fields):
        return hosted.done(part, asked_responses(**fields), cut=True)

    shown = cut(CODE, include=["code_interpreter_call.outputs"])
    assert (shown["status"], shown["code"], shown["outputs"]) == ("incomplete", "a=1", [])
    assert names(CODE, cut=True)[-1] == "code_interpreter_call_code.done"
    assert (cut(CALL)["status"], cut(CALL)["output"]) == ("incomplete", None)
    assert names(CALL, cut=True)[-1] == "mcp_call_arguments.done"
    assert cut(PATCH)["status"] == "in_progress"
    assert cut(SEARCH)["status"] == "completed"


def test_commands_that_a_limit_cuts_away_are_not_there():
    cut = Hosted(SHELL.type, SHELL.fields, pieces("ls"))
    done = hosted.done(cut, asked_responses(), cut=True)
    assert (done["status"], done["action"]["commands"]) == ("incomplete", ["ls", ""])


def test_pieces_of_many_tokens_are_parted_where_commands_end():
    grouped = Hosted(SHELL.type, SHELL.fields, (Piece("ls -lp", 4, ()), Piece("wd", 2, ())))
    events = list(hosted.inside(grouped, hosted.done(grouped, asked_responses(), cut=False), PLACE))
    deltas = [(event.fields["command_index"], event.fields["delta"], event.tokens) for event in events if event.tokens]
    assert deltas == [(0, "ls -l", 4), (2, "wd", 2)]
    assert [event.fields["command"] for event in events if event.type.endswith(".done")] == ["ls -l", "", "pwd"]
    assert hosted.done(grouped, asked_responses(), cut=False)["action"]["commands"] == ["ls -l", "", "pwd"]
