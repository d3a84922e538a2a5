"""Kills around the ways in which a job ends without a transcript, and while its provider is not set up.

After each run nothing of an ended job is left: no rows, no audio, and of a deleted recording not a word in the
database's files.
"""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from simulators.provider.results import mark_of
from tests.crash.audit import Verdict, judge_file, leftovers
from tests.crash.starter import Started, Starter
from tests.support.harnesses.crash import Asked, Stage, open_stage

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
NEVER = 1e9  # seconds
DELETIONS = ("store.mark_deleted.before", "store.mark_deleted.after", "store.discard_inputs.after")
SHORT = set(zip(("local", "xosum", "nabla"), DELETIONS, strict=True))  # each provider and each point once
WORDS = "ill disposed"  # of the clip that the local engine hears


@asynccontextmanager
async def staged(provider: str, tmp_path: Path) -> AsyncIterator[Stage]:
    starter = await Starter.open()
    try:
        async with open_stage(provider, starter, tmp_path, seed=11, http=provider == "nabla") as stage:
            yield stage
    finally:
        await starter.close()


def state(stage: Stage, asked: Asked) -> str:
    (file_id,) = asked.message.files
    rows = stage.rows(f"SELECT state FROM job WHERE file_id = '{file_id}'")
    return str(rows[0]["state"]) if rows else ""


async def killed_at(stage: Stage, point: str) -> None:
    """A bot runs until it is killed there."""
    bot = await stage.start(f"{point}=kill")
    assert await stage.until(lambda: bot.code is not None, 60), f"never came by {point}: {stage.unfinished()}"
    assert f"killed at {point}" in bot.written()


async def running(stage: Stage, done: Callable[[], bool], bot: Started | None = None) -> None:
    """A bot runs until this holds, and is then killed."""
    bot = bot or await stage.start()
    assert await stage.until(done, 60), stage.unfinished()
    bot.kill()
    await bot.ended.wait()


def take_longer(stage: Stage, seconds: float) -> None:
    if stage.service is not None:
        stage.service.settings.job_seconds = seconds


def judged(stage: Stage, asked: Asked, ends_as: str) -> list[str]:
    """The answer to one file: one transcript, or one sentence that says why not."""
    if ends_as == "done":
        verdict = Verdict()
        judge_file(stage, asked, verdict)
        return verdict.faults
    replies = stage.of(asked, "threadscribe_reply")
    wrong = [] if state(stage, asked) == ends_as else [f"ended as {state(stage, asked)}, not {ends_as}"]
    most = 1  # a refusal, or the note that it was deleted
    if len(replies) > most or (ends_as == "failed" and not replies):
        wrong.append(f"{len(replies)} replies")
    said = json.dumps([reply.blocks for reply in replies], ensure_ascii=False)
    if any(mark in said for mark in (WORDS, mark_of(asked.sha256))):
        wrong.append("the transcript was posted")
    return wrong


@pytest.mark.parametrize(
    ("provider", "point"),
    [
        pytest.param(provider, point, marks=[] if (provider, point) in SHORT else pytest.mark.slow)
        for provider in ("local", "xosum", "nabla")
        for point in DELETIONS
    ],
)
async def test_a_recording_that_is_deleted_leaves_nothing(provider: str, point: str, tmp_path: Path) -> None:
    async with staged(provider, tmp_path) as stage:
        take_longer(stage, NEVER)
        asked = await stage.upload()
        bot = await stage.start(f"{point}=kill")
        assert await stage.until(lambda: state(stage, asked) == "waiting", 60), stage.unfinished()
        stage.delete(asked)
        assert await stage.until(lambda: bot.code is not None, 60), stage.unfinished()
        take_longer(stage, 0.05)  # the provider has the result all the same
        await stage.settle()
        assert judged(stage, asked, "deleted") == []
        assert leftovers(stage) == []


@pytest.mark.parametrize(
    "point",
    [
        "store.discard_inputs.before",
        *(pytest.param(point, marks=pytest.mark.slow) for point in ("store.apply.after", "store.discard_inputs.after")),
    ],
)
async def test_a_deadline_leaves_nothing(point: str, tmp_path: Path) -> None:
    async with staged("xosum", tmp_path) as stage:
        stage.environment["JOB_DEADLINE_MINUTES"] = "0.1"
        take_longer(stage, NEVER)
        asked = await stage.upload()
        await killed_at(stage, point)
        await stage.settle()
        assert judged(stage, asked, "failed") == []
        assert leftovers(stage) == []


@pytest.mark.parametrize("provider", ["xosum", "nabla"])
async def test_a_provider_that_is_taken_away_and_put_back_loses_nothing(provider: str, tmp_path: Path) -> None:
    async with staged(provider, tmp_path) as stage:
        take_longer(stage, NEVER)
        asked = await stage.upload()
        assert stage.service is not None
        jobs = stage.service.jobs
        await running(
            stage,
            # Nabla has downloaded the audio by then: afterwards nobody could give it.
            lambda: state(stage, asked) == "waiting" and all(job.started_at is not None for job in jobs.values()),
        )
        whole = dict(stage.environment)
        mine = {name: value for name, value in whole.items() if not name.startswith(provider.upper())}
        stage.environment = {**mine, "PROVIDER": "local"}
        for _ in range(2):
            bot = await stage.start()
            assert await stage.until(lambda: "ready" in bot.written(), 30)  # noqa: B023  # used at once
            bot.kill()
            await bot.ended.wait()
        stage.environment = whole
        take_longer(stage, 0.05)
        for job in list(jobs):
            stage.service.finish(job)
        await stage.settle()
        assert judged(stage, asked, "done") == []
        assert leftovers(stage) == []
