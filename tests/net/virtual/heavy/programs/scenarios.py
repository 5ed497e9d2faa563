"""The scenarios that the frameworks meet."""

SLOW = {"name": "slow", "rules": [{"replies": [{"text": "ok", "pace": {"ttft": "120s"}}]}]}
STALL = {
    "name": "stall",
    "pace": {"ttft": "50ms", "itl": "50ms"},
    "rules": [
        {"replies": [{"text": ["a", "b", "c", "d"], "faults": [{"stall": {"at": {"token": 3}, "for": "600s"}}]}]}
    ],
}


def limited(times):
    """So many refusals that ask to come again in a minute, then an answer."""
    refusal = {"error": {"code": "rate_limit_exceeded", "retry_after": "60s"}}
    return {"name": "limited", "rules": [{"replies": [{"text": "ok", "attempts": [refusal] * times}]}]}


def overloaded(times):
    """So many refusals that do not say when to come again, then an answer."""
    refusal = {"error": {"status": 503}}
    return {"name": "overloaded", "rules": [{"replies": [{"text": "ok", "attempts": [refusal] * times}]}]}
