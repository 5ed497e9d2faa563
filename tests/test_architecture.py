"""The shape of the code: who may import whom, how large a file may be, and a test file for every module."""

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "mockllm"
TESTS = ROOT / "tests"

# Each line may import only the lines above it; names on one line do not import each other.
LAYERS = (
    {"bounded", "errors", "frozen", "gates", "seeds", "units", "catalogue", "console", "unrolled"},
    {"tokens"},
    {"request"},
    {"plan", "turn"},
    {"score"},
    {"exchange", "store", "http1", "websocket", "limits", "cassette"},
    {"scenario", "dialects", "report", "spans", "tally"},
    {"usage"},
    {"fill", "answer", "address", "admission", "namespace", "journal", "formatter"},
    {"times"},
    {"carried", "compile", "profiled", "strategies", "strict", "registry", "snapshot", "replayed"},
    {"recording"},
    {"importers"},
    {"respond", "fate", "control", "ran"},
    {"readings", "recall", "repeats", "decided"},
    {"decision"},
    {"hearing", "portable"},
    {"engine"},
    {"explain", "rehearsal"},
    {"sweeps"},
    {"net"},
    {"client"},
    {"cli", "pytest_plugin", "testcontainers"},
    {"__main__"},
    {"__init__"},
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}

# What the files of dialects/ share; no other of its modules may be imported by a sibling.
SHARED_BY_DIALECTS = {
    "base",
    "body",
    "cursor",
    "dialogue",
    "filed",
    "form",
    "headers",
    "judgement",
    "kept",
    "lanes",
    "plain",
    "rules",
    "sse",
    "upgrade",
    "vectors",
}

# Only these may wait or touch a socket.
IMPURE = {"net", "client", "cli", "pytest_plugin", "__main__"}
IO_PACKAGES = {"asyncio", "aiohttp", "uvloop", "socket", "selectors", "watchfiles"}

MOST_LINES = 300
MOST_FUNCTION_LINES = 50

# Test folders that mirror no module: what is tested there is the whole.
WHOLE = {
    "console",
    "container",
    "robust",
    "survey",
    "clients",
    "frameworks",
    "benchmarks",
    "openapi",
    "profiles",
    "endurance",
}


def modules(package: Path) -> list[Path]:
    return sorted(path for path in package.rglob("*.py") if "gallery" not in path.parts)


def top(package: Path, path: Path) -> str:
    """The name of the layer that a file belongs to."""
    parts = path.relative_to(package).parts
    return parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def violations(package: Path) -> list[str]:
    """Every import that goes up or sideways, waits where nothing may wait, or joins two dialects."""
    found = []
    for path in modules(package):
        layer = top(package, path)
        where = path.relative_to(package)
        for name, line in imports(path):
            head, _, rest = name.partition(".")
            target = rest.split(".", 1)[0]
            if head in IO_PACKAGES and layer not in IMPURE:
                found.append(f"{where}:{line}: only {sorted(IMPURE)} may import {head}")
            if head != "mockllm" or not target or target == layer:
                if head == "mockllm" and layer == target == "dialects" and _joins_dialects(path, package, rest):
                    found.append(f"{where}:{line}: one dialect imports another: {name}")
                continue
            if layer == "__init__":
                continue
            if target not in RANK:
                found.append(f"{where}:{line}: {target} has no layer")
            elif RANK[target] >= RANK[layer]:
                found.append(f"{where}:{line}: {layer} may not import {target}")
    return found


def _joins_dialects(path: Path, package: Path, rest: str) -> bool:
    own = path.relative_to(package / "dialects").parts[0].removesuffix(".py")
    other = [*rest.split("."), ""][1]
    return (
        bool(other)
        and own != "__init__"
        and other not in {own, *SHARED_BY_DIALECTS}
        and ((package / "dialects" / other).exists() or (package / "dialects" / f"{other}.py").exists())
    )


def test_imports_go_one_way():
    assert violations(PACKAGE) == []


def test_every_module_has_a_layer():
    assert {top(PACKAGE, path) for path in modules(PACKAGE)} <= set(RANK)


@pytest.mark.parametrize(
    ("file", "line", "message"),
    [
        ("plan.py", "from mockllm.engine import Engine", "plan may not import engine"),
        ("scenario/pace/rhythm.py", "from mockllm.dialects import find", "scenario may not import dialects"),
        ("compile.py", "import asyncio", "may import asyncio"),
        ("dialects/models.py", "from mockllm.dialects.chat import CHAT", "one dialect imports another"),
        ("engine.py", "from mockllm.net.clock import Clock", "engine may not import net"),
    ],
)
def test_an_upward_import_is_found(tmp_path, file, line, message):
    copy = tmp_path / "mockllm"
    shutil.copytree(PACKAGE, copy)
    with (copy / file).open("a") as text:
        text.write(f"\n{line}\n")
    assert any(message in violation for violation in violations(copy))


@pytest.mark.parametrize("path", modules(PACKAGE), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_and_functions_stay_small_and_say_what_they_are(path):
    text = path.read_text()
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a module begins with what lives here, what must not, and where to look next"
    assert len(text.splitlines()) <= MOST_LINES, "a file that outgrows the limit becomes a folder of the same name"
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno < MOST_FUNCTION_LINES, node.name


def mirrored(path: Path) -> Path:
    relative = path.relative_to(PACKAGE)
    return TESTS / relative.parent / f"test_{relative.name}"


def test_every_module_has_its_test_file():
    without = [
        str(path.relative_to(PACKAGE))
        for path in modules(PACKAGE)
        if path.name not in {"__init__.py", "__main__.py"} and not mirrored(path).exists()
    ]
    assert without == []


def test_every_test_file_has_its_module():
    whole = {
        "test_bodies.py",
        "test_chaos_served.py",
        "test_fidelity.py",
        "test_laws.py",
        "test_plugin.py",
        "test_fault_transcripts.py",
        "test_vendors.py",
        "test_architecture.py",
        "test_gallery.py",
        "test_gallery_served.py",
        "test_hostile.py",
        "test_shared_server.py",
        "test_readme.py",
        "test_checks.py",
        "test_quirks.py",
        "test_dockerfile.py",
    }
    orphans = []
    for path in sorted(TESTS.rglob("test_*.py")):
        if ".venv" in path.parts:
            continue
        relative = path.relative_to(TESTS)
        if relative.parts[0] in WHOLE or relative.name in whole or "node_modules" in relative.parts:
            continue
        name = relative.name.removeprefix("test_")
        module = PACKAGE / relative.parent / name
        if not module.exists() and not (module.with_suffix("")).is_dir() and name not in {"init.py", "main.py"}:
            orphans.append(str(relative))
    assert orphans == []
