"""The one status line of each message with recordings.

`show` only notes that something changed; one loop brings the lines up to date, so a step never waits for Slack: an
edit at most every few seconds, always with the last state, and no line is posted while replies wait for the channel.
The line's row in the store makes sure that there is one of it, and that it goes even after a crash.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from bot.domain.errors import StepError, StoreError, Transient
from bot.domain.job import FINAL, Job, Outcome, State
from bot.ports.clock import WakeEvent
from bot.ports.store import OutboxMessage, Phase
from bot.slack.api.client import SlackRefusal
from bot.slack.blockkit.blocks import Message
from bot.slack.context import SlackContext
from bot.slack.outbox_keys import StatusKey
from bot.slack.thread import render
from bot.slack.thread.posts import VERIFY_SECONDS, Posts
from bot.slack.thread.reactions import SEEN, Reactions

EDIT_SECONDS = 3.0
RETRY_SECONDS = 10.0
IDLE_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 600.0
TELLING_SHARE = 0.05  # of a recording, after which its speed so far tells when it ends
CHECK_SECONDS = 3600.0
AT_ONCE = 8  # lines: one that Slack is slow about keeps few others waiting

_ENDS: Mapping[Outcome | None, State] = {
    Outcome.REFUSED: State.FAILED,
    Outcome.CANCELLED: State.CANCELLED,
    Outcome.DELETED: State.DELETED,
}
"""Where a job ends whose reply is posted and whose last step is not committed yet."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Line:
    """What is known of one message's line in this process."""

    job: Job
    progress: dict[str, tuple[State, float]] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    shown: Message | None = None
    edited_at: float = 0.0
    reacted: bool = False
    refused: bool = False  # Slack does not take a line there: no other try
    checked_at: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass
class StatusLines:
    """Keeps the lines. `run` must be running for anything to be shown."""

    slack: SlackContext
    posts: Posts
    reactions: Reactions
    after_seconds: float  # what is answered sooner needs no line: each post notifies somebody
    _lines: dict[str, Line] = field(default_factory=dict, init=False)
    _due: dict[str, float] = field(default_factory=dict, init=False)  # lines that want attention, and when
    _checked_at: float = field(default=0.0, init=False)
    _wake_event: WakeEvent = field(init=False)

    def __post_init__(self) -> None:
        self._wake_event = WakeEvent(self.slack.clock)

    @staticmethod
    def key(job: Job) -> str:
        """The row of a message's line."""
        return str(StatusKey.of(job.origin))

    def show(self, job: Job) -> None:
        """Something about the job changed; `job.progress` may be newer than its row."""
        line = self._line(job)
        if job.progress is not None:
            line.progress[job.id] = (job.state, job.progress)
        self._wake_event.notify()

    async def answered(self, job: Job) -> None:
        """The job's reply is posted: its line goes when it was the last of its message. Raises `StoreError` only."""
        line, key = self._line(job), self.key(job)
        async with line.lock:
            line.answered.add(job.id)
            if not self._open(line, await self._jobs(job)):
                await self._promise(job)
            self._lines[key] = line
            self._due[key] = self.slack.now()
        self._wake_event.notify()

    async def _promise(self, job: Job) -> None:
        """Store, before the reply's step ends, what is left to do: were we to die now, `verify` would do it."""
        key = self.key(job)
        row = await self.slack.store.outbox_message(key)
        while row is not None and row.phase != Phase.GONE:  # an intent may have become a message, too
            if (
                await self.slack.store.update_outbox(replace(row, verify_at=self.slack.now()), release=False)
                is not None
            ):
                break
            row = await self.slack.store.outbox_message(key)
        await self.reactions.promise(job)

    def _line(self, job: Job) -> Line:
        now, key = self.slack.now(), self.key(job)
        line = self._lines.setdefault(key, Line(job))
        earliest = max(now, min(line.edited_at, now) + EDIT_SECONDS) if line.shown else now
        self._due[key] = min(self._due.get(key, earliest), earliest)
        return line

    async def _jobs(self, job: Job) -> Sequence[Job]:
        origin = job.origin
        return await self.slack.store.jobs_of_message(origin.team_id, origin.channel_id, origin.message_ts)

    @staticmethod
    def _open(line: Line, jobs: Sequence[Job]) -> list[Job]:
        """The jobs that are not answered yet, and that somebody would miss."""
        return [
            job
            for job in jobs
            if job.state not in FINAL
            and job.id not in line.answered
            and (job.expected_audio or job.state != State.RECEIVED)
        ]

    async def run(self) -> None:
        """Bring lines up to date until cancelled."""
        while True:
            self._wake_event.clear()
            wait = await self.flush()
            await self._wake_event.wait(wait)

    async def flush(self) -> float:
        """Bring every line up to date that is due, a few at a time; seconds until the next one is."""
        now = self.slack.now()
        self._check_all(now)
        due = (key for key, at in list(self._due.items()) if not 0 < at - now <= LONGEST_WAIT_SECONDS)  # clock set back

        async def some() -> None:
            for key in due:
                await self._bring(key)

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(some())
        waits = [due - self.slack.now() for due in self._due.values()]
        return max(0.0, min([IDLE_SECONDS, *waits]))

    def _check_all(self, now: float) -> None:
        """Once in a while every line is due: another process may have ended its jobs, and it would be kept for good."""
        if not 0 <= now - self._checked_at < CHECK_SECONDS:
            self._checked_at = now
            for key, line in self._lines.items():
                if not 0 <= now - line.checked_at < CHECK_SECONDS:
                    self._due.setdefault(key, now)

    async def _bring(self, key: str) -> None:
        self._due.pop(key, None)
        line = self._lines.get(key)
        if line is None:
            return
        line.checked_at = self.slack.now()
        try:
            async with line.lock:
                jobs = await self._jobs(line.job)
                waiting = self._open(line, jobs)
                if not waiting:
                    if all(job.state in FINAL or job.id in line.answered for job in jobs):
                        await self._close(key, line, jobs)
                    self._lines.pop(key, None)  # what is left may not be audio at all: nobody waits for it
                    self._due.pop(key, None)  # whatever was shown meanwhile: the next step of a new try shows again
                    return
                if not line.reacted:
                    line.reacted = True
                    self.reactions.show(line.job, SEEN)
                if not line.refused:
                    await self._write(key, line, jobs, waiting)
        except Transient as error:
            self._later(key, error.after or RETRY_SECONDS)
        except SlackRefusal as refusal:
            line.refused = True
            _log.info("status_refused", key=key, code=refusal.code)
        except (StepError, StoreError) as error:
            _log.info("status_failed", key=key, detail=str(error))
            self._later(key, RETRY_SECONDS)
        except Exception:  # a bug in one line must hold up no other; it is reported with its traceback
            _log.exception("status_broke", key=key)
            self._later(key, LONGEST_WAIT_SECONDS)

    def _later(self, key: str, seconds: float) -> None:
        due = self.slack.now() + min(seconds, LONGEST_WAIT_SECONDS)
        self._due[key] = min(self._due.get(key, due), due)

    async def _write(self, key: str, line: Line, jobs: Sequence[Job], waiting: Sequence[Job]) -> None:
        origin = line.job.origin
        row = await self.slack.store.outbox_message(key)
        posted = row is not None and row.is_there
        if not posted and (early := self._early(waiting)) > 0:
            self._later(key, early)
            return
        if not posted and (busy := self.slack.client.pace.free_in(origin.channel_id)) > 0:
            self._later(key, busy)  # a reply has the right of way
            return
        phrases = await self.slack.users.phrases(line.job.origin.user_id)
        message = render.status([await self._job_status(line, job) for job in jobs], waiting[0].id, phrases)
        if row is not None and posted:
            if message == line.shown:
                return
            if (wait := line.edited_at + EDIT_SECONDS - self.slack.now()) > 0:
                self._later(key, min(wait, EDIT_SECONDS))
                return
            await self.posts.edit(row, message)
        else:
            await self.posts.deliver(key, line.job.id, origin.channel_id, origin.thread_ts, message, passing=True)
            self._later(key, 0.0)  # it may have taken long, and its jobs may be over
        line.shown, line.edited_at = message, self.slack.now()

    def _early(self, waiting: Sequence[Job]) -> float:
        """Seconds until the oldest of the unanswered jobs has taken long enough for a line. One that is parked has:
        its line is the only place where its person reads that it waits, and for whom."""
        if any(job.state == State.PARKED for job in waiting):
            return 0.0
        since = self.slack.now() - min(job.created_at for job in waiting)
        return min(self.after_seconds - since, self.after_seconds) if since >= 0 else 0.0

    async def _job_status(self, line: Line, job: Job) -> render.JobStatus:
        if job.id in line.answered and job.state not in FINAL:
            job = replace(job, state=_ENDS.get(job.outcome, State.DONE))
        state, progress = line.progress.get(job.id, (job.state, job.progress))
        if state == job.state:
            job = replace(job, progress=progress)
        ahead = 0
        if job.state in (State.RECEIVED, State.SUBMITTING) and job.progress is None:
            ahead = await self.slack.store.count_ahead(job)
        return render.JobStatus(job, ahead, await self._seconds_left(job))

    async def _seconds_left(self, job: Job) -> float | None:
        if job.state != State.WAITING or job.submitted_at is None or not job.file.seconds:
            return None
        waited = self.slack.now() - job.submitted_at
        if job.progress is not None and job.progress >= TELLING_SHARE:
            return waited * (1 - job.progress) / job.progress
        known = await self.slack.store.latency(job.account)
        if known is None:
            return None
        return known[0] + known[1] * job.file.seconds - waited

    async def _close(self, key: str, line: Line, jobs: Sequence[Job]) -> None:
        self.reactions.show(line.job, await self.reactions.ending(jobs))
        row = await self.slack.store.outbox_message(key)
        if row is not None and row.is_there:
            await self._remove(row)
        elif row is not None and row.phase == Phase.INTENT:
            await self.posts.wait_until_settled(row)
            await self._remove_found(row)
            # Who posted it may stand still in the middle of the request.
            await self.posts.mark_gone(row, verify_at=self.slack.now() + VERIFY_SECONDS)

    async def _remove(self, row: OutboxMessage) -> None:
        await self.posts.delete(row.channel_id, row.ts)
        doubtful = row.phase == Phase.POSTED
        await self.posts.mark_gone(row, verify_at=self.slack.now() + VERIFY_SECONDS if doubtful else None)

    async def _remove_found(self, row: OutboxMessage) -> None:
        for ts in await self.posts.find(row):
            await self.posts.delete(row.channel_id, ts)

    async def verify(self, row: OutboxMessage) -> None:
        """A line whose time to be verified has come: gone with its last job (after a crash), else without extras."""
        job = await self.slack.store.job(row.job_id)
        jobs = [] if job is None else await self._jobs(job)
        if job is not None and row.phase != Phase.GONE and all(each.state in FINAL for each in jobs):
            self._lines.setdefault(row.key, Line(job))
            self._due[row.key] = self.slack.now()
            self._wake_event.notify()
            if row.phase == Phase.INTENT:
                return  # closing waits until it is settled
        elif row.phase == Phase.INTENT and row.claimed_until > self.slack.now():
            return  # its owner is still at it
        taken = await self.posts.take_verification(row)
        if taken is None:
            return
        if row.phase == Phase.GONE or job is None:
            await self._remove_found(row)
            await self.slack.store.update_outbox(replace(taken, phase=Phase.GONE, verify_at=None))
        elif row.phase != Phase.INTENT and self._is_promised_later(job, jobs):
            taken = await self.posts.without_extras(taken)
            await self.slack.store.update_outbox(replace(taken, verify_at=None))

    def _is_promised_later(self, job: Job, jobs: Sequence[Job]) -> bool:
        """Whether somebody who answers one of the jobs is still to store that the line goes."""
        return bool(self._open(Line(job), jobs)) and not any(each.state == State.REPLYING for each in jobs)
