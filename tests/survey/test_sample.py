"""The sample of the survey, played anew to the clients that the tests have anyway: the table says what happens."""

import sys

import pytest

from tests.survey import record
from tests.survey.clients import CLIENTS
from tests.survey.install import installed
from tests.survey.play import SCALE, Stage
from tests.survey.sample import LIGHT, SAMPLE
from tests.survey.worker import DiedError, HangsError, Worker
from tests.unavailable import UnavailableError, in_ci

CLIENT = {client.id: client for client in CLIENTS}


@pytest.fixture(scope="module")
def stage():
    with Stage() as running:
        yield running


@pytest.fixture(scope="module")
def worker_of():
    """The process of each client, which is started with its first quirk."""
    started = {}

    def of(client):
        if client not in started:
            try:
                command, versions = installed(CLIENT[client])
            except UnavailableError as reason:
                if in_ci():
                    raise
                pytest.skip(str(reason))
            started[client] = Worker(command, SCALE), versions
        return started[client]

    yield of
    for worker, _ in started.values():
        worker.close()


@pytest.mark.parametrize("client", LIGHT)
def test_the_sample_is_as_the_table_says(stage, worker_of, client):
    """Of another version of the client than the table is about nothing is said."""
    worker, versions = worker_of(client)
    kept = record.read()
    if versions != kept.versions[client]:
        pytest.skip(f"the table is about {kept.versions[client]}, and here are {versions}: python -m tests.survey")
    found = {name: stage.cell(name, client, worker).word for name in SAMPLE}
    assert found == {name: kept.cell(name, client).word for name in SAMPLE}


def test_every_word_but_those_that_take_long_is_in_the_sample():
    kept = record.read()
    words = {kept.cell(name, client).word for name in SAMPLE for client in LIGHT}
    assert words >= {"right", "error", "crash", "wrong"}


@pytest.mark.parametrize(
    ("program", "error"),
    [
        ("import sys\ninput(); print('[]', flush=True)\ninput()\ninput()", HangsError),
        ("input(); print('[]')", DiedError),
    ],
    ids=["hangs", "dies"],
)
def test_a_client_that_does_not_answer_is_told_apart(program, error):
    worker = Worker((sys.executable, "-c", program), SCALE)
    with pytest.raises(error):
        worker({"requests": []}, 0.2 if error is HangsError else 10)
    worker.close()
