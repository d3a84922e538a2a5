"""axe-core itself on every view of the page, light and dark: WCAG 2 A and AA, and its best practice, unbroken."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from simulators.provider.results import Segment, Transcript
from simulators.slack.server import SlackSimulator
from tests.browser.scribe import Scribe, open_scribe
from tests.browser.window import DROP, OpenPage, channel, message, thread, tone, write

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (rules) => {
    let still = 0;  // frames without a transition: what is inherited moves from parent to child, one frame each
    while (still < 3) {
        await new Promise(requestAnimationFrame);
        still = document.getAnimations().length ? 0 : still + 1;
    }
    return (await axe.run(document, {runOnly: rules})).violations.flatMap(
        (broken) => broken.nodes.map((node) => `${broken.id}: ${node.target.join(" ")}: ${node.failureSummary}`));
}"""
VISIT = Transcript(
    segments=[
        Segment(text="Good morning. How have you slept since we met?", speaker=0, start=0.0, end=3.0),
        Segment(text="Much better, thank you. The cough is nearly gone.", speaker=1, start=3.2, end=6.5),
    ],
    language="en-US",
    title="Cough nearly gone",
    summary="The patient sleeps better.",
)


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> object:
    """The colours that the window's user prefers."""
    return request.param


@pytest_asyncio.fixture(loop_scope="session")
async def scribe(tmp_path: Path, samples: Path) -> AsyncIterator[Scribe]:
    async with open_scribe(tmp_path, samples, PROVIDER="xosum") as scribe:
        scribe.xosum.settings.plan = scribe.xosum.settings.plan.model_copy(update={"result": VISIT})
        yield scribe


@pytest_asyncio.fixture(loop_scope="session")
async def workspace(scribe: Scribe) -> SlackSimulator:
    """The windows of this module look at the bot's workspace."""
    return scribe.slack


@pytest_asyncio.fixture(loop_scope="session")
async def page(scribe: Scribe, open_page: OpenPage, scheme: Literal["light", "dark"]) -> Page:
    page = await open_page()
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    await page.reload()
    await expect(page.locator("body[data-ready]")).to_be_attached()
    await page.evaluate(AXE)
    return page


async def audit(page: Page, view: str) -> None:
    """Run axe-core on what is shown now."""
    broken = await page.evaluate(RUN, RULES)
    assert broken == [], f"{view}:\n" + "\n".join(broken)


async def test_axe_sees_what_is_broken(page: Page) -> None:
    await page.evaluate("document.body.append(document.createElement('img'))")
    with pytest.raises(AssertionError, match="image-alt"):
        await audit(page, "a picture without a text")


async def look_at_files(page: Page) -> None:
    await channel(page).locator(".talk").evaluate(DROP, [["visit.mp4", "video/mp4", "x"], ["a.wav", "audio/wav", ""]])
    await expect(channel(page).locator(".file-card")).to_have_count(3)
    await audit(page, "channel with a film and an empty file, things to try")


async def look_at_a_thread(page: Page, tmp_path: Path) -> None:
    await channel(page).locator("input[type=file]").set_input_files(str(tone(tmp_path / "visit.wav")))
    await channel(page).locator(".composer-field").press("Enter")
    reply = thread(page).locator(".message").filter(has=page.get_by_role("heading", name="Cough nearly gone"))
    await expect(reply).to_be_visible()
    await expect(channel(page).get_by_role("button", name="white check mark, 1 person")).to_be_visible()
    await audit(page, "thread")
    await reply.locator(".bk-container summary").click()
    await expect(reply.get_by_text("The cough is nearly gone.")).to_be_visible()
    await audit(page, "thread with its transcript unfolded")
    for button in ("Rename speakers", "Transcribe again"):
        await reply.get_by_role("button", name=button).click()
        await expect(page.get_by_role("dialog", name=button).get_by_role("button", name="Cancel")).to_be_visible()
        await audit(page, button)
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog", name=button)).to_have_count(0)
    await reply.get_by_role("button", name="Delete", exact=True).click()
    await audit(page, "Delete's question")
    await page.get_by_role("alertdialog").get_by_role("button", name="Keep").click()
    await reply.get_by_role("button", name="Download").click()
    await expect(page.get_by_role("option").first).to_be_visible()
    await audit(page, "Download's menu")


async def look_at_answers(page: Page) -> None:
    await page.locator(".room", has_text="call-centre").click()
    await write(channel(page), "/transcribe")
    await expect(message(channel(page), "Only visible to you")).to_be_visible()
    await audit(page, "answer to a command")
    await write(channel(page), "/transcribe settings")
    await expect(page.get_by_role("dialog").get_by_role("button", name="Save")).to_be_visible()
    await audit(page, "settings")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.locator("#sidebar").get_by_role("button", name="App Home").click()
    await expect(page.get_by_role("region", name="App Home")).to_be_visible()
    await expect(page.get_by_role("img", name="Transcribed in the last two weeks")).to_be_visible()
    await audit(page, "App Home")


async def look_at_a_narrow_window(page: Page) -> None:
    await page.set_viewport_size({"width": 400, "height": 800})
    await page.goto(page.url.partition("#")[0] + "#C0CLINIC")
    await expect(channel(page)).to_be_visible()
    await audit(page, "narrow")
    await page.get_by_role("button", name="Conversations").click()
    await expect(page.locator(".room-name", has_text="call-centre")).to_be_in_viewport(ratio=1)
    await audit(page, "narrow, with its menu")


async def test_no_view_breaks_a_rule(page: Page, tmp_path: Path) -> None:
    """One window for all of them: to start the bot takes longer than to look at a view."""
    await audit(page, "empty channel")
    await look_at_a_thread(page, tmp_path)
    await look_at_files(page)
    await look_at_answers(page)
    await look_at_a_narrow_window(page)
