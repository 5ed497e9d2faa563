"""Faults of what single frames carry: their JSON is wrong, missing or not JSON.

Here: the names of these faults, and nothing else: one file for each thing that may be wrong. Look next at `choice.py`,
which says how frames are chosen.
"""

from mockllm.scenario.faults.payload.choice import ADDED, FrameChoice, written
from mockllm.scenario.faults.payload.corrupt import Corrupt
from mockllm.scenario.faults.payload.error import ErrorEvent, ErrorIn200
from mockllm.scenario.faults.payload.frames import Drop, Duplicate, Reorder
from mockllm.scenario.faults.payload.insert import Insert
from mockllm.scenario.faults.payload.patch import Patch
from mockllm.scenario.faults.payload.replace import Replace

__all__ = [
    "ADDED",
    "Corrupt",
    "Drop",
    "Duplicate",
    "ErrorEvent",
    "ErrorIn200",
    "FrameChoice",
    "Insert",
    "Patch",
    "Reorder",
    "Replace",
    "written",
]
