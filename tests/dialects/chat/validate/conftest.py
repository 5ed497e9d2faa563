import pytest

from mockllm.dialects.chat.validate import validate
from mockllm.errors import ApiError

BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture
def accepted():
    """Checks a body that is ordinary but for some parameters; gives None, as `validate` does."""

    def act(parameters, **options):
        return validate(BODY | parameters, **options)

    return act


@pytest.fixture
def refused():
    """The message, code and param of the refusal of a body that is ordinary but for some parameters."""

    def act(parameters, **options):
        with pytest.raises(ApiError) as caught:
            validate(BODY | parameters, **options)
        error = caught.value
        assert (error.status, error.type) == (400, "invalid_request_error")
        return error.message, error.code, error.param

    return act
