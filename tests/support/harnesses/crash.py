"""One bot's world, which outlives it: a workspace, a provider, a database file, and what was asked of them.

The workspace commits a post up to a second after the request, whether or not the bot still lives, and shows it later
still: a bot that looks too early, or not at all, says things twice.
"""

import asyncio
import contextlib
import hashlib
import math
import random
import sqlite3
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.providers.webhook_address import webhook_address
from simulators.invox import InvoxSettings, InvoxSimulator
from simulators.nabla import NablaSettings, NablaSimulator
from simulators.openai import OpenAISettings, OpenAISimulator
from simulators.provider.results import Segment, Transcript
from simulators.slack.faults import Fault
from simulators.slack.file_store import Upload
from simulators.slack.manifest import with_manifest
from simulators.slack.options import Options
from simulators.slack.records import BOT_USER, Message
from simulators.slack.server import SlackSimulator
from simulators.xosum import XosumSettings, XosumSimulator
from tests.crash.starter import ENTRY, ROOT, Started, Starter
from tests.support.harnesses.bot import environment_of
from tests.support.machine.processes import free_port

Service = XosumSimulator | InvoxSimulator | NablaSimulator | OpenAISimulator

SAMPLES = ROOT / "simulators" / "samples"
PASSAGE = (SAMPLES / "sense_passage.mp3").read_bytes()
LATEST_COMMIT = 1.0  # seconds after the request at which a post is there
LATEST_SHOWN = 0.8  # seconds after that at which it can be read
SETTLE = 4.0
CHANNELS = 8
FINAL = ("done", "failed", "cancelled")
PROVIDERS = ("local", "xosum", "invox", "nabla")

_ENDED = "('done', 'failed', 'cancelled', 'deleted')"


def clip(number: int, size: int = 24_000) -> bytes:
    """An MP3 of some seconds that is like no other: its title tag has a number."""
    tag = b"TAG" + f"recording {number}".encode().ljust(30, b"\0") + bytes(94) + b"\xff"
    return PASSAGE[:size] + tag


def tone(number: int) -> bytes:
    """A WAV of half a second, each with another tone, for providers that want it converted."""
    rate, count = 16000, 8000
    pitch = 200 + number % 1500
    data = b"".join(struct.pack("<h", int(9000 * math.sin(2 * math.pi * pitch * i / rate))) for i in range(count))
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1, rate, rate * 2, 2,
                       16, b"data", len(data))  # fmt: skip
    return head + data


def service(name: str, public_url: str) -> Service | None:
    """A simulated provider that is quick, and pushes its results until somebody takes them."""
    again: dict[str, object] = {
        "job_seconds": 0.05,
        "webhook_spacing": (0.2, 0.4, 0.8),
        "webhook_attempts": 2000,
        "webhook_timeout": 5.0,
    }
    match name:
        case "xosum":
            xosum = XosumSettings.model_validate(again)
            xosum.webhook_url = webhook_address(public_url, name, xosum.webhook_secret)
            return XosumSimulator(xosum)
        case "invox":
            return InvoxSimulator(InvoxSettings.model_validate(again))
        case "nabla":
            spacing = {"download_spacing": (0.5,) * 200}  # it comes for the audio again while the bot is dead
            nabla = NablaSettings.model_validate({**again, **spacing})
            nabla.webhook_url = webhook_address(public_url, name, nabla.webhook_secret)
            return NablaSimulator(nabla)
        case "openai":
            return OpenAISimulator(OpenAISettings(dialect="speaches", hears="tones"))
        case _:
            return None


@dataclass
class Asked:
    """A file that somebody shared."""

    message: Message
    sha256: str
    converted: bool
    deleted: bool = False  # by its owner, at some moment


@dataclass
class Stage:
    """Everything of one provider's runs."""

    provider: str
    slack: SlackSimulator
    service: Service | None
    starter: Starter
    directory: Path
    environment: dict[str, str]
    chance: random.Random
    entry: str = ENTRY
    weakness: str = ""  # see tests.crash.broken_bots
    asked: list[Asked] = field(default_factory=list)
    bots: list[Started] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)

    @property
    def database(self) -> Path:
        """The bot's database file."""
        return self.directory / "jobs.db"

    async def upload(self, long: bool = False) -> Asked:
        """Somebody shares a recording; the app may be told some time later. `long`: its transcript becomes a file."""
        number = len(self.asked)
        converted = False
        if self.provider == "local":
            content, name = (SAMPLES / "sense_0880.flac").read_bytes(), f"clip {number}.flac"
        elif number % 5 == 4 and not long:
            content, name, converted = tone(number), f"tone {number}.wav", self.provider == "xosum"
        else:
            content, name = clip(number, 160_000 if number % 3 == 1 else 24_000), f"clip {number}.mp3"
        sha256 = hashlib.sha256(content).hexdigest()
        if self.service is not None and (long or number % 4 == 2) and not converted:
            self.service.results[sha256] = _long(number)
        channel = self.channels[number % len(self.channels)]
        message = await self.slack.upload_as("U0ALICE", channel, Upload(name, content))
        self.asked.append(Asked(message, sha256, converted))
        return self.asked[-1]

    def delete(self, asked: Asked) -> None:
        """Its owner deletes a recording; whether the bot hears of it depends on whether one runs."""
        asked.deleted = True
        (file_id,) = asked.message.files
        self.slack.people.delete_file("U0ALICE", file_id)

    def make_slow(self, count: int = 40) -> None:
        """The next posts are committed late, shown later, and their answers are sometimes lost."""
        self.slack.faults.clear()
        for _ in range(count):
            for method in ("chat.postMessage", "files.completeUploadExternal"):
                self.slack.fault(
                    Fault(
                        method,
                        delay=self.chance.uniform(0.0, LATEST_COMMIT),
                        visible_after=self.chance.uniform(0.0, LATEST_SHOWN),
                        cut=self.chance.choice(("", "", "", "", "", "later", "after")),
                    )
                )

    async def start(self, failpoints: str = "") -> Started:
        """Fork a bot."""
        environment = dict(self.environment)
        if armed := ",".join(filter(None, (self.weakness, failpoints))):
            environment["THREADSCRIBE_FAILPOINTS"] = armed
        log = self.directory / f"bot-{len(self.bots):04d}.log"
        bot = await self.starter.start(self.directory, environment, log, self.entry)
        self.bots.append(bot)
        return bot

    def rows(self, query: str) -> list[sqlite3.Row]:
        """Query the database from outside; no rows while it does not exist."""
        if not self.database.exists():
            return []
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=60)) as connection:
            connection.row_factory = sqlite3.Row
            try:
                return connection.execute(query).fetchall()
            except sqlite3.OperationalError:
                return []  # no schema yet

    def idle(self) -> bool:
        """Whether everything that was asked is answered, and nothing is left to do or to be shown."""
        unfinished = self.rows(
            "SELECT count(*) AS n FROM job WHERE state NOT IN ('done', 'failed', 'cancelled', 'deleted')"
        )
        if not unfinished or unfinished[0]["n"]:
            return False
        if self.rows("SELECT count(*) AS n FROM job")[0]["n"] < len(self.asked):
            return False
        if self.rows("SELECT count(*) AS n FROM outbox WHERE key LIKE 'status:%' AND phase <> 'gone'")[0]["n"]:
            return False  # a line, or a post that may become one
        return not any(self.of(asked, "threadscribe_status") for asked in self.asked)

    def of(self, asked: Asked, kind: str) -> list[Message]:
        """The bot's messages of a kind in a file's thread."""
        thread = self.slack.replies(asked.message.channel, asked.message.ts)
        return [each for each in thread if each.user == BOT_USER and (each.metadata or {}).get("event_type") == kind]

    async def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait for a condition; False when it did not come in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return True
            await asyncio.sleep(0.05)
        return condition()

    async def settle(self, seconds: float = 180.0) -> None:
        """Run a bot that nobody kills until everything is answered, and end it as an operator does."""
        bot = await self.start()
        done = await self.until(lambda: self.idle() or bot.code is not None, seconds)
        if not done or bot.code is not None:
            raise AssertionError(f"{self.provider}: not idle after {seconds:.0f} s: {self.unfinished()}")
        await asyncio.sleep(LATEST_COMMIT + LATEST_SHOWN)  # for what is still on its way into the workspace
        bot.kill(15)  # type: ignore[arg-type]  # SIGTERM
        await asyncio.wait_for(bot.ended.wait(), 40)

    def unfinished(self) -> str:
        """What is left, and the end of the last log, for the reader of a failure."""
        rows = [dict(row) for row in self.rows("SELECT id, state, due_at, attempts, last_error, lease_token FROM job")]
        left = [row for row in rows if row["state"] not in FINAL]
        marks = [str(self.of(asked, "threadscribe_status")) for asked in self.asked]
        shown = [mark for mark in marks if mark != "[]"]
        known = {row["file_id"] for row in self.rows("SELECT file_id FROM job")}
        unknown = [asked.message.files for asked in self.asked if not set(asked.message.files) <= known]
        log = self.bots[-1].written()[-3000:]
        if self.service is not None:
            refs = {row["remote_ref"] for row in self.rows("SELECT remote_ref FROM job WHERE state = 'waiting'")}
            shown += [str(job) for job in self.service.jobs.values() if job.id in refs]
            shown += [str(each) for each in self.service.ledger.deliveries if each.job in refs][-4:]
            shown.append(f"{self.service.webhooks.outstanding()} webhooks outstanding")
            shown += [str(each) for each in self.service.ledger.requests if each.job in refs][-4:]
            if isinstance(self.service, NablaSimulator):
                shown += [str(each) for each in self.service.fetches if each.job in refs][-4:]
        return f"now {time.time():.1f} jobs {left} files without a job {unknown} lines left {shown} log {log}"


def _long(number: int) -> Transcript:
    """A result that does not fit into a message, so that it is posted as a file."""
    lines = [
        Segment(text=f"Sentence {line} of the long recording {number}, which goes on and on.", start=line, end=line + 1)
        for line in range(400)
    ]
    return Transcript(segments=lines, title=f"Long recording {number}", summary=f"The long recording {number}.")


@asynccontextmanager
async def open_stage(
    provider: str, starter: Starter, directory: Path, seed: int, *, http: bool = False, entry: str = ENTRY, **more: str
) -> AsyncIterator[Stage]:
    """A stage with nothing asked yet; whatever runs on it is killed at the end."""
    options = with_manifest(
        Options(retry_delays=(0.0, 0.3, 0.5, 1.0, 1.0, 2.0, 2.0, 4.0, 4.0, 8.0, 8.0, 15.0, 30.0), share_delay=0.02),
        ROOT / "manifest.yml",
    )
    port = free_port()
    public_url = f"http://127.0.0.1:{port}"
    if http:
        options.request_url = f"{public_url}/slack/events"
    async with contextlib.AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackSimulator(options))
        channels = [
            slack.workspace.create_channel(f"clinic-{number}", "public", ["U0ALICE", "U0BOB", BOT_USER]).id
            for number in range(CHANNELS)
        ]
        environment = {
            **environment_of(slack, http, directory, port),
            "PUBLIC_URL": public_url,
            "REPLY_SETTLE_SECONDS": str(SETTLE),
            "POLL_MIN_SECONDS": "0.2",
            "PROVIDER": provider,
        }
        simulated = service(provider, public_url)
        if simulated is not None:
            await simulated.start()
            stack.push_async_callback(simulated.stop)
            environment |= simulated.environment()
        stage = Stage(
            provider,
            slack,
            simulated,
            starter,
            directory,
            {**environment, **more},
            random.Random(seed),
            entry,
            channels=channels,
        )
        try:
            yield stage
        finally:
            for bot in stage.bots:
                bot.kill()
