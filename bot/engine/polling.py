"""What is known of how long results and their webhooks take, and when a waiting job is polled next.

A webhook is a hint, polling is the truth: with webhooks on, a job is polled at its predicted finish plus the time that
webhooks of this account have been taking. A result that a poll found although no webhook came is a sign that webhooks
are lost, so every job that is past its predicted finish is then polled at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.job import Job, State
from bot.engine.wakeups import Wakeups
from bot.ports.clock import Clock
from bot.ports.provider import Capabilities, Provider
from bot.ports.store import JobFilter, JobStore

CHECK_SECONDS = 40.0  # at low load no job goes longer without a poll: a failure is noticed even if nothing announces it
LOADED_SECONDS = 300.0  # the longest gap under load
POLL_SHARE = 0.5  # of an account's calls; the rest is for submitting and fetching
UNPACED_PER_MINUTE = 120.0  # taken for an account without a stated limit

FRESH_SECONDS = 10.0  # how long what was read from the store is used again
FIRST_GRACE_SECONDS = 10.0  # for an account whose webhooks were not seen yet
GRACE_SECONDS = (2.0, 20.0)  # shortest and longest
LEARN = 0.3  # weight of the newest webhook
AGAIN_SECONDS = 30.0  # between two rounds for one account
_PAGE = 500


@dataclass(slots=True)
class Polling:
    """Learns from webhooks in memory, and from finished jobs in the store."""

    store: JobStore
    clock: Clock
    providers: Mapping[str, Provider]
    wakeups: Wakeups
    poll_min_seconds: float
    _late: dict[str, float] = field(default_factory=dict)  # by account: seconds past the predicted finish
    _latencies: dict[str, tuple[float, tuple[float, float]]] = field(default_factory=dict)  # when read, what
    _waiting: int = 0
    _counted_at: float = 0.0
    _ready_since: dict[str, float] = field(default_factory=dict)  # jobs whose result is ready and whose webhook is not
    _round_at: dict[str, float] = field(default_factory=dict)

    async def first(self, provider: Provider, audio_seconds: float | None) -> float:
        """Seconds from the hand-over to the first poll."""
        return await self._gap(provider, audio_seconds, 0.0)

    async def next(self, job: Job, provider: Provider) -> float:
        """Seconds to the next poll of a job that is still pending."""
        return await self._gap(provider, job.file.seconds, self._waited(job))

    async def _gap(self, provider: Provider, audio_seconds: float | None, waited: float) -> float:
        finish = await self._finish(provider, audio_seconds)
        return next_poll(waited, finish, provider.capabilities, self.poll_min_seconds, await self._count())

    async def _finish(self, provider: Provider, audio_seconds: float | None) -> float:
        latency = await self._latency(provider)
        grace = self.grace(provider.account) if provider.capabilities.pushes else 0.0
        return predicted_finish(audio_seconds, latency) + grace

    async def _latency(self, provider: Provider) -> tuple[float, float]:
        now = self.clock.now()
        at, known = self._latencies.get(provider.account, (0.0, (0.0, 0.0)))
        if not 0 <= now - at < FRESH_SECONDS:
            known = await self.store.latency(provider.account) or provider.capabilities.latency
            self._latencies[provider.account] = now, known
        return known

    async def _count(self) -> int:
        now = self.clock.now()
        if not 0 <= now - self._counted_at < FRESH_SECONDS:
            self._waiting = (await self.store.count_by_state()).get(State.WAITING, 0)
            self._counted_at = now
        return self._waiting

    def grace(self, account: str) -> float:
        """Seconds past the predicted finish within which this account's webhooks are expected."""
        shortest, longest = GRACE_SECONDS
        late = self._late.get(account)
        return FIRST_GRACE_SECONDS if late is None else min(longest, max(shortest, 2.0 * late))

    async def webhook_came(self, job: Job, provider: Provider, at: float) -> None:
        """Learn from a webhook that brought (or announced) a result at `at` (Unix seconds)."""
        if job.submitted_at is None:
            return
        latency = await self._latency(provider)
        late = max(0.0, at - job.submitted_at - predicted_finish(job.file.seconds, latency))
        known = self._late.get(provider.account, late)
        self._late[provider.account] = known + LEARN * (late - known)

    def awaits_webhook(self, job: Job, provider: Provider) -> float:
        """Seconds that a ready result still waits for a webhook that knows more; 0 when it has waited enough."""
        since = self._ready_since.setdefault(job.id, self.clock.now())
        left = since + self.grace(provider.account) - self.clock.now()
        if 0 < left <= GRACE_SECONDS[1]:
            return left
        self._ready_since.pop(job.id, None)
        return 0.0

    def forget(self, job: Job) -> None:
        """The job waits no more."""
        self._ready_since.pop(job.id, None)

    async def webhook_missed(self, job: Job, provider: Provider) -> None:
        """A result was there and no webhook had come in time: others may be lost, too."""
        if self._waited(job) < await self._finish(provider, job.file.seconds):
            return
        now = self.clock.now()
        if not 0 <= now - self._round_at.get(provider.account, 0.0) < AGAIN_SECONDS:
            self._round_at[provider.account] = now
            await self.poll_overdue(provider.account)

    async def poll_overdue(self, account: str = "") -> int:
        """Make every waiting job that is past its predicted finish due now, of one account if given; how many."""
        count, before = 0, None
        by_account = {each.account: each for each in self.providers.values()}
        while True:
            page = await self.store.jobs(JobFilter(states=(State.WAITING,), limit=_PAGE, before=before))
            for job in page:
                provider = by_account.get(job.account) if account in ("", job.account) else None
                if provider is not None and await self._is_overdue(job, provider):
                    count += await self.store.wake(job.id, self.clock.now())
            if len(page) < _PAGE:
                break
            before = page[-1].created_at
        if count:
            self.wakeups.notify_all()
        return count

    async def _is_overdue(self, job: Job, provider: Provider) -> bool:
        if job.due_at <= self.clock.now():
            return False
        return self._waited(job) >= await self._finish(provider, job.file.seconds)

    def _waited(self, job: Job) -> float:
        return self.clock.now() - (job.submitted_at or job.updated_at)


def predicted_finish(audio_seconds: float | None, latency: tuple[float, float]) -> float:
    """Seconds from the hand-over to the result, as a + b * seconds of audio; a minute of audio if unknown."""
    a, b = latency
    return a + b * (60.0 if audio_seconds is None else audio_seconds)


def spacing(waiting: int, capabilities: Capabilities) -> float:
    """Seconds between two polls of one job so that `waiting` jobs stay within the polls' share of the rate."""
    pace = capabilities.pace
    per_minute = pace.per_minute if pace is not None else UNPACED_PER_MINUTE
    return waiting * 60.0 / (per_minute * POLL_SHARE)


def next_poll(waited: float, finish: float, capabilities: Capabilities, poll_min: float, waiting: int) -> float:
    """Seconds to the next poll of a job that has waited `waited` seconds and should be done after `finish`.

    Webhooks change nothing here but that `finish` then includes the time they take. `waiting`: how many jobs wait.
    """
    if capabilities.works_when_polled:
        return 0.0
    shortest, longest = capabilities.poll_seconds
    shortest = max(shortest, poll_min)
    apart = spacing(waiting, capabilities)
    if capabilities.reports_progress:
        return max(shortest, min(apart, CHECK_SECONDS))
    if waited < finish:
        left = max(poll_min, finish - waited)
        return left if apart > CHECK_SECONDS else min(left, max(poll_min, CHECK_SECONDS))
    growing = min(max(shortest, longest), CHECK_SECONDS, waited * 0.25)
    return max(shortest, min(apart, LOADED_SECONDS), growing)
