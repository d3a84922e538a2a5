"""The engine as a whole: one lane for Slack and one per provider account, started and stopped together."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from bot.domain.errors import StoreError
from bot.domain.job import SLACK_LANE, Job, State
from bot.domain.transcript import Transcript
from bot.engine.accounts import Accounts
from bot.engine.events import ClockSet, Watch
from bot.engine.hosted_audio import HostedAudio
from bot.engine.lane import LEASE_SECONDS, Lane, places_for
from bot.engine.polling import Polling
from bot.engine.rate_budget import RateBudgets
from bot.engine.release import HOOK_INBOX, Release
from bot.engine.retry import PROVIDER_RETRIES, SLACK_RETRIES
from bot.engine.steps import SettingsOf, Steps, Suggest
from bot.engine.upkeep.clock_jumps import reschedule_after_jump, watch_for_jumps
from bot.engine.upkeep.orphans import ROUND_SECONDS, Orphans
from bot.engine.wakeups import Wakeups
from bot.ports.audio import Preparer
from bot.ports.chat import Chat
from bot.ports.clock import Clock
from bot.ports.provider import Provider
from bot.ports.store import JobStore
from bot.settings import Settings
from bot.supervisor import Supervisor

STOP_GRACE_SECONDS = 12.0  # together with all else that ends, less than the 23 s of `serve`
WAKE_ATTEMPTS = 10  # while the database refuses
MOST_PUSHES = 10_000  # that are looked through at start
SLACK_STEPS = 8  # new recordings that are looked at together


@dataclass(slots=True, kw_only=True)
class Engine:
    """Everything that moves jobs, for these adapters.

    `offload` runs slow work away from the event loop; `settings_of` gives the settings of a workspace with its own.
    """

    settings: Settings
    store: JobStore
    clock: Clock
    chat: Chat
    preparer: Preparer
    providers: Mapping[str, Provider]
    budgets: RateBudgets
    accounts: Accounts
    wakeups: Wakeups
    supervisor: Supervisor
    polling: Polling
    watch: Watch
    suggest: Suggest
    offload: Callable[[Callable[[], Transcript]], Awaitable[Transcript]]
    settings_of: SettingsOf | None = None
    hosted_audio: HostedAudio = field(init=False)
    steps: Steps = field(init=False)
    lanes: list[Lane] = field(init=False)
    orphans: Orphans = field(init=False)
    _serving: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Build the steps and the lanes."""
        self.hosted_audio = HostedAudio(self.store, self.chat, self.preparer, self.providers, self.clock)
        self.steps = Steps(
            settings=self.settings,
            store=self.store,
            chat=self.chat,
            preparer=self.preparer,
            providers=self.providers,
            hosted_audio=self.hosted_audio,
            release=Release(self.store, self.providers, self.hosted_audio),
            clock=self.clock,
            polling=self.polling,
            watch=self.watch,
            suggest=self.suggest,
            offload=self.offload,
            settings_of=self.settings_of,
        )
        self.lanes = [self._lane(SLACK_LANE, "Slack", places_for(SLACK_STEPS))]
        for provider in self.providers.values():
            known = provider.capabilities
            places = places_for(known.concurrency, known.works_when_polled)
            self.lanes.append(self._lane(provider.account, known.title, places))
        self.orphans = Orphans(self.store, self.clock, [lane.name for lane in self.lanes], self._moved)

    def _lane(self, name: str, title: str, places: Mapping[tuple[int, ...], int]) -> Lane:
        return Lane(
            name,
            store=self.store,
            clock=self.clock,
            run_step=self.steps.run,
            budget=self.budgets.of(name),
            retries=SLACK_RETRIES if name == SLACK_LANE else PROVIDER_RETRIES,
            watch=self.watch,
            on_misconfigured=self.accounts.broke,
            on_moved=self._moved,
            release=self.steps.release,
            wakeups=self.wakeups,
            places=places,
            provider_title=title,
        )

    def _moved(self, job: Job) -> None:
        self.wakeups.notify(job.lane)
        self.chat.show(job)

    async def start(self) -> None:
        """Resume what was parked, wake the jobs that a webhook came for, and serve every lane."""
        await self.accounts.resume_all()
        await self._wake_for_webhooks()
        for lane in self.lanes:
            self._serving.append(self.supervisor.run(f"queue of {lane.name}", lane.serve))
        self.supervisor.run("clock", self._watch_clock)
        self.supervisor.every("jobs without a provider", ROUND_SECONDS, self.orphans.round)
        self.supervisor.run("overdue jobs", self.polling.poll_overdue)

    async def _watch_clock(self) -> None:
        async def on_set(by: float) -> None:
            self.watch(ClockSet(by))
            if by < 0:
                await self._reschedule_after_jump()
            self.wakeups.notify_all()

        await self._reschedule_after_jump()  # it may have been set while no bot ran
        await watch_for_jumps(self.clock, on_set)

    async def _reschedule_after_jump(self) -> None:
        for attempt in range(WAKE_ATTEMPTS):
            with contextlib.suppress(StoreError):
                if await reschedule_after_jump(self.store, self.clock.now(), LEASE_SECONDS):
                    self.wakeups.notify_all()
                return
            await self.clock.sleep(2.0**attempt)

    async def _wake_for_webhooks(self) -> None:
        """A process may have died between keeping a webhook and waking its job, and not every provider repeats it."""
        for item in await self.store.inbox_due(HOOK_INBOX, self.clock.now(), limit=MOST_PUSHES):
            account, _, ref = item.ref.partition(":")
            job = await self.store.job_by_ref(account, ref)
            if job is not None and job.state == State.WAITING:
                await self.store.wake(job.id, self.clock.now())

    def claim_no_more(self) -> None:
        """Let every lane end its steps and begin none."""
        for lane in self.lanes:
            lane.claim_no_more()

    async def stop(self, grace: float = STOP_GRACE_SECONDS) -> None:
        """Claim no more, let calls in flight end, give leases back, close hosted audio."""
        await asyncio.gather(*(lane.stop(grace) for lane in self.lanes))
        for task in self._serving:  # they end by themselves, unless one is waiting to be started again
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await self.hosted_audio.close()
