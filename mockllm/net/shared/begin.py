"""The begin of a server with a common state.

Here: one function, before any worker is there. Not here: the workers (`engine.py`).
"""

import secrets

from mockllm.errors import MockLLMError
from mockllm.net.shared.link import Link, Place, StateGoneError
from mockllm.net.shared.scripts import BEGIN


async def begin(place: Place) -> int:
    """Forget what is left of workers of which none is there any more; how many keys that were.

    Their state is of no use: its times are of clocks that have stopped. Raises MockLLMError if there is no Redis.
    """
    link = Link(place)
    try:
        _, forgotten = await link.run(BEGIN, secrets.token_hex(8))
    except StateGoneError as error:
        raise MockLLMError(f"mockllm was asked to keep its state at {place.shown}, but {error}") from None
    finally:
        await link.close()
    return int(forgotten)
