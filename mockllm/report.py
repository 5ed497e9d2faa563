"""Exchanges as text for people: a table of many, the timeline of one.

Here: pure functions from exchanges to plain text, for failing tests and assertion messages. Not here: keeping
exchanges and asserting on them (`journal.py`), and what a strict test must not pass over (`strict.py`).
"""

from collections.abc import Iterable, Iterator, Sequence

from mockllm.exchange import Ending, Exchange
from mockllm.plan import Plan, Raw, Send, Wait, render, seconds

MOST_ROWS = 100
"""How many exchanges a table shows; of more it shows the last ones and says how many came before."""

MOST_STEPS_SHOWN = 100
"""How many steps a timeline shows at the start of a plan, and as many at its end."""

MOST_TIMELINES = 3
"""How many timelines an overview shows."""

_HEADINGS = ("#", "request", "rule", "try", "status", "frames", "bytes", "took", "outcome", "trouble")


def table(exchanges: Iterable[Exchange]) -> str:
    """The exchanges as a table, one row each; what went wrong is told below its row.

    `frames` and `bytes` are what was delivered of what was planned. `took` runs from the request to the last thing
    done. There is no line break at the end.
    """
    every = tuple(exchanges)
    if not every:
        return "no request arrived"
    shown = every[-MOST_ROWS:]
    rows = [_HEADINGS, *map(_row, shown)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line(_HEADINGS, widths)]
    if len(shown) < len(every):
        lines.append(f"... {len(every) - len(shown)} earlier exchanges")
    for row, exchange in zip(rows[1:], shown, strict=True):
        lines.append(_line(row, widths))
        lines += _remarks(exchange, indent=widths[0] + 2)
    return "\n".join(lines)


def timeline(exchange: Exchange) -> str:
    """What was planned against what happened, one line a step: seconds planned, seconds actual, the step.

    A step that was not finished has `-` for its time. Waits that nothing scripted asked for by name are left out, and
    so is the middle of a very long plan. The last line is the outcome.
    """
    lines = list(_steps(exchange))
    if (hidden := len(lines) - 2 * MOST_STEPS_SHOWN) > 0:
        lines[MOST_STEPS_SHOWN:-MOST_STEPS_SHOWN] = [f"{'...':>9}{'...':>9}  {hidden} more steps"]
    return "\n".join([title(exchange), "  planned   actual", *lines, f"outcome: {_ended(exchange)}"])


def overview(exchanges: Iterable[Exchange]) -> str:
    """What a failing test should show: the table, and the timelines of the last few exchanges that were not
    completed.
    """
    every = tuple(exchanges)
    broken = [exchange for exchange in every if exchange.outcome.ending is not Ending.COMPLETE]
    return "\n\n".join([table(every), *map(timeline, broken[-MOST_TIMELINES:])])


def _steps(exchange: Exchange) -> Iterator[str]:
    done = {delivery.step: delivery.done_us for delivery in exchange.deliveries}
    due = 0
    for index, step in enumerate(exchange.plan):
        # `render` puts one time before a step's words; here there are two.
        if text := render((step,)):
            actual = f"{done[index] / 1_000_000:9.3f}" if index in done else f"{'-':>9}"
            yield f"{due / 1_000_000:9.3f}{actual}  {text.split(maxsplit=1)[1]}"
        if isinstance(step, Wait):
            due += step.us


def _ended(exchange: Exchange) -> str:
    """How it ended, and for what no script decides also when."""
    left = exchange.outcome.ending is Ending.LEFT and exchange.outcome.at_us
    when = f", {exchange.outcome.at_us / 1_000_000:.3f} s after the request" if left else ""
    return f"{exchange.outcome}{when}"


def title(exchange: Exchange) -> str:
    """One exchange in a few words: its number, method and path, and what answered."""
    call = exchange.call
    answered = f", {exchange.rule}, try {exchange.attempt}" if exchange.rule is not None else ""
    return f"#{exchange.number} {call.method} {call.path}{answered}, status {exchange.status}"


def frames(plan: Plan) -> tuple[tuple[int, ...], ...]:
    """The steps of each frame of the plan, by index: several where a frame goes out in pieces."""
    found: list[list[int]] = []
    previous: Send | None = None
    for index, step in enumerate(plan):
        if not isinstance(step, Send):
            continue
        goes_on = (
            previous is not None
            and step.frame is previous.frame
            and step.offset == previous.offset + len(previous.data)
        )
        if goes_on:
            found[-1].append(index)
        else:
            found.append([index])
        previous = step
    return tuple(map(tuple, found))


def _row(exchange: Exchange) -> tuple[str, ...]:
    planned = frames(exchange.plan)
    done = {delivery.step for delivery in exchange.deliveries}
    delivered = sum(all(step in done for step in steps) for steps in planned)
    size = sum(len(step.data) for step in exchange.plan if isinstance(step, (Send, Raw)))
    is_open = exchange.outcome.ending is Ending.OPEN
    return (
        str(exchange.number),
        f"{exchange.call.method} {exchange.call.path}",
        exchange.rule or "-",
        str(exchange.attempt),
        str(exchange.status),
        f"{delivered}/{len(planned)}",
        f"{exchange.bytes_sent}/{size}",
        "-" if is_open else seconds(max((delivery.done_us for delivery in exchange.deliveries), default=0)),
        str(exchange.outcome),
        ", ".join(_troubles(exchange)),
    )


def _troubles(exchange: Exchange) -> Iterator[str]:
    if exchange.trouble is not None:
        yield str(exchange.trouble)
    yield from exchange.struck
    yield from (f"unfired {kind}" for kind in exchange.unfired)


def _remarks(exchange: Exchange, *, indent: int) -> Iterator[str]:
    if exchange.gate is not None:
        yield f"{' ' * indent}waits at the gate '{exchange.gate}' since {seconds(exchange.gates[-1].reached_us)}"
    if exchange.trouble is not None:
        yield from (" " * indent + line for line in exchange.why.splitlines())


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
