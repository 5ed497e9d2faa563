import pytest

from mockllm.dialects.rules import check
from mockllm.errors import ApiError


@pytest.fixture
def refused():
    """The message, code and param of the refusal of a value of a shape."""

    def act(shape, value):
        with pytest.raises(ApiError) as caught:
            check(shape, value, "p")
        error = caught.value
        assert (error.status, error.type) == (400, "invalid_request_error")
        return error.message, error.code, error.param

    return act
