"""Steps of profiles that change the events of Responses."""

from mockllm.plan import Frame
from mockllm.scenario.profile.events import Arguments, Thinking, Unnamed
from mockllm.seeds import Seed

SEED = Seed.of("test")


def event(kind, number, **data):
    name = f"response.{kind}"
    return Frame({"type": name, **data, "sequence_number": number}, "event", event=name)


def told(frames):
    return [(frame.event, frame.data) for frame in frames]


PART = {"type": "summary_text", "text": "Hm"}
BEGUN = event("output_item.added", 0, item={"id": "rs_1", "type": "reasoning", "summary": []})
THOUGHT = (
    BEGUN,
    event("reasoning_summary_part.added", 1, item_id="rs_1", summary_index=0, part={**PART, "text": ""}),
    event("reasoning_summary_text.delta", 2, item_id="rs_1", summary_index=0, delta="Hm"),
    event("reasoning_summary_text.done", 3, item_id="rs_1", summary_index=0, text="Hm"),
    event("reasoning_summary_part.done", 4, item_id="rs_1", summary_index=0, part=PART),
    event("output_item.done", 5, item={"id": "rs_1", "type": "reasoning", "summary": [PART]}),
    event("completed", 6, response={"output": [{"type": "reasoning", "summary": [PART]}, {"type": "message"}]}),
)
RAW_PART = {"type": "reasoning_text", "text": "Hm"}


def test_raw_thinking_is_the_content_of_its_item():
    assert told(Thinking(told="raw").apply(THOUGHT, SEED)) == told(
        (
            BEGUN,
            event("content_part.added", 1, item_id="rs_1", content_index=0, part={**RAW_PART, "text": ""}),
            event("reasoning_text.delta", 2, item_id="rs_1", content_index=0, delta="Hm"),
            event("reasoning_text.done", 3, item_id="rs_1", content_index=0, text="Hm"),
            event("content_part.done", 4, item_id="rs_1", content_index=0, part=RAW_PART),
            event(
                "output_item.done", 5, item={"id": "rs_1", "type": "reasoning", "summary": [], "content": [RAW_PART]}
            ),
            event(
                "completed",
                6,
                response={"output": [{"type": "reasoning", "summary": [], "content": [RAW_PART]}, {"type": "message"}]},
            ),
        )
    )


def test_a_plain_body_has_raw_thinking_too():
    (body,) = Thinking(told="raw").apply(
        (Frame({"output": [{"type": "reasoning", "summary": [PART]}, 7]}, "body"),), SEED
    )
    assert body.data == {"output": [{"type": "reasoning", "summary": [], "content": [RAW_PART]}, 7]}


def test_an_event_without_a_name_gets_none():
    bare = Frame(THOUGHT[2].data, "event")
    (changed,) = Thinking(told="raw").apply((bare,), SEED)
    assert (changed.event, changed.data["type"]) == (None, "response.reasoning_text.delta")


def test_thinking_in_one_piece_has_no_events_of_parts_and_no_number_is_left_out():
    whole = Thinking(told="whole").apply((*THOUGHT, Frame("[DONE]", "done")), SEED)
    assert [frame.event for frame in whole] == [
        "response.output_item.added",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done",
        "response.output_item.done",
        "response.completed",
        None,
    ]
    assert [frame.data["sequence_number"] for frame in whole[:-1]] == [0, 1, 2, 3, 4]


def test_without_thinking_nothing_is_changed():
    plain = (event("output_text.delta", 0, delta="Hi"), Frame("[DONE]", "done"))
    assert Thinking(told="raw").apply(plain, SEED) is None
    assert Thinking(told="whole").apply(plain, SEED) is None


CALLS = (
    event("function_call_arguments.delta", 0, item_id="fc_1", delta='{"a"'),
    event("function_call_arguments.delta", 1, item_id="fc_1", delta=":1}"),
    event("function_call_arguments.done", 2, item_id="fc_1", arguments='{"a":1}'),
    event("function_call_arguments.delta", 3, item_id="fc_2", delta="{}"),
    event("function_call_arguments.done", 4, item_id="fc_2", arguments="{}"),
)


def test_whole_arguments_come_in_one_event_each():
    assert told(Arguments(come="whole").apply(CALLS, SEED)) == told(
        (
            event("function_call_arguments.delta", 0, item_id="fc_1", delta='{"a":1}'),
            event("function_call_arguments.done", 1, item_id="fc_1", arguments='{"a":1}'),
            event("function_call_arguments.delta", 2, item_id="fc_2", delta="{}"),
            event("function_call_arguments.done", 3, item_id="fc_2", arguments="{}"),
        )
    )


def test_arguments_may_come_only_when_they_are_done():
    done = Arguments(come="done").apply(CALLS, SEED)
    assert [(frame.data["item_id"], frame.data["sequence_number"]) for frame in done] == [("fc_1", 0), ("fc_2", 1)]


def test_without_a_call_nothing_is_changed():
    assert Arguments(come="whole").apply(THOUGHT, SEED) is None


def test_events_lose_their_names():
    assert [frame.event for frame in Unnamed().apply(THOUGHT, SEED)] == [None] * len(THOUGHT)
    assert Unnamed().apply((Frame({}, "token"),), SEED) is None
