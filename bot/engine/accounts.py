"""Accounts that stopped working: parked once, probed, resumed when they are mended."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.domain.errors import Misconfigured, StepError, StoreError
from bot.engine.events import AccountBroke, AccountRecovered, Watch
from bot.ports.clock import Clock
from bot.ports.store import Jobs

PROBE_SECONDS = 60.0

Probe = Callable[[], Awaitable[bool]]  # whether the account works; may raise `StepError`


class Accounts:
    """Remembers which accounts are broken and asks each until it works again."""

    def __init__(
        self, store: Jobs, clock: Clock, probes: dict[str, Probe], watch: Watch, on_mended: Callable[[], None]
    ) -> None:
        self._store = store
        self._clock = clock
        self._probes = probes
        self._watch = watch
        self._on_mended = on_mended
        self._probing: dict[str, asyncio.Task[None]] = {}

    @property
    def broken(self) -> tuple[str, ...]:
        """The accounts that wait for the operator."""
        return tuple(sorted(self._probing))

    def broke(self, error: Misconfigured) -> None:
        """Report it once and begin to probe."""
        if error.account in self._probing:
            return
        self._watch(AccountBroke(error.account, error.detail))
        self._probing[error.account] = asyncio.create_task(self._probe(error.account), name=f"probe {error.account}")

    async def resume_all(self) -> None:
        """At start: the operator may have mended anything meanwhile. What is still wrong parks again."""
        for account in self._probes:
            await self._store.resume_parked(account, self._clock.now())

    async def _probe(self, account: str) -> None:
        while True:
            await self._clock.sleep(PROBE_SECONDS)
            try:
                works = await self._probes[account]() if account in self._probes else True
                if works:
                    await self._store.resume_parked(account, self._clock.now())
                    break
            except (StepError, StoreError):
                continue  # still broken, or not to be reached: ask again
        del self._probing[account]
        self._watch(AccountRecovered(account))
        self._on_mended()

    async def close(self) -> None:
        """Stop probing."""
        for task in list(self._probing.values()):
            task.cancel()
