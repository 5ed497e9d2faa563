"""`python -m tests.survey`: play the gallery of quirks to every client, and write the pages.

Without arguments everything is played. Names of quirks play only these, `--changed` those that were not played as they
are now, `--client ID` one client, `--sample` the sample that the tests check. `--pages` plays nothing.
"""

import argparse
import queue
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence

from tests.gallery import QUIRKS
from tests.survey import pages, record
from tests.survey.clients import CLIENTS, REFERENCE, Client
from tests.survey.install import installed
from tests.survey.play import SCALE, Stage, digest, is_new, reference
from tests.survey.sample import SAMPLE
from tests.survey.worker import Worker
from tests.unavailable import UnavailableError

WORKERS = 2
"""How many processes each client has."""


def main(arguments: Sequence[str]) -> int:
    """The command; returns its exit code."""
    options = _options(arguments)
    found = record.read()
    if not options.pages:
        names = options.names or (SAMPLE if options.sample else QUIRKS)
        if options.changed:
            names = [name for name in names if is_new(name, found.quirks)]
        clients = [client for client in CLIENTS if options.client in {None, client.id}]
        begun = time.monotonic()
        _play(found, names, [client for client in clients if client.is_light] if options.sample else clients)
        print(f"played {len(names)} quirks in {time.monotonic() - begun:.0f} s")
    for name in set(found.quirks) - set(QUIRKS):
        del found.quirks[name]
    record.write(found)
    for path, text in pages.texts(found).items():
        path.write_text(text)
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.survey", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="QUIRK")
    parser.add_argument("--changed", action="store_true")
    parser.add_argument("--client", choices=[client.id for client in CLIENTS])
    parser.add_argument("--sample", action="store_true")
    parser.add_argument("--pages", action="store_true")
    return parser.parse_args(arguments)


def _play(found: record.Record, names: Sequence[str], clients: Iterable[Client]) -> None:
    """Play these quirks to these clients, all clients at once."""
    commands = {}
    for client in clients:
        try:
            commands[client.id], found.versions[client.id] = installed(client)
            found.absent.pop(client.id, None)
        except UnavailableError as error:
            found.absent[client.id] = str(error)
            print(f"{client.title}: {error}", file=sys.stderr)
    for name in names:
        found.put(name, digest(name), REFERENCE, reference(name)[0])
    with Stage() as stage:
        _play_all(found, stage, commands, dict.fromkeys(commands, names), WORKERS)
        # A client that has much to do on a busy machine looks as if it hung, so those that did have a second chance.
        hung = {id_: [name for name in names if _is_hung(found, name, id_)] for id_ in commands}
        _play_all(found, stage, commands, hung, 1)


def _is_hung(found: record.Record, name: str, client: str) -> bool:
    cell = found.cell(name, client)
    return cell is not None and cell.word == "hang"


def _play_all(
    found: record.Record,
    stage: Stage,
    commands: Mapping[str, tuple[str, ...]],
    names: Mapping[str, Sequence[str]],
    workers: int,
) -> None:
    """Play to each client its quirks, all clients at once, each in so many processes."""
    threads = [
        threading.Thread(target=_work, args=(found, stage, id_, command, left), name=id_)
        for id_, command in commands.items()
        for left in [_queue(names[id_])]
        for _ in range(min(workers, len(names[id_])))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _queue(names: Sequence[str]) -> queue.SimpleQueue[str]:
    """The names; what takes longest is begun first."""
    left: queue.SimpleQueue[str] = queue.SimpleQueue()
    for name in sorted(names, key=lambda name: -reference(name)[1]):
        left.put(name)
    return left


def _work(
    found: record.Record, stage: Stage, client: str, command: tuple[str, ...], left: queue.SimpleQueue[str]
) -> None:
    worker = Worker(command, SCALE)
    try:
        while True:
            name = left.get_nowait()
            found.put(name, digest(name), client, stage.cell(name, client, worker))
    except queue.Empty:
        print(f"{client}: done", flush=True)
    finally:
        worker.close()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
