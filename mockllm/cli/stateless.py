"""Scenarios for workers that have no common state.

Here: the refusal of a scenario that needs one, at the place in its file that says so, and a shelf that takes no such
scenario. Not here: what needs state (`scenario/needs.py`).
"""

from pathlib import Path

from mockllm.cli.shelf import Shelf
from mockllm.errors import Problem, ScenarioError
from mockllm.scenario.document import Scenario
from mockllm.scenario.needs import needs_of
from mockllm.scenario.reader import Document, path_text, read_file


def check_stateless(scenario: Scenario, document: Document, source: str) -> None:
    """Raises ScenarioError with each place of the document for which state is needed."""
    problems = []
    for need in needs_of(scenario):
        mark = document.key_mark(need.path)
        place = (mark.line, mark.column) if mark is not None else (None, None)
        why = f"{need.why}, and workers without a common state cannot: give --state redis://HOST:PORT, or one worker"
        problems.append(Problem(why, path_text(need.path), source, *place))
    if problems:
        raise ScenarioError(tuple(problems))


class StatelessShelf(Shelf):
    """A shelf for workers without a common state: a file that needs one is as good as wrong."""

    def _read(self, path: Path) -> Scenario:
        scenario = super()._read(path)
        check_stateless(scenario, read_file(path), str(path))
        return scenario
