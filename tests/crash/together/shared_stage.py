"""A stage whose bots are several processes on one PostgreSQL, behind a balancer or each with a socket of its own."""

import asyncio
import concurrent.futures
import contextlib
import dataclasses
import json
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from tests.crash.starter import Started, Starter
from tests.crash.together.balancer import balancer
from tests.crash.together.database import Database
from tests.support.harnesses.crash import Stage, open_stage
from tests.support.machine.processes import free_port

ENTRY = "tests.crash.together.brisk_bot"
SHIPPED_LEASE_SECONDS = 60.0
READY = '"event": "ready"'  # of a log line
EVIDENCE = ("job", "job_event", "outbox", "inbox")  # tables that are kept where something was wrong


class SharedStage:
    """The processes of one audit; number 0 is the first."""

    def __init__(self, stage: Stage, database: Database, ports: Sequence[int], lease: float) -> None:
        self.stage = stage
        self.database = database
        self.lease = lease or SHIPPED_LEASE_SECONDS
        self.running: dict[int, Started] = {}
        self.frozen: set[int] = set()
        self.refused_starts = 0  # processes that ended in their start since the database, or they, stood still
        self._ports = ports
        self._runner = concurrent.futures.ThreadPoolExecutor(1)
        self._brisk = {"BRISK_LEASE_SECONDS": str(lease)} if lease else {}
        self._suffered = 0.0  # when the database was last stopped, paused or cut
        self._begun: dict[int, float] = {}
        self._woken: dict[int, float] = {}  # a frozen process's session is ended in the middle of a transaction
        vars(stage)["rows"] = self.rows

    @property
    def processes(self) -> int:
        """How many there are."""
        return len(self._ports)

    def rows(self, query: str) -> Sequence[asyncpg.Record]:
        """Query the database from outside; no rows while it has no schema."""
        return self._runner.submit(asyncio.run, self._ask(query)).result()

    async def _ask(self, query: str) -> Sequence[asyncpg.Record]:
        connection = await asyncpg.connect(self.database.url)
        try:
            found: Sequence[asyncpg.Record] = await connection.fetch(query)
        except asyncpg.UndefinedTableError:
            return []
        finally:
            await connection.close()
        return found

    async def start(self, number: int) -> None:
        """Start one of the processes: it has a folder and a port of its own."""
        place = self.stage.directory / f"process-{number}"
        place.mkdir(exist_ok=True)
        own = {"DATABASE_URL": self.database.url, "PORT": str(self._ports[number])}
        log = self.stage.directory / f"bot-{len(self.stage.bots):04d}.log"
        bot = await self.stage.starter.start(place, {**self.stage.environment, **self._brisk, **own}, log, ENTRY)
        self.stage.bots.append(bot)
        self.running[number] = bot
        self._begun[number] = time.monotonic()

    async def tend(self) -> None:
        """Start a process again that lost the database in its start, as a host does that restarts what has failed.

        Raises `AssertionError` for any other end.
        """
        for number, bot in list(self.running.items()):
            if bot.code is None:
                continue
            lost = max(self._suffered, self._woken.get(number, 0.0)) > self._begun[number]
            if not lost or bot.code != 1 or READY in bot.written() or "threadscribe: PostgreSQL" not in bot.written():
                raise AssertionError(f"a process ended by itself ({bot.code}): {bot.written()[-2000:]}")
            self.refused_starts += 1
            await self.start(number)

    async def kill(self, number: int) -> None:
        """Kill a process and start it again."""
        await self.tend()
        bot = self.running[number]
        bot.kill()
        await bot.ended.wait()
        self.frozen.discard(number)
        await self.start(number)

    async def freeze(self, number: int, seconds: float) -> bool:
        """Let a process stand still for this long; whether it went on, or was killed meanwhile."""
        bot = self.running[number]
        bot.kill(signal.SIGSTOP)
        self.frozen.add(number)
        await asyncio.sleep(seconds)
        if self.running[number] is bot:
            self.frozen.discard(number)
            self._woken[number] = time.monotonic()
        bot.kill(signal.SIGCONT)
        return bot.code is None

    async def suffer(self, act: str, seconds: float) -> None:
        """Let something happen to the database; a process that starts meanwhile may end."""
        await self.database.suffer(act, seconds)
        self._suffered = time.monotonic()

    def idle(self) -> bool:
        """Whether all is answered, and nothing is left to verify or to do later."""
        left = (
            "SELECT (SELECT count(*) FROM outbox WHERE verify_at IS NOT NULL) + count(*) AS n FROM inbox WHERE used=0"
        )
        return self.stage.idle() and self.rows(left)[0]["n"] == 0

    async def until_idle(self, seconds: float) -> None:
        """Wait for that. Raises `AssertionError` with what is left."""
        end = time.monotonic() + seconds
        while not self.idle():
            await self.tend()
            if time.monotonic() > end:
                rows = [dict(row) for row in self.rows("SELECT * FROM outbox WHERE verify_at IS NOT NULL LIMIT 9")]
                raise AssertionError(f"not idle after {seconds:.0f} s: {rows} {self.stage.unfinished()[:4000]}")
            await asyncio.sleep(0.5)

    async def end(self) -> None:
        """End every process as an operator does."""
        for bot in self.running.values():
            bot.kill(signal.SIGTERM)
        for bot in self.running.values():
            await asyncio.wait_for(bot.ended.wait(), 120)

    def keep_evidence(self) -> None:
        """Write what Slack was asked and what the tables have into the stage's folder, beside the logs."""
        calls = [dataclasses.asdict(entry) for entry in self.stage.slack.ledger.entries]
        (self.stage.directory / "slack.json").write_text("\n".join(json.dumps(call, default=str) for call in calls))
        for table in EVIDENCE:
            lines = [json.dumps(dict(row), default=str) for row in self.rows(f"SELECT * FROM {table}")]
            (self.stage.directory / f"{table}.json").write_text("\n".join(lines))


@asynccontextmanager
async def open_shared_stage(
    database: Database, directory: Path, *, processes: int, socket: bool, lease: float, seed: int
) -> AsyncIterator[SharedStage]:
    """Several processes that are ready; `lease` in seconds, 0 as shipped. Slack's rate limits are on."""
    async with contextlib.AsyncExitStack() as stack:
        starter = await Starter.open()
        stack.push_async_callback(starter.close)
        stage = await stack.enter_async_context(open_stage("xosum", starter, directory, seed, http=not socket))
        stage.slack.options.rate_limits = True
        assert stage.service is not None
        stage.service.settings.rate_limit = None
        ports = [free_port() for _ in range(processes)]
        await stack.enter_async_context(balancer(int(stage.environment["PORT"]), ports))
        shared = SharedStage(stage, database, ports, lease)
        for number in range(processes):
            await shared.start(number)
        ready = lambda: all(READY in bot.written() for bot in shared.running.values())  # noqa: E731  # used once
        assert await stage.until(ready, 120), stage.bots[-1].written()
        yield shared
