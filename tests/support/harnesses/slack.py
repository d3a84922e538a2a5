"""What tests of the Slack side start: the simulated workspace, a real SQLite file, and the bot's side between them."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from aiohttp import web

from bot.configuration import load_settings
from bot.domain.errors import Transient
from bot.domain.job import FileFacts, Job, Options, Outcome, RemoteJob, State
from bot.domain.machine import Finishing, Received, Replying, Submitting, Waiting, stage_of
from bot.domain.transcript import Segment, Transcript
from bot.http import Http
from bot.ports.provider import Capabilities
from bot.ports.store import JobFilter, JobStore
from bot.settings import Settings
from bot.slack.api.client import open_client
from bot.slack.wiring import Reports, SlackAdapter, SlackServices
from bot.supervisor import Supervisor
from bot.web.bodies import Bodies
from simulators.slack.file_store import Upload
from simulators.slack.manifest import with_manifest
from simulators.slack.options import Options as SlackOptions
from simulators.slack.records import Message
from simulators.slack.server import SlackSimulator
from storage import open_store
from tests.support.block_kit import validate

ROOT = Path(__file__).parents[3]
CLIP = Upload("visit notes.m4a", b"\0\0\0\x20ftypM4A " + bytes(2000))
SETTLE = 0.3


class HandClock:
    """The real clock, which tests may set forward or back, or have run faster."""

    def __init__(self, speed: float = 1.0) -> None:
        self.ahead = 0.0
        self.speed = speed
        self._begin = time.time()

    def now(self) -> float:
        return self._begin + (time.time() - self._begin) * self.speed + self.ahead

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self.speed)


@dataclass
class Workplace:
    """Everything a test needs."""

    slack: SlackSimulator
    store: JobStore
    room: SlackAdapter
    clock: HandClock
    database: Path
    settings: Settings
    http: Http
    rung: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    async def jobs(self, *states: State) -> list[Job]:
        """All jobs, oldest first."""
        found = await self.store.jobs(JobFilter(states=states, limit=100))
        return sorted(found, key=lambda job: job.created_at)

    async def until(self, condition: Callable[[], Awaitable[object]], timeout: float = 60.0) -> None:
        """Wait until an awaited condition holds."""
        async with asyncio.timeout(timeout):
            while not await condition():  # noqa: ASYNC110  # the condition is a row in a database
                await asyncio.sleep(0.02)

    async def upload(
        self, channel: str = "C0CLINIC", user: str = "U0ALICE", upload: Upload = CLIP
    ) -> tuple[Message, Job]:
        """Share a recording, and wait for its job; its events are acknowledged by then."""
        message = await self.slack.upload_as(user, channel, upload)
        await self.slack.delivery.settled()

        async def found() -> bool:
            return bool(await self.store.jobs_of_message("T0LOCAL", channel, message.ts))

        await self.until(found)
        return message, (await self.store.jobs_of_message("T0LOCAL", channel, message.ts))[0]

    async def replying(self, job: Job, transcript: Transcript | None) -> Job:
        """Move a job by hand to where it replies: with a transcript, or as failed without."""
        now = self.clock.now()
        stage = stage_of(job)
        assert isinstance(stage, Received)
        file = replace(job.file, seconds=65.0)
        job = await self.store.apply(stage.submit(now, file, "xosum", "xosum", Options()))
        stage = stage_of(job)
        assert isinstance(stage, Submitting)
        job = await self.store.apply(stage.created(now, RemoteJob("remote-1")))
        job = await self.store.apply(Submitting(job).submitted(now, now))
        job = await self.store.apply(Waiting(job).ready(now))
        if transcript is not None:
            await self.store.put_transcript(job.id, transcript, now)
        return await self.store.apply(Finishing(job).stored(now))

    async def answer(self, job: Job, transcript: Transcript | None = None, tries: int = 200) -> Job:
        """Reply as the engine does: called again after a `Transient`, then committed."""
        for _ in range(tries):
            try:
                await self.room.chat.reply(job, transcript)
                return await self.store.apply(Replying(job).replied(self.clock.now()))
            except Transient as error:
                await asyncio.sleep(min(error.after or 0.05, 1.0))
        raise AssertionError("the reply never ended")

    def ours(self, message: Message) -> list[Message]:
        """The bot's messages in a message's thread, ephemeral ones left out."""
        found = self.slack.replies(message.channel, message.ts)
        return [reply for reply in found if reply.is_bot and reply.ephemeral_to is None]

    def whispers(self, message: Message, user: str) -> list[Message]:
        """What the bot said to one user alone, in a message's channel or thread."""
        found = [*self.slack.messages(message.channel), *self.slack.replies(message.channel, message.ts)]
        alone = [each for each in found if each.is_bot and each.ephemeral_to == user]
        return list({id(each): each for each in alone}.values())

    async def sql(self, statement: str) -> None:
        """Do something to the database behind the store's back, whose transactions need the loop to end."""
        await asyncio.to_thread(self._sql, statement)

    def _sql(self, statement: str) -> None:
        connection = sqlite3.connect(self.database, timeout=60)
        with connection:
            connection.execute(statement)
        connection.close()


def slack_options(**changes: object) -> SlackOptions:
    """A workspace set up by our own manifest, with short waits."""
    options = SlackOptions(retry_delays=(0.0, 0.2, 0.4), share_delay=0.05, ack_timeout=3.0)
    return replace(with_manifest(options, ROOT / "manifest.yml"), **changes)  # type: ignore[arg-type]  # by name


def bot_settings(slack: SlackSimulator, database: Path, **more: str) -> Settings:
    """Settings of a bot in that workspace, Socket Mode unless told otherwise."""
    environment = {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_API_URL": slack.api_url,
        "DATABASE_URL": f"sqlite:///{database}",
        "REPLY_SETTLE_SECONDS": str(SETTLE),
        "STATUS_AFTER_SECONDS": "0",
        **more,
    }
    return load_settings({name: value for name, value in environment.items() if value}, env_file=None)


@asynccontextmanager
async def workplace(
    tmp_path: Path,
    *,
    http_mode: bool = False,
    start: bool = True,
    speed: float = 1.0,
    offers: Mapping[str, Capabilities] | None = None,
    **changes: object,
) -> AsyncIterator[Workplace]:
    """Open a workspace and a bot in it; over HTTP a small web server is its `/slack/events`."""
    database = tmp_path / "jobs.db"
    clock = HandClock(speed)
    rung: list[str] = []
    broken: list[str] = []
    async with SlackSimulator(slack_options(**changes)) as slack:
        settings = bot_settings(slack, database, **({"SLACK_APP_TOKEN": ""} if http_mode else {}))
        store = await open_store(settings.database_url)
        http = Http(clock)
        runner: web.AppRunner | None = None
        try:
            async with open_client(settings, clock) as client:
                supervisor = Supervisor(clock)
                reports = Reports(rung.append, on_broken=lambda error: broken.append(error.account))
                services = SlackServices(
                    settings, store, clock, http, client, supervisor, reports, Bodies().read, offers or {}
                )
                room = SlackAdapter(services)
                place = Workplace(slack, store, room, clock, database, settings, http, rung, broken)
                if http_mode:
                    site = web.Application()
                    site.router.add_post("/slack/events", room.entrance.handle)
                    runner = web.AppRunner(site, access_log=None)
                    await runner.setup()
                    await web.TCPSite(runner, "127.0.0.1", 0).start()
                    port = runner.addresses[0][1]
                    address = f"http://127.0.0.1:{port}/slack/events"
                    await slack.use_http(address, options_load_url=address)
                if start:
                    await room.start()
                    if not http_mode:
                        await slack.until(lambda: slack.sockets.online)
                try:
                    yield place
                finally:
                    await room.stop()
                    await supervisor.stop()
                validate(slack)
        finally:
            if runner is not None:
                await runner.cleanup()
            await http.aclose()
            await store.close()


def spoken(*texts: str, **more: object) -> Transcript:
    """A transcript of these segments, five seconds each."""
    segments = tuple(Segment(text, number * 5.0, number * 5.0 + 4.0) for number, text in enumerate(texts))
    return replace(Transcript(segments, language="en", seconds=65.0, provider="xosum"), **more)  # type: ignore[arg-type]  # by name


__all__ = [
    "CLIP",
    "FileFacts",
    "HandClock",
    "Outcome",
    "Upload",
    "Workplace",
    "bot_settings",
    "slack_options",
    "spoken",
    "workplace",
]
