"""`python -m tests.frameworks`: play the exercises to the frameworks, and compare with the table of clients.

Without arguments all clients are installed and played, and what `scenarios/CLIENTS.md` says otherwise is an error, as
is a deviation that `known.py` does not explain. `--write` writes the page. `--client ID` plays one client; with
`--exercise` (and `--variant`) only that is played, and shown: what the user got, what was sent, what was complained of.
What is installed stays until its requirements change; without the folder `.venv` the newest versions are taken.
"""

import argparse
import queue
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.frameworks.clients import CLIENTS, EXERCISES, Client, Variant
from tests.frameworks.expected import Verdict, judge
from tests.frameworks.install import installed
from tests.frameworks.known import ABSENT, KNOWN
from tests.frameworks.play import Played, Stage
from tests.frameworks.table import PATH, Lines, absence, differences, lines_of, page, read
from tests.frameworks.verdicts import Verdicts, explained, stale, unexplained
from tests.survey.play import plain
from tests.unavailable import UnavailableError, in_ci

AT_ONCE = 2
"""How many drivers run at a time."""


@dataclass(slots=True)
class Run:
    """What was found: the lines of the page by client, clients that are absent, and what is wrong."""

    lines: dict[str, Lines] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def main(arguments: Sequence[str]) -> int:
    """The command; returns its exit code."""
    options = _options(arguments)
    clients = [client for client in CLIENTS if options.client in {None, client.id}]
    if options.exercise:
        try:
            return _show(clients, options.variant, options.exercise)
        except UnavailableError as error:
            print(f"not installed: {error}")
            return 1
    begun = time.monotonic()
    run = _played(clients)
    committed = read(PATH.read_text()) if PATH.is_file() else {}
    if options.write:
        absent = {client.id: absence(client, run.absent[client.id]) for client in clients if client.id in run.absent}
        PATH.write_text(page({**committed, **absent, **run.lines}))
    else:
        run.problems += differences(committed, run.lines)
    for client, reason in run.absent.items():
        print(f"not installed: {client}: {reason}")
    for line in run.problems:
        print(line)
    print(f"{len(run.lines)} clients in {time.monotonic() - begun:.0f} s, {len(run.problems)} problems", flush=True)
    return 1 if run.problems else 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.frameworks", description=__doc__)
    parser.add_argument("--client", choices=[client.id for client in CLIENTS])
    parser.add_argument("--variant")
    parser.add_argument("--exercise", choices=EXERCISES)
    parser.add_argument("--write", action="store_true")
    return parser.parse_args(arguments)


def _show(clients: Sequence[Client], variant_id: str | None, exercise: str) -> int:
    """Play one exercise and print everything."""
    is_ok = True
    with Stage() as stage:
        for client in clients:
            command, _ = installed(client)
            for variant in client.variants:
                if variant_id not in {None, variant.id}:
                    continue
                played = stage.play(client, [variant.id], command, [exercise])[variant.id][exercise]
                verdict = judge(exercise, variant.api, played.seen, played.sent)
                is_ok = is_ok and verdict.word == "ok"
                print(f"== {client.id} {variant.id} {exercise}: {verdict.word} {verdict.why}")
                print(f"the user got: {dict(played.seen)}")
                for number, sent in enumerate(played.sent, 1):
                    print(f"call {number}: {sent}")
                print(played.complaint, file=sys.stderr, flush=True)
    return 0 if is_ok else 1


def _played(clients: Sequence[Client]) -> Run:
    """Install one client after the other, and play those that are there meanwhile."""
    run = Run()
    ready: queue.SimpleQueue[tuple[Client, tuple[str, ...], dict[str, str]] | None] = queue.SimpleQueue()
    with Stage() as stage, ThreadPoolExecutor(AT_ONCE) as pool, ThreadPoolExecutor(1) as installer:
        installation = installer.submit(_install, clients, ready, run)
        waiting = []
        while (entry := ready.get()) is not None:
            client, command, versions = entry
            futures = [pool.submit(_judged, stage, client, batch, command) for batch in client.batches]
            waiting.append((client, versions, futures))
        installation.result()
        for client, versions, futures in waiting:
            verdicts = {id_: row for future in futures for id_, row in future.result().items()}
            cells = explained(client, verdicts, KNOWN)
            run.lines[client.id] = lines_of(client, cells, versions)
            run.problems += [*unexplained(client, cells), *stale(client, verdicts, KNOWN)]
    return run


def _install(clients: Sequence[Client], ready: queue.SimpleQueue, run: Run) -> None:
    try:
        for client in clients:
            begun = time.monotonic()
            try:
                command, versions = installed(client)
            except UnavailableError as error:
                run.absent[client.id] = str(error)
                if problem := _absence(client):
                    run.problems.append(problem)
            else:
                print(f"{client.title}: installed in {time.monotonic() - begun:.0f} s", flush=True)
                ready.put((client, command, dict(versions)))
    finally:
        ready.put(None)


def _absence(client: Client) -> str | None:
    """Why it matters that a client is absent: where all must be there, and it is not known that this one cannot."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    is_known = any(entry.client == client.id and python in entry.pythons for entry in ABSENT)
    return None if is_known or not in_ci() else f"{client.id}: it cannot be installed on this machine"


def _judged(stage: Stage, client: Client, batch: Sequence[Variant], command: Sequence[str]) -> Verdicts:
    """The verdicts on some variants of a client, which one process plays."""
    begun = time.monotonic()
    played = stage.play(client, [variant.id for variant in batch], command)
    verdicts = {
        variant.id: {name: _verdict(name, variant, entry) for name, entry in played[variant.id].items()}
        for variant in batch
    }
    lines = [f"{client.title}: {', '.join(verdicts)} ({time.monotonic() - begun:.0f} s)"]
    for variant, row in verdicts.items():
        lines += [f"  {variant} {name}: {found.word}" for name, found in row.items() if found.word != "ok"]
    print("\n".join(lines), flush=True)
    return verdicts


def _verdict(name: str, variant: Variant, played: Played) -> Verdict:
    verdict = judge(name, variant.api, played.seen, played.sent)
    return Verdict(verdict.word, plain(verdict.why))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
