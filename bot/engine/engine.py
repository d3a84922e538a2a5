"""The engine as a whole: one lane for Slack and one per provider account, started and stopped together."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.domain.errors import Misconfigured, StoreError
from bot.domain.job import SLACK_LANE, Job, State
from bot.engine.accounts import Accounts, Probe
from bot.engine.bursts import BurstDetector
from bot.engine.clock_jumps import reschedule_after_jump
from bot.engine.events import ClockSet, Watch
from bot.engine.hosted_audio import HostedAudio
from bot.engine.lane import LEASE_SECONDS, Lane
from bot.engine.rate_budget import Budget
from bot.engine.retry import PROVIDER_RETRIES, SLACK_RETRIES
from bot.engine.steps import HOOK_INBOX, Steps
from bot.ports.chat import Chat
from bot.ports.clock import Clock
from bot.ports.provider import Provider
from bot.ports.store import JobStore

STOP_GRACE_SECONDS = 20.0
WAKE_ATTEMPTS = 10  # while the database refuses
MOST_PUSHES = 10_000  # that are looked through at start


@dataclass(slots=True)
class Engine:
    """Everything that moves jobs. `providers` by name; `budgets` by account, shared with the providers."""

    store: JobStore
    clock: Clock
    chat: Chat
    providers: dict[str, Provider]
    budgets: dict[str, Budget]
    steps: Steps
    hosted_audio: HostedAudio
    watch: Watch
    slack_probe: Probe
    lanes: dict[str, Lane] = field(default_factory=dict)
    accounts: Accounts = field(init=False)
    bursts: BurstDetector = field(default_factory=BurstDetector)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Build the lanes."""
        probes: dict[str, Probe] = {SLACK_LANE: self.slack_probe}
        for provider in self.providers.values():
            probes[provider.account] = _probe_of(provider)
        self.accounts = Accounts(self.store, self.clock, probes, self.watch, self.notify_all)
        self._add_lane(SLACK_LANE, quick=8, heavy=8, title="Slack")
        for provider in self.providers.values():
            self._add_lane(
                provider.account, quick=8, heavy=provider.capabilities.concurrency, title=provider.capabilities.title
            )

    def _add_lane(self, name: str, quick: int, heavy: int, title: str) -> None:
        self.lanes[name] = Lane(
            name,
            store=self.store,
            clock=self.clock,
            run=self.steps.run,
            budget=self.budgets.get(name) or Budget(name, None, self.store, self.clock),
            retries=SLACK_RETRIES if name == SLACK_LANE else PROVIDER_RETRIES,
            watch=self.watch,
            on_misconfigured=self.accounts.broke,
            on_moved=self._moved,
            quick=quick,
            heavy=heavy,
            provider_title=title,
            bursts=self.bursts,
        )

    def _moved(self, job: Job) -> None:
        self.notify(job.lane)
        self.steps.show(job)

    def notify(self, lane: str) -> None:
        """Something in this lane may be due: look now. Unknown lanes are ignored."""
        if found := self.lanes.get(lane):
            found.notify()

    def arrived(self, lane: str) -> None:
        """Slack told of work for this lane."""
        self.bursts.note()
        self.notify(lane)

    def notify_all(self) -> None:
        """Look everywhere."""
        for lane in self.lanes.values():
            lane.notify()

    def misconfigured(self, error: Misconfigured) -> None:
        """An account was found broken outside a step (a webhook, the event listener)."""
        self.accounts.broke(error)

    async def wake(self, job_id: str) -> None:
        """Make a job due now and look: a webhook came, or a local engine finished."""
        if await self.store.wake(job_id, self.clock.now()) and (job := await self.store.job(job_id)):
            self.notify(job.lane)

    async def start(self) -> None:
        """Resume what was parked, wake whom a push waits for, and serve every lane."""
        await self.accounts.resume_all()
        await self._hear_pushes()
        for lane in self.lanes.values():
            self._tasks.append(asyncio.create_task(lane.serve(), name=f"lane {lane.name}"))
        self._tasks.append(asyncio.create_task(self._watch_clock(), name="clock"))

    async def _watch_clock(self) -> None:
        async def on_set(by: float) -> None:
            self.watch(ClockSet(by))
            if by < 0:
                await self._reschedule_after_jump()
            self.notify_all()

        await self._reschedule_after_jump()  # it may have been set while no bot ran
        await self.steps.clock_watch.run(on_set)

    async def _reschedule_after_jump(self) -> None:
        for attempt in range(WAKE_ATTEMPTS):
            with contextlib.suppress(StoreError):
                if await reschedule_after_jump(self.store, self.clock.now(), LEASE_SECONDS):
                    self.notify_all()
                return
            await self.clock.sleep(2.0**attempt)

    async def _hear_pushes(self) -> None:
        """A process may have died between keeping a push and waking its job, and not every service pushes twice."""
        for item in await self.store.inbox_due(HOOK_INBOX, self.clock.now(), limit=MOST_PUSHES):
            account, _, ref = item.ref.partition(":")
            job = await self.store.job_by_ref(account, ref)
            if job is not None and job.state == State.WAITING:
                await self.store.wake(job.id, self.clock.now())

    @property
    def alive(self) -> bool:
        """Whether every lane is still served."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    async def stop(self, grace: float = STOP_GRACE_SECONDS) -> None:
        """Claim no more, let calls in flight end, give leases back, close audio and connections."""
        await self.accounts.close()
        await asyncio.gather(*(lane.stop(grace) for lane in self.lanes.values()))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.hosted_audio.close()


def _probe_of(provider: Provider) -> Callable[[], Awaitable[bool]]:
    async def works() -> bool:
        return all(finding.ok for finding in await provider.check())

    return works
