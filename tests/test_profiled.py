import json

import pytest

from mockllm.answer import Answer, error_answer, json_answer
from mockllm.dialects.base import Layout
from mockllm.errors import ApiError, UnknownPathError
from mockllm.plan import Frame
from mockllm.profiled import asking, check_served, profile_named, refusal, styled
from mockllm.request import Call, Request
from mockllm.scenario.profile import Context
from mockllm.seeds import Seed
from tests.calls import body, call, engine, header
from tests.profiles.play import BODY, answer, chunks, exchange, like, lines, sent

CHAT = Request("chat", Call("POST", "/v1/chat/completions"), {"model": "m"}, model="m")
CONTEXT = Context(CHAT, Seed.of("test"), {"created": 5, "usage": {"prompt_tokens": 3}}, {"request_id": "req_1"})
STREAM = Answer(200, (("content-type", "text/event-stream"),), (Frame({"id": "x"}, "token"),))
PLAIN = json_answer({"id": "x"}, Layout(), label="body")
KEYS = "{profile: NAME, auth: {keys: sk-good}, rules: [{replies: [Hi]}]}"


@pytest.mark.parametrize("name", [None, "openai"])
def test_the_default_changes_nothing(name):
    assert profile_named(name) is None
    assert styled(STREAM, name, CONTEXT) is STREAM
    assert asking(CHAT, name) is CHAT
    error = ApiError(400, "No.")
    assert refusal(error, name, CONTEXT) == error_answer(error)


def test_requests_ask_for_what_the_profile_lets_them_ask_for_and_keep_the_rest():
    def asked(**json):
        request = Request("chat", Call("POST", "/"), {"model": "m", **json})
        return asking(request, "openrouter").json

    wanted = {"include_usage": True, "include_obfuscation": False}
    assert asked() == {"model": "m", "stream_options": wanted}
    assert asked(stream_options=None)["stream_options"] == wanted
    assert asked(stream_options={"other": 1, "include_usage": False})["stream_options"] == {"other": 1, **wanted}
    assert asking(CHAT, "azure") is CHAT


def test_headers_are_evaluated_and_those_of_a_stream_are_its_own():
    assert dict(styled(PLAIN, "openrouter", CONTEXT).style.headers)["x-generation-id"].startswith("gen-5-")
    assert "cache-control" in dict(styled(STREAM, "openrouter", CONTEXT).style.headers)
    assert "cache-control" not in dict(styled(PLAIN, "openrouter", CONTEXT).style.headers)
    assert dict(styled(PLAIN, "openrouter", Context(CHAT)).style.headers) == {}


def test_bodies_are_compact_and_headers_of_the_imitated_service_are_gone():
    status, headers, body = sent(exchange("{profile: xai, rules: [{replies: [Hi]}]}", BODY))
    assert status == 200
    assert body == json.dumps(json.loads(body), separators=(",", ":"))
    assert set(headers) == {"content-type", "content-length"}


def test_limits_are_told_all_the_same():
    scenario = "{profile: xai, limits: {requests: 60/min}, rules: [{replies: [Hi]}]}"
    assert "x-ratelimit-limit-requests" in sent(exchange(scenario, BODY))[1]


def test_headers_of_the_author_win_over_those_of_the_profile():
    scenario = "{profile: vllm, rules: [{replies: [{text: Hi, headers: {Server: mine}}]}]}"
    assert sent(exchange(scenario, BODY))[1]["Server"] == "mine"


def test_verbatim_answers_stay_as_they_are():
    raw = "{profile: mistral, rules: [{replies: [{raw: {status: 418, body: {a: 1}}}]}]}"
    assert sent(exchange(raw, BODY))[2] == '{\n  "a": 1\n}'
    assert sent(exchange(raw, BODY))[1].keys() == {"content-type", "content-length"}
    events = "{profile: mistral, rules: [{replies: [{events: [{data: {id: mine}}]}]}]}"
    assert chunks(events) == [{"id": "mine"}]
    assert "mistral-correlation-id" in sent(exchange(events, {**BODY, "stream": True}))[1]


@pytest.mark.parametrize("name", ["together", "mistral", "gemini"])
def test_an_api_that_a_profile_says_nothing_of_is_answered_as_ever(name):
    asked = {"model": "m", "input": "Hi"}
    plain, other = (
        sent(exchange(f"{{profile: {it}, rules: [{{replies: [Hi]}}]}}", asked, path="/v1/responses"))[2]
        for it in ("openai", name)
    )
    assert json.loads(other).keys() == json.loads(plain).keys()


def test_models_have_the_vendors_shape_in_lists_and_alone():
    scenario = "{profile: sglang, models: [one], rules: []}"
    listed = json.loads(sent(exchange(scenario, path="/v1/models", method="GET"))[2])
    alone = json.loads(sent(exchange(scenario, path="/v1/models/one", method="GET"))[2])
    assert listed["data"] == [alone]
    assert (alone["owned_by"], alone["root"]) == ("sglang", "one")
    assert '"deleted":true' in sent(exchange(scenario, path="/v1/models/one", method="DELETE"))[2]


def test_a_profile_without_models_lists_the_usual_ones_and_none_has_another_shape():
    text = sent(exchange("{profile: azure, rules: []}", path="/v1/models", method="GET"))[2]
    like(json.loads(text)["data"][0], {"id": "gpt-5.1", "object": "model", "created": int, "owned_by": "openai"})


@pytest.mark.parametrize(
    ("call", "status", "start"),
    [
        ({"path": "/v1/nowhere", "body": BODY}, 404, '{"object":"error","message":"Invalid URL'),
        ({"body": BODY}, 401, '{"object":"error","message":"You didn\'t provide an API key'),
        ({"body": {"model": "m"}, "headers": (("authorization", "Bearer sk-good"),)}, 400, '{"object":"error"'),
        ({"body": BODY, "headers": (("authorization", "Bearer bad-key"),)}, 401, '{"object":"error","message":"Incor'),
    ],
)
def test_every_refusal_is_in_the_manner_of_the_profile(call, status, start):
    found, headers, body = sent(exchange(KEYS.replace("NAME", "mistral"), **call))
    assert found == status
    assert body.startswith(start)
    assert "mistral-correlation-id" in headers


def test_what_mockllm_itself_refuses_is_too():
    found = exchange("{profile: mistral, rules: [{when: {model: other}, replies: [Hi]}]}", BODY)
    assert '"code":"no_rule_matched"' in sent(found)[2]
    assert sent(found)[2].startswith('{"object":"error"')
    failing = "{profile: mistral, rules: [{replies: ['{{ nothing.at.all }}']}]}"
    assert sent(exchange(failing, BODY))[2].startswith('{"object":"error","message":"mockllm: the template')
    too_large = {**BODY, "messages": [{"role": "user", "content": "word " * 1000}]}
    limited = "{profile: mistral, limits: {tokens: 10/min}, rules: [{replies: [Hi]}]}"
    status, _, text = sent(exchange(limited, too_large))
    assert (status, text.startswith('{"object":"error"')) == (429, True)


def test_what_the_author_says_of_an_error_stays():
    def told(error):
        return sent(exchange(f"{{profile: azure, rules: [{{replies: [{{error: {error}}}]}}]}}", BODY))

    assert '"code":"429"' in told("rate_limit_exceeded")[2]
    mine = told("{code: mine, status: 429, message: My words.}")
    assert mine[2] == '{"error":{"code":"mine","message":"My words."}}'
    assert told("{code: model_not_found, status: 410}")[0] == 410


def test_a_reply_has_its_own_profile_or_its_rules_or_that_of_the_scenario():
    scenario = """
    profile: vllm
    rules:
      - when: {last: rule}
        profile: ollama
        replies: [Hi]
      - when: {last: reply}
        profile: ollama
        replies: [{text: Hi, profile: mistral}]
      - when: {last: plain}
        profile: ollama
        replies: [{text: Hi, profile: openai}]
      - replies: [Hi]
    """

    def first(text):
        return chunks(scenario, messages=[{"role": "user", "content": text}])[0]["id"]

    assert first("rule").startswith("chatcmpl-")
    assert len(first("rule")) == len("chatcmpl-123")
    assert len(first("reply")) == 32
    assert len(first("plain")) == len("chatcmpl-") + 29
    assert len(first("scenario")) == len("chatcmpl-") + 32


def test_a_try_is_in_the_manner_of_its_reply_unless_it_says_otherwise():
    scenario = "{rules: [{replies: [{text: Hi, profile: mistral, attempts: [{error: server_error}]}]}]}"
    assert sent(exchange(scenario, BODY))[2].startswith('{"object":"error"')
    own = scenario.replace("{error: server_error}", "{error: server_error, profile: gemini}")
    assert sent(exchange(own, BODY))[2].startswith('[{"error":')
    fault = scenario.replace("{error: server_error}", "{drop: finish}")
    assert len(chunks(fault)[0]["id"]) == 32


def test_chaos_strikes_in_the_manner_of_the_profile():
    scenario = "{profile: gemini, chaos: [{error: server_error}], rules: [{replies: [Hi]}]}"
    assert sent(exchange(scenario, BODY))[2].startswith('[{"error":')
    held = "{profile: gemini, chaos: [{when: {api: models}, error: server_error}]}"
    assert sent(exchange(held, path="/v1/models", method="GET"))[2].startswith('[{"error":')


def test_otherwise_is_in_the_manner_of_the_scenario():
    assert len(chunks("{profile: mistral, otherwise: Hi}")[0]["id"]) == 32


def test_positions_of_the_author_count_what_the_turn_produced():
    scenario = "{profile: PROFILE, rules: [{replies: [{text: [a, b, c], faults: [{truncate: {at: {frame: 2}}}]}]}]}"
    plain = [line for line in lines(scenario.replace("PROFILE", "openai")) if line.startswith("data")]
    commented = [line for line in lines(scenario.replace("PROFILE", "openrouter")) if line.startswith("data")]
    assert len(plain) == len(commented) == 2
    by_token = scenario.replace("{frame: 2}", "{token: 2}")
    found = chunks(by_token.replace("PROFILE", "azure"))
    assert [choice["delta"].get("content") for it in found for choice in it["choices"]] == ["", "a", "b"]


def test_faults_of_the_author_see_what_the_profile_made():
    scenario = "{profile: groq, rules: [{replies: [{text: Hi, faults: [{patch: {frames: first, remove: $.x_groq}}]}]}]}"
    assert "x_groq" not in chunks(scenario)[0]
    found = exchange(scenario, {**BODY, "stream": True})
    assert found.unfired == ()
    causes = {getattr(step, "cause", "") for step in found.plan}
    assert "fault: patch" in causes
    assert any(cause.startswith("profile: groq") for cause in causes)


def test_a_fault_of_the_author_without_a_place_is_reported_and_nothing_of_the_profile():
    scenario = "{profile: openrouter, rules: [{replies: [{text: Hi, faults: [{truncate: {at: {frame: 99}}}]}]}]}"
    assert exchange(scenario, {**BODY, "stream": True}).unfired == ("truncate",)


def test_the_stream_and_the_body_are_of_one_answer():
    scenario = "{profile: mistral, rules: [{replies: [{tool_calls: [{name: f, arguments: {}}]}]}]}"
    streamed = chunks(scenario)[-1]
    body = answer(scenario)
    assert streamed["id"] == body["id"]
    assert streamed["choices"][0]["delta"]["tool_calls"] == body["choices"][0]["message"]["tool_calls"]


def test_the_same_request_has_the_same_bytes_again():
    scenario = "{profile: openrouter, rules: [{replies: [Hi]}]}"
    assert lines(scenario) == lines(scenario)


def test_a_profile_that_names_its_apis_has_no_others_and_any_other_profile_has_all():
    check_served("deepseek", "responses", "POST", "/responses")
    check_served("openrouter", "embeddings", "POST", "/embeddings")
    check_served(None, "embeddings", "POST", "/embeddings")
    with pytest.raises(UnknownPathError, match=r"Invalid URL \(POST /v1/embeddings\)"):
        check_served("deepseek", "embeddings", "POST", "/embeddings")


def test_a_path_that_nobody_has_is_answered_as_the_vendor_answers_it():
    found = engine("{profile: vllm, rules: []}").handle(call("POST", "/v1/nowhere", {}))
    assert (found.status, body(found)) == (404, {"detail": "Not Found"})
    assert header(found, "server") == "uvicorn"
