"""The seam to the thread in Slack."""

from typing import Protocol

from bot.domain.errors import Problem, Rejected
from bot.domain.job import FileFacts, Job
from bot.domain.transcript import Transcript
from bot.ports.audio import SourceFile


class FileRefused(Rejected):
    """A file that cannot be read; `facts` is what Slack says of it, None where Slack says nothing."""

    def __init__(self, problem: Problem, detail: str = "", facts: FileFacts | None = None) -> None:
        super().__init__(problem, detail)
        self.facts = facts


class Chat(Protocol):
    """The thread in Slack, as the engine sees it."""

    async def source(self, job: Job) -> SourceFile:
        """The file behind the job, by `files.info`.

        Raises `FileRefused` for what has no bytes to give, and `Transient` while a new file is not there yet.
        """
        ...

    def show(self, job: Job) -> None:
        """Note that the status line of the job's message is out of date. Returns at once; cheap to call often."""
        ...

    async def reply(self, job: Job, transcript: Transcript | None) -> None:
        """Post the one reply, or find that it is there already (intent, post, look up, adopt).

        Raises `Transient` to be called again, `Misconfigured` to park, `Rejected` when nobody can be answered.
        """
        ...
