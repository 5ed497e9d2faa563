import pytest
from pydantic import ValidationError

from mockllm.scenario.faults import Drop, Insert
from mockllm.scenario.profile.document import Base, Profile
from mockllm.scenario.profile.shape import Shape
from mockllm.scenario.profile.steps import Fold, WholeCalls


@pytest.mark.parametrize(
    ("base", "path", "query", "found"),
    [
        ("/api/v1", "/api/v1/models", "", ("/models", ())),
        ("/api/v1", "/api/v1", "", None),
        ("/api/v1", "/api/v2/models", "", None),
        ("/a.b", "/aXb/models", "", None),
        ("", "/models", "", ("/models", ())),
        ("/d/{model}", "/d/gpt-4o/chat/completions", "", ("/chat/completions", (("model", "gpt-4o"),))),
        ("/d/{model}", "/d//chat", "", None),
        ("/accounts/{_account}/ai", "/accounts/7/ai/models", "", ("/models", ())),
        ({"path": "/o", "query": "api-version"}, "/o/models", "api-version=2024-10-21", ("/models", ())),
        ({"path": "/o", "query": "api-version"}, "/o/models", "api-version=", ("/models", ())),
        ({"path": "/o", "query": "api-version"}, "/o/models", "version=1", None),
    ],
)
def test_a_base_finds_the_path_under_it_and_what_it_says(base, path, query, found):
    assert Base.model_validate(base).find(path, query) == found


def test_a_base_is_shown_as_people_read_it():
    assert [Base(path=path).shown for path in ("/a/{_account}/{model}", "")] == ["/a/{account}/{model}", "/"]


@pytest.mark.parametrize("path", ["api/v1", "/api/v1/", "/"])
def test_a_base_begins_with_a_slash_and_ends_without(path):
    with pytest.raises(ValidationError, match="must begin with a slash and end without one"):
        Base.model_validate(path)


def test_steps_are_faults_and_what_only_a_profile_can_do():
    profile = Profile.model_validate(
        {
            "about": "A.",
            "chat": {
                "stream": [
                    {"drop": "usage"},
                    {"insert": {"at": {"frame": 0}, "comment": "x"}},
                    {"shape": {"set": {"$.a": 1}}},
                    {"whole_calls": True},
                    {"fold": "usage"},
                ]
            },
        }
    )
    assert [type(step) for step in profile.chat.stream] == [Drop, Insert, Shape, WholeCalls, Fold]
    assert profile.shapes("chat") is profile.chat
    assert profile.shapes("models") is profile.model_list
    assert profile.shapes("moderations").stream == ()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "about: "),
        ({"about": "A.", "chats": {}}, "unknown key 'chats': did you mean 'chat'"),
        ({"about": "A.", "chat": {"stream": [{"shap": {}}]}}, "unknown step 'shap': did you mean 'shape'"),
        ({"about": "A.", "errors": {"known": {"429": {"status": 42}}}}, "status"),
        ({"about": "A.", "errors": {"body": "{{ x"}}, "is no template"),
    ],
)
def test_a_profile_is_strict(value, message):
    with pytest.raises(ValidationError) as caught:
        Profile.model_validate(value)
    assert message.split(":")[0] in str(caught.value)


@pytest.mark.parametrize(
    ("serves", "api", "there"),
    [
        ([], "files.list", True),
        (["chat"], "chat", True),
        (["chat"], "chat.list", False),
        (["files.*"], "files.list", True),
        (["files.*"], "files", True),
        (["models", "models.*"], "moderations", False),
    ],
)
def test_the_apis_that_there_are_go_by_name_or_family(serves, api, there):
    assert Profile(about="x", serves=serves).has(api) is there


def test_what_is_kept_of_a_response_has_its_shapes():
    shapes = {"body": [{"shape": {"remove": "$.user"}}]}
    profile = Profile(about="x", responses=shapes)
    assert profile.shapes("responses.retrieve") == profile.shapes("responses.cancel") == profile.responses
    assert profile.shapes("responses.delete") == Profile(about="x").responses
