"""A posted reply follows its transcript: rewritten when speakers were named, taken away when it was deleted.

Both are deferred work: what a user decided is committed first, and done again after a crash. Each may be repeated.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import structlog

from bot.domain.job import Job, State
from bot.domain.transcript import Transcript
from bot.ports.store import AuditAction, OutboxMessage, Phase
from bot.slack.api.client import SlackRefusal
from bot.slack.api.payloads import Json, number, text
from bot.slack.buttons.download import Downloads
from bot.slack.context import SlackContext
from bot.slack.outbox_keys import ExportKey, FileKey, ReplyKey, read_key
from bot.slack.thread import render
from bot.slack.thread.replies import Replies
from bot.text.exports.formats import Format, available

REWRITE = "rewrite"
ERASE = "erase"

_log = structlog.get_logger(__name__)


@dataclass
class ReplyUpdates:
    """Brings what is posted for a job up to date."""

    slack: SlackContext
    replies: Replies
    downloads: Downloads

    async def rewrite(self, facts: Json) -> None:
        """Deferred work: show the reply, its file and what was downloaded as the speakers are named now."""
        job = await self.slack.store.job(text(facts, "job"))
        transcript = await self.slack.store.transcript(job.id) if job is not None else None
        if job is None or transcript is None or job.state is not State.DONE:
            return
        turn = await self.replies.turn(job)
        revision = (await self.slack.store.speaker_names(job.id)).revision
        posted = [row for row in await self.slack.store.outbox_of_job(job.id) if row.is_there]
        document = await self._message(job, transcript, turn, posted)
        await self._document(job, turn, revision, posted, document)
        await self._exports(job, transcript, revision, posted)

    async def _message(
        self, job: Job, transcript: Transcript, turn: int, posted: Sequence[OutboxMessage]
    ) -> render.Document | None:
        row = next((row for row in posted if row.key == self.replies.key(job, turn, 0)), None)
        if row is not None:
            try:
                return await self.replies.sent(job, transcript, turn, partial(self.replies.posts.edit, row))
            except SlackRefusal as refusal:  # the message is gone; its files may be there
                _log.info("rewrite_refused", job=job.id, code=refusal.code)
        return (await self.replies.compose(job, transcript, turn)).document

    async def _document(
        self, job: Job, turn: int, revision: int, posted: Sequence[OutboxMessage], document: render.Document | None
    ) -> None:
        """The new file comes before the old one goes, so that the whole text is always there."""
        origin, current = job.origin, self.replies.file_key(job, turn, revision)
        parts = 0
        if document is not None and not await self.replies.uploads.deliver(
            current, job.id, origin.channel_id, origin.thread_ts, document
        ):
            parts = await self._parts(job, turn, posted, document)
        for row in posted:
            match read_key(row.key):
                case FileKey() if row.key != current:
                    await self.replies.uploads.erase(row)
                case ReplyKey(turn=its_turn, part=part) if its_turn == turn and part > parts:
                    await self.replies.posts.erase(row)

    async def _parts(self, job: Job, turn: int, posted: Sequence[OutboxMessage], document: render.Document) -> int:
        """Where files are refused: the text again, message by message; how many."""
        there = {row.key: row for row in posted}
        messages = await asyncio.to_thread(render.parts, document, await self.replies.phrases(job))
        for part, message in enumerate(messages, start=1):
            key = self.replies.key(job, turn, part)
            if row := there.get(key):
                await self.replies.posts.edit(row, message)
            else:
                await self.replies.posts.deliver(key, job.id, job.origin.channel_id, job.origin.thread_ts, message)
        return len(messages)

    async def _exports(self, job: Job, transcript: Transcript, revision: int, posted: Sequence[OutboxMessage]) -> None:
        for row in posted:
            key = read_key(row.key)
            if not isinstance(key, ExportKey) or key.revision == revision:
                continue
            if key.extension in [each.value for each in available(transcript)]:
                newer = replace(key, revision=revision)
                await self.downloads.share(job, transcript, Format(key.extension), str(newer))
            await self.replies.uploads.erase(row)

    async def delete_reply(self, facts: Json) -> None:
        """Deferred work: purge what is stored, take every file and part away, and leave one line of the reply."""
        job = await self.slack.store.job(text(facts, "job"))
        if job is None:
            return
        await self.slack.store.purge_job(job.id, self.slack.now())
        rows = await self.slack.store.outbox_of_job(job.id)
        posted = [row for row in rows if row.is_there or row.phase == Phase.INTENT]  # or may be there any moment
        last = self.replies.key(job, await self.replies.turn(job), 0)
        for row in posted:
            match read_key(row.key):
                case FileKey() | ExportKey():
                    await self.replies.uploads.erase(row)
                case ReplyKey() if row.key == last and row.is_there:
                    await self._leave_tombstone(job, row, text(facts, "user"), number(facts, "at"))
                case ReplyKey(part=part) if part > 0:
                    await self.replies.posts.erase(row)
        await self.slack.note(AuditAction.DELETED, text(facts, "user"), "button", job)
        _log.info("transcript_deleted", job=job.id, by=text(facts, "user"))

    async def withdraw(self, facts: Json) -> None:
        """Deferred work: the recording is deleted, so every message and file of ours about it goes, without a note."""
        job = await self.slack.store.job(text(facts, "job"))
        if job is None:
            return
        await self.replies.withdraw(job)
        _log.info("reply_withdrawn", job=job.id)

    async def _leave_tombstone(self, job: Job, row: OutboxMessage, user: str, at: float) -> None:
        try:
            await self.replies.posts.edit(row, render.erased(job, "", user, at, await self.replies.phrases(job)))
        except SlackRefusal as refusal:
            _log.info("erase_refused", job=job.id, code=refusal.code)  # somebody deleted the message by hand
        await self.replies.posts.mark_gone(row)
