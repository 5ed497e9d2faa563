"""The console in a real browser: scenarios with their errors in place, namespaces, gates, the clock, the token."""

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.asyncio(loop_scope="module")

BROKEN = """\
rules:
  - when: {last: hi}
    repplies:
      - text: hi
"""


async def test_an_error_of_a_reload_is_shown_at_its_line(page, watch, server):
    await watch(server)
    await page.click("#tab-scenarios")
    await page.locator("#scenarios .name").click()
    await expect(page.locator(".source li")).to_have_count(13)
    server.answered("hi")
    (server.folder / "hello.yaml").write_text(BROKEN)
    assert [change.kind for change in server.reload()] == ["kept"]
    await expect(page.locator("#tab-scenarios")).to_contain_text("1 wrong")
    await expect(page.locator("#scenarios .name")).to_have_class("name wrong")
    await expect(page.locator("#scenarios .sheet")).to_contain_text("The version before it is still served.")
    line = page.locator('.source li[data-line="3"]')
    await expect(line).to_have_class("bad")
    await expect(line.locator("mark")).to_have_text("repplies")
    await expect(line.locator(".problem")).to_contain_text("3:5 rules[0].repplies: unknown key 'repplies'")
    (server.folder / "hello.yaml").write_text(BROKEN.replace("repplies", "replies"))
    server.reload()
    await expect(page.locator(".source .bad")).to_have_count(0)
    await expect(page.locator("#scenarios .name")).to_have_class("name")


async def test_a_scenario_is_checked_while_it_is_written_and_tried(page, watch, server):
    await watch(server)
    await page.click("#tab-scenarios")
    await page.get_by_role("button", name="New").click()
    await expect(page.locator("#verdict")).to_contain_text("It can be served")
    text = page.locator("#scenario-text")
    await text.fill(BROKEN)
    await expect(page.locator("#verdict li").last).to_contain_text("unknown key 'repplies'")
    await expect(page.locator(".gutter .bad").last).to_have_text("3")
    await page.locator("#verdict button").last.click()
    assert await text.evaluate("(area) => area.value.slice(area.selectionStart, area.selectionStart + 8)") == "repplies"
    await page.click("#try")
    await expect(page.locator("#notice")).to_contain_text("the scenario cannot be used")
    await text.fill("rules: [{name: tried, replies: [Yes]}]")
    await expect(page.locator("#verdict")).to_contain_text("It can be served")
    await page.click("#try")
    await expect(page.locator("#tried")).to_contain_text("/@draft/v1/chat/completions")
    server.answered("hi", path="/@draft/v1/chat/completions")
    await page.click("#tab-exchanges")
    await expect(page.locator("#exchange-1")).to_contain_text("tried")


async def test_a_gate_is_released_by_a_button(page, watch, server):
    await watch(server)
    server.ask("gate")
    await expect(page.locator("#tab-namespaces")).to_contain_text("1 at a gate")
    await page.click("#tab-namespaces")
    await page.locator("#namespaces .name").filter(has_text="hello").click()
    await page.get_by_role("button", name="Release").click()
    await expect(page.locator("#tab-namespaces")).not_to_contain_text("at a gate")
    await expect(page.locator("#namespaces .sheet")).to_contain_text("1 in the journal, 0 open.")
    await page.get_by_role("button", name="Show its exchanges").click()
    await expect(page.locator("#exchange-1")).to_contain_text("complete")


async def test_a_fault_is_added_and_taken_away(page, watch, server):
    await watch(server)
    server.answered("hi")
    await page.click("#tab-namespaces")
    await page.locator("#namespaces .name").filter(has_text="hello").click()
    card = page.locator(".card").filter(has_text="Added faults")
    await card.locator("textarea").fill('{"errror": {}}')
    await card.get_by_role("button", name="Add it").click()
    await expect(page.locator("#notice")).to_contain_text("this is no entry of chaos")
    await card.locator("textarea").fill('{"error": {"status": 503}}')
    await card.get_by_role("button", name="Add it").click()
    await expect(card).to_contain_text("alive")
    server.answered("hi")
    await expect(card).to_contain_text("acted 1 of 1")
    await page.click("#tab-exchanges")
    await expect(page.locator("#exchange-2")).to_contain_text("503")
    await page.click("#tab-namespaces")
    await card.get_by_role("button", name="Take them away").click()
    await expect(card).not_to_contain_text("acted")


async def test_a_namespace_tells_its_state_and_is_dropped_by_two_presses(page, watch, server):
    await watch(server)
    server.answered("hi", path="/@mine/v1/chat/completions")
    await page.click("#tab-namespaces")
    await page.locator("#namespaces .name").filter(has_text="hello@mine").click()
    await expect(page.locator(".card").filter(has_text="Scripts")).to_contain_text("1 given, 1 scripted")
    await page.get_by_role("button", name="Drop").click()
    assert server.engine.namespaces().keys() == {"hello@mine"}
    await page.get_by_role("button", name="Drop: sure?").click()
    await expect(page.locator("#namespaces .name")).to_have_text(["The server"])
    assert server.engine.namespaces() == {}


async def test_the_clock_is_paused_and_goes_on(page, watch, server):
    await watch(server)
    await page.click("#tab-namespaces")
    await page.get_by_role("button", name="Pause").click()
    await expect(page.locator("#clock-state")).to_have_text("clock paused")
    assert server.thread.server.clock.paused
    await page.get_by_role("button", name="Go on").click()
    await expect(page.locator("#clock-state")).to_have_text("")


async def test_without_its_token_the_console_shows_nothing_but_the_question(page, serve):
    server = serve(token="s3cret-é")
    server.answered("hi")
    await page.goto(f"{server.url}/_mockllm/")
    await expect(page.locator("#token")).to_contain_text("This server wants its token")
    assert await page.locator(".line").count() == 0
    await page.keyboard.type("wrong")
    await page.keyboard.press("Enter")
    await expect(page.locator("#token")).to_contain_text("That was not it.")
    await page.keyboard.type("s3cret-é")
    await page.keyboard.press("Enter")
    await expect(page.locator("#live")).to_have_text("live")
    await expect(page.locator("#exchange-1")).to_contain_text("greeting")
    await page.reload()
    await expect(page.locator("#exchange-1")).to_contain_text("greeting")


async def test_the_keys_are_told(page, watch, server):
    await watch(server)
    await page.keyboard.press("?")
    await expect(page.locator("#keys")).to_contain_text("copy the request as curl")
    await page.keyboard.press("Escape")
    await expect(page.locator("#keys")).to_be_hidden()
    await page.keyboard.press("2")
    await expect(page.locator("#scenarios")).to_be_visible()
    await page.locator("#tab-scenarios").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("#namespaces")).to_be_visible()
    assert await page.evaluate("document.activeElement.id") == "tab-namespaces"
