"""The author's language: what a scenario file may say, and what each word means.

Here: one frozen class for each thing that YAML can say; its fields are its keys and its methods its behaviour. Look
next at `document.py` (the top), `reply.py`, `match.py`, `pace.py`, `faults/`, `load.py`. Not here: HTTP and sockets.
"""
