"""What the system knows about a process: its processor time and memory, and its limit on open sockets.

Here: reading `/proc`, which only Linux has; elsewhere the answers are None. Not here: what is made of them
(`load.py`, `paced.py`).
"""

import os
import resource
from pathlib import Path

_PROC = Path("/proc")
_WANTED_SOCKETS = 65_536


def cpu_s(pid: int) -> float | None:
    """The seconds of processor time that the process has used, in steps of about 10 ms."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    user, system = fields[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int) -> int | None:
    """The memory that the process holds."""
    try:
        pages = (_PROC / str(pid) / "statm").read_text().split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def allow_many_sockets() -> None:
    """Raise this process's limit on open files as far as it may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED_SOCKETS if hard == resource.RLIM_INFINITY else min(hard, _WANTED_SOCKETS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
