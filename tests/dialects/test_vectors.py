import math

from mockllm.dialects.vectors import bare, similarity, size_of, vector

SMALL = "text-embedding-3-small"


def test_texts_that_share_words_are_nearer():
    cat, cats, tax = (vector(text, SMALL, 256) for text in ("the cat sat down", "the cats sat", "quarterly tax return"))
    assert similarity(cat, cats) > 0.4
    assert abs(similarity(cat, tax)) < 0.3
    assert similarity(vector("The CAT", SMALL, 256), vector("the cat", SMALL, 256)) > 0.5


def test_a_shorter_vector_is_the_beginning_of_the_whole_one_made_a_unit():
    whole, short = vector("Hello there", SMALL, 1536), vector("Hello there", SMALL, 256)
    length = math.sqrt(sum(number * number for number in whole[:256]))
    assert all(math.isclose(a / length, b, abs_tol=1e-6) for a, b in zip(whole[:256], short, strict=True))


def test_a_text_is_nearest_to_itself():
    assert similarity(vector("Hello", SMALL, 64), vector("Hello", SMALL, 64)) == 1


def test_sizes_are_those_of_the_known_models_whoever_serves_them():
    assert (size_of("text-embedding-3-large"), size_of("openai/text-embedding-3-small")) == (3072, 1536)
    assert size_of("acme/embedder") is None
    assert bare("acme/embedder") == "embedder"
