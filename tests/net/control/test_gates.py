"""Gates of a server that runs."""

from mockllm.control import gates, namespaces
from mockllm.control.gates import AskGates, Gate, OneGate, OpenGate
from mockllm.control.namespaces import Bind

GATED = "rules: [{replies: [{text: [a, b], faults: [{gate: {name: g, at: {token: 1}}}]}]}]"


def test_an_answer_waits_until_its_gate_is_opened(served, call, asker):
    call(namespaces.BIND, Bind(namespace="@a", scenario=GATED))
    answered = asker(f"{served.url}/@a/v1", stream=True).later()
    served.wait_for("gate")
    assert call(gates.LIST, AskGates()).gates == (Gate(namespace="default@a", name="g", open=False, waiting=1),)
    assert call(gates.LIST, AskGates(namespace="@b")).gates == ()
    opened = call(gates.OPEN, OpenGate(namespace="@a", gate="g"))
    assert opened == Gate(namespace="default@a", name="g", open=True, waiting=0)
    assert "[DONE]" in answered()[1]
    assert call(gates.LIST, AskGates(namespace="@a")).gates == (opened,)
    assert not call(gates.CLOSE, OneGate(namespace="@a", gate="g")).open
    assert call(gates.LIST, AskGates()).gates == ()


def test_a_pass_for_one_is_used_up_by_one(served, call, asker):
    call(namespaces.BIND, Bind(namespace="@a", scenario=GATED))
    assert call(gates.OPEN, OpenGate(namespace="@a", gate="g", once=True)).open
    assert "[DONE]" in asker(f"{served.url}/@a/v1", stream=True).answer()[1]
    assert call(gates.LIST, AskGates()).gates == ()
