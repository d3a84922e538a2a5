"""Our own messages in Slack (outbox), and what came in and waits (inbox); both are claimed before work begins."""

from collections.abc import Sequence
from typing import Protocol

from bot.ports.store.values import InboxItem, OutboxMessage


class Outbox(Protocol):
    """Messages of ours, each of which must exist exactly once, whatever process posts it.

    No write is unconditional. The way of a post: wait for the channel's turn, `claim_outbox` with the intent (None:
    another process is at it, do not post), post, `update_outbox` with its `ts`. A verification is taken by an
    `update_outbox` that moves `verify_at`: it keeps other verifications away, and nobody who posts waits for it.
    """

    async def outbox_message(self, key: str) -> OutboxMessage | None:
        """A message of ours."""
        ...

    async def outbox_of_job(self, job_id: str) -> Sequence[OutboxMessage]:
        """Everything that was posted for a job, by key."""
        ...

    async def claim_outbox(
        self, message: OutboxMessage, owner: str, now: float, seconds: float
    ) -> OutboxMessage | None:
        """Claim this message for `owner` until `now + seconds`, and store it as given (inserting it at revision 0).

        None if the row has another revision than `message`, or another owner's claim has not ended: read it again.
        """
        ...

    async def update_outbox(self, message: OutboxMessage, release: bool = True) -> OutboxMessage | None:
        """Replace the row if it still has `message.revision`; the message with its next revision, or None if it was
        changed by somebody else meanwhile. The claim ends with it unless `release` is False."""
        ...

    async def outbox_to_verify(self, now: float, limit: int = 50) -> Sequence[OutboxMessage]:
        """Messages whose `verify_at` has come."""
        ...


class Inbox(Protocol):
    """Webhooks and deferred work. An item stays until it is dropped, so a crash repeats it."""

    async def put_inbox(
        self, kind: str, key: str, ref: str, payload: bytes, now: float, due_at: float, team_id: str = ""
    ) -> bool:
        """Keep an item (sealed), for the workspace `team_id` if it is of one; False if (kind, key) is there already."""
        ...

    async def inbox_for(self, kind: str, *refs: str) -> Sequence[InboxItem]:
        """What waits for these references, oldest first."""
        ...

    async def inbox_due(self, kind: str, now: float, limit: int = 50, team_id: str = "") -> Sequence[InboxItem]:
        """What is due by now, claimed or not; with `team_id` only what is of this workspace."""
        ...

    async def claim_inbox(
        self, kind: str, now: float, seconds: float, limit: int = 50, team_id: str = ""
    ) -> Sequence[InboxItem]:
        """What is due by now and not claimed, claimed until `now + seconds`; earliest first. With `team_id` only what
        is of this workspace."""
        ...

    async def drop_inbox(self, item_id: int, claim: str = "") -> bool:
        """Done: delete the payload (the key stays for a day, so that a repeat is known).

        With `claim`, only if the item is still claimed by it; else False.
        """
        ...

    async def postpone_inbox(self, item: InboxItem, due_at: float) -> bool:
        """End the claim, count an attempt, try again at `due_at`; False if the claim was lost."""
        ...
