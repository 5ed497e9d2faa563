"""Profiles: the deviations of vendors from the API that they imitate, as data.

Here: the names that answers without a profile need too, and nothing else. Look next at `document.py` (the words of a
profile file), `shelf.py` (the profiles that there are), `shape.py`, `steps.py` and `events.py` (what they can do to an
answer) and `value.py` (values that follow from it). Not here: applying a profile (`mockllm/profiled.py`).
"""

from mockllm.scenario.profile.shelf import DEFAULT, ProfileName, load_profile, profile_names, profile_of
from mockllm.scenario.profile.value import NOTHING, Context, evaluate

__all__ = [
    "DEFAULT",
    "NOTHING",
    "Context",
    "ProfileName",
    "evaluate",
    "load_profile",
    "profile_names",
    "profile_of",
]
