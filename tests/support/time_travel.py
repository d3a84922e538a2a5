"""Recordings that were answered before the test began, and pictures of what a person sees."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from playwright.async_api import Page

from bot.domain.job import FileFacts, Job, Options, Origin, RemoteJob
from bot.domain.machine import Finishing, Received, Replying, Submitting, Waiting
from bot.domain.transcript import Transcript
from bot.ports.store import NewJob
from tests.browser.scribe import Scribe


async def answered(
    scribe: Scribe,
    transcript: Transcript,
    name: str = "visit.m4a",
    *,
    user: str = "U0ALICE",
    channel: str = "C0CLINIC",
    days_ago: float = 0.0,
) -> Job:
    """An answered recording as if it had gone its way, with a message of the person to lead to."""
    store, now = scribe.core.store, scribe.core.clock.now() - days_ago * 86_400
    message = scribe.slack.say_as(user, channel, f"({name} was here)")
    origin = Origin("T0LOCAL", channel, message.ts, message.ts, f"F{message.ts}", user)
    facts = FileFacts(name, "audio/mp4", "m4a", 1000, transcript.seconds)
    job, _ = await store.add_job(NewJob(origin, facts), now)
    job = await store.apply(Received(job).submit(now, facts, "past", "past", Options()))  # a lane nobody works in
    job = await store.apply(Submitting(job).created(now, RemoteJob(f"past-{job.id}")))
    job = await store.apply(Submitting(job).submitted(now, now))
    job = await store.apply(Waiting(job).ready(now + 2))
    await store.put_transcript(job.id, transcript, now + 2)
    job = await store.apply(Finishing(job).stored(now + 3))
    return await store.apply(Replying(job).replied(now + 4))


async def look(page: Page, name: str) -> None:
    """Keep a picture of the page where SCREENSHOTS names a directory, for a person to look at."""
    if directory := os.environ.get("SCREENSHOTS"):
        await asyncio.sleep(0.3)  # transitions end; nothing is asserted of it
        await page.screenshot(path=Path(directory) / f"{name}.png")
