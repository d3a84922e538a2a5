"""Start to ready, and `--help`, beside an interpreter that does nothing."""

import asyncio
import os
import sys
import time

from bench.measure import Plan, Row, at_most, compared
from bench.processes.children import environment
from bench.processes.scene import open_scene
from bench.processes.workspace import Shape


async def measure(plan: Plan) -> list[Row]:
    """Both, as a person waits for them."""
    times = plan.size(10, 2)

    async def run(*arguments: str) -> tuple[float, float]:
        """Seconds by the wall and of the processor."""

        def one() -> tuple[float, float]:
            before, begun = os.times(), time.perf_counter()
            child = os.posix_spawn(
                sys.executable,
                [sys.executable, *arguments],
                environment(),
                file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
            )
            _, status = os.waitpid(child, 0)
            after = os.times()
            if status:
                raise RuntimeError(f"{arguments}: status {status}")
            used = after.children_user + after.children_system - before.children_user - before.children_system
            return time.perf_counter() - begun, used

        found = [await asyncio.to_thread(one) for _ in range(times)]
        return min(wall for wall, _ in found), min(cpu for _, cpu in found)

    async def ready() -> tuple[float, float]:
        async with open_scene(plan.directory("startup"), shape=Shape(channels=1), who="paced", watched=False) as scene:
            return scene.bot.ready_after, scene.bot.cpu

    shown, nothing, served = await plan.interleaved(
        lambda: run("-m", "bot", "--help"), lambda: run("-c", "pass"), ready
    )
    return [
        compared(
            "threadscribe --help",
            "s",
            lambda one: one[0],
            shown,
            nothing,
            "python -c pass",
            at_most(0.3),
            f"{min(cpu for _, cpu in shown):.2f} s of processor; best of {times} in each round",
        ),
        compared(
            "serve: start to ready",
            "s",
            lambda one: one[0],
            served,
            nothing,
            "python -c pass",
            at_most(1.0),
            f"{min(cpu for _, cpu in served):.2f} s of processor until a moment after",
        ),
    ]
