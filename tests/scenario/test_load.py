"""Files, texts and values become scenarios, and what is wrong with them is told with its place.

The table of broken files is the specification of the messages: each line says the file, the line, the column, the path,
what was found, what is allowed and the nearest spelling.
"""

# ruff: noqa: E501 # the messages are kept as long as they are shown

import re
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mockllm.catalogue import KNOWN_ERRORS
from mockllm.errors import ScenarioError
from mockllm.scenario.document import Rule, Scenario
from mockllm.scenario.faults import ALIASES, FAULTS
from mockllm.scenario.load import load_file, load_text, load_value
from mockllm.scenario.reader import read
from mockllm.scenario.reply import ContentReply

CODES = ", ".join(KNOWN_ERRORS)
KINDS = ", ".join((*FAULTS, *ALIASES))
SCENARIO = ", ".join(Scenario.allowed())
REPLY = ", ".join(ContentReply.allowed())
POSITIONS = "start, headers, finish, done, end, {token: 3}, {frame: 3}, {event: NAME}, {byte: 120}, {share: 50%}"
UNITS = "such as 250ms, 1.5s or 2m (units: us, ms, s, m, h, d)"

BROKEN = {
    "an unknown key at the top": (
        """
        name: broken
        rulez: []
        """,
        [f"2:1: rulez: unknown key 'rulez': did you mean 'rules'? allowed here: {SCENARIO}"],
    ),
    "an unknown key of a rule": (
        """
        rules:
          - when: {api: chat}
            reply: Hello
            replies: [Hello]
        """,
        [
            (
                "3:5: rules[0].reply: unknown key 'reply': did you mean 'replies'? allowed here: name, when, replies, "
                "then, profile, chaos"
            )
        ],
    ),
    "an unknown key of a matcher": (
        """
        rules:
          - when: {api: chat, modle: gpt-5.1}
            replies: [Hello]
        """,
        [
            (
                "2:23: rules[0].when.modle: unknown key 'modle': did you mean 'model'? allowed here: api, model, stream, "
                "system, user, last, message, tools, tool_result, turn, header, json, all, any, not"
            )
        ],
    ),
    "an unknown key of a reply": (
        """
        rules:
          - replies:
              - txt: Hello
        """,
        [f"3:9: rules[0].replies[0].txt: unknown key 'txt': did you mean 'text'? allowed here: {REPLY}"],
    ),
    "an unknown key of a fault": (
        """
        rules:
          - replies:
              - text: Hello
                faults:
                  - split: {byte: 1}
        """,
        [
            (
                "5:21: rules[0].replies[0].faults[0].split.byte: unknown key 'byte': did you mean 'bytes'? allowed here: "
                "bytes, every"
            )
        ],
    ),
    "an unknown key of a part, in a part that has a key of its own name": (
        """
        rules:
          - replies:
              - parts:
                  - text: {text: Hello, colour: red}
        """,
        ["4:33: rules[0].replies[0].parts[0].text.colour: unknown key 'colour': allowed here: text"],
    ),
    "a number without a unit": (
        """
        pace: {ttft: 300}
        """,
        ["1:14: pace.ttft: 300 is not a duration: write it as a number with its unit, such as 250ms"],
    ),
    "a wrong unit": (
        """
        pace:
          itl: 20msec
          jitter: 10
        """,
        [
            f"2:8: pace.itl: '20msec' is not a duration: write a number and a unit, {UNITS}",
            "3:11: pace.jitter: 10 is not a share: write it as a number with its unit, such as 5%",
        ],
    ),
    "wrong types": (
        """
        seed: seven
        strict: yes
        about: 5
        tokens: exactly
        created: tomorrow
        auth: {keys: {a: b}}
        rules: {replies: [Hello]}
        """,
        [
            "1:7: seed: expected a whole number, found 'seven'",
            "2:9: strict: expected true or false, found 'yes'",
            "3:8: about: expected a text, found 5: put it in quotes",
            "4:9: tokens: expected approximate or exact, found 'exactly': did you mean 'exact'?",
            "5:10: created: expected a whole number of seconds since 1970 or now, found 'tomorrow'",
            "6:14: auth.keys: expected a text or a list of keys, found {a: 'b'}",
            "7:8: rules: expected a list, found {replies: ['Hello']}",
        ],
    ),
    "rules without their body": (
        """
        rules:
          -
          - {}
          - replies:
          - replies: []
          - replies: [null]
        """,
        [
            "2:4: rules[0]: expected a mapping with keys from name, when, replies, then, profile, chaos, found null",
            "3:5: rules[1].replies: the key 'replies' is missing: the answers, in order",
            "4:13: rules[2].replies: expected a list, found null",
            "5:14: rules[3].replies: the list is empty: give it at least one entry",
            "6:15: rules[4].replies[0]: expected a reply, found null: write a text, or a mapping such as {text: ...}",
        ],
    ),
    "an unknown fault": (
        """
        rules:
          - replies:
              - text: Hello
                faults:
                  - rest: {at: start}
                  - done
                  - stall:
        """,
        [
            f"5:13: rules[0].replies[0].faults[0]: unknown fault 'rest': did you mean 'reset'? allowed: {KINDS}",
            (
                "6:13: rules[0].replies[0].faults[1]: expected a fault as one key and its body, such as {done: {mode: ..., "
                "by: ...}}, found 'done'"
            ),
            "7:19: rules[0].replies[0].faults[2].stall: expected a mapping with keys from at, for, heartbeat, jitter, found null",
        ],
    ),
    "two faults in one entry": (
        """
        rules:
          - replies:
              - text: Hello
                faults:
                  - reset: {at: start}
                    done: omit
        """,
        ["5:13: rules[0].replies[0].faults[0]: one fault per entry, found 2 keys: reset, done: make an entry of each"],
    ),
    "two kinds of answer in one reply": (
        """
        rules:
          - replies:
              - text: Hello
                error: slow_down
              - {choices: [a, b], text: c}
              - {text: a, parts: [{text: b}]}
        """,
        [
            "3:9: rules[0].replies[0]: error and text are different kinds of answer: keep one",
            "5:9: rules[0].replies[1]: choices gives the content of every choice: move text into it, or drop choices",
            "6:9: rules[0].replies[2]: parts gives the whole answer in order: move text into it, or drop parts",
        ],
    ),
    "an unknown error code": (
        """
        rules:
          - replies:
              - error: rate_limt_exceeded
              - error: {message: No.}
              - error: 500
        """,
        [
            (
                "3:16: rules[0].replies[0].error: unknown error code 'rate_limt_exceeded': did you mean "
                f"'rate_limit_exceeded'? give its status too, or use one of {CODES}"
            ),
            f"4:16: rules[0].replies[1].error: an error needs a status or a known code; the known codes are {CODES}",
            (
                "5:16: rules[0].replies[2].error: expected a code such as rate_limit_exceeded, found 500: a status is "
                "written {status: 500}"
            ),
        ],
    ),
    "a wrong time to try again": (
        """
        rules:
          - replies:
              - error: {code: slow_down, retry_after: soon}
              - error: {code: slow_down, retry_after: -1}
              - error: {code: slow_down, retry_after: {raw: 5}}
        """,
        [
            (
                f"3:47: rules[0].replies[0].error.retry_after: 'soon' is not a duration: write a number and a unit, {UNITS}; "
                "or write a number of seconds, none, {ms: 1500}, {date: 30s} or {raw: soon}"
            ),
            "4:47: rules[0].replies[1].error.retry_after: -1 seconds is no time to wait: write a number from 0 to 86400",
            "5:53: rules[0].replies[2].error.retry_after.raw: expected a text, found 5: put it in quotes",
        ],
    ),
    "what is no regular expression and no JSONPath": (
        """
        rules:
          - when:
              last: {regex: "([a-z]"}
              json:
                $.a[: 1
                $.b: {regex: "*"}
            replies: [Hello]
        """,
        [
            (
                "3:21: rules[0].when.last.regex: '([a-z]' is not a regular expression: missing ), unterminated subpattern "
                "at position 0"
            ),
            "5:9: rules[0].when.json[\"$.a[\"]: '$.a[' is not a JSONPath: unexpected end of query",
            "6:22: rules[0].when.json[\"$.b\"].regex: '*' is not a regular expression: nothing to repeat at position 0",
        ],
    ),
    "positions": (
        """
        rules:
          - replies:
              - text: Hello
                faults:
                  - reset: {at: strat}
                  - reset: {at: 3}
                  - reset: {at: {fram: 3}}
                  - reset: {at: {token: -1}}
                  - reset: {at: {share: 0.5}}
                  - reset: {at: frame}
                  - reset: {}
        """,
        [
            (
                "5:25: rules[0].replies[0].faults[0].reset.at: unknown position 'strat': did you mean 'start'? allowed: "
                f"{POSITIONS}"
            ),
            (
                "6:25: rules[0].replies[0].faults[1].reset.at: a position needs a unit: write {frame: 3}, {token: 3} or "
                "{byte: 3}"
            ),
            (
                "7:25: rules[0].replies[0].faults[2].reset.at: unknown position 'fram': did you mean 'frame'? allowed: "
                "token, frame, event, byte, share"
            ),
            "8:33: rules[0].replies[0].faults[3].reset.at.token: expected a value of at least 0, found -1",
            (
                "9:33: rules[0].replies[0].faults[4].reset.at.share: 0.5 is not a share: write it as a number with its "
                "unit, such as 5%"
            ),
            "10:25: rules[0].replies[0].faults[5].reset.at: the position 'frame' needs a value: write {frame: 3}",
            "11:20: rules[0].replies[0].faults[6].reset.at: the key 'at' is missing: where the answer ends",
        ],
    ),
    "patches": (
        """
        rules:
          - replies:
              - text: Hello
                faults:
                  - patch: {frames: lst, set: {$.a: 1}}
                  - patch: {set: {"$.a[*]": 1}}
                  - patch: {remove: [$.a, "$.b["]}
                  - patch: {}
        """,
        [
            (
                "5:29: rules[0].replies[0].faults[0].patch.frames: expected first, last, all, role, token, finish, usage, "
                "done, body, a frame's number or a list of such numbers, found 'lst': did you mean 'last'?"
            ),
            (
                "6:27: rules[0].replies[0].faults[1].patch.set[\"$.a[*]\"]: '$.a[*]' must end in a key or an index to be "
                "set, such as $.choices[0].delta.role"
            ),
            "7:35: rules[0].replies[0].faults[2].patch.remove[1]: '$.b[' is not a JSONPath: unexpected end of query",
            "8:20: rules[0].replies[0].faults[3].patch: a patch needs something to set or to remove",
        ],
    ),
    "tries": (
        """
        rules:
          - replies:
              - text: Hello
                attempts:
                  - rest: {at: start}
                  - {reset: {at: start}, stall: {at: start}}
                  - {text: a, reset: {at: start}}
                  - 5
              - text: Bye
                attempts: [{text: a, attempts: [b]}]
                stall: {at: start}
        """,
        [
            (
                "5:13: rules[0].replies[0].attempts[0]: unknown key 'rest': did you mean 'reset'? a try is a reply, with "
                f"keys such as text, error and raw, or one fault of {KINDS}"
            ),
            (
                "6:13: rules[0].replies[0].attempts[1]: one fault per entry, found 2 keys: reset, stall: make an entry of "
                "each"
            ),
            (
                "7:23: rules[0].replies[0].attempts[2].reset: unknown key 'reset': it is a fault, so write faults: "
                f"[{{reset: ...}}]; allowed here: {REPLY}"
            ),
            (
                "8:13: rules[0].replies[0].attempts[3]: expected a reply, found 5: write a text, or a mapping such as "
                "{text: ...}"
            ),
            (
                "11:9: rules[0].replies[1].stall: unknown key 'stall': it is a fault, so write faults: [{stall: ...}]; "
                f"allowed here: {REPLY}"
            ),
        ],
    ),
    "texts and tool calls": (
        """
        rules:
          - replies:
              - 5
              - text: 5
              - text: [a, 5]
              - text: {text: a}
              - tool_calls: {name: f}
              - tool_calls: [{nam: f, arguments: 5}]
              - tool_calls: [{name: f, arguments: {}, input: x}]
              - {auto: no}
              - {call: print}
        """,
        [
            "3:9: rules[0].replies[0]: expected a reply, found 5: write a text, or a mapping such as {text: ...}",
            (
                "4:15: rules[0].replies[1].text: expected a text or a list of texts, which are its tokens, found 5: put it "
                "in quotes"
            ),
            "5:19: rules[0].replies[2].text[1]: expected a text, found 5: put it in quotes",
            "6:15: rules[0].replies[3].text: expected a text or a list of texts, which are its tokens, found {text: 'a'}",
            "7:21: rules[0].replies[4].tool_calls: expected a list, found {name: 'f'}",
            "8:22: rules[0].replies[5].tool_calls[0].name: the key 'name' is missing",
            (
                "8:23: rules[0].replies[5].tool_calls[0].nam: unknown key 'nam': did you mean 'name'? allowed here: name, "
                "arguments, input, id"
            ),
            (
                "8:42: rules[0].replies[5].tool_calls[0].arguments: expected a mapping, a text or a list of texts, which are "
                "its tokens, found 5"
            ),
            (
                "9:22: rules[0].replies[6].tool_calls[0]: arguments belong to a function tool and input to a custom tool: "
                "keep one"
            ),
            "10:16: rules[0].replies[7].auto: expected true, found 'no'",
            "11:16: rules[0].replies[8].call: expected a Python callable, which YAML cannot give, found 'print'",
        ],
    ),
    "pace": (
        """
        pace: {itl: 1s, tokens_per_second: 80}
        rules:
          - replies:
              - text: Hello
                pace: 1s
              - text: Hello
                pace:
                  ttft: {log-normal: {median: 1s}}
                  itl: {lognormal: {median: 1s, sigma: 9}}
                  done: {uniform: {min: 2s, max: 1s}}
                  tokens_per_second: 0
        """,
        [
            "1:7: pace: itl and tokens_per_second both set the time between tokens: keep one",
            ("5:15: rules[0].replies[0].pace: expected fast-small, large, huge, reasoning or cold-start, found '1s'"),
            (
                "8:17: rules[0].replies[1].pace.ttft: unknown latency 'log-normal': did you mean 'lognormal'? allowed: "
                "fixed, uniform, normal, lognormal, percentiles"
            ),
            "9:48: rules[0].replies[1].pace.itl.lognormal.sigma: expected a value of at most 5, found 9",
            "10:27: rules[0].replies[1].pace.done.uniform: min is above max: swap them",
            "11:30: rules[0].replies[1].pace.tokens_per_second: expected a value of at least 0.001, found 0",
        ],
    ),
    "defaults and otherwise": (
        """
        models: {only: true}
        defaults: {headers: {x-count: 5}, fautls: []}
        otherwise: {error: {status: 200}}
        example: [5]
        """,
        [
            "1:9: models.ids: the key 'ids' is missing",
            '2:31: defaults.headers["x-count"]: expected a text, found 5: put it in quotes',
            (
                "2:35: defaults.fautls: unknown key 'fautls': allowed here: headers, model, service_tier, "
                "system_fingerprint, usage, template"
            ),
            "3:29: otherwise.error.status: expected a value of at least 300, found 200",
            "4:11: example[0]: expected a mapping, found 5",
        ],
    ),
    "several faults at once, in the order of the file": (
        """
        name: elsewhere
        seeds: 7
        rules:
          - replies: [{error: nope, faults: [{done: omi}]}]
            then: repaet
          - when: {last: {role: 5}}
            replies: [Hello]
        pace: {ttft: 1}
        """,
        [
            "1:7: name: the name is 'elsewhere' but the file is 'broken': URLs use the file's name, so make them agree",
            f"2:1: seeds: unknown key 'seeds': did you mean 'seed'? allowed here: {SCENARIO}",
            (f"4:23: rules[0].replies[0].error: unknown error code 'nope': give its status too, or use one of {CODES}"),
            (
                "4:45: rules[0].replies[0].faults[0].done: expected omit, twice, spaced, late or text_after, found 'omi': "
                "did you mean 'omit'?"
            ),
            "5:11: rules[0].then: expected repeat or loop, found 'repaet': did you mean 'repeat'?",
            "6:25: rules[1].when.last.role: expected a text or a list of texts, found 5",
            "8:14: pace.ttft: 1 is not a duration: write it as a number with its unit, such as 250ms",
        ],
    ),
    "a name that is none": (
        """
        name: 5
        """,
        ["1:7: name: expected a text, found 5: put it in quotes"],
    ),
    "a list where a scenario belongs": (
        """
        - text: Hello
        """,
        ["1:1: a scenario is a mapping with keys such as name and rules, found [{text: 'Hello'}]"],
    ),
    "an alias": (
        """
        pace: &pace {ttft: 300}
        rules:
          - replies: [{text: a, pace: *pace}]
        """,
        [
            "1:20: pace.ttft: 300 is not a duration: write it as a number with its unit, such as 250ms",
            (
                "1:20: rules[0].replies[0].pace.ttft: 300 is not a duration: write it as a number with its unit, such as "
                "250ms"
            ),
        ],
    ),
}


def problems_of(path: Path) -> list[str]:
    with pytest.raises(ScenarioError) as error:
        load_file(path)
    return [str(problem).removeprefix(f"{path}:") for problem in error.value.problems]


def test_the_table_is_long_enough_to_be_a_specification():
    assert len(BROKEN) >= 20


@pytest.mark.parametrize("title", BROKEN)
def test_a_broken_file_is_told_in_full(tmp_path, title):
    text, expected = BROKEN[title]
    path = tmp_path / "broken.yaml"
    path.write_text(dedent(text).lstrip("\n"))
    assert problems_of(path) == expected


@pytest.mark.parametrize("text", ["rules: [ , Hello]", "example: {model: [}", "name: a: b"])
def test_what_is_no_yaml_is_told_by_the_reader(tmp_path, text):
    path = tmp_path / "broken.yaml"
    path.write_text(text)
    assert "this is not YAML" in problems_of(path)[0]


class TestNames:
    def test_a_file_gives_its_name_to_the_scenario(self, tmp_path):
        path = tmp_path / "weather.yaml"
        path.write_text("rules: [{replies: [Hello]}]\n")
        assert load_file(path).name == "weather"

    def test_the_same_name_may_be_inside(self, tmp_path):
        path = tmp_path / "weather.yaml"
        path.write_text("name: weather\n")
        assert load_file(path) == Scenario(name="weather")

    def test_a_file_whose_name_cannot_be_in_a_url_is_told_to_be_renamed(self, tmp_path):
        path = tmp_path / "my scenario.yaml"
        path.write_text("seed: 7\n")
        assert problems_of(path) == [
            (
                "1:1: name: 'my scenario' cannot be a name, which is part of URLs: use letters, digits, '.', '_' and '-', and "
                "begin with a letter or a digit"
            )
        ]

    def test_null_is_no_name(self, tmp_path):
        path = tmp_path / "a.yaml"
        path.write_text("name:\n")
        assert problems_of(path) == ["1:6: name: expected a text, found null"]

    def test_a_text_may_have_any_name_or_none(self):
        assert load_text("name: weather").name == "weather"
        assert load_text("seed: 7").name == "scenario"


class TestSources:
    def test_a_text_is_told_by_its_source(self):
        with pytest.raises(ScenarioError, match=r"^<scenario>:1:1: rulez: "):
            load_text("rulez: []")
        with pytest.raises(ScenarioError, match=r"^the test:1:1: rulez: "):
            load_text("rulez: []", source="the test")

    def test_a_value_has_paths_and_no_lines(self):
        with pytest.raises(ScenarioError) as error:
            load_value({"rules": [{"replies": [{"text": 5}]}], "seed": "x"})
        assert [str(problem) for problem in error.value.problems] == [
            "<scenario>: seed: expected a whole number, found 'x'",
            (
                "<scenario>: rules[0].replies[0].text: expected a text or a list of texts, which are its tokens, found 5: "
                "put it in quotes"
            ),
        ]
        assert error.value.problems[0].line is None

    def test_a_file_that_is_not_there_is_told(self, tmp_path):
        with pytest.raises(ScenarioError, match="there is no such file"):
            load_file(tmp_path / "none.yaml")

    def test_what_is_no_mapping_is_no_scenario(self):
        message = "a scenario is a mapping with keys such as name and rules, found"
        for text, found in (("5", "5"), ("- a", "['a']"), ("Hello", "'Hello'")):
            with pytest.raises(ScenarioError) as error:
                load_text(text)
            assert str(error.value) == f"<scenario>:1:1: {message} {found}"

    def test_python_may_give_callables_and_values_of_the_language(self):
        def answer(_request):
            return "computed"

        scenario = load_value({"rules": [{"replies": [answer]}, Rule(replies=(ContentReply(text="a"),))]})
        assert scenario.rules[0].replies[0].call is answer
        assert scenario.rules[1].replies[0].text == "a"


DESIGN = """\
name: weather-with-trouble
about: A tool call arrives after a 429, then the answer stalls in the middle of a word.
source: [vercel/ai#12501]             # where this was seen in the wild
seed: 7
models: [gpt-5.1, openai/gpt-5.1]     # served by GET /models; any model is accepted unless `only: true`
auth: {keys: [sk-test]}               # leave out: any key, or none, is fine
pace: {ttft: {lognormal: {median: 300ms, sigma: 0.4}}, itl: 20ms}

rules:
  - when: {api: chat, tools: get_weather, last: {role: user, contains: weather}}
    replies:
      - attempts:                     # what the first tries at this very request get; a retry moves on
          - error: {code: rate_limit_exceeded, retry_after: 1s}
          - reset: {at: start}
        reasoning: The user wants weather. I need the tool.
        tool_calls:
          - {name: get_weather, arguments: {city: Paris}}
          - {name: get_weather, arguments: {city: Rome}}
  - when: {last: {role: tool}}
    replies:
      - text: "It is sunny in Paris 🌞 and raining in Rome."
        pace: {tokens_per_second: 80, jitter: 10%}
        faults:
          - stall: {at: {token: 5}, for: 30s, heartbeat: 5s}
          - split: {bytes: 1}         # every byte its own TCP segment, so the emoji arrives in four
          - done: omit
otherwise: {error: {status: 400}}     # the default: refuse, and say which rule came nearest and why it did not match
"""


def test_the_example_of_the_language_loads():
    scenario = load_text(DESIGN)
    first, second = scenario.rules
    assert [type(entry).__name__ for entry in first.replies[0].attempts] == ["ErrorReply", "Reset"]
    assert [call.arguments for call in first.replies[0].tool_calls] == [{"city": "Paris"}, {"city": "Rome"}]
    assert [fault.kind for fault in second.replies[0].faults] == ["stall", "split", "done"]
    assert second.replies[0].faults[0].for_ == 30_000_000
    assert scenario.otherwise.error.status == 400


LANGUAGE = """
rules replies when text error raw events generate auto call attempts faults pace parts choices tool_calls name
arguments input reset stall done split patch status truncate close cut_arguments at for heartbeat token frame byte
share event set remove frames which mode by code retry_after ms date api last any all not header json turn min max
equals contains regex ttft itl lognormal uniform median sigma models ids auth keys created example defaults headers
usage otherwise start omit now none chat $.a $[ ( 1s 5% 20msec *
"""
WORDS = st.sampled_from([*LANGUAGE.split(), "name ", ""])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 10**6) | st.floats() | st.just(10**400) | WORDS | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=30,
)
RULES = st.lists(
    st.fixed_dictionaries({"replies": st.lists(VALUES, max_size=3)}, optional={"when": VALUES}), max_size=2
)

# Words that only the validator's own messages have.
FOREIGN = re.compile(r"[Ii]nput should|valid (string|integer|dictionary|tuple)|instance of|pydantic|Value error|tuple\[|"
                     r"constrained-|literal\[|union_tag|Extra inputs|Field required")  # fmt: skip


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inside for place in places(item, (*path, key)))]


def changed(value: object, path: tuple[str | int, ...], new: object) -> object:
    """A copy with another value at this place."""
    if not path:
        return new
    items = dict(value) if isinstance(value, dict) else list(value)
    items[path[0]] = changed(items[path[0]], path[1:], new)
    return items


RIGHT = read(DESIGN).value
SLIPS = st.builds(changed, st.just(RIGHT), st.sampled_from(places(RIGHT)[1:]), VALUES)
"""The example of the language with one value changed."""


@settings(max_examples=500, deadline=None)
@given(st.dictionaries(WORDS, VALUES, max_size=3) | st.fixed_dictionaries({"rules": RULES}) | SLIPS)
@example({"pace": {"tokens_per_second": 10**400}})
@example({3: 4, None: 5})
@example({"rules": [{"replies": [{"headers": {3: "x"}}], "when": {"header": {None: "x"}}}]})
def test_whatever_a_mapping_holds_it_is_a_scenario_or_is_told_in_our_words(value):
    try:
        scenario = load_value(value)
    except ScenarioError as error:
        for problem in error.problems:
            assert not FOREIGN.search(str(problem)), problem
            assert "\n" not in str(problem)
            assert len(problem.message) < 1_000
    else:
        assert isinstance(scenario, Scenario)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(WORDS, VALUES, max_size=3) | SLIPS)
def test_every_problem_has_a_path_that_is_in_the_document_or_would_be(value):
    """A path is made of the keys of the document; at most its last step, a missing key, is not there."""
    try:
        load_value(value)
    except ScenarioError as error:
        for problem in error.problems:
            steps = [
                json_step(step) for step in re.findall(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[]+)', problem.path)
            ]
            inside, missing = value, 0
            for step in steps:
                try:
                    inside = inside[step]
                except (KeyError, TypeError, IndexError):
                    missing += 1
            assert missing <= ("is missing" in problem.message), (problem, value)


def json_step(match):
    quoted, index, name = match
    return int(index) if index else quoted.encode().decode("unicode_escape") if quoted else name
