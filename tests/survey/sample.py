"""The sample that the tests play anew: quirks without a stall, and the clients that the tests have anyway.

Here: names. Not here: the test (`test_sample.py`).
"""

LIGHT = ("openai-python", "openai-python-stream", "openai-node", "openai-node-stream", "ai-sdk")
"""The clients of the sample."""

SAMPLE = (
    "role-empty-string",
    "choices-null",
    "delta-null",
    "usage-only-last-chunk-empty-choices",
    "content-array-thinking-blocks",
    "reasoning-field-renamed",
    "empty-turn-stop",
    "tool-index-always-zero-parallel",
    "tool-index-missing",
    "tool-cont-id-and-name-empty-string",
    "tool-args-truncated-finish-length",
    "finish-stop-with-tool-calls",
    "html-502-bad-gateway",
    "error-body-string",
    "402-insufficient-balance",
    "resp-envelope-fields-missing",
)
"""The quirks of the sample."""
