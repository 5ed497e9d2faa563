"""Waiting until scenario files may have changed.

Here: which folders are watched, and the threads that do. Not here: what did change (`shelf.py`), which the system's
hints cannot say: editors replace files, and mounted folders are links that are turned. The library is imported where
there is something to watch, which is not so for the gallery or a scenario of the command line.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_STEP_MS = 50
_DEBOUNCE_MS = 400


@contextmanager
def watching(paths: Sequence[Path], tell: Callable[[], None]) -> Iterator[None]:
    """Inside, `tell` is called each time something has happened at these paths, a moment after it is over.

    It is called in other threads, never in two at once.
    """
    folders = sorted({path.resolve() for path in paths if path.is_dir()})
    # A file is watched by way of its folder, because a file that is replaced is another file.
    beside = sorted({path.resolve().parent for path in paths if not path.is_dir()})
    stop, turn = threading.Event(), threading.Lock()

    def run(watched: list[Path], *, recursive: bool) -> None:
        from watchfiles import watch  # noqa: PLC0415 - see the module's docstring

        filter_ = None  # the names that change need not be those of the files: see above
        for _ in watch(
            *watched, recursive=recursive, watch_filter=filter_, stop_event=stop, step=_STEP_MS, debounce=_DEBOUNCE_MS
        ):
            with turn:
                tell()

    threads = [
        threading.Thread(target=run, args=(watched,), kwargs={"recursive": recursive}, daemon=True)
        for watched, recursive in ((folders, True), (beside, False))
        if watched
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
