"""A scenario as YAML that people can read, and that reads back as exactly the same.

Here: how texts are written: plain where nothing could take them for anything else, as a block where they have lines,
quoted otherwise. Not here: what is written (`book.py`) and reading (`scenario/reader.py`).
"""

import re
from collections.abc import Mapping
from typing import Any

import yaml

_WIDTH = 1_000_000
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*")
_OTHERS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_EVENT = frozenset({"after", "event", "data"})
_BLOCK = re.compile(r"[^\s#][^\t\r]*\n[^\t\r]*")


class _Dumper(yaml.SafeDumper):
    """PyYAML's writer with the styles of this module, and without aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        """Always: an alias is hard to read."""
        del data
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Lists are indented below their key."""
        del indentless
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = '"'
    if _PLAIN.fullmatch(value) and value.lower() not in _OTHERS:
        style = ""
    elif _BLOCK.fullmatch(value) and not any(line.endswith(" ") for line in value.split("\n")):
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style or None)


def _mapping(dumper: yaml.SafeDumper, value: dict[str, Any]) -> yaml.MappingNode:
    """An event of a stream stands on one line, so that a stream reads as a list of its events."""
    return dumper.represent_mapping(
        "tag:yaml.org,2002:map", value, flow_style=_EVENT.issuperset(value) and "data" in value
    )


_Dumper.add_representer(str, _text)
_Dumper.add_representer(dict, _mapping)


def yaml_text(document: Mapping[str, Any]) -> str:
    """The document as YAML."""
    return yaml.dump(dict(document), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
