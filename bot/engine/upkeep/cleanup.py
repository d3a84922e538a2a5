"""What the bot tidies up by itself: what a killed process left, at start, and old content once an hour."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.errors import Misconfigured, StepError
from bot.domain.job import FINAL, RemoteJob, State
from bot.engine.hosted_audio import HostedAudio
from bot.engine.ownership import Ownership
from bot.ports.clock import Clock
from bot.ports.provider import KeepsAudio, Provider
from bot.ports.store import AuditAction, AuditEntry, JobStore

PURGE, PURGE_EVERY_SECONDS = "purge", 3600.0
RELEASE_EVERY_SECONDS = 5.0  # a deletion reaches the audio on every machine within twice this
DAY = 86_400.0  # seconds


@dataclass(slots=True)
class Upkeep:
    """`sweep_spool` removes what killed processes left there; `alone` says that no other process uses the database."""

    store: JobStore
    clock: Clock
    providers: Mapping[str, Provider]
    hosted_audio: HostedAudio
    sweep_spool: Callable[[], Awaitable[object]]
    retention_days: int
    alone: bool
    retention_max_days: int = 0
    audit_retention_days: int = 0
    history_days: int = 0
    removed_workspace_days: int = 30
    _ownership: Ownership = field(init=False)

    def __post_init__(self) -> None:
        """Take part in who purges."""
        self._ownership = Ownership(self.store, self.clock)

    async def clean_up(self, works: bool = True) -> None:
        """Give back the leases of a killed process, delete its spool and what belongs to jobs that ended.

        A process that does not work on recordings (`works`) has only its spool to look after.
        """
        await self.sweep_spool()
        if not works:
            return
        if self.alone:
            await self.store.release_all()
        await self.store.discard_ended()
        for provider in self.providers.values():
            if isinstance(provider, KeepsAudio):
                await self._sweep(provider)

    async def _sweep(self, provider: KeepsAudio) -> None:
        kept = [await self.store.job(job_id) for job_id in await provider.kept()]
        unfinished = [job for job in kept if job is not None and job.state not in (*FINAL, State.REPLYING)]
        await provider.sweep([job.id for job in unfinished])
        for job in unfinished:  # the work on it ended with the process: poll it now, which starts it again
            await self.store.wake(job.id, self.clock.now())

    async def release_ended(self) -> None:
        """Release what this process holds for jobs that another one has ended: audio, and work of its own."""
        await self.hosted_audio.sweep()
        for provider in self.providers.values():
            if isinstance(provider, KeepsAudio):
                await self._release(provider, await provider.kept())

    async def release_shared(self, broke: Callable[[Misconfigured], None]) -> None:
        """Delete what all machines share of jobs that ended. `broke` hears of a place that cannot be reached."""
        for provider in self.providers.values():
            if isinstance(provider, KeepsAudio):
                try:
                    await self._release(provider, await provider.shared())
                except StepError as error:  # the next round tries again; meanwhile the account is shown as broken
                    broke(Misconfigured(provider.account, error.detail))

    async def _release(self, provider: KeepsAudio, kept: Sequence[str]) -> None:
        wanted = await self.store.unfinished(kept) if kept else ()
        for job_id in kept:
            if job_id not in wanted:
                await self._let_go(provider, job_id)

    async def _let_go(self, provider: KeepsAudio, job_id: str) -> None:
        job = await self.store.job(job_id)
        if job is None or job.deleted_at is not None or job.state in (*FINAL, State.REPLYING):
            await provider.cancel(job.remote if job is not None and job.remote else RemoteJob(job_id))

    async def purge(self) -> None:
        """Delete content that is older than the retention; with 0 days only what deletions left.

        Then old entries of the audit log. Of several processes one does it; the others pass.
        """
        async with self._ownership.during(PURGE) as ours:
            if ours:
                await self._purge()

    async def _purge(self) -> None:
        now = self.clock.now()
        if count := await self.store.purge(now, self.retention_days or None, self.retention_max_days or None):
            details = {"jobs": str(count)}
            await self.store.record(AuditEntry(now, "bot", AuditAction.PURGED, "schedule", details=details))
        if self.history_days and (count := await self.store.forget_history(now - self.history_days * DAY)):
            details = {"rows": str(count)}
            await self.store.record(AuditEntry(now, "bot", AuditAction.PURGED, "schedule", details=details))
        for team_id in await self.store.purge_removed(now - self.removed_workspace_days * DAY, now):
            details = {"workspace": "removed the app"}
            await self.store.record(
                AuditEntry(now, "bot", AuditAction.PURGED, "schedule", team_id=team_id, details=details)
            )
        if self.audit_retention_days:
            await self._purge_audit(now)

    async def _purge_audit(self, now: float) -> None:
        """Deleting old entries of the audit log is an entry of it."""
        if count := await self.store.purge_audit(now - self.audit_retention_days * DAY):
            details = {"entries": str(count)}
            await self.store.record(AuditEntry(now, "bot", AuditAction.PURGED, "schedule", details=details))
