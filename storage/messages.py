"""Our own messages in Slack, and pushes that wait to be used."""

from collections.abc import Sequence

from bot.ports.store import InboxItem, OutboxMessage
from storage.engines.transaction import (
    Database,
    Row,
    Transaction,
    blob,
    execute,
    integer,
    maybe_number,
    number,
    reads,
    text,
    writes,
)
from storage.seal import Seal

_KEY_KEPT_SECONDS = 86400.0  # providers repeat a push for a day


class StoredMessages:
    """OutboxMessage messages and the inbox."""

    _db: Database
    _seal: Seal

    @reads
    def outbox_message(self, key: str) -> Transaction[OutboxMessage | None]:
        """A message of ours."""
        rows = yield from execute("outgoing", key=key)
        return _outgoing_of(rows[0]) if rows else None

    @reads
    def outbox_of_job(self, job_id: str) -> Transaction[Sequence[OutboxMessage]]:
        """Everything that was posted for a job, by key."""
        rows = yield from execute("outbox_of_job", job_id=job_id)
        return [_outgoing_of(row) for row in rows]

    @writes
    def save_outbox(self, message: OutboxMessage) -> Transaction[None]:
        """Insert or replace it."""
        yield from execute(
            "save_outbox",
            key=message.key,
            job_id=message.job_id,
            channel_id=message.channel_id,
            thread_ts=message.thread_ts,
            phase=message.phase,
            intent_at=message.intent_at,
            ts=message.ts,
            file_id=message.file_id,
            verify_at=message.verify_at,
        )

    @reads
    def outbox_to_verify(self, now: float, limit: int = 50) -> Transaction[Sequence[OutboxMessage]]:
        """Messages whose `verify_at` has come."""
        rows = yield from execute("outbox_to_verify", now=now, count=limit)
        return [_outgoing_of(row) for row in rows]

    @writes
    def put_inbox(self, kind: str, key: str, ref: str, payload: bytes, now: float, due_at: float) -> Transaction[bool]:
        """Keep a push (sealed); False if (kind, key) is there already."""
        yield from execute("forget_used_inbox", before=now - _KEY_KEPT_SECONDS)
        sealed = self._seal.close(payload, f"inbox:{kind}:{key}")
        rows = yield from execute("put_inbox", kind=kind, key=key, ref=ref, payload=sealed, now=now, due_at=due_at)
        return bool(rows)

    @reads
    def inbox_for(self, kind: str, *refs: str) -> Transaction[Sequence[InboxItem]]:
        """What waits for each of these references, oldest first."""
        rows: list[Row] = []
        for ref in refs:
            rows += yield from execute("inbox_for", kind=kind, ref=ref)
        return [self._item_of(row) for row in rows]

    @reads
    def inbox_due(self, kind: str, now: float, limit: int = 50) -> Transaction[Sequence[InboxItem]]:
        """What is due by now."""
        rows = yield from execute("inbox_due", kind=kind, now=now, count=limit)
        return [self._item_of(row) for row in rows]

    @writes
    def drop_inbox(self, item_id: int) -> Transaction[None]:
        """Used: forget the payload (the key stays for a day, so that a repeat is known)."""
        yield from execute("use_inbox", id=item_id, nothing=b"")

    def _item_of(self, row: Row) -> InboxItem:
        kind, key = text(row, "kind"), text(row, "key")
        return InboxItem(
            id=integer(row, "id"),
            kind=kind,
            key=key,
            ref=text(row, "ref"),
            payload=self._seal.open(blob(row, "payload"), f"inbox:{kind}:{key}"),
            due_at=number(row, "due_at"),
        )


def _outgoing_of(row: Row) -> OutboxMessage:
    return OutboxMessage(
        key=text(row, "key"),
        job_id=text(row, "job_id"),
        channel_id=text(row, "channel_id"),
        thread_ts=text(row, "thread_ts"),
        phase=text(row, "phase"),
        intent_at=number(row, "intent_at"),
        ts=text(row, "ts"),
        file_id=text(row, "file_id"),
        verify_at=maybe_number(row, "verify_at"),
    )
