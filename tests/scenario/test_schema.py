"""The JSON Schema accepts every scenario that loads, and refuses what it can see is wrong."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import jsonschema
import pytest

from mockllm.errors import ScenarioError
from mockllm.scenario import schema
from mockllm.scenario.base import Authored
from mockllm.scenario.document import Scenario
from mockllm.scenario.faults.aliases import Alias
from mockllm.scenario.load import load_text
from mockllm.scenario.reader import read
from mockllm.scenario.replay import ReplaySpec
from mockllm.scenario.reply import CallReply
from mockllm.scenario.schema import json_schema, schema_text

VALIDATOR = jsonschema.Draft7Validator(json_schema())

VALID = {
    "no rules": "about: Nothing.",
    "top": "{name: a-b.c_1, about: Text, source: [x, y], seed: 7, created: 0, tokens: exact, strict: true, rules: []}",
    "a profile": "{profile: azure, rules: [{profile: openai, replies: [{text: Hi, profile: llama.cpp}]}]}",
    "created now": "{created: now, tokens: approximate, source: one}",
    "models as a list": "models: [gpt-5.1, gpt-4o]",
    "one model": "models: gpt-5.1",
    "models only": "models: {ids: [gpt-5.1], only: true}",
    "keys": "auth: {keys: [sk-test, sk-other]}",
    "one key": "auth: {keys: sk-test}",
    "keys given in places of nothing": "{models: null, auth: null, otherwise: null}",
    "limits": """
limits:
  models: gpt-5*
  keys: [sk-a, sk-b-*]
  per: key
  mode: fixed_window
  requests: 60/min
  requests_per_day: 1000
  tokens: 90K/min
  tokens_per_day: 1.5M
  project_tokens: 60000/min
  concurrent: 4
  queue: 10
""",
    "keys of their own": """
auth:
  keys:
    - sk-plain
    - {key: sk-a, project: proj_1, organization: org_1, limits: {concurrent: 1}}
    - {key: sk-b, expired: true, scenario: other}
""",
    "one plain key": "auth: {keys: sk-plain}",
    "several limits": """
limits:
  - {models: [gpt-4o, gpt-4.1], mode: slices, slice: 1s, requests: 600/min, per: [key, model]}
  - {tokens: 90K/min, per: namespace}
""",
    "pace in numbers": "pace: {ttft: 300ms, itl: 20ms, jitter: 10%}",
    "pace of nothing": "pace: {ttft: 0, itl: 0, jitter: 0}",
    "pace everywhere": "pace: {head: 1ms, role: 1.5s, finish: 10 ms, done: 1m, body: 2s, tokens_per_second: 80.5}",
    "pace drawn": """
        pace:
          ttft: {lognormal: {median: 300ms, sigma: 0.4, max: 2s}}
          itl: {uniform: {min: 10ms, max: 30ms}}
          finish: {normal: {mean: 10ms, sd: 2ms}}
          done: {fixed: 5ms}
          role: {fixed: {value: 5ms}}
    """,
    "pace as engines have it": """
        pace:
          ttft: {percentiles: {min: 1ms, p1: 2ms, p5: 3ms, p10: 4ms, p25: 5ms, p50: 6ms, p75: 7ms, p90: 8ms, p95: 9ms}}
          prefill: 0.2ms
          itl: {percentiles: {p99: 1ms, p99.9: 2ms, max: 3ms}}
          reasoning: {itl: 5ms, jitter: 5%, pause: {normal: {mean: 1s, sd: 1s, max: 2s}}}
          chunk_tokens: 4
          tell: true
    """,
    "pace of bursts, and prefill by its rate": """
        pace:
          burst: {tokens: 8, every: 200ms}
          prefill: {tokens_per_second: 5000}
          reasoning: {tokens_per_second: 100}
    """,
    "pace with a prefill of nothing and reasoning by its gap": "pace: {prefill: {per_token: 0}, reasoning: 5ms}",
    "pace by a trace": "pace: {trace: [300ms, 20ms, 0]}",
    "pace by a longer trace": "pace: {trace: {times: [300ms, 20ms], then: last}}",
    "pace by name": "pace: fast-small",
    "pace by name with another key": "pace: {preset: large, ttft: 1s}",
    "load": "load: {slots: 8, queue: 100, slowdown: 5%}",
    "load by its slots": "load: 8",
    "defaults": """
        defaults:
          headers: {x-ratelimit-remaining-requests: "9"}
          model: gpt-5.1-2026
          service_tier: default
          system_fingerprint: fp_1
          usage: {input: 1, output: 2, reasoning: 1, cached: 0}
          template: false
    """,
    "a plain text": "rules: [{replies: [Hello]}]",
    "a text as tokens": "rules: [{replies: [{text: [Hel, lo]}]}]",
    "a script": "rules: [{name: talk, replies: [One, Two], then: loop}, {replies: [{text: x}], then: repeat}]",
    "every named content": """
        rules:
          - replies:
              - {reasoning: Hmm, text: Yes, finish_reason: length, annotations: [{type: url_citation}]}
              - {reasoning: {text: [H, mm], field: reasoning}, refusal: No.}
              - {audio: Good morning.}
              - {audio: {transcript: Good morning., data: [AAAA, AAAA]}}
    """,
    "tool calls": """
        rules:
          - replies:
              - tool_calls:
                  - {name: get_weather, arguments: {city: Paris, days: [1, 2], deep: {a: null}}}
                  - {name: get_weather, arguments: '{"city": ', id: call_1}
                  - {name: run, input: print(1)}
                  - {name: run, arguments: ['{"a"', ':1}']}
    """,
    "parts": """
        rules:
          - replies:
              - parts:
                  - text: Let me see.
                  - reasoning: {text: Hmm, field: reasoning_content}
                  - reasoning: Hmm
                  - refusal: {text: No}
                  - tool_call: {name: f, arguments: {}, id: call_1}
                  - tool_call: {name: g, input: free}
                  - audio: Hi
                  - audio: {transcript: Hi, data: [AAAA]}
                  - text: {text: [a, b]}
                  - reasoning: {text: Hmm, raw: true}
    """,
    "parts of the service's own tools": """
        rules:
          - replies:
              - parts:
                  - web_search: news
                  - web_search: {query: a, queries: [a, b], sources: [https://example.com]}
                  - web_search: {open: https://example.com, find: words}
                  - file_search: refunds
                  - file_search: [refunds, returns]
                  - file_search:
                      queries: a
                      results: [{text: t, filename: a.txt, file_id: file-1, score: 0.5, attributes: {year: 2026}}]
                  - code_interpreter: print(1)
                  - code_interpreter: {code: [a, b], logs: x, images: [https://example.com/a.png], container: cntr_1}
                  - image_generation: A cat
                  - image_generation:
                      {prompt: A cat, image: AAAA, partials: 2, size: 1x1, quality: low, background: auto, format: webp}
                  - mcp_list_tools: {server: s, tools: [f, {name: g, description: d, input_schema: {type: object}}]}
                  - mcp_list_tools: {server: s, error: down}
                  - mcp_call: {server: s, name: f, arguments: {a: 1}, output: x, approval: mcpr_1}
                  - mcp_call: {server: s, name: f, error: down}
                  - mcp_call: {server: s, name: f, error: {type: http_error, code: 500, message: No.}}
                  - mcp_approval: {server: s, name: f, arguments: '{}'}
                  - computer: [{type: wait}]
                  - computer: {actions: [{type: screenshot}], checks: [{id: c}], single: true, id: call_1}
                  - shell: ls
                  - shell: [ls, pwd]
                  - shell:
                      commands: ls
                      outputs: [x, {stdout: a, stderr: b, exit: 1}, {exit: null}]
                      timeout_ms: 5
                      max_output_length: 100
                      container: cntr_1
                      id: call_1
                  - local_shell: [ls, -l]
                  - local_shell: {command: ls, env: {A: b}, timeout_ms: 5, working_directory: /, user: me, id: call_1}
                  - apply_patch: {operation: create_file, path: a, diff: +b, id: call_1}
                  - tool_search: {arguments: {queries: [a]}, tools: [{type: function}], id: call_1}
                  - compaction: {content: x, announced: true}
    """,
    "choices": "rules: [{replies: [{choices: [Heads, {text: Tails, finish_reason: stop}]}]}]",
    "a reply with surroundings": """
        rules:
          - replies:
              - text: x
                about: A note.
                headers: {x-a: b}
                pace: {itl: 1ms}
                model: other
                usage: {output: 9}
                template: true
    """,
    "generate": "rules: [{replies: [{generate: 400}, {generate: {tokens: 10, reasoning_tokens: 5}}]}]",
    "auto": "rules: [{replies: [{auto: true, pace: {ttft: 1s}}]}]",
    "an error by its code": "rules: [{replies: [{error: rate_limit_exceeded}]}]",
    "an error in full": """
        rules:
          - replies:
              - error: {status: 418, code: teapot, type: kettle, param: leaf, message: Short., headers: {x-a: b}}
              - error: {status: 500}
              - {error: {code: slow_down, retry_after: none}, headers: {x-b: c}}
    """,
    "every retry hint": """
        rules:
          - replies:
              - error: {status: 429, retry_after: 1.5s}
              - error: {status: 429, retry_after: 2}
              - error: {status: 429, retry_after: 0.5}
              - error: {status: 429, retry_after: {ms: 1500}}
              - error: {status: 429, retry_after: {date: 30s}}
              - error: {status: 429, retry_after: {raw: soon}}
              - error: {status: 429, retry_after: {after: 1m, ms: 60000}}
              - error: {status: 429, retry_after: }
    """,
    "raw": """
        rules:
          - replies:
              - raw: {status: 502, headers: {content-type: text/html}, body: <h1>Bad gateway</h1>}
              - raw: {body: {a: [1]}}
              - raw: {body: [1, 2]}
    """,
    "events": """
        rules:
          - replies:
              - events:
                  - {data: {choices: []}, tokens: 0}
                  - {event: ping, id: "1", retry: 3000, comment: hello}
                  - "[DONE]"
                  - [1, 2]
                  - 5
                  - null
    """,
    "replay": """
        rules:
          - replies:
              - replay:
                  speed: 2
                  status: 500
                  version: "1.0"
                  headers: {x-a: b, x-c: [d, e]}
                  head: 300ms
                  framing: close
                  chunks:
                    - {after: 20ms, event: ping, data: {a: 1}}
                    - {after: 20ms, text: "data: x"}
                    - {base64: AAAA, wire: AAAA}
                  ending: reset
                  ending_after: 1s
                  tail: AAAA
    """,
    "attempts": """
        rules:
          - replies:
              - attempts:
                  - error: {code: rate_limit_exceeded, retry_after: 1s}
                  - reset: {at: start}
                  - Not this time.
                  - {raw: {status: 503}}
                text: At last.
              - {attempts: [{status: 500}], auto: true}
    """,
    "every position": """
        rules:
          - replies:
              - text: a b c
                attempts:
                  - reset: {at: start}
                  - reset: {at: headers}
                  - reset: {at: {token: 3}}
                  - reset: {at: {token: {count: 3}}}
                  - close: {at: {frame: 3}}
                  - close: {at: {frame: 3}, code: 1011, reason: no more}
                  - close: {at: {frame: {number: 3}}}
                  - close: {at: {event: response.completed}}
                  - close: {at: {event: {name: response.completed}}}
                  - truncate: {at: {byte: 120}}
                  - truncate: {at: {byte: {count: 120}}}
                  - truncate: {at: {share: 50%}}
                  - truncate: {at: {share: {share: 12.5%}}}
                faults:
                  - stall: {at: {point: {name: finish}}}
                  - stall: {at: {point: done}}
                  - stall: {at: end}
    """,
    "time and framing": """
        rules:
          - replies:
              - text: a b c
                faults:
                  - stall: {at: start, for: 30s, heartbeat: 5s, jitter: 1s}
                  - done: omit
                  - done: {mode: late, by: 10s}
                  - split: {}
                  - split: {bytes: 1, every: 5ms}
                  - status: {code: 999}
                  - cut_arguments: {call: 0, after: 3, finish: lying}
                  - cut_arguments: {}
    """,
    "faults of content": """
        rules:
          - replies:
              - tool_calls: [{name: a, arguments: {}}]
                faults:
                  - garbage_after_arguments: Done!
                  - garbage_after_arguments: {call: 1, text: "}"}
                  - unknown_tool: launch
                  - unknown_tool: {call: 1, name: launch}
                  - finish_reason: end_turn
                attempts:
                  - {text: a, faults: [{finish_reason: {reason: ""}}]}
                  - {text: a, faults: [{finish_reason: null}]}
    """,
    "slow, drip and heartbeat": """
        rules:
          - replies:
              - text: a b c
                faults:
                  - slow: 3
                  - slow: {factor: 0.5, from: {token: 1}}
                  - drip: {}
                  - drip: {bytes: 10, every: 100ms, at: headers}
                  - drip: {pieces: 5, over: 1s}
                  - heartbeat: {}
                  - heartbeat: {every: 5s, text: ": ping"}
                  - gate: first
                  - gate: {name: second, at: {token: 1}, most: 5s}
    """,
    "odd events": """
        rules:
          - replies:
              - text: a b c
                faults:
                  - line_ending: crlf
                  - line_ending: {style: cr, frames: [1, 2]}
                  - bom: {}
                  - bom: {count: 2}
                  - no_space: {}
                  - no_space: all
                  - multiline_data: first
                  - multiline_data: {indent: 4, frames: token}
                  - escape: {}
                  - escape: html
                  - escape: {what: all, frames: 1}
                  - event_names: from_type
                  - event_names: {name: message, frames: all}
                  - ids: {}
                  - ids: {first: 7, frames: all}
                  - unterminated_last_event: {}
                  - unterminated_last_event: {ends: in_line}
                  - coalesce: 3
                  - coalesce: {frames: 2}
    """,
    "faults of HTTP": """
        rules:
          - replies:
              - text: a b c
                faults:
                  - interim: 103
                  - interim: {status: 102, headers: {x-a: b}, times: 3, every: 1s}
                  - headers: {set: {x-a: b}, remove: [x-request-id]}
                  - headers: {remove: [x-request-id]}
                  - content_type: text/html
                  - content_length: {by: -10}
                  - body: {html: true}
                  - gzip: {flush: false}
                  - garble: {at: {byte: 3}, bytes: 2}
                  - slow_headers: {every: 100ms, bytes: 1}
                attempts:
                  - content_type: null
                  - content_type: {value: text/html}
                  - content_length: {is: 10}
                  - body: {text: Sorry., content_type: text/plain}
                  - body: {empty: true}
                  - redirect: /hello/v1/chat/completions
                  - redirect: {to: http://localhost/v1, status: 308}
                  - http_1_0: {}
                  - gzip: {}
                  - br: {flush: true}
                  - chunked: 100
                  - chunked: {bytes: 100, flush: false}
                  - bad_chunk_size: {at: {frame: 3}}
                  - slow_headers: {}
    """,
    "faults of the connection": """
        rules:
          - replies:
              - text: a b c
                faults:
                  - keep_open: {}
                  - keep_open: {what: connection, for: 10m}
                  - close_idle: 0
                  - close_idle: {after: 5ms}
                attempts:
                  - hang: {}
                  - hang: {for: 60s, then: reset}
                  - garbage: {}
                  - garbage: {at: headers, bytes: 9}
                  - garbage: {text: oops}
    """,
    "names of other tools": """
        rules:
          - replies:
              - text: a b c
                attempts:
                  - EMPTY_RESPONSE
                  - CONNECTION_RESET_BY_PEER: {}
                  - RANDOM_DATA_THEN_CLOSE: {}
                  - MALFORMED_RESPONSE_CHUNK: {}
                  - fixedDelayMilliseconds: 500
                  - fixedDelayMilliseconds: {milliseconds: 500}
                  - chunkedDribbleDelay: {numberOfChunks: 5, totalDuration: 1000}
                  - latency: {latency: 500, jitter: 100}
                  - bandwidth: 5
                  - bandwidth: {rate: 5}
                  - slow_close: {delay: 5}
                  - timeout: {timeout: 5}
                  - reset_peer: {timeout: 5}
                  - slicer: {average_size: 5, size_variation: 0, delay: 10}
                  - limit_data: {bytes: 5}
                faults: [EMPTY_RESPONSE]
    """,
    "what every connection meets": "accept: reset",
    "what connections meet": """
        accept:
          - {reset: {after: 1s, chance: 5%}}
          - {close: 5ms}
          - {close: {after: 5ms, chance: 5%}}
          - {hang: {for: 1s, then: reset, chance: 5%}}
          - hang
          - {stall: 1s}
          - {stall: {for: 1s, chance: 5%}}
          - serve
          - {serve: {chance: 5%}}
    """,
    "no leave": "expect_continue: ignore",
    "an answer in place of the leave": "expect_continue: {status: 417}",
    "an example with headers": "example: {api: chat, headers: {x-a: b}}",
    "frames that are missing, added or broken": """
        rules:
          - replies:
              - text: a b c
                faults:
                  - replace: {frames: 1, data: text}
                  - replace: {frames: [2], data: {a: [1, null]}}
                  - drop: done
                  - drop: {frames: [1, 2]}
                  - duplicate: 1
                  - duplicate: {frames: token, times: 3}
                  - reorder: [3, 1]
                  - reorder: {frames: [2, 1]}
                  - insert: {at: start, comment: OPENROUTER PROCESSING}
                  - insert: {at: {frame: 1}, event: {data: {a: 1}, event: ping, id: "1", retry: 3000}}
                  - insert: {at: finish, event: ping}
                  - insert: {at: end, raw: upstream error}
                  - corrupt: {frames: 1, how: cut_json}
                  - corrupt: {frames: all, how: null}
                  - corrupt: {frames: all, how: "null"}
                  - error_event: {at: {token: 2}, error: server_error}
                  - error_event: {at: done, error: {message: No.}, event: error, finish: true, shape: flat}
                  - error_in_200: {error: {message: No., code: 502}}
                attempts: [{error_in_200: server_error}]
    """,
    "chaos": """
        chaos:
          - {chance: 5%, faults: {reset: {at: {share: 50%}}}}
          - {every: 10, error: rate_limit_exceeded}
          - {first: 3, faults: [{status: 500}, {slow_headers: {}}]}
          - {from: 30s, for: 10s, error: {code: server_error, retry_after: 1s}, most: 20}
          - {chance: {from: 0%, to: 50%, over: 60s}, when: {api: chat}, faults: {hang: {}}, error: slow_down}
          - {chance: {from: 10%, to: 0}, for: 1m, faults: {stall: {at: start}}}
          - {chance: null, faults: {hang: {}}}
        rules:
          - chaos: [{chance: 0, error: slow_down}]
            replies: [x]
    """,
    "chaos in full": """
        chaos: {most: 100, header: x-mockllm-fault, entries: [{faults: {hang: {}}}]}
        rules:
          - {chaos: {header: x-fault}, replies: [x]}
          - {chaos: null, replies: [x]}
    """,
    "patches": """
        rules:
          - replies:
              - text: a b c
                faults:
                  - patch: {remove: $.id}
                  - patch: {frames: first, set: {"$.choices[0].delta.role": null}}
                  - patch: {frames: 3, remove: [$.id, $.created]}
                  - patch: {frames: [0, 2], set: {$.object: {any: thing}}}
                  - patch: {frames: {which: usage}, set: {$.usage: null}}
                  - patch: {each: {$.id: [a, {b: 1}, null], $.model: "m-{{ frame }}"}}
    """,
    "when, by fields": """
        rules:
          - when: {api: chat, model: gpt-5*, stream: true, tools: [a, b], turn: 2}
            replies: [x]
          - when: {api: [chat, models], model: [a, b], tools: a, turn: {equals: 1, min: 0, max: 3}}
            replies: [x]
    """,
    "when, by text": """
        rules:
          - when: {system: pirate, user: {contains: [a, b]}, last: {role: user, contains: x}, message: {equals: hi}}
            replies: [x]
          - when: {user: {regex: "^a+$"}, last: hello, message: {role: [tool, user], regex: x}}
            replies: [x]
          - when: {system: {equals: a, contains: a, regex: a}, last: {equals: a}, user: [a, b]}
            replies: [x]
    """,
    "when, by tool results": """
        rules:
          - when: {tool_result: sunny}
            replies: [x]
          - when: {tool_result: {name: get_*, equals: a, contains: a, regex: a}}
            replies: [x]
    """,
    "when, by headers and JSON": """
        rules:
          - when:
              header: {x-mode: test, x-b: {absent: true}, x-c: {equals: a, contains: a, regex: a}}
              json: {$.temperature: 0, $.metadata.tag: {contains: x}}
            replies: [x]
    """,
    "when, combined": """
        rules:
          - when:
              all: [{stream: true}, {not: {model: a}}]
              any: [{user: a}, {any: [{user: b}]}]
              not: {all: [{turn: 1}]}
            replies: [x]
    """,
    "otherwise": "otherwise: {error: {status: 400, message: No.}}",
    "otherwise a text": "otherwise: Hello",
    "one example": "example: {messages: [{role: user, content: Hi}], stream: false}",
    "one expectation": "expect: {text: Hi, reasoning: Hm, refusal: No, finish: stop, usage: {input: 1}, requests: 2}",
    "an expected text": "expect: Hi",
    "expectations": """
        example: [{}, {api: models}]
        expect: [{tool_calls: [{name: f, arguments: {a: 1}, id: call_1}], failure: cut}, {data: [a, b]}]
    """,
    "examples": "example: [{n: 2}, {temperature: 0, tools: []}]",
    "everything twice over anchors": """
        pace: &pace {ttft: 1s}
        rules:
          - replies: [{text: x, pace: *pace}]
          - replies: [{text: y, pace: {<<: *pace, itl: 5ms}}]
    """,
}

INVALID = {
    "an unknown key": "colour: red",
    "an unknown key of a rule": "rules: [{replies: [x], color: red}]",
    "an unknown key of a reply": "rules: [{replies: [{text: x, txet: y}]}]",
    "an unknown key deep inside": "rules: [{replies: [{text: x, faults: [{reset: {at: start, a: 1}}]}]}]",
    "an unknown fault": "rules: [{replies: [{text: x, faults: [{explode: {}}]}]}]",
    "line endings of no kind": "rules: [{replies: [{text: x, faults: [{line_ending: lf}]}]}]",
    "a group of one": "rules: [{replies: [{text: x, faults: [{coalesce: 1}]}]}]",
    "chaos of nothing": "chaos: [{chance: 5%}]",
    "a chance of more than a number": "chaos: [{chance: 0.05, error: slow_down}]",
    "a ramp to nowhere": "chaos: [{chance: {from: 5%, over: 1m}, error: slow_down}]",
    "a fault outside its key": "chaos: [{reset: {at: start}}]",
    "one entry without a list": "chaos: {chance: 5%, error: slow_down}",
    "a header with a space": "chaos: {header: x fault}",
    "no byte order mark": "rules: [{replies: [{text: x, faults: [{bom: 0}]}]}]",
    "nothing inserted nowhere": "rules: [{replies: [{text: x, faults: [{insert: {comment: x}}]}]}]",
    "a frame dropped without its number": "rules: [{replies: [{text: x, faults: [{drop: {}}]}]}]",
    "a copy of nothing": "rules: [{replies: [{text: x, faults: [{duplicate: {frames: 1, times: 1}}]}]}]",
    "an order of words": "rules: [{replies: [{text: x, faults: [{reorder: [done, finish]}]}]}]",
    "an unknown corruption": "rules: [{replies: [{text: x, faults: [{corrupt: {frames: 1, how: xml}}]}]}]",
    "an unknown error in a stream": "rules: [{replies: [{text: x, faults: [{error_event: {at: end, error: no}}]}]}]",
    "an unknown error in place of an answer": "rules: [{replies: [{text: x, faults: [{error_in_200: no}]}]}]",
    "garbage without text": "rules: [{replies: [{text: x, faults: [{garbage_after_arguments: {}}]}]}]",
    "an unknown tool without a name": "rules: [{replies: [{text: x, faults: [{unknown_tool: {call: 0}}]}]}]",
    "a finish reason that is a number": "rules: [{replies: [{text: x, faults: [{finish_reason: 5}]}]}]",
    "two faults in one entry": "rules: [{replies: [{text: x, faults: [{split: {}, done: omit}]}]}]",
    "no fault in an entry": "rules: [{replies: [{text: x, faults: [{}]}]}]",
    "a rule without replies": "rules: [{when: {}}]",
    "no reply": "rules: [{replies: []}]",
    "a reply that is a number": "rules: [{replies: [5]}]",
    "a reply from Python": "rules: [{replies: [{call: answer}]}]",
    "a fault as a reply": "rules: [{replies: [{reset: {at: start}}]}]",
    "a duration without a unit": "pace: {itl: 20}",
    "a duration in words": "pace: {ttft: soon}",
    "a share without a sign": "pace: {jitter: 0.1}",
    "an unknown distribution": "pace: {ttft: {zipf: {}}}",
    "a distribution without its parameter": "pace: {ttft: {uniform: {min: 1ms}}}",
    "no tokens a second": "pace: {tokens_per_second: 0}",
    "a pace with a name that nobody knows": "pace: fast-smal",
    "a percentile that nobody knows": "pace: {ttft: {percentiles: {p42: 1s}}}",
    "a burst of a number": "pace: {burst: 8}",
    "a delta without tokens": "pace: {chunk_tokens: 0}",
    "times that are told in words": "pace: {tell: header}",
    "an unknown end of a trace": "pace: {trace: {times: [1s, 2s], then: stop}}",
    "no slots": "load: 0",
    "a position without a unit": "rules: [{replies: [{text: x, faults: [{reset: {at: 3}}]}]}]",
    "an unknown position": "rules: [{replies: [{text: x, faults: [{reset: {at: middle}}]}]}]",
    "a fault without a position": "rules: [{replies: [{text: x, faults: [{reset: {}}]}]}]",
    "a heartbeat of no time": "rules: [{replies: [{text: x, faults: [{stall: {at: start, heartbeat: 0}}]}]}]",
    "a header with a number": "rules: [{replies: [{text: x, faults: [{headers: {set: {x-a: 1}}}]}]}]",
    "a redirect that is none": "rules: [{replies: [{text: x, faults: [{redirect: {to: /a, status: 300}}]}]}]",
    "a body that is off": "rules: [{replies: [{text: x, faults: [{body: {html: false}}]}]}]",
    "an unknown error code": "rules: [{replies: [{error: rate_limit}]}]",
    "an error without status or known code": "rules: [{replies: [{error: {code: teapot}}]}]",
    "an error that is nothing": "rules: [{replies: [{error: null}]}]",
    "an error with a status of success": "rules: [{replies: [{error: {status: 200}}]}]",
    "a hint in words": "rules: [{replies: [{error: {status: 429, retry_after: soon}}]}]",
    "a negative hint": "rules: [{replies: [{error: {status: 429, retry_after: -1}}]}]",
    "an event with an unknown key": "rules: [{replies: [{events: [{date: x}]}]}]",
    "auto that is off": "rules: [{replies: [{auto: false}]}]",
    "a negative length": "rules: [{replies: [{generate: -1}]}]",
    "a flag in words": "strict: no",
    "a seed in words": "seed: seven",
    "a name with a slash": "name: a/b",
    "a text that is a number": "rules: [{replies: [{text: 5}]}]",
    "an unknown matcher": "rules: [{when: {modle: x}, replies: [x]}]",
    "a header that is a number": "rules: [{replies: [{text: x, headers: {x-a: 1}}]}]",
    "a tool call without a name": "rules: [{replies: [{tool_calls: [{arguments: {}}]}]}]",
    "an unknown part": "rules: [{replies: [{parts: [{image: x}]}]}]",
    "an example that is a text": "example: Hello",
    "a list": "[]",
}


@pytest.mark.parametrize("text", VALID.values(), ids=VALID)
def test_what_loads_fits_the_schema(text):
    load_text(text)
    VALIDATOR.validate(read(text).value)


@pytest.mark.parametrize("text", INVALID.values(), ids=INVALID)
def test_what_the_loader_refuses_does_not_fit_the_schema(text):
    with pytest.raises(ScenarioError):
        load_text(text)
    assert not VALIDATOR.is_valid(read(text).value)


def fields(value: object) -> Iterator[tuple[type, str]]:
    """Every field that is set anywhere inside, with the class that declares it."""
    if isinstance(value, Authored):
        for name in value.model_fields_set:
            yield declaring(type(value), name), name
            yield from fields(getattr(value, name))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from fields(item)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from fields(item)


def declaring(model: type, name: str) -> type:
    return next(base for base in reversed(model.__mro__) if name in getattr(base, "model_fields", {}))


def classes(model: type) -> Iterator[type]:
    for derived in model.__subclasses__():
        if derived.__module__.startswith("mockllm."):
            yield derived
            yield from classes(derived)


def test_the_valid_documents_use_every_key_of_the_language():
    used = {field for text in VALID.values() for field in fields(load_text(text))}
    # Aliases are faults of ours once they are loaded, and profiles have files of their own; their own tests have every
    # key of them.
    own = [
        model
        for model in classes(Authored)
        if not issubclass(model, Alias) and not model.__module__.startswith("mockllm.scenario.profile")
    ]
    every = {(declaring(model, name), name) for model in own for name in model.model_fields}
    # A cassette lies beside a file, and these documents are none.
    beside = {(ReplaySpec, "file"), (ReplaySpec, "exchange")}
    assert {f"{model.__name__}.{name}" for model, name in every - used - beside if model is not CallReply} == set()


def mappings(body: object) -> Iterator[Mapping[str, object]]:
    if isinstance(body, Mapping):
        yield body
        for value in body.values():
            yield from mappings(value)
    elif isinstance(body, list):
        for value in body:
            yield from mappings(value)


def test_the_schema_is_draft_07_and_says_so():
    jsonschema.Draft7Validator.check_schema(json_schema())
    assert json_schema()["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_every_mapping_with_known_keys_is_closed():
    known = [body for body in mappings(json_schema()) if body.get("type") == "object" and "properties" in body]
    assert len(known) > 40
    assert [body for body in known if body.get("additionalProperties") is not False] == []


def test_no_reference_has_neighbours_which_draft_07_would_ignore():
    assert [body for body in mappings(json_schema()) if isinstance(body.get("$ref"), str) and len(body) > 1] == []


def test_every_reference_leads_to_a_definition():
    text = schema_text()
    names = {body["$ref"].removeprefix("#/definitions/") for body in mappings(json_schema()) if "$ref" in body}
    assert names <= set(json_schema()["definitions"])
    assert "CallReply" not in text


def test_defaults_are_written_as_an_author_writes_them():
    definitions = json_schema()["definitions"]
    assert definitions["Done"]["anyOf"][1]["properties"]["by"]["default"] == "5s"
    assert "default" not in definitions["Stall"]["properties"]["for"]
    assert definitions["Split"]["properties"]["bytes"]["default"] == 1
    assert "default" not in json_schema()["properties"]["pace"]
    assert "default" not in json_schema()["properties"]["about"]


def test_descriptions_are_those_of_the_language_without_its_line_breaks():
    done = json_schema()["definitions"]["Done"]["description"]
    assert done.startswith("The end marker of a stream goes wrong: ")
    assert "\n" not in done
    assert json_schema()["properties"]["seed"]["description"] == Scenario.model_fields["seed"].description


def test_the_committed_schema_is_the_one_that_the_classes_give():
    """If this fails: mockllm schema --write mockllm/scenario/scenario.schema.json."""
    committed = Path(schema.__file__).with_name(schema.FILE).read_text(encoding="utf-8")
    assert committed == schema_text()
    assert json.loads(committed) == json_schema()


def test_the_gallery_fits_the_schema():
    folder = Path(__file__).resolve().parents[2] / "scenarios"
    wrong = [str(path) for path in folder.rglob("*.yaml") if not VALIDATOR.is_valid(read(path.read_text()).value)]
    assert wrong == []
