"""The items of the service's own tools, against streams of the real service.

Recorded streams: `vercel/ai` packages/openai/src/responses/__fixtures__ (openai-NAME.chunks.txt), and for custom tools
`Oaklight/llm-rosetta#182`, as the fixture there is made by hand. Nobody has published a stream with `computer_call`:
its keys are those of OpenAI's description (`ComputerToolCall`). Of each event the keys beside `type` and
`sequence_number` are written down here, and of each item its keys, by hand; repetitions are told once.
"""

from typing import Any

import orjson
import pytest

from mockllm.scenario.hosted import HOSTED
from tests.calls import call, engine, sent

AT = "item_id output_index"
PADDED = f"delta {AT} obfuscation"
SCRIPT = "{rules: [{replies: [REPLY]}]}"
CUSTOM = {"tools": [{"type": "custom", "name": "sql"}]}
# By the name of a recording: a reply, and its events, each with its keys, or those of its item after a colon.
RECORDED: dict[str, tuple[str, list[str]]] = {
    "web-search-tool.1": (
        "{parts: [{web_search: {query: q}}]}",
        [
            "output_item.added: web_search_call in_progress id type status",
            f"web_search_call.in_progress {AT}",
            f"web_search_call.searching {AT}",
            f"web_search_call.completed {AT}",
            "output_item.done: web_search_call completed id type status action",
        ],
    ),
    "file-search-tool.1": (
        "{parts: [{file_search: {queries: [q]}}]}",
        [
            "output_item.added: file_search_call in_progress id type status queries results",
            f"file_search_call.in_progress {AT}",
            f"file_search_call.searching {AT}",
            f"file_search_call.completed {AT}",
            "output_item.done: file_search_call completed id type status queries results",
        ],
    ),
    "code-interpreter-tool.1": (
        "{parts: [{code_interpreter: {code: 'print(1)', logs: '1'}}]}",
        [
            "output_item.added: code_interpreter_call in_progress id type status code container_id outputs",
            f"code_interpreter_call.in_progress {AT}",
            f"code_interpreter_call_code.delta {PADDED}",
            f"code_interpreter_call_code.done code {AT}",
            f"code_interpreter_call.interpreting {AT}",
            f"code_interpreter_call.completed {AT}",
            "output_item.done: code_interpreter_call completed id type status code container_id outputs",
        ],
    ),
    "image-generation-tool.1": (
        "{parts: [{image_generation: {prompt: p, partials: 1}}]}",
        [
            "output_item.added: image_generation_call in_progress id type status",
            f"image_generation_call.in_progress {AT}",
            f"image_generation_call.generating {AT}",
            (
                "image_generation_call.partial_image background item_id output_format output_index partial_image_b64 "
                "partial_image_index quality size"
            ),
            f"image_generation_call.completed {AT}",
            (
                "output_item.done: image_generation_call completed id type status background output_format quality "
                "result revised_prompt size"
            ),
        ],
    ),
    "mcp-tool.1": (
        (
            "{parts: [{mcp_list_tools: {server: s, tools: [{name: roll}]}}, "
            "{mcp_call: {server: s, name: roll, arguments: {sides: 6}, output: '4'}}]}"
        ),
        [
            "output_item.added: mcp_list_tools None id type server_label tools",
            f"mcp_list_tools.in_progress {AT}",
            f"mcp_list_tools.completed {AT}",
            "output_item.done: mcp_list_tools None id type server_label tools",
            (
                "output_item.added: mcp_call in_progress id type status approval_request_id arguments error name "
                "output server_label"
            ),
            f"mcp_call.in_progress {AT}",
            f"mcp_call_arguments.delta {PADDED}",
            f"mcp_call_arguments.done arguments {AT}",
            f"mcp_call.completed {AT}",
            (
                "output_item.done: mcp_call completed id type status approval_request_id arguments error name "
                "output server_label"
            ),
        ],
    ),
    "mcp-tool-approval.1": (
        "{parts: [{mcp_approval: {server: s, name: roll, arguments: {}}}]}",
        [
            "output_item.added: mcp_approval_request None id type arguments name server_label",
            "output_item.done: mcp_approval_request None id type arguments name server_label",
        ],
    ),
    "local-shell-tool.1": (
        "{parts: [{local_shell: {command: [ls]}}]}",
        [
            "output_item.added: local_shell_call in_progress id type status action call_id",
            "output_item.done: local_shell_call completed id type status action call_id",
        ],
    ),
    "shell-tool.1": (
        "{parts: [{shell: {commands: [ls -l]}}]}",
        [
            "output_item.added: shell_call in_progress id type status action call_id",
            "shell_call_command.added command command_index output_index",
            "shell_call_command.delta command_index delta obfuscation output_index",
            "shell_call_command.done command command_index output_index",
            "output_item.done: shell_call completed id type status action call_id",
        ],
    ),
    "shell-container.1": (
        "{parts: [{shell: {commands: [ls], outputs: [a.txt]}}]}",
        [
            "output_item.added: shell_call in_progress id type status action call_id environment",
            "shell_call_command.added command command_index output_index",
            "shell_call_command.delta command_index delta obfuscation output_index",
            "shell_call_command.done command command_index output_index",
            "output_item.done: shell_call completed id type status action call_id environment",
            "output_item.added: shell_call_output completed id type status call_id max_output_length output",
            f"shell_call_output_content.delta command_index delta {AT}",
            f"shell_call_output_content.done command_index output {AT}",
            "output_item.done: shell_call_output completed id type status call_id max_output_length output",
        ],
    ),
    "apply-patch-tool.1": (
        "{parts: [{apply_patch: {operation: create_file, path: a.txt, diff: '+a'}}]}",
        [
            "output_item.added: apply_patch_call in_progress id type status call_id operation",
            f"apply_patch_call_operation_diff.delta {PADDED}",
            f"apply_patch_call_operation_diff.done diff {AT}",
            "output_item.done: apply_patch_call completed id type status call_id operation",
        ],
    ),
    "tool-search.1": (
        "{parts: [{tool_search: {arguments: {q: 1}, tools: [{type: function, name: f, parameters: {}}]}}]}",
        [
            "output_item.added: tool_search_call in_progress id type status arguments call_id execution",
            "output_item.done: tool_search_call completed id type status arguments call_id execution",
            "output_item.added: tool_search_output in_progress id type status call_id execution tools",
            "output_item.done: tool_search_output completed id type status call_id execution tools",
        ],
    ),
    "client-tool-search.1": (
        "{parts: [{tool_search: {arguments: {q: 1}}}]}",
        [
            "output_item.added: tool_search_call in_progress id type status arguments call_id execution",
            "output_item.done: tool_search_call completed id type status arguments call_id execution",
        ],
    ),
    "compaction.1": (
        "{parts: [{compaction: {content: abc}}]}",
        [
            "output_item.added: compaction None id type encrypted_content",
            "output_item.done: compaction None id type encrypted_content",
        ],
    ),
    "llm-rosetta#182": (
        "{tool_calls: [{name: sql, input: SELECT 1}]}",
        [
            "output_item.added: custom_tool_call in_progress id type status call_id input name",
            f"custom_tool_call_input.delta {PADDED}",
            f"custom_tool_call_input.done input {AT}",
            "output_item.done: custom_tool_call completed id type status call_id input name",
        ],
    ),
    "ComputerToolCall": (
        "{parts: [{computer: {actions: [{type: screenshot}]}}]}",
        [
            "output_item.added: computer_call in_progress id type status actions call_id pending_safety_checks",
            "output_item.done: computer_call completed id type status actions call_id pending_safety_checks",
        ],
    ),
}
ALSO = {"type", "sequence_number"}


def told(event: dict[str, Any]) -> tuple[str, frozenset[str]]:
    """An event in the form of the table above."""
    name, item = event["type"].removeprefix("response."), event.get("item")
    if item is None:
        return name, frozenset(event) - ALSO
    assert set(event) - ALSO == {"item", "output_index"}
    return f"{name}: {item['type']} {item.get('status')}", frozenset(item)


def written(line: str) -> tuple[str, frozenset[str]]:
    words = line.split()
    first = 3 if words[0].endswith(":") else 1
    return " ".join(words[:first]), frozenset(words[first:])


def events(reply: str, **asked: object) -> list[dict[str, Any]]:
    """The events between the first two and the message of words, if there is one, or the end."""
    body = {"model": "gpt-5.1", "input": "Hi", "stream": True, **asked}
    text = sent(engine(SCRIPT.replace("REPLY", reply)).handle(call("POST", "/v1/responses", body))).decode()
    found = [orjson.loads(line.removeprefix("data: ")) for line in text.split("\n") if line.startswith("data: ")]
    assert [event["type"] for event in found[:2]] == ["response.created", "response.in_progress"]
    assert found[-1]["type"] == "response.completed"
    ends = [place for place, event in enumerate(found) if event.get("item", {}).get("type") == "message"]
    return found[2 : ends[0] if ends else -1]


@pytest.mark.parametrize("name", RECORDED)
def test_an_item_comes_in_the_events_and_with_the_keys_of_the_recording(name):
    reply, lines = RECORDED[name]
    found = [told(event) for event in events(reply, **(CUSTOM if "tool_calls" in reply else {}))]
    once = [each for place, each in enumerate(found) if place == 0 or each != found[place - 1]]
    assert once == [written(line) for line in lines]


def test_every_hosted_part_is_here():
    for part in HOSTED:
        assert any(f"{{{part.kind}:" in reply for reply, _ in RECORDED.values()), part.kind
