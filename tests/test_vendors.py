"""No vendor is named in the package outside profiles: what a vendor does is data, in a profile or in a scenario.

OpenAI is the protocol and may be named; so may the tools whose names for faults are taken.
"""

import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "mockllm"
EXEMPT = {"profiles", "gallery", "__pycache__"}

VENDORS = (
    "alibaba",
    "anthropic",
    "anyscale",
    "azure",
    "baichuan",
    "baidu",
    "baseten",
    "bedrock",
    "bytedance",
    "cerebras",
    "claude",
    "cloudflare",
    "cohere",
    "copilot",
    "dashscope",
    "databricks",
    "deepinfra",
    "deepseek",
    "fireworks",
    "gemini",
    "glm",
    "google",
    "grok",
    "groq",
    "hugging ?face",
    "hyperbolic",
    "kimi",
    "koboldcpp",
    "lambda labs",
    "litellm",
    r"llama\.?cpp",
    "lm ?studio",
    "lmdeploy",
    "localai",
    "minimax",
    "mistral",
    "moonshot",
    "nebius",
    "novita",
    "nvidia",
    "ollama",
    "openrouter",
    "perplexity",
    "portkey",
    "qwen",
    "replicate",
    "runpod",
    "sambanova",
    "scaleway",
    "sglang",
    "siliconflow",
    "snowflake",
    "text-generation-(inference|webui)",
    "together ?(ai|computer)",
    r"together\.(ai|xyz)",
    "vercel",
    "vertex",
    "vllm",
    "volcengine",
    r"x\.ai",
    "xai",
    "xinference",
    "yandex",
    r"z\.ai",
    "zhipu",
)
NAMED = re.compile(rf"(?<![a-z])({'|'.join(VENDORS)})(?![a-z])", re.IGNORECASE)

FILES = sorted(
    path
    for path in PACKAGE.rglob("*")
    if path.is_file() and not EXEMPT & set(path.relative_to(PACKAGE).parts) and path.suffix not in {".pyc", ".so"}
)


# The schema lists the names that `profile` may have, one a line.
PROFILES = {f'"{path.stem}"' for path in (PACKAGE / "profiles").glob("*.yaml")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_vendor_is_named(path):
    listed = PROFILES if path.suffix == ".json" else set()
    lines = path.read_text().splitlines()
    naming = [(number, line) for number, line in enumerate(lines, start=1) if NAMED.search(line)]
    assert [f"{number}: {line}" for number, line in naming if line.strip().rstrip(",") not in listed] == []
    assert not NAMED.search(str(path.relative_to(PACKAGE)).replace("_", " "))


@pytest.mark.parametrize(
    "text",
    ["as Azure does", "VLLM_KEY", "an OpenRouter id", "x.ai", "llama.cpp", "Hugging Face", "LM Studio", "together.ai"],
)
def test_a_vendor_is_seen(text):
    assert NAMED.search(text)


@pytest.mark.parametrize("text", ["they go together", "a replica", "OpenAI", "WireMock and Toxiproxy", "max.aim"])
def test_plain_words_are_none(text):
    assert not NAMED.search(text)
