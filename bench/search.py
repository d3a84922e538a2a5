"""100,000 answered jobs: how long status, lists and search take. `python -m bench.search [JOBS] [sqlite | postgresql://…]`"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.domain.job import FileFacts, Job, Options, Origin, RemoteJob, State
from bot.domain.machine import Finishing, Received, Replying, Submitting, Waiting
from bot.domain.transcript import Segment, Transcript
from bot.ports.store import JobFilter, JobStore, NewJob, SearchFilter
from bot.text.search import terms
from storage import open_store

CHANNELS = 40
PEOPLE = 60
TOGETHER = 64
WORDS_EACH = 120
ROUNDS = 15
BAR_MS = 50.0


def vocabulary(chance: random.Random) -> list[str]:
    """Invented words in two scripts, the most frequent first."""
    letters = ("abcdefghiklmnoprstuv", "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցփքօֆ")
    return ["".join(chance.choices(letters[n % 2], k=chance.randint(3, 10))) for n in range(30_000)]


async def answered(store: JobStore, number: int, chance: random.Random, words: list[str], weights: list[float]) -> Job:
    """A job from its beginning to its answer."""
    now = 1_800_000_000.0 + number
    user, channel = f"U{number % PEOPLE}", f"C{number % CHANNELS}"
    origin = Origin("T1", channel, f"{number}.0", f"{number}.0", f"F{number}", user)
    said = " ".join(chance.choices(words, cum_weights=weights, k=WORDS_EACH))
    job, _ = await store.add_job(NewJob(origin, FileFacts("talk.m4a", seconds=60.0)), now)
    job = await store.apply(Received(job).submit(now, job.file, "xosum", "xosum", Options()))
    job = await store.apply(Submitting(job).created(now, RemoteJob(f"r{number}")))
    job = await store.apply(Submitting(job).submitted(now, now))
    job = await store.apply(Waiting(job).ready(now))
    await store.put_transcript(job.id, Transcript((Segment(f"{said} number{number}"),), title=f"Talk {number}"), now)
    job = await store.apply(Finishing(job).stored(now))
    return await store.apply(Replying(job).replied(now))


async def timed(name: str, execute: Callable[[], Awaitable[object]]) -> float:
    """Print and return the median of some rounds in milliseconds; the first one is told apart."""
    took = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        await execute()
        took.append((time.perf_counter() - begin) * 1000)
    median = statistics.median(took)
    print(f"{name:44} first {took[0]:7.1f} ms   median {median:7.1f} ms", flush=True)
    return median


async def run(jobs: int, url: str) -> int:
    """Fill a database and ask; 1 when anything took longer than the bar."""
    chance = random.Random(7)  # the same words each time, nothing secret
    words = vocabulary(chance)
    weights: list[float] = []
    for rank in range(1, len(words) + 1):
        weights.append((weights[-1] if weights else 0.0) + 1 / rank)
    store = await open_store(url)
    begin = time.perf_counter()
    last: Job | None = None
    for first in range(0, jobs, TOGETHER):
        group = [answered(store, n, chance, words, weights) for n in range(first, min(jobs, first + TOGETHER))]
        last = (await asyncio.gather(*group))[-1]
    print(f"{jobs} jobs stored in {time.perf_counter() - begin:.0f} s", flush=True)
    assert last is not None
    one, few, every = ("C1",), tuple(f"C{n}" for n in range(5)), tuple(f"C{n}" for n in range(CHANNELS))
    look = SearchFilter("T1", terms(words[0]), every, "U1")
    month = [1_800_000_000.0 + jobs - 86400 * day for day in range(14, -1, -1)]
    worst = 0.0
    for name, execute in {
        "status of a job": lambda: store.events(last.id),
        "list mine": lambda: store.jobs(JobFilter("T1", user_id="U1", limit=50)),
        "list channel": lambda: store.jobs(JobFilter("T1", channel_ids=one, limit=16)),
        "list failed, 40 channels": lambda: store.jobs(JobFilter("T1", channel_ids=every, states=(State.FAILED,))),
        "use of 14 days": lambda: store.usage("T1", "U1", month),
        "search the commonest word, everywhere": lambda: store.search(look),
        "search the commonest word, 1 channel": lambda: store.search(replace(look, channel_ids=one)),
        "search the two commonest words": lambda: store.search(replace(look, terms=terms(f"{words[0]} {words[1]}"))),
        "search a rare word": lambda: store.search(replace(look, terms=terms(words[-2]))),
        "search what only one has": lambda: store.search(replace(look, terms=terms(f'"number{jobs // 2}"'))),
        "search three letters, 5 channels": lambda: store.search(
            replace(look, channel_ids=few, terms=terms(words[40][:3]))
        ),
        "search four letters, everywhere": lambda: store.search(replace(look, terms=terms("numb"))),
        "search a phrase": lambda: store.search(replace(look, terms=terms(f'"{words[0]} {words[1]}"'))),
        "search a word that nobody said": lambda: store.search(replace(look, terms=terms("qqqqqqqq"))),
        "search where nothing was said": lambda: store.search(replace(look, channel_ids=("C999",), user_id="")),
    }.items():
        worst = max(worst, await timed(name, execute))
    await store.close()
    print(f"worst {worst:.1f} ms, bar {BAR_MS:.0f} ms")
    return int(worst > BAR_MS)


def main() -> int:
    """Run with the arguments of the command line."""
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{folder}/bench.db"
        return asyncio.run(run(jobs, url))


if __name__ == "__main__":
    sys.exit(main())
