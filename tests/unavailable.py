"""What a machine does not have: tests skip with the reason, and fail instead in CI.

Here: the error, the question whether this is CI, and `had`. Not here: installing anything (`environments.py`,
`distribution.py`, `clients/node_runner.py`).
"""

import os
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import pytest

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")

_NO = frozenset({"", "0", "false"})


class UnavailableError(Exception):
    """Something cannot be had on this machine; the message is the reason."""


def in_ci() -> bool:
    """Whether this is a machine of CI, which must have everything."""
    return os.environ.get("CI", "").lower() not in _NO


def had(
    install: Callable[_Parameters, _Result], *arguments: _Parameters.args, **options: _Parameters.kwargs
) -> _Result:
    """What installing gives. Where that cannot be done the test is skipped with the reason, or fails in CI."""
    try:
        return install(*arguments, **options)
    except UnavailableError as error:
        if in_ci():
            pytest.fail(f"{error}; in CI these tests may not be skipped")
        pytest.skip(str(error))
