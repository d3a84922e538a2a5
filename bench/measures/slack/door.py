"""Strangers at the HTTP port: 1,000 connections that say nothing whole and 50 bodies of 16 MiB, while people work.

The strangers sit on loopback, know no secret, and end by count and by time. The same bot is measured before they come:
how soon events are acknowledged, how soon a recording is answered, how much memory it has.
"""

import asyncio
import time
from dataclasses import dataclass, field
from functools import partial

from bench.measure import MIB, Plan, Row, at_most, compared, percentile, ratio_at_most, row
from bench.measures.slack.acks import storm
from bench.processes.children import environment, running, start_python, until
from bench.processes.scene import Scene, open_scene
from bench.processes.workspace import Shape

CONNECTIONS, BODIES = 1_000, 50
EVENTS, ANSWERS = 20, 8
BESIDE = "the same bot before"
JOB_SECONDS = 1.0  # of the provider, for one recording


@dataclass(slots=True)
class Work:
    """What people saw: seconds to each acknowledgement and to each answer, refused events, the most memory."""

    acks: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    refused: int = 0
    memory: int = 0


async def measure(plan: Plan) -> list[Row]:
    """Rows for acknowledgements, answers and memory, each beside the same bot at peace."""
    peace: list[Work] = []
    siege: list[Work] = []
    connections, bodies = plan.size(CONNECTIONS, 100), plan.size(BODIES, 10)
    for number in range(plan.rounds):
        shape = Shape(channels=20, shares=EVENTS * 2, size=200_000)
        service: dict[str, object] = {"job_seconds": JOB_SECONDS}
        async with open_scene(plan.directory("door"), shape=shape, who="ours", service=service) as scene:
            await _answers(scene, 1)  # the first one loads what all others need
            peace.append(await _work(scene, plan, 0))
            attack = ("bench.processes.strangers", str(scene.port), str(connections), str(bodies))
            strangers = await start_python("strangers", scene.directory, environment(), *attack)
            async with running(strangers):
                await strangers.line()
                siege.append(await _work(scene, plan, EVENTS))
        plan.told(f"    round {number + 1} of {plan.rounds}")
    name = f"{connections:,} connections, {bodies} bodies of 16 MiB"
    refused = sum(one.refused for one in siege)
    events = plan.size(EVENTS, 10) * plan.rounds
    return [
        compared(
            f"{name}: acknowledged, median", "ms", lambda one: percentile(one.acks, 0.5) * 1000, siege, peace, BESIDE
        ),
        compared(
            f"{name}: acknowledged, slowest",
            "ms",
            lambda one: max(one.acks) * 1000,
            siege,
            peace,
            BESIDE,
            at_most(3000),
            "Slack gives 3 s",
            max,
        ),
        row(f"{name}: events refused", [float(refused)], "", bar=at_most(0), detail=f"of {events}"),
        compared(
            f"{name}: a recording answered",
            "s",
            lambda one: percentile(one.answers, 0.5),
            siege,
            peace,
            BESIDE,
            ratio_at_most(1.5),
            f"{JOB_SECONDS:.0f} s of it the provider's",
        ),
        row(
            f"{name}: peak memory above idle",
            [(one.memory - before.memory) / MIB for one, before in zip(siege, peace, strict=True)],
            "MiB",
            bar=at_most(64),
            fold=max,
        ),
    ]


async def _work(scene: Scene, plan: Plan, first: int) -> Work:
    """An event a second, and recordings one after the other."""
    begin = time.time()
    found, answers = await asyncio.gather(
        storm(scene, plan.size(EVENTS, 10), 1, first), _answers(scene, plan.size(ANSWERS, 3))
    )
    memory = scene.trace.between(begin, time.time()).peak
    return Work(found.acks, answers, found.refused, memory)


def _is_answered(scene: Scene, ts: str) -> bool:
    return scene.count("state = 'done' AND message_ts = ?", ts) == 1


async def _answers(scene: Scene, count: int) -> list[float]:
    """Seconds from sharing a recording until its reply is posted, for each of several."""
    found = []
    for _ in range(count):
        begun = time.time()
        ts = await scene.upload("C0BENCH0", 200_000)
        await until(partial(_is_answered, scene, ts), 120, "the answer")
        found.append(time.time() - begun)
    return found
