"""Several processes of the bot on one PostgreSQL, with a workspace and a provider between them."""

import asyncio
import itertools
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import asyncpg

from tests.support.harnesses.bot import Place, Service, open_place
from tests.support.machine import postgres
from tests.support.machine.bot_process import Bot
from tests.support.machine.processes import free_port

_numbers = itertools.count(1)
FAULTS_AFTER = 60.0  # seconds


def fresh_database(server: Path) -> str:
    """The URL of an empty database of the server whose socket lies in this folder."""
    name = f"fleet{next(_numbers)}"
    folder = postgres.binaries()
    assert folder is not None
    subprocess.run([folder / "createdb", "-h", server, "-U", "postgres", name], check=True)
    return f"postgresql://postgres@/{name}?host={server}"


@dataclass
class Fleet:
    """`place` has the workspace and what must hold at the end; each process has a spool of its own, as a machine."""

    place: Place
    url: str

    async def start(self, name: str, *arguments: str, module: str = "bot", **more: str) -> Bot:
        """Start `serve ARGUMENTS` as the machine `name`, and wait until it is ready."""
        environment = {
            **self.place.environment,
            "DATABASE_URL": self.url,
            "SPOOL_DIR": str(self.spool(name)),
            "PORT": str(free_port()),
            **more,
        }
        bot = await Bot.start(self.place.directory, environment, "serve", *arguments, module=module)
        self.place.bots.append(bot)
        await bot.ready()
        return bot

    async def listens(self, bot: Bot) -> None:
        """Have Slack send its events to this process."""
        address = f"http://127.0.0.1:{await bot.ready()}/slack/events"
        await self.place.slack.use_http(address, options_load_url=address)

    def spool(self, name: str) -> Path:
        """Where the machine `name` keeps its files."""
        return self.place.directory / f"machine-{name}"

    async def rows(self, query: str, *values: object) -> list[asyncpg.Record]:
        """Ask the database."""
        connection = await asyncpg.connect(self.url)
        try:
            found: list[asyncpg.Record] = await connection.fetch(query, *values)
            return found
        finally:
            await connection.close()

    async def until(self, condition: Callable[[], Awaitable[object]], timeout: float = FAULTS_AFTER) -> None:
        """Wait for something outside this process."""
        try:
            async with asyncio.timeout(timeout):
                while not await condition():  # noqa: ASYNC110 - the condition is in other processes
                    await asyncio.sleep(0.05)
        except TimeoutError:
            logs = {bot.process.pid: bot.lines[-10:] for bot in self.place.bots}
            raise AssertionError(f"never came: {logs}") from None


async def ready(bot: Bot) -> tuple[int, str]:
    """The status of a process's detailed `/readyz` and its body; (0, "") when it does not answer."""
    try:
        async with aiohttp.ClientSession() as session, session.get(f"{bot.admin}/readyz") as response:
            return response.status, await response.text()
    except aiohttp.ClientError:
        return 0, ""


@asynccontextmanager
async def open_fleet(
    directory: Path, server: Path, service: Service | None = None, *, http: bool = True
) -> AsyncIterator[Fleet]:
    """A workspace, perhaps a provider, and an empty PostgreSQL; nothing is started yet."""
    async with open_place(directory, service, http=http) as place:
        yield Fleet(place, fresh_database(server))
