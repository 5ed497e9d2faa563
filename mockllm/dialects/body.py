"""A request body, from bytes to JSON.

Here: the one reader of request bodies, and the refusal of what it cannot read. Not here: what a body must contain
(`rules.py` and the dialects' own tables).
"""

import orjson

from mockllm.errors import ApiError
from mockllm.request import JSON


def parse(raw: bytes) -> JSON:
    """The JSON value of a request body.

    Raises ApiError (400, wire-contract §4.2, first row of the validation messages) for bytes that are not JSON, not
    UTF-8, or nested deeper than 254 levels. NaN, infinities and a byte order mark are not JSON; of a repeated key the
    last one counts.
    """
    # The reader takes 1024 levels and the writer 254; a body is fingerprinted by writing it, so it must be writable.
    try:
        value: JSON = orjson.loads(raw)
        orjson.dumps(value)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError) as error:
        raise unparsable() from error
    return value


def unparsable() -> ApiError:
    """The refusal of a body that is not JSON, in the service's words."""
    return ApiError(
        400,
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
        "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble "
        "figuring out how to fix this, please contact us through our help center at help.openai.com.)",
    )
