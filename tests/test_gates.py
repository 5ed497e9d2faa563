"""The state of gates, without anybody who really waits."""

from mockllm.gates import Gates


class Passing:
    """Notes who was let through, in which order."""

    def __init__(self):
        self.names = []

    def arrive(self, gates, who, gate="g", namespace="n"):
        return gates.arrive(namespace, gate, lambda: self.names.append(who))


def test_a_gate_that_nobody_opened_is_closed():
    gates, passed = Gates(), Passing()
    assert not gates.is_open("n", "g")
    assert passed.arrive(gates, "a") is not None
    assert passed.names == []
    assert gates.waiting() == {("n", "g"): 1}


def test_opening_lets_all_through_in_the_order_in_which_they_came_and_stays():
    gates, passed = Gates(), Passing()
    for who in "abc":
        passed.arrive(gates, who)
    gates.open("n", "g")
    assert passed.names == ["a", "b", "c"]
    assert gates.waiting() == {}
    assert gates.is_open("n", "g")
    assert passed.arrive(gates, "d") is None


def test_a_gate_can_be_opened_before_anybody_comes_and_closed_again():
    gates, passed = Gates(), Passing()
    gates.open("n", "g")
    assert gates.opened() == (("n", "g"),)
    gates.close("n", "g")
    assert gates.opened() == ()
    assert passed.arrive(gates, "a") is not None


def test_once_lets_the_first_through_and_the_next_waits():
    gates, passed = Gates(), Passing()
    for who in "ab":
        passed.arrive(gates, who)
    gates.open("n", "g", once=True)
    assert passed.names == ["a"]
    assert not gates.is_open("n", "g")
    gates.open("n", "g", once=True)
    assert passed.names == ["a", "b"]


def test_passes_for_one_add_up_while_nobody_comes():
    gates, passed = Gates(), Passing()
    gates.open("n", "g", once=True)
    gates.open("n", "g", once=True)
    assert gates.is_open("n", "g")
    assert [passed.arrive(gates, who) is None for who in "abc"] == [True, True, False]


def test_closing_takes_unused_passes_away():
    gates, passed = Gates(), Passing()
    gates.open("n", "g", once=True)
    gates.close("n", "g")
    assert passed.arrive(gates, "a") is not None


def test_gates_of_other_names_and_other_namespaces_are_others():
    gates, passed = Gates(), Passing()
    passed.arrive(gates, "other name", gate="h")
    passed.arrive(gates, "other namespace", namespace="n@1")
    gates.open("n", "g")
    assert passed.names == []


def test_who_left_is_not_let_through_and_the_next_one_is():
    gates, passed = Gates(), Passing()
    visitor = passed.arrive(gates, "a")
    passed.arrive(gates, "b")
    gates.leave(visitor)
    gates.open("n", "g", once=True)
    assert passed.names == ["b"]
    gates.leave(visitor)
    assert gates.waiting() == {}


def test_a_pass_for_one_that_was_not_used_is_for_the_next():
    gates, passed = Gates(), Passing()
    visitor = passed.arrive(gates, "a")
    gates.open("n", "g", once=True)
    gates.give_back(visitor)
    assert passed.arrive(gates, "b") is None
    assert passed.arrive(gates, "c") is not None


def test_nothing_is_given_back_by_one_that_an_open_gate_let_through():
    gates, passed = Gates(), Passing()
    visitor = passed.arrive(gates, "a")
    gates.open("n", "g")
    gates.close("n", "g")
    gates.give_back(visitor)
    assert passed.arrive(gates, "b") is not None


def test_the_gates_of_a_namespace_are_forgotten_and_those_who_wait_go_on_waiting():
    gates, passed = Gates(), Passing()
    passed.arrive(gates, "a", gate="closed")
    gates.open("n", "g")
    gates.open("n", "once", once=True)
    gates.open("m", "g")
    gates.forget("n")
    assert gates.opened() == (("m", "g"),)
    assert gates.waiting() == {("n", "closed"): 1}
    gates.forget()
    assert gates.opened() == ()


def test_the_servers_own_gates_are_not_shown():
    gates, passed = Gates(), Passing()
    gates.open("n", "queue/1")
    passed.arrive(gates, "a", gate="queue/2")
    assert (gates.opened(), gates.waiting()) == ((), {})
    gates.open("n", "queue/2")
    assert passed.names == ["a"]


def test_all_gates_can_be_opened_at_once_and_for_good():
    gates, passed = Gates(), Passing()
    passed.arrive(gates, "a")
    gates.open_all()
    gates.close("n", "g")
    assert passed.names == ["a"]
    assert passed.arrive(gates, "b") is None
    assert gates.is_open("m", "any")


def test_the_gates_of_a_namespace_can_be_told_and_put_elsewhere():
    gates, other = Gates(), Gates()
    gates.open("n", "open")
    gates.open("n", "pass", once=True)
    gates.arrive("n", "shut", print, "token-1")
    gates.arrive("n", "shut", print, "token-2")
    gates.open("m", "else")
    told = gates.told("n")
    assert told == {"open": ["open"], "passes": {"pass": 1}, "waiting": {"shut": ["token-1", "token-2"]}}
    other.arrive("n", "before", print, "forgotten")
    other.arrive("m", "before", print, "kept")
    other.put("n", told)
    assert (other.told("n"), other.waits("m", "kept")) == (told, True)
    other.open("n", "shut", once=True)
    assert (other.waits("n", "token-1"), other.waits("n", "token-2")) == (False, True)
    other.put("n", {})
    assert other.told("n") is None


def test_those_with_a_token_can_be_withdrawn():
    gates = Gates()
    for gate, token in (("g", "a/1"), ("g", "b/1"), ("h", "a/2")):
        gates.arrive("n", gate, print, token)
    gates.arrive("m", "g", print, "a/3")
    gates.withdraw("n", lambda token: token.startswith("a/"))
    assert [gates.waits("n", token) for token in ("a/1", "b/1", "a/2")] == [False, True, False]
    assert gates.waits("m", "a/3")
