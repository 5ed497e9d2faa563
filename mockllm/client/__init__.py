"""The other side of the control API: clients of a server that runs elsewhere, in another process or a container.

Here: the same control from sync and from async code (`blocking.py`, `awaiting.py`), a running server with the methods
of `MockLLM` (`remote.py`, `aremote.py`), and what such an object and `MockLLM` have in common (`interface.py`). Not
here: the calls themselves, which both sides share (`mockllm/control/`).
"""
