"""Profiles: the deviations of vendors from the API that they imitate, as data.

Here: the public names, and nothing else. Look next at `document.py` (the words of a profile file), `shelf.py` (the
profiles that there are), `shape.py` and `steps.py` (what they can do to an answer) and `value.py` (values that follow
from it). Not here: applying a profile (`mockllm/profiled.py`).
"""

from mockllm.scenario.profile.document import Base, Errors, Profile, Retold, Shapes
from mockllm.scenario.profile.shape import Shape
from mockllm.scenario.profile.shelf import DEFAULT, ProfileName, load_profile, profile_names, profile_of
from mockllm.scenario.profile.steps import Fold, InStream, WholeCalls
from mockllm.scenario.profile.value import NOTHING, Context, evaluate

__all__ = [
    "DEFAULT",
    "NOTHING",
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
    "WholeCalls",
    "evaluate",
    "load_profile",
    "profile_names",
    "profile_of",
]
