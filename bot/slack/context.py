"""What every part of one workspace's side of Slack works with."""

from dataclasses import dataclass

from bot.domain.job import Job
from bot.ports.clock import Clock
from bot.ports.store import AuditAction, AuditEntry, JobStore
from bot.slack.api.client import SlackClient
from bot.slack.api.identity import BotIdentity
from bot.slack.people.users import Users


@dataclass(frozen=True, slots=True)
class SlackContext:
    """The store, and Slack as this workspace's bot sees it."""

    store: JobStore
    client: SlackClient
    who: BotIdentity
    users: Users
    clock: Clock

    def now(self) -> float:
        """Unix seconds."""
        return self.clock.now()

    async def note(
        self,
        action: AuditAction,
        user_id: str,
        origin: str,
        job: Job | None = None,
        *,
        team: str = "",
        channel: str = "",
        **details: str,
    ) -> AuditEntry:
        """Record in the audit log what a user did: with which job, or in which conversation, and from where.

        Never what was said. Raises `StoreError`.
        """
        team_id, channel_id = (job.origin.team_id, job.origin.channel_id) if job else (team, channel)
        job_id = job.id if job else ""
        entry = AuditEntry(self.now(), user_id, action, origin, team_id, channel_id, job_id, details)
        return await self.store.record(entry)
