"""Wakes lanes, by name, when something may be due. Built first, so that everybody can wake them.

Slack repeats what is not acknowledged within three seconds, and an acknowledgement waits for its turn of the event loop
among all steps that run. What arrived is safe in its row, so in a burst of events jobs are begun more slowly.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.ports.clock import Clock, WakeEvent
from bot.ports.store import Jobs

BURST_SIZE, BURST_SECONDS = 120, 0.8  # a burst is this many events within this time; a drop of 40 files is not one


class BurstDetector:
    """Detects bursts of events. `now` gives seconds of any clock that is never set."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._last: deque[float] = deque(maxlen=BURST_SIZE)

    def note(self) -> None:
        """An event arrived."""
        self._last.append(self._now())

    @property
    def bursting(self) -> bool:
        """Whether a burst is under way."""
        return len(self._last) == BURST_SIZE and self._now() - self._last[0] < BURST_SECONDS


@dataclass(slots=True)
class Wakeups:
    """Wakes lanes before their time. A lane that does not exist is ignored."""

    store: Jobs
    clock: Clock
    bursts: BurstDetector = field(default_factory=BurstDetector)
    _events: dict[str, WakeEvent] = field(default_factory=dict)

    def event(self, lane: str) -> WakeEvent:
        """What this lane sleeps on."""
        return self._events.setdefault(lane, WakeEvent(self.clock))

    def notify(self, lane: str) -> None:
        """Something in this lane may be due."""
        if event := self._events.get(lane):
            event.notify()

    def notify_all(self) -> None:
        """Something may be due anywhere."""
        for event in self._events.values():
            event.notify()

    def arrived(self, lane: str) -> None:
        """Slack's events brought work for this lane; many at once are a burst."""
        self.bursts.note()
        self.notify(lane)

    async def wake_job(self, job_id: str) -> None:
        """Make a job due now: a webhook came, or the local engine is done. Raises `StoreError`."""
        if await self.store.wake(job_id, self.clock.now()) and (job := await self.store.job(job_id)):
            self.notify(job.lane)
