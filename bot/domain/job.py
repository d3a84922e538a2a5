"""The job: one file in one thread that is owed exactly one answer."""

import secrets
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.errors import Problem

SLACK_LANE = "slack"
_ALPHABET = "abcdefghjkmnpqrstvwxyz23456789"  # no look-alikes: people read and type these


class State(StrEnum):
    """Where a job stands."""

    RECEIVED = "received"
    SUBMITTING = "submitting"
    WAITING = "waiting"
    FINISHING = "finishing"
    REPLYING = "replying"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DELETED = "deleted"  # the recording or its message was deleted; takes no result and no retry
    PARKED = "parked"


FINAL = frozenset({State.DONE, State.FAILED, State.CANCELLED, State.DELETED})


class Outcome(StrEnum):
    """What the reply will say; fixed before a job starts replying."""

    TRANSCRIPT = "transcript"
    REFUSED = "refused"  # the job's problem is said
    CANCELLED = "cancelled"
    DELETED = "deleted"  # the recording is gone: at most a note, and no transcript
    SILENT = "silent"  # nobody meant this file as audio


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the file was shared. (team, file, channel, thread root, version) is unique among jobs.

    `thread_ts` is the root of the thread that gets the reply; `message_ts` the message that carries the file.
    `version` counts how often people had it transcribed in another way there; 1 is what its sharing began.
    """

    team_id: str
    channel_id: str
    thread_ts: str
    message_ts: str
    file_id: str
    user_id: str
    enterprise_id: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What Slack says of the file; `size` in bytes, `seconds` of audio once probed."""

    name: str = ""
    mimetype: str = ""
    filetype: str = ""
    size: int = 0
    seconds: float | None = None
    subtype: str = ""  # "slack_audio" for a voice clip


@dataclass(frozen=True, slots=True)
class Options:
    """How the file is to be transcribed; None means the provider's or the channel's default."""

    language: str | None = None  # BCP-47 or the provider's own locale name
    recording_type: str | None = None  # Xosum: single_voice | phone_call
    speakers: str | None = None  # detect, none, or how many there are; for providers that can be told
    vocabulary: str | None = None  # the state of the vocabulary that applies (`ConversationVocabulary.mark`)


@dataclass(frozen=True, slots=True)
class RemoteJob:
    """The provider's side of the job. `upload_url` is a secret; `expires_at` in Unix seconds.

    `locale` is what the provider was asked to hear, where its answers do not repeat it.
    """

    ref: str
    upload_url: str | None = None
    expires_at: float | None = None
    locale: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the job table. All times are Unix seconds; `due_at` is when somebody should look next."""

    id: str
    origin: Origin
    state: State
    created_at: float
    updated_at: float
    due_at: float
    file: FileFacts = FileFacts()
    options: Options = Options()
    expected_audio: bool = True  # somebody clearly meant it as audio, so a refusal is said aloud
    provider: str = ""  # empty until the first step has chosen
    account: str = ""  # the lane of the provider, e.g. "xosum"
    outcome: Outcome | None = None
    problem: Problem | None = None
    attempts: int = 0  # of the present state
    last_error: str = ""  # for the operator
    client_ref: str = ""  # idempotency key sent to the provider, made with the job
    hook_token: str = ""  # unguessable part of this job's callback and audio URLs
    remote: RemoteJob | None = None
    submitted_at: float | None = None  # when the audio was handed over whole
    waited_seconds: float = 0.0  # how long the provider has had it, up to `updated_at`; see `machine.waited`
    progress: float | None = None  # 0..1 of the present state
    parked_from: State | None = None
    parked_for: str = ""  # the account that must be fixed: a provider's, or "slack"
    cancel_by: str = ""  # id of the user who asked to cancel
    reuses: str = ""  # id of the job whose transcript this one shares
    finished_at: float | None = None
    deleted_at: float | None = None  # when the recording or its message was deleted; only the store sets it
    lease_token: str = ""
    wake_count: int = 0  # times a webhook or a person asked to look; read at claim, compared at apply

    @property
    def is_at_provider(self) -> bool:
        """Whether a provider is given the audio or works on it, also while the job is parked meanwhile."""
        state = self.parked_from if self.state is State.PARKED else self.state
        return state in (State.SUBMITTING, State.WAITING)

    @property
    def lane(self) -> str:
        """The queue whose workers may claim it: the provider's account, or Slack's."""
        if self.state in (State.SUBMITTING, State.WAITING, State.FINISHING):
            return self.account
        return SLACK_LANE

    @property
    def rank(self) -> int:
        """Order within a lane: what was started is finished before more is begun."""
        return {State.FINISHING: 0, State.REPLYING: 0, State.WAITING: 1}.get(self.state, 2)

    @property
    def person(self) -> str:
        """Whose turn it is when lanes are fair between people."""
        return f"{self.origin.team_id}:{self.origin.user_id}"


def new_job_id() -> str:
    """A fresh public job id: ten characters, 48 bits of chance, easy to read aloud."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(10))
