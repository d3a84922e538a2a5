"""The same work by a straightforward bot (`bench.rivals.baseline`), same simulators: clips, a large file, acks.

While the work runs, messages without files are told to each bot 20 times a second and their acknowledgements timed:
that is how long Slack waits, which repeats after three seconds.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp

from bench.measure import MIB, Plan, Row, compared, percentile, ratio_at_least, ratio_at_most
from bench.measures.recordings.clips import share
from bench.measures.slack.acks import enveloped
from bench.processes.children import until
from bench.processes.scene import Scene, Who, open_scene
from bench.processes.workspace import Shape

CLIPS, CLIP = 40, 2 * MIB
LARGE = 512 * MIB
PROBES_PER_SECOND = 20


@dataclass(slots=True)
class Work:
    """One bot at one task."""

    seconds: float
    peak: float
    stall: float
    acks: list[float] = field(default_factory=list)


async def measure(plan: Plan) -> list[Row]:
    """Throughput, memory, acknowledgements and stalls, side by side."""
    clips, large = plan.size(CLIPS, 6), plan.size(LARGE, 32 * MIB)

    async def batch(who: Who) -> Work:
        return await _work(plan, who, clips, CLIP)

    async def one(who: Who) -> Work:
        return await _work(plan, who, 1, large)

    async def timed(who: Who) -> Work:
        """Apart, since the sampler takes part of the time."""
        return await _work(plan, who, clips, CLIP, watched=False)

    many, many_beside, big, big_beside, quick, quick_beside = await plan.interleaved(
        lambda: batch("ours"),
        lambda: batch("straightforward"),
        lambda: one("ours"),
        lambda: one("straightforward"),
        lambda: timed("ours"),
        lambda: timed("straightforward"),
    )
    beside = "straightforward bot"
    rows = [
        compared(
            f"beside a straightforward bot: {clips} clips of 2 MB answered",
            "clips/s",
            lambda work: clips / work.seconds,
            quick,
            quick_beside,
            beside,
            ratio_at_least(1.0),
        )
    ]
    tasks = ((f"{clips} clips", many, many_beside), (f"{large // MIB} MiB file", big, big_beside))
    for name, ours, theirs in tasks:
        head = f"beside a straightforward bot: {name}"
        figures: tuple[tuple[str, str, Callable[[Work], float], str], ...] = (
            ("peak memory", "MiB", lambda work: work.peak / MIB, "all processes"),
            ("acknowledged meanwhile, p99", "ms", lambda work: percentile(work.acks, 0.99) * 1000, ""),
            ("longest loop stall", "ms", lambda work: work.stall * 1000, ""),
        )
        rows += [
            compared(f"{head}: {figure}", unit, of, ours, theirs, beside, ratio_at_most(1.0), detail)
            for figure, unit, of, detail in figures
        ]
    return rows


async def _work(plan: Plan, who: Who, clips: int, size: int, watched: bool = True) -> Work:
    service: dict[str, object] = {"webhook_url": ""} if who == "straightforward" else {}
    directory = plan.directory(who)
    shape = Shape(channels=clips + 1)
    async with open_scene(directory, shape=shape, who=who, watched=watched, service=service) as scene:
        await scene.upload(f"C0BENCH{clips}", CLIP)  # both have served before
        await _answered(scene, who, 1)
        await asyncio.sleep(1.0)
        probing = asyncio.create_task(_probe(scene, f"C0BENCH{clips}"))
        await asyncio.sleep(0.5)
        await scene.steer("delivery", flow="hold")  # sharing is not what is measured
        await share(scene, clips, size)
        begin = time.time()
        await scene.steer("delivery", flow="on")
        end = await _answered(scene, who, clips + 1)
        probing.cancel()
        acks = [took for sent_at, took in await probing if sent_at >= begin]  # none of those while it was idle
        await scene.bill()
        if not watched:
            return Work(end - begin, 0.0, 0.0)
        await until(lambda: scene.trace.samples[-1].at > end, 20, "the last sample")
        trace = scene.trace.between(begin, end)
        peak = max(sample.rss + sample.children for sample in trace.samples)
        return Work(end - begin, peak, trace.stall, acks)


async def _answered(scene: Scene, who: Who, clips: int) -> float:
    """When the last reply was in its thread."""
    if who == "ours":
        await until(lambda: len(scene.moments("done")) == clips, 600, "the replies")
        return scene.moments("done")[-1]
    await scene.steer("wait", method="chat.postMessage", count=clips, finished=True, timeout=600)
    return time.time()


async def _probe(scene: Scene, channel: str) -> list[tuple[float, float]]:
    """Tell of messages without files until cancelled; when each was sent, and seconds to its acknowledgement."""
    found: list[tuple[float, float]] = []
    waiting: set[asyncio.Task[None]] = set()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one(number: int) -> None:
            body = json.dumps(_message(channel, number)).encode()
            headers = scene.signed(body)
            sent_at, begun = time.time(), time.perf_counter()
            async with session.post(scene.events_url, data=body, headers=headers) as answer:
                await answer.read()
                answer.raise_for_status()  # what is refused is not acknowledged
            found.append((sent_at, time.perf_counter() - begun))

        number = 0
        try:
            while True:
                number += 1
                task = asyncio.create_task(one(number))
                waiting.add(task)
                task.add_done_callback(waiting.discard)
                await asyncio.sleep(1 / PROBES_PER_SECOND)
        except asyncio.CancelledError:
            await asyncio.gather(*waiting)
    return found


def _message(channel: str, number: int) -> dict[str, object]:
    ts = f"{int(time.time())}.{number:06d}"
    inner = {"type": "message", "user": "U0BOB", "text": "hello", "ts": ts, "event_ts": ts, "channel": channel}
    return enveloped({**inner, "channel_type": "channel"}, f"Ev0PROBE{number}")
