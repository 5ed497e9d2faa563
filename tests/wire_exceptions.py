"""Where the wire is known to differ from the SDK's models or from OpenAI's description, each with its reason."""

# What the wire has beside the SDK's models, by the section of the wire contract that says so.
BEYOND_CHUNK = {
    "choices[].delta.reasoning_content": "§5.4, vendors' reasoning",
    "choices[].delta.reasoning": "§5.4, vendors' reasoning",
    "choices[].delta.annotations": "§5.4, provider keys",
    "choices[].delta.tool_calls[].custom": "§5.1, custom tools; §15, no recorded stream",
    "choices[].delta.tool_calls[].type": "§5.1, custom tools; §15, no recorded stream",
}
BEYOND_BODY = {
    "choices[].message.reasoning_content": "§5.4, vendors' reasoning",
    "choices[].message.reasoning": "§5.4, vendors' reasoning",
}
# Where the wire is not what OpenAI's description says.
NOT_DESCRIBED_CHUNK = {
    "system_fingerprint": "§5.1, null on gpt-5",
    "choices[].delta.tool_calls[].type": "§5.1, custom tools; §15, no recorded stream",
}
NOT_DESCRIBED_BODY = {
    "system_fingerprint": "§5.1, null on gpt-5",
    "choices[].logprobs": "§5.1, gpt-5 omits the key",
}
