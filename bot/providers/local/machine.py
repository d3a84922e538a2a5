"""Which of several machines works on a job: the one that has its audio, as long as it lives.

A lease for each job (`task_lease`, named local:JOB) is renewed while anything of the job is kept here. Others leave the
job alone meanwhile; when the lease has ended, the next poll finds no audio and brings it from object storage, or has it
fetched again. How a job ended is stored with its blocks, so that any machine can fetch the result.
"""

import asyncio
import fcntl
import json
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

import structlog

from bot.domain.errors import StoreBusy, StoreError
from bot.domain.transcript import Segment
from bot.ports.clock import Clock
from bot.providers.kind import Blocks
from bot.providers.local.job_files import Outcome

LEASE_SECONDS = 60.0
RENEW_SECONDS = 15.0
WATCH_SECONDS = 15.0
_OUTCOME = -1  # the number of the block that says how the job ended; it has no words

_log = structlog.get_logger(__name__)


class SharedStore(Blocks, Protocol):
    """The part of the store that machines share."""

    async def claim_task(self, name: str, owner: str, now: float, seconds: float) -> bool:
        """Lease a task; True also if `owner` has it already."""
        ...

    async def release_task(self, name: str, owner: str) -> None:
        """Give it back."""
        ...


class Machine:
    """This machine's part of the jobs, and the blocks of all of them.

    A machine that comes back with its directory has the identity that it had, and goes on where it was. Several
    processes may share a directory: the others get identities of their own. `shared`: others can get what is here.
    """

    def __init__(self, store: SharedStore, clock: Clock, directory: Path, *, shared: bool = False) -> None:
        self._store = store
        self._clock = clock
        self._directory = directory
        self._until: dict[str, float] = {}  # the jobs that are ours, and when each lease ends
        self._shared = shared
        self._watching = False
        self._identity = ""
        self._lock: int | None = None
        self._renewing: asyncio.Task[None] | None = None
        self.on_lost: Callable[[str], Awaitable[None]] | None = None

    async def take(self, job_id: str) -> bool:
        """Make the job ours, or keep it so; False when another machine has it. Raises `StoreError`."""
        if self._until.get(job_id, 0.0) - self._clock.now() > LEASE_SECONDS / 2:
            return True
        now = self._clock.now()
        if not await self._store.claim_task(f"local:{job_id}", await self._me(), now, LEASE_SECONDS):
            self._until.pop(job_id, None)
            return False
        self._until[job_id] = now + LEASE_SECONDS
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew(), name="local jobs")
        return True

    async def watch(self) -> bool:
        """Whether this process looks after the common bucket for the next `WATCH_SECONDS`. Raises `StoreError`."""
        now = self._clock.now()
        self._watching = await self._store.claim_task("local:bucket", await self._me(), now, WATCH_SECONDS)
        return self._watching

    async def give_back(self, job_id: str) -> None:
        """Others may have the job."""
        if self._until.pop(job_id, None) is not None:
            await self._store.release_task(f"local:{job_id}", self._identity)

    async def end(self, job_id: str, outcome: Outcome) -> None:
        """Store how the job ended."""
        await self._store.put_block(job_id, _OUTCOME, (), json.dumps(asdict(outcome)))

    async def outcome(self, job_id: str) -> Outcome | None:
        """How it ended on whichever machine; None while it has not."""
        for number, _, fields in await self._store.blocks(job_id):
            if number == _OUTCOME and fields:
                return Outcome(**json.loads(fields))
        return None

    async def put_block(self, job_id: str, number: int, segments: Sequence[Segment], language: str | None) -> bool:
        """As the store's. Raises `StoreBusy` when another machine has the job."""
        if job_id not in self._until:
            raise StoreBusy("another machine works on this recording")
        return await self._store.put_block(job_id, number, segments, language)

    async def blocks(self, job_id: str) -> Sequence[tuple[int, Sequence[Segment], str | None]]:
        """The stored blocks in order."""
        return [block for block in await self._store.blocks(job_id) if block[0] != _OUTCOME]

    async def drop_blocks(self, job_id: str) -> None:
        """Delete them, and how the job ended."""
        await self._store.drop_blocks(job_id)

    async def close(self) -> None:
        """Stop. Leases of a directory that only this process can use stay until they end: it may be started again."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
        if self._watching:
            with suppress(StoreError):  # then the lease ends by itself
                await self._store.release_task("local:bucket", self._identity)
        if self._lock is None or self._shared:
            for job_id in list(self._until):
                with suppress(StoreError):  # then the lease ends by itself
                    await self.give_back(job_id)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def _renew(self) -> None:
        while self._until:
            await self._clock.sleep(RENEW_SECONDS)
            for job_id in list(self._until):
                try:
                    if await self.take(job_id) or self.on_lost is None:
                        continue
                    _log.warning("local_job_lost", job=job_id)  # we stood still, and another machine has it
                    await self.on_lost(job_id)
                except StoreError:
                    continue  # the lease has time left

    async def _me(self) -> str:
        if not self._identity:
            self._identity = await asyncio.to_thread(self._identify)
        return self._identity

    def _identify(self) -> str:
        """The identity that is kept in the directory, if no other process uses it; else a new one. Blocking."""
        mine = f"{socket.gethostname()}:{secrets.token_hex(8)}"
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(self._directory / "machine", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            return mine
        self._lock = fd
        if kept := os.pread(fd, 200, 0).decode("utf-8", "replace").strip():
            return kept
        os.pwrite(fd, mine.encode(), 0)
        return mine
