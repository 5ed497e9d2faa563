"""Parts of an answer that only the Responses API tells: what tools of the service did, and what they ask of the client.

Here: one class for each kind of output item (wire-contract §7.3), with the words of the author. Not here: text, calls
of the client's own tools (`content.py`), and what the items look like (`dialects/responses/hosted.py`).
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from mockllm.scenario.base import Authored, Flag, Integer, JSONValue, Number, Shaped
from mockllm.scenario.texts import Arguments, Count, Text
from mockllm.units import refusal

_Texts: TypeAlias = Annotated[str | tuple[str, ...], Shaped("a text", "a list of texts")]

_CALL_ID = "the call id; derived if left out"


class WebSearchPart(Authored):
    """A search of the web, or a page that was opened, with or without words that were looked for on it."""

    kind: ClassVar[str] = "web_search"
    shorthand: ClassVar[str | None] = "query"

    query: str | None = Field(default=None, description="what was searched for")
    queries: tuple[str, ...] = Field(default=(), description="all of the queries; the one if left out")
    sources: tuple[str, ...] = Field(default=(), description="addresses that were found, shown if asked for")
    open: str | None = Field(default=None, description="the address of a page that was opened instead")
    find: str | None = Field(default=None, description="what was looked for on that page")

    @model_validator(mode="after")
    def _one_action(self) -> Self:
        if (self.query is None) == (self.open is None):
            raise refusal("a web search has a query, or a page to open: write one of {query: ...} and {open: ...}")
        if self.find is not None and self.open is None:
            raise refusal("find looks for words on a page: write the address of the page, {open: ..., find: ...}")
        return self


class FileResult(Authored):
    """A file that a search found."""

    text: str
    filename: str = "notes.txt"
    file_id: str | None = Field(default=None, description="derived if left out")
    score: Annotated[Number, Field(ge=0, le=1)] = 1.0
    attributes: Mapping[str, JSONValue] = Field(default_factory=dict)


class FileSearchPart(Authored):
    """A search of uploaded files."""

    kind: ClassVar[str] = "file_search"
    shorthand: ClassVar[str | None] = "queries"

    queries: _Texts = Field(description="what was searched for")
    results: tuple[FileResult, ...] = Field(default=(), description="what was found, shown if asked for")


class CodeInterpreterPart(Authored):
    """Code that ran at the service."""

    kind: ClassVar[str] = "code_interpreter"
    shorthand: ClassVar[str | None] = "code"

    code: Text
    logs: str | None = Field(default=None, description="what it printed, shown if asked for")
    images: tuple[str, ...] = Field(default=(), description="addresses of images it made, shown if asked for")
    container: str | None = Field(default=None, description="the id of its container; derived if left out")


class ImageGenerationPart(Authored):
    """An image that was made."""

    kind: ClassVar[str] = "image_generation"
    shorthand: ClassVar[str | None] = "prompt"

    prompt: str | None = Field(default=None, description="the prompt as the service revised it")
    image: str | None = Field(default=None, description="the image in base64; a small PNG if left out")
    partials: Annotated[Integer, Field(ge=0, le=3)] = Field(
        default=0, description="how many unfinished images are streamed before it"
    )
    size: str = "1024x1024"
    quality: Literal["low", "medium", "high", "auto"] = "medium"
    background: Literal["transparent", "opaque", "auto"] = "opaque"
    format: Literal["png", "webp", "jpeg"] = "png"


class McpTool(Authored):
    """A tool of an MCP server."""

    shorthand: ClassVar[str | None] = "name"

    name: str
    description: str | None = None
    input_schema: Mapping[str, JSONValue] = Field(default_factory=lambda: {"type": "object", "properties": {}})


class McpListToolsPart(Authored):
    """The tools of an MCP server, which are listed before they are called."""

    kind: ClassVar[str] = "mcp_list_tools"

    server: str = Field(description="the label of the server")
    tools: tuple[McpTool, ...] = Field(default=(), description="its tools")
    error: str | None = Field(default=None, description="why they could not be listed")


class McpCallPart(Authored):
    """A call of a tool of an MCP server, which the service made."""

    kind: ClassVar[str] = "mcp_call"

    server: str = Field(description="the label of the server")
    name: str
    arguments: Arguments | None = Field(default=None, description="a mapping, or the raw text")
    output: str | None = Field(default=None, description="what the tool gave")
    error: Annotated[str | Mapping[str, JSONValue], Shaped("a text", "a mapping")] | None = Field(
        default=None, description="why it failed: a text, or the error object"
    )
    approval: str | None = Field(default=None, description="the id of the request that was approved before it")


class McpApprovalPart(Authored):
    """A question to the client, whether a tool of an MCP server may be called."""

    kind: ClassVar[str] = "mcp_approval"

    server: str = Field(description="the label of the server")
    name: str
    arguments: Arguments | None = Field(default=None, description="a mapping, or the raw text")


class ComputerPart(Authored):
    """What the client is to do on its screen."""

    kind: ClassVar[str] = "computer"
    shorthand: ClassVar[str | None] = "actions"

    actions: tuple[Mapping[str, JSONValue], ...] = Field(description="clicks, keys and the like, each as it is sent")
    checks: tuple[Mapping[str, JSONValue], ...] = Field(default=(), description="safety checks to acknowledge")
    single: Flag = Field(default=False, description="send one action, as older models do, in place of a list")
    id: str | None = Field(default=None, description=_CALL_ID)

    @model_validator(mode="after")
    def _one_if_single(self) -> Self:
        if self.single and len(self.actions) != 1:
            raise refusal(f"single sends one action, and there are {len(self.actions)}: keep one, or drop single")
        return self


class ShellOutput(Authored):
    """What a command printed. One without an exit code ran out of time."""

    shorthand: ClassVar[str | None] = "stdout"

    stdout: str = ""
    stderr: str = ""
    exit: Integer | None = 0


class ShellPart(Authored):
    """Commands for a shell. With `outputs` the service ran them in a container, else the client is to."""

    kind: ClassVar[str] = "shell"
    shorthand: ClassVar[str | None] = "commands"

    commands: _Texts
    outputs: tuple[ShellOutput, ...] | None = Field(default=None, description="what each command printed")
    timeout_ms: Count | None = None
    max_output_length: Count | None = None
    container: str | None = Field(default=None, description="the id of its container; derived if it ran at the service")
    id: str | None = Field(default=None, description=_CALL_ID)


class LocalShellPart(Authored):
    """A command that the client is to run, as older models ask for it."""

    kind: ClassVar[str] = "local_shell"
    shorthand: ClassVar[str | None] = "command"

    command: _Texts = Field(description="the program and its arguments")
    env: Mapping[str, str] = Field(default_factory=dict)
    timeout_ms: Count | None = None
    working_directory: str | None = None
    user: str | None = None
    id: str | None = Field(default=None, description=_CALL_ID)


class ApplyPatchPart(Authored):
    """A change of a file that the client is to make."""

    kind: ClassVar[str] = "apply_patch"

    operation: Literal["create_file", "update_file", "delete_file"] = "update_file"
    path: str
    diff: Text | None = Field(default=None, description="what changes; nothing where a file is deleted")
    id: str | None = Field(default=None, description=_CALL_ID)

    @model_validator(mode="after")
    def _diff_unless_deleted(self) -> Self:
        if (self.diff is None) != (self.operation == "delete_file"):
            raise refusal("a file that is created or updated needs a diff, and one that is deleted has none")
        return self


class ToolSearchPart(Authored):
    """A search for tools. With `tools` the service found them, else the client is to."""

    kind: ClassVar[str] = "tool_search"
    shorthand: ClassVar[str | None] = "arguments"

    arguments: Mapping[str, JSONValue] = Field(description="such as queries or paths")
    tools: tuple[Mapping[str, JSONValue], ...] | None = Field(default=None, description="what was found")
    id: str | None = Field(default=None, description="the call id where the client searches; derived if left out")


class CompactionPart(Authored):
    """What stands for the earlier conversation after it was compacted."""

    kind: ClassVar[str] = "compaction"

    content: str | None = Field(default=None, description="the encrypted content; derived if left out")
    announced: Flag = Field(default=False, description="tell that it is under way, in an event not every client knows")


HostedSpec: TypeAlias = (
    WebSearchPart
    | FileSearchPart
    | CodeInterpreterPart
    | ImageGenerationPart
    | McpListToolsPart
    | McpCallPart
    | McpApprovalPart
    | ComputerPart
    | ShellPart
    | LocalShellPart
    | ApplyPatchPart
    | ToolSearchPart
    | CompactionPart
)

HOSTED: tuple[type[HostedSpec], ...] = (
    WebSearchPart,
    FileSearchPart,
    CodeInterpreterPart,
    ImageGenerationPart,
    McpListToolsPart,
    McpCallPart,
    McpApprovalPart,
    ComputerPart,
    ShellPart,
    LocalShellPart,
    ApplyPatchPart,
    ToolSearchPart,
    CompactionPart,
)
"""Every kind of such a part."""
