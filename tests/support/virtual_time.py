"""Virtual time for the real engine: the clock jumps to the next waker whenever no real work is under way.

Real work is what crosses a seam: a store transaction, an HTTP exchange. Those are counted by `Busy`; while any runs,
time stands still, so a paced minute costs milliseconds and nothing depends on how fast this machine is.
"""

import asyncio
import heapq
import inspect
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar, cast

T = TypeVar("T")
QUIET_TURNS = 12  # turns of the loop without real work before time may move


class VirtualClock:
    """A `Clock` whose time moves only when `advance` says so."""

    def __init__(self, at: float = 1_750_000_000.0) -> None:
        self._at = at
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        """Unix seconds."""
        return self._at

    async def sleep(self, seconds: float) -> None:
        """Wait in virtual time."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waker: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._at + seconds, next(self._order), waker))
        await waker

    def advance(self, until: float) -> None:
        """Jump to the next sleeper's time, or to `until` if that is sooner, and wake who is due."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        self._at = max(self._at, min(until, self._sleepers[0][0] if self._sleepers else until))
        while self._sleepers and self._sleepers[0][0] <= self._at:
            waker = heapq.heappop(self._sleepers)[2]
            if not waker.done():
                waker.set_result(None)


class Busy:
    """Counts real work under way in the objects it wraps."""

    def __init__(self) -> None:
        self.running = 0

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Inside real work: what is waited for here is virtual time."""
        self.running -= 1
        try:
            yield
        finally:
            self.running += 1

    def watch(self, inner: T) -> T:
        """The same object; its public coroutine methods are counted while they run."""
        return cast(T, _Counted(self, inner))


class PatientClock(VirtualClock):
    """The same clock for those who sleep in the middle of real work, such as a client between two tries."""

    def __init__(self, clock: VirtualClock, busy: Busy) -> None:
        super().__init__()
        self._clock = clock
        self._busy = busy

    def now(self) -> float:
        """Unix seconds."""
        return self._clock.now()

    async def sleep(self, seconds: float) -> None:
        """Wait in virtual time, which may move meanwhile."""
        with self._busy.paused():
            await self._clock.sleep(seconds)


class _Counted:
    def __init__(self, busy: Busy, inner: object) -> None:
        self._busy = busy
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        found: object = getattr(self._inner, name)
        if not inspect.iscoroutinefunction(found):
            return found
        call = cast(Callable[..., object], found)
        busy = self._busy

        async def counted(*args: object, **kwargs: object) -> object:
            busy.running += 1
            try:
                return await cast("asyncio.Future[object]", call(*args, **kwargs))
            finally:
                busy.running -= 1

        return counted


async def drive(clock: VirtualClock, busy: Busy, done: Callable[[], bool], limit: float) -> None:
    """Let everything run until `done`, moving time whenever nothing real is under way.

    Raises `TimeoutError` when `limit` virtual seconds have passed.
    """
    until = clock.now() + limit
    quiet = 0
    while not done():
        if clock.now() >= until:
            raise TimeoutError(f"not done after {limit:.0f} virtual seconds")
        if busy.running:
            quiet = 0
            await asyncio.sleep(0.0001)
        elif quiet < QUIET_TURNS:
            quiet += 1
            await asyncio.sleep(0)
        else:
            quiet = 0
            clock.advance(until)
