import subprocess
import sys

import mockllm.tokens


def test_the_public_names_are_these():
    assert sorted(mockllm.tokens.__all__) == [
        "LongText",
        "Piece",
        "Tokenizer",
        "count",
        "cut",
        "for_model",
        "grouped",
        "joined",
        "one_by_one",
        "pieces",
        "splitter",
        "within",
    ]


def test_importing_the_package_and_splitting_does_not_import_the_vocabularies():
    program = "import sys, mockllm.tokens as t; t.splitter().split('hello'); print('bpe_openai' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert shown == "False\n"


def test_both_tokenizers_are_tokenizers():
    tokenizers: list[mockllm.tokens.Tokenizer] = [mockllm.tokens.splitter(), mockllm.tokens.for_model("gpt-4o")]
    assert [tokenizer.name for tokenizer in tokenizers] == ["splitter", "o200k_base"]
    assert [tokenizer.split("hello world") for tokenizer in tokenizers] == [(b"hello", b" world")] * 2
    assert [tuple(tokenizer.tokens("hello world")) for tokenizer in tokenizers] == [(b"hello", b" world")] * 2
