"""`threadscribe try` as a newcomer meets it: the real process, the real engine, a real browser, Alice at the page."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from simulators.provider.results import Segment, Transcript
from tests.browser.window import channel, message, thread, tone, write
from tests.support.harnesses.bot import Place, fast_xosum, open_place
from tests.support.machine.bot_process import Bot
from tests.support.machine.processes import free_port

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]  # a busy machine is no failure

SAMPLES = Path(__file__).parents[2] / "simulators" / "samples"
DROP_BYTES = """async (pane, files) => {
    const data = new DataTransfer();
    for (const [name, type, coded] of files)
        data.items.add(new File([Uint8Array.from(atob(coded), (c) => c.charCodeAt(0))], name, {type}));
    for (const kind of ["dragenter", "dragover", "drop"])
        pane.dispatchEvent(new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));
}"""
BROKEN = b"ID3\x04" + bytes((n * 7919) % 251 for n in range(9000))
ENGINE_MS = 60_000


async def drop(page: Page, name: str, kind: str, data: bytes) -> Locator:
    """Drag a file from the desktop into the open channel; the message that shares it."""
    files = [[name, kind, base64.b64encode(data).decode()]]
    await channel(page).locator(".talk").evaluate(DROP_BYTES, files)
    shared = message(channel(page), name).last
    await expect(shared).to_be_visible()
    return shared


async def shown_by(trial: Bot) -> str:
    """The page's address that a trial prints."""
    await trial.until(lambda: any("Your local workspace:" in line for line in trial.out), 60)
    (shown,) = [line for line in trial.out if "Your local workspace:" in line]
    return shown.partition("Your local workspace:")[2].strip()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The page of a trial that runs."""
    port = free_port()
    environment = {"LOCAL_MODEL": "tiny.en", "LOCAL_WORKERS": "1", "SLACK_BOT_TOKEN": "xoxb-the-operators-own"}
    arguments = ("try", "--port", str(port), "--no-browser")
    trial = await Bot.start(tmp_path_factory.mktemp("trial"), environment, *arguments)
    yield await shown_by(trial)
    assert await trial.stop() == 0
    worse = [line for line in trial.lines if json.loads(line)["level"] != "warning"]  # the broken files' lines
    assert worse == []
    written = "\n".join([*trial.lines, *trial.out])
    assert "Traceback" not in written
    assert "country can do for you" not in written


async def at_the_page(browser: Browser, address: str) -> Page:
    """A window of Alice's at #clinic-notes."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(15_000)
    page = await context.new_page()
    await page.goto(f"{address}&as=U0ALICE#C0CLINIC")
    await expect(page.locator("body[data-ready]")).to_be_attached()
    await expect(page.get_by_text("threadscribe is online")).to_be_visible()
    return page


@pytest_asyncio.fixture(loop_scope="session")
async def alice(browser: Browser, address: str) -> AsyncIterator[Page]:
    page = await at_the_page(browser, address)
    yield page
    await page.context.close()


async def test_a_clip_that_is_dropped_comes_back_as_its_words_with_a_menu(alice: Page) -> None:
    await drop(alice, "speech.wav", "audio/wav", (SAMPLES / "jfk.wav").read_bytes())
    there = thread(alice)
    reply = message(there, "ask what you can do for your country")
    await expect(reply).to_be_visible(timeout=ENGINE_MS)
    await expect(reply).to_contain_text("speech.wav")
    await expect(reply).to_contain_text("by the local engine")
    await expect(reply.get_by_role("heading")).to_have_count(0)
    await expect(there.locator(".message")).to_have_count(2)


async def test_a_film_is_transcribed_as_well(alice: Page) -> None:
    await drop(alice, "film.mp4", "video/mp4", (SAMPLES / "jfk_video.mp4").read_bytes())
    await expect(thread(alice)).to_contain_text("ask what you can do for your country", timeout=ENGINE_MS)


async def test_a_broken_file_is_answered_with_one_sentence(alice: Page) -> None:
    await drop(alice, "broken.mp3", "audio/mpeg", BROKEN)
    refusal = message(thread(alice), "This file is damaged and cannot be played.")
    await expect(refusal).to_be_visible()
    await expect(refusal.get_by_role("button", name="Try again")).to_have_count(0)


async def test_the_sample_that_is_offered_first_has_two_speakers_and_then_there_are_things_to_try(alice: Page) -> None:
    await alice.locator('.room[data-channel="C0CALLS"]').click()
    await expect(alice.get_by_text("is simulated here")).to_have_count(0)
    tips = alice.get_by_role("region", name="Things to try")
    await expect(tips).to_have_count(0)
    await channel(alice).locator(".sample").first.click()
    await expect(tips).to_be_visible(timeout=ENGINE_MS)
    await expect(tips.locator("li")).to_have_count(6)
    reply = thread(alice).locator(".message").filter(has_text="2 speakers")
    await expect(reply).to_contain_text("sign the contract on Wednesday", timeout=5 * ENGINE_MS)
    await expect(reply.get_by_role("button", name="Rename speakers")).to_be_visible()

    await tips.get_by_role("button", name="/transcribe status").press("Enter")
    field = channel(alice).locator(".composer-field")
    await expect(field).to_have_value("/transcribe status")
    await expect(field).to_be_focused()
    await tips.get_by_role("button", name="/transcribe search").press("Enter")
    await expect(field).to_have_value("/transcribe search ")
    async with alice.context.expect_page() as opened:
        await tips.get_by_role("link", name="Be Bob in a new window").click()
    bob = await opened.value
    await expect(bob.locator('.person[aria-checked="true"]')).to_contain_text("Bob")
    await thread(alice).get_by_role("button", name="Close").click()
    await tips.get_by_role("button", name="Open the reply").click()
    await expect(reply).to_be_visible()
    await tips.get_by_role("button", name="Close this list").press("Enter")
    await expect(field).to_be_focused()
    await alice.reload()
    await expect(alice.locator("body[data-ready]")).to_be_attached()
    await expect(tips).to_have_count(0)


@pytest.mark.parametrize(("provider", "title"), [("xosum", "Xosum"), ("openai", "An OpenAI-compatible server")])
async def test_the_page_says_that_a_service_is_simulated(
    provider: str, title: str, browser: Browser, tmp_path: Path
) -> None:
    trial = await Bot.start(tmp_path, {}, "try", "--port", "0", "--no-browser", "--provider", provider)
    page = await at_the_page(browser, await shown_by(trial))
    words = page.get_by_role("banner").get_by_text(f"{title} is simulated here: its words are a fixed example.")
    await expect(words).to_be_visible()
    await page.context.close()
    assert await trial.stop() == 0
    assert trial.lines == []


async def test_status_is_told_to_the_asker_alone(alice: Page, browser: Browser, address: str) -> None:
    await drop(alice, "damaged.mp3", "audio/mpeg", BROKEN)
    await expect(message(thread(alice), "This file is damaged and cannot be played.")).to_be_visible()
    await write(channel(alice), "/transcribe status")
    answer = message(channel(alice), "Only visible to you").last
    await expect(answer).to_contain_text("These were your last")
    await expect(answer).to_contain_text("damaged.mp3")
    context = await browser.new_context()
    other = await context.new_page()
    await other.goto(f"{address}&as=U0BOB#C0CLINIC")
    await expect(message(channel(other), "damaged.mp3").first).to_be_visible()
    await expect(message(channel(other), "These were your last")).to_have_count(0)
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with open_place(tmp_path, fast_xosum()) as found:
        await found.start()
        yield found


async def test_a_long_transcript_hangs_below_its_beginning_as_a_file(
    place: Place, browser: Browser, tmp_path: Path
) -> None:
    assert place.service is not None
    said = [
        Segment(text=f"This is sentence {n} of a talk that goes on.", start=n * 4.0, end=n * 4.0 + 3)
        for n in range(900)
    ]
    place.service.plan(result=Transcript(segments=said, title="An hour on the ward").model_dump())
    page = await at_the_page(browser, place.slack.page_url)
    await drop(page, "ward.wav", "audio/wav", tone(tmp_path / "ward.wav").read_bytes())
    there = thread(page)
    await expect(there.get_by_role("heading", name="An hour on the ward")).to_be_visible()
    await expect(there).to_contain_text("The whole transcript follows in this thread.")
    async with page.expect_download() as download:
        await there.get_by_role("link", name="Download ward.txt").click()
    text = (await (await download.value).path()).read_text(encoding="utf-8")
    assert all(f"sentence {n} of a talk" in text for n in range(900))
    await page.context.close()
