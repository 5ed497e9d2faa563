"""The image without an engine: the Dockerfile's own steps, done in a folder.

What stands at `/` in the image stands in that folder here, so the absolute paths in RUN and ENV are moved there; that
is all that is changed. The base image is the Python that runs the tests.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.container.dockerfile import ROOT, Stage, assignments, is_sent, stages

BASE_PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
"""PATH in the official Python images."""

_MOVED = re.compile(r"(?<![\w./-])/opt(?=/)")


@dataclass(frozen=True)
class Image:
    """What an engine knows of an image: its files, below `root`, and how it is run."""

    root: Path
    env: Mapping[str, str]
    user: tuple[int, int]
    ports: tuple[int, ...]
    entrypoint: tuple[str, ...]
    cmd: tuple[str, ...]
    health: tuple[str, ...]
    copied: tuple[str, ...]

    @property
    def packages(self) -> Path:
        (found,) = self.root.glob("opt/mockllm/lib/python*/site-packages")
        return found

    def files(self) -> Iterator[Path]:
        return (path for path in self.root.rglob("*") if path.is_file() and not path.is_symlink())


def build(to: Path) -> Image:
    """Build the image below an empty folder."""
    to.chmod(0o755)
    context, tools, root = to / "context", to / "tools", to / "root"
    _send(context)
    tools.mkdir()
    for name, command in (("python", [sys._base_executable]), ("pip", [sys.executable, "-m", "pip"])):
        (tools / name).write_text(f'#!/bin/sh\nexec {" ".join(command)} "$@"\n')
        (tools / name).chmod(0o755)
    first, last = stages((ROOT / "Dockerfile").read_text())
    assert first.name == "build"
    root.mkdir()
    _run(first, context, root, f"{tools}:{os.environ['PATH']}")
    root.rename(to / first.name)
    root.mkdir()
    copied = tuple(_copy_across(value, to, root) for value in last.values("COPY"))
    return _image(last, root, copied)


def _send(context: Path) -> None:
    """What the engine would be sent."""
    patterns = (ROOT / ".dockerignore").read_text().split()
    tops = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    for path in (path for top in tops for path in [ROOT / top, *(ROOT / top).rglob("*")] if path.is_file()):
        name = path.relative_to(ROOT).as_posix()
        if is_sent(name, patterns):
            (context / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, context / name)


def _run(stage: Stage, context: Path, root: Path, path: str) -> None:
    """Do the steps of the stage in which things are made."""
    env, folder = {**os.environ, "PATH": path}, root
    for step in stage.steps:
        match step.name:
            case "ARG":
                env |= assignments(step.value)
            case "WORKDIR":
                folder = root / step.value.lstrip("/")
                folder.mkdir(parents=True)
            case "COPY":
                *sources, target = step.value.split()
                for source in sources:
                    _copy(context / source, folder / target, into=target.endswith("./"))
            case "RUN":
                command = _MOVED.sub(f"{root}/opt", step.value)
                made = subprocess.run(
                    ["sh", "-c", command], cwd=folder, env=env, capture_output=True, text=True, check=False
                )
                assert made.returncode == 0, made.stdout + made.stderr
            case _:
                raise AssertionError(f"a step that this test cannot do: {step}")


def _copy(source: Path, target: Path, *, into: bool) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target / source.name if into else target)


def _copy_across(value: str, to: Path, root: Path) -> str:
    """COPY from another stage to the same place: the other stage does not need it any more."""
    stage, source, target = value.split()
    assert source == target
    place = root / target.lstrip("/")
    place.parent.mkdir(parents=True)
    (to / stage.removeprefix("--from=") / source.lstrip("/")).rename(place)
    return target


def _image(stage: Stage, root: Path, copied: tuple[str, ...]) -> Image:
    known = {"COPY", "ENV", "USER", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"}
    assert {step.name for step in stage.steps} <= known
    env = {"PATH": BASE_PATH}
    for value in stage.values("ENV"):
        for name, told in assignments(value).items():
            env[name] = _MOVED.sub(f"{root}/opt", told).replace("$PATH", env["PATH"])
    uid, gid = map(int, stage.values("USER")[-1].split(":"))
    return Image(
        root=root,
        env=env,
        user=(uid, gid),
        ports=tuple(map(int, stage.values("EXPOSE"))),
        entrypoint=tuple(json.loads(stage.values("ENTRYPOINT")[-1])),
        cmd=tuple(json.loads(stage.values("CMD")[-1])),
        health=tuple(json.loads(stage.values("HEALTHCHECK")[-1].partition("CMD ")[2])),
        copied=copied,
    )
