"""Profiles: the deviations of vendors from the API that they imitate, as data.

Here: the public names, and nothing else. Look next at `document.py` (the words of a profile file), `shelf.py` (the
profiles that there are), `shape.py`, `steps.py` and `events.py` (what they can do to an answer) and `value.py` (values
that follow from it). Not here: applying a profile (`mockllm/profiled.py`).
"""

from mockllm.scenario.profile.document import Base, Errors, Profile, Retold, Shapes, Unknown
from mockllm.scenario.profile.events import Arguments, Thinking, Unnamed
from mockllm.scenario.profile.shape import Shape
from mockllm.scenario.profile.shelf import DEFAULT, ProfileName, load_profile, profile_names, profile_of
from mockllm.scenario.profile.steps import Fold, InStream, WholeCalls
from mockllm.scenario.profile.value import NOTHING, Context, evaluate

__all__ = [
    "DEFAULT",
    "NOTHING",
    "Arguments",
    "Base",
    "Context",
    "Errors",
    "Fold",
    "InStream",
    "Profile",
    "ProfileName",
    "Retold",
    "Shape",
    "Shapes",
    "Thinking",
    "Unknown",
    "Unnamed",
    "WholeCalls",
    "evaluate",
    "load_profile",
    "profile_names",
    "profile_of",
]
