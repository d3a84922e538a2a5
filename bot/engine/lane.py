"""A lane: one queue of jobs, the workers that claim from it, and what an error means for the row.

Correctness lives in the row: a worker owns a job only while its lease token is there, and every commit checks it.
Whatever wakes a lane (a bell, a timer, a webhook) need only be at-least-once.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from bot.domain.errors import (
    ContentDamaged,
    InternalFault,
    LostLease,
    Misconfigured,
    Problem,
    ProblemCode,
    RateLimited,
    Rejected,
    StepError,
    StoreError,
    Transient,
    UploadUrlRefused,
)
from bot.domain.job import Job, State
from bot.domain.machine import Change, Deleted, Ended, Parked, Replying, Submitting, stage_of
from bot.engine.events import StepEnded, StepFailed, StoreFailed, Watch
from bot.engine.rate_budget import Budget, step_rank
from bot.engine.retry import FAULT_RETRIES, RetryPolicy
from bot.engine.wakeups import Wakeups
from bot.ports.clock import Clock, WakeEvent
from bot.ports.store import Jobs

LEASE_SECONDS = 60.0
HEARTBEAT_SECONDS = 2.0  # how soon a running step hears of a cancellation
IDLE_SECONDS = 5.0  # the longest sleep of a lane: what another process did (`cancel`, `retry`) is seen so soon
BURST_PAUSE_SECONDS = 0.25  # in a burst of events one job is begun this often
HEAVY_RANKS = (2,)  # hand-overs; the others are results and polls
QUICK_PLACES = 8

Run = Callable[[Job], Coroutine[None, None, Change | None]]


@dataclass(slots=True)
class Held:
    """A job whose step is running, and when its lease was last renewed (Unix seconds)."""

    job: Job
    renewed_at: float


@dataclass(slots=True)
class Lane:
    """Claims the jobs of one account and runs their steps side by side.

    `places` says how many steps of these ranks may run at once: hand-overs have places of their own (`places_for`), so
    that long uploads never keep a finished result waiting.
    """

    name: str
    store: Jobs
    clock: Clock
    run_step: Run
    budget: Budget
    retries: RetryPolicy
    watch: Watch
    on_misconfigured: Callable[[Misconfigured], None]
    on_moved: Callable[[Job], None]
    release: Callable[[Job], Awaitable[None]]
    wakeups: Wakeups
    places: Mapping[tuple[int, ...], int]
    provider_title: str = ""
    chance: random.Random = field(default_factory=random.Random)  # for jitter
    _wake_event: WakeEvent = field(init=False)
    _busy: Counter[tuple[int, ...]] = field(default_factory=Counter)
    _begun_at: float = 0.0
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _steps: dict[asyncio.Task[None], Held] = field(default_factory=dict)
    _committing: set[str] = field(default_factory=set)  # jobs whose change is on its way into the store
    _keeper: asyncio.Task[None] | None = None
    _store_down: bool = False

    def __post_init__(self) -> None:
        """Register for wake-ups."""
        self._wake_event = self.wakeups.event(self.name)

    def notify(self) -> None:
        """Something may be due: look now."""
        self._wake_event.notify()

    @property
    def running(self) -> int:
        """Steps under way."""
        return len(self._steps)

    async def serve(self) -> None:
        """Claim and run until `stop`. Store failures are reported and waited out."""
        while not self._stopping.is_set():
            self._wake_event.clear()
            try:
                wait = await self._claim_all()
                self._store_down = False
            except StoreError as error:
                if not self._store_down:
                    self.watch(StoreFailed(str(error)))
                self._store_down = True
                wait = 1.0
            if wait > 0 and not self._stopping.is_set():
                await self._wake_event.wait(wait)

    async def _claim_all(self) -> float:
        """Claim until the places or the due jobs run out; seconds until it is worth looking again."""
        while not self._stopping.is_set():
            ranks = [rank for group, places in self.places.items() if self._busy[group] < places for rank in group]
            held = self.wakeups.bursts.bursting and time.monotonic() - self._begun_at < BURST_PAUSE_SECONDS
            if held:
                ranks = [rank for rank in ranks if rank not in HEAVY_RANKS]
            if not ranks:
                return BURST_PAUSE_SECONDS if held else IDLE_SECONDS  # a step that ends rings
            job = await self.store.claim(self.name, sorted(ranks), self.clock.now(), LEASE_SECONDS)
            if job is not None and self._stopping.is_set():
                await self.store.release(job)
                break
            if job is None:
                due = await self.store.next_due(self.name)
                if held:
                    return BURST_PAUSE_SECONDS
                if due is None:
                    return IDLE_SECONDS
                wait = due - self.clock.now()
                # Due now, yet not claimed: its rank has no free place. A step that ends rings.
                return min(IDLE_SECONDS, wait) if wait > 0 else (1.0 if len(ranks) == 3 else IDLE_SECONDS)
            self._begin(job)
        return 0.0

    def _begin(self, job: Job) -> None:
        group = next(ranks for ranks in self.places if job.rank in ranks)
        self._busy[group] += 1
        if group == HEAVY_RANKS:
            self._begun_at = time.monotonic()
        step = asyncio.create_task(self._step(job), name=f"{self.name} {job.id}")
        self._steps[step] = Held(job, self.clock.now())
        step.add_done_callback(partial(self._ended, group))
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.create_task(self._keep(), name=f"leases {self.name}")

    def _ended(self, group: tuple[int, ...], step: asyncio.Task[None]) -> None:
        del self._steps[step]
        self._busy[group] -= 1
        self.notify()

    async def _keep(self) -> None:
        """Look after the leases while steps run; end a step whose lease is lost or whose job somebody cancels."""
        while self._steps:
            await self.clock.sleep(HEARTBEAT_SECONDS)
            for step, held in list(self._steps.items()):
                try:
                    if step.done() or await self._still_ours(held):
                        continue
                    if held.job.id not in self._committing:  # whose change is being committed gives its lease back
                        step.cancel()
                except StoreError:
                    continue  # the step's own commit will find out; the lease has time left
                except Exception as error:  # a bug here must not cost all the leases; it is reported
                    self.watch(StepFailed(held.job, 0.0, type(error).__name__, "its lease was not renewed", error))

    async def _still_ours(self, held: Held) -> bool:
        """Whether the step may go on; its lease is renewed in time."""
        job, now = held.job, self.clock.now()
        row = await self.store.job(job.id)
        if row is None or row.lease_token != job.lease_token:
            return False
        if row.cancel_by and not job.cancel_by and not isinstance(stage_of(row), Replying):
            return False  # its lease goes back, and the next claim sees who cancelled
        if row.deleted_at is not None and job.deleted_at is None:
            return False
        if not 0 <= now - held.renewed_at < LEASE_SECONDS / 3:
            try:
                await self.store.renew(job, now, LEASE_SECONDS)
            except LostLease:
                return False
            held.renewed_at = now
        return True

    async def _step(self, job: Job) -> None:
        try:
            going: Job | None = job
            while going is not None:
                going = await self._one_step(going)
        except LostLease:  # another worker owns the job, or it was deleted; what was done here is dropped
            with suppress(StoreError):
                await self.store.release(job)
        except StoreError as error:
            self.watch(StoreFailed(str(error)))
            await self.clock.sleep(1.0)
            with suppress(StoreError):
                await self.store.release(job)
        except asyncio.CancelledError:
            with suppress(StoreError):
                await asyncio.shield(self.store.release(job))
            raise
        finally:
            self._committing.discard(job.id)

    async def _one_step(self, job: Job) -> Job | None:
        """Run one step and commit its change; the job if the next step is this worker's, too, under the same lease."""
        step_rank.set(job.rank)
        started = time.monotonic()
        change = await self._attempt(job, started)
        if change is None:
            await self.store.release(job)
            return None
        self._committing.add(job.id)
        goes_on = self._goes_on(change)
        moved = await self.store.apply(change, keep_lease=goes_on)
        self.watch(StepEnded(moved, job.state, time.monotonic() - started, change.cause))
        if moved.state != job.state or moved.attempts:
            self.on_moved(moved)
        await self.release(moved)
        if not goes_on:
            return None
        self._committing.discard(job.id)
        if (task := asyncio.current_task()) in self._steps:
            self._steps[task].job = moved
        return moved

    def _goes_on(self, change: Change) -> bool:
        """A result that is there is finished at once, without giving the job back and claiming it again."""
        before, after = change.before, change.after
        return (
            before.state is State.WAITING
            and after.state is State.FINISHING
            and after.lane == self.name
            and not self._stopping.is_set()
        )

    async def _attempt(self, job: Job, started: float) -> Change | None:
        try:
            return await self.run_step(job)
        except ContentDamaged as error:
            return await self._failed(job, started, InternalFault(str(error)), error)
        except (LostLease, StoreError):
            raise
        except StepError as error:
            return await self._failed(job, started, error, error if isinstance(error, InternalFault) else None)
        except Exception as error:  # a bug must cost one attempt, not the lane; it is reported with its traceback
            return await self._failed(job, started, InternalFault(f"unexpected {type(error).__name__}"), error)

    async def _failed(self, job: Job, started: float, error: StepError, bug: Exception | None) -> Change:
        """Report the failure, with its traceback if it is a bug; what it means for the row."""
        self.watch(StepFailed(job, time.monotonic() - started, type(bug or error).__name__, error.detail, bug))
        return await self._after(await self._current(job), error)

    async def _current(self, job: Job) -> Job:
        """The row as the failed step left it (it may have stored a remote reference)."""
        row = await self.store.job(job.id)
        if row is None or row.lease_token != job.lease_token:
            raise LostLease
        return row

    async def _after(self, job: Job, error: StepError) -> Change:
        """What an error means for the row."""
        now = self.clock.now()
        stage = stage_of(job)
        if isinstance(stage, Parked | Ended | Deleted):
            raise LostLease
        if isinstance(error, Misconfigured):
            self.on_misconfigured(error)
            return stage.park(now, error.detail, error.account)
        if isinstance(error, Transient) and not isinstance(error, RateLimited) and error.after is not None:
            return stage.retry(now, now + error.after, error.detail)
        due_at = now + self.retries.delay(job.attempts, self.chance)
        if isinstance(error, RateLimited):
            if error.account in ("", self.name):  # not for a download from Slack, say
                await self.budget.hold(error.retry_after)
            due_at = max(due_at, now + error.retry_after)  # a pause that grows, also where it asks for none
        if isinstance(stage, Replying):
            return stage.retry(now, due_at, error.detail)
        if isinstance(error, Rejected):
            return stage.refuse(now, error.problem, error.detail)
        if isinstance(error, InternalFault):
            if FAULT_RETRIES.exhausted(job.attempts):
                return stage.refuse(now, Problem(ProblemCode.BOT_FAILED), error.detail)
            return stage.retry(now, now + FAULT_RETRIES.delay(job.attempts, self.chance), error.detail)
        if self.retries.exhausted(job.attempts):
            problem = Problem(ProblemCode.PROVIDER_DOWN, {"provider": self.provider_title or self.name})
            return stage.refuse(now, problem, error.detail)
        if isinstance(error, UploadUrlRefused) and isinstance(stage, Submitting):
            return stage.url_refused(now, due_at, error.detail)
        return stage.retry(now, due_at, error.detail)

    def claim_no_more(self) -> None:
        """Begin no more steps."""
        self._stopping.set()
        self.notify()

    async def stop(self, grace: float) -> None:
        """Claim no more; let steps under way end for `grace` seconds, then cancel them. Leases go back."""
        self.claim_no_more()
        if self._steps:
            await asyncio.wait(self._steps, timeout=grace)
        for step in list(self._steps):
            step.cancel()
        if self._steps:
            await asyncio.wait(self._steps)
        if self._keeper is not None:
            self._keeper.cancel()
        await self.budget.close()


def places_for(concurrency: int, works_when_polled: bool = False) -> Mapping[tuple[int, ...], int]:
    """The places of a lane whose account takes this many recordings at once; a poll may be such work, too."""
    if works_when_polled:
        return {(0,): QUICK_PLACES, (1,): concurrency, HEAVY_RANKS: concurrency}
    return {(0, 1): QUICK_PLACES, HEAVY_RANKS: concurrency}
