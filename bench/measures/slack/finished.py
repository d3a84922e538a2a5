"""100,000 finished jobs: how soon `/transcribe` answers, from the command to the ephemeral message, and the pages.

The command is sent as Slack sends it, and its answer arrives at a `response_url` of this process. Beside it: the same
bot with ten finished jobs.
"""

import asyncio
import json
import statistics
import time
from urllib.parse import urlencode

from aiohttp import web

from bench.measure import Plan, Row, at_most, row
from bench.population import TEAM, populate
from bench.processes.children import free_port
from bench.processes.scene import Scene, open_scene
from bench.processes.workspace import Shape, channel_id
from bot.slack.command.command import KNOWN

JOBS, FEW, TIMES = 100_000, 10, 20
CHANNELS = 20


async def measure(plan: Plan) -> list[Row]:
    """The row of design section 7; `search` with words that every transcript has."""
    jobs = plan.size(JOBS, 500)
    channels = [channel_id(number) for number in range(CHANNELS)]

    async def asked(count: int) -> dict[str, float]:
        directory = plan.directory("finished")
        await populate(directory / "jobs.db", done=count, channels=channels)
        async with open_scene(
            directory, shape=Shape(channels=CHANNELS), who="paced", watched=False, prepared=True
        ) as scene:
            return await _ask_all(scene)

    many, few = await plan.interleaved(lambda: asked(jobs), lambda: asked(FEW))
    return [
        row(
            f"{jobs:,} finished: {name}",
            [one[name] for one in many],
            "ms",
            [one[name] for one in few],
            f"{FEW} finished",
            at_most(50),
        )
        for name in many[0]
    ]


async def _ask_all(scene: Scene) -> dict[str, float]:
    """Median milliseconds of each question."""
    answers: asyncio.Queue[str] = asyncio.Queue()

    async def answer(request: web.Request) -> web.Response:
        answers.put_nowait(await request.text())
        return web.Response(text="ok")

    site = web.Application()
    site.router.add_post("/answer", answer)
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    one = str(scene.rows("SELECT id FROM job ORDER BY created_at LIMIT 1")[0][0])
    questions = ["status", f"status {one}", "list", "list channel", "list failed"]
    if "search" in KNOWN:
        questions.append("search patient")
    found: dict[str, float] = {}
    try:
        for question in questions:
            times = [await _execute(scene, question, f"http://127.0.0.1:{port}/answer", answers) for _ in range(TIMES)]
            name = "status JOB" if question.startswith("status ") else question.replace("patient", "WORDS")
            found[f"/transcribe {name}"] = statistics.median(times) * 1000
        for path in ("/metrics", "/readyz"):
            found[f"GET {path}"] = statistics.median([await _page(scene, path) for _ in range(TIMES)]) * 1000
    finally:
        await runner.cleanup()
    return found


async def _execute(scene: Scene, text: str, response_url: str, answers: asyncio.Queue[str]) -> float:
    form = {
        "command": "/transcribe",
        "text": text,
        "team_id": TEAM,
        "channel_id": channel_id(1),
        "channel_name": "bench-1",
        "user_id": "U0ALICE",
        "user_name": "alice",
        "response_url": response_url,
        "trigger_id": "1.1.1",
        "api_app_id": "A0LOCAL",
    }
    body = urlencode(form).encode()
    headers = scene.signed(body, "application/x-www-form-urlencoded")
    begun = time.perf_counter()
    async with scene.session.post(scene.events_url, data=body, headers=headers) as acknowledged:
        assert acknowledged.status == 200, await acknowledged.text()
    async with asyncio.timeout(60):
        said = json.loads(await answers.get())
    took = time.perf_counter() - begun
    assert said["response_type"] == "ephemeral", said
    return took


async def _page(scene: Scene, path: str) -> float:
    begun = time.perf_counter()
    async with scene.session.get(f"http://127.0.0.1:{scene.admin_port}{path}") as answer:
        await answer.read()
        assert answer.status == 200, path
    return time.perf_counter() - begun
