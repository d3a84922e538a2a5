"""One GiB from Slack to a presigned PUT, beside `curl | curl` on the same servers.

The same simulators serve both; time runs from the making of the provider's job to the answer of the PUT.
Memory and stalls are read from the bot's own process while the bytes pass.
"""

import json
import time
from dataclasses import dataclass

from bench.measure import MIB, Plan, Row, at_most, ratio_at_least, row
from bench.processes.children import environment, output, start, until
from bench.processes.scene import API_KEY, Scene, open_scene
from bench.processes.traces import Trace

SIZE = 1024 * MIB
_PIPE = (
    'curl -sS -g -f -H "Authorization: Bearer $TOKEN" "$SOURCE" '
    '| curl -sS -g -f -T - -H "Content-Type: audio/mpeg" -H "Transfer-Encoding:" -H "Content-Length: $SIZE" "$TARGET"'
)


@dataclass(slots=True)
class Passage:
    """One file's way through."""

    seconds: float
    idle: int = 0
    trace: Trace | None = None


async def measure(plan: Plan) -> list[Row]:
    """The row of design section 7, in three parts."""
    size = plan.size(SIZE, 64 * MIB)

    async def ours() -> Passage:
        async with open_scene(plan.directory("streaming")) as scene:
            return await pass_through(scene, size)

    async def pipe() -> Passage:
        async with open_scene(plan.directory("curl"), watched=False) as scene:
            return Passage(await _curl(scene, size))

    passed, piped = await plan.interleaved(ours, pipe)
    rates = [size / MIB / one.seconds for one in passed]
    traces = [one.trace for one in passed if one.trace is not None]
    last = traces[-1]
    plan.series["memory"] = {
        "points": [[sample.at - last.samples[0].at, sample.rss / MIB] for sample in last.samples],
        "idle": passed[-1].idle / MIB,
        "size": size / MIB,
    }
    wall = max(trace.stall_wall for trace in traces) * 1000
    cpu = sum(trace.cpu for trace in traces) / len(traces) / (size / MIB / 1024)
    growth = [(one.trace.peak - one.idle) / MIB for one in passed if one.trace is not None]
    name = f"stream {size // MIB} MiB"
    return [
        row(
            f"{name}: throughput",
            rates,
            "MiB/s",
            [size / MIB / one.seconds for one in piped],
            "curl | curl",
            ratio_at_least(0.7),
            f"{cpu:.1f} s of processor per GiB in the bot",
        ),
        row(f"{name}: peak memory above idle", growth, "MiB", bar=at_most(32), fold=max),
        row(
            f"{name}: longest loop stall",
            [trace.stall * 1000 for trace in traces],
            "ms",
            bar=at_most(50),
            detail=f"{wall:.0f} ms by the wall, other programs included",
            fold=max,
        ),
    ]


async def pass_through(scene: Scene, size: int, channel: str = "C0BENCH0") -> Passage:
    """Share a file of that size and wait until the provider has it all."""
    await until(lambda: len(scene.trace.samples) > 5, 20, "samples of the bot")
    idle, before = scene.trace.level, len(scene.moments("waiting"))
    await scene.upload(channel, size)
    await until(lambda: len(scene.moments("waiting")) > before, 600, "the hand-over")
    begin, end = scene.moments("submitting")[-1], scene.moments("waiting")[-1]
    await until(lambda: scene.trace.samples[-1].at > end, 20, "the last sample")
    await scene.bill()
    return Passage(end - begin, idle, scene.trace.between(begin, end))


async def _curl(scene: Scene, size: int) -> float:
    """The same by two programs and a pipe; making the job is part of both."""
    await scene.steer("delivery", flow="drop")  # the bot, which idles, is not to take the file
    ts = await scene.upload("C0BENCH0", size)
    found = await scene.steer("messages", channel="C0BENCH0")
    messages = found["messages"]
    assert isinstance(messages, list)
    source = next(m for m in messages if m["ts"] == ts)["files"][0]["url_private_download"]
    begin = time.time()
    async with scene.session.post(
        f"{scene.service}/api/createTranscription",
        json={"type": "single_voice"},
        headers={"Authorization": f"Bearer {API_KEY}"},
    ) as answer:
        target = json.loads(await answer.text())["uploadUrl"]
    env = environment(TOKEN=scene.slack["bot_token"], SOURCE=source, TARGET=target, SIZE=str(size))
    child = await start("curl", scene.directory, env, "sh", "-c", _PIPE)
    await output(child, 600)
    took = time.time() - begin
    if not await scene.bill():
        raise RuntimeError(f"nothing arrived: {child.said()}")
    return took
