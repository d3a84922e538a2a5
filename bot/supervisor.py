"""Runs everything that goes on for as long as the bot does, and starts it again when it breaks.

A loop that ends with an error is started again after a pause that doubles from a second to a minute. It is logged
once when it breaks and once when it works again; after `BROKEN_AFTER` failures in a row the bot is not ready.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from bot.domain.errors import StepError, StoreError
from bot.ports.clock import Clock

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
WELL_AFTER_SECONDS = 30.0  # a loop that has run this long since its last failure works again
BROKEN_AFTER = 5  # failures in a row

Loop = Callable[[], Awaitable[object]]

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Supervised:
    name: str
    failures: int = 0
    last: str = ""


@dataclass(slots=True)
class Supervisor:
    """Holds the running loops by name. `stop` cancels them all and may be called more than once."""

    clock: Clock
    _loops: dict[asyncio.Task[None], _Supervised] = field(default_factory=dict)

    def run(self, name: str, loop: Loop) -> asyncio.Task[None]:
        """Run `loop` until it returns; start it again whenever it raises. Cancel the task to end it sooner."""
        return self._start(_Supervised(name), loop)

    def every(self, name: str, seconds: float, act: Loop) -> asyncio.Task[None]:
        """Call `act` now and every `seconds` seconds; after a failure again sooner, with growing pauses."""
        supervised = _Supervised(name)

        async def rounds() -> None:
            while True:
                await act()
                self._well(supervised)
                await self.clock.sleep(seconds)

        return self._start(supervised, rounds)

    def _start(self, supervised: _Supervised, loop: Loop) -> asyncio.Task[None]:
        task = asyncio.create_task(self._supervise(supervised, loop), name=supervised.name)
        self._loops[task] = supervised
        task.add_done_callback(lambda done: self._loops.pop(done, None))
        return task

    def faults(self) -> list[str]:
        """A sentence for each loop that keeps failing."""
        return [
            f"{each.name} keeps failing ({each.last}); the log has the details."
            for each in self._loops.values()
            if each.failures >= BROKEN_AFTER
        ]

    async def _supervise(self, supervised: _Supervised, loop: Loop) -> None:
        while True:
            well = asyncio.create_task(self._note_well(supervised)) if supervised.failures else None
            try:
                await loop()
            except Exception as error:  # whatever ends a loop, it must not stay ended; it is logged below
                self._failed(supervised, error)
            else:
                return
            finally:
                if well is not None:
                    well.cancel()
            pause = FIRST_PAUSE_SECONDS * 2.0 ** min(supervised.failures - 1, 10)
            await self.clock.sleep(min(LONGEST_PAUSE_SECONDS, pause))

    async def _note_well(self, supervised: _Supervised) -> None:
        await self.clock.sleep(WELL_AFTER_SECONDS)
        self._well(supervised)

    def _failed(self, supervised: _Supervised, error: Exception) -> None:
        supervised.failures += 1
        supervised.last = type(error).__name__
        if supervised.failures > 1:
            return
        expected = isinstance(error, StepError | StoreError)
        detail = str(error) if expected else ""
        level = _log.warning if expected else _log.error
        level("loop_failed", loop=supervised.name, kind=supervised.last, detail=detail, exc_info=not expected and error)

    def _well(self, supervised: _Supervised) -> None:
        if supervised.failures:
            _log.info("loop_recovered", loop=supervised.name, failures=supervised.failures)
        supervised.failures = 0

    async def stop(self) -> None:
        """Cancel every loop and wait for its end."""
        tasks = list(self._loops)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
