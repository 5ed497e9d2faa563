"""Scenario text to plain data that remembers where it was written.

Strategy: the parser's events go through a stack of open lists and mappings. Nothing recurses, so depth and size are
judged while the text is read; an aliased value is built once and shared. Faults are collected in the order of the
file; a syntax error or a limit ends the reading. Not here: the tree (`tree.py`), what a scalar means and what is said
about bad syntax (`core_schema.py`), and what a scenario may say (the classes built on `base.py`).
"""

import json
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml

from mockllm.errors import Problem, ScenarioError
from mockllm.scenario.core_schema import (
    RefusedError,
    read_scalar,
    refused_characters,
    refused_tag,
    syntax_message,
    tag_name,
)
from mockllm.scenario.tree import Anchor, At, Mark, Marks, Node, NodePath, Open, OpenMapping

__all__ = ["DEFAULT", "Document", "Mark", "NodePath", "ReaderLimits", "path_text", "read", "read_file"]

_TOP: At = (1, 1)
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class ReaderLimits:
    """What a file may cost: `text_bytes` counts UTF-8, `nodes` keys and values, `depth` lists and mappings inside each
    other, both with aliases written out. After `problems` problems the rest of the file is not read.
    """

    text_bytes: int = 1_048_576
    nodes: int = 100_000
    depth: int = 64
    problems: int = 100


DEFAULT = ReaderLimits()


@dataclass(frozen=True, slots=True)
class Document:
    """A file as plain data. Aliases share their value, so nothing in `value` may be edited.

    `marks` gives for each path the mark of its key (for a list item, of the item) and of its value. An alias is marked
    where it stands; what is inside it, and what a merge key brings, where the anchor's text is.
    """

    value: object
    source: str
    marks: Mapping[NodePath, tuple[Mark, Mark]]

    def key_mark(self, path: NodePath) -> Mark | None:
        """Where the key or list item at `path` is, else its nearest ancestor; None if there is no text."""
        return self._nearest(path)[0]

    def value_mark(self, path: NodePath) -> Mark | None:
        """Where the value at `path` is, else its nearest ancestor; None if there is no text."""
        return self._nearest(path)[1]

    def _nearest(self, path: NodePath) -> tuple[Mark, Mark] | tuple[None, None]:
        ancestors = (path[:length] for length in range(len(path), -1, -1))
        return next((self.marks[known] for known in ancestors if known in self.marks), (None, None))


def path_text(path: NodePath) -> str:
    """The path as problems show it: `rules[0].when.header["x-mode"]`, with quotes where a key is no identifier."""
    return "".join(map(_step_text, path)).removeprefix(".")


def _step_text(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if step.isidentifier() else f"[{json.dumps(step, ensure_ascii=False)}]"


def read(text: str | bytes, *, source: str = "<scenario>", limits: ReaderLimits = DEFAULT) -> Document:
    """Reads one YAML document; plain scalars follow the core schema of YAML 1.2, and keys are text as it is written.

    A merge key (`<<`) brings the keys of its mappings; own keys win, then those of the earlier mapping.
    Raises ScenarioError with every problem found, in the order of the file.
    """
    return _Reading(source, limits).document(text)


def read_file(path: Path, *, source: str | None = None, limits: ReaderLimits = DEFAULT) -> Document:
    """Reads a file; its size is judged before it is opened. Problems name `source`, by default the path.

    Raises ScenarioError as `read` does, and where there is no such file or it cannot be read.
    """
    reading = _Reading(str(path) if source is None else source, limits)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a directory" if stat.S_ISDIR(status.st_mode) else "no regular file"
            reading.stop(f"this is {kind}: name a scenario file")
        reading.judge_size(status.st_size)
        with path.open("rb") as file:
            text = file.read(limits.text_bytes + 1)
    except FileNotFoundError:
        reading.stop("there is no such file: check its name and folder")
    except (OSError, ValueError) as error:
        reading.stop(f"the file cannot be read ({getattr(error, 'strerror', None) or error}): check its name and mode")
    return reading.document(text)


class _Reading:
    """One file being read: the open lists and mappings, the anchors so far, and the problems so far."""

    def __init__(self, source: str, limits: ReaderLimits) -> None:
        self.source = source
        self.limits = limits
        self.problems: list[Problem] = []
        self.top = Open(_TOP)
        self.open = [self.top]
        self.anchors: dict[str, Anchor] = {}
        self.nodes = 0

    def document(self, text: str | bytes) -> Document:
        """The document, or every problem found."""
        written = self._decode(text)
        try:
            for event in yaml.parse(written, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
                if (step := _STEPS.get(type(event))) is not None:
                    step(self, event)
        except yaml.MarkedYAMLError as error:
            self._stop_at_syntax(error, written)
        except (ValueError, OverflowError) as error:  # the parser without its C extension, at numbers beyond its own
            self.stop(f"this is not YAML ({error}): correct its escapes and directives")
        _, root = self.top.inside.get(0, (None, None))
        if root is None or (root.value is None and not root.name):
            self.stop("the file is empty", _TOP)
        if self.problems:
            raise self._error()
        return Document(root.value, self.source, Marks(root))

    def report(self, message: str, at: At) -> None:
        """Notes a problem of the value that is being read; the last one that is allowed ends the reading."""
        path = tuple(step for frame in self.open[1:] if (step := frame.step) is not None)
        self.problems.append(Problem(message, path_text(path), self.source, *at))
        if len(self.problems) >= self.limits.problems:
            self.stop(f"{len(self.problems)} problems end the reading: correct these first", at)

    def stop(self, message: str, at: At | None = None) -> NoReturn:
        """Ends the reading with a problem of the file as a whole."""
        self.problems.append(Problem(message, "", self.source, *(at or (None, None))))
        raise self._error() from None

    def _error(self) -> ScenarioError:
        return ScenarioError(tuple(sorted(self.problems, key=lambda problem: (problem.line or 0, problem.column or 0))))

    def judge_size(self, found: int) -> None:
        """Ends the reading of a text of too many bytes."""
        if found > self.limits.text_bytes:
            self.stop(
                f"{found} bytes of text, {self.limits.text_bytes} are allowed: scenario files are short, split it"
            )

    def _decode(self, text: str | bytes) -> str:
        """The characters of the text, each of them one that YAML can hold."""
        encoded = text.encode(errors="surrogatepass") if isinstance(text, str) else text
        self.judge_size(len(encoded))
        try:
            written = text if isinstance(text, str) else text.decode()
        except UnicodeDecodeError as error:
            before = encoded[: error.start].decode()
            fault = f"the byte 0x{encoded[error.start]:02X} is not UTF-8: save the file as UTF-8"
            self.stop(fault, _place_of(before, len(before)))
        written = written.removeprefix("\ufeff")
        for index, objection in refused_characters(written):
            self.report(objection, _place_of(written, index))
        if self.problems:
            raise self._error()
        return written

    def _stop_at_syntax(self, error: yaml.MarkedYAMLError, text: str) -> NoReturn:
        at = error.problem_mark
        assert at is not None
        began = f" {error.context} from line {error.context_mark.line + 1}" if error.context_mark else ""
        message = syntax_message(str(error.problem), began, text[at.index : at.index + 1])
        self.stop(message, (at.line + 1, at.column + 1))

    def _arrive(self, event: yaml.NodeEvent, nodes: int = 1) -> At:
        """Counts what arrives, and says where it is."""
        start = event.start_mark
        assert start is not None
        at = (start.line + 1, start.column + 1)
        self.nodes += nodes
        if self.nodes > self.limits.nodes:
            self.stop(f"more than {self.limits.nodes} keys and values, aliases written out: split it", at)
        return at

    def _judge_depth(self, height: int, at: At) -> None:
        if len(self.open) - 1 + height > self.limits.depth:
            self.stop(f"more than {self.limits.depth} lists and mappings inside each other: use fewer levels", at)

    def _anchor(self, event: yaml.NodeEvent, at: At) -> Anchor | None:
        if event.anchor is None:
            return None
        self.anchors[event.anchor] = anchor = Anchor(at, self.nodes - 1)
        return anchor

    def start_document(self, event: yaml.DocumentStartEvent) -> None:
        """Refuses a second document."""
        if self.top.inside:
            start = event.start_mark
            assert start is not None
            at = (start.line + 1, start.column + 1)
            self.stop("a second document starts here: one file is one scenario, so split it", at)

    def start_collection(self, event: yaml.CollectionStartEvent) -> None:
        """Opens a list or a mapping."""
        at = self._arrive(event)
        self._judge_depth(1, at)
        kind, tag = _KINDS[type(event)]
        if event.tag is not None and tag_name(event.tag) not in {"!", tag}:
            self.report(refused_tag(event.tag), at)
        self.open.append(kind(at, self._anchor(event, at)))

    def end_collection(self, _: yaml.CollectionEndEvent) -> None:
        """Closes the list or mapping that was opened last."""
        closed = self.open.pop()
        node = closed.close()
        if (anchor := closed.anchor) is not None:
            anchor.node, anchor.nodes = node, self.nodes - anchor.before
        self.open[-1].take(node, self.report)

    def read_scalar(self, event: yaml.ScalarEvent) -> None:
        """Takes a scalar; one that is refused counts as its text from here on."""
        at, text = self._arrive(event), event.value
        value: object = text
        try:
            value = read_scalar(text, event.style, event.tag)
        except RefusedError as refusal:
            self.report(str(refusal), at)
        merges = text == "<<" and not event.style and event.tag is None
        node = Node(value, at, text, merges)
        if event.anchor is not None:
            self.anchors[event.anchor] = Anchor(at, self.nodes - 1, 1, node)
        self.open[-1].take(node, self.report)

    def read_alias(self, event: yaml.AliasEvent) -> None:
        """Takes what the anchor names; an alias that names nothing whole counts as an empty mapping from here on."""
        name = event.anchor
        anchor = self.anchors.get(str(name))
        at = self._arrive(event, anchor.nodes if anchor and anchor.node else 1)
        node = Node({}, at, name)
        if anchor is None:
            self.report(f"no anchor &{name} stands before the alias *{name}: define it above, or quote the text", at)
        elif anchor.node is None:
            line = anchor.at[0]
            self.report(
                f"the alias *{name} stands inside its own anchor of line {line}, so it never ends: remove it", at
            )
        else:
            self._judge_depth(anchor.node.height, at)
            node = anchor.node._replace(at=at, merges=False)
        self.open[-1].take(node, self.report)


_KINDS: Mapping[type[yaml.Event], tuple[type[Open], str]] = {
    yaml.SequenceStartEvent: (Open, "!!seq"),
    yaml.MappingStartEvent: (OpenMapping, "!!map"),
}
_STEPS: Mapping[type[yaml.Event], Callable[[_Reading, Any], None]] = {
    yaml.DocumentStartEvent: _Reading.start_document,
    yaml.SequenceStartEvent: _Reading.start_collection,
    yaml.SequenceEndEvent: _Reading.end_collection,
    yaml.MappingStartEvent: _Reading.start_collection,
    yaml.MappingEndEvent: _Reading.end_collection,
    yaml.ScalarEvent: _Reading.read_scalar,
    yaml.AliasEvent: _Reading.read_alias,
}
"""What is done about each event; those that are not here say nothing that the others do not."""


def _place_of(text: str, index: int) -> At:
    ends = [0, *(match.end() for match in _LINE_END.finditer(text, 0, index))]
    return len(ends), index - ends[-1] + 1
