"""10,000 jobs that wait for their provider: memory, idle load, and how soon the bot is ready after it was killed.

Read from outside, beside the same bot with an empty database: no sampler runs in it.
"""

import asyncio
import time
from dataclasses import dataclass

from bench.measure import MIB, Plan, Row, at_most, compared
from bench.population import populate
from bench.processes.children import running
from bench.processes.scene import open_scene, start_bot

JOBS, IDLE_SECONDS = 10_000, 30


@dataclass(frozen=True, slots=True)
class Rest:
    """A bot that only waits."""

    rss: float
    load: float  # share of one processor
    ready: float
    ready_cpu: float


async def measure(plan: Plan) -> list[Row]:
    """The row of design section 7, in three parts."""
    jobs, seconds = plan.size(JOBS, 500), plan.size(IDLE_SECONDS, 4)

    async def rest(waiting: int) -> Rest:
        directory = plan.directory("waiting")
        await populate(directory / "jobs.db", waiting=waiting)
        async with open_scene(directory, who="paced", watched=False, prepared=True) as scene:
            await asyncio.sleep(5)  # what start-up still does in the background is not idling
            before, begun = scene.bot.cpu, time.perf_counter()
            await asyncio.sleep(seconds)
            load = (scene.bot.cpu - before) / (time.perf_counter() - begun)
            memory = (scene.bot.rss + scene.bot.rss_children) / MIB
            await scene.bot.kill()
            again = await start_bot(directory, scene.environment, "paced", watched=False, name="again")
            async with running(again):
                return Rest(memory, load, again.ready_after, again.cpu)

    full, empty = await plan.interleaved(lambda: rest(jobs), lambda: rest(0))
    name, beside = f"{jobs:,} jobs waiting", "an empty database"
    cpu = min(one.ready_cpu for one in full)
    return [
        compared(
            f"{name}: memory", "MiB", lambda one: one.rss, full, empty, beside, at_most(100), "all processes of the bot"
        ),
        compared(f"{name}: idle load", "%", lambda one: one.load * 100, full, empty, beside, at_most(1)),
        compared(
            f"{name}: ready again after a kill",
            "s",
            lambda one: one.ready,
            full,
            empty,
            beside,
            at_most(2),
            f"{cpu:.2f} s of processor",
        ),
    ]
