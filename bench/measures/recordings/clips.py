"""40 clips of 2 MB, shared at once, beside a bare httpx script that streams them with the same concurrency.

Ours is timed from the first event to the last recording at the provider; between the two it looks into each file,
commits each step, shows status lines and answers who is done. The script only creates, downloads and uploads. Both
have warmed up: ours with a clip before, the script with its imports.
"""

import asyncio
import json
import time
from dataclasses import dataclass
from pathlib import Path

from bench.measure import MIB, Plan, Row, at_most, ratio_at_most, row
from bench.processes.children import environment, running, start_python, until
from bench.processes.scene import API_KEY, Scene, open_scene
from bench.processes.workspace import Shape

CLIPS, SIZE = 40, 2 * MIB
AT_ONCE = 8  # the lane's places for hand-overs


@dataclass(frozen=True, slots=True)
class Batch:
    """All clips handed over: seconds, and what it took in the bot's process (MiB above idle, ms)."""

    seconds: float
    peak: float = 0.0
    stall: float = 0.0


async def measure(plan: Plan) -> list[Row]:
    """The row of design section 7."""
    clips = plan.size(CLIPS, 8)
    shape = Shape(channels=clips + 1)

    async def ours() -> Batch:
        async with open_scene(plan.directory("clips"), shape=shape, watched=False) as scene:
            await warm_up(scene, f"C0BENCH{clips}")
            begin, end = await _handed_over(scene, clips)
            return Batch(end - begin)

    async def watched() -> Batch:
        """Apart, since the sampler inside the bot takes a third of the time."""
        async with open_scene(plan.directory("watched"), shape=shape) as scene:
            await warm_up(scene, f"C0BENCH{clips}")
            idle = scene.trace.level
            begin, end = await _handed_over(scene, clips)
            await until(lambda: scene.trace.samples[-1].at > end, 20, "the last sample")
            trace = scene.trace.between(begin, end)
            return Batch(end - begin, (trace.peak - idle) / MIB, trace.stall * 1000)

    async def bare() -> Batch:
        async with open_scene(plan.directory("bare"), shape=shape, watched=False) as scene:
            await scene.steer("delivery", flow="drop")
            return Batch(await _bare(scene, await share(scene, clips)))

    done, scripted, costs = await plan.interleaved(ours, bare, watched)
    name = f"{clips} clips of 2 MB"
    return [
        row(
            f"{name}: all handed over",
            [one.seconds for one in done],
            "s",
            [one.seconds for one in scripted],
            f"bare httpx, {AT_ONCE} at once",
            ratio_at_most(1.0),
        ),
        row(f"{name}: peak memory above idle", [one.peak for one in costs], "MiB", fold=max),
        row(f"{name}: longest loop stall", [one.stall for one in costs], "ms", bar=at_most(250), fold=max),
    ]


async def _handed_over(scene: Scene, clips: int) -> tuple[float, float]:
    """When Slack began to tell of the clips, and when the last of them was at the provider."""
    await scene.steer("delivery", flow="hold")  # sharing is not what is measured
    await share(scene, clips)
    begin = time.time()
    await scene.steer("delivery", flow="on")
    await until(lambda: len(scene.moments("waiting")) == 1 + clips, 300, "the hand-overs")
    return begin, scene.moments("waiting")[-1]


async def warm_up(scene: Scene, channel: str) -> None:
    """Have one clip answered, as on any day."""
    await scene.upload(channel, SIZE)
    await until(lambda: len(scene.moments("done")) == 1, 60, "the first clip")
    await asyncio.sleep(1.0)


async def share(scene: Scene, clips: int, size: int = SIZE) -> list[tuple[str, str]]:
    """Share the clips, one in each channel, as fast as they go; channel and `ts` of each message."""

    async def one(number: int) -> tuple[str, str]:
        channel = f"C0BENCH{number}"
        return channel, await scene.upload(channel, size)

    return list(await asyncio.gather(*(one(number) for number in range(clips))))


async def _bare(scene: Scene, messages: list[tuple[str, str]]) -> float:
    sources = []
    for channel, ts in messages:
        found = await scene.steer("messages", channel=channel)
        listed = found["messages"]
        assert isinstance(listed, list)
        sources.append(next(m for m in listed if m["ts"] == ts)["files"][0]["url_private_download"])
    work = scene.directory / "work.json"
    work.write_text(json.dumps({"sources": sources, "token": scene.slack["bot_token"], "service": scene.service}))
    return await _script(scene.directory, work)


async def _script(directory: Path, work: Path) -> float:
    child = await start_python(
        "bare", directory, environment(), "bench.rivals.bare_clips", str(work), API_KEY, str(AT_ONCE)
    )
    async with running(child):
        return float(await child.line(300))
