"""A lane that works while a test looks on, and the steps that it ended."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.domain.job import Job
from bot.domain.machine import Change
from bot.engine.lane import Lane
from tests.support.harnesses.lane import LaneHarness, forward


@asynccontextmanager
async def serving(lane: Lane) -> AsyncIterator[None]:
    """The lane at work; stopped without grace at the end."""
    task = asyncio.create_task(lane.serve())
    try:
        yield
    finally:
        await lane.stop(0.0)
        await task


class Ended:
    """A step that moves the job on, and remembers in which order."""

    def __init__(self, harness: LaneHarness) -> None:
        self.harness = harness
        self.order: list[Job] = []

    async def __call__(self, job: Job) -> Change:
        await self.before(job)
        self.order.append(job)
        return forward(job, self.harness.clock.now())

    async def before(self, job: Job) -> None:
        await self.harness.clock.sleep(1.0)
