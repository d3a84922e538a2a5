"""What a person types, as a user of the page with the real bot: help, lists, status, search, settings, Home."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from bot.domain.transcript import Segment, Transcript
from simulators.nabla import NablaSimulator
from simulators.slack.server import SlackSimulator
from tests.browser.scribe import Scribe, open_scribe
from tests.browser.window import OpenPage, channel, tone, write
from tests.support.time_travel import answered, look

WARD = Transcript(
    (
        Segment("Good morning, how did you sleep?", 0.0, 3.0, "Doctor"),
        Segment("Badly: I coughed all night, and the cough is dry.", 3.0, 8.0, "Patient"),
        Segment("Then we listen to your lungs first. Please breathe in deeply, and out again.", 8.0, 14.0, "Doctor"),
    ),
    "en",
    1260.0,
    "Ward round, bed 4",
    "The patient slept badly because of a dry cough. The lungs are listened to.",
    provider="xosum",
)
CALL = Transcript(
    (Segment("Ինչո՞ւ եք զանգահարում։ Կապը վատ է Երևանում։", None, None, "Խոսնակ 1"),),
    "hy",
    95.0,
    "Զանգ Երևանից",
    provider="xosum",
)


@pytest_asyncio.fixture(loop_scope="session")
async def bot(tmp_path: Path, samples: Path) -> AsyncIterator[Scribe]:
    """The bot with Xosum as default, and Nabla and others to choose from."""
    nabla = NablaSimulator()
    await nabla.start()
    try:
        async with open_scribe(tmp_path, samples, **{**nabla.environment(), "PROVIDER": "xosum"}) as scribe:
            yield scribe
    finally:
        await nabla.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def workspace(bot: Scribe) -> SlackSimulator:
    """The windows of this module look at the bot's workspace."""
    return bot.slack


@pytest_asyncio.fixture(loop_scope="session")
async def alice(bot: Scribe, open_page: OpenPage) -> Page:
    return await open_page()


def answer(page: Page) -> Locator:
    """The last answer that only this person sees."""
    return channel(page).locator(".message").filter(has_text="Only visible to you").last


async def choose(page: Page, modal: Locator, field: str, option: str, typed: str = "") -> None:
    """Choose in a field with a list, after typing a part of the name if there is any."""
    await modal.get_by_role("button", name=f"{field}: ").click()
    if typed:
        await page.get_by_role("combobox").press_sequentially(typed)
    await page.get_by_role("option", name=option).first.click()


async def test_help_names_every_command(alice: Page, bot: Scribe) -> None:
    await write(channel(alice), "/transcribe")
    for word in ("status", "list", "search WORDS", "retry", "cancel", "settings"):
        await expect(answer(alice)).to_contain_text(f"/transcribe {word}")
    await look(alice, "help")
    await write(channel(alice), "/transcribe serach cough")
    await expect(answer(alice)).to_contain_text("Did you mean /transcribe search")


async def test_a_recording_is_listed_and_its_story_told(alice: Page, bot: Scribe, tmp_path: Path) -> None:
    field = channel(alice).locator("input[type=file]")
    await field.set_input_files(str(tone(tmp_path / "visit.wav")))
    await channel(alice).locator(".composer-field").press("Enter")
    await expect(channel(alice).get_by_role("button", name="white check mark, 1 person")).to_be_visible()
    await write(channel(alice), "/transcribe list")
    await expect(answer(alice)).to_contain_text("visit.wav")
    await expect(answer(alice)).to_contain_text("done")
    job = await answer(alice).locator("code").first.inner_text()
    await write(channel(alice), f"/transcribe status {job}")
    await expect(answer(alice)).to_contain_text("Sent to the service")
    await expect(answer(alice)).to_contain_text("Reply posted in the thread")
    await look(alice, "timeline")


async def test_a_long_list_is_turned_page_by_page(alice: Page, bot: Scribe) -> None:
    for number in range(12):
        await answered(bot, WARD, f"visit {number:02}.m4a", days_ago=1 - number / 24)
    await write(channel(alice), "/transcribe list channel")
    await expect(answer(alice)).to_contain_text("visit 11.m4a")
    await look(alice, "list")
    await answer(alice).get_by_role("button", name="Older").click()
    await expect(answer(alice)).to_contain_text("visit 01.m4a")
    await expect(answer(alice)).not_to_contain_text("visit 11.m4a")
    await answer(alice).get_by_role("button", name="Back to the newest").click()
    await expect(answer(alice)).to_contain_text("visit 11.m4a")


async def test_search_shows_what_was_said_and_leads_to_its_thread(alice: Page, bot: Scribe) -> None:
    job = await answered(bot, WARD, days_ago=2)
    await answered(bot, CALL, "call.mp3", channel="C0CALLS", user="U0BOB")
    await write(channel(alice), "/transcribe search cough night")
    found = answer(alice)
    await expect(found).to_contain_text("Ward round, bed 4")
    await expect(found.locator("blockquote b, blockquote strong").first).to_have_text("coughed")
    await expect(found).to_contain_text("[00:03] Patient:")
    await look(alice, "search")
    await expect(found.get_by_role("link", name="Ward round")).to_have_attribute(
        "href", re.compile(job.origin.thread_ts.replace(".", ""))
    )
    await write(channel(alice), "/transcribe search ինչու երեւան")
    await expect(answer(alice)).to_contain_text("Զանգ Երևանից")
    await look(alice, "search-armenian")
    await write(channel(alice), "/transcribe search nobody-said-this")
    await expect(answer(alice)).to_contain_text("I did not find")


async def test_the_modal_follows_the_service_and_saves_with_who_and_when(alice: Page, bot: Scribe) -> None:
    await write(channel(alice), "/transcribe settings")
    modal = alice.get_by_role("dialog", name="Channel settings")
    await expect(modal).to_contain_text("Nobody has changed these yet")
    await expect(modal).to_contain_text("detects the language automatically")
    await look(alice, "settings-xosum")
    await choose(alice, modal, "Recording type", "Phone call")
    await choose(alice, modal, "Service", "Nabla")
    await expect(modal.get_by_role("button", name="Language: ")).to_be_visible()
    await expect(modal.get_by_role("button", name="Recording type: ")).to_have_count(0)
    await choose(alice, modal, "Language", "Armenian", typed="arme")
    await modal.get_by_text("Only on request").click()
    await modal.get_by_text("Times", exact=True).click()
    await look(alice, "settings-nabla")
    await modal.get_by_role("button", name="Save").click()
    await expect(modal).to_have_count(0)
    saved = await bot.core.store.channel_settings("T0LOCAL", "C0CLINIC")
    assert (saved.provider, saved.language, saved.recording_type) == ("nabla", "ARMENIAN_AM", "")
    assert (saved.automatic, saved.speakers, saved.timestamps) == (False, True, False)
    assert saved.changed_by == "U0ALICE"
    await write(channel(alice), "/transcribe settings")
    await expect(modal).to_contain_text("Last changed by @Alice Petrosyan")
    await expect(modal.get_by_role("button", name="Language: Armenian")).to_be_visible()


async def test_the_home_shows_recordings_use_and_settings(alice: Page, bot: Scribe) -> None:
    for number in range(7):
        await answered(bot, WARD, f"visit {number}.m4a", days_ago=number * 1.6)
    await answered(bot, CALL, "call.mp3", channel="C0CALLS", days_ago=1)
    await alice.get_by_role("navigation").get_by_role("button", name="App Home").click()
    home = alice.get_by_role("region", name="App Home")
    await expect(home).to_contain_text("Your last recordings")
    await expect(home).to_contain_text("8 recordings")
    await expect(home.get_by_role("img", name="Transcribed in the last two weeks")).to_be_visible()
    await look(alice, "home")
    await home.get_by_role("button", name="Settings").first.click()
    modal = alice.get_by_role("dialog", name="Channel settings")
    await modal.get_by_text("Only on request").click()
    await modal.get_by_role("button", name="Save").click()
    await expect(home).to_contain_text("on request")
    await look(alice, "home-after")
