"""What people do with recordings and replies, done as they do it: on the page, with the real bot behind it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import playwright.async_api
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from bot.ports.store import ChannelSettings
from simulators.slack.server import SlackSimulator
from tests.browser.scribe import VISIT, Scribe, open_scribe
from tests.browser.window import OpenPage, channel, message, thread, tone, write


@pytest_asyncio.fixture(loop_scope="session")
async def scribe(tmp_path: Path, samples: Path) -> AsyncIterator[Scribe]:
    async with open_scribe(tmp_path, samples) as scribe:
        scribe.xosum.settings.plan = scribe.xosum.settings.plan.model_copy(update={"result": VISIT})
        scribe.invox.settings.plan = scribe.invox.settings.plan.model_copy(update={"result": VISIT})
        yield scribe


@pytest_asyncio.fixture(loop_scope="session")
async def workspace(scribe: Scribe) -> SlackSimulator:
    """The windows of this module look at the bot's workspace."""
    return scribe.slack


@pytest_asyncio.fixture(loop_scope="session")
async def page(scribe: Scribe, open_page: OpenPage) -> Page:
    return await open_page()


async def attach(place: Locator, *files: Path) -> None:
    """Put files into the composer and send them."""
    await place.locator("input[type=file]").set_input_files([str(file) for file in files])
    await place.locator(".composer-field").press("Enter")


async def share(page: Page, tmp_path: Path, *names: str) -> Locator:
    """Share recordings in the open channel, open their thread, and return it."""
    files = [tone(tmp_path / name, 1.0 + number / 10) for number, name in enumerate(names or ("visit.wav",))]
    await attach(channel(page), *files)
    await open_thread(channel(page).locator(".message").filter(has_text=files[0].name).last)
    return thread(page)


async def open_thread(root: Locator) -> None:
    """Press *Reply in thread*: again if the bot's first word opens the thread by itself and moves the button away."""
    button = root.get_by_role("button", name="Reply in thread")
    for _ in range(3):
        await root.hover()
        with contextlib.suppress(playwright.async_api.TimeoutError):
            return await button.click(timeout=3000)
    await root.hover()
    await button.click()


def replies(page: Page, title: str = "Cough nearly gone") -> Locator:
    return thread(page).locator(".message").filter(has=page.get_by_role("heading", name=title))


async def answered(page: Page, tmp_path: Path) -> Locator:
    """Share a recording and return the reply to it."""
    await share(page, tmp_path)
    await expect(replies(page)).to_be_visible()
    return replies(page)


async def test_a_dropped_recording_is_receipted_followed_and_answered(
    page: Page, scribe: Scribe, tmp_path: Path
) -> None:
    scribe.xosum.settings.job_seconds = 4.0
    there = await share(page, tmp_path)
    line = there.locator(".message").filter(has=page.get_by_role("button", name="Cancel"))
    await expect(line).to_contain_text("visit.wav")
    await expect(line).to_contain_text("transcribing")
    await expect(channel(page).get_by_role("button", name="eyes, 1 person")).to_be_visible()
    reply = replies(page)
    await expect(reply).to_be_visible()
    await expect(line).to_have_count(0)
    await expect(reply).to_contain_text("Summary")
    await expect(reply).to_contain_text("2 speakers")
    await expect(reply).to_contain_text("The cough is nearly gone.")
    await expect(channel(page).get_by_role("button", name="white check mark, 1 person")).to_be_visible()
    await expect(there.locator(".message")).to_have_count(2)


async def test_several_files_have_one_line_and_a_reply_each(page: Page, scribe: Scribe, tmp_path: Path) -> None:
    scribe.xosum.settings.job_seconds = 3.0
    there = await share(page, tmp_path, "one.wav", "two.wav", "three.wav")
    await expect(there.locator(".message").filter(has_text="3 recordings:")).to_have_count(1)
    await expect(replies(page)).to_have_count(3)
    await expect(there.locator(".message").filter(has_text="3 recordings:")).to_have_count(0)


async def test_a_running_recording_is_cancelled_and_then_tried_again(
    page: Page, scribe: Scribe, tmp_path: Path
) -> None:
    scribe.xosum.settings.job_seconds = 60.0
    there = await share(page, tmp_path)
    await there.get_by_role("button", name="Cancel").click()
    ended = message(there, "Cancelled by")
    await expect(ended).to_be_visible()
    scribe.xosum.settings.job_seconds = 0.1
    for job in scribe.xosum.jobs.values():
        job.finishes_at = 0.0
    await ended.get_by_role("button", name="Try again").click()
    await expect(replies(page)).to_be_visible()
    await expect(message(there, "asked me to try again")).to_be_visible()


async def test_a_failure_says_what_to_do_and_is_tried_again(page: Page, scribe: Scribe, tmp_path: Path) -> None:
    scribe.xosum.plan(outcome="failed")
    there = await share(page, tmp_path)
    failed = message(there, "could not transcribe this recording")
    # This service sends no webhook for a failure: a poll finds it within a minute.
    await expect(failed).to_contain_text("Try again; if that fails too, choose another service", timeout=75_000)
    await failed.get_by_role("button", name="Try again").click()
    await expect(replies(page)).to_be_visible()
    await expect(failed.get_by_role("button", name="Try again")).to_have_count(0)


async def test_a_transcript_is_downloaded_once_for_each_format(page: Page, tmp_path: Path) -> None:
    reply = await answered(page, tmp_path)
    await reply.get_by_role("button", name="Download").click()
    offered = page.get_by_role("option")
    await expect(offered).to_have_count(3)  # this service gives no times, so no subtitles
    await page.get_by_role("option", name="DOCX").click()
    await expect(message(thread(page), "visit.docx")).to_be_visible()


async def test_speakers_are_renamed_and_renamed_back(page: Page, tmp_path: Path) -> None:
    reply = await answered(page, tmp_path)
    await reply.get_by_role("button", name="Rename speakers").click()
    modal = page.get_by_role("dialog", name="Rename speakers")
    await expect(modal).to_contain_text("How have you slept")
    await modal.get_by_label("Խոսնակ 1").fill("Dr. Sargsyan")
    await modal.get_by_label("Խոսնակ 2").fill("Mr. Ortiz")
    await modal.get_by_role("button", name="Rename").click()
    await expect(modal).to_have_count(0)
    await expect(reply).to_contain_text("Mr. Ortiz sleeps better. Dr. Sargsyan stops the syrup.")
    await expect(reply).to_contain_text("Dr. Sargsyan")
    note = message(thread(page), "The speakers are renamed")
    await note.get_by_role("button", name="Undo").click()
    await expect(reply).to_contain_text("Խոսնակ 2 sleeps better.")


async def test_a_recording_is_transcribed_again_by_another_service(page: Page, tmp_path: Path) -> None:
    reply = await answered(page, tmp_path)
    await reply.get_by_role("button", name="Transcribe again").click()
    modal = page.get_by_role("dialog", name="Transcribe again")
    await expect(modal.get_by_text("Recording", exact=True)).to_be_visible()
    await modal.get_by_role("button", name="Start").click()
    await expect(modal.get_by_text("already a transcript with these settings")).to_be_visible()
    await modal.get_by_role("button", name="Service").click()
    await page.get_by_role("option", name="Invox Medical").click()
    await expect(modal.get_by_text("Recording", exact=True)).to_have_count(0)
    await modal.get_by_role("button", name="Start").click()
    await expect(modal).to_have_count(0)
    second = thread(page).locator(".message").filter(has_text="Version 2")
    await expect(second).to_contain_text("by Invox Medical")
    await second.get_by_role("button", name="Download").click()
    await expect(page.get_by_role("option")).to_have_count(5)
    await page.get_by_role("option", name="SRT").click()
    await expect(thread(page).get_by_text(".srt").first).to_be_visible()


async def test_a_transcript_is_deleted_only_by_those_who_may_and_after_asking(
    page: Page, open_page: OpenPage, scribe: Scribe, tmp_path: Path
) -> None:
    reply = await answered(page, tmp_path)
    bob = await open_page("U0BOB")
    await channel(bob).get_by_role("button", name="reply").first.click()
    await replies(bob).get_by_role("button", name="Delete", exact=True).click()
    await bob.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    await expect(message(thread(bob), "Only the user who shared the recording")).to_be_visible()
    await reply.get_by_role("button", name="Delete", exact=True).click()
    asked = page.get_by_role("alertdialog", name="Delete this transcript?")
    await asked.get_by_role("button", name="Keep").click()
    await expect(reply).to_be_visible()
    await reply.get_by_role("button", name="Delete", exact=True).click()
    await asked.get_by_role("button", name="Delete").click()
    await expect(message(thread(page), "The transcript was deleted on request.")).to_contain_text("Alice Petrosyan")
    await expect(replies(page)).to_have_count(0)


async def test_on_request_a_recording_waits_for_the_shortcut_or_a_mention(
    page: Page, scribe: Scribe, tmp_path: Path
) -> None:
    await scribe.core.store.put_channel_settings("T0LOCAL", "C0CLINIC", ChannelSettings(automatic=False))
    there = await share(page, tmp_path)
    await write(there, "@threadscribe please")
    await expect(replies(page)).to_be_visible()
    await page.keyboard.press("Escape")
    await attach(channel(page), tone(tmp_path / "other.wav", 2.0))
    other = message(channel(page), "other.wav")
    await other.focus()  # the pointer would be beside it once something above has grown
    await other.get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Transcribe").click()
    await expect(message(channel(page), "On it.")).to_be_visible()
    await other.get_by_role("button", name="1 reply").click()
    await expect(replies(page)).to_be_visible()


async def test_a_file_in_a_direct_message_is_answered_there(
    open_page: OpenPage, scribe: Scribe, tmp_path: Path
) -> None:
    page = await open_page("U0BOB", "D0BOB")
    await share(page, tmp_path)
    await expect(replies(page)).to_be_visible()


async def test_a_voice_clip_is_recorded_and_answered(page: Page, scribe: Scribe) -> None:
    await channel(page).get_by_role("button", name="Record a voice clip").click()
    await page.wait_for_timeout(1200)  # a person speaks for a while
    await channel(page).get_by_role("button", name="Send clip").click()
    await open_thread(channel(page).locator(".message").last)
    await expect(replies(page)).to_be_visible()


async def test_a_reply_speaks_the_language_of_its_person(page: Page, scribe: Scribe, tmp_path: Path) -> None:
    scribe.slack.workspace.users["U0ALICE"].locale = "es-ES"
    reply = await answered(page, tmp_path)
    await expect(reply).to_contain_text("Resumen")
    await expect(reply.get_by_role("button", name="Transcribir de nuevo")).to_be_visible()
