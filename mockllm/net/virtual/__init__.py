"""Virtual time: what waits in a test is skipped, with exact timestamps, while the clients under test stay as they are.

Here: one clock for all that takes part (`timeline.py`), event loops that move it on instead of waiting (`loops.py`),
jobs in threads that hold it (`jobs.py`), connections without a network (`wire.py`, `network.py`), code that blocks
(`blocking.py`, `pump.py`), clocks of the process that follow (`walls.py`), the mock's servers (`serving.py`), and all
of it put on and taken off (`session.py`). Not here: what the server answers; it is the same as in real time.
"""
