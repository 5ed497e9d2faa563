"""Every profile has a test of a recorded shape, a source, and a test with the official client."""

import inspect

import pytest

from mockllm.scenario.profile import profile_names, profile_of
from tests.profiles import test_recorded as recorded
from tests.profiles import test_served as served


def recorded_shapes(name):
    """The tests of the shapes of a profile, by the names of their functions."""
    prefix = f"test_{name.replace('-', '_').replace('.', '_')}"
    found = [
        function for title, function in vars(recorded).items() if title == prefix or title.startswith(f"{prefix}_")
    ]
    return [
        function
        for function in found
        if "assert" in inspect.getsource(function) or "like(" in inspect.getsource(function)
    ]


def played_to_the_client():
    """The tests that play every profile to the client."""
    mark = served.pytestmark
    assert (mark.name, mark.args[0]) == ("parametrize", "name")
    return set(mark.args[1])


@pytest.mark.parametrize("name", profile_names())
def test_a_profile_has_a_recorded_shape_a_source_and_a_client_that_works(name):
    profile = profile_of(name)
    assert recorded_shapes(name), "no test of its shape in test_recorded.py"
    assert profile.source, "its file names no source"
    assert name in played_to_the_client(), "the official client is not tested with it in test_served.py"


def test_a_profile_that_nobody_tests_would_be_noticed():
    assert recorded_shapes("nobody") == []
    assert "nobody" not in played_to_the_client()
