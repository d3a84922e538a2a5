"""One message of ours, exactly once: intent committed, posted without repeats, its `ts` committed.

Slack has no idempotency key for `chat.postMessage`, so a post of unknown fate (a crash, a cut connection, a 5xx) is
looked up before it is repeated: after a settle time the thread is read, and a message of ours that carries the mark
is adopted. Slack may still show a first post after that, so a post that followed a doubtful one is verified a minute
later, and extras are deleted. The mark is in the metadata and in a `block_id`: metadata may be withheld from a token.

Several processes may be at one message, and one of them may have stood still (a paused machine) while its job went to
another. So the row is claimed after the wait for the channel's turn, by compare-and-set; who lost it does not post. One
that stood still in the middle of its request finds that its row has moved on, and takes its own message away. Every
other change of a row is a compare-and-set, too. A verification is taken by moving its `verify_at`: no other process
takes it meanwhile, and nobody who posts is kept waiting.
"""

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import structlog

from bot.domain.errors import Ambiguous, Misconfigured, RateLimited, Rejected, Transient
from bot.ports.store import OutboxMessage, Phase
from bot.slack.api.client import SlackRefusal
from bot.slack.api.identity import Identity
from bot.slack.api.methods import Method
from bot.slack.api.payloads import Json, child, rows, text
from bot.slack.blockkit.blocks import Message
from bot.slack.context import SlackContext
from bot.slack.outbox_keys import ReplyKey, StatusKey, read_key
from bot.slack.thread.refusals import THREAD_GONE
from bot.slack.thread.render import marked

VERIFY_SECONDS = 60.0
_NAMESPACE = uuid.UUID("8f2c3a52-5f0e-4a8e-9d0f-6a1f0f5b7c11")
_LONGEST_CLAIM_SECONDS = 5.0  # from the claim to the request, whatever the settle time
SOMEBODY_ELSE = "another process is at this message"
_MOST_HISTORY_PAGES = 5  # a message outside a thread is looked for among the channel's newest thousand

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MessageMark:
    """What distinguishes a message of ours from every other: an event type, an opaque job id and a part."""

    event_type: str
    job: str
    part: str = "0"

    @property
    def metadata(self) -> Json:
        """The message metadata; every app in the workspace can read it."""
        return {"event_type": self.event_type, "event_payload": {"job": self.job, "part": self.part}}

    @property
    def block_id(self) -> str:
        """The same in the first block."""
        return f"{self.event_type}.{self.job}.{self.part}"

    def on(self, message: Json) -> bool:
        """Whether a message carries the mark in either place."""
        metadata = child(message, "metadata")
        payload = child(metadata, "event_payload")
        if text(metadata, "event_type") == self.event_type and text(payload, "job") == self.job:
            return text(payload, "part") == self.part
        return any(text(block, "block_id") == self.block_id for block in rows(message, "blocks"))


REPLY = "threadscribe_reply"
STATUS = "threadscribe_status"
GREETING = "threadscribe_greeting"


def mark_of(key: str, job_id: str) -> MessageMark:
    """The mark of a row; that of a greeting is of its channel."""
    match read_key(key):
        case ReplyKey(turn=turn, part=part):
            return MessageMark(REPLY, job_id, f"{turn}.{part}")
        case StatusKey():
            return MessageMark(STATUS, job_id)
        case _:
            return MessageMark(GREETING, key.rpartition(":")[2])


@dataclass
class Posts:
    """Posts marked messages by their rows in the store."""

    slack: SlackContext
    settle_seconds: float
    on_reply: Callable[[str], None]  # called for each reply: `posted`, `adopted`, or `healed` of an extra one
    _owner: str = field(default_factory=lambda: secrets.token_hex(8), init=False)

    async def deliver(
        self, key: str, job_id: str, channel_id: str, thread_ts: str, message: Message, *, passing: bool = False
    ) -> str:
        """Post the message of this key, or find that it is there; its `ts`.

        One that is `passing` (a status line) is verified a minute later in any case: it may have been posted when
        its time was over. Raises `Transient` to be called again (with `after` while a doubtful post settles),
        `Misconfigured`, or `SlackRefusal` when Slack will not have it.
        """
        row = await self.slack.store.outbox_message(key)
        if row is not None and row.is_there:
            return row.ts
        now = self.slack.now()
        revision, team_id = (row.revision if row else 0), await self.team_id()
        fresh = OutboxMessage(key, job_id, channel_id, thread_ts, Phase.INTENT, now, revision=revision, team_id=team_id)
        doubtful = row is not None and (row.phase == Phase.INTENT or row.verify_at is not None)
        if row is not None and doubtful:
            await self.wait_until_settled(row)
            if found := await self.find(replace(row, channel_id=channel_id, thread_ts=thread_ts)):
                _log.info("post_adopted", key=key, ts=found[0])
                if await self.slack.store.update_outbox(self._posted(fresh, found[0], doubtful=True)) is None:
                    raise Transient(SOMEBODY_ELSE, after=1.0)
                self._report(key, "adopted")
                return found[0]
            fresh = replace(fresh, verify_at=now + VERIFY_SECONDS)  # marks it as doubtful, also after another crash
        await self.slack.client.pace.turn(channel_id)
        claimed = await self.claim(replace(fresh, verify_at=now + VERIFY_SECONDS) if passing else fresh)
        ts = await self._post(claimed, message, fresh.verify_at)
        posted = self._posted(claimed, ts, doubtful)
        if passing and not doubtful:
            posted = replace(posted, phase=Phase.SETTLED, verify_at=self.slack.now() + VERIFY_SECONDS)
        if await self.slack.store.update_outbox(posted) is None:
            return await self._superseded(claimed, ts)
        self._report(key, "posted")
        return ts

    async def team_id(self) -> str:
        """The workspace that is posted to. Raises `StepError`s while Slack cannot be asked for the first time."""
        return (await self.slack.who.me()).team_id

    async def claim(self, message: OutboxMessage) -> OutboxMessage:
        """Store the intent just before it is carried out. Raises `Transient` if somebody else is at this message."""
        at = self.slack.now()
        claimed = await self.slack.store.claim_outbox(
            replace(message, intent_at=at), self._owner, at, self.settle_seconds
        )
        if claimed is None or self.slack.now() - at > max(self.settle_seconds, _LONGEST_CLAIM_SECONDS):
            raise Transient(SOMEBODY_ELSE, after=1.0)  # or this process stood still meanwhile
        return claimed

    async def _superseded(self, claimed: OutboxMessage, ts: str) -> str:
        """Our message is posted, and its row has changed meanwhile: what the row says counts."""
        current = await self.slack.store.outbox_message(claimed.key)
        if current is not None and current.phase == Phase.INTENT:  # who is at it now finds ours, or verifies
            raise Transient(SOMEBODY_ELSE, after=self.settle_seconds)
        if current is not None and current.ts == ts and current.is_there:
            return ts
        _log.warning("extra_deleted", key=claimed.key, ts=ts)
        await self.delete(claimed.channel_id, ts)
        self._report(claimed.key, "healed")
        return ts if current is None else current.ts

    def _report(self, key: str, how: str) -> None:
        if isinstance(read_key(key), ReplyKey):
            self.on_reply(how)

    async def wait_until_settled(self, row: OutboxMessage) -> None:
        """Raise `Transient` until a doubtful post has had its time to show."""
        if row.phase != Phase.INTENT:
            return
        wait = row.intent_at + self.settle_seconds - self.slack.now()
        if wait > self.settle_seconds:  # the clock was set back: count from now
            await self.slack.store.update_outbox(replace(row, intent_at=self.slack.now()))
            wait = self.settle_seconds
        if wait > 0:
            raise Transient(f"a post of unknown fate settles for {wait:.0f} s", after=wait)

    async def _post(self, row: OutboxMessage, message: Message, verify_at: float | None) -> str:
        """The `ts`. `verify_at`: of the row if the message is certainly not posted."""
        mark = mark_of(row.key, row.job_id)
        sent = marked(message, mark.block_id)
        thread = {"thread_ts": row.thread_ts} if row.thread_ts else {}
        try:
            answer = await self.slack.client.call(
                Method.POST,
                channel=row.channel_id,
                text=sent.text,
                blocks=sent.blocks,
                metadata=mark.metadata,
                mrkdwn=not sent.blocks,
                parse="none",
                link_names=False,
                unfurl_links=False,
                unfurl_media=False,
                client_msg_id=str(uuid.uuid5(_NAMESPACE, row.key)),
                **thread,
            )
        except Ambiguous as unknown:
            raise Transient(unknown.detail, after=self.settle_seconds) from None
        except (Transient, Misconfigured, Rejected) as error:
            # Certainly not posted: nothing to settle.
            await self.slack.store.update_outbox(replace(row, phase=Phase.GONE, verify_at=verify_at))
            if isinstance(error, RateLimited):  # of this channel, not of the whole lane
                raise Transient(error.detail, after=error.retry_after) from None
            raise
        return text(answer, "ts")

    def _posted(self, row: OutboxMessage, ts: str, doubtful: bool) -> OutboxMessage:
        verify_at = self.slack.now() + VERIFY_SECONDS if doubtful else None
        return replace(row, phase=Phase.POSTED, ts=ts, verify_at=verify_at)

    async def find(self, row: OutboxMessage) -> list[str]:
        """The `ts` of every message of ours that carries the row's mark, earliest first."""
        me = await self.slack.who.me()
        mark = mark_of(row.key, row.job_id)
        found: list[str] = []
        if not row.thread_ts:
            return await self._find_in_channel(me, mark, row.channel_id)
        try:
            async for page in self.slack.client.pages(
                Method.REPLIES, channel=row.channel_id, ts=row.thread_ts, include_all_metadata=True, limit=200
            ):
                found += _marked(me, mark, page)
        except SlackRefusal as refusal:
            if refusal.code not in THREAD_GONE:
                raise
        return sorted(found, key=float)

    async def _find_in_channel(self, me: Identity, mark: MessageMark, channel_id: str) -> list[str]:
        found: list[str] = []
        pages = 0
        async for page in self.slack.client.pages(
            Method.HISTORY, channel=channel_id, include_all_metadata=True, limit=200
        ):
            found += _marked(me, mark, page)
            pages += 1
            if pages == _MOST_HISTORY_PAGES:
                break
        return sorted(found, key=float)

    async def edit(self, row: OutboxMessage, message: Message) -> None:
        """Change a posted message; it keeps its mark."""
        mark = mark_of(row.key, row.job_id)
        sent = marked(message, mark.block_id)
        await self.slack.client.call(
            Method.UPDATE,
            channel=row.channel_id,
            ts=row.ts,
            text=sent.text,
            blocks=sent.blocks,
            metadata=mark.metadata,
            parse="none",
            link_names=False,
        )

    async def delete(self, channel_id: str, ts: str) -> None:
        """Delete a message of ours; it may be gone already."""
        try:
            await self.slack.client.call(Method.DELETE, channel=channel_id, ts=ts)
        except SlackRefusal as refusal:
            _log.info("delete_refused", code=refusal.code)

    async def erase(self, row: OutboxMessage) -> None:
        """Delete a message of ours that is posted, or may be: then not before it would show. Raises `StepError`s."""
        if row.phase == Phase.INTENT:
            await self.wait_until_settled(row)
        for ts in await self.find(row) if row.phase == Phase.INTENT else [row.ts]:
            await self.delete(row.channel_id, ts)
        await self.mark_gone(row)

    async def mark_gone(self, row: OutboxMessage, verify_at: float | None = None) -> None:
        """Note that this message of ours is deleted, unless its row is about another one by now."""
        gone: OutboxMessage | None = row
        while gone is not None and gone.phase != Phase.GONE and (gone.ts, gone.file_id) == (row.ts, row.file_id):
            if await self.slack.store.update_outbox(replace(gone, phase=Phase.GONE, verify_at=verify_at)) is not None:
                return
            gone = await self.slack.store.outbox_message(row.key)

    async def take_verification(self, row: OutboxMessage) -> OutboxMessage | None:
        """The row, if this process is to verify it now: no other does within a minute. None if it was changed."""
        return await self.slack.store.update_outbox(replace(row, verify_at=self.slack.now() + VERIFY_SECONDS), False)

    async def verify(self, row: OutboxMessage) -> None:
        """Look a doubtful message up once more: the earliest stays, extras go."""
        if row.phase == Phase.INTENT and self.slack.now() < row.intent_at + 10 * VERIFY_SECONDS:
            return  # its owner is still at it
        taken = await self.take_verification(row)
        if taken is not None:
            taken = await self.without_extras(taken)
            await self.slack.store.update_outbox(
                replace(taken, verify_at=None)
            )  # unless somebody has changed it meanwhile

    async def without_extras(self, row: OutboxMessage) -> OutboxMessage:
        """The row as settled, once extras of a message that is posted are deleted; any other row as it is."""
        if row.phase != Phase.POSTED:
            return row
        try:
            found = await self.find(row)
        except SlackRefusal:
            found = []
        for extra in found[1:]:
            _log.info("extra_deleted", key=row.key, ts=extra)
            await self.delete(row.channel_id, extra)
            self._report(row.key, "healed")
        return replace(row, phase=Phase.SETTLED, ts=found[0] if found else row.ts)


def _marked(me: Identity, mark: MessageMark, page: Json) -> list[str]:
    return [text(message, "ts") for message in rows(page, "messages") if me.wrote(message) and mark.on(message)]
