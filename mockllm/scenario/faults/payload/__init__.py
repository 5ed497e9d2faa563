"""Faults of what single frames carry: their JSON is wrong, missing or not JSON.

Here: one file for each thing that may be wrong. Look next at `choice.py`, which says how frames are chosen.
"""
