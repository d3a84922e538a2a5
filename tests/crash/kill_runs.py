"""Kills, one after the other: at every failpoint in turn, then at random instants with several files under way.

Each bot but the last of a batch is killed, so most kills hit one that is repairing what the kill before it broke.
"""

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.audit import Verdict, judge
from tests.crash.starter import ENTRY, Started, Starter
from tests.support.harnesses.crash import PROVIDERS, Stage, open_stage

BATCH = 10  # kills between two looks
WAIT_SECONDS = 30.0  # for a failpoint that may not be reached
IDLE_SECONDS = 11.0  # some deferred work runs 8 s after an event
MOST_HITS = 3
TRACED_FILES = 4
DELETED = 0.25  # of the random kills come after somebody deleted a recording


@dataclass
class Tally:
    """What one provider's runs came to."""

    provider: str
    points: Counter[str] = field(default_factory=Counter)  # kills by failpoint
    random_kills: int = 0
    unreached: list[str] = field(default_factory=list)
    verdict: Verdict = field(default_factory=Verdict)
    batches: int = 0
    seconds: float = 0.0

    @property
    def kills(self) -> int:
        """All kills."""
        return self.points.total() + self.random_kills

    def add(self, found: Verdict) -> None:
        """Take in the verdict on one stage."""
        self.verdict.files += found.files
        self.verdict.lost += found.lost
        self.verdict.doubled += found.doubled
        self.verdict.billed_twice += found.billed_twice
        self.verdict.other += found.other
        self.batches += 1


async def trace(provider: str, starter: Starter, directory: Path, seed: int) -> Counter[str]:
    """The failpoints that a provider's files reach, and how often: while they go well, and after a kill."""
    async with open_stage(provider, starter, directory, seed, http=_over_http(provider)) as stage:
        stage.make_slow()
        for _ in range(TRACED_FILES):
            await stage.upload()
        first = await stage.start("*=trace,store.apply.after=kill:9")
        await asyncio.wait_for(first.ended.wait(), 120)
        second = await stage.start("*=trace")
        assert await stage.until(stage.idle, 120), stage.unfinished()
        second.kill()
        reached: Counter[str] = Counter()
        for bot in stage.bots:
            lines = bot.written().splitlines()
            reached |= Counter(line.removeprefix("failpoint ") for line in lines if line.startswith("failpoint "))
        await second.ended.wait()
    # At a regular end only: nothing to kill there, SIGTERM has its own tests.
    return Counter({name: count for name, count in reached.items() if ".close." not in name})


def _over_http(provider: str) -> bool:
    return provider == "nabla"  # one provider's events come over HTTP, the others' over a socket


async def kill_at_points(stage: Stage, points: Sequence[tuple[str, int]], tally: Tally) -> None:
    """Kill once at each point (at one of its first hits), with a fresh file each time."""
    stage.make_slow()
    for name, hits in points:
        await stage.upload(long="UPLOAD" in name or "post_bytes" in name)
        number = stage.chance.randint(1, max(1, min(hits // TRACED_FILES, MOST_HITS)))
        bot = await stage.start(f"{name}=kill:{number}")

        await _ended(stage, bot)
        if bot.code is None:
            bot.kill()
            await bot.ended.wait()
            tally.unreached.append(name)
            tally.random_kills += 1
        elif f"killed at {name}" in bot.written():
            tally.points[name] += 1
        else:
            raise AssertionError(f"{stage.provider}: the bot ended by itself ({bot.code}): {bot.written()[-2000:]}")


async def _ended(stage: Stage, bot: Started) -> None:
    """Wait until a bot ends, or has had nothing to do for too long, so that it will not reach its failpoint."""
    end, idle_since = time.monotonic() + WAIT_SECONDS, 0.0
    while bot.code is None and time.monotonic() < end:
        if not stage.idle():
            idle_since = time.monotonic()
        elif idle_since and time.monotonic() - idle_since > IDLE_SECONDS:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(bot.ended.wait(), 0.1)


async def kill_at_random(stage: Stage, count: int, tally: Tally, longest: float = 4.0) -> None:
    """Kill at random instants while several files are under way."""
    stage.make_slow()
    for _ in range(count):
        for _ in range(stage.chance.randint(0, 2)):
            await stage.upload()
        bot = await stage.start()
        await asyncio.sleep(stage.chance.uniform(0.0, longest))
        if stage.asked and stage.chance.random() < DELETED:
            stage.delete(stage.chance.choice(stage.asked))
            await asyncio.sleep(stage.chance.uniform(0.0, 0.5))
        if bot.code is not None:
            raise AssertionError(f"{stage.provider}: the bot ended by itself ({bot.code}): {bot.written()[-2000:]}")
        bot.kill()
        await bot.ended.wait()
        tally.random_kills += 1


async def campaign(
    provider: str,
    starter: Starter,
    directory: Path,
    seed: int,
    *,
    most_points: int | None = None,
    rounds: int = 1,
    random_kills: int = 0,
    entry: str = ENTRY,
) -> Tally:
    """One provider's runs: every failpoint (or `most_points` of them) `rounds` times, then random instants."""
    begun = time.monotonic()
    tally = Tally(provider)
    chance = random.Random(seed)
    (directory / "trace").mkdir(parents=True)
    reached = sorted((await trace(provider, starter, directory / "trace", seed)).items())
    points = []
    for _ in range(rounds):
        chance.shuffle(reached)
        points += reached[:most_points]
    batches: list[Sequence[tuple[str, int]] | int]
    batches = [points[start : start + BATCH] for start in range(0, len(points), BATCH)]
    batches += [min(BATCH, random_kills - start) for start in range(0, random_kills, BATCH)]
    for number, batch in enumerate(batches):
        place = directory / f"{number:03d}"
        place.mkdir()
        async with open_stage(provider, starter, place, seed + number, http=_over_http(provider), entry=entry) as stage:
            if isinstance(batch, int):
                await stage.upload()
                await kill_at_random(stage, batch, tally)
            else:
                await kill_at_points(stage, batch, tally)
            stage.slack.faults.clear()
            try:
                await stage.settle()
            except AssertionError as error:
                tally.verdict.lost.append(str(error))
            tally.add(judge(stage))
    tally.seconds = time.monotonic() - begun
    return tally


async def all_providers(
    directory: Path, seed: int, shares: Mapping[str, Mapping[str, int | None]], together: int = 4
) -> list[Tally]:
    """Every provider's campaign, several beside each other. `shares`: each one's arguments of `campaign`."""
    starter = await Starter.open()
    gate = asyncio.Semaphore(together)

    async def one(provider: str) -> Tally:
        async with gate:
            return await campaign(provider, starter, directory / provider, seed, **shares[provider])  # type: ignore[arg-type]  # by name

    try:
        return list(await asyncio.gather(*(one(provider) for provider in PROVIDERS if provider in shares)))
    finally:
        await starter.close()


def report(tallies: Sequence[Tally]) -> str:
    """A table of what was done and found."""
    head = ("provider", "files", "kills", "at failpoints", "failpoints", "random", "lost", "doubled", "billed twice",
            "other", "seconds")  # fmt: skip
    rows: list[tuple[str, ...]] = [head]
    for tally in tallies:
        found = tally.verdict
        rows.append(
            (
                tally.provider,
                *map(str, (found.files, tally.kills, tally.points.total(), len(tally.points), tally.random_kills)),
                *map(str, (len(found.lost), len(found.doubled), len(found.billed_twice), len(found.other))),
                f"{tally.seconds:.0f}",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    for tally in tallies:
        if tally.unreached:
            lines.append(f"{tally.provider}: not reached in time, killed there anyway: {', '.join(tally.unreached)}")
        lines += tally.verdict.faults
    return "\n".join(lines)


def as_json(tallies: Sequence[Tally]) -> str:
    """The same for programs."""
    facts = {
        tally.provider: {
            "files": tally.verdict.files,
            "kills": tally.kills,
            "kills_by_failpoint": dict(sorted(tally.points.items())),
            "random_kills": tally.random_kills,
            "unreached": tally.unreached,
            "lost": tally.verdict.lost,
            "doubled": tally.verdict.doubled,
            "billed_twice": tally.verdict.billed_twice,
            "other": tally.verdict.other,
            "seconds": round(tally.seconds, 1),
        }
        for tally in tallies
    }
    return json.dumps(facts, indent=1, ensure_ascii=False)
