"""200 events a second for ten seconds while 5,000 jobs wait: how soon each is acknowledged, and that each is one job.

Events go straight to the bot's `/slack/events`, signed as Slack signs, at their set times whatever the answers do.
Their files exist: the bot looks them up, reads their heads and hands over what its budget allows, as on any day.
"""

import asyncio
import json
import time
from dataclasses import dataclass, field

import aiohttp

from bench.measure import Plan, Row, at_least, at_most, percentile, row
from bench.population import TEAM, populate
from bench.processes.children import until
from bench.processes.scene import Scene, open_scene
from bench.processes.workspace import Shape, channel_id, file_id, message_ts

PER_SECOND, SECONDS, WAITING = 200, 10, 5_000
CHANNELS = 20


@dataclass(slots=True)
class Storm:
    """What came back: seconds to each acknowledgement, and when it was sent; jobs that were made."""

    acks: list[float] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    refused: int = 0
    jobs: int = 0
    stall: float = 0.0
    late: float = 0.0  # seconds that the sender itself was late


async def measure(plan: Plan) -> list[Row]:
    """The row of design section 7."""
    seconds, waiting = plan.size(SECONDS, 2), plan.size(WAITING, 100)
    events = PER_SECOND * seconds

    async def ours() -> Storm:
        directory = plan.directory("acks")
        await populate(directory / "jobs.db", waiting=waiting, channels=[channel_id(n) for n in range(CHANNELS)])
        shape = Shape(channels=CHANNELS, shares=events, size=200_000)
        async with open_scene(directory, shape=shape, who="paced", prepared=True) as scene:
            return await storm(scene, events)

    async def still() -> Storm:
        """The baseline: the same bot with nothing else to do, one event at a time."""
        shape = Shape(channels=CHANNELS, shares=50, size=200_000)
        async with open_scene(plan.directory("quiet"), shape=shape, who="paced") as scene:
            return await storm(scene, 50, per_second=5)

    stormy, quiet = await plan.interleaved(ours, still)
    last = stormy[-1]
    plan.series["acks"] = {"points": [[at, ack * 1000] for at, ack in zip(last.at, last.acks, strict=True)]}
    name = f"{PER_SECOND} events/s, {waiting:,} waiting"
    late = max(one.late for one in stormy) * 1000
    return [
        row(
            f"{name}: acknowledged, p99",
            [percentile(one.acks, 0.99) * 1000 for one in stormy],
            "ms",
            [percentile(one.acks, 0.99) * 1000 for one in quiet],
            "5 events/s, none waiting",
            at_most(100),
            f"the sender itself was up to {late:.0f} ms late",
        ),
        row(f"{name}: median", [percentile(one.acks, 0.5) * 1000 for one in stormy], "ms"),
        row(
            f"{name}: jobs for each event",
            [one.jobs / events for one in stormy],
            "",
            bar=at_least(1.0),
            fold=min,
            detail=f"{events:,} events in each round, {sum(one.refused for one in stormy)} refused",
        ),
        row(f"{name}: longest loop stall", [one.stall * 1000 for one in stormy], "ms", bar=at_most(250), fold=max),
    ]


async def storm(scene: Scene, events: int, per_second: int = PER_SECOND, first: int = 0) -> Storm:
    """Send the events from number `first` on, wait for every answer, count the jobs."""
    found = Storm()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one(number: int, due: float) -> None:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            found.late = max(found.late, time.perf_counter() - due)
            body = json.dumps(event(scene, first + number), separators=(",", ":")).encode()
            headers = scene.signed(body)
            begun = time.perf_counter()
            async with session.post(scene.events_url, data=body, headers=headers) as answer:
                await answer.read()
                found.refused += answer.status != 200
            found.acks.append(time.perf_counter() - begun)
            found.at.append(begun - start)

        begin = time.time()
        start = time.perf_counter() + 0.2
        await asyncio.gather(*(one(number, start + number / per_second) for number in range(events)))
        end = time.time()
    found.jobs = scene.count("file_id LIKE 'F0BENCH%'") if scene.database.exists() else 0
    await until(lambda: scene.trace.samples[-1].at > end, 20, "the last sample")
    found.stall = scene.trace.between(begin, end).stall
    return found


def event(scene: Scene, number: int) -> dict[str, object]:
    """The `message` event of one of the workspace's shared files."""
    name = file_id(number)
    file = {
        "id": name,
        "name": f"clip {number}.mp3",
        "title": "clip",
        "mimetype": "audio/mpeg",
        "filetype": "mp3",
        "size": 200_000,
        "mode": "hosted",
        "user": "U0ALICE",
        "url_private_download": f"{scene.slack['url']}/files-pri/{TEAM}-{name}/download/clip_{number}.mp3",
    }
    ts = message_ts(number)
    inner: dict[str, object] = {
        "type": "message",
        "subtype": "file_share",
        "user": "U0ALICE",
        "text": "",
        "ts": ts,
        "event_ts": ts,
        "files": [file],
        "channel": channel_id(number % CHANNELS),
        "channel_type": "channel",
    }
    return enveloped(inner, f"Ev0{number:08d}")


def enveloped(inner: dict[str, object], event_id: str) -> dict[str, object]:
    """The body of a request that tells of an event."""
    return {
        "type": "event_callback",
        "token": "unused",
        "team_id": TEAM,
        "api_app_id": "A0LOCAL",
        "event_id": event_id,
        "event_time": int(time.time()),
        "event": inner,
        "authorizations": [{"team_id": TEAM, "user_id": "U0BOT", "is_bot": True, "is_enterprise_install": False}],
    }
