"""The audit of two processes on one PostgreSQL: files, while the processes are killed, and frozen past their leases.

    python -m tests.crash.together.audit_run --files 200        the long form; `make audit`
    python -m tests.crash.together.audit_run --files 200 --lease 0 --freezes 5      leases as shipped: a minute

A freeze is SIGSTOP, and SIGCONT when the other process has had the time to take the work. Slack commits posts late,
shows them later and loses answers meanwhile. In the end every file has one reply, its message one reaction and no
status line, and every channel that the bot was invited to one greeting.
"""

import argparse
import asyncio
import concurrent.futures
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from simulators.slack.records import BOT_USER
from tests.crash.audit import Verdict, judge
from tests.crash.starter import Started, Starter
from tests.support.harnesses.crash import Stage, open_stage
from tests.support.machine import postgres
from tests.support.machine.processes import free_port

ENTRY = "tests.crash.together.brisk_bot"
LEASE_SECONDS = 6.0  # instead of a minute
SHIPPED_LEASE_SECONDS = 60.0
PROCESSES = 2
KILLED, FROZEN, INVITED = 0.35, 0.3, 0.15  # the share of rounds with such an act
REACTION_SECONDS = 4.2  # Slack takes so long for one to be replaced: 20 removals and 50 additions a minute
SPARED = 0.8  # of the frozen processes that were about to be killed: most are to wake


@dataclass
class Course:
    """What was done, and what came of it."""

    verdict: Verdict = field(default_factory=Verdict)
    kills: int = 0
    freezes: int = 0
    woken: int = 0  # frozen processes that went on; the others were killed meanwhile
    greetings: list[str] = field(default_factory=list)  # channels that the bot was invited to
    seconds: float = 0.0

    def line(self) -> str:
        """One line of figures."""
        found = self.verdict
        return (
            f"files {found.files}, kills {self.kills}, freezes {self.freezes} ({self.woken} went on), "
            f"invitations {len(self.greetings)}: "
            f"lost {len(found.lost)}, doubled {len(found.doubled)}, billed twice {len(found.billed_twice)}, "
            f"other {len(found.other)}; {self.seconds:.0f} s"
        )


class SharedStage:
    """A stage whose bots are two processes on one PostgreSQL."""

    def __init__(self, stage: Stage, url: str, lease: float) -> None:
        self.stage = stage
        self.lease = lease or SHIPPED_LEASE_SECONDS
        self._url = url
        self._runner = concurrent.futures.ThreadPoolExecutor(1)
        self._ports = [stage.environment["PORT"], *(str(free_port()) for _ in range(PROCESSES - 1))]
        self._brisk = {"BRISK_LEASE_SECONDS": str(lease)} if lease else {}
        self.running: dict[int, Started] = {}
        self.frozen: int | None = None
        vars(stage)["rows"] = self.rows

    def rows(self, query: str) -> Sequence[asyncpg.Record]:
        """Query the database from outside; no rows while it has no schema."""
        return self._runner.submit(asyncio.run, self._ask(query)).result()

    async def _ask(self, query: str) -> Sequence[asyncpg.Record]:
        connection = await asyncpg.connect(self._url)
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
        environment = {**self.stage.environment, **self._brisk, "DATABASE_URL": self._url, "PORT": self._ports[number]}
        log = self.stage.directory / f"bot-{len(self.stage.bots):04d}.log"
        bot = await self.stage.starter.start(place, environment, log, ENTRY)
        self.stage.bots.append(bot)
        self.running[number] = bot

    async def kill(self, number: int) -> None:
        """Kill a process and start it again."""
        bot = self.running[number]
        if bot.code is not None:
            raise AssertionError(f"a process ended by itself ({bot.code}): {bot.written()[-2000:]}")
        bot.kill()
        await bot.ended.wait()
        await self.start(number)

    async def freeze(self, number: int, seconds: float) -> bool:
        """Let a process stand still for this long; whether it went on, or was killed meanwhile."""
        bot = self.running[number]
        bot.kill(signal.SIGSTOP)
        self.frozen = number
        await asyncio.sleep(seconds)
        self.frozen = None
        bot.kill(signal.SIGCONT)
        return bot.code is None

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
            ended = [bot for bot in self.running.values() if bot.code is not None]
            if time.monotonic() > end or ended:
                rows = [dict(row) for row in self.rows("SELECT * FROM outbox WHERE verify_at IS NOT NULL LIMIT 9")]
                raise AssertionError(f"not idle after {seconds:.0f} s: {rows} {self.stage.unfinished()[:4000]}")
            await asyncio.sleep(0.5)

    async def end(self) -> None:
        """End every process as an operator does."""
        for bot in self.running.values():
            bot.kill(signal.SIGTERM)
        for bot in self.running.values():
            await asyncio.wait_for(bot.ended.wait(), 40)


async def run(files: int, seed: int, lease: float, freezes: int, directory: Path, url: str) -> Course:
    """Share `files` recordings among the acts, wait until all is done, and judge.

    `lease` in seconds, 0 as shipped. The recordings are spread over at least this many `freezes`.
    """
    begun, course = time.monotonic(), Course()
    chance = random.Random(seed)
    async with AsyncExitStack() as stack:
        starter = await Starter.open()
        stack.push_async_callback(starter.close)
        stage = await stack.enter_async_context(open_stage("xosum", starter, directory, seed))
        assert stage.service is not None
        stage.service.settings.rate_limit = None
        both = SharedStage(stage, url, lease)
        for number in range(PROCESSES):
            await both.start(number)
        ready = lambda: all("ready" in bot.written() for bot in both.running.values())  # noqa: E731  # used once
        assert await stage.until(ready, 60), stage.bots[-1].written()
        await _acts(both, course, chance, files, freezes)
        stage.slack.faults.clear()
        await both.until_idle(240.0 + 4 * both.lease + REACTION_SECONDS * files)
        await both.end()
        course.verdict = judge(stage)
        _judge_receipts(stage, course)
    course.seconds = time.monotonic() - begun
    return course


async def _acts(both: SharedStage, course: Course, chance: random.Random, files: int, freezes: int) -> None:
    stage = both.stage
    freezing: list[asyncio.Task[bool]] = []
    while len(stage.asked) < files or course.kills == 0 or course.freezes < freezes:
        stage.make_slow()
        by_now = files * (course.freezes + 1) // (freezes + 1)
        for _ in range(min(chance.randint(0, max(4, files // 20)), min(files, by_now) - len(stage.asked))):
            await stage.upload()
        if chance.random() < INVITED:
            channel = stage.slack.workspace.create_channel(f"ward-{len(course.greetings)}", "public", ["U0ALICE"]).id
            stage.slack.people.invite_bot("U0ALICE", channel)
            course.greetings.append(channel)
        await asyncio.sleep(chance.uniform(0.0, both.lease / 4))
        act, number = chance.random(), chance.randrange(PROCESSES)
        if act < KILLED:
            if number == both.frozen and chance.random() < SPARED:
                continue
            await both.kill(number)
            course.kills += 1
        elif act < KILLED + FROZEN and both.frozen is None:
            seconds = both.lease * chance.uniform(1.05, 1.6)
            freezing.append(asyncio.create_task(both.freeze(number, seconds)))
            course.freezes += 1
            await asyncio.sleep(0)
    course.woken = sum(await asyncio.gather(*freezing))


def _judge_receipts(stage: Stage, course: Course) -> None:
    for asked in stage.asked:
        names = [name for name, users in asked.message.reactions.items() if BOT_USER in users]
        if names != ["white_check_mark"]:
            (course.verdict.doubled if len(names) > 1 else course.verdict.other).append(
                f"{asked.message.files[0]}: reactions {names}"
            )
    for channel in course.greetings:
        greetings = [
            message
            for message in stage.slack.messages(channel)
            if (message.metadata or {}).get("event_type") == "threadscribe_greeting"
        ]
        if len(greetings) != 1:
            (course.verdict.doubled if greetings else course.verdict.lost).append(
                f"{channel}: {len(greetings)} greetings"
            )


def main() -> int:
    """The long form. The exit code is 1 when something was lost or doubled."""
    parser = argparse.ArgumentParser(description="Two processes on one PostgreSQL, killed and frozen.")
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--freezes", type=int, default=1, help="at least this many, with the files spread over them")
    parser.add_argument("--lease", type=float, default=LEASE_SECONDS, help="seconds; 0: as shipped")
    given = parser.parse_args()
    folder = postgres.binaries()
    if folder is None:
        print("PostgreSQL's server is not installed here.", file=sys.stderr)
        return 2
    with postgres.running(folder) as home, tempfile.TemporaryDirectory() as directory:
        subprocess.run([folder / "createdb", "-h", home, "-U", "postgres", "audit"], check=True)
        url = f"postgresql://postgres@/audit?host={home}"
        course = asyncio.run(run(given.files, given.seed, given.lease, given.freezes, Path(directory), url))
    for fault in course.verdict.faults:
        print(fault)
    lease = given.lease or SHIPPED_LEASE_SECONDS
    print(f"lease {lease:.0f} s, seed {given.seed}, {os.cpu_count()} cores: {course.line()}")
    return 1 if course.verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main())
