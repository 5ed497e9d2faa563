"""The path of a batch: `validating -> in_progress -> finalizing -> completed`, or `failed`, `expired`, `cancelled`.

A batch goes on by one state each time it is retrieved, so that its path is the same however fast a client polls. At
the first poll its lines are checked and the first half of them is asked, at the second poll the others are, and at the
third its files are there. One that is cancelled has the answers that it got so far. Not here: the endpoints
(`__init__.py`) and the reading of lines (`lines.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mockllm.dialects.base import Ran, Surroundings
from mockllm.dialects.batches.lines import Line, read_lines
from mockllm.dialects.filed import add_file
from mockllm.dialects.kept import changed
from mockllm.dialects.rules import refusal
from mockllm.dialects.sse import compact
from mockllm.request import JSON
from mockllm.store import Stored

KIND = "batch"
RESULT = "batch.result"
"""The kind of what came of the lines of a batch."""

_CREATED = 201


def polled(batch: Stored, surroundings: Surroundings) -> Mapping[str, JSON]:
    """The batch after one more step on its path."""
    step = _STEPS.get(str(batch.value["status"]))
    if step is None:
        return batch.value
    expires = batch.value["expires_at"]
    if isinstance(expires, int) and surroundings.created >= expires:
        return _expire(batch, surroundings)
    return step(batch, surroundings)


def begun_cancelling(batch: Stored, surroundings: Surroundings) -> Mapping[str, JSON]:
    """The batch on its way to being cancelled. Raises ApiError 400 for one that is at its end."""
    status = str(batch.value["status"])
    if status not in _STEPS:
        raise refusal(f"Cannot cancel a batch with status '{status}'.")
    if status == "cancelling":
        return batch.value
    return changed(surroundings, batch, status="cancelling", cancelling_at=surroundings.created)


def _validate(batch: Stored, surroundings: Surroundings) -> Mapping[str, JSON]:
    lines, errors = read_lines(batch.content, str(batch.value["endpoint"]))
    if errors:
        shown: JSON = {"object": "list", "data": [error.shown() for error in errors]}
        return changed(surroundings, batch, status="failed", errors=shown, failed_at=surroundings.created)
    results = _ask(lines[: len(lines) // 2], 0, batch, surroundings)
    model = lines[0].body.get("model")
    return changed(
        surroundings,
        batch,
        status="in_progress",
        **({"model": model} if isinstance(model, str) else {}),
        in_progress_at=surroundings.created,
        request_counts=_counts(results, len(lines)),
    )


def _finalize(batch: Stored, surroundings: Surroundings) -> Mapping[str, JSON]:
    lines, _ = read_lines(batch.content, str(batch.value["endpoint"]))
    done = _results(batch, surroundings)
    results = [*done, *_ask(lines[len(done) :], len(done), batch, surroundings)]
    return changed(
        surroundings,
        batch,
        status="finalizing",
        finalizing_at=surroundings.created,
        request_counts=_counts(results, len(lines)),
    )


def _complete(batch: Stored, surroundings: Surroundings) -> Mapping[str, JSON]:
    return _ended(batch, surroundings, "completed", _results(batch, surroundings))


def _cancel(batch: Stored, surroundings: Surroundings) -> Mapping[str, JSON]:
    return _ended(batch, surroundings, "cancelled", _results(batch, surroundings))


def _expire(batch: Stored, surroundings: Surroundings) -> Mapping[str, JSON]:
    """The end of a batch that nobody looked at for too long: what was not asked is in the file of errors."""
    lines, _ = read_lines(batch.content, str(batch.value["endpoint"]))
    done = _results(batch, surroundings)
    message = "This request could not be executed before the completion window expired."
    late = [
        _result(place, line, None, {"code": "batch_expired", "message": message}, surroundings)
        for place, line in enumerate(lines[len(done) :], len(done))
    ]
    return _ended(batch, surroundings, "expired", [*done, *late])


_STEPS: Mapping[str, Callable[[Stored, Surroundings], Mapping[str, JSON]]] = {
    "validating": _validate,
    "in_progress": _finalize,
    "finalizing": _complete,
    "cancelling": _cancel,
}
"""What a poll does, by the status that it finds; the other states are final."""


def _ended(
    batch: Stored, surroundings: Surroundings, status: str, results: Sequence[Mapping[str, Any]]
) -> Mapping[str, JSON]:
    """The batch at its end, with its files; without a line for it there is no file."""
    (expiry,) = batch.details
    life = expiry["seconds"] if isinstance(expiry, Mapping) else None
    files: dict[str, JSON] = {}
    for name, good in (("output", True), ("error", False)):
        lines = [result for result in results if _is_good(result) is good]
        if lines:
            content = b"".join(compact(line).encode(errors="surrogatepass") + b"\n" for line in lines)
            file_name = f"{batch.id}_{name}.jsonl"
            life_s = life if isinstance(life, int) else None
            file = add_file(surroundings, file_name, "batch_output", content, life_s=life_s, label=name)
            files[f"{name}_file_id"] = file["id"]
    surroundings.store.delete(RESULT, batch.id)
    times = {f"{status}_at": surroundings.created}
    return changed(surroundings, batch, status=status, **times, **files, usage=_usage(results))


def _ask(lines: Sequence[Line], start: int, batch: Stored, surroundings: Surroundings) -> Sequence[Mapping[str, Any]]:
    """Asks the lines, in their order, and keeps what comes of them."""
    results = [
        _answered(place, line, surroundings.run(line.path, line.body), surroundings)
        for place, line in enumerate(lines, start)
    ]
    kept = (*_results(batch, surroundings), *results)
    surroundings.store.put(Stored(RESULT, batch.id, {}, kept))
    return results


def _answered(place: int, line: Line, ran: Ran, surroundings: Surroundings) -> Mapping[str, Any]:
    if ran.body is None:
        return _result(place, line, None, {"code": "server_error", "message": "No answer came."}, surroundings)
    response: JSON = {"status_code": ran.status, "request_id": ran.request_id, "body": ran.body}
    return _result(place, line, response, None, surroundings)


def _result(place: int, line: Line, response: JSON, error: JSON, surroundings: Surroundings) -> Mapping[str, Any]:
    key = f"batch_req_{surroundings.seed.child('line', place).alphanumeric(24)}"
    return {"id": key, "custom_id": line.custom_id, "response": response, "error": error}


def _results(batch: Stored, surroundings: Surroundings) -> Sequence[Any]:
    kept = surroundings.store.get(RESULT, batch.id)
    return () if kept is None else kept.details


def _is_good(result: Mapping[str, Any]) -> bool:
    return result["response"] is not None and result["response"]["status_code"] < _CREATED


def _counts(results: Sequence[Mapping[str, Any]], total: int) -> JSON:
    completed = sum(map(_is_good, results))
    return {"total": total, "completed": completed, "failed": len(results) - completed}


def _usage(results: Sequence[Mapping[str, Any]]) -> JSON:
    """The tokens of all answers together; what counts none, such as an embedding's output, counts as 0."""
    bodies = [result["response"]["body"] for result in results if _is_good(result)]
    used = [body["usage"] for body in bodies if isinstance(body, Mapping) and isinstance(body.get("usage"), Mapping)]

    def total(*names: str, inside: str = "") -> int:
        told = [use.get(name) for use in used for name in names]
        counts = [use.get(inside) if isinstance(use, Mapping) else use for use in told]
        return sum(count for count in counts if isinstance(count, int))

    incoming, outgoing = total("prompt_tokens", "input_tokens"), total("completion_tokens", "output_tokens")
    return {
        "input_tokens": incoming,
        "input_tokens_details": {
            "cached_tokens": total("prompt_tokens_details", "input_tokens_details", inside="cached_tokens")
        },
        "output_tokens": outgoing,
        "output_tokens_details": {
            "reasoning_tokens": total("completion_tokens_details", "output_tokens_details", inside="reasoning_tokens")
        },
        "total_tokens": incoming + outgoing,
    }
