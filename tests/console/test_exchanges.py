"""The console in a real browser: exchanges appear while they are answered, and open into a waterfall."""

import re

import pytest
from playwright.async_api import expect

from mockllm.exchange import Ending, Outcome
from tests.calls import chat

pytestmark = pytest.mark.asyncio(loop_scope="module")


def row(page, number):
    return page.locator(f"#exchange-{number}")


async def test_an_empty_console_says_how_to_send_the_first_request(page, watch, server):
    await watch(server)
    await expect(page.locator(".empty")).to_contain_text("No request yet")
    await expect(page.locator(".empty pre")).to_contain_text(f"curl -N {server.url}/v1/chat/completions")


async def test_a_stream_appears_while_it_is_open_and_its_end_is_seen(page, watch, server):
    await watch(server)
    server.ask("gate")
    await expect(row(page, 1)).to_contain_text("at gate middle")
    bar = row(page, 1).locator("progress")
    await expect(bar).to_have_js_property("value", 5)  # the head, the role, and three tokens
    server.open("hello", "middle")
    await expect(row(page, 1)).to_contain_text("complete")
    await expect(bar).to_have_count(0)


async def test_a_waterfall_opens_and_closes_by_keyboard(page, watch, server):
    await watch(server)
    server.answered("hi")
    server.answered("cut")
    await expect(row(page, 2)).to_contain_text("cut as scripted")
    await page.keyboard.press("j")
    await expect(row(page, 2)).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Enter")
    steps = page.locator(".step")
    await expect(page.locator("#detail h2")).to_have_text("#2 POST /v1/chat/completions")
    await expect(page.locator(".step.caused")).to_contain_text("fault: reset")
    await expect(steps.locator(".verb")).to_have_text(["head", "send", "send", "send", "send", "reset"])
    await expect(page.locator(".strip .sums")).to_contain_text("4 chunks")
    await page.keyboard.press("Escape")
    await expect(page.locator("#detail")).to_be_hidden()
    await page.keyboard.press("k")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.locator("#detail h2")).to_have_text("#1 POST /v1/chat/completions")


async def test_an_exchange_has_an_address_and_the_way_back_closes_it(page, watch, server):
    server.answered("hi")
    server.answered("cut")
    await watch(server)
    await row(page, 2).click()
    await row(page, 1).click()
    assert page.url.endswith("/_mockllm/#1")
    await page.reload()
    await expect(page.locator("#detail h2")).to_have_text("#1 POST /v1/chat/completions")
    await page.go_back()
    await expect(page.locator("#detail")).to_be_hidden()
    assert page.url.endswith("/_mockllm/")


async def test_a_waterfall_grows_while_its_stream_is_open(page, watch, server):
    await watch(server)
    server.ask("gate")
    await row(page, 1).click()
    gate = page.locator(".step").filter(has_text="fault: gate")
    await expect(gate).to_have_class(re.compile("caused undone"))
    await expect(page.locator(".detail .facts")).to_contain_text("waits at gate middle")
    await page.get_by_role("button", name="Let it go on").click()
    await expect(page.locator(".step.undone")).to_have_count(0)


async def test_every_tab_shows_its_side_of_an_exchange(page, watch, server):
    await watch(server)
    server.answered("cut", headers={"X-Seen": "yes"})
    await row(page, 1).click()
    pane = page.locator("#detail-pane")
    await page.keyboard.press("]")
    await expect(pane).to_contain_text("X-Seen")
    await expect(pane.locator(".json .key").first).to_have_text('"model":')
    await page.keyboard.press("]")
    await expect(pane.locator(".bytes code").first).to_contain_text("HTTP/1.1 200 OK\\r\\n")
    await expect(pane.locator(".bytes").last).to_contain_text("reset")
    await page.keyboard.press("]")
    await expect(pane).to_contain_text("reset      (fault: reset at frame 4)")
    await page.keyboard.press("]")
    await expect(pane.locator(".misses")).to_contain_text("last: wanted a text with 'gate', found 'cut'")


async def test_a_request_is_explained_as_it_is_and_as_it_might_be(page, watch, server):
    await watch(server)
    server.answered("hi")
    await row(page, 1).click()
    await page.click("#tab-explain")
    await page.click("#explain-now")
    told = page.locator("#explained")
    await expect(told.locator(".pairs").first).to_contain_text("greeting")
    body = page.locator(".ask .body")
    await body.fill((await body.input_value()).replace("hi", "cut"))
    await body.press("Control+Enter")
    await expect(told).to_contain_text("fault: reset")
    await expect(page.locator(".line")).to_have_count(1)  # to ask is no exchange


async def test_a_request_is_copied_as_curl(page, watch, server):
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await watch(server)
    server.answered("it's", path="/@my-run/v1/chat/completions?a=b")
    await row(page, 1).click()
    await page.get_by_role("button", name="Copy as curl").click()
    await expect(page.locator("#notice")).to_have_text("Copied.")
    command = await page.evaluate("navigator.clipboard.readText()")
    assert command.startswith(f"curl -N -X POST '{server.url}/@my-run/v1/chat/completions?a=b'")
    assert """"content": "it'\\''s\"""" in command


async def test_a_filter_has_the_words_of_the_journal(page, watch, server):
    await watch(server)
    server.answered("hi")
    server.answered("cut")
    server.answered("hi", path="/nowhere/v1/chat/completions")
    await expect(page.locator(".line")).to_have_count(3)
    await page.keyboard.press("/")
    for text, numbers in (
        ('outcome="cut as scripted"', ["2"]),
        ("namespace=hello rule=greeting", ["1"]),
        ("status=4xx", ["3"]),
        ("since=1 gpt-5.1", ["2"]),
        ("fault:reset", ["2"]),
        ("NOWHERE", ["3"]),
        ("colour=red", []),
    ):
        await page.locator("#filter").fill(text)
        await expect(page.locator(".line .c-number")).to_have_text(numbers)
    await expect(page.locator(".empty")).to_contain_text("There is no colour: use namespace, rule, outcome, since")
    await page.keyboard.press("Escape")
    await expect(page.locator(".line")).to_have_count(3)


async def test_clearing_the_journal_clears_the_list_and_what_is_open(page, watch, server):
    await watch(server)
    server.answered("hi")
    await row(page, 1).click()
    server.thread.call(server.engine.journal.clear)
    await expect(page.locator(".empty")).to_contain_text("No request yet")
    await expect(page.locator("#detail")).to_be_hidden()
    server.answered("hi")
    await expect(page.locator(".line .c-number")).to_have_text(["2"])


async def test_a_server_that_begins_anew_is_watched_again(page, watch, serve):
    first = serve()
    await watch(first)
    first.answered("hi")
    first.answered("hi")
    await expect(page.locator(".line")).to_have_count(2)
    port = int(first.url.rpartition(":")[2])
    first.close()
    await expect(page.locator("#live")).to_have_text("reconnecting")
    second = serve(port=port)
    second.answered("cut")
    await expect(page.locator("#live")).to_have_text("live")
    await expect(page.locator(".line")).to_have_count(1)
    await expect(row(page, 1)).to_contain_text("cut as scripted")


async def test_ten_thousand_exchanges_are_a_few_elements(page, watch, server):
    def fill():
        for _ in range(10_000):
            exchange = server.engine.handle(chat())
            server.engine.finish(exchange, (), Outcome(Ending.COMPLETE))

    server.thread.call(fill)
    await watch(server)
    lines = page.locator(".line")
    await expect(page.locator(".tally")).to_have_text("10,000 exchanges")
    await expect(row(page, 10_000)).to_be_visible()
    assert await lines.count() < 60
    await page.locator("#rows").focus()
    await page.keyboard.press("End")
    await expect(row(page, 1)).to_be_in_viewport()
    await expect(row(page, 1)).to_have_attribute("aria-selected", "true")
    assert await lines.count() < 60
    await page.locator("#rows").evaluate("(rows) => { rows.scrollTop = rows.scrollHeight / 2; }")
    await expect(row(page, 5_000)).to_be_in_viewport()
    assert await lines.count() < 60
    server.answered("hi")
    # What is in view stays where it is when something comes in front of it.
    await expect(page.locator(".tally")).to_have_text("10,000 exchanges")
    await expect(row(page, 5_000)).to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_on_a_phone_nothing_is_wider_than_the_screen(page, watch, server, scheme):
    await page.emulate_media(color_scheme=scheme)
    await page.set_viewport_size({"width": 390, "height": 780})
    await watch(server)
    server.answered("cut")
    await row(page, 1).click()
    wide = "document.documentElement.scrollWidth"
    for name in ("fall", "request", "wire", "plan", "why", "explain"):
        await page.click(f"#tab-{name}")
        assert await page.evaluate(wide) == 390, name
    await page.click("#close-detail")
    for name in ("exchanges", "scenarios", "namespaces"):
        await page.click(f"#tab-{name}")
        assert await page.evaluate(wide) == 390, name
    ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(247, 247, 245)", "dark": "rgb(18, 19, 22)"}[scheme]
