"""Limits of a namespace, read and filled again."""

from mockllm.control import limits, namespaces
from mockllm.control.limits import Level
from mockllm.control.namespaces import Bind, OneNamespace

LIMITED = "{limits: {requests: 2/h, per: namespace}, rules: [{replies: [hi]}]}"
ONE = OneNamespace(namespace="@a")


def test_levels_are_read_and_filled_again(call, ask):
    assert call(limits.GET, ONE).levels == ()
    call(namespaces.BIND, Bind(namespace="@a", scenario=LIMITED))
    assert [ask("@a", text)[0] for text in "abc"] == [200, 200, 429]
    (level,) = call(limits.GET, ONE).levels
    assert level == Level(limit=0, shared_by=("",), unit="requests", amount=2, remaining=0, reset_us=level.reset_us)
    assert 0 < level.reset_us <= 3600 * 1_000_000
    assert call(limits.RESET, ONE).levels == ()
    assert ask("@a", "d")[0] == 200


def test_a_namespace_that_nobody_used_has_nothing_to_fill(call):
    told = call(limits.RESET, ONE)
    assert (told.namespace, told.levels) == ("hello@a", ())
