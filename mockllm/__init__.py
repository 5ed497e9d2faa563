"""mockllm: a mock OpenAI-compatible server that answers exactly as scripted."""
