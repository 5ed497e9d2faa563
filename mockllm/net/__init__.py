"""The only folder that waits or touches a socket.

Here: the clock that waits (`clock.py`), one client's connection (`connection.py`), the loop that plays a plan on it
(`player.py`), the shorter ways of streams that only have pauses (`paced.py`) and of answers that go out whole
(`whole.py`), the HTTP server that asks the engine for plans (`server.py`) and a thread for it to live in (`thread.py`).
Not here: any decision about what is answered; that is the engine's, which is pure.
"""
