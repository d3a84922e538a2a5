"""What is outside the bot, as plain facts: a provider that bills, a thread that is posted to, and a clock.

Every call takes some virtual time before and after its effect, and what has left happens even if its caller dies.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bot.domain.errors import Ambiguous, Problem, ProblemCode, RateLimited, Rejected, Transient, WebhookRefused
from bot.domain.job import FileFacts, Job, RemoteJob
from bot.domain.transcript import Segment, Transcript
from bot.ports.audio import AudioFacts, InputLimits, Payload, Progress, SourceFile
from bot.ports.provider import (
    Capabilities,
    Finding,
    Pace,
    Pending,
    PollResult,
    Succeeded,
    TranscriptionRequest,
    WebhookEvent,
    WebhookRequest,
)
from tests.support.virtual_time import VirtualClock

T = TypeVar("T")
FLAWS = ("", "", "", "", "before", "after", "limited")  # of a call: none, lost before or after its effect, 429


class JumpingClock:
    """A wall clock over virtual time, which may be set; who sleeps does not notice, as with the event loop's own."""

    def __init__(self) -> None:
        self.true = VirtualClock()
        self.set_by = 0.0

    def now(self) -> float:
        """Unix seconds by the wall clock."""
        return self.true.now() + self.set_by

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        await self.true.sleep(seconds)

    def elapsed(self) -> float:
        """Seconds that really passed."""
        return self.true.now()


@dataclass
class ProviderJob:
    """A job at the provider."""

    ref: str
    client_ref: str
    created_at: float
    uploaded_at: float | None = None
    bills: int = 0


@dataclass
class World:
    """The facts, and how calls go wrong."""

    clock: JumpingClock
    chance: random.Random
    calm: bool = False  # nothing goes wrong any more
    remotes: dict[str, ProviderJob] = field(default_factory=dict)
    posts: Counter[tuple[str, int]] = field(default_factory=Counter)
    posted_texts: dict[tuple[str, int], str] = field(default_factory=dict)
    leaving: set[asyncio.Task[object]] = field(default_factory=set)

    async def call(self, effect: Callable[[], T]) -> T:
        """A request: travels, has its effect, and its answer travels back; each of the three may fail."""
        flaw = "" if self.calm else self.chance.choice(FLAWS)

        async def travel() -> T:
            await self.clock.sleep(self.chance.uniform(0.01, 2.0))
            if flaw == "limited":
                raise RateLimited("too many", self.chance.uniform(1.0, 90.0))
            if flaw == "before":
                raise Transient("lost on the way")
            found = effect()
            await self.clock.sleep(self.chance.uniform(0.01, 2.0))
            if flaw == "after":
                raise Ambiguous("the answer is lost")
            return found

        task: asyncio.Task[T] = asyncio.create_task(travel())
        self.leaving.add(task)
        task.add_done_callback(self._gone)
        return await asyncio.shield(task)

    def _gone(self, task: asyncio.Task[T]) -> None:
        self.leaving.discard(task)
        if not task.cancelled():
            task.exception()  # its caller may be dead


class Clip:
    """A recording: source and payload in one."""

    name, mime, size, seconds = "clip.mp3", "audio/mpeg", 4, 30.0
    path: Path | None = None
    facts = FileFacts("clip.mp3", "audio/mpeg", "mp3", 4, 30.0)

    @asynccontextmanager
    async def stream(self, start: int = 0, end: int | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        async def once() -> AsyncIterator[bytes]:
            yield b"clip"[start:end]

        yield once()


class Preparer:
    """Nothing to convert."""

    async def inspect(self, source: SourceFile) -> AudioFacts:
        return AudioFacts("mp3", "mp3float", 30.0, "audio/mpeg")

    @asynccontextmanager
    async def prepare(
        self, job_id: str, source: SourceFile, facts: AudioFacts, accepts: InputLimits, progress: Progress
    ) -> AsyncIterator[Payload]:
        yield Clip()


class Service:
    """A provider. `kind`: `told` (a poll says whether it has the audio), `dumb` (it does not), `fetches` (audio)."""

    def __init__(self, world: World, name: str, kind: str) -> None:
        self.world = world
        self.name = self.account = name
        self.kind = kind
        self.capabilities = Capabilities(
            title=name,
            accepts=InputLimits(frozenset({"audio/mpeg"})),
            fetches_audio=kind == "fetches",
            pushes=True,
            pace=Pace(56.0, 4) if kind == "told" else None,
        )

    async def create(self, order: TranscriptionRequest) -> RemoteJob:
        def effect() -> RemoteJob:
            known = next((r for r in self.world.remotes.values() if r.client_ref == order.client_ref), None)
            if known is None or self.kind != "fetches":
                known = ProviderJob(f"{self.name}-{len(self.world.remotes)}", order.client_ref, self._now())
                self.world.remotes[known.ref] = known
            if self.kind == "fetches":
                self._take(known)
            return RemoteJob(known.ref, "https://upload.example", None)

        return await self.world.call(effect)

    def _now(self) -> float:
        return self.world.clock.elapsed()

    def _take(self, remote: ProviderJob) -> None:
        if remote.uploaded_at is None:
            remote.uploaded_at = self._now()
            remote.bills += 1

    async def upload(
        self, order: TranscriptionRequest, remote: RemoteJob, payload: Payload, progress: Progress
    ) -> None:
        if self.kind != "fetches":
            await self.world.call(lambda: self._take(self.world.remotes[remote.ref]))

    def ready(self, remote: ProviderJob) -> bool:
        """Whether its result is there."""
        return remote.uploaded_at is not None and self._now() >= remote.uploaded_at + 20.0

    async def poll(self, remote: RemoteJob, client_ref: str) -> PollResult:
        def effect() -> PollResult:
            known = self.world.remotes[remote.ref]
            if self.ready(known):
                return Succeeded()
            return Pending(uploaded=None if self.kind == "dumb" else known.uploaded_at is not None)

        return await self.world.call(effect)

    async def fetch(self, remote: RemoteJob, client_ref: str) -> Transcript:
        return await self.world.call(lambda: Transcript((Segment(f"words of {client_ref}"),), provider=self.name))

    async def enrich(self, transcript: Transcript) -> Transcript:
        return transcript

    async def cancel(self, remote: RemoteJob) -> None:
        return None

    def webhook_token(self) -> str:
        return "token"

    def verify_webhook(self, request: WebhookRequest) -> WebhookEvent:
        ref, _, secret = request.body.decode().partition(" ")
        if secret != "genuine":
            raise WebhookRefused(401, "secret")
        return WebhookEvent(ref=ref, key=f"{ref}:ready", result=ref.encode())

    def parse_pushed(self, result: bytes) -> Transcript | None:
        return None

    async def check(self) -> Sequence[Finding]:
        return [Finding(True, self.name, "well")]

    async def close(self) -> None:
        return None


class Thread:
    """The chat of one process: looks before it posts, as the real one does once a post had its time to settle."""

    def __init__(self, world: World, turn: Callable[[Job], Awaitable[int]]) -> None:
        self._world = world
        self._turn = turn

    async def source(self, job: Job) -> SourceFile:
        if job.origin.file_id.startswith("bad"):
            raise Rejected(Problem(ProblemCode.FILE_GONE), "file_deleted")
        return Clip()

    def show(self, job: Job) -> None:
        return None

    async def reply(self, job: Job, transcript: Transcript | None) -> None:
        key = (job.id, await self._turn(job))

        def effect() -> None:
            if key not in self._world.posts:
                self._world.posts[key] += 1
                self._world.posted_texts[key] = transcript.text if transcript else ""

        try:
            await self._world.call(effect)
        except Ambiguous as unknown:
            raise Transient(unknown.detail, after=5.0) from unknown
