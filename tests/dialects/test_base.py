from mockllm.dialects.base import Layout, is_dialect
from mockllm.dialects.chat import CHAT, stored
from mockllm.dialects.models import LIST


def test_what_reads_requests_is_a_dialect_and_what_only_answers_is_a_resource():
    assert is_dialect(CHAT)
    assert not is_dialect(LIST)
    assert not is_dialect(stored.RETRIEVE)


def test_a_layout_is_two_spaces_and_a_newline_unless_it_is_told():
    assert Layout() == Layout(indent=2, newline=True)
