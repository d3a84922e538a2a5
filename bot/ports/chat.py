"""The seam to the thread in Slack."""

from typing import Protocol

from bot.domain.job import Job
from bot.domain.transcript import Transcript
from bot.ports.audio import SourceFile


class Chat(Protocol):
    """The thread in Slack, as the engine sees it."""

    async def source(self, job: Job) -> SourceFile:
        """The file behind the job, by `files.info`. Raises `Rejected` for what has no bytes to give."""
        ...

    async def show(self, job: Job) -> None:
        """Bring the status line of the job's message up to date. Never raises for Slack's sake; throttled."""
        ...

    async def reply(self, job: Job, transcript: Transcript | None) -> None:
        """Post the one reply, or find that it is there already (intent, post, look up, adopt).

        Raises `Transient` to be called again, `Misconfigured` to park, `Rejected` when nobody can be answered.
        """
        ...
