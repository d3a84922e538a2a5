"""The audit of several processes on one PostgreSQL: files, while processes are killed, and frozen past their leases.

    python -m tests.crash.together.audit_run --files 200        the long form; `make audit`
    python -m tests.crash.together.audit_run --files 200 --lease 0 --freezes 5      leases as shipped: a minute
    python -m tests.crash.together.audit_run --processes 4 --socket --lease 0 --freeze-seconds 65-200 --minutes 20 \\
        --database fast,immediate,pause,cut                 four, over sockets, and the database suffers, too

A freeze is SIGSTOP, and SIGCONT when the others have had the time to take the work; all but one may stand still at
once. Slack commits posts late, shows them later, loses answers meanwhile, and holds to its rate limits. In the end
every file has one reply, its message one reaction and no status line, every channel that the bot was invited to one
greeting; no call was refused with 429, and no log has a traceback.
"""

import argparse
import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from simulators.slack.records import BOT_USER
from tests.crash.audit import Verdict, judge
from tests.crash.together.database import ACTS, Database
from tests.crash.together.shared_stage import SHIPPED_LEASE_SECONDS, SharedStage, open_shared_stage
from tests.support.harnesses.crash import Stage
from tests.support.machine import postgres

LEASE_SECONDS = 6.0  # instead of a minute
KILLED, FROZEN, INVITED, SUFFERS = 0.35, 0.3, 0.15, 0.06  # the share of rounds with such an act
REACTION_SECONDS = 4.2  # Slack takes so long for one to be replaced: 20 removals and 50 additions a minute
DOOMED = 0.2  # of the frozen processes may be killed while they stand still: most are to wake
LONGEST_ROUND = 8.0  # seconds
MOST_AWAY = 45.0  # seconds without the database
SLACKENED = 0.6  # of the minutes of an audit have files; the last ones of its reactions are behind by then


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done: `files` spread over `freezes`, or over `minutes` where that is not 0.

    `lease` in seconds, 0 as shipped. `freeze_seconds` are the least and the most of a freeze, (0, 0) for a little more
    than a lease. `database`: some of `ACTS`.
    """

    files: int
    seed: int = 1
    processes: int = 2
    socket: bool = False
    lease: float = LEASE_SECONDS
    freezes: int = 1
    freeze_seconds: tuple[float, float] = (0.0, 0.0)
    minutes: float = 0.0
    database: tuple[str, ...] = ()


@dataclass
class Course:
    """What was done, and what came of it."""

    verdict: Verdict = field(default_factory=Verdict)
    kills: int = 0
    freezes: int = 0
    frozen_at_once: int = 0  # the most
    woken: int = 0  # frozen processes that went on; the others were killed meanwhile
    suffered: Counter[str] = field(default_factory=Counter)  # acts on the database
    refused_starts: int = 0  # for want of the database
    refused_calls: Counter[str] = field(default_factory=Counter)  # with 429, by method
    greetings: list[str] = field(default_factory=list)  # channels that the bot was invited to
    seconds: float = 0.0

    def line(self) -> str:
        """One line of figures."""
        found = self.verdict
        return (
            f"files {found.files}, kills {self.kills}, "
            f"freezes {self.freezes} ({self.woken} went on, at most {self.frozen_at_once} at once), "
            f"database {dict(self.suffered)} ({self.refused_starts} starts refused), "
            f"invitations {len(self.greetings)}, answers 429 {dict(self.refused_calls)}: "
            f"lost {len(found.lost)}, doubled {len(found.doubled)}, billed twice {len(found.billed_twice)}, "
            f"other {len(found.other)}; {self.seconds:.0f} s"
        )


async def run(plan: Plan, directory: Path, database: Database) -> Course:
    """Share the recordings among the acts, wait until all is done, and judge."""
    begun, course = time.monotonic(), Course()
    async with open_shared_stage(
        database, directory, processes=plan.processes, socket=plan.socket, lease=plan.lease, seed=plan.seed
    ) as shared:
        stage = shared.stage
        await _acts(shared, course, plan)
        stage.slack.faults.clear()
        try:
            await shared.until_idle(240.0 + 4 * shared.lease + REACTION_SECONDS * plan.files)
        except AssertionError as error:
            course.verdict.lost.append(str(error))
        await shared.end()
        found = judge(stage)
        found.lost += course.verdict.lost
        course.verdict, course.refused_starts = found, shared.refused_starts
        _judge_receipts(stage, course)
        _judge_limits(stage, course)
        if found.faults:
            shared.keep_evidence()
    course.seconds = time.monotonic() - begun
    return course


async def _acts(shared: SharedStage, course: Course, plan: Plan) -> None:
    stage, chance, begun = shared.stage, random.Random(plan.seed), time.monotonic()
    freezing: list[asyncio.Task[bool]] = []
    doomed: set[int] = set()  # those that may be killed while they stand still
    shortest, longest = plan.freeze_seconds if any(plan.freeze_seconds) else (1.05 * shared.lease, 1.6 * shared.lease)

    def share() -> float:
        """The share of the files that are due by now."""
        if plan.minutes:
            return min(1.0, (time.monotonic() - begun) / (60 * plan.minutes * SLACKENED))
        return min(1.0, (course.freezes + 1) / (plan.freezes + 1))

    def over() -> bool:
        enough = len(stage.asked) >= plan.files and course.kills > 0 and course.freezes >= plan.freezes
        return enough and time.monotonic() - begun >= 60 * plan.minutes

    while not over():
        stage.make_slow()
        due = int(plan.files * share()) - len(stage.asked)
        for _ in range(min(chance.randint(0, max(4, plan.files // 20)), due)):
            await stage.upload()
        if chance.random() < INVITED and len(course.greetings) < plan.files / 4:
            channel = stage.slack.workspace.create_channel(f"ward-{len(course.greetings)}", "public", ["U0ALICE"]).id
            stage.slack.people.invite_bot("U0ALICE", channel)
            course.greetings.append(channel)
        await asyncio.sleep(chance.uniform(0.0, min(LONGEST_ROUND, shared.lease / 4)))
        act, number = chance.random(), chance.randrange(plan.processes)
        if act < KILLED:
            mortal = [each for each in range(plan.processes) if each not in shared.frozen or each in doomed]
            if mortal:
                await shared.kill(chance.choice(mortal))
                course.kills += 1
        elif act < KILLED + FROZEN:
            if number in shared.frozen or len(shared.frozen) >= max(1, plan.processes - 1):
                continue
            (doomed.add if chance.random() < DOOMED else doomed.discard)(number)
            freezing.append(asyncio.create_task(shared.freeze(number, chance.uniform(shortest, longest))))
            course.freezes += 1
            await asyncio.sleep(0)
            course.frozen_at_once = max(course.frozen_at_once, len(shared.frozen))
        elif plan.database and act < KILLED + FROZEN + SUFFERS:
            what = chance.choice(plan.database)
            await shared.suffer(what, chance.uniform(0.5, MOST_AWAY))
            course.suffered[what] += 1
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


def _judge_limits(stage: Stage, course: Course) -> None:
    refused = (entry.method for entry in stage.slack.ledger.entries if entry.error == "ratelimited")
    course.refused_calls = Counter(refused)
    course.verdict.other += [f"{method}: {count} answers 429" for method, count in course.refused_calls.items()]


def _seconds(text: str) -> tuple[float, float]:
    least, _, most = text.partition("-")
    return float(least), float(most or least)


def _acts_named(text: str) -> tuple[str, ...]:
    names = tuple(filter(None, text.split(",")))
    if unknown := set(names) - set(ACTS):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: only {', '.join(ACTS)}")
    return names


def _plan() -> tuple[Plan, str]:
    parser = argparse.ArgumentParser(description="Several processes on one PostgreSQL, killed and frozen.")
    add = parser.add_argument
    add("--files", type=int, default=200)
    add("--seed", type=int, default=1)
    add("--processes", type=int, default=2)
    add("--socket", action="store_true", help="Socket Mode; otherwise HTTP behind a balancer")
    add("--freezes", type=int, default=1, help="at least this many, with the files spread over them")
    add("--freeze-seconds", type=_seconds, default=(0.0, 0.0), help="least-most; by default 1.05 to 1.6 leases")
    add("--lease", type=float, default=LEASE_SECONDS, help="seconds; 0: as shipped")
    add("--minutes", type=float, default=0.0, help="go on for at least so long, with the files spread over the time")
    add("--database", type=_acts_named, default=(), help=f"what happens to it: some of {','.join(ACTS)}")
    add("--directory", default="", help="an empty folder that keeps logs, and what is needed to understand a fault")
    given = vars(parser.parse_args())
    directory: str = given.pop("directory")
    return Plan(**given), directory


def main() -> int:
    """The long form. The exit code is 1 when something was lost or doubled."""
    plan, kept = _plan()
    folder = postgres.binaries()
    if folder is None:
        print("PostgreSQL's server is not installed here.", file=sys.stderr)
        return 2
    with postgres.running(folder) as home, tempfile.TemporaryDirectory() as directory:
        subprocess.run([folder / "createdb", "-h", home, "-U", "postgres", "audit"], check=True)
        course = asyncio.run(run(plan, Path(kept or directory), Database(folder, home, "audit")))
    for fault in course.verdict.faults:
        print(fault)
    print(
        f"{plan.processes} processes over {'sockets' if plan.socket else 'HTTP'}, "
        f"lease {plan.lease or SHIPPED_LEASE_SECONDS:.0f} s, seed {plan.seed}, {os.cpu_count()} cores: {course.line()}"
    )
    return 1 if course.verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main())
