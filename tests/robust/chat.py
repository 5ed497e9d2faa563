"""Chat Completions, and the older Completions: chunks or one body, folded into one turn.

Here: what chunks say together. Not here: how they come out of bytes (`sse.py`), which fragment belongs to which tool
call (`tools.py`), and what is thought and what is said (`text.py`).
"""

from collections.abc import Mapping

from tests.robust.errors import error_in, problem_of
from tests.robust.judge import judged
from tests.robust.loose import JSON, entries, excerpt, fields, first_word, whole, word
from tests.robust.outcome import Outcome, Problem, ProblemError
from tests.robust.text import Pieces, content_of, reasoning_of, told, unfenced
from tests.robust.tools import Fragment, ToolCalls, schemas_of

_COUNTS = (
    ("input", ("prompt_tokens",)),
    ("output", ("completion_tokens",)),
    ("reasoning", ("completion_tokens_details", "reasoning_tokens")),
    ("cached", ("prompt_tokens_details", "cached_tokens")),
)


def counts_of(value: JSON, paths: tuple[tuple[str, tuple[str, ...]], ...] = _COUNTS) -> dict[str, int]:
    """The counts that are known; what is absent, null, negative or no number is unknown."""
    counts: dict[str, int] = {}
    for name, path in paths:
        found = value
        for key in path:
            found = fields(found).get(key)
        if (number := whole(found)) is not None and number >= 0:
            counts[name] = number
    return counts


class _Choice:
    """One alternative of the turn."""

    def __init__(self) -> None:
        self.text = Pieces()
        self.reasoning = Pieces()
        self.refusal = Pieces()
        self.message: dict[str, JSON] = {}
        self.calls = ToolCalls()
        self.finish = ""
        self.native = ""

    def add(self, delta: dict[str, JSON], *, whole_calls: bool = False) -> bool:
        """Take a delta or a message in; whether it says anything."""
        text, thought = content_of(delta.get("content"))
        useful = [
            self.text.add(text),
            self.reasoning.add(reasoning_of(delta) or thought),
            self.refusal.add(word(delta.get("refusal"))),
        ]
        for entry in entries(delta.get("tool_calls")):
            own = {**fields(entry), "index": len(self.calls)} if whole_calls else entry
            useful.append(self.calls.add(Fragment.of(own)))
        if legacy := fields(delta.get("function_call")):
            useful.append(self.calls.add(Fragment.of({"function": legacy})))
        return any(useful)

    @property
    def is_empty(self) -> bool:
        return not (self.text or self.reasoning or self.refusal or self.calls)


class ChatFold:
    """What has been said so far, and whether it is over."""

    def __init__(self, request: Mapping[str, JSON]) -> None:
        self._choices: dict[int, _Choice] = {}
        self._asked = whole(request.get("n")) or 1
        self._tools = schemas_of(request)
        kind = fields(request.get("response_format")).get("type")
        self._structured = kind in {"json_object", "json_schema"}
        self._counts = fields(request.get("stream_options")).get("include_usage") is True
        self._usage: dict[str, int] = {}
        self._from_top = False
        self.progress = 0
        self.ended = False

    @property
    def terminal(self) -> bool:
        """Whether a good end was seen."""
        return bool(self._choices) and all(choice.finish for choice in self._choices.values())

    def event(self, _name: str, value: JSON) -> None:
        """Read one chunk: error, usage, choices, delta, finish, in this order. Raises ProblemError for an error."""
        if (error := error_in(value)) is not None:
            raise ProblemError(problem_of(error))
        chunk = fields(value)
        self._count(chunk.get("usage"), top=True)
        for position, entry in enumerate(entries(chunk.get("choices"))):
            choice = self._choice(entry, position)
            members = fields(entry)
            if (inner := fields(entry).get("error")) and (error := error_in({"error": inner})) is not None:
                raise ProblemError(problem_of(error))
            self._count(members.get("usage"), top=False)
            delta = fields(members.get("delta")) or {"content": members.get("text")}
            self.progress += choice.add(delta)
            choice.message = fields(members.get("message")) or choice.message
            self._finish(choice, members)

    def body(self, value: JSON) -> None:
        """Read an answer that came at once. Raises ProblemError for an error and for what is no answer."""
        if (error := error_in(value)) is not None:
            raise ProblemError(problem_of(error))
        members = fields(value)
        choices = entries(members.get("choices"))
        if not choices:
            raise ProblemError(Problem("unreadable", f"an answer without choices: {excerpt(str(value))}"))
        self._count(members.get("usage"), top=True)
        for position, entry in enumerate(choices):
            choice = self._choice(entry, position)
            inner = fields(entry)
            if inner.get("error") and (error := error_in({"error": inner["error"]})) is not None:
                raise ProblemError(problem_of(error))
            message = fields(inner.get("message")) or fields(inner.get("delta")) or {"content": inner.get("text")}
            self.progress += choice.add(message, whole_calls=True)
            self._finish(choice, inner)
        self.ended = True

    def done(self) -> None:
        """The end marker came."""
        self.ended = True

    def outcome(self, problem: Problem | None) -> Outcome:
        """The first choice as far as it came; without a problem it is judged."""
        choices = [choice for _, choice in sorted(self._choices.items())][:1]
        for choice in choices:
            if choice.is_empty and choice.message:
                choice.add(choice.message, whole_calls=True)
        has_calls = any(choice.calls for choice in choices)
        said = [told(choice.text.join(), choice.reasoning.join(), has_calls=has_calls) for choice in choices]
        outcome = Outcome(
            text="\n".join(unfenced(part.text) if self._structured else part.text for part in said),
            reasoning="\n".join(part.reasoning for part in said if part.reasoning),
            refusal="\n".join(choice.refusal.join() for choice in choices if choice.refusal),
            finish=next((choice.finish for choice in choices if choice.finish), "unknown"),
            usage=self._usage,
            problem=problem,
        )
        return judged(
            outcome,
            [choice.calls for choice in choices],
            self._tools,
            native=next((choice.native for choice in choices if choice.native), ""),
            leaked="".join(part.leaked for part in said),
            lacks_usage=self._counts and not self._usage,
        )

    def _choice(self, entry: JSON, position: int) -> _Choice:
        """The choice an entry belongs to. Where one was asked for there is one, whatever the index counts."""
        index = 0
        if self._asked > 1:
            given = whole(fields(entry).get("index"))
            index = position if given is None else given
        return self._choices.setdefault(index, _Choice())

    def _finish(self, choice: _Choice, members: dict[str, JSON]) -> None:
        reason = word(members.get("finish_reason")).strip()
        choice.finish = reason.lower() if reason.isupper() else reason or choice.finish
        choice.native = first_word(members.get("native_finish_reason"), choice.native)

    def _count(self, usage: JSON, *, top: bool) -> None:
        """The latest counts count, never their sum; those at the top of a chunk more than those in a choice."""
        counts = counts_of(usage)
        if counts and (top or not self._from_top):
            self._usage, self._from_top = counts, top
