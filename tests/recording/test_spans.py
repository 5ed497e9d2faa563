from mockllm.recording.spans import characters, leaves


def found(text):
    return {leaf.path: text[leaf.start : leaf.end] for leaf in leaves(text)}


def test_each_scalar_has_its_path_and_its_place():
    text = '{"a": [1, "x", {"b\\"": null}], "c" : {}, "d": "y\\"z", "e": [[true]]}'
    assert found(text) == {
        ("a", 0): "1",
        ("a", 1): "x",
        ("a", 2, 'b"'): "null",
        ("d",): 'y\\"z',
        ("e", 0, 0): "true",
    }


def test_strings_are_told_from_the_rest_and_places_count_from_the_offset():
    number, text = leaves('[1,"x"]', offset=10)
    assert (number.start, number.end, number.is_string) == (11, 12, False)
    assert (text.start, text.end, text.is_string) == (14, 15, True)


def test_of_what_is_no_json_the_part_that_can_be_read_is_given():
    assert found('"x"') == {(): "x"}
    assert found('{"a": "x"}} "y"') == {("a",): "x"}
    assert found(': , "x" {"\\q": 1}') == {(): "x", ("\\q",): "1"}


def test_an_escape_is_one_character_in_the_place_of_all_that_writes_it():
    assert characters("ab", 5) == [("a", 5, 6), ("b", 6, 7)]
    assert characters("a\\u0062\\/", 5) == [("a", 5, 6), ("b", 6, 12), ("/", 12, 14)]
