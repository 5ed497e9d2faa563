"""Assistants, version 2: assistants, threads, messages and runs (OpenAI's description, the SDK's `resources/beta`).

Each file beside this one has the endpoints of one of them. The answer of a run is the scenario's turn, for which it
asks as a chat completion would. Not here: the files and vector stores that tools may refer to.
"""

from mockllm.dialects.assistants import definitions, runs, threads

__all__ = ["definitions", "runs", "threads"]
