"""The parts of the service's own tools, in the author's words."""

import pytest
from pydantic import ValidationError

from mockllm.scenario.content import Content
from mockllm.scenario.hosted import (
    HOSTED,
    ApplyPatchPart,
    CodeInterpreterPart,
    ComputerPart,
    FileResult,
    FileSearchPart,
    ImageGenerationPart,
    McpListToolsPart,
    McpTool,
    ShellOutput,
    ShellPart,
    WebSearchPart,
)


def read(**part):
    (made,) = Content.model_validate({"parts": [part]}).parts
    return made


def refused(**part):
    with pytest.raises(ValidationError) as error:
        read(**part)
    [details] = error.value.errors()
    return details["msg"]


def test_each_kind_has_a_name_of_its_own():
    assert len({part.kind for part in HOSTED}) == len(HOSTED) == 13


@pytest.mark.parametrize(
    ("written", "part"),
    [
        ({"web_search": "news"}, WebSearchPart(query="news")),
        ({"file_search": "refunds"}, FileSearchPart(queries="refunds")),
        (
            {"file_search": {"queries": ["a", "b"], "results": [{"text": "t", "score": 0.5}]}},
            FileSearchPart(queries=("a", "b"), results=(FileResult(text="t", score=0.5),)),
        ),
        ({"code_interpreter": "print(1)"}, CodeInterpreterPart(code="print(1)")),
        ({"code_interpreter": ["a", "b"]}, CodeInterpreterPart(code=("a", "b"))),
        ({"image_generation": "a cat"}, ImageGenerationPart(prompt="a cat")),
        ({"mcp_list_tools": {"server": "s", "tools": ["f"]}}, McpListToolsPart(server="s", tools=(McpTool(name="f"),))),
        ({"shell": "ls"}, ShellPart(commands="ls")),
        (
            {"shell": {"commands": ["ls", "pwd"], "outputs": ["a", {"exit": None}]}},
            ShellPart(commands=("ls", "pwd"), outputs=(ShellOutput(stdout="a"), ShellOutput(exit=None))),
        ),
        ({"computer": [{"type": "wait"}]}, ComputerPart(actions=({"type": "wait"},))),
        ({"apply_patch": {"path": "p", "diff": "+"}}, ApplyPatchPart(path="p", diff="+")),
    ],
)
def test_short_forms_stand_for_the_long_ones(written, part):
    assert read(**written) == part


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"web_search": {}}, "a web search has a query, or a page to open"),
        ({"web_search": {"query": "a", "open": "b"}}, "a web search has a query, or a page to open"),
        ({"web_search": {"query": "a", "find": "b"}}, "write the address of the page"),
        ({"computer": {"actions": [], "single": True}}, "single sends one action, and there are 0"),
        ({"apply_patch": {"path": "p"}}, "needs a diff"),
        ({"apply_patch": {"path": "p", "operation": "delete_file", "diff": "x"}}, "one that is deleted has none"),
        ({"file_search": {"queries": "a", "results": [{"text": "t", "score": 2.0}]}}, "at most 1"),
        ({"image_generation": {"partials": 4}}, "at most 3"),
    ],
)
def test_what_makes_no_sense_is_refused(written, message):
    assert message in refused(**written)
