from mockllm.dialects.dialogue import Ask, Reaction
from mockllm.dialects.realtime.dialogue import RealtimeDialogue


def test_a_reaction_wants_nothing_unless_it_says_so():
    dialogue = RealtimeDialogue({})
    reaction = Reaction(dialogue)
    assert (reaction.says, reaction.asks, reaction.stops, reaction.refuses) == ((), (), None, None)
    assert reaction.dialogue is dialogue
    assert Ask({}).lane == ""
