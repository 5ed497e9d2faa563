import json

from mockllm.decided import failed, refused
from mockllm.errors import ApiError, MockLLMError
from mockllm.exchange import Trouble
from mockllm.plan import Send
from mockllm.request import Call
from mockllm.usage import Charge

CALL = Call("POST", "/v1/chat/completions", body=b"{}")


def told(decision):
    return json.loads(next(step.data for step in decision.compiled.plan if isinstance(step, Send)))


def test_a_refusal_says_why_and_is_the_same_every_time():
    decision = refused(CALL, ApiError(404, "No.", code="gone"), None, Trouble.UNMATCHED, rule="r")
    assert (decision.answer.status, decision.rule, decision.trouble, decision.why) == (
        404,
        "r",
        Trouble.UNMATCHED,
        "No.",
    )
    assert told(decision)["error"]["code"] == "gone"
    assert refused(CALL, ApiError(404, "No.", code="gone"), None, Trouble.UNMATCHED, rule="r") == decision


def test_a_refusal_is_in_the_manner_of_a_profile():
    assert told(refused(CALL, ApiError(404, "No."), None, None, profile="gemini"))[0]["error"]["status"] == "NOT_FOUND"


def test_a_failure_of_the_service_is_no_trouble_and_one_of_the_scenario_is():
    assert failed(CALL, ApiError(400, "No."), None).trouble is None
    found = failed(CALL, MockLLMError("the reply is wrong"), None, "r", Charge((("x-limit", "1"),)), profile="mistral")
    assert (found.trouble, found.answer.told, found.rule) == (Trouble.FAILED, (("x-limit", "1"),), "r")
    assert told(found)["message"] == "mockllm: the reply is wrong"
    assert told(found)["object"] == "error"
