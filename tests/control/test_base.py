"""Where the fields of an operation go, and the form of a refusal."""

from mockllm.control.base import Ask, ControlError, Nothing, Operation, Problem


class Asked(Ask):
    name: str
    size: int = 0
    text: str = ""


class Whole(Asked):
    whole = "text"


def operation(method, asks):
    return Operation("x", method, "/x/{name}", "", asks, Nothing)


def test_without_a_body_what_the_path_does_not_name_is_the_query():
    for method in ("GET", "DELETE"):
        it = operation(method, Asked)
        assert (it.in_path, it.in_query, it.in_body) == (("name",), ("size", "text"), ())


def test_with_a_body_what_the_path_does_not_name_are_its_keys():
    for method in ("POST", "PUT"):
        it = operation(method, Asked)
        assert (it.in_path, it.in_query, it.in_body) == (("name",), (), ("size", "text"))


def test_a_field_that_is_the_whole_body_leaves_the_others_to_the_query():
    it = operation("PUT", Whole)
    assert (it.in_path, it.in_query, it.in_body) == (("name",), ("size",), ("text",))


def test_a_refusal_is_its_problem_and_back():
    refusal = ControlError(409, "too_many", "there are too many", errors=("a", "b"), headers={"X": "y"})
    problem = refusal.problem()
    assert problem == Problem(
        title="Conflict", status=409, detail="there are too many", code="too_many", errors=("a", "b")
    )
    assert problem.type == "about:blank"  # RFC 9457 §4.2.1: no more than the status says
    again = ControlError.of(problem)
    assert (again.status, again.code, again.detail, again.errors) == (409, "too_many", "there are too many", ("a", "b"))
    assert str(again) == "there are too many\na\nb"
