"""The values that pass through the store. All times are Unix seconds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.job import FileFacts, Job, Options, Origin, State
from bot.domain.machine import Cause
from bot.domain.search import Term


@dataclass(frozen=True, slots=True)
class NewJob:
    """What intake knows of a file."""

    origin: Origin
    file: FileFacts = FileFacts()
    options: Options = Options()
    expected_audio: bool = True
    provider: str = ""  # set when a user chose one; else the channel's setting decides


@dataclass(frozen=True, slots=True)
class JobEvent:
    """One line of a job's timeline. `cause` is fixed; `detail` is free text, sealed and purged as content is."""

    at: float
    source: State | None
    target: State
    cause: Cause
    detail: str = ""


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs to list, newest first. Empty fields do not filter."""

    team_id: str = ""
    channel_ids: tuple[str, ...] = ()
    user_id: str = ""
    states: tuple[State, ...] = ()
    limit: int = 20
    before: float | None = None  # created before


class Phase(StrEnum):
    """How far one of our messages is."""

    INTENT = "intent"  # a post may be under way
    POSTED = "posted"
    SETTLED = "settled"  # checked again after a doubtful post; duplicates were deleted
    GONE = "gone"  # deleted, or certainly not posted


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A message of ours that must exist exactly once. `key` names it; `ts` is known once Slack has it.

    `revision` counts the writes of the row; 0 means that it is not stored yet. `owner` is the process (or task) that
    has claimed the message until `claimed_until`; empty when nobody has. `team_id` is the workspace it is in.
    """

    key: str
    job_id: str
    channel_id: str
    thread_ts: str
    phase: Phase
    intent_at: float
    ts: str = ""
    file_id: str = ""
    verify_at: float | None = None
    owner: str = ""
    claimed_until: float = 0.0
    revision: int = 0
    team_id: str = ""

    @property
    def is_there(self) -> bool:
        """Whether the message is in Slack, as far as we know."""
        return self.phase in (Phase.POSTED, Phase.SETTLED)


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A verified webhook, or work from an event, that waits to be done.

    `claim` is the token of the process that claimed it, empty when it was only read. `attempts` counts how often it was
    postponed.
    """

    id: int
    kind: str
    key: str
    ref: str
    payload: bytes
    due_at: float
    attempts: int = 0
    claim: str = ""
    team_id: str = ""  # the workspace it is of


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """How a channel wants its audio treated; empty means the program's default.

    Stored as JSON, field by field: a new field needs a default and nothing else.
    """

    provider: str = ""
    language: str = ""
    recording_type: str = ""
    automatic: bool = True
    speakers: bool = True
    timestamps: bool = True
    changed_by: str = ""
    changed_at: float = 0.0
    retention_days: int | None = None  # None: the program's default; 0: content is kept
    delete_replies: bool = True  # with a recording, its reply and files in the thread are deleted
    speaker_detection: str = ""  # detect, none, or how many people speak; for services that can be told


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
    """What to search for and where: in these channels, and in the direct messages of `user_id` where it is set.

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
    """An answered job whose transcript matches, and its place in the order of search."""

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


class AuditAction(StrEnum):
    """What the audit log records."""

    VIEWED = "viewed"
    SEARCHED = "searched"
    EXPORTED = "exported"
    RENAMED = "renamed"
    RETRIED = "retried"
    TRANSCRIBED_AGAIN = "transcribed_again"
    CANCELLED = "cancelled"
    DELETED = "deleted"
    SETTINGS_CHANGED = "settings_changed"
    AUDIT_READ = "audit_read"  # by somebody in Slack
    VOCABULARY_CHANGED = "vocabulary_changed"
    COMMAND = "command"  # an operator's, on the command line
    PURGED = "purged"
    ERASED = "erased"
    HELD = "held"
    HOLD_ENDED = "hold_ended"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that somebody did. `details` are short facts (a setting before and after, a count); never content.

    `actor` is a Slack user id, or the name of a command. `origin` says from where: `button`, `command`, `modal`,
    `home`, `cli`, `schedule`. `number` and `hash` are given by the store: each hash covers the entry and the hash
    before it.
    """

    at: float
    actor: str
    action: AuditAction
    origin: str = ""
    team_id: str = ""
    channel_id: str = ""
    job_id: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    number: int = 0
    hash: str = ""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries to read, oldest first. Empty fields do not filter; `after` is the number of the last one read."""

    team_id: str = ""
    channel_id: str = ""
    actor: str = ""
    job_id: str = ""
    since: float = 0.0
    after: int = 0
    limit: int = 500


@dataclass(frozen=True, slots=True)
class EraseFilter:
    """Whose jobs to erase. At least one field must be set; all that are set must match."""

    team_id: str = ""
    user_id: str = ""
    channel_id: str = ""
    job_id: str = ""
    before: float | None = None  # created before


@dataclass(frozen=True, slots=True)
class ErasedJob:
    """A job that was erased, and what others may still hold of it: Slack's file, the provider's job."""

    id: str
    origin: Origin
    provider: str
    remote_ref: str
    messages: Sequence[OutboxMessage] = ()  # ours in Slack, still there


class HoldKind(StrEnum):
    """What a legal hold is on."""

    JOB = "job"
    USER = "user"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Hold:
    """Content of this job, user or channel is neither purged nor erased while the hold stands."""

    kind: HoldKind
    ref: str
    placed_by: str
    placed_at: float
