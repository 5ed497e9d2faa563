import json

from mockllm.cassette import Chunk, Recorded, Tape
from mockllm.engine import Engine
from mockllm.plan import Send
from mockllm.recording.book import Book
from mockllm.recording.redact import Redaction
from mockllm.request import Call, Headers
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text


def tape(answer, said="Hi", path="/v1/chat/completions", **fields):
    body = {"model": "m", "messages": [{"role": "user", "content": said}], **fields}
    headers = Headers((("content-type", "application/json"),))
    call = Call("POST", path, headers=headers, body=json.dumps(body).encode())
    return Tape(call, Recorded(200, chunks=(Chunk(0, answer.encode()),)))


EMPTY = Book()


def book_of(*tapes, book=EMPTY):
    for it in tapes:
        book, _ = book.add(it)
    return book


def said(book, *tapes):
    engine = Engine(Library(scenarios=[load_text(book.text())]))
    plans = (engine.handle(it.call).plan for it in tapes)
    return [b"".join(step.data for step in plan if isinstance(step, Send)).decode() for plan in plans]


def test_different_requests_get_rules_of_their_own():
    one, two = tape("one"), tape("two", "Ho")
    book = book_of(one, two)
    assert len(book.entries) == 2
    assert said(book, two, one, two) == ["two", "one", "two"]


def test_the_same_request_gets_its_answers_in_order_and_then_the_last():
    book = book_of(tape("one"), tape("two"))
    assert len(book.entries) == 1
    assert said(book, tape(""), tape(""), tape("")) == ["one", "two", "two"]


def test_requests_that_differ_in_what_a_rule_does_not_look_at_are_told_apart():
    tapes = [tape("a"), tape("b", temperature=1), tape("c", temperature=2), tape("d", **{"x-y": [1]})]
    book = book_of(*tapes)
    assert said(book, *reversed(tapes)) == ["d", "c", "b", "a"]
    tests = [entry.rule["when"].get("json") for entry in book.entries]
    assert sorted(map(str, tests)) == sorted(
        ["{'$.temperature': 1}", "{'$.temperature': 2}", str({"$['x-y']": [1]}), "None"]
    )


def test_a_request_that_has_more_is_told_from_one_that_has_less_in_any_order():
    more, less, least = tape("more", temperature=1, top_p=1), tape("less", temperature=1), tape("least")
    for order in ([more, less, least], [least, less, more], [less, more, least], [least, more, less]):
        book = book_of(*order)
        assert said(book, more, less, least) == ["more", "less", "least"]


def test_requests_that_differ_in_a_field_that_was_redacted_are_one():
    redaction = Redaction(fields=("$.user",))
    book = book_of(tape("a", user="jane.doe"), tape("b", user="jack.doe"), book=Book(redaction))
    assert len(book.entries) == 1
    assert "doe" not in book.text()


def test_a_query_alone_makes_no_other_rule():
    one = tape("a")
    other = Tape(Call("POST", one.call.path, "v=2", one.call.headers, one.call.body), tape("b").answer)
    book = book_of(one, other)
    assert len(book.entries) == 1
    assert said(book, one, one) == ["a", "b"]


def test_a_call_that_no_scenario_can_answer_is_not_taken():
    assert Book().add(tape("a", path="/v1/nonsense")) is None


def test_a_book_goes_on_where_a_document_ends():
    before = book_of(tape("one"))
    document = {**before.document(), "seed": 7}
    book = book_of(tape("two", "Ho"), tape("three", temperature=1), book=Book.of(document, Redaction()))
    assert book.document()["seed"] == 7
    assert said(book, tape("", "Ho"), tape("", temperature=1), tape("")) == ["two", "three", "one"]


def test_with_a_cassette_the_rules_name_its_exchanges():
    book = book_of(tape("one"), tape("two", "Ho"), book=Book.of({}, Redaction(), "x.jsonl", 4))
    replies = [entry.rule["replies"] for entry in book.entries]
    assert replies == [[{"replay": {"file": "x.jsonl", "exchange": number}}] for number in (5, 6)]
