"""Webhooks and deferred work that wait: kept once, claimed, dropped when done."""

import json
import secrets
from collections.abc import Sequence

from bot.ports.store import InboxItem
from storage.engines.transaction import (
    Database,
    Row,
    Transaction,
    blob,
    execute,
    integer,
    number,
    reads_once,
    text,
    urgent_writes_once,
    writes_once,
)
from storage.seal import Seal

_KEY_KEPT_SECONDS = 86400.0  # providers repeat a webhook for a day


class StoredInbox:
    """The inbox."""

    _db: Database
    _seal: Seal

    @urgent_writes_once
    def put_inbox(
        self, kind: str, key: str, ref: str, payload: bytes, now: float, due_at: float, team_id: str = ""
    ) -> Transaction[bool]:
        """Keep an item (sealed); False if (kind, key) is there already."""
        sealed = self._seal.encrypt(payload, f"inbox:{kind}:{key}")
        rows = yield from execute(
            "put_inbox",
            kind=kind,
            key=key,
            ref=ref,
            payload=sealed,
            now=now,
            due_at=due_at,
            team_id=team_id,
            before=now - _KEY_KEPT_SECONDS,
        )
        return bool(rows)

    @reads_once
    def inbox_for(self, kind: str, *refs: str) -> Transaction[Sequence[InboxItem]]:
        """What waits for these references, oldest first."""
        rows = yield from execute("inbox_for", kind=kind, ids=json.dumps(refs))
        return [self._item_of(row) for row in rows]

    @reads_once
    def inbox_due(self, kind: str, now: float, limit: int = 50, team_id: str = "") -> Transaction[Sequence[InboxItem]]:
        """What is due by now, of one workspace if one is named."""
        rows = yield from execute("inbox_due", kind=kind, now=now, count=limit, team_id=team_id)
        return [self._item_of(row) for row in rows]

    @writes_once
    def claim_inbox(
        self, kind: str, now: float, seconds: float, limit: int = 50, team_id: str = ""
    ) -> Transaction[Sequence[InboxItem]]:
        """What is due by now and not claimed, claimed until `now + seconds`; earliest first."""
        rows = yield from execute(
            "claim_inbox",
            kind=kind,
            now=now,
            until=now + seconds,
            claim=secrets.token_hex(8),
            count=limit,
            team_id=team_id,
        )
        return sorted((self._item_of(row) for row in rows), key=lambda item: (item.due_at, item.id))

    @writes_once
    def drop_inbox(self, item_id: int, claim: str = "") -> Transaction[bool]:
        """Done: delete the payload (the key stays for a day, so that a repeat is known)."""
        return bool((yield from execute("use_inbox", id=item_id, claim=claim, nothing=b"")))

    @writes_once
    def postpone_inbox(self, item: InboxItem, due_at: float) -> Transaction[bool]:
        """End the claim, count an attempt, try again at `due_at`; False if the claim was lost."""
        return bool((yield from execute("postpone_inbox", id=item.id, claim=item.claim, due_at=due_at)))

    def _item_of(self, row: Row) -> InboxItem:
        kind, key = text(row, "kind"), text(row, "key")
        return InboxItem(
            id=integer(row, "id"),
            kind=kind,
            key=key,
            ref=text(row, "ref"),
            payload=self._seal.decrypt(blob(row, "payload"), f"inbox:{kind}:{key}"),
            due_at=number(row, "due_at"),
            attempts=integer(row, "attempts"),
            claim=text(row, "claim"),
            team_id=text(row, "team_id"),
        )
