"""One state for several workers, in Redis.

Here: nothing. Look next at `scripts.py` (what is done there in one go), `link.py` (the way there, and what happens
while there is none), `rooms.py` (a namespace as one value, and its copy here), `engine.py` (deciding on the common
state), `ledger.py` (the common journal), `gates.py` (gates that any worker may open), `bus.py` (what workers tell each
other), `roster.py` (who is there) and `way.py` (the control API).

A namespace is decided on by one worker at a time: it reads the namespace's value with its version, decides with the
engine, which never waits, and writes the new value if the version is still the same, or else does it again. So the
engine knows nothing of all this.
"""
