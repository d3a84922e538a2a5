"""The state machine: each state is a class whose methods are its only legal moves.

A worker turns a job into its stage with `stage_of` and calls one of that stage's methods; the `Change` that
comes back is the only thing a store accepts. A move that the design forbids has no method, so it cannot be
written down. Nothing here does I/O; every `now` and `due_at` is in Unix seconds.

    received ──> submitting ──> waiting ──> finishing ──> replying ──> done | failed | cancelled | deleted
        │             │            │            │            ^
        └─────────────┴────────────┴────────────┴── refuse ──┘        any unfinished ──> parked ──> where it was
"""

import uuid
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.domain.errors import Problem, ProblemCode
from bot.domain.job import FileFacts, Job, Options, Outcome, RemoteJob, State

_GIVEN_UP = (ProblemCode.PROVIDER_FAILED, ProblemCode.PROVIDER_REFUSED, ProblemCode.ENGINE_CRASHED)
LATE_SECONDS = 60.0  # a poll may be this late and its wait still counts towards the deadline
FAR_FUTURE = 253402300799.0  # the last second of the year 9999: parked and final jobs are never due


class Cause(StrEnum):
    """Why a job moved: the fixed part of a line of its timeline, stored as it is here."""

    RECEIVED = "received"
    ACCEPTED = "accepted"  # detail: the provider
    REUSES = "reuses a transcript"  # detail: the job whose transcript it is
    IGNORED = "not audio, not meant"
    REMOTE_CREATED = "remote job created"
    REMOTE_DROPPED = "remote job dropped"  # detail: why
    HANDED_OVER = "audio handed over"
    HANDED_OVER_AGAIN = "handed over again"  # detail: why
    RESULT_READY = "result ready"
    RESULT_MISSING = "result not there"  # detail: what the provider said
    STORED = "transcript stored"
    RETRY = "retry"  # detail: what did not work
    PARKED = "parked"  # detail: what has to be fixed
    FIXED = "fixed"
    REFUSED = "refused"  # detail: the code of the problem
    CANCELLED = "cancelled"
    DELETED = "recording deleted"
    REPLIED = "replied"
    UNDELIVERABLE = "no reply possible"  # detail: what Slack said
    RESUMED = "resumed by the operator"
    TRIED_AGAIN = "retried"
    TRIED_AGAIN_STORED = "retried with the stored transcript"
    TRIED_AGAIN_REMOTE = "retried with the remote job"


@dataclass(frozen=True, slots=True)
class Change:
    """A move from `before` to `after`: the store commits it only if the row is still as `before` says."""

    before: Job
    after: Job
    cause: Cause | None  # None: no line in the timeline
    detail: str = ""  # what a provider or Slack said; kept sealed, and purged with the content


def _move(job: Job, state: State, now: float, cause: Cause, due_at: float | None = None, detail: str = "") -> Change:
    after = replace(
        job,
        state=state,
        updated_at=now,
        due_at=now if due_at is None else due_at,
        attempts=0,
        last_error="",
        progress=None,
    )
    return Change(job, after, cause, detail)


def _amend(change: Change, **fields: object) -> Change:
    after = replace(change.after, **fields)  # type: ignore[arg-type]  # replace() checks names at run time
    return replace(change, after=after)


def waited(job: Job, now: float) -> float:
    """Seconds that the provider has had the audio, as far as we were there to ask.

    Since the last look no more counts than was planned, and a minute: the clock may have been set, the bot stopped.
    """
    if job.state is not State.WAITING:
        return job.waited_seconds
    planned = max(0.0, job.due_at - job.updated_at) + LATE_SECONDS
    return job.waited_seconds + min(max(0.0, now - job.updated_at), planned)


@dataclass(frozen=True, slots=True)
class _Stage:
    job: Job


@dataclass(frozen=True, slots=True)
class _Active(_Stage):
    """What every unfinished, unparked stage can do."""

    def retry(self, now: float, due_at: float, error: str) -> Change:
        """Stay, try again at `due_at`; one more attempt is counted."""
        after = replace(
            self.job,
            updated_at=now,
            due_at=due_at,
            attempts=self.job.attempts + 1,
            last_error=error,
            waited_seconds=waited(self.job, now),
        )
        return Change(self.job, after, Cause.RETRY, error)

    def park(self, now: float, error: str, account: str) -> Change:
        """Wait until `account` is fixed; `Parked.resume` goes back to this very state."""
        change = _move(self.job, State.PARKED, now, Cause.PARKED, FAR_FUTURE, error)
        return _amend(change, parked_from=self.job.state, parked_for=account, last_error=error)

    def delete(self, now: float) -> Change:
        """The recording is gone: nothing is transcribed any more, and no answer is owed."""
        return _amend(_move(self.job, State.REPLYING, now, Cause.DELETED), outcome=Outcome.DELETED)


@dataclass(frozen=True, slots=True)
class _Refusable(_Active):
    """Stages whose job can still end in a refusal or a cancellation."""

    def refuse(self, now: float, problem: Problem, error: str = "") -> Change:
        """Answer with a sentence that says why there is no transcript."""
        return _amend(
            _move(self.job, State.REPLYING, now, Cause.REFUSED, detail=problem.code.value),
            outcome=Outcome.REFUSED,
            problem=problem,
            last_error=error,
        )

    def cancel(self, now: float) -> Change:
        """Answer that somebody cancelled it."""
        return _amend(_move(self.job, State.REPLYING, now, Cause.CANCELLED), outcome=Outcome.CANCELLED)


@dataclass(frozen=True, slots=True)
class Received(_Refusable):
    """Known, not yet looked at."""

    def submit(self, now: float, file: FileFacts, provider: str, account: str, options: Options) -> Change:
        """The file is fit and its provider chosen."""
        change = _move(self.job, State.SUBMITTING, now, Cause.ACCEPTED, detail=provider)
        return _amend(change, file=file, provider=provider, account=account, options=options)

    def reuse(self, now: float, file: FileFacts, provider: str, account: str, source_job: str) -> Change:
        """The same file was transcribed before: share that transcript, pay nothing."""
        change = _move(self.job, State.FINISHING, now, Cause.REUSES, detail=source_job)
        return _amend(change, file=file, provider=provider, account=account, reuses=source_job)

    def ignore(self, now: float) -> Change:
        """Nobody meant this file as audio: end without a word."""
        change = _move(self.job, State.DONE, now, Cause.IGNORED, FAR_FUTURE)
        return _amend(change, outcome=Outcome.SILENT, finished_at=now)


@dataclass(frozen=True, slots=True)
class Submitting(_Refusable):
    """The remote job is made and the audio handed over."""

    def created(self, now: float, remote: RemoteJob) -> Change:
        """The provider has given a reference; stay, with it stored, before any byte is sent."""
        after = replace(self.job, updated_at=now, due_at=now, remote=remote)
        return Change(self.job, after, Cause.REMOTE_CREATED)

    def url_refused(self, now: float, due_at: float, error: str) -> Change:
        """As `retry`; the remote job's upload URL counts as expired from now on."""
        change = self.retry(now, due_at, error)
        remote = self.job.remote
        return _amend(change, remote=None if remote is None else replace(remote, expires_at=now))

    def recreate(self, now: float, why: str) -> Change:
        """The remote job is of no use (its URL expired before the upload): stay, make another."""
        after = replace(self.job, updated_at=now, due_at=now, remote=None)
        return Change(self.job, after, Cause.REMOTE_DROPPED, why)

    def submitted(self, now: float, due_at: float) -> Change:
        """The provider has the audio; look for the result at `due_at`. What was waited for in vain before counts on."""
        return _amend(_move(self.job, State.WAITING, now, Cause.HANDED_OVER, due_at), submitted_at=now)


@dataclass(frozen=True, slots=True)
class Waiting(_Refusable):
    """The provider works; a webhook or the next poll decides."""

    def still_pending(self, now: float, due_at: float, progress: float | None) -> Change:
        """Not ready: look again at `due_at`."""
        after = replace(
            self.job,
            updated_at=now,
            due_at=due_at,
            progress=progress,
            attempts=0,
            last_error="",
            waited_seconds=waited(self.job, now),
        )
        return Change(self.job, after, None)

    def ready(self, now: float) -> Change:
        """The result can be fetched (or is stored already)."""
        return _move(self.job, State.FINISHING, now, Cause.RESULT_READY)

    def resubmit(self, now: float, why: str) -> Change:
        """The provider never got the audio (checked with it): hand it over again."""
        change = _move(self.job, State.SUBMITTING, now, Cause.HANDED_OVER_AGAIN, detail=why)
        return _amend(change, submitted_at=None, waited_seconds=waited(self.job, now))


@dataclass(frozen=True, slots=True)
class Finishing(_Refusable):
    """The result is fetched, sealed, titled."""

    def stored(self, now: float) -> Change:
        """The transcript is in the store."""
        return _amend(_move(self.job, State.REPLYING, now, Cause.STORED), outcome=Outcome.TRANSCRIPT)

    def result_missing(self, now: float, why: str) -> Change:
        """The result is not there after all: wait for it again."""
        return _move(self.job, State.WAITING, now, Cause.RESULT_MISSING, detail=why)


@dataclass(frozen=True, slots=True)
class Replying(_Active):
    """The answer is on its way into the thread."""

    def replied(self, now: float) -> Change:
        """The one reply is posted; the outcome decides how the job ended."""
        final = {
            Outcome.TRANSCRIPT: State.DONE,
            Outcome.SILENT: State.DONE,
            Outcome.REFUSED: State.FAILED,
            Outcome.CANCELLED: State.CANCELLED,
            Outcome.DELETED: State.DELETED,
        }[self.job.outcome or Outcome.REFUSED]
        return _amend(_move(self.job, final, now, Cause.REPLIED, FAR_FUTURE), finished_at=now)

    def undeliverable(self, now: float, why: str) -> Change:
        """Nobody can be answered any more (channel gone, app removed): end as failed, the transcript stays."""
        return _amend(
            _move(self.job, State.FAILED, now, Cause.UNDELIVERABLE, FAR_FUTURE, why),
            finished_at=now,
            last_error=why,
        )


@dataclass(frozen=True, slots=True)
class Parked(_Stage):
    """Waits for the operator."""

    def resume(self, now: float, cause: Cause = Cause.FIXED) -> Change:
        """Go on where it stopped."""
        back = self.job.parked_from or State.RECEIVED
        return _amend(_move(self.job, back, now, cause), parked_from=None, parked_for="")

    def refuse(self, now: float, problem: Problem) -> Change:
        """Nobody fixed it in time: answer with a sentence that says why there is no transcript."""
        change = _move(self.job, State.REPLYING, now, Cause.REFUSED, detail=problem.code.value)
        return _amend(change, outcome=Outcome.REFUSED, problem=problem, parked_from=None, parked_for="")

    def cancel(self, now: float) -> Change:
        """Answer that somebody cancelled it."""
        change = _move(self.job, State.REPLYING, now, Cause.CANCELLED)
        return _amend(change, outcome=self.job.outcome or Outcome.CANCELLED, parked_from=None, parked_for="")

    def delete(self, now: float) -> Change:
        """The recording is gone: no answer is owed."""
        change = _move(self.job, State.REPLYING, now, Cause.DELETED)
        return _amend(change, outcome=Outcome.DELETED, parked_from=None, parked_for="")


@dataclass(frozen=True, slots=True)
class Ended(_Stage):
    """Done, failed or cancelled. A person may ask for another try."""

    def retry(self, now: float, transcript_stored: bool) -> Change:
        """Try once more: from the stored transcript if there is one (not paid for again), else from the start.

        A remote job that had the audio is asked again before anything is sent again, unless the provider has given
        it up; a new one then gets a new idempotency key, or the provider would answer with the old failure.
        """
        job = self.job
        given_up = job.problem is not None and job.problem.code in _GIVEN_UP
        if transcript_stored:
            change = _move(job, State.FINISHING, now, Cause.TRIED_AGAIN_STORED)
        elif job.remote and job.submitted_at and not given_up:
            change = _move(job, State.WAITING, now, Cause.TRIED_AGAIN_REMOTE)
            change = _amend(change, submitted_at=now, waited_seconds=0.0)
        else:
            fresh = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{job.client_ref} {now!r}"))
            change = _move(job, State.RECEIVED, now, Cause.TRIED_AGAIN)
            change = _amend(change, remote=None, submitted_at=None, waited_seconds=0.0, reuses="", client_ref=fresh)
            if job.origin.version == 1:  # nobody chose these for it: the channel's settings may have been corrected
                change = _amend(change, provider="", account="", options=Options())
        return _amend(change, outcome=None, problem=None, finished_at=None, cancel_by="")


@dataclass(frozen=True, slots=True)
class Deleted(_Stage):
    """The recording was deleted. Nothing brings it back: no retry, no result."""


Stage = Received | Submitting | Waiting | Finishing | Replying | Parked | Ended | Deleted


def stage_of(job: Job) -> Stage:
    """The moves that are open to a job in its present state."""
    match job.state:
        case State.RECEIVED:
            return Received(job)
        case State.SUBMITTING:
            return Submitting(job)
        case State.WAITING:
            return Waiting(job)
        case State.FINISHING:
            return Finishing(job)
        case State.REPLYING:
            return Replying(job)
        case State.PARKED:
            return Parked(job)
        case State.DONE | State.FAILED | State.CANCELLED:
            return Ended(job)
        case State.DELETED:
            return Deleted(job)
