"""Thousands of files at once on one account of 60 calls a minute, in virtual time, by the real engine.

Measures what people feel: no refusal by the provider, the first reply within two minutes, and a colleague's single
clip, dropped in the middle of it, answered within three. The simulator counts in its own, skewed, wall-clock minutes.
"""

import asyncio
import contextlib
import hashlib
import itertools
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.configuration import load_settings
from bot.domain.job import FileFacts, Job, Origin
from bot.domain.transcript import Transcript
from bot.engine.events import EngineEvent, StepFailed
from bot.engine.rate_budget import RateBudgets
from bot.http import Http
from bot.ports.audio import AudioFacts, InputLimits, Payload, Progress, SourceFile
from bot.ports.provider import Provider
from bot.ports.store import JobStore, NewJob
from simulators.xosum import XosumSettings, XosumSimulator
from storage import open_store
from tests.support.harnesses.engine import end, new_engine
from tests.support.providers import account
from tests.support.virtual_time import Busy, PatientClock, VirtualClock, drive

SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Clip:
    """A small MP3 that is different for each file; source and payload in one."""

    data: bytes
    name: str = "clip.mp3"
    path: Path | None = None
    seconds: float | None = SECONDS
    mime: str = "audio/mpeg"

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data)

    @property
    def facts(self) -> FileFacts:
        """What Slack would say."""
        return FileFacts(self.name, self.mime, "mp3", len(self.data), self.seconds)

    @asynccontextmanager
    async def stream(self, start: int = 0, end: int | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes, in one piece."""

        async def once() -> AsyncIterator[bytes]:
            yield self.data[start:end]

        yield once()


class Thread:
    """A chat that keeps the virtual time of each reply."""

    def __init__(self, clock: VirtualClock, sound: bytes) -> None:
        self._clock = clock
        self._sound = sound
        self.replied: dict[str, float] = {}
        self.twice: list[str] = []
        self.empty: list[str] = []

    async def source(self, job: Job) -> SourceFile:
        """A clip of its own for each file: the digest of its id follows the sound as padding."""
        return Clip(self._sound + hashlib.sha256(job.origin.file_id.encode()).digest())

    def show(self, job: Job) -> None:
        """Nothing is shown."""

    async def reply(self, job: Job, transcript: Transcript | None) -> None:
        """Note when."""
        if job.origin.file_id in self.replied:
            self.twice.append(job.id)
        if transcript is None or transcript.is_empty:
            self.empty.append(job.id)
        self.replied[job.origin.file_id] = self._clock.now()


class PassThrough:
    """A preparer that has nothing to convert."""

    async def inspect(self, source: SourceFile) -> AudioFacts:
        """An MP3."""
        return AudioFacts("mp3", "mp3float", SECONDS, "audio/mpeg")

    @asynccontextmanager
    async def prepare(
        self, job_id: str, source: SourceFile, facts: AudioFacts, accepts: InputLimits, progress: Progress
    ) -> AsyncIterator[Payload]:
        """The clip itself."""
        assert isinstance(source, Clip)
        yield source


@dataclass(slots=True)
class Result:
    """Times in virtual seconds since the drop."""

    files: int
    first: float
    last: float
    colleague: float
    refused: int  # answers 429
    busiest_minute: int  # calls in one of the provider's minutes
    billed: int
    violations: list[str]
    doubled: int
    failures: list[str] = field(default_factory=list)
    replies: list[float] = field(default_factory=list)


async def rush(files: int, sound: bytes, skew: float = 17.0, colleague_after: float = 600.0) -> Result:
    """Drop `files` files of one person at once, and one of a colleague `colleague_after` seconds later."""
    clock, busy = VirtualClock(), Busy()
    failures: list[str] = []
    async with contextlib.AsyncExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="rush-", dir=_memory()))
        xosum = await stack.enter_async_context(XosumSimulator(XosumSettings(), now=clock.now, skew=skew))
        xosum_settings = {**xosum.environment(), "XOSUM_WEBHOOK_SECRET": ""}
        settings = load_settings(xosum_settings, env_file=None)
        real_store = await open_store(f"sqlite:///{directory}/rush.db")
        stack.push_async_callback(real_store.close)
        real_http = Http(PatientClock(clock, busy))
        stack.push_async_callback(real_http.aclose)
        store: JobStore = busy.watch(real_store)
        thread = Thread(clock, sound)

        budgets = RateBudgets(store, clock)

        async def spend() -> None:
            with busy.paused():  # the client spends inside its call
                await budgets.spend("xosum")

        provider: Provider = account("xosum", xosum_settings, busy.watch(real_http), clock, spend)
        providers = {"xosum": provider}
        budgets.open("xosum", provider.capabilities.pace)

        def watch(event: EngineEvent) -> None:
            if isinstance(event, StepFailed):
                failures.append(f"{event.kind}: {event.detail}")

        engine = new_engine(
            settings=settings,
            store=store,
            clock=clock,
            chat=thread,
            preparer=PassThrough(),
            providers=providers,
            budgets=budgets,
            watch=watch,
        )
        started = clock.now()
        for number in range(files):
            await store.add_job(_file("U-many", f"F{number}"), started)
        await engine.start()

        async def colleague() -> None:
            await clock.sleep(colleague_after)
            await store.add_job(_file("U-one", "F-colleague"), clock.now())
            engine.wakeups.notify_all()

        one = asyncio.create_task(colleague())
        try:
            await drive(clock, busy, lambda: len(thread.replied) == files + 1, limit=files * 10 + 7200.0)
        finally:
            one.cancel()
            stopping = asyncio.create_task(end(engine))
            await drive(clock, busy, stopping.done, limit=600.0)
        times = sorted(at - started for at in thread.replied.values())
        return Result(
            files=files,
            first=times[0],
            last=times[-1],
            colleague=thread.replied["F-colleague"] - started - colleague_after,
            refused=sum(record.status == 429 for record in xosum.ledger.find()),
            busiest_minute=max(xosum.ledger.per_minute().values()),
            billed=len(xosum.billed),
            violations=xosum.violations,
            doubled=len(thread.twice) + len(thread.empty),
            failures=failures,
            replies=times,
        )


def _file(user: str, file_id: str) -> NewJob:
    number = next(_numbers)
    origin = Origin("T1", "C1", f"{number}.0", f"{number}.0", file_id, user)
    return NewJob(origin, FileFacts("clip.mp3", "audio/mpeg", "mp3", 1000), provider="xosum")


_numbers = itertools.count(1)


def _memory() -> str | None:
    """Commits to a disk are not what is measured here."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def sample() -> bytes:
    """The smallest of the bundled MP3 recordings."""
    samples = sorted(
        (Path(__file__).parent.parent / "simulators/samples").glob("*.mp3"), key=lambda p: p.stat().st_size
    )
    return samples[0].read_bytes()
