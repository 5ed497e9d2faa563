import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockllm.tokens.piece import LongText, Piece, count, cut, grouped, joined, pieces, within
from mockllm.tokens.piece import one_by_one as cut_one_by_one

SUN = b"\xf0\x9f\x8c\x9e"
TOKENS = st.lists(st.binary(max_size=6))
# Whole characters, cut anywhere: what a tokenizer gives.
CUT_TEXT = st.builds(
    lambda text, cuts: [text.encode()[a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True)],
    st.text(st.characters(exclude_categories=["Cs"])),
    st.lists(st.integers(0, 60), max_size=12).map(sorted),
)
SUNNY = (
    Piece("It", 1, (b"It",)),
    Piece(" 🌞", 2, (b" \xf0\x9f", b"\x8c\x9e")),
    Piece("!", 1, (b"!",)),
)


def test_tokens_that_are_whole_characters_go_out_one_by_one():
    assert pieces([b"The", b" capital", " café".encode()]) == (
        Piece("The", 1, (b"The",)),
        Piece(" capital", 1, (b" capital",)),
        Piece(" café", 1, (" café".encode(),)),
    )


def test_tokens_inside_a_character_wait_for_its_end():
    assert pieces([b"It", b" \xf0\x9f", b"\x8c\x9e", b"!"]) == SUNNY


def test_a_character_in_four_tokens_is_one_piece():
    assert pieces([SUN[i : i + 1] for i in range(4)]) == (Piece("🌞", 4, (b"\xf0", b"\x9f", b"\x8c", b"\x9e")),)


def test_a_token_that_ends_one_character_and_begins_the_next_joins_both():
    assert pieces([b"\xc3", b"\xa9\xc3", b"\xa8"]) == (Piece("éè", 3, (b"\xc3", b"\xa9\xc3", b"\xa8")),)


def test_joined_characters_are_shown_as_they_are_completed():
    # Man, zero width joiner, woman: one emoji on the screen, three characters on the wire.
    tokens = [b"\xf0\x9f\x91", b"\xa8", b"\xe2\x80\x8d", b"\xf0\x9f\x91", b"\xa9"]
    assert [(piece.text, piece.tokens) for piece in pieces(tokens)] == [("👨", 2), ("\u200d", 1), ("👩", 2)]


def test_an_empty_token_is_an_empty_piece():
    assert pieces([b"", b"a"]) == (Piece("", 1, (b"",)), Piece("a", 1, (b"a",)))


def test_an_empty_token_inside_a_character_waits_too():
    assert pieces([b"\xc3", b"", b"\xa9"]) == (Piece("é", 3, (b"\xc3", b"", b"\xa9")),)


def test_a_character_that_never_ends_is_shown_as_the_replacement_character():
    assert pieces([b"a", b"\xf0\x9f"]) == (Piece("a", 1, (b"a",)), Piece("\ufffd", 1, (b"\xf0\x9f",)))


def test_a_byte_that_is_not_utf8_does_not_hold_the_stream_up():
    assert pieces([b"\xff", b"a"]) == (Piece("\ufffd", 1, (b"\xff",)), Piece("a", 1, (b"a",)))


def test_no_tokens_are_no_pieces():
    assert pieces([]) == ()


@given(CUT_TEXT)
def test_each_piece_is_the_text_of_its_own_tokens(tokens):
    assert all(b"".join(piece.raw).decode() == piece.text for piece in pieces(tokens))


@given(CUT_TEXT)
def test_no_piece_could_have_gone_out_earlier(tokens):
    for piece in pieces(tokens):
        for length in range(1, len(piece.raw)):
            with pytest.raises(UnicodeDecodeError):
                b"".join(piece.raw[:length]).decode()


@given(TOKENS)
def test_the_pieces_show_what_the_bytes_decode_to_whatever_they_are(tokens):
    assert joined(pieces(tokens)) == b"".join(tokens).decode("utf-8", "replace")


@given(TOKENS)
def test_no_token_is_lost_added_or_moved(tokens):
    shown = pieces(tokens)
    assert [token for piece in shown for token in piece.raw] == tokens
    assert [piece.tokens for piece in shown] == [len(piece.raw) for piece in shown]
    assert count(shown) == len(tokens)


@pytest.mark.parametrize(("limit", "kept"), [(-1, 0), (0, 0), (1, 1), (2, 1), (3, 2), (4, 3), (5, 3)])
def test_a_cut_inside_a_character_drops_the_character(limit, kept):
    assert cut(SUNNY, limit) == SUNNY[:kept]


def test_nothing_can_be_cut_from_nothing():
    assert cut((), 3) == ()


@given(TOKENS.map(pieces), st.integers(-2, 40))
def test_a_cut_is_the_longest_prefix_within_the_limit(whole, limit):
    kept = cut(whole, limit)
    assert whole[: len(kept)] == kept
    assert count(kept) <= max(limit, 0)
    if len(kept) < len(whole):
        assert count(whole[: len(kept) + 1]) > limit


def test_joined_and_count_add_up():
    assert joined(SUNNY) == "It 🌞!"
    assert count(SUNNY) == 4
    assert (joined(()), count(())) == ("", 0)


def test_a_piece_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        SUNNY[0].text = "other"


def one_by_one(*texts):
    return tuple(Piece(text, 1, (text.encode(),)) for text in texts)


@pytest.mark.parametrize(
    ("size", "texts"),
    [(1, ["a", "b", "c", "d", "e"]), (2, ["ab", "cd", "e"]), (5, ["abcde"]), (9, ["abcde"])],
)
def test_groups_are_as_large_as_they_can_be(size, texts):
    groups = grouped(one_by_one(*"abcde"), size)
    assert [piece.text for piece in groups] == texts
    assert [piece.tokens for piece in groups] == list(map(len, texts))
    assert b"".join(token for piece in groups for token in piece.raw) == b"abcde"


def test_a_group_never_cuts_a_piece_and_one_that_is_too_large_stays_alone():
    sun = Piece("\U0001f31e", 3, (b"\xf0", b"\x9f\x8c", b"\x9e"))
    nothing = Piece("", 0, ())
    whole = (*one_by_one("a"), sun, nothing, *one_by_one("b", "c"))
    assert [(piece.text, piece.tokens) for piece in grouped(whole, 2)] == [("a", 1), (sun.text, 3), ("bc", 2)]
    assert grouped((), 2) == ()


def test_pieces_are_made_one_by_one():
    taken = []
    first = next(cut_one_by_one(taken.append(token) or token for token in (b"a", SUN[:2], SUN[2:])))
    assert (first, taken) == (Piece("a", 1, (b"a",)), [b"a"])


@given(TOKENS | CUT_TEXT, st.integers(1, 5))
def test_a_long_text_is_put_together_and_counted_like_a_short_one(tokens, size):
    short = pieces(tokens)
    long = LongText(joined(short), cut_one_by_one(tokens))
    assert (tuple(long), joined(long), count(long)) == (short, joined(short), count(short))
    together = grouped(LongText(joined(short), cut_one_by_one(tokens)), size)
    assert (tuple(together), joined(together), count(together)) == (grouped(short, size), joined(short), count(short))


@given(TOKENS | CUT_TEXT, st.integers(0, 12))
def test_pieces_are_within_a_limit_that_is_their_number_of_tokens_or_more(tokens, limit):
    assert within(pieces(tokens), limit) is (count(pieces(tokens)) <= limit)


def test_no_more_pieces_are_looked_at_than_it_takes_to_tell_that_there_are_too_many():
    looked = []
    assert not within((looked.append(piece) or piece for piece in SUNNY), 1)
    assert looked == list(SUNNY[:2])
