"""`python -m tests.browser.picture`: the screenshot of the README again, from the real bot on the local workspace."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path

import numpy as np
from playwright.async_api import async_playwright, expect

from simulators.nabla import NablaSettings, NablaSimulator
from simulators.provider.results import Segment, Transcript
from simulators.slack.file_store import Upload
from tests.browser.conftest import ARGUMENTS, chromium
from tests.support.audio.recordings import record
from tests.support.bot_harness import ALICE, BOB, CLINIC, Place, headline, open_place
from tests.support.local_engine_harness import RATE, speech

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "workspace.png"
SAMPLES = Path(__file__).parents[2] / "simulators" / "samples"

# Made up. The words are a provider's, so that they read well; title and highlights are made by the bot.
VISIT = (
    (0, "Good morning, Mrs. Hakobyan. What brings you in today?"),
    (1, "My knee has been hurting since I slipped on the stairs two weeks ago."),
    (0, "Is the pain there all the time, or only when you walk?"),
    (1, "Mostly when I walk downstairs, and the knee is swollen in the evening."),
    (0, "There is some fluid behind the kneecap, but the ligaments are stable."),
    (0, "I would like an X-ray of the knee, to be sure that nothing is broken."),
    (1, "Can I go on working? I stand behind a counter all day."),
    (0, "Stay off your feet for a week, and cool the knee three times a day."),
    (0, "Take ibuprofen with food, at most three tablets a day."),
    (0, "We will meet again next Friday to look at the X-ray together."),
    (1, "Thank you, doctor. I will bring the old pictures as well."),
)


def visit() -> Transcript:
    """The conversation, with times."""
    segments, start = [], 0.0
    for speaker, text in VISIT:
        end = start + len(text) * 0.065
        segments.append(Segment(text=text, speaker=speaker, start=round(start, 2), end=round(end, 2)))
        start = end + 0.6
    return Transcript(segments=segments, language="en-US")


def recording(directory: Path, seconds: float) -> Path:
    """Somebody speaking for that long."""
    sound = speech("sense_passage.mp3")
    return record(directory / "visit.mp3", np.concatenate([sound, sound])[: int(seconds * RATE)], "mp3", "mp3")


async def fill(place: Place) -> None:
    """A morning in the channel; the thread of its last message is shown."""
    assert place.service is not None
    slack = place.slack
    slack.say_as(ALICE, CLINIC, "Good morning! Please drop yesterday's dictations here, I will sign them at noon.")
    slack.say_as(BOB, CLINIC, "Here is Monday's ward round.")
    first = await place.upload(Upload("ward-round-monday.m4a", SAMPLES / "sense_0870.m4a"), user=BOB)
    await place.answered(first)
    slack.say_as(ALICE, CLINIC, "Thanks, Bob. And this is this morning's visit:")
    result = visit()
    place.service.plan(result=result.model_dump())
    path = recording(place.directory, result.segments[-1].end)
    shown = await place.upload(Upload("visit-hakobyan.mp3", path), user=ALICE)
    (reply,) = await place.answered(shown)
    assert headline(reply)
    await slack.until(lambda: "white_check_mark" in shown.reactions, 30)


async def main() -> None:
    """Fill a workspace and take the picture of it."""
    async with contextlib.AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        place = await stack.enter_async_context(open_place(directory, NablaSimulator(NablaSettings(job_seconds=1.0))))
        await place.start()
        await fill(place)
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        stack.push_async_callback(browser.close)
        context = await browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
        page = await context.new_page()
        await page.goto(f"{place.slack.page_url}&as={ALICE}#{CLINIC}")
        await expect(page.get_by_text("threadscribe is online")).to_be_visible()
        root = page.locator("#conversation .message").last
        await root.get_by_role("button", name="1 reply").click()
        await expect(page.locator("#thread .message")).to_have_count(2)
        await page.mouse.move(720, 60)
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=PICTURE)


if __name__ == "__main__":
    asyncio.run(main())
