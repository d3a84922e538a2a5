"""`make picture`: the screenshot of the README, from what `make run` starts and a newcomer does there, nothing else.

The page, the bot and the local engine are real; the recordings are the bundled samples. It needs a Chromium and takes
about two minutes.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path

from playwright.async_api import Page, async_playwright, expect

from tests.browser.conftest import ARGUMENTS, chromium
from tests.browser.test_trial_page import drop, shown_by
from tests.browser.window import channel, thread, write
from tests.support.machine.bot_process import Bot

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "images" / "workspace.png"
SAMPLES = ROOT / "simulators" / "samples"
ENGINE_MS = 600_000


async def fill(page: Page) -> None:
    """A question, a short clip, and a talk of two, whose thread is left open."""
    await write(channel(page), "Good morning! Here is the quote that I mentioned, and then Monday's planning talk.")
    await drop(page, "kennedy.wav", "audio/wav", (SAMPLES / "jfk.wav").read_bytes())
    await expect(thread(page)).to_contain_text("ask what you can do for your country", timeout=ENGINE_MS)
    await thread(page).get_by_role("button", name="Close thread").click()
    await page.get_by_role("button", name="Close this list").click()
    talk = SAMPLES / "planning_meeting.mp3"
    shared = await drop(page, talk.name, "audio/mpeg", talk.read_bytes())
    reply = thread(page).locator(".message").filter(has_text="2 speakers")
    await expect(reply).to_be_visible(timeout=ENGINE_MS)
    await expect(shared.get_by_role("button", name="white check mark, 1 person")).to_be_visible()
    await thread(page).locator(".message").first.scroll_into_view_if_needed()
    await page.mouse.move(720, 60)


async def main() -> None:
    """Start it, use it, take the picture."""
    async with contextlib.AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        trial = await Bot.start(directory, {}, "try", "--port", "0", "--no-browser")
        stack.push_async_callback(trial.stop)
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        stack.push_async_callback(browser.close)
        context = await browser.new_context(
            viewport={"width": 1440, "height": 900}, color_scheme="light", reduced_motion="reduce"
        )
        context.set_default_timeout(60_000)
        page = await context.new_page()
        await page.goto(f"{await shown_by(trial)}&as=U0ALICE#C0CLINIC")
        await expect(page.get_by_text("threadscribe is online")).to_be_visible()
        await fill(page)
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=PICTURE)


if __name__ == "__main__":
    asyncio.run(main())
