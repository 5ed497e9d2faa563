"""Scenario text becomes plain data with positions, or every problem of the file at once."""

import errno
import json
import os
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mockllm.errors import ScenarioError
from mockllm.scenario.reader import Document, Mark, ReaderLimits, path_text, read, read_file

SCENARIO = """\
name: weather   # a comment
rules:
  - when: {last: {role: user}}
    replies:
    - text: "It is sunny 🌞"
      faults: [&cut {reset: 3}, *cut]
  -
    when: {header: {x-mode: é, y: 2}}
"""


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def _either_parser(request, monkeypatch):
    """The rest of the test also holds where PyYAML has no C extension."""
    if request.param == "SafeLoader":
        monkeypatch.delattr(yaml, "CSafeLoader")


def problems(text, **options):
    with pytest.raises(ScenarioError) as error:
        read(text, **options)
    return [str(problem).removeprefix("<scenario>:") for problem in error.value.problems]


@pytest.mark.usefixtures("_either_parser")
class TestPositions:
    def test_every_value_is_marked_at_its_key_and_where_it_begins(self):
        document = read(SCENARIO)
        assert {
            path_text(path): ((key.line, key.column), (value.line, value.column))
            for path, (key, value) in document.marks.items()
        } == {
            "": ((1, 1), (1, 1)),
            "name": ((1, 1), (1, 7)),
            "rules": ((2, 1), (3, 3)),
            "rules[0]": ((3, 5), (3, 5)),
            "rules[0].when": ((3, 5), (3, 11)),
            "rules[0].when.last": ((3, 12), (3, 18)),
            "rules[0].when.last.role": ((3, 19), (3, 25)),
            "rules[0].replies": ((4, 5), (5, 5)),
            "rules[0].replies[0]": ((5, 7), (5, 7)),
            "rules[0].replies[0].text": ((5, 7), (5, 13)),
            "rules[0].replies[0].faults": ((6, 7), (6, 15)),
            "rules[0].replies[0].faults[0]": ((6, 16), (6, 16)),
            "rules[0].replies[0].faults[0].reset": ((6, 22), (6, 29)),
            "rules[0].replies[0].faults[1]": ((6, 33), (6, 33)),
            "rules[0].replies[0].faults[1].reset": ((6, 22), (6, 29)),
            "rules[1]": ((8, 5), (8, 5)),
            "rules[1].when": ((8, 5), (8, 11)),
            "rules[1].when.header": ((8, 12), (8, 20)),
            'rules[1].when.header["x-mode"]': ((8, 21), (8, 29)),
            "rules[1].when.header.y": ((8, 32), (8, 35)),
        }

    def test_the_value_is_plain_data_and_the_source_is_kept(self):
        document = read(SCENARIO, source="weather.yaml")
        fault = {"reset": 3}
        reply = {"text": "It is sunny 🌞", "faults": [fault, fault]}
        assert document.source == "weather.yaml"
        assert document.value == {
            "name": "weather",
            "rules": [
                {"when": {"last": {"role": "user"}}, "replies": [reply]},
                {"when": {"header": {"x-mode": "é", "y": 2}}},
            ],
        }

    def test_a_byte_order_mark_and_windows_line_ends_do_not_move_anything(self):
        document = read(b"\xef\xbb\xbf" + "é: 1\r\nb: 2\r\n".encode())
        assert document.value == {"é": 1, "b": 2}
        assert document.marks["é",] == (Mark(1, 1), Mark(1, 4))
        assert document.marks["b",] == (Mark(2, 1), Mark(2, 4))


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("rules", 0, "when"), Mark(3, 5), Mark(3, 11)),
        (("rules", 0, "when", "lost", "role"), Mark(3, 5), Mark(3, 11)),
        (("rules", 0, "replies", 7, "text"), Mark(4, 5), Mark(5, 5)),
        (("name", 0), Mark(1, 1), Mark(1, 7)),
        (("nothing",), Mark(1, 1), Mark(1, 1)),
    ],
)
def test_a_path_that_is_absent_is_marked_at_its_nearest_ancestor(path, key, value):
    document = read(SCENARIO)
    assert (document.key_mark(path), document.value_mark(path)) == (key, value)


def test_a_document_without_text_has_no_marks():
    document = Document({"name": "x"}, "<python>", {})
    assert (document.key_mark(("name",)), document.value_mark(("name",))) == (None, None)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("rules", 0, "replies", 1, "text"), "rules[0].replies[1].text"),
        (("rules", 0, "when", "header", "x-mode"), 'rules[0].when.header["x-mode"]'),
        ((0, "a"), "[0].a"),
        (("a b", "404", 'c"', "é"), '["a b"]["404"]["c\\""].é'),
    ],
)
def test_a_path_is_written_as_python_writes_it(path, text):
    assert path_text(path) == text


@pytest.mark.usefixtures("_either_parser")
class TestValues:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("a: no\nb: 012\nc: '12'\nd: |\n  12\ne:\n", {"a": "no", "b": 12, "c": "12", "d": "12\n", "e": None}),
            ("- 1:30\n- 2024-01-01\n- 1_000\n- 0o14\n- ~\n", ["1:30", "2024-01-01", "1_000", 12, None]),
            ("404: a\n1.5: b\ntrue: c\n0x1F: d\n", {"404": "a", "1.5": "b", "true": "c", "0x1F": "d"}),
            ("'null': a\n'': b\n", {"null": "a", "": "b"}),
            ("? a\n: b\n", {"a": "b"}),
            ("a: !!str 12\nb: !!map {}\nc: !!seq []\nd: ! {}\n", {"a": "12", "b": {}, "c": [], "d": {}}),
            ("%YAML 1.1\n---\na: yes\n...\n", {"a": "yes"}),
            ("null", None),
            ("''", ""),
            ("a: &k x\n*k : 1\n", {"a": "x", "x": 1}),
            ("a: &k 1\nb: &k 2\nc: *k\n", {"a": 1, "b": 2, "c": 2}),
            ("a: &k {b: &k 1, c: *k}\nd: *k\n", {"a": {"b": 1, "c": 1}, "d": 1}),
            ("'<<': 1\nb: &k <<\nc: {*k : 2}\n", {"<<": 1, "b": "<<", "c": {"<<": 2}}),
            ("m: &m {a: 1, b: 1}\nn: {b: 2, <<: *m}\n", {"m": {"a": 1, "b": 1}, "n": {"a": 1, "b": 2}}),
            ("<<: [{a: 1}, {a: 2, b: 2}]\nc: 3\n", {"a": 1, "b": 2, "c": 3}),
            ("x: &x {<<: {a: 1}}\ny: {<<: *x}\n", {"x": {"a": 1}, "y": {"a": 1}}),
        ],
    )
    def test_text_becomes_plain_data(self, text, value):
        assert json.dumps(read(text).value) == json.dumps(value)

    def test_an_aliased_value_is_built_once_and_shared(self):
        value = read("- &a {x: [1]}\n- *a\n").value
        assert isinstance(value, list)
        assert value[0] is value[1]

    def test_what_a_merge_key_brings_is_marked_where_the_anchor_is(self):
        document = read("m: &m {a: 1}\nn:\n  <<: *m\n  b: 2\n")
        assert document.marks["n", "a"] == (Mark(1, 8), Mark(1, 11))
        assert document.marks["n", "b"] == (Mark(4, 3), Mark(4, 6))


QUOTED = "a scenario is plain data, so remove it, or quote it as text"
UNBOUNDED = "is no number that JSON can hold: give a finite one, or quote it if it is text"


@pytest.mark.usefixtures("_either_parser")
class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("", "1:1: the file is empty"),
            ("# only a comment\n", "1:1: the file is empty"),
            ("---\n", "1:1: the file is empty"),
            ("a: 1\n---\nb: 2\n", "2:1: a second document starts here: one file is one scenario, so split it"),
            ("a: .inf", f"1:4: a: '.inf' {UNBOUNDED}"),
            ("a:\n- x\n- .nan", f"3:3: a[1]: '.nan' {UNBOUNDED}"),
            (
                "a: !!python/object:os.system [ls]",
                f"1:4: a: the tag !!python/object:os.system cannot be used here: {QUOTED}",
            ),
            ("a: !Foo x", f"1:4: a: the tag !Foo cannot be used here: {QUOTED}"),
            ("!!set {a}", f"1:1: the tag !!set cannot be used here: {QUOTED}"),
            ("a: !!seq {}", f"1:4: a: the tag !!seq cannot be used here: {QUOTED}"),
            ("a: {b: 1, ~: 2}", "1:11: a: a key must be text, found null: quote it or name it"),
            ("? [1]\n: 2", "1:3: a key must be text, found a list: quote it or name it"),
            ("a: {{ b }}", '1:5: a: a key must be text, found a mapping: a template needs quotes, "{{ ... }}"'),
            ("a: *b", "1:4: a: no anchor &b stands before the alias *b: define it above, or quote the text"),
            (
                "a: &b\n- *b",
                "2:3: a[0]: the alias *b stands inside its own anchor of line 1, so it never ends: remove it",
            ),
            ("a: {<<: 5}", '1:9: a["<<"]: << merges a mapping or a list of mappings, found 5: write <<: *anchor'),
            ("a: \x07", '1:4: U+0007 cannot stand in YAML as it is: write "\\u0007" in double quotes'),
            (b"a: 1\r\nb: \xc3\xa9\xff", "2:5: the byte 0xFF is not UTF-8: save the file as UTF-8"),
        ],
    )
    def test_each_fault_has_its_place_and_its_remedy(self, text, problem):
        assert problems(text) == [problem]

    def test_all_faults_are_told_at_once_in_the_order_of_the_file(self):
        text = "m: &m [x]\na: !Foo 1\nb: {c: 1, c: 2}\nd: {<<: *m}\n404: x\n'404': y\na: [*z]\n"
        assert problems(text) == [
            "1:8: d[\"<<\"]: << merges a mapping or a list of mappings, found 'x': write <<: *anchor",
            f"2:4: a: the tag !Foo cannot be used here: {QUOTED}",
            "3:11: b.c: the key 'c' is given twice, on line 3 and on line 3: keep one of them",
            "6:1: [\"404\"]: the key '404' is given twice, on line 5 and on line 6: keep one of them",
            "7:1: a: the key 'a' is given twice, on line 2 and on line 7: keep one of them",
            "7:5: a[0]: no anchor &z stands before the alias *z: define it above, or quote the text",
        ]

    def test_a_syntax_error_ends_the_problems_found_before_it(self):
        found = problems("a: 1\na: 2\nb: 'x\n")
        assert found[0] == "2:1: a: the key 'a' is given twice, on line 1 and on line 2: keep one of them"
        finding = "found unexpected end of stream while scanning a quoted scalar from line 3"
        assert found[1:] == [f"4:1: this is not YAML: {finding}: close the quote"]

    def test_every_character_that_yaml_cannot_hold_is_told(self):
        half = "write the whole character, or \\U and its eight hexadecimal digits in double quotes"
        assert problems("a: 1\r\nb: \x00\rc: \u2028\n\ud83d") == [
            '2:4: U+0000 cannot stand in YAML as it is: write "\\u0000" in double quotes',
            '3:4: U+2028 cannot stand in YAML as it is: write "\\u2028" in double quotes',
            f"4:1: U+D83D cannot stand in YAML as it is: {half}",
        ]


def test_a_syntax_error_has_its_place_its_beginning_and_its_remedy():
    finding = "did not find expected ',' or ']' while parsing a flow sequence from line 1"
    remedy = "close the bracket, and put quotes around a value that contains brackets or ': '"
    assert problems("a: [1\nb: 2") == [f"2:2: this is not YAML: {finding}: {remedy}"]


def test_a_syntax_error_has_no_beginning_where_the_parser_gives_none():
    remedy = "put quotes around a value that contains ': ', or correct the indentation"
    assert problems("a: b: c") == [f"1:5: this is not YAML: mapping values are not allowed in this context: {remedy}"]


@pytest.mark.parametrize("text", ['"\\ud83d"', '"\\U00110000"', '"\\Uffffffff"'])
@pytest.mark.usefixtures("_either_parser")
def test_an_escape_that_names_no_character_is_refused(text):
    assert len(problems(text)) == 1


BOMB = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
DEEP = "more than 64 lists and mappings inside each other: use fewer levels"
MANY = "more than 100000 keys and values, aliases written out: split it"


@pytest.mark.usefixtures("_either_parser")
class TestLimits:
    @pytest.mark.parametrize(
        ("text", "column"),
        [("[" * 200 + "]" * 200, 65), ("[" * 100_000, 65), ("- " * 100_000, 129), ("{a: " * 100_000, 257)],
    )
    def test_deep_text_is_refused_where_it_gets_too_deep(self, text, column):
        assert problems(text) == [f"1:{column}: {DEEP}"]

    def test_the_deepest_text_that_is_allowed_is_read(self):
        assert json.dumps(read("[" * 64 + "]" * 64).value) == "[" * 64 + "]" * 64

    def test_depth_counts_what_an_alias_names(self):
        limits = ReaderLimits(depth=3)
        assert read("- &a [x]\n- [*a]\n", limits=limits).value == [["x"], [["x"]]]
        refusal = "2:5: more than 3 lists and mappings inside each other: use fewer levels"
        assert problems("- &a [x]\n- [[*a]]\n", limits=limits) == [refusal]

    def test_an_alias_bomb_is_refused_without_being_written_out(self):
        # a0 counts 2 and a(n) 1 + 9 a(n-1): 19, 172, 1549, 13942. With their keys and the mapping around them 15,690
        # nodes stand before line 6; a5, its key and six *a4 make 99,344, so the seventh *a4, in column 10 + 6 * 5, is
        # one too many.
        assert problems(BOMB) == [f"6:40: {MANY}"]

    def test_nodes_count_keys_values_and_what_aliases_name(self):
        text = "a: &a [x]\nb: *a\n"  # 1 mapping, 2 keys, and twice a list with a scalar
        assert read(text, limits=ReaderLimits(nodes=7)).value == {"a": ["x"], "b": ["x"]}
        refusal = "2:4: more than 6 keys and values, aliases written out: split it"
        assert problems(text, limits=ReaderLimits(nodes=6)) == [refusal]

    def test_a_scalar_alias_counts_as_one_node(self):
        assert read("[&a x, *a]", limits=ReaderLimits(nodes=3)).value == ["x", "x"]
        assert len(problems("[&a x, *a]", limits=ReaderLimits(nodes=2))) == 1

    def test_a_long_flat_file_is_refused(self):
        refusal = "1:2000: more than 1000 keys and values, aliases written out: split it"
        assert problems("[" + "1," * 1_000_000 + "]", limits=ReaderLimits(text_bytes=3_000_000, nodes=1000)) == [
            refusal
        ]

    @pytest.mark.parametrize("text", ["a: é!", "a: é!".encode()])
    def test_the_size_counts_bytes(self, text):
        assert read(text, limits=ReaderLimits(text_bytes=6)).value == {"a": "é!"}
        refusal = " 6 bytes of text, 5 are allowed: scenario files are short, split it"
        assert problems(text, limits=ReaderLimits(text_bytes=5)) == [refusal]

    def test_too_many_problems_end_the_reading(self):
        assert problems("[*a, *b, *c]", limits=ReaderLimits(problems=2)) == [
            "1:2: [0]: no anchor &a stands before the alias *a: define it above, or quote the text",
            "1:6: [1]: no anchor &b stands before the alias *b: define it above, or quote the text",
            "1:6: 2 problems end the reading: correct these first",
        ]


class TestFiles:
    def refusal(self, path, **options):
        with pytest.raises(ScenarioError) as error:
            read_file(path, **options)
        (problem,) = error.value.problems
        assert problem.line is None
        return problem.source, problem.message

    def test_a_file_is_read_and_its_path_is_the_source(self, tmp_path):
        path = tmp_path / "a.yaml"
        path.write_bytes("a: é".encode())
        assert (read_file(path).value, read_file(path).source) == ({"a": "é"}, str(path))
        assert read_file(path, source="a.yaml").source == "a.yaml"

    def test_a_faulty_file_is_named_in_its_problems(self, tmp_path):
        path = tmp_path / "a.yaml"
        path.write_bytes(b"")
        with pytest.raises(ScenarioError, match=r"^a\.yaml:1:1: the file is empty$"):
            read_file(path, source="a.yaml")

    def test_a_large_file_is_refused_by_its_size_and_not_read(self, tmp_path):
        path = tmp_path / "large.yaml"
        with path.open("wb") as file:
            file.truncate(50_000_000)
        message = "50000000 bytes of text, 1048576 are allowed: scenario files are short, split it"
        assert self.refusal(path) == (str(path), message)

    def test_the_limits_hold_for_files(self, tmp_path):
        path = tmp_path / "a.yaml"
        path.write_bytes(b"a: 1")
        assert read_file(path, limits=ReaderLimits(text_bytes=4)).value == {"a": 1}
        message = "4 bytes of text, 3 are allowed: scenario files are short, split it"
        assert self.refusal(path, limits=ReaderLimits(text_bytes=3), source="a.yaml") == ("a.yaml", message)

    def test_a_missing_file_is_a_problem(self, tmp_path):
        path = tmp_path / "none.yaml"
        assert self.refusal(path) == (str(path), "there is no such file: check its name and folder")

    def test_a_directory_is_a_problem(self, tmp_path):
        assert self.refusal(tmp_path) == (str(tmp_path), "this is a directory: name a scenario file")

    def test_a_pipe_is_a_problem_and_is_not_waited_for(self, tmp_path):
        path = tmp_path / "pipe"
        os.mkfifo(path)
        assert self.refusal(path) == (str(path), "this is no regular file: name a scenario file")

    def test_an_unreadable_file_is_a_problem(self, tmp_path):
        path = tmp_path / "loop.yaml"
        path.symlink_to(path)
        message = f"the file cannot be read ({os.strerror(errno.ELOOP)}): check its name and mode"
        assert self.refusal(path) == (str(path), message)

    def test_a_path_that_no_system_has_is_a_problem(self):
        source, message = self.refusal(Path("a\0b"), source="a")
        # The words in the brackets are Python's, and differ between its versions.
        assert (
            re.sub(r"\(.*embedded null.*\)", "(...)", message)
            == "the file cannot be read (...): check its name and mode"
        )
        assert source == "a"


# JSON's pairs of surrogate escapes are no YAML; a key of 80 characters fits a simple key (1024, YAML 1.2.2 §7.4.2)
# even where each of them is written with six.
BASIC = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=80)
PRINTED = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Zl", "Zp"]), max_size=80)


def json_values(text):
    leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text
    return st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(text, inner), max_leaves=20)


@given(json_values(BASIC), st.sampled_from([None, 2, "\t"]))
def test_escaped_json_is_yaml(value, indent):
    assert json.dumps(read(json.dumps(value, indent=indent)).value) == json.dumps(value)


@given(json_values(PRINTED), st.sampled_from([(", ", ": "), (",", ":")]))
def test_unescaped_json_is_yaml(value, separators):
    text = json.dumps(value, ensure_ascii=False, separators=separators)
    assert json.dumps(read(text.encode()).value) == json.dumps(value)


SIGNS = [*"a1[]{}'\"|#\n\t\0\ud800", "  ", ", ", ": ", "- ", "? ", "&a ", "*a ", "<<", "!x ", "!!int ", ".inf", "---"]
ODDITIES = ["\\u", "\\U99999999", "%YAML 1.1\n", f"%YAML 1.{'9' * 5000}\n"]


@given(st.lists(st.sampled_from(SIGNS + ODDITIES), max_size=40).map("".join))
def test_any_text_is_read_or_refused_with_places_in_order(text):
    try:
        document = read(text)
    except ScenarioError as error:
        places = [(problem.line, problem.column) for problem in error.problems]
        assert places == sorted(places)
    else:
        json.dumps(document.value, allow_nan=False)
        assert document.key_mark(()) == document.value_mark(())
