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

    def _moved(self, state: State, now: float, due_at: float | None = None) -> Job:
        """The job as it comes into another state, parked no more."""
        due = now if due_at is None else due_at
        after = replace(self.job, state=state, updated_at=now, due_at=due, attempts=0, last_error="", progress=None)
        return replace(after, parked_from=None, parked_for="")

    def _change(self, after: Job, cause: Cause | None, detail: str = "") -> Change:
        return Change(self.job, after, cause, detail)


@dataclass(frozen=True, slots=True)
class _Open(_Stage):
    """Nobody was answered yet."""

    def delete(self, now: float) -> Change:
        """The recording is gone: nothing is transcribed any more, and no answer is owed."""
        return self._change(replace(self._moved(State.REPLYING, now), outcome=Outcome.DELETED), Cause.DELETED)


@dataclass(frozen=True, slots=True)
class _Active(_Open):
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
        return self._change(after, Cause.RETRY, error)

    def park(self, now: float, error: str, account: str) -> Change:
        """Wait until `account` is fixed; `Parked.resume` goes back to this very state."""
        after = self._moved(State.PARKED, now, FAR_FUTURE)
        after = replace(after, parked_from=self.job.state, parked_for=account, last_error=error)
        return self._change(after, Cause.PARKED, error)


@dataclass(frozen=True, slots=True)
class _Refusable(_Active):
    """Stages whose job can still end in a refusal or a cancellation."""

    def refuse(self, now: float, problem: Problem, error: str = "") -> Change:
        """Answer with a sentence that says why there is no transcript."""
        after = self._moved(State.REPLYING, now)
        after = replace(after, outcome=Outcome.REFUSED, problem=problem, last_error=error)
        return self._change(after, Cause.REFUSED, problem.code.value)

    def cancel(self, now: float) -> Change:
        """Answer that somebody cancelled it."""
        return self._change(replace(self._moved(State.REPLYING, now), outcome=Outcome.CANCELLED), Cause.CANCELLED)


@dataclass(frozen=True, slots=True)
class Received(_Refusable):
    """Known, not yet looked at."""

    def submit(self, now: float, file: FileFacts, provider: str, account: str, options: Options) -> Change:
        """The file is fit and its provider chosen."""
        after = self._moved(State.SUBMITTING, now)
        after = replace(after, file=file, provider=provider, account=account, options=options)
        return self._change(after, Cause.ACCEPTED, provider)

    def reuse(self, now: float, file: FileFacts, provider: str, account: str, source_job: str) -> Change:
        """The same file was transcribed before: share that transcript, pay nothing."""
        after = self._moved(State.FINISHING, now)
        after = replace(after, file=file, provider=provider, account=account, reuses=source_job)
        return self._change(after, Cause.REUSES, source_job)

    def ignore(self, now: float) -> Change:
        """Nobody meant this file as audio: end without a word."""
        after = replace(self._moved(State.DONE, now, FAR_FUTURE), outcome=Outcome.SILENT, finished_at=now)
        return self._change(after, Cause.IGNORED)


@dataclass(frozen=True, slots=True)
class Submitting(_Refusable):
    """The remote job is made and the audio handed over."""

    def created(self, now: float, remote: RemoteJob) -> Change:
        """The provider has given a reference; stay, with it stored, before any byte is sent."""
        after = replace(self.job, updated_at=now, due_at=now, remote=remote)
        return self._change(after, Cause.REMOTE_CREATED)

    def url_refused(self, now: float, due_at: float, error: str) -> Change:
        """As `retry`; the remote job's upload URL counts as expired from now on."""
        change = self.retry(now, due_at, error)
        remote = self.job.remote
        after = replace(change.after, remote=None if remote is None else replace(remote, expires_at=now))
        return replace(change, after=after)

    def recreate(self, now: float, why: str) -> Change:
        """The remote job is of no use (its URL expired before the upload): stay, make another."""
        after = replace(self.job, updated_at=now, due_at=now, remote=None)
        return self._change(after, Cause.REMOTE_DROPPED, why)

    def submitted(self, now: float, due_at: float) -> Change:
        """The provider has the audio; look for the result at `due_at`. What was waited for in vain before counts on."""
        return self._change(replace(self._moved(State.WAITING, now, due_at), submitted_at=now), Cause.HANDED_OVER)


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
        return self._change(after, None)

    def ready(self, now: float) -> Change:
        """The result can be fetched (or is stored already)."""
        return self._change(self._moved(State.FINISHING, now), Cause.RESULT_READY)

    def resubmit(self, now: float, why: str) -> Change:
        """The provider never got the audio (checked with it): hand it over again."""
        after = self._moved(State.SUBMITTING, now)
        after = replace(after, submitted_at=None, waited_seconds=waited(self.job, now))
        return self._change(after, Cause.HANDED_OVER_AGAIN, why)


@dataclass(frozen=True, slots=True)
class Finishing(_Refusable):
    """The result is fetched, sealed, titled."""

    def stored(self, now: float) -> Change:
        """The transcript is in the store."""
        return self._change(replace(self._moved(State.REPLYING, now), outcome=Outcome.TRANSCRIPT), Cause.STORED)

    def result_missing(self, now: float, why: str) -> Change:
        """The result is not there after all: wait for it again."""
        return self._change(self._moved(State.WAITING, now), Cause.RESULT_MISSING, why)


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
        return self._change(replace(self._moved(final, now, FAR_FUTURE), finished_at=now), Cause.REPLIED)

    def undeliverable(self, now: float, why: str) -> Change:
        """Nobody can be answered any more (channel gone, app removed): end as failed, the transcript stays."""
        after = replace(self._moved(State.FAILED, now, FAR_FUTURE), finished_at=now, last_error=why)
        return self._change(after, Cause.UNDELIVERABLE, why)


@dataclass(frozen=True, slots=True)
class Parked(_Open):
    """Waits for the operator."""

    def resume(self, now: float, cause: Cause = Cause.FIXED) -> Change:
        """Go on where it stopped."""
        return self._change(self._moved(self.job.parked_from or State.RECEIVED, now), cause)

    def refuse(self, now: float, problem: Problem) -> Change:
        """Nobody fixed it in time: answer with a sentence that says why there is no transcript."""
        after = replace(self._moved(State.REPLYING, now), outcome=Outcome.REFUSED, problem=problem)
        return self._change(after, Cause.REFUSED, problem.code.value)

    def cancel(self, now: float) -> Change:
        """Answer that somebody cancelled it."""
        outcome = self.job.outcome or Outcome.CANCELLED
        return self._change(replace(self._moved(State.REPLYING, now), outcome=outcome), Cause.CANCELLED)


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
            after, cause = self._moved(State.FINISHING, now), Cause.TRIED_AGAIN_STORED
        elif job.remote and job.submitted_at and not given_up:
            after, cause = self._moved(State.WAITING, now), Cause.TRIED_AGAIN_REMOTE
            after = replace(after, submitted_at=now, waited_seconds=0.0)
        else:
            fresh = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{job.client_ref} {now!r}"))
            after, cause = self._moved(State.RECEIVED, now), Cause.TRIED_AGAIN
            after = replace(after, remote=None, submitted_at=None, waited_seconds=0.0, reuses="", client_ref=fresh)
            if job.origin.version == 1:  # nobody chose these for it: the channel's settings may have been corrected
                after = replace(after, provider="", account="", options=Options())
        return self._change(replace(after, outcome=None, problem=None, finished_at=None, cancel_by=""), cause)


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
