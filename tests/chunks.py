"""A stream as its frames are before bytes, for tests of what acts on the JSON of frames."""

from mockllm.plan import Frame, stamp
from mockllm.scenario.faults.payload.patch import Patch
from mockllm.seeds import Seed

SEED = Seed.of("fault")


def chunk(delta, finish=None):
    return {"id": "chatcmpl-1", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], "usage": None}


FRAMES = stamp(
    (
        Frame(chunk({"role": "assistant", "content": ""}), "role"),
        Frame(chunk({"content": "It"}), tokens=1),
        Frame(chunk({"content": " is"}), tokens=1),
        Frame(chunk({}, "stop"), "finish"),
        Frame({"id": "chatcmpl-1", "choices": [], "usage": {"total_tokens": 3}}, "usage"),
        Frame("[DONE]", "done"),
    )
)


def patched(of=FRAMES, **fields):
    return Patch.model_validate(fields).apply(of, SEED)


def data(value, **fields):
    """What a single body becomes."""
    [frame] = patched(stamp((Frame(value, "body"),)), **fields)
    return frame.data
