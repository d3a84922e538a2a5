"""Our own messages in Slack: claimed before they are posted, changed by compare-and-set."""

from collections.abc import Sequence
from dataclasses import replace

from bot.ports.store import OutboxMessage, Phase
from storage.engines.transaction import (
    Database,
    Query,
    Row,
    Transaction,
    Value,
    execute,
    integer,
    maybe_number,
    number,
    reads_once,
    text,
    writes_once,
)


class StoredOutbox:
    """The outbox."""

    _db: Database

    @reads_once
    def outbox_message(self, key: str) -> Transaction[OutboxMessage | None]:
        """A message of ours."""
        rows = yield from execute("outbox_message", key=key)
        return message_of(rows[0]) if rows else None

    @reads_once
    def outbox_of_job(self, job_id: str) -> Transaction[Sequence[OutboxMessage]]:
        """Everything that was posted for a job, by key."""
        rows = yield from execute("outbox_of_job", job_id=job_id)
        return [message_of(row) for row in rows]

    @writes_once
    def claim_outbox(
        self, message: OutboxMessage, owner: str, now: float, seconds: float
    ) -> Transaction[OutboxMessage | None]:
        """Claim this message and store it as given; None if somebody else was quicker, or has it claimed."""
        until = now + seconds
        more: dict[str, Value] = {"owner": owner, "until": until, "now": now, "revision": message.revision}
        rows = yield Query("claim_outbox", _values(message) | more)
        if not rows:
            return None
        return replace(message, owner=owner, claimed_until=until, revision=integer(rows[0], "revision"))

    @writes_once
    def update_outbox(self, message: OutboxMessage, release: bool = True) -> Transaction[OutboxMessage | None]:
        """Replace the row if it still has this revision; None if it was changed meanwhile."""
        if message.revision == 0:
            rows = yield Query("add_outbox", _values(message))
            return replace(message, owner="", claimed_until=0.0, revision=1) if rows else None
        more: dict[str, Value] = {"release": int(release), "revision": message.revision}
        rows = yield Query("update_outbox", _values(message) | more)
        if not rows:
            return None
        row = rows[0]
        return replace(
            message,
            owner=text(row, "owner"),
            claimed_until=number(row, "claimed_until"),
            revision=integer(row, "revision"),
        )

    @reads_once
    def outbox_to_verify(self, now: float, limit: int = 50) -> Transaction[Sequence[OutboxMessage]]:
        """Messages whose `verify_at` has come."""
        rows = yield from execute("outbox_to_verify", now=now, count=limit)
        return [message_of(row) for row in rows]


def _values(message: OutboxMessage) -> dict[str, Value]:
    return {
        "key": message.key,
        "job_id": message.job_id,
        "channel_id": message.channel_id,
        "thread_ts": message.thread_ts,
        "phase": message.phase.value,
        "intent_at": message.intent_at,
        "ts": message.ts,
        "file_id": message.file_id,
        "verify_at": message.verify_at,
        "team_id": message.team_id,
    }


def message_of(row: Row) -> OutboxMessage:
    """The message of a row."""
    return OutboxMessage(
        key=text(row, "key"),
        job_id=text(row, "job_id"),
        channel_id=text(row, "channel_id"),
        thread_ts=text(row, "thread_ts"),
        phase=Phase(text(row, "phase")),
        intent_at=number(row, "intent_at"),
        ts=text(row, "ts"),
        file_id=text(row, "file_id"),
        verify_at=maybe_number(row, "verify_at"),
        owner=text(row, "owner"),
        claimed_until=number(row, "claimed_until"),
        revision=integer(row, "revision"),
        team_id=text(row, "team_id"),
    )
