"""A real Chromium on the real local workspace page, with a small real Bolt app behind it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from simulators.slack.options import Options, SlashCommand
from simulators.slack.server import SlackSimulator
from tests.browser.clinic_app import ClinicApp
from tests.browser.window import OpenPage, tone

HERE = Path(__file__).parent
CANDIDATES = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]
WAIT_MS = 60_000


def chromium() -> str | None:
    """The browser's executable: `CHROMIUM`, or where Debian and Google put theirs; None if there is none."""
    named = os.environ.get("CHROMIUM")
    return next((found for name in ([named] if named else CANDIDATES) if (found := shutil.which(name))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark this directory's tests, run them on one loop with one browser, skip them where there is no browser."""
    missing = chromium() is None
    for item in items:
        if HERE not in item.path.parents:
            continue
        item.add_marker(pytest.mark.browser)
        item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
        if missing:
            item.add_marker(pytest.mark.skip(reason="no Chromium here: install it or name it in CHROMIUM"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=WAIT_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    directory = tmp_path / "samples"
    directory.mkdir()
    tone(directory / "ward-round.wav")
    listing = [{"name": "ward-round.wav", "title": "Ward round (1 s)", "licence": "Made for this test"}]
    (directory / "index.json").write_text(json.dumps(listing), encoding="utf-8")
    return directory


@pytest_asyncio.fixture(loop_scope="session")
async def workspace(samples: Path) -> AsyncIterator[SlackSimulator]:
    command = SlashCommand("/transcribe", "Transcribe, and ask where things stand", "[status [job] | settings | help]")
    async with SlackSimulator(Options(samples=samples, commands=(command,))) as slack:
        yield slack


@pytest_asyncio.fixture(loop_scope="session")
async def app(workspace: SlackSimulator) -> AsyncIterator[ClinicApp]:
    async with ClinicApp(workspace.api_url, workspace.bot_token, workspace.app_token) as app:
        yield app


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser, workspace: SlackSimulator) -> AsyncIterator[OpenPage]:
    """Opens windows; any error in the page's own code fails the test at its end."""
    contexts = []
    faults: list[str] = []

    async def open_window(user: str = "U0ALICE", place: str = "C0CLINIC", *, width: int = 1280) -> Page:
        context = await browser.new_context(
            viewport={"width": width, "height": 800}, permissions=["microphone", "clipboard-write", "clipboard-read"]
        )
        contexts.append(context)
        context.set_default_timeout(WAIT_MS)
        page = await context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        await page.goto(f"{workspace.page_url}&as={user}#{place}")
        await expect(page.locator("body[data-ready]")).to_be_attached()
        return page

    yield open_window
    for context in contexts:
        await context.close()
    assert faults == []


@pytest_asyncio.fixture(loop_scope="session")
async def page(app: ClinicApp, open_page: OpenPage) -> Page:
    """Alice's window at #clinic-notes, with the app online."""
    page = await open_page()
    await expect(page.get_by_text("threadscribe is online")).to_be_visible()
    return page
