"""The errors of mockllm, as values.

Here: what can go wrong in a scenario file (`ScenarioError`, a list of `Problem`) and what an endpoint refuses
(`ApiError`). Not here: how an `ApiError` becomes a body (`dialects/`), and the table of well-known codes
(`catalogue.py`). Every message answers three questions: what was asked, what was found, what to do.
"""

from dataclasses import dataclass


class MockLLMError(Exception):
    """Base class of every error that this package raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a scenario file.

    `path` is the place inside the document (`rules[0].replies[1].text`, empty for the document itself); `line` and
    `column` count from 1 and are None where there is no text, as for a scenario built in Python.
    """

    message: str
    path: str = ""
    source: str = "<scenario>"
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        where = self.source if self.line is None else f"{self.source}:{self.line}:{self.column}"
        return f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"


class ScenarioError(MockLLMError):
    """A scenario that cannot be used; carries every problem found, in the order of the file."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class ApiError(MockLLMError):
    """A refusal by the endpoint, before it is a body.

    The four keys of the error object (wire-contract §4.1) plus the HTTP status and extra response headers. `edge`
    marks errors that the real service answers at its edge, which look different from those of its API layer
    (wire-contract §3.2).
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type_: str = "invalid_request_error",
        code: str | int | None = None,
        param: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        edge: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.type = type_
        self.code = code
        self.param = param
        self.headers = headers
        self.edge = edge


class UnknownPathError(ApiError):
    """The refusal of a path under the base that there is not (wire-contract §4.2); `place` is such as POST /v1/x."""

    def __init__(self, method: str, path: str) -> None:
        self.place = f"{method} /v1{path}"
        super().__init__(404, f"Invalid URL ({self.place})", edge=True)
