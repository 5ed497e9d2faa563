"""`POST /responses/compact`: a conversation made shorter (wire-contract §7.6).

Here: the object, which holds what the user said and one item that stands for all the rest. It counts as one token of
output for each four of the input, as nothing says how much the real service needs. Not here: the `compaction` item that
a response itself may have (`hosted.py`).
"""

from mockllm.dialects.base import Surroundings
from mockllm.dialects.responses import write
from mockllm.dialects.responses.listed import listed
from mockllm.dialects.responses.shown import encrypted
from mockllm.request import JSON, Request
from mockllm.turn import Usage

_DIGITS = 50
_INPUT_PER_OUTPUT = 4


def compacted(request: Request, surroundings: Surroundings) -> JSON:
    """The compacted form of what the request says, with what it continues."""
    seed = surroundings.seed.child("compaction")
    said = [{"role": message.role, "content": message.text} for message in request.messages if message.role == "user"]
    kept = listed(said, lambda prefix, index: f"{prefix}_{seed.child(prefix, index).hex(_DIGITS)}")
    summary: JSON = {
        "id": f"cmp_{seed.child('item').hex(_DIGITS)}",
        "type": "compaction",
        "encrypted_content": encrypted(seed),
    }
    tokens = surroundings.count_tokens(request)
    return {
        "id": f"resp_{seed.hex(_DIGITS)}",
        "object": "response.compaction",
        "created_at": surroundings.created,
        "output": [*kept, summary],
        "usage": write.usage_json(Usage(tokens, -(-tokens // _INPUT_PER_OUTPUT))),
    }
