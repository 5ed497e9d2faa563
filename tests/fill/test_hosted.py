"""The author's words for the service's own tools become parts, with what is left out derived."""

import base64
import re
import struct

import pytest

from mockllm.fill.content import parts
from mockllm.fill.template import Template
from mockllm.scenario.content import Content
from mockllm.tokens import joined, splitter
from mockllm.turn import Hosted, Text
from tests.turns import SEED, asked


def made(**part):
    content = Content.model_validate({"parts": [part]})
    return parts(content, Template(asked(), SEED, enabled=True), splitter(), SEED, 0)


def fields(**part):
    return made(**part)[0].fields


@pytest.mark.parametrize(
    ("written", "action"),
    [
        ({"query": "{{ user }}"}, {"type": "search", "queries": ["Hi"], "query": "Hi", "sources": []}),
        (
            {"query": "a", "queries": ["a", "b"], "sources": ["u"]},
            {"type": "search", "queries": ["a", "b"], "query": "a", "sources": [{"type": "url", "url": "u"}]},
        ),
        ({"open": "u"}, {"type": "open_page", "url": "u"}),
        ({"open": "u", "find": "x"}, {"type": "find_in_page", "pattern": "x", "url": "u"}),
    ],
)
def test_a_web_search_has_its_action(written, action):
    (part,) = made(web_search=written)
    assert part == Hosted("web_search_call", {"action": action})


def test_files_that_were_found_have_ids():
    told = fields(file_search={"queries": "a", "results": [{"text": "t"}, {"text": "u", "file_id": "file-1"}]})
    assert told["queries"] == ["a"]
    first, second = told["results"]
    assert re.fullmatch("file-[0-9A-Za-z]{22}", first["file_id"])
    assert second == {"attributes": {}, "file_id": "file-1", "filename": "notes.txt", "score": 1.0, "text": "u"}


def test_code_has_pieces_a_container_and_outputs():
    (part,) = made(code_interpreter={"code": ["a", "=1"], "logs": "1", "images": ["u"]})
    assert [piece.text for piece in part.pieces] == ["a", "=1"]
    assert part.fields["code"] == "a=1"
    assert re.fullmatch("cntr_[0-9a-f]{48}", part.fields["container_id"])
    assert part.fields["outputs"] == [{"type": "logs", "logs": "1"}, {"type": "image", "url": "u"}]
    assert fields(code_interpreter={"code": "a", "container": "cntr_1"})["container_id"] == "cntr_1"


def test_an_image_is_a_picture_or_the_authors_and_a_message_without_words_follows_it():
    image, text = made(image_generation={"prompt": "{{ user }}", "partials": 2})
    assert (text, image.fields["revised_prompt"]) == (Text(()), "Hi")
    assert len({*image.images, image.fields["result"]}) == 3
    lying = made(image_generation={"size": "1536x1024", "format": "png"})[0].fields["result"]
    assert struct.unpack_from(">II", base64.b64decode(lying), 16) == (1536, 1024)
    usual = made(image_generation={"size": "auto"})[0].fields["result"]
    assert struct.unpack_from(">II", base64.b64decode(usual), 16) == (1024, 1024)
    assert made(image_generation={"image": "AAAA"})[0].fields["result"] == "AAAA"
    followed = Content.model_validate({"parts": [{"image_generation": "a"}, {"text": "There."}]})
    assert len(parts(followed, Template(asked(), SEED, enabled=True), splitter(), SEED, 0)) == 2


def test_tools_of_a_server_and_why_there_are_none():
    told = fields(mcp_list_tools={"server": "s", "tools": [{"name": "f", "description": "d"}]})
    tool = {"annotations": {"read_only": False}, "input_schema": {"type": "object", "properties": {}}, "name": "f"}
    assert told == {"server_label": "s", "tools": [{**tool, "description": "d"}]}
    assert fields(mcp_list_tools={"server": "s", "tools": ["f"]})["tools"] == [tool]
    assert fields(mcp_list_tools={"server": "s", "error": "no"}) == {"server_label": "s", "tools": [], "error": "no"}


def test_a_call_of_a_server_with_its_output_or_its_error():
    (part,) = made(mcp_call={"server": "s", "name": "f", "arguments": {"a": 1}, "output": "{{ user }}"})
    assert joined(part.pieces) == '{"a":1}'
    assert (part.fields["arguments"], part.fields["output"], part.awaits) == ('{"a":1}', "Hi", False)
    error = {"type": "mcp_tool_execution_error", "content": [{"type": "text", "text": "no"}]}
    assert fields(mcp_call={"server": "s", "name": "f", "error": "no"})["error"] == error
    given = {"type": "http_error", "code": 500, "message": "no"}
    assert fields(mcp_call={"server": "s", "name": "f", "error": given, "approval": "x"})["error"] == given


def test_what_the_client_must_act_on_awaits_it():
    awaiting = [
        {"mcp_approval": {"server": "s", "name": "f"}},
        {"computer": [{"type": "wait"}]},
        {"shell": "ls"},
        {"local_shell": "ls"},
        {"apply_patch": {"path": "p", "diff": "+"}},
        {"tool_search": {"arguments": {}}},
    ]
    assert [part.awaits for each in awaiting for part in made(**each)] == [True] * 6
    own = [{"shell": {"commands": "ls", "outputs": ["a"]}}, {"tool_search": {"arguments": {}, "tools": []}}]
    assert [part.awaits for each in own for part in made(**each)] == [False] * 4


def test_actions_on_a_screen_are_a_list_or_one():
    action = {"type": "keypress", "keys": ("a",)}
    assert fields(computer={"actions": [action]})["actions"] == [{"type": "keypress", "keys": ["a"]}]
    single = fields(computer={"actions": [action], "single": True, "checks": [{"id": "c"}], "id": "call_1"})
    assert list(single) == ["action", "call_id", "pending_safety_checks"]
    assert (single["call_id"], single["pending_safety_checks"]) == ("call_1", [{"id": "c"}])


def test_commands_that_ran_have_a_container_and_an_output():
    call, output = made(shell={"commands": ["ls", "pwd"], "outputs": ["a", {"stderr": "e", "exit": None}]})
    assert call.fields["action"]["commands"] == ["ls", "pwd"]
    assert call.fields["environment"]["type"] == "container_reference"
    assert output.fields["call_id"] == call.fields["call_id"]
    assert output.fields["output"] == [
        {"outcome": {"type": "exit", "exit_code": 0}, "stderr": "", "stdout": "a"},
        {"outcome": {"type": "timeout"}, "stderr": "e", "stdout": ""},
    ]
    assert "environment" not in fields(shell="ls")
    assert fields(shell={"commands": "ls", "container": "cntr_1"})["environment"]["container_id"] == "cntr_1"


def test_a_local_command_has_only_what_was_said():
    told = fields(local_shell={"command": ["ls", "{{ user }}"], "env": {"A": "b"}, "timeout_ms": 5})
    assert told["action"] == {"type": "exec", "command": ["ls", "Hi"], "env": {"A": "b"}, "timeout_ms": 5}


def test_a_patch_has_a_diff_unless_it_deletes():
    (part,) = made(apply_patch={"path": "p", "operation": "create_file", "diff": ["+", "a"]})
    assert part.fields["operation"] == {"type": "create_file", "diff": "+a", "path": "p"}
    assert len(part.pieces) == 2
    assert fields(apply_patch={"path": "p", "operation": "delete_file"})["operation"] == {
        "type": "delete_file",
        "path": "p",
    }


def test_a_search_for_tools_at_the_service_tells_what_it_found():
    call, output = made(tool_search={"arguments": {"queries": ("a",)}, "tools": [{"type": "function"}]})
    assert call.fields == {"arguments": {"queries": ["a"]}, "call_id": None, "execution": "server"}
    assert output.fields == {"call_id": None, "execution": "server", "tools": [{"type": "function"}]}
    assert fields(tool_search={"arguments": {}})["call_id"].startswith("call_")


def test_compacted_content_is_given_or_derived():
    assert fields(compaction={"content": "x"}) == {"encrypted_content": "x"}
    (part,) = made(compaction={"announced": True})
    assert part.announced
    assert part.fields["encrypted_content"].startswith("gAAAAA")
