"""The catalogue of what providers got wrong, and how much of it the gallery tells.

`python -m tests.quirk_catalogue` prints, section by section, how many entries of each weight have a file, and which
have none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import yaml

from tests.gallery import QUIRKS, TESTS

PATH = TESTS / "quirks" / "catalogue.yaml"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`sections` has the weight of each entry. `told_by` names the file of an entry where it is another name. Of the
    other two each entry has a reason for having no file: no server can imitate it, or it waits for something.
    """

    sections: Mapping[str, Mapping[str, int]]
    told_by: Mapping[str, str] = field(default_factory=dict)
    not_on_the_wire: Mapping[str, str] = field(default_factory=dict)
    not_yet: Mapping[str, str] = field(default_factory=dict)

    @property
    def weights(self) -> dict[str, int]:
        """The weight of each entry."""
        return {name: weight for entries in self.sections.values() for name, weight in entries.items()}

    @property
    def excused(self) -> dict[str, str]:
        """Why an entry has no file."""
        return {**self.not_on_the_wire, **self.not_yet}

    def file_of(self, name: str) -> str:
        """The name of the file that tells an entry."""
        return self.told_by.get(name, name)

    def untold(self, files: Iterable[str], least_weight: int = 1) -> list[str]:
        """The entries of at least this weight that have neither a file nor a reason for it."""
        known = set(files)
        return [
            name
            for name, weight in self.weights.items()
            if weight >= least_weight and self.file_of(name) not in known and name not in self.excused
        ]


def catalogue() -> Catalogue:
    """What is in the file."""
    return Catalogue(**yaml.safe_load(PATH.read_text()))


def report(of: Catalogue, files: Iterable[str]) -> str:
    """How much of each section is told, and what is not."""
    known = set(files)
    lines = []
    for section, entries in of.sections.items():
        told = {name: of.file_of(name) in known for name in entries}
        counts = (
            f"weight {weight}: {sum(told[name] for name in names)}/{len(names)}"
            for weight in (3, 2, 1)
            if (names := [name for name, own in entries.items() if own == weight])
        )
        lines.append(f"{section}: {', '.join(counts)}")
        for name in (name for name in entries if not told[name]):
            reason = f": {of.excused[name]}" if name in of.excused else ""
            lines.append(f"  {entries[name]} {name}{reason}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(report(catalogue(), QUIRKS))
