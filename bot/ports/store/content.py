"""What was said, sealed at rest when a key is set; and searching in it."""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.job import Options
from bot.domain.transcript import Segment, Transcript
from bot.ports.store.values import DayUse, FoundPage, SearchFilter, SpeakerNames


class Transcripts(Protocol):
    """Transcripts, the blocks they are made of, and the names of their speakers.

    A write of content is compare-and-set on a job that still wants it: one that is not over and not deleted. It is
    atomic with the end of the job, in whatever process that happens.
    """

    async def put_transcript(self, job_id: str, transcript: Transcript, now: float, lease_token: str = "") -> bool:
        """Store (sealed) what was said; replaces an earlier one of this job.

        False, and nothing is stored, if the job is over or deleted, or if `lease_token` is given and is no longer that
        of the job.
        """
        ...

    async def transcript(self, job_id: str) -> Transcript | None:
        """What was said, following `reuses`; None if there is none or it was purged.

        Its speakers have the names that users gave them in this job (`SpeakerNames`), also for a reused transcript.
        """
        ...

    async def speaker_names(self, job_id: str) -> SpeakerNames:
        """What people call the speakers of this job."""
        ...

    async def save_speaker_names(self, job_id: str, speaker_names: SpeakerNames) -> bool:
        """Store them (sealed). False if the `revision` is not the next one (somebody was quicker), or the job is
        deleted."""
        ...

    async def find_reusable(self, team_id: str, file_id: str, provider: str, options: Options) -> str | None:
        """Id of a job that has a stored transcript of this file, by the same provider and options."""
        ...

    async def put_block(self, job_id: str, number: int, segments: Sequence[Segment], language: str | None) -> bool:
        """Store one finished block of a local transcription, so that a restart goes on from there.

        False, and nothing is stored, if the job is over or deleted: the engine can stop.
        """
        ...

    async def blocks(self, job_id: str) -> Sequence[tuple[int, Sequence[Segment], str | None]]:
        """The stored blocks in order."""
        ...

    async def drop_blocks(self, job_id: str) -> None:
        """Delete them: they are of other audio, or the work was given up."""
        ...

    async def discard_inputs(self, job_id: str, kind: str, *refs: str, keep_pieces: bool = False) -> None:
        """The transcript is whole and stored: delete the blocks, pieces and webhooks (`refs`) it was made of."""
        ...


class Search(Protocol):
    """Finds what was said, and counts what was used."""

    async def search(self, which: SearchFilter) -> FoundPage:
        """A page of jobs that were answered with a transcript that has every term, newest first.

        Where content is sealed there is no index of its words: a bounded number of transcripts is opened, and `next`
        says where to go on even when nothing was found among them.
        """
        ...

    async def usage(self, team_id: str, user_id: str, days: Sequence[float]) -> Sequence[DayUse]:
        """What was transcribed for a user between each of these times and the next."""
        ...
