"""A workspace, perhaps a simulated provider, and the real bot between them, with what a test looks at."""

import asyncio
import base64
import contextlib
import re
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.providers.webhook_address import webhook_address
from simulators.invox import InvoxSettings, InvoxSimulator
from simulators.nabla import NablaSettings, NablaSimulator
from simulators.slack.file_store import Upload
from simulators.slack.manifest import with_manifest
from simulators.slack.options import Options
from simulators.slack.records import Message
from simulators.slack.server import SlackSimulator
from simulators.slack.wire import as_objects
from simulators.xosum import XosumSettings, XosumSimulator
from storage import open_store
from tests.support.block_kit import validate
from tests.support.machine.bot_process import ROOT, Bot
from tests.support.machine.processes import free_port

Service = XosumSimulator | InvoxSimulator | NablaSimulator


def simulated(name: str, job_seconds: float) -> Service:
    """The service of this name, which is done with a job after `job_seconds`."""
    match name:
        case "xosum":
            return XosumSimulator(XosumSettings(job_seconds=job_seconds))
        case "invox":
            return InvoxSimulator(InvoxSettings(job_seconds=job_seconds))
        case _:
            return NablaSimulator(NablaSettings(job_seconds=job_seconds))


ALICE, BOB = "U0ALICE", "U0BOB"
CLINIC, CALLS, BOARD, DIRECT = "C0CLINIC", "C0CALLS", "G0BOARD", "D0ALICE"
REPLY, STATUS = "threadscribe_reply", "threadscribe_status"
TOO_MUCH = frozenset({"invalid_blocks", "msg_too_long", "msg_blocks_too_long", "invalid_arguments", "invalid_auth"})
_LEAD = re.compile(r"(?:.{1,120}  )?\d+:\d\d(?::\d\d)?")  # speaker and time above folded words
SHORTEST_SECRET = 12  # characters of a sentence that are looked for in the log


def fast_xosum(**settings: object) -> XosumSimulator:
    """A provider that needs hardly any time and pushes its results."""
    return XosumSimulator(XosumSettings.model_validate({"job_seconds": 0.05, "webhook_spacing": (0.2,), **settings}))


def shown(message: Message) -> str:
    """All that a person reads in a message."""
    return "\n".join([message.text, *(text for block in message.blocks for text in _texts(block))])


def _texts(node: object) -> list[str]:
    if isinstance(node, dict):
        own = node.get("text")
        if isinstance(own, str):
            return [own]
        return [text for value in node.values() if isinstance(value, dict | list) for text in _texts(value)]
    if isinstance(node, list):
        return [text for each in node for text in _texts(each)]
    return []


def headline(message: Message) -> str:
    """The title of a reply, or the words of a short one, which has a menu; empty for a refusal."""
    heads = [
        block for block in message.blocks if block["type"] == "header" or "overflow" in str(block.get("accessory"))
    ]
    return next((text for block in heads for text in _texts(block["text"])), "")


def words_of(message: Message) -> str:
    """The words of the transcript in a reply, without times, speakers, highlights and facts."""
    lines: list[str] = []
    for block in message.blocks:
        lists = "rich_text_list" in str(block.get("elements"))
        if block["type"] == "rich_text" and not lists:
            lines += _texts(block)
        elif block["type"] == "container":
            folded = [text for child in as_objects(block.get("child_blocks")) for text in _texts(child.get("text"))]
            lines += [line for text in folded for line in text.splitlines() if not _LEAD.fullmatch(line)]
        elif "overflow" in str(block.get("accessory")):
            lines += _texts(block["text"])
    return re.sub(r"\[?\d+:\d\d\]?", " ", " ".join(lines))


def _mark(message: Message) -> tuple[str, str, str]:
    """Event type, job and part of a message of the bot's."""
    metadata = message.metadata or {}
    payload = metadata.get("event_payload")
    facts = payload if isinstance(payload, dict) else {}
    return str(metadata.get("event_type", "")), str(facts.get("job", "")), str(facts.get("part", ""))


@dataclass
class Place:
    """Everything of one test, or of several that share a bot."""

    slack: SlackSimulator
    directory: Path
    service: Service | None
    environment: dict[str, str]
    http_port: int = 0  # HTTP mode when set
    bots: list[Bot] = field(default_factory=list)
    ended_badly: bool = False  # set by tests that kill: then exit codes and tracebacks prove nothing

    @property
    def database(self) -> Path:
        return self.directory / "jobs.db"

    @property
    def bot(self) -> Bot:
        """The one that runs now."""
        return self.bots[-1]

    async def start(self, failpoints: str = "", **more: str) -> Bot:
        """Start the bot, and wait until Slack can reach it."""
        environment = {**self.environment, **more}
        if failpoints:
            environment["THREADSCRIBE_FAILPOINTS"] = failpoints
        arguments = () if failpoints else ("serve",)
        before = self.slack.sockets.opened
        module = "bot.failpoints" if failpoints else "bot"
        bot = await Bot.start(self.directory, environment, *arguments, module=module)
        self.bots.append(bot)
        await bot.ready()
        if self.http_port:
            address = f"http://127.0.0.1:{self.http_port}/slack/events"
            await self.slack.use_http(address, options_load_url=address)
        else:
            await self.slack.until(lambda: self.slack.sockets.opened > before and self.slack.sockets.online, 30)
        return bot

    async def run(self, *arguments: str, **more: str) -> Bot:
        """Run one command to its end; `process.returncode` is its exit code."""
        bot = await Bot.start(self.directory, {**self.environment, **more}, *arguments)
        await bot.ends(120)
        return bot

    # --- what is in the thread

    def thread(self, message: Message) -> list[Message]:
        """What everybody sees below the root of a message, but for the message itself."""
        found = self.slack.replies(message.channel, message.root)
        return [each for each in found if each.ephemeral_to is None and each.ts != message.ts and each.is_bot]

    def replies(self, message: Message) -> list[Message]:
        """The bot's answers in a message's thread."""
        return [each for each in self.thread(message) if _mark(each)[0] == REPLY]

    def status(self, message: Message) -> list[Message]:
        return [each for each in self.thread(message) if _mark(each)[0] == STATUS]

    async def answered(self, message: Message, count: int = 1, timeout: float = 120.0) -> list[Message]:
        """Wait for that many replies, and for the status line to go; the replies."""

        def done() -> bool:
            return len(self.replies(message)) >= count and not self.status(message)

        try:
            await self.slack.until(done, timeout)
        except TimeoutError:
            said = [shown(each) for each in self.thread(message)]
            raise AssertionError(f"no answer; thread: {said}; log: {self.bot.lines[-20:]}") from None
        return self.replies(message)

    async def upload(self, *uploads: Upload, user: str = ALICE, channel: str = CLINIC, **more: str) -> Message:
        return await self.slack.upload_as(user, channel, *uploads, **more)  # type: ignore[arg-type]  # thread_ts, text

    async def whispered(self, user: str, before: int = 0) -> Message:
        """Wait for an answer that only this person sees; the latest. `before`: how many there were."""
        await self.slack.until(lambda: len(self.whispers(user)) > before)
        return self.whispers(user)[-1]

    def whispers(self, user: str) -> list[Message]:
        return [each for each in self.slack.workspace.all_messages() if each.ephemeral_to == user]

    async def command(self, user: str, text: str, channel: str = CLINIC) -> str:
        """Type `/transcribe TEXT`; the answer as its person reads it."""
        before = len(self.whispers(user))
        outcome = await self.slack.command_as(user, channel, "/transcribe", text)
        assert outcome.acknowledged, outcome
        return shown(await self.whispered(user, before))

    # --- what is in the database

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Query the database from outside."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=60)) as connection:
            connection.row_factory = sqlite3.Row
            return connection.execute(query, values).fetchall()

    def alter(self, *statements: str) -> None:
        """Do something to the database behind the bot's back."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=60)) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    def jobs(self, message: Message) -> list[sqlite3.Row]:
        """The job rows of a message, in the order they came."""
        return self.rows("SELECT * FROM job WHERE message_ts = ? ORDER BY created_at", message.ts)

    async def until_row(self, condition: Callable[[], object], timeout: float = 60.0) -> None:
        """Wait for a condition on the database."""
        async with asyncio.timeout(timeout):
            while not condition():  # noqa: ASYNC110 - the condition is a row that another process writes
                await asyncio.sleep(0.02)

    async def settled(self, message: Message, state: str) -> None:
        """Wait until every job of the message has ended in this state: the reply's own commit comes after it."""
        await self.until_row(lambda: {row["state"] for row in self.jobs(message)} == {state})

    # --- what must hold whatever happened

    async def inspect(self) -> None:
        """No token strayed, no contract was broken, nothing was said twice, no content or secret is in a log."""
        slack = self.slack
        assert [(entry.method, entry.host) for entry in slack.ledger.strays] == []
        if self.service is not None:
            assert self.service.violations == []
        refused = [(entry.method, entry.error) for entry in slack.ledger.entries if entry.error in TOO_MUCH]
        assert [call for call in refused if call != ("views.publish", "invalid_arguments")] == []  # the chart's one try
        marks = Counter(_mark(message) for message in slack.workspace.all_messages() if _mark(message)[0] == REPLY)
        assert [mark for mark, count in marks.items() if count > 1] == []
        log = "\n".join(line for bot in self.bots for line in (*bot.lines, *bot.out))
        leaked = [text for text in [*await self._content(), *self._secrets()] if text in log]
        assert leaked == []
        if not self.ended_badly:
            assert "Traceback" not in log, log

    def _secrets(self) -> list[str]:
        names = ("TOKEN", "SECRET", "KEY")
        return [value for name, value in self.environment.items() if name.endswith(names) and len(value) > 8]

    async def _content(self) -> list[str]:
        """Every sentence of every transcript that is stored."""
        if not self.database.exists():
            return []
        key = base64.b64decode(self.environment.get("STORAGE_KEY", "")) or None
        store = await open_store(f"sqlite:///{self.database}", key, exclusive=False)
        found: set[str] = set()
        try:
            for row in self.rows("SELECT job_id FROM transcript"):
                transcript = await store.transcript(row["job_id"])
                if transcript is not None:
                    found |= {segment.text.strip() for segment in transcript.segments}
                    found |= {transcript.title or "", transcript.summary or "", *transcript.highlights}
        finally:
            await store.close()
        return [text for text in found if len(text) >= SHORTEST_SECRET]

    async def close(self) -> None:
        """Stop what runs, and look once more."""
        codes = [await bot.stop() for bot in self.bots if not bot.ended]
        if not self.ended_badly:
            assert codes == [0] * len(codes), self.bot.lines[-20:]
        await self.inspect()
        validate(self.slack)


def environment_of(slack: SlackSimulator, http: bool, directory: Path, port: int) -> dict[str, str]:
    """The variables of a bot in this workspace, with a database in `directory` and one small local engine."""
    return {
        "SLACK_API_URL": slack.api_url,
        "SLACK_BOT_TOKEN": slack.bot_token,
        **({"SLACK_SIGNING_SECRET": slack.signing_secret} if http else {"SLACK_APP_TOKEN": slack.app_token}),
        "DATABASE_URL": f"sqlite:///{directory}/jobs.db",
        "PORT": str(port),
        "ADMIN_PORT": "0",
        "STATUS_AFTER_SECONDS": "0",
        "LOCAL_MODEL": "tiny.en",
        "LOCAL_WORKERS": "1",
    }


@asynccontextmanager
async def open_place(
    directory: Path,
    service: Service | None = None,
    *,
    http: bool = False,
    options: Options | None = None,
    more: Mapping[str, str] | None = None,
) -> AsyncIterator[Place]:
    """A workspace (and a provider) for a bot that is not started yet; it is stopped and judged at the end."""
    plain = options or Options(retry_delays=(0.0, 0.2, 0.5), share_delay=0.02)
    async with contextlib.AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackSimulator(with_manifest(plain, ROOT / "manifest.yml")))
        port = free_port()
        environment = {
            **environment_of(slack, http, directory, port),
            "REPLY_SETTLE_SECONDS": "0.5",
            "POLL_MIN_SECONDS": "0.1",
        }
        if service is not None:
            await service.start()
            stack.push_async_callback(service.stop)
            environment |= service.environment() | {"PUBLIC_URL": f"http://127.0.0.1:{port}"}
            if not isinstance(service, InvoxSimulator):  # that one is told with each job
                service.settings.webhook_url = webhook_address(
                    f"http://127.0.0.1:{port}", service.name, service.settings.webhook_secret
                )
        place = Place(slack, directory, service, {**environment, **(more or {})}, port if http else 0)
        try:
            yield place
            await place.close()
        finally:
            for bot in place.bots:
                await bot.close()
