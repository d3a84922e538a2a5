"""A process of its own for tests: `python -m tests.storage.engines.child VERB URL`. It prints what it has done."""

import asyncio
import resource
import signal
import sys

from bot.domain.errors import StoreError, StoreUnavailable
from bot.domain.transcript import Segment, Transcript
from bot.ports.store import JobStore
from storage import open_store
from tests.storage.samples import NOW, added, submitting


def say(*words: object) -> None:
    print(*words, flush=True)


async def hold(store: JobStore) -> None:
    """Keep the database open until killed."""
    say("open")
    await asyncio.Event().wait()


async def write(store: JobStore) -> None:
    """Add and move jobs, several at a time, naming each that is committed, until killed."""

    async def one(user: str) -> None:
        while True:
            job = await submitting(store, NOW, user)
            await store.put_transcript(job.id, Transcript((Segment("said " * 500),)), NOW)
            say(job.id)

    say("open")
    await asyncio.gather(*(one(f"U{i}") for i in range(6)))


async def claim(store: JobStore) -> None:
    """Claim whatever there is, naming each job."""
    say("open")
    while job := await store.claim("slack", (0, 1, 2), NOW, 600):
        say(job.id)


async def full(store: JobStore) -> None:
    """Write until the disk (here: the limit on the size of a file) is full, make room, write on."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    job = await added(store)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
    kept, refused = [job.id], 0
    for _ in range(50):
        outcomes = await asyncio.gather(*(_bulky(store) for _ in range(4)), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, str):
                kept.append(outcome)
            elif isinstance(outcome, StoreUnavailable):
                refused += 1
            else:
                raise TypeError(f"unexpected {outcome!r}")
        if refused > 8:
            break
    assert await store.job(job.id) == job  # reading goes on
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    kept.append(await _bulky(store))
    await store.close()
    say("refused", refused)
    for job_id in kept:
        say(job_id)


async def _bulky(store: JobStore) -> str:
    job = await added(store)
    await store.put_transcript(job.id, Transcript((Segment("said " * 20_000),)), NOW)
    return job.id


async def main(verb: str, url: str) -> None:
    try:
        store = await open_store(url, exclusive=verb != "claim")
    except StoreError as error:
        say(type(error).__name__, error)
        return
    await {"hold": hold, "write": write, "claim": claim, "full": full}[verb](store)
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
