"""What users do, noted in the audit log: who, what, about which job, from where; never what was said."""

from bot.domain.job import Job
from bot.ports.store import Audit, AuditAction, AuditEntry


async def note(
    store: Audit, action: AuditAction, user_id: str, origin: str, now: float, job: Job | None = None, **details: str
) -> AuditEntry:
    """Append an entry about a job, or about a conversation (`team` and `channel` in the details); it comes back."""
    team_id = job.origin.team_id if job else details.pop("team", "")
    channel_id = job.origin.channel_id if job else details.pop("channel", "")
    job_id = job.id if job else ""
    entry = AuditEntry(now, user_id, action, origin, team_id, channel_id, job_id, details)
    return await store.record(entry)
