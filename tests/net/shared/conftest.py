"""What the tests of a common state share: workers in one process on a Redis of their own."""

import pytest

from tests.net.shared.team import Team


@pytest.fixture
async def team(redis_server):
    """A team on a Redis of its own."""
    team = Team(redis_server.url)
    yield team
    await team.close()
