"""The thread in Slack, as the engine sees it: files in, status lines and replies out."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from bot.domain.errors import StepError
from bot.domain.job import Job
from bot.domain.transcript import Transcript
from bot.ports.audio import SourceFile
from bot.ports.store import OutboxMessage
from bot.slack.api.files import SlackFiles
from bot.slack.context import SlackContext
from bot.slack.outbox_keys import ReactionKey, StatusKey, read_key
from bot.slack.thread.replies import Replies
from bot.slack.thread.status import StatusLines

VERIFY_EVERY_SECONDS = 5.0

_log = structlog.get_logger(__name__)


@dataclass
class SlackChat:
    """Implements the `Chat` port."""

    slack: SlackContext
    files: SlackFiles
    replies: Replies
    status: StatusLines

    async def source(self, job: Job) -> SourceFile:
        """The file behind the job. Raises `Rejected` for what has no bytes to give."""
        return await self.files.source(job)

    def show(self, job: Job) -> None:
        """Note that the status line of the job's message is out of date."""
        self.status.show(job)

    async def reply(self, job: Job, transcript: Transcript | None) -> None:
        """Post the one reply, or find that it is there already; then let its status line go."""
        await self.replies.reply(job, transcript)
        await self.status.answered(job)

    async def verify_due(self) -> None:
        """Verify what was posted after a doubtful post, lines that may outlive their jobs, and promised reactions.

        Each is taken by one process (`Posts.take_verification`); one that fails is tried again a minute later. Raises
        `StoreError`.
        """
        for row in await self.slack.store.outbox_to_verify(self.slack.now()):
            await self.verify(row)

    async def verify(self, row: OutboxMessage) -> None:
        """Verify one of them; while Slack cannot be asked, it is due again. Raises `StoreError`."""
        try:
            await self._verifier(row)(row)
        except StepError as error:
            _log.info("verify_postponed", key=row.key, detail=error.detail)

    def _verifier(self, row: OutboxMessage) -> Callable[[OutboxMessage], Awaitable[None]]:
        match read_key(row.key):
            case ReactionKey():
                return self.status.reactions.verify
            case StatusKey():
                return self.status.verify
        return self.replies.verify_file if row.file_id else self.replies.posts.verify

    async def keep_shown(self) -> None:
        """Keep status lines and reactions going until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.status.run())
            tasks.create_task(self.status.reactions.run())
