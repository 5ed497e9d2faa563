"""openai (Python): the SDK by itself."""

from common import KEY, drive
from openai import AsyncOpenAI, OpenAI
from openai_loops import Chat, Responses


def make(variant, base_url):
    api, _, manner = variant.partition("-")
    client = (AsyncOpenAI if manner == "async" else OpenAI)(base_url=base_url, api_key=KEY)
    return (Chat if api == "chat" else Responses)(client)


drive(make)
