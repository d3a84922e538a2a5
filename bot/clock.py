"""The real clocks: this machine's, and the time of a database that several processes share."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from bot.ports.clock import Clock

SYNC_SECONDS = 30.0  # how often the database is asked for its time
_SAMPLES = 3  # the one with the shortest round trip counts
_LEAST_CHANGE = 0.1  # seconds; a smaller difference is the round trip's


def steady_seconds() -> float:
    """Seconds since this machine started, sleep included where the system counts it; never set by anybody."""
    boottime: int | None = getattr(time, "CLOCK_BOOTTIME", None)  # Linux and some others
    return time.monotonic() if boottime is None else time.clock_gettime(boottime)


class SystemClock:
    """The machine's wall clock and the event loop's sleep."""

    def now(self) -> float:
        """Unix seconds."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        await asyncio.sleep(max(0.0, seconds))


class DatabaseClock:
    """The time of the database, so that leases, due times and budgets mean the same in every process.

    Between two questions it counts on by `steady`, which nobody sets: a machine whose wall clock is wrong, or is set
    while the bot runs, takes no job early and keeps no lease too long. Call `sync` before the first `now`.
    """

    def __init__(
        self,
        offset: Callable[[float], Awaitable[float]],
        timer: Clock,
        steady: Callable[[], float] = steady_seconds,
    ) -> None:
        self._offset = offset  # seconds to add to the number that it gets, to have the database's time
        self._timer = timer
        self._steady = steady
        self._ahead: float | None = None

    def now(self) -> float:
        """Unix seconds by the database's clock."""
        if self._ahead is None:
            raise RuntimeError("the database was not asked for its time yet")
        return self._steady() + self._ahead

    async def sleep(self, seconds: float) -> None:
        """Wait that long, by this machine's timer."""
        await self._timer.sleep(seconds)

    async def sync(self) -> None:
        """Ask the database for its time. Raises `StoreError`; the time known so far then goes on."""
        best: tuple[float, float] | None = None
        for _ in range(_SAMPLES):
            asked = self._steady()
            ahead = await self._offset(asked)
            took = self._steady() - asked
            if best is None or took < best[0]:
                best = took, ahead - took / 2
        if best is not None and (self._ahead is None or abs(best[1] - self._ahead) > _LEAST_CHANGE):
            self._ahead = best[1]


async def shared_clock(offset: Callable[[float], Awaitable[float]], several: bool) -> Clock:
    """The database's clock where several processes share it, else this machine's. Raises `StoreError`."""
    if not several:
        return SystemClock()
    clock = DatabaseClock(offset, SystemClock())
    await clock.sync()
    return clock
