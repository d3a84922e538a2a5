"""The seam to everything durable.

Each method is one transaction; `StoreError` means that nothing was written. All times are Unix seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.domain.job import FileFacts, Job, Options, Origin, State
from bot.domain.machine import Change
from bot.domain.search import Term
from bot.domain.transcript import Segment, Transcript
from bot.ports.pieces import Pieces
from bot.ports.provider import Pace


@dataclass(frozen=True, slots=True)
class NewJob:
    """What intake knows of a file."""

    origin: Origin
    file: FileFacts = FileFacts()
    options: Options = Options()
    expected_audio: bool = True
    provider: str = ""  # set when a person chose one; else the channel's setting decides


@dataclass(frozen=True, slots=True)
class JobEvent:
    """One line of a job's timeline; no content."""

    at: float
    source: State | None
    target: State
    cause: str


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs to list, newest first. Empty fields do not filter."""

    team_id: str = ""
    channel_ids: tuple[str, ...] = ()
    user_id: str = ""
    states: tuple[State, ...] = ()
    limit: int = 20
    before: float | None = None  # created before


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A message of ours that must exist exactly once. `key` names it; `ts` once Slack has it.

    `phase`: "intent" (a post may be under way), "posted", "settled" (looked up again, extras deleted), "gone".
    """

    key: str
    job_id: str
    channel_id: str
    thread_ts: str
    phase: str
    intent_at: float
    ts: str = ""
    file_id: str = ""
    verify_at: float | None = None


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A believed push or a postponed look (file_shared) that waits to be used."""

    id: int
    kind: str
    key: str
    ref: str
    payload: bytes
    due_at: float


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """How a channel wants its audio treated; empty means the program's default."""

    provider: str = ""
    language: str = ""
    recording_type: str = ""
    automatic: bool = True
    speakers: bool = True
    timestamps: bool = True
    changed_by: str = ""
    changed_at: float = 0.0


@dataclass(frozen=True, slots=True)
class SpeakerNames:
    """What people call the speakers of a job's transcript: label -> name; `before` is what an undo brings back.

    `revision` counts the changes; 0 means that nobody has named anybody.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, str] = field(default_factory=dict)
    revision: int = 0


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """What is looked for and where: in these channels, and in the direct messages of `user_id` where it is set.

    Every term must be in the title, the summary or the transcript. `before` is a `Found.at`, to go on from there.
    """

    team_id: str
    terms: tuple[Term, ...]
    channel_ids: tuple[str, ...] = ()
    user_id: str = ""
    limit: int = 5
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """An answered job in which something was said, and its place in the order of search."""

    job: Job
    at: int


@dataclass(frozen=True, slots=True)
class FoundPage:
    """Jobs that were found, newest first. `next`: there may be more before this place; None: that was all."""

    found: tuple[Found, ...]
    next: int | None = None


@dataclass(frozen=True, slots=True)
class DayUse:
    """What was transcribed in one stretch of time."""

    seconds: float
    recordings: int


class Jobs(Protocol):
    """The job rows: added by intake, moved by compare-and-set, read by everybody."""

    async def add_job(self, new: NewJob, now: float) -> tuple[Job, bool]:
        """The job of this origin and whether this call made it (False: it was there)."""
        ...

    async def claim(self, lane: str, ranks: Sequence[int], now: float, lease_seconds: float) -> Job | None:
        """Lease the next due job of `lane` whose rank is listed.

        Lower ranks first; rank 0 and 1 by `due_at`; rank 2 by the person served longest ago, then by `created_at`.
        """
        ...

    async def next_due(self, lane: str) -> float | None:
        """When the earliest unleased job (or the earliest lease to expire) of the lane wants attention."""
        ...

    async def renew(self, job: Job, now: float, lease_seconds: float) -> None:
        """Prolong the lease. Raises `LostLease`."""
        ...

    async def release(self, job: Job) -> None:
        """Give the lease back unused; the job stays as it is. Silent if it is lost already."""
        ...

    async def release_all(self, beyond: float = 0.0) -> int:
        """Void every lease that ends later than `beyond` (Unix seconds). Returns how many.

        All of them only where a process has the database to itself; else those that lie too far ahead to be true.
        """
        ...

    async def apply(self, change: Change, keep_lease: bool = False) -> Job:
        """Commit a move if id, state and lease token are still those of `change.before`; write its event.

        The lease is given back unless `keep_lease`. If the row was woken since it was claimed, a later `due_at`
        becomes `now` (a parked or final job stays undue). `cancel_by` is written only where the change alters it.
        A change with an empty cause writes no event. Raises `LostLease`.
        """
        ...

    async def job(self, job_id: str) -> Job | None:
        """One job, or None."""
        ...

    async def job_by_ref(self, account: str, ref: str) -> Job | None:
        """The job with this remote reference."""
        ...

    async def job_by_hook_token(self, token: str) -> Job | None:
        """The job with this hook token."""
        ...

    async def jobs(self, which: JobFilter) -> Sequence[Job]:
        """A page of jobs."""
        ...

    async def jobs_of_message(self, team_id: str, channel_id: str, message_ts: str) -> Sequence[Job]:
        """All jobs of one message, in the order they came."""
        ...

    async def jobs_of_file(self, team_id: str, file_id: str) -> Sequence[Job]:
        """All jobs of one file, oldest first."""
        ...

    async def count_ahead(self, job: Job) -> int:
        """How many unfinished jobs of the same lane are older."""
        ...

    async def events(self, job_id: str) -> Sequence[JobEvent]:
        """The timeline."""
        ...

    async def wake(self, job_id: str, now: float) -> bool:
        """Make an unfinished job due now; False if there is none. A leased one is looked at again afterwards.

        A parked one is only noted: it is due when it is resumed.
        """
        ...

    async def request_cancel(self, job_id: str, user_id: str, now: float) -> bool:
        """Note who wants it cancelled and wake it, a parked one too; False if it is already replying or over."""
        ...

    async def resume_parked(self, account: str, now: float) -> int:
        """Resume every job that is parked for this account (`parked_for`); returns how many."""
        ...

    async def count_by_state(self) -> Mapping[State, int]:
        """How many jobs are in each state."""
        ...

    async def oldest_unfinished(self) -> float | None:
        """`created_at` of the oldest job that is not final."""
        ...


class Transcripts(Protocol):
    """What was said, sealed at rest when a key is set."""

    async def put_transcript(self, job_id: str, transcript: Transcript, now: float) -> None:
        """Store (sealed) what was said; replaces an earlier one of this job."""
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
        """Store it (sealed); False if its `revision` is not the next one: somebody was quicker."""
        ...

    async def find_reusable(self, team_id: str, file_id: str, provider: str, options: Options) -> str | None:
        """Id of a job that has a stored transcript of this file, by the same provider and options."""
        ...

    async def put_block(self, job_id: str, number: int, segments: Sequence[Segment], language: str | None) -> None:
        """Store one finished block of a local transcription, so that a restart goes on from there."""
        ...

    async def blocks(self, job_id: str) -> Sequence[tuple[int, Sequence[Segment], str | None]]:
        """The stored blocks in order."""
        ...

    async def drop_blocks(self, job_id: str) -> None:
        """Forget them: they are of other audio, or the work was given up."""
        ...

    async def discard_inputs(self, job_id: str, kind: str, *refs: str) -> None:
        """The transcript is whole and stored: forget the blocks, pieces, and pushes for `refs`, that it was made of."""
        ...


class Search(Protocol):
    """Finds what was said, and counts what was used."""

    async def search(self, which: SearchFilter) -> FoundPage:
        """A page of jobs that were answered with a transcript in which every term is, newest first.

        Where content is sealed there is no index to betray it: a bounded number of transcripts is opened, and `next`
        says where to go on even when nothing was found among them.
        """
        ...

    async def usage(self, team_id: str, user_id: str, days: Sequence[float]) -> Sequence[DayUse]:
        """What was transcribed for a person between each of these times and the next."""
        ...


class Messages(Protocol):
    """Our own messages in Slack, each of which must exist exactly once; and what came in and waits."""

    async def outbox_message(self, key: str) -> OutboxMessage | None:
        """A message of ours."""
        ...

    async def outbox_of_job(self, job_id: str) -> Sequence[OutboxMessage]:
        """Everything that was posted for a job, by key."""
        ...

    async def save_outbox(self, message: OutboxMessage) -> None:
        """Insert or replace it."""
        ...

    async def outbox_to_verify(self, now: float, limit: int = 50) -> Sequence[OutboxMessage]:
        """Messages whose `verify_at` has come."""
        ...

    async def put_inbox(self, kind: str, key: str, ref: str, payload: bytes, now: float, due_at: float) -> bool:
        """Keep a push (sealed); False if (kind, key) is there already."""
        ...

    async def inbox_for(self, kind: str, *refs: str) -> Sequence[InboxItem]:
        """What waits for each of these references, oldest first."""
        ...

    async def inbox_due(self, kind: str, now: float, limit: int = 50) -> Sequence[InboxItem]:
        """What is due by now."""
        ...

    async def drop_inbox(self, item_id: int) -> None:
        """Used: forget the payload (the key stays for a day, so that a repeat is known)."""
        ...


class Budgets(Protocol):
    """Rate budgets and learnt speed, one durable row per account."""

    async def reserve(self, account: str, pace: Pace, now: float) -> float:
        """Take one call of the account's budget; committed before this returns.

        Returns a time <= now when it is taken, else when to ask again (nothing is taken then).
        """
        ...

    async def hold(self, account: str, until: float) -> None:
        """Nobody takes from this budget before `until` (a Retry-After)."""
        ...

    async def record_latency(self, account: str, audio_seconds: float, took_seconds: float) -> None:
        """Add one finished job to what is known of an account's speed."""
        ...

    async def latency(self, account: str) -> tuple[float, float] | None:
        """(a, b) of a + b * seconds of audio, by least squares over recent jobs; None before five of them."""
        ...


class Preferences(Protocol):
    """Channel settings and high-water marks."""

    async def channel_settings(self, team_id: str, channel_id: str) -> ChannelSettings:
        """The channel's settings, or the defaults."""
        ...

    async def put_channel_settings(self, team_id: str, channel_id: str, settings: ChannelSettings) -> None:
        """Save them."""
        ...

    async def cursor(self, name: str) -> str:
        """A high-water mark, or ""."""
        ...

    async def cursors(self, prefix: str) -> Mapping[str, str]:
        """Every high-water mark whose name begins so, by name."""
        ...

    async def put_cursor(self, name: str, value: str) -> None:
        """Move it."""
        ...


class JobStore(Jobs, Transcripts, Pieces, Search, Messages, Budgets, Preferences, Protocol):
    """Everything durable."""

    async def purge(self, older_than: float) -> int:
        """Delete content (transcripts, blocks, inbox, problem details) of jobs finished before; rows stay."""
        ...

    async def purge_job(self, job_id: str) -> None:
        """Delete the content of one job."""
        ...

    async def ping(self) -> None:
        """Write and read one row. Raises `StoreError`."""
        ...

    async def close(self) -> None:
        """Close the database."""
        ...
