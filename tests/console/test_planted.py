"""The console in a real browser: whatever a client or a scenario says is text, never markup, and nothing of it runs."""

from urllib.parse import quote

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMAGE = "<img src=x onerror=alert(1)>"
SCRIPT = "<script>alert(2)</script>"
SCENARIO = f"""\
about: "{IMAGE}"
rules:
  - name: "rule {IMAGE}"
    when: {{last: gate}}
    replies:
      - text: "{IMAGE}{SCRIPT} and more"
        faults: [{{gate: {{name: middle, at: {{token: 2}}}}}}]
  - name: "error {SCRIPT}"
    when: {{last: error}}
    replies: [{{error: {{status: 400, message: "{IMAGE}", code: "{SCRIPT}"}}}}]
  - name: "call {SCRIPT}"
    replies: [{{tool_calls: [{{name: get, arguments: {{place: "{IMAGE}"}}}}]}}]
"""

# Elements that nobody but the planted texts would make.
PLANTED = (
    'document.querySelectorAll(\'img:not([src="console/icon.svg"]), script:not([src="console/main.js"]), b[x]\').length'
)


async def nothing_came_of_it(page):
    assert await page.evaluate(PLANTED) == 0


async def test_the_policy_forbids_all_but_the_files_of_the_console(page, watch, server):
    response = await watch(server)
    policy = (await response.all_headers())["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"} <= set(policy)
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in str(policy)


async def test_what_is_planted_in_every_field_of_an_exchange_stays_text(page, watch, server):
    (server.folder / "hello.yaml").write_text(SCENARIO)
    server.reload()
    await watch(server)
    path = f"/@{quote('<b/x>', safe='')}/v1/chat/completions?{quote(IMAGE)}"
    tools = [{"type": "function", "function": {"name": f"t{SCRIPT}", "parameters": {"title": IMAGE}}}]
    headers = {"X-Planted": IMAGE, "User-Agent": SCRIPT}
    server.ask(f"{IMAGE} gate", headers=headers, model=IMAGE, metadata={IMAGE: SCRIPT})
    await expect(page.locator("#exchange-1 .model")).to_have_text(IMAGE)
    server.answered("error", headers=headers, model=f"m{SCRIPT}")
    server.answered(
        "hi", path=f"/@<b-x>/v1/chat/completions?{quote(IMAGE)}", headers=headers, tools=tools, model=SCRIPT
    )
    server.answered("hi", path=f"/{quote(IMAGE)}/v1/chat/completions", headers=headers)
    server.answered("hi", path=path)
    await expect(page.locator(".line")).to_have_count(5)
    await expect(page.locator("#exchange-3 .c-rule")).to_contain_text("hello@<b-x>")
    await expect(page.locator("#exchange-4 .path")).to_contain_text(IMAGE)
    for number in range(1, 6):
        await page.locator(f"#exchange-{number}").click()
        for tab in ("fall", "request", "wire", "plan", "why", "explain"):
            await page.click(f"#tab-{tab}")
            if tab == "request" and number < 5:
                await expect(page.locator("#detail-pane")).to_contain_text(IMAGE)
            if tab == "explain":
                await page.click("#explain-now")
                await expect(page.locator("#explained .pairs").first).to_contain_text("status")
            await nothing_came_of_it(page)
    await page.locator("#filter").fill(f"{IMAGE}=1")
    await nothing_came_of_it(page)


async def test_what_is_planted_in_namespaces_gates_and_scenarios_stays_text(page, watch, server):
    (server.folder / "hello.yaml").write_text(SCENARIO)
    server.reload()
    await watch(server)
    server.ask("gate", path="/@<b-x>/v1/chat/completions")
    await page.click("#tab-namespaces")
    await expect(page.locator(".card").filter(has_text="Gates")).to_contain_text("hello@<b-x>")
    await page.locator("#namespaces .name").filter(has_text="hello@<b-x>").click()
    await expect(page.locator(".card").filter(has_text="Scripts")).to_contain_text(f"rule {IMAGE}")
    await nothing_came_of_it(page)
    await page.click("#tab-scenarios")
    await page.locator("#scenarios .name").click()
    await expect(page.locator(".source")).to_contain_text(f"rule {IMAGE}")
    await page.get_by_role("button", name="Edit a copy").click()
    await page.locator("#scenario-text").fill(f'"{IMAGE}": 1\nrules: [{{"{SCRIPT}": 1}}]')
    await expect(page.locator("#verdict")).to_contain_text(IMAGE)
    await page.click("#try")
    await expect(page.locator("#notice")).to_contain_text(IMAGE)
    await nothing_came_of_it(page)
    (server.folder / "hello.yaml").write_text(f'rules: [{{replies: [hi], "{IMAGE}": 1}}]\n')
    server.reload()
    await page.get_by_role("button", name="Back to its text").click()
    await expect(page.locator(".source .problem")).to_contain_text(IMAGE)
    await nothing_came_of_it(page)
