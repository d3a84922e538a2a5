"""Work that one process at a time does, of all that share a database: a named lease, renewed while the work goes on."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from bot.domain.errors import StoreError
from bot.ports.clock import Clock
from bot.ports.store import Tasks

LEASE_SECONDS = 180.0  # another process takes over this long after one was killed


@dataclass(slots=True)
class Ownership:
    """This process as a possible owner of named tasks."""

    store: Tasks
    clock: Clock
    id: str = field(default_factory=lambda: secrets.token_hex(8))

    async def take(self, task: str) -> bool:
        """Own the task for `LEASE_SECONDS` from now; False if another process does. Raises `StoreError`."""
        return await self.store.claim_task(task, self.id, self.clock.now(), LEASE_SECONDS)

    async def give_back(self, task: str) -> None:
        """Let others have it. Silent when the database is away: the lease ends by itself."""
        with suppress(StoreError):
            await self.store.release_task(task, self.id)

    @asynccontextmanager
    async def during(self, task: str) -> AsyncIterator[bool]:
        """Own the task while the block runs; False if another process does. Raises `StoreError`."""
        if not await self.take(task):
            yield False
            return
        renewing = asyncio.create_task(self._renew(task), name=f"lease of {task}")
        try:
            yield True
        finally:
            renewing.cancel()
            await self.give_back(task)

    async def _renew(self, task: str) -> None:
        while True:
            await self.clock.sleep(LEASE_SECONDS / 3)
            with suppress(StoreError):  # the next time
                await self.take(task)
