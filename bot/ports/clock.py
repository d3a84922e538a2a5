"""The seam to time, and waiting that can be cut short."""

import asyncio
from typing import Protocol


class Clock(Protocol):
    """Time and waiting, so that tests can run years in a second."""

    def now(self) -> float:
        """Unix seconds."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that long (at least until the next turn of the loop)."""
        ...


class WakeEvent:
    """A sleep that can be cut short: `notify()` while nobody waits makes the next `wait()` return at once.

    The loop calls `clear` before it looks for work, so that what comes meanwhile wakes it again.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rung = asyncio.Event()

    def notify(self) -> None:
        """End the wait."""
        self._rung.set()

    def clear(self) -> None:
        """Forget earlier calls of `notify`."""
        self._rung.clear()

    async def wait(self, seconds: float) -> None:
        """Until it is rung, at most that long."""
        bell = asyncio.create_task(self._rung.wait())
        timer = asyncio.create_task(self._clock.sleep(seconds))
        try:
            await asyncio.wait((bell, timer), return_when=asyncio.FIRST_COMPLETED)
        finally:
            bell.cancel()
            timer.cancel()
