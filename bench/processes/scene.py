"""A workspace, a provider and a bot between them, each in a process of its own, over loopback."""

import base64
import contextlib
import json
import sqlite3
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import aiohttp

from bench.processes.children import Child, environment, free_port, running, start_python
from bench.processes.traces import Trace
from bench.processes.workspace import Shape
from bench.rush import sample
from bot.providers.webhook_address import webhook_address
from simulators.slack.outgoing.events_api import signature
from simulators.xosum import XosumSettings
from storage import open_store

Who = Literal["ours", "paced", "straightforward"]
"""Our bot with an unlimited budget of calls, or with the one it really has; the rival."""
COMMANDS: dict[str, tuple[str, ...]] = {
    "ours": ("bench.processes.unpaced",),
    "paced": ("bot", "serve"),
    "straightforward": ("bench.rivals.baseline",),
}
API_KEY = "xosum-key-0001"


@dataclass(slots=True)
class Scene:
    """Everything that runs. Times are Unix seconds."""

    directory: Path
    slack: dict[str, str]
    service: str
    bot: Child
    port: int
    admin_port: int
    session: aiohttp.ClientSession
    environment: dict[str, str]

    @property
    def database(self) -> Path:
        """The bot's."""
        return self.directory / "jobs.db"

    @property
    def trace(self) -> Trace:
        """What the bot's process wrote of itself."""
        return Trace.read(self.directory / "trace.jsonl")

    @property
    def events_url(self) -> str:
        """Where Slack sends events."""
        return f"http://127.0.0.1:{self.port}/slack/events"

    def signed(self, body: bytes, content_type: str = "application/json") -> dict[str, str]:
        """The headers with which Slack sends this body."""
        stamp = str(int(time.time()))
        return {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature(self.slack["signing_secret"], stamp, body),
        }

    async def steer(self, act: str, **arguments: object) -> dict[str, object]:
        """Have something done in the workspace."""
        async with self.session.post(f"{self.slack['url']}/control/{act}", json=arguments) as answer:
            found = await answer.json()
            if answer.status != 200:
                raise RuntimeError(f"{act}: {found}")
            assert isinstance(found, dict)
            return found

    async def upload(self, channel: str, size: int, name: str = "clip.mp3") -> str:
        """Somebody shares an MP3 of `size` bytes; the `ts` of the message."""
        content = base64.b64encode(sample()).decode()
        files = [{"name": name, "content_base64": content, "size": size}]
        answer = await self.steer("upload", user="U0ALICE", channel=channel, files=files)
        message = answer["message"]
        assert isinstance(message, dict)
        return str(message["ts"])

    async def bill(self) -> list[float]:
        """When each recording had arrived at the provider."""
        async with self.session.get(f"{self.service}/control/state") as answer:
            state = await answer.json()
        if state["violations"]:
            raise RuntimeError(f"the provider's contract was broken: {state['violations'][:3]}")
        return [float(entry["at"]) for entry in state["billed"]]

    async def calls(self, method: str) -> int:
        """How often Slack was called."""
        found = await self.steer("ledger", after=1 << 60)
        counts = found["counts"]
        assert isinstance(counts, dict)
        return int(counts.get(method, 0))

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Ask the bot's database from outside."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(query, values).fetchall()

    def count(self, condition: str, *values: object) -> int:
        """How many jobs there are of a kind."""
        return int(str(self.rows(f"SELECT COUNT(*) FROM job WHERE {condition}", *values)[0][0]))

    def moments(self, target: str) -> list[float]:
        """When jobs came into a state, in order."""
        return [
            float(str(row[0])) for row in self.rows("SELECT at FROM job_event WHERE target = ? ORDER BY at", target)
        ]


async def start_bot(
    directory: Path, env: dict[str, str], who: Who = "ours", watched: bool = True, name: str = "bot"
) -> Child:
    """Start a bot and wait until it serves."""
    command = COMMANDS[who]
    if watched:
        child = await start_python(
            name, directory, env, "bench.processes.watching", str(directory / "trace.jsonl"), *command
        )
    else:
        child = await start_python(name, directory, env, command[0], *command[1:])
    try:
        child.ready_after = await child.until_log("ready" if who == "straightforward" else '"ready"')
    except BaseException:  # raised again: no process stays behind
        await child.kill()
        raise
    return child


@asynccontextmanager
async def open_scene(
    directory: Path,
    *,
    shape: Shape | None = None,
    who: Who = "ours",
    watched: bool = True,
    service: dict[str, object] | None = None,
    prepared: bool = False,
    **settings: str,
) -> AsyncGenerator[Scene, None]:
    """Start all three, HTTP mode, results pushed. `prepared`: the database is there already."""
    port, admin_port = free_port(), free_port()
    hook = webhook_address(f"http://127.0.0.1:{port}", "xosum", XosumSettings().webhook_secret)
    wanted = {"rate_limit": None, "job_seconds": 0.0, "webhook_url": hook}
    events_url = f"http://127.0.0.1:{port}/slack/events"
    space = json.dumps({"shape": asdict(shape or Shape(channels=1)), "request_url": events_url})
    if not prepared and who != "straightforward":
        store = await open_store(f"sqlite:///{directory / 'jobs.db'}")  # its schema, so that it can be asked at once
        await store.close()
    async with contextlib.AsyncExitStack() as stack:
        slack = await start_python("slack", directory, environment(), "bench.processes.workspace", space)
        await stack.enter_async_context(running(slack))
        provider = await start_python(
            "xosum",
            directory,
            environment(),
            "simulators.xosum",
            "--settings",
            json.dumps({**wanted, **(service or {})}),
        )
        await stack.enter_async_context(running(provider))
        told, offered = json.loads(await slack.line()), json.loads(await provider.line())
        env = environment(
            SLACK_BOT_TOKEN=told["bot_token"],
            SLACK_SIGNING_SECRET=told["signing_secret"],
            SLACK_API_URL=told["api_url"],
            DATABASE_URL=f"sqlite:///{directory / 'jobs.db'}",
            PORT=str(port),
            ADMIN_PORT=str(admin_port),
            PUBLIC_URL=f"http://127.0.0.1:{port}",
            **{**offered["environment"], "MAX_FILE_MB": "4096", "XOSUM_MAX_FILE_MB": "4096", **settings},
        )
        bot = await start_bot(directory, env, who, watched)
        await stack.enter_async_context(running(bot))
        session = await stack.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=600)))
        yield Scene(directory, told, str(offered["url"]), bot, port, admin_port, session, env)
