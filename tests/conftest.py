"""What all tests share: pytest's own tool for testing plugins, and a Redis for those that need one."""

from tests.redis_server import redis_server

__all__ = ["redis_server"]

pytest_plugins = ["pytester"]
