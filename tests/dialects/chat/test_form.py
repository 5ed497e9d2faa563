"""The forms of chunks: what a chunk says in its form is what it would be by itself."""

import json

from hypothesis import given
from hypothesis import strategies as st

from mockllm.dialects.chat.form import FIRST, HOLE, Chunk, Envelope

HEAD = {"object": "chat.completion.chunk", "created": 1, "model": "m"}
KEY = "chatcmpl-0123"
SAYS = {"index": 0, "delta": {"content": HOLE}, "finish_reason": None}


def filled(form, said, envelope):
    return FIRST + KEY.encode() + form.before + said.data + form.after + envelope.end


@given(st.text(st.characters()), st.booleans())
def test_a_piece_stands_in_the_hole_of_its_choice(text, padded):
    envelope = Envelope(HEAD, len(KEY), padded=padded)
    ((form, said, tokens),) = envelope.formed([Chunk(SAYS, {"usage": None}, tokens=3, piece=text)])
    bare = {"id": KEY, **HEAD, "choices": [{**SAYS, "delta": {"content": text}}], "usage": None}
    told = json.dumps({**bare, **({"obfuscation": ""} if padded else {})}, ensure_ascii=False, separators=(",", ":"))
    assert filled(form, said, envelope) == f"data: {told}\n\n".encode(errors="surrogatepass")
    assert form.characters + said.characters == len(told)
    assert envelope.around + len(form.before) + len(said.data) + len(form.after) == len(filled(form, said, envelope))
    assert tokens == 3


def test_the_hole_is_the_last_of_its_kind_in_the_choice():
    envelope = Envelope(HEAD, len(KEY), padded=False)
    ((form, said, _),) = envelope.formed([Chunk({"delta": {HOLE: HOLE}}, piece="x")])
    assert json.loads(filled(form, said, envelope)[6:])["choices"] == [{"delta": {HOLE: "x"}}]


def test_chunks_that_share_a_choice_share_a_form_and_others_do_not():
    envelope = Envelope(HEAD, len(KEY), padded=True)
    equal = {**SAYS}
    chunks = [Chunk(SAYS, piece="a"), Chunk(SAYS, piece="b"), Chunk(equal, piece="a"), Chunk(SAYS), Chunk(SAYS)]
    forms = [form for form, _, _ in envelope.formed(chunks)]
    assert forms[0] is forms[1]
    assert len(set(map(id, forms))) == 4


def test_chunks_are_formed_one_by_one():
    taken = []
    chunks = (taken.append(number) or Chunk(SAYS, piece="x") for number in range(9))
    next(Envelope(HEAD, len(KEY), padded=True).formed(chunks))
    assert taken == [0]
