"""Files into Slack: a long transcript as a file in the thread, exactly once.

`files.getUploadURLExternal` reserves an id, which is stored before `files.completeUploadExternal` shares it. After a
crash in between that id tells what happened: a file that `files.info` knows was completed (its share may show
later); one it does not know is completed again by the same id, which cannot make a second file.
"""

from dataclasses import dataclass, replace

import structlog

from bot.domain.errors import Ambiguous, RateLimited, Transient
from bot.ports.store import OutboxMessage, Phase
from bot.slack.api.client import SlackRefusal
from bot.slack.api.methods import Method
from bot.slack.api.payloads import Json, child, names, rows, text
from bot.slack.context import SlackContext
from bot.slack.thread.posts import SOMEBODY_ELSE, VERIFY_SECONDS, Posts
from bot.slack.thread.refusals import refuses_file
from bot.slack.thread.render import Document

_NO_LONGER_GOOD = frozenset({"file_not_found", "file_update_failed", "file_deleted", "invalid_arguments"})

_log = structlog.get_logger(__name__)


@dataclass
class Uploads:
    """Shares documents by their rows in the store."""

    slack: SlackContext
    posts: Posts

    async def deliver(self, key: str, job_id: str, channel_id: str, thread_ts: str, document: Document) -> bool:
        """Share the document, or find that it is shared; False where Slack does not take the file.

        Raises as `Posts.deliver` does.
        """
        row = await self.slack.store.outbox_message(key)
        if row is not None and row.phase != Phase.INTENT:
            return row.is_there  # "gone": refused before, so the text was chosen
        if row is not None and row.file_id:
            await self.posts.wait_until_settled(row)
            if await self._completed(row, document):
                return True
        fresh = OutboxMessage(key, job_id, channel_id, thread_ts, Phase.INTENT, self.slack.now())
        fresh = replace(fresh, revision=row.revision if row else 0, team_id=await self.posts.team_id())
        try:
            answer = await self.slack.client.call(
                Method.RESERVE_UPLOAD, filename=document.name, length=len(document.content)
            )
            fresh = replace(fresh, file_id=text(answer, "file_id"))
            await self.slack.client.post_bytes(text(answer, "upload_url"), document.content)
            await self.slack.client.pace.turn(channel_id)
            fresh = await self.posts.claim(fresh)
            await self._complete(fresh, document)
        except SlackRefusal as refusal:
            if not refuses_file(refusal.code):
                raise
            _log.info("file_refused", job=job_id, code=refusal.code)
            await self._save(replace(fresh, phase=Phase.GONE, file_id=""))
            return False
        return True

    async def _completed(self, row: OutboxMessage, document: Document) -> bool:
        """Whether the file of an earlier try is there, or can be completed now. False: start over."""
        try:
            answer = await self.slack.client.call(Method.FILE_INFO, file=row.file_id)
        except SlackRefusal as refusal:
            if refusal.code not in _NO_LONGER_GOOD:
                raise
        else:
            if text(child(answer, "file"), "id"):
                _log.info("file_adopted", job=row.job_id)
                await self._save(self._posted(row))
                return True
        try:
            await self._complete(replace(row, intent_at=self.slack.now()), document)
        except SlackRefusal as refusal:
            if refusal.code not in _NO_LONGER_GOOD:
                raise
            return False  # its bytes never arrived, or the reservation lapsed
        return True

    async def _complete(self, row: OutboxMessage, document: Document, phase: Phase = Phase.POSTED) -> None:
        thread = {"thread_ts": row.thread_ts} if row.thread_ts else {}
        try:
            await self.slack.client.call(
                Method.COMPLETE_UPLOAD,
                files=[{"id": row.file_id, "title": document.title}],
                channel_id=row.channel_id,
                **thread,
            )
        except Ambiguous as unknown:
            await self._save(row)
            raise Transient(unknown.detail, after=self.posts.settle_seconds) from None
        except RateLimited as error:  # of this channel, not of the whole lane
            raise Transient(error.detail, after=error.retry_after) from None
        await self._save(replace(self._posted(row), phase=phase))

    async def _save(self, row: OutboxMessage) -> None:
        """Raises `Transient` if another process has changed the row meanwhile: what it says then counts."""
        if await self.slack.store.update_outbox(row) is None:
            raise Transient(SOMEBODY_ELSE, after=1.0)

    def _posted(self, row: OutboxMessage) -> OutboxMessage:
        return replace(row, phase=Phase.POSTED, verify_at=self.slack.now() + VERIFY_SECONDS)

    async def erase(self, row: OutboxMessage) -> None:
        """Delete a file of ours that is shared, or may be, and the message that shares it. Raises `StepError`s."""
        if row.phase == Phase.INTENT:
            await self.posts.wait_until_settled(row)
        try:
            file = child(await self.slack.client.call(Method.FILE_INFO, file=row.file_id), "file")
            if not child(file, "shares") and self.slack.now() < row.intent_at + self.posts.settle_seconds:
                raise Transient("a file's share does not show yet", after=1.0)
            for side in ("public", "private"):  # first: a deleted file tells no more where it was shared
                for share in rows(child(file, "shares", side), row.channel_id):
                    await self.posts.delete(row.channel_id, text(share, "ts"))
            await self.slack.client.call(Method.DELETE_FILE, file=row.file_id)
        except SlackRefusal as refusal:
            _log.info("file_delete_refused", job=row.job_id, code=refusal.code)
        await self.posts.mark_gone(row)

    async def verify(self, row: OutboxMessage) -> bool:
        """Check that a completed file is in its conversation; the first time that it is not, complete it again.

        Slack may answer that all is well and never share the file (bolt-js #2115). False: it is not there after the
        second time either, or Slack does not complete it twice. Raises as `deliver`.
        """
        try:
            file = child(await self.slack.client.call(Method.FILE_INFO, file=row.file_id), "file")
        except SlackRefusal as refusal:
            _log.info("file_not_verified", job=row.job_id, code=refusal.code)
            await self._save(replace(row, verify_at=None))  # somebody deleted it
            return True
        if _is_shared(file, row.channel_id):
            await self._save(replace(row, phase=Phase.SETTLED, verify_at=None))
            return True
        if row.phase == Phase.SETTLED:
            return False
        _log.warning("file_not_shared", job=row.job_id)
        try:
            await self._complete(row, Document(text(file, "name"), text(file, "title"), b""), phase=Phase.SETTLED)
        except SlackRefusal as refusal:
            _log.info("file_not_completed_again", job=row.job_id, code=refusal.code)
            if refuses_file(refusal.code):
                return False
            await self._save(replace(row, verify_at=None))  # we may not post there any more
        return True


def _is_shared(file: Json, channel_id: str) -> bool:
    shares = child(file, "shares")
    listed = any(channel_id in names(file, kind) for kind in ("channels", "groups", "ims"))
    return listed or any(rows(child(shares, side), channel_id) for side in ("public", "private"))
