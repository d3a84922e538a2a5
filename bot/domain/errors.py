"""The error tree: every failure is classified once, at the edge where it is first seen.

ThreadscribeError
├── StepError                 a step of a job did not succeed
│   ├── Transient             passes by itself: try the same step again later
│   │   └── RateLimited       as above, but not before `retry_after` seconds
│   ├── Ambiguous             the other side may or may not have acted: reconcile first, then repeat
│   │   └── UploadUrlRefused  the address for the audio is no longer good
│   ├── InternalFault         an error in this program: tried again a few times, then said to be ours
│   ├── Rejected              never passes by itself; carries the `Problem` that the user reads
│   └── Misconfigured         the operator must fix something; the account is parked meanwhile
│       └── MissingScope      only the permission for this one thing is missing
├── WebhookRefused               a webhook that is not to be believed; nothing changes
├── LostLease                 another worker owns the job now; drop what was computed
└── StoreError                the database cannot be used
    ├── SchemaTooNew          it was written by a later version of the program
    ├── StoreBusy             another process holds it
    ├── StoreUnavailable      disk full, read-only, gone: nothing was written
    └── ContentDamaged        what is stored of one job cannot be read; the others can
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ProblemCode(StrEnum):
    """Why a file has no transcript. Sentences for people live in `bot.text.problems`."""

    NOT_AUDIO = "not_audio"
    EMPTY_FILE = "empty_file"
    CORRUPT = "corrupt"
    NO_AUDIO_TRACK = "no_audio_track"
    PROTECTED = "protected"
    TOO_LARGE = "too_large"  # params: limit_mb, size_mb
    TOO_LONG = "too_long"  # params: limit_minutes, minutes
    NOT_CONVERTIBLE = "not_convertible"  # params: format (what cannot be read, if it is known)
    LOGIN_PAGE = "login_page"  # the token lacks files:read, as Slack itself says
    FILE_WITHHELD = "file_withheld"  # Slack does not hand it out, for a reason we do not know
    FILE_NOT_VISIBLE = "file_not_visible"  # another organisation, or a conversation that we are not in
    FILE_GONE = "file_gone"
    FILE_EXTERNAL = "file_external"
    FILE_HIDDEN = "file_hidden"
    TRANSCRIPT_GONE = "transcript_gone"  # by retention or by the operator, while it waited to be posted
    FILE_CHANGED = "file_changed"  # length or type differ from what Slack announced
    NO_SUCH_PROVIDER = "no_such_provider"  # params: provider
    PROVIDER_NOT_ALLOWED = "provider_not_allowed"  # params: provider
    NEEDS_PUBLIC_URL = "needs_public_url"  # params: provider
    LANGUAGE_UNSUPPORTED = "language_unsupported"  # params: language, provider
    PROVIDER_REFUSED = "provider_refused"  # params: provider, detail
    PROVIDER_FAILED = "provider_failed"  # params: provider, detail
    PROVIDER_DOWN = "provider_down"  # params: provider
    DEADLINE = "deadline"  # params: provider, minutes
    ENGINE_CRASHED = "engine_crashed"
    NO_SPACE = "no_space"
    BOT_FAILED = "bot_failed"


@dataclass(frozen=True, slots=True)
class Problem:
    """A reason that a user reads, without transcript content; `params` fill its sentence."""

    code: ProblemCode
    params: Mapping[str, str] = field(default_factory=dict)


class ThreadscribeError(Exception):
    """Root of everything this program raises on purpose."""


class StepError(ThreadscribeError):
    """A step did not succeed; `detail` is for the operator and never holds content or secrets."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Transient(StepError):
    """Passes by itself; the step is repeated with exponential backoff, or in `after` seconds where that is known."""

    def __init__(self, detail: str, after: float | None = None) -> None:
        super().__init__(detail)
        self.after = after


class RateLimited(Transient):
    """The other side asked for a pause of `retry_after` seconds for the whole `account`; "": for that of the lane."""

    def __init__(self, detail: str, retry_after: float, account: str = "") -> None:
        super().__init__(detail, after=retry_after)
        self.retry_after = retry_after
        self.account = account


class Ambiguous(StepError):
    """A request left and its outcome is unknown; the step must look before it repeats."""


class InternalFault(StepError):
    """An error in this program, which says nothing about the recording.

    It is tried again a few times; then the user reads that the bot failed. Its traceback, and that of its cause,
    goes to the log.
    """


class UploadUrlRefused(Ambiguous):
    """The upload address is no longer good: check whether the audio is there, and if not, ask for another address."""


class Rejected(StepError):
    """Never passes by itself; `problem` is what the person reads."""

    def __init__(self, problem: Problem, detail: str = "") -> None:
        super().__init__(detail or problem.code.value)
        self.problem = problem


class Misconfigured(StepError):
    """The operator must fix `account` (a provider's name, or `slack`); its jobs wait meanwhile."""

    def __init__(self, account: str, detail: str) -> None:
        super().__init__(detail)
        self.account = account


class MissingScope(Misconfigured):
    """The account works, and lacks only the permission for what was asked."""


class WebhookRefused(ThreadscribeError):
    """A webhook that is not to be believed: answer `status` (400, 401 or 413), count `reason`, change nothing."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class LostLease(ThreadscribeError):
    """Another worker owns the job, or its state moved on; what was computed must be dropped."""


class StoreError(ThreadscribeError):
    """The database cannot be used; the message says what to do about it."""


class SchemaTooNew(StoreError):
    """The database was written by a later version of the program than this one."""


class StoreBusy(StoreError):
    """Another process holds the database."""


class StoreUnavailable(StoreError):
    """Nothing was written: the disk is full, the file is read-only, or the server is gone."""


class ContentDamaged(StoreError):
    """What is stored of one job is not what was written; waiting does not change that."""
