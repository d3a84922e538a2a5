"""A webhook that is lost costs less than a minute, with the real process: it never comes, or comes during a restart."""

import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from simulators.provider.jobs import JobPlan
from tests.crash.starter import Starter
from tests.support.harnesses.crash import Asked, Stage, open_stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
WITHIN_SECONDS = 60.0  # of the result being ready, or of the process being ready again
NEVER = 1e9


@asynccontextmanager
async def staged(provider: str, tmp_path: Path) -> AsyncIterator[Stage]:
    starter = await Starter.open()
    try:
        async with open_stage(provider, starter, tmp_path, seed=5, http=provider == "nabla") as stage:
            stage.environment["POLL_MIN_SECONDS"] = "5"  # as shipped
            yield stage
    finally:
        await starter.close()


def waiting(stage: Stage) -> bool:
    """Whether every recording is with the provider, audio included."""
    assert stage.service is not None
    jobs = list(stage.service.jobs.values())
    rows = stage.rows("SELECT count(*) AS n FROM job WHERE state = 'waiting'")
    return bool(rows) and rows[0]["n"] == len(stage.asked) and all(job.started_at is not None for job in jobs)


def finish(stage: Stage) -> float:
    """The provider has its results now."""
    assert stage.service is not None
    for job in list(stage.service.jobs):
        stage.service.finish(job)
    return time.monotonic()


async def answered(stage: Stage, asked: Asked) -> None:
    assert await stage.until(lambda: bool(stage.of(asked, "threadscribe_reply")), WITHIN_SECONDS), stage.unfinished()


@pytest.mark.parametrize("provider", ["xosum", "invox", "nabla"])
async def test_a_webhook_that_never_comes_costs_less_than_a_minute(
    provider: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    async with staged(provider, tmp_path) as stage:
        assert stage.service is not None
        stage.service.settings.job_seconds = NEVER
        stage.service.settings.plan = JobPlan(webhook="never")
        asked = await stage.upload()
        await stage.start()
        assert await stage.until(lambda: waiting(stage), 60), stage.unfinished()
        ready = finish(stage)
        await answered(stage, asked)
        record_property("crash table", f"{provider}: {time.monotonic() - ready:.1f} s, no webhook")


async def test_a_webhook_that_comes_during_a_restart_costs_less_than_a_minute(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    async with staged("xosum", tmp_path) as stage:
        assert stage.service is not None
        stage.service.settings.job_seconds = NEVER
        stage.service.settings.webhook_attempts = 1
        asked = await stage.upload()
        bot = await stage.start()
        assert await stage.until(lambda: waiting(stage), 60), stage.unfinished()
        bot.kill(signal.SIGTERM)
        await bot.ended.wait()
        ready = finish(stage)
        deliveries = stage.service.ledger.deliveries
        assert await stage.until(lambda: bool(deliveries), 30), "no webhook was tried"
        await stage.start()
        await answered(stage, asked)
        record_property("crash table", f"xosum: {time.monotonic() - ready:.1f} s, webhook lost during a restart")
