"""`mockllm play`: a real server, a real client."""

import socket

from mockllm.cli import play

HELLO = "rules: [{replies: [{events: [one, '[DONE]']}]}]"
RETRY = "rules: [{replies: [{attempts: [{error: server_error}, {reset: {at: start}}], events: ['[DONE]']}]}]"


def texts(result):
    """The lines without addresses and times."""
    return [line[9:] if line.startswith(" ") else line.rpartition("/v1/")[2] for line in result.stdout.splitlines()]


def test_a_scenario_is_streamed_to_a_client(run, write):
    result = run("play", write(mine=HELLO) / "mine.yaml")
    assert result.exit_code == 0
    assert "/mine/v1/chat/completions\n" in result.stdout
    *shown, end = texts(result)
    assert shown == ["chat/completions", "200 text/event-stream", "data: one", "data: [DONE]"]
    assert end.startswith("complete: 2 events from 0.")


def test_a_request_is_sent_again_as_a_client_would(run, write):
    result = run("play", write(mine=RETRY) / "mine.yaml")
    assert result.exit_code == 0
    heads = [line for line in texts(result) if line[:1].isdigit() or line.startswith("the connection")]
    assert heads == ["500 application/json", "the connection was reset", "200 text/event-stream"]
    assert texts(result)[-1] == "complete"


def test_an_error_at_the_end_is_no_answer(run, write):
    assert run("play", write(mine="rules: [{replies: [{error: server_error}]}]") / "mine.yaml").exit_code == 1


def test_every_request_needs_its_answer(run, write):
    text = """
        rules: [{when: {user: a}, replies: [{events: ['[DONE]']}]}]
        example: [{messages: [{role: user, content: b}]}, {messages: [{role: user, content: a}]}]
    """
    assert run("play", write(mine=text) / "mine.yaml").exit_code == 1


def test_a_server_that_runs_already_can_be_asked(run, write, serve_text):
    folder = write(mine=HELLO)
    url = serve_text(f"{{name: mine, {HELLO}}}")
    result = run("play", "mine", "--path", folder, "--url", f"{url}/")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"POST {url}/mine/v1/chat/completions\n")


def test_a_server_that_is_not_there_is_told(run, write):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        result = run("play", write(mine=HELLO) / "mine.yaml", "--url", url)
    assert result.exit_code == 1
    assert "nobody listens there" in result.stdout


def test_a_url_that_is_none_is_wrong_usage(run, write):
    assert run("play", write(mine=HELLO) / "mine.yaml", "--url", "localhost").exit_code == 2


def test_silence_has_an_end(run, write):
    text = "rules: [{replies: [{events: [one], faults: [{stall: {at: {frame: 0}}}]}]}]"
    result = run("play", write(mine=text) / "mine.yaml", env={"MOCKLLM_TIMEOUT": "0.25"})
    assert result.exit_code == 1
    assert texts(result)[-1] == "nothing came for 0.25 s"


def test_the_default_is_a_scenario_of_the_gallery(run):
    assert play.command.params[0].default == "hello"
    assert "play" not in run("play", "helo").stdout


def test_a_terminal_is_recognized(run, write, monkeypatch):
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    result = run("play", write(mine=HELLO) / "mine.yaml")
    assert result.exit_code == 0
    assert "data: one" in result.stdout


def test_all_gates_are_open(run, write):
    text = "rules: [{replies: [{events: [one, '[DONE]'], faults: [{gate: {name: g, at: {frame: 1}}}]}]}]"
    result = run("play", write(mine=text) / "mine.yaml")
    assert result.exit_code == 0
    assert "data: [DONE]" in texts(result)


def test_what_goes_over_a_websocket_is_not_played_and_says_so(run, write):
    result = run("play", write(mine="{rules: [{replies: [{text: Hi}]}], example: {api: realtime}}") / "mine.yaml")
    assert result.exit_code == 1
    assert "WebSocket is not played here" in result.stdout
    assert "mockllm explain mine" in result.stdout
