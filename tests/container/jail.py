"""Becomes the container: run by `unshare` in namespaces of its own, with what is wanted as JSON in its first argument.

The new root holds the system's libraries, Python, the image's files and the volumes, all read-only, and nothing else of
this machine; then the command is executed with the environment, user and group that are wanted, as process 1.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc")
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def show(root: Path, source: str, target: str) -> None:
    """Let a folder or file be seen in the new root, read-only; a link stays a link."""
    place = root / target.lstrip("/")
    if Path(source).is_symlink():
        place.symlink_to(Path(source).readlink())
        return
    if Path(source).is_dir():
        place.mkdir(parents=True, exist_ok=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    mount("--rbind", source, str(place))
    if source not in DEVICES:
        mount("-o", "remount,bind,ro", str(place))


def main() -> None:
    wanted = json.loads(sys.argv[1])
    Path(wanted["pid_file"]).write_text(str(Path("/proc/self").readlink()))
    root = Path(wanted["new_root"])
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(root))
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)
    for name in (*SYSTEM, *DEVICES):
        if os.path.lexists(name):
            show(root, name, name)
    for source, target in wanted["shown"]:
        show(root, source, target)
    (root / "proc").mkdir()
    mount("-t", "proc", "proc", str(root / "proc"))
    mount("-o", "remount,ro", str(root))
    os.chroot(root)
    os.chdir("/")
    os.setgroups([])
    os.setgid(wanted["gid"])
    os.setuid(wanted["uid"])
    command, env = wanted["command"], wanted["env"]
    found = shutil.which(command[0], path=env["PATH"])
    assert found is not None, f"{command[0]} is not in {env['PATH']}"
    os.execve(found, command, env)


main()
