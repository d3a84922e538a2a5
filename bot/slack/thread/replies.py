"""The one reply to a job, with its file or, where files are refused, its further parts."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial

import structlog

from bot.domain.errors import StepError
from bot.domain.job import FINAL, Job, Outcome
from bot.domain.machine import Cause
from bot.domain.transcript import Transcript
from bot.ports.store import OutboxMessage, Phase
from bot.slack import texts as words
from bot.slack.api.client import SlackRefusal
from bot.slack.api.methods import Method
from bot.slack.api.payloads import rows, text
from bot.slack.blockkit.blocks import Message
from bot.slack.blockkit.support import BlockSupport, NewerBlock
from bot.slack.context import SlackContext
from bot.slack.outbox_keys import ExportKey, FileKey, ReplyKey, read_key
from bot.slack.thread import render
from bot.slack.thread.posts import REPLY, MessageMark, Posts
from bot.slack.thread.refusals import cannot_post
from bot.slack.thread.transcript_blocks import DisplayOptions
from bot.slack.thread.uploads import Uploads
from bot.text.phrases import Phrases

TOO_MUCH = frozenset(
    {"msg_too_long", "msg_blocks_too_long", "invalid_blocks", "invalid_blocks_format", "block_mismatch"}
)
"""Refusals of what a message holds. `block_mismatch`: an edit would leave a message without the rich text it had."""

_log = structlog.get_logger(__name__)


@dataclass
class Replies:
    """Answers jobs. A job that is tried again is answered again: each try has its own rows and marks."""

    slack: SlackContext
    posts: Posts
    uploads: Uploads
    support: BlockSupport

    async def reply(self, job: Job, transcript: Transcript | None) -> None:
        """Post the answer, or find it posted. Raises as the `Chat` port says."""
        turn = await self.turn(job)
        if job.outcome is Outcome.DELETED:
            await self._take_back(job)
            # A note below "This message was deleted" would keep the name of its file in public.
            if not await self._message_is_there(job) or not (job.expected_audio or job.provider):
                return  # or nobody meant the file as a recording, and it was not read yet
        if turn and job.outcome is not Outcome.TRANSCRIPT:
            failure = await self.compose(job, transcript, turn)
            if await self._edited(job, turn, failure.message):
                return
        try:
            document = await self.sent(job, transcript, turn, partial(self._message, job, turn, 0))
            if document is not None:
                await self._document(job, turn, document)
        except SlackRefusal as refusal:
            if cannot_post(refusal.code) and job.outcome is Outcome.TRANSCRIPT:
                await self._aside(job, turn)
            raise

    async def _take_back(self, job: Job) -> None:
        """Take away what was posted before the recording was deleted, unless its conversation keeps replies."""
        if (await self.slack.store.channel_settings(job.origin.team_id, job.origin.channel_id)).delete_replies:
            events = await self.slack.store.events(job.id)
            await self.withdraw(job, max((each.at for each in events if each.cause is Cause.DELETED), default=math.inf))

    async def withdraw(self, job: Job, before: float = math.inf) -> None:
        """Take away every message and file of ours about a job. Raises `StepError`s; may be repeated."""
        for row in await self.slack.store.outbox_of_job(job.id):
            if row.intent_at < before and (row.is_there or row.phase == Phase.INTENT):
                match read_key(row.key):
                    case FileKey() | ExportKey():
                        await self.uploads.erase(row)
                    case ReplyKey():
                        await self.posts.erase(row)

    async def sent(
        self, job: Job, transcript: Transcript | None, turn: int, send: Callable[[Message], Awaitable[None]]
    ) -> render.Document | None:
        """Give the answer to `send` in the best form that Slack takes: folded, plain, short. Its file, if it has one.

        What is refused is certainly not posted, so the next form is sent under the same mark. Raises as `send` does.
        """
        reply = await self.compose(job, transcript, turn)
        try:
            await send(reply.message)
        except SlackRefusal as refusal:
            if refusal.code not in TOO_MUCH or transcript is None or job.outcome is not Outcome.TRANSCRIPT:
                raise
            _log.warning("reply_too_much", job=job.id, code=refusal.code)
            if is_folded(reply.message):
                reply = await self.compose(job, transcript, turn, plain=True)
                try:
                    await send(reply.message)
                except SlackRefusal as again:
                    if again.code not in TOO_MUCH:
                        raise
                else:
                    self.support.refused(NewerBlock.FOLDED_TRANSCRIPT)
                    return reply.document
            reply = await self.compose(job, transcript, turn, short=True)
            await send(reply.message)
        return reply.document

    async def compose(
        self, job: Job, transcript: Transcript | None, turn: int, *, plain: bool = False, short: bool = False
    ) -> render.Reply:
        """The answer as it is to be shown now, in the language of the file's sharer. Raises `StoreError` only."""
        settings = await self.slack.store.channel_settings(job.origin.team_id, job.origin.channel_id)
        fold = not plain and self.support.may_use(NewerBlock.FOLDED_TRANSCRIPT)
        display = DisplayOptions(settings.speakers, settings.timestamps, fold)
        mark = self._mark(job, turn, 0).block_id
        phrases = await self.phrases(job)
        now = job.finished_at or self.slack.now()
        who = await self.who(job)
        if short and transcript is not None:
            return await asyncio.to_thread(render.short_reply, job, transcript, display, mark, now, phrases, who)
        return await asyncio.to_thread(render.reply, job, transcript, display, mark, now, phrases, who)

    async def who(self, job: Job) -> render.Who:
        """The names that the reply needs: of who recorded a clip, and of who cancelled."""
        shared = await self.slack.users.name(job.origin.user_id) if render.is_nameless(job) else ""
        cancelled = await self.slack.users.name(job.cancel_by) if job.outcome is Outcome.CANCELLED else ""
        return render.Who(shared, cancelled)

    async def phrases(self, job: Job) -> Phrases:
        """The words of a job's thread."""
        return await self.slack.users.phrases(job.origin.user_id)

    async def turn(self, job: Job) -> int:
        """How often the job was tried again after it had ended."""
        return sum(1 for event in await self.slack.store.events(job.id) if event.source in FINAL)

    async def answer_row(self, job: Job) -> OutboxMessage | None:
        """The row of the job's last answer."""
        return await self.slack.store.outbox_message(self.key(job, await self.turn(job), 0))

    @staticmethod
    def key(job: Job, turn: int, part: int) -> str:
        """The row of a reply (part 0), or of a further part of it."""
        return str(ReplyKey(job.id, turn, part))

    @staticmethod
    def file_key(job: Job, turn: int, revision: int) -> str:
        """The row of a reply's file; each naming of the speakers makes another one."""
        return str(FileKey(job.id, turn, revision))

    @staticmethod
    def _mark(job: Job, turn: int, part: int) -> MessageMark:
        return MessageMark(REPLY, job.id, f"{turn}.{part}")

    async def _message(self, job: Job, turn: int, part: int, message: Message) -> None:
        origin = job.origin
        await self.posts.deliver(self.key(job, turn, part), job.id, origin.channel_id, origin.thread_ts, message)

    async def _edited(self, job: Job, turn: int, message: Message) -> bool:
        """Where the try before ended without a transcript, too: its message says the newest; no other one is posted."""
        before = await self.slack.store.outbox_message(self.key(job, turn - 1, 0))
        key = self.key(job, turn, 0)
        if before is None or not before.is_there or await self.slack.store.outbox_message(key):
            return False  # it ended with a transcript that was deleted, or this try is posted already
        row = replace(before, key=key, intent_at=self.slack.now(), verify_at=None, revision=0)
        try:
            await self._show_try(row, job, turn, message)
        except SlackRefusal as refusal:
            _log.info("reply_not_edited", job=job.id, code=refusal.code)  # somebody deleted it
            return False
        return (
            await self.slack.store.update_outbox(row) is not None
        )  # else it was posted meanwhile, which `deliver` finds

    async def show_failure_again(self, job_id: str, turn: int, ts: str) -> None:
        """Show a failure once more, if this try has ended without a transcript while its message (`ts`) was edited to
        say who asked for it: that edit may have come after the failure's own. Raises `StepError`s."""
        job = await self.slack.store.job(job_id)
        row = await self.slack.store.outbox_message(str(ReplyKey(job_id, turn)))
        if job is not None and job.outcome is not None and row is not None and row.is_there and row.ts == ts:
            failure = await self.compose(job, None, turn)
            await self._show_try(row, job, turn, failure.message)

    async def _show_try(self, row: OutboxMessage, job: Job, turn: int, failure: Message) -> None:
        shown = render.tried(failure, turn + 1, self.slack.now(), await self.phrases(job))
        await self.posts.edit(row, shown)

    async def _message_is_there(self, job: Job) -> bool:
        """Whether the message that carried the recording can still be read; only asked when its file is gone."""
        origin = job.origin
        try:
            async for page in self.slack.client.pages(
                Method.REPLIES, channel=origin.channel_id, ts=origin.thread_ts, limit=200
            ):
                for message in rows(page, "messages"):
                    if text(message, "ts") == origin.message_ts:
                        return text(message, "subtype") != "tombstone"
        except SlackRefusal as refusal:
            _log.info("message_gone", job=job.id, code=refusal.code)
        return False

    async def _document(self, job: Job, turn: int, document: render.Document) -> None:
        origin = job.origin
        key = self.file_key(job, turn, (await self.slack.store.speaker_names(job.id)).revision)
        if await self.uploads.deliver(key, job.id, origin.channel_id, origin.thread_ts, document):
            return
        await self._parts(job, turn, document)

    async def verify_file(self, row: OutboxMessage) -> None:
        """Check a file a minute after it was shared; the text of one that never shows follows in messages."""
        taken = await self.posts.take_verification(row)
        if taken is None or await self.uploads.verify(taken):
            return
        job = await self.slack.store.job(row.job_id)
        transcript = await self.slack.store.transcript(row.job_id)
        if isinstance(read_key(row.key), FileKey) and job is not None and transcript is not None:
            turn = await self.turn(job)
            reply = await self.compose(job, transcript, turn)
            if reply.document is not None:
                await self._parts(job, turn, reply.document)
        await self.posts.mark_gone(taken)

    async def _parts(self, job: Job, turn: int, document: render.Document) -> None:
        messages = await asyncio.to_thread(render.parts, document, await self.phrases(job))
        for number, part in enumerate(messages, start=1):
            await self._message(job, turn, number, part)

    async def _aside(self, job: Job, turn: int) -> None:
        """Notify the user directly, at most once and without content, that the thread cannot be answered."""
        key = f"aside:{job.id}:{turn}"
        row = OutboxMessage(
            key, job.id, job.origin.user_id, "", Phase.POSTED, self.slack.now(), team_id=job.origin.team_id
        )
        if not job.origin.user_id.startswith(("U", "W")) or await self.slack.store.update_outbox(row) is None:
            return
        said = (await self.phrases(job)).say(words.UNREACHABLE).format(channel=job.origin.channel_id, job=job.id)
        try:
            await self.slack.client.call(Method.POST, channel=job.origin.user_id, text=said)
        except StepError as error:
            _log.info("aside_failed", job=job.id, detail=error.detail)


def is_folded(message: Message) -> bool:
    """Whether a message has its transcript in a container."""
    return any(block.get("type") == "container" for block in message.blocks)
