"""What is wrong with an event of the Realtime API, under the SDK's types and under OpenAI's description.

Where the examples in the description, which are recordings, are not what its own schemas say, the path is allowed.
"""

from openai.types.realtime import RealtimeServerEvent

from tests.openapi_schema import validator, violations
from tests.strict import problems

UNION = "RealtimeServerEvent"

_RECORDED = "null in the example of this event"
NULL_IN_EXAMPLES = {
    "response.status_details": _RECORDED,
    "response.usage": _RECORDED,
    "session.audio.input.transcription": _RECORDED,
    "session.audio.input.noise_reduction": _RECORDED,
    "session.include": _RECORDED,
    "response.conversation_id": "the SDK's realtime_response.py: null for a response of no conversation",
}
# In the examples of `session.created` and `session.updated`, and in the SDK's model of what a session is answered with.
BEYOND_MODEL = {f"session.{name}": "in the example of this event" for name in ("expires_at", "object", "id")}


def schema_of(event):
    """The schema that the description has for events of this type."""
    schemas = validator(UNION).schema["components"]["schemas"]
    for option in schemas[UNION]["anyOf"]:
        name = option.get("$ref", "").rpartition("/")[2]
        kind = (schemas.get(name) or option)["properties"]["type"]
        if event["type"] in (kind.get("const"), *kind.get("enum", ())):
            return name
    raise AssertionError(f"{event['type']} is not described")


def wrong(event):
    """One line for each thing that is wrong."""
    return [*problems(event, RealtimeServerEvent, BEYOND_MODEL), *violations(schema_of(event), event, NULL_IN_EXAMPLES)]
