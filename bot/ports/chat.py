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

    def show(self, job: Job) -> None:
        """Note that the status line of the job's message is out of date. Returns at once; cheap to call often."""
        ...

    async def reply(self, job: Job, transcript: Transcript | None) -> None:
        """Post the one reply, or find that it is there already (intent, post, look up, adopt).

        Raises `Transient` to be called again, `Misconfigured` to park, `Rejected` when nobody can be answered.
        """
        ...
