"""Who is woken when something may be due: the lanes, by name. Built first, so that everybody can wake them."""

from dataclasses import dataclass, field

from bot.engine.bursts import BurstDetector
from bot.ports.clock import Clock, WakeEvent
from bot.ports.store import Jobs


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
