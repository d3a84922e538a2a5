"""Jobs to put into a store under test."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import count

from bot.domain.job import FileFacts, Job, Options, Origin, RemoteJob
from bot.domain.machine import Change, Ended, Finishing, Received, Replying, Submitting, Waiting
from bot.domain.transcript import Transcript
from bot.ports.store import JobStore, NewJob

KEY = bytes(range(32))
Opener = Callable[..., Awaitable[JobStore]]  # opens the database of the test, as often as asked

NOW = 1_800_000_000.0
FILE = FileFacts("talk.m4a", "audio/mp4", "m4a", 12345, 61.5, "slack_audio")
HOW = Options("es", "phone_call", "2", "1+C1.3")
REMOTE = RemoteJob("remote-1", "https://upload.example/secret", NOW + 600)
_numbers = count(1)


def origin(user: str = "U1", file: str = "", channel: str = "C1", team: str = "T1") -> Origin:
    """A place that no other job has, unless `file` is given."""
    number = next(_numbers)
    return Origin(team, channel, f"{number}.0", f"{number}.5", file or f"F{number}", user, "E1")


async def added(store: JobStore, now: float = NOW, user: str = "U1", **fields: str) -> Job:
    """A job just received."""
    job, _ = await store.add_job(NewJob(origin(user, **fields), FILE, HOW), now)
    return job


def submit(job: Job, now: float, account: str = "xosum") -> Change:
    """Its provider is chosen."""
    return Received(job).submit(now, FILE, account, account, HOW)


async def submitting(store: JobStore, now: float = NOW, user: str = "U1", account: str = "xosum") -> Job:
    """A job that waits in the lane of an account to be begun."""
    return await store.apply(submit(await added(store, now, user), now, account))


async def waiting(
    store: JobStore, now: float = NOW, due_at: float | None = None, account: str = "xosum", ref: str = ""
) -> Job:
    """A job whose audio was handed over."""
    job = await submitting(store, now, account=account)
    remote = replace(REMOTE, ref=ref or f"remote-of-{job.id}")
    job = await store.apply(Submitting(job).created(now, remote))
    return await store.apply(Submitting(job).submitted(now, now if due_at is None else due_at))


async def finishing(store: JobStore, now: float = NOW, account: str = "xosum") -> Job:
    """A job whose result is there."""
    job = await waiting(store, now, account=account)
    return await store.apply(Waiting(job).ready(now))


async def done(store: JobStore, now: float = NOW, said: Transcript | None = None) -> Job:
    """A job that was answered, with this transcript."""
    job = await finishing(store, now)
    if said is not None:
        assert await store.put_transcript(job.id, said, now)
    return await answered(store, job, now)


async def answered(store: JobStore, job: Job, now: float = NOW) -> Job:
    """A job whose result was there, and is in the thread now."""
    job = await store.apply(Finishing(job).stored(now))
    return await store.apply(Replying(job).replied(now))


async def replaced(store: JobStore, job: Job, said: Transcript, now: float = NOW) -> Job:
    """The answered job, tried again with another transcript."""
    job = await store.apply(Ended(job).retry(now, transcript_stored=True))
    assert await store.put_transcript(job.id, said, now)
    return await answered(store, job, now)


async def claimed(store: JobStore, lane: str, now: float = NOW, lease_seconds: float = 60.0) -> Job:
    """The next job of a lane, which must be there."""
    job = await store.claim(lane, (0, 1, 2), now, lease_seconds)
    assert job is not None
    return job
