"""Files are watched, also when they are replaced."""

import queue

import pytest

from mockllm.cli.watch import watching

PATIENCE_S = 30


@pytest.fixture
def told():
    return queue.Queue()


def poke_until_told(told, poke):
    """Repeats a change until it is told: watching begins a moment after it is asked for."""
    for number in range(PATIENCE_S * 2):
        poke(number)
        try:
            return told.get(timeout=0.5)
        except queue.Empty:
            continue
    return pytest.fail("no change was told")


def test_a_change_below_a_folder_is_told(tmp_path, told):
    (tmp_path / "deep").mkdir()
    with watching([tmp_path], lambda: told.put("changed")):
        poke_until_told(told, lambda number: (tmp_path / "deep" / "a.yaml").write_text(str(number)))


def test_a_file_that_is_replaced_is_told_more_than_once(tmp_path, told):
    path = tmp_path / "a.yaml"
    path.write_text("")

    def replace(number):
        (tmp_path / "new").write_text(str(number))
        (tmp_path / "new").replace(path)

    with watching([path], lambda: told.put("changed")):
        poke_until_told(told, replace)
        poke_until_told(told, replace)


def test_nothing_is_watched_without_paths():
    with watching([], lambda: pytest.fail("nothing can change")):
        pass
