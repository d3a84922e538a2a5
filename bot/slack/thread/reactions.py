"""The emoji reaction that shows the progress of a message with recordings: seen, done, failed.

Slack takes fifty reactions a minute, so they have a loop of their own: no status line waits for them, and a message
that is answered before its turn gets only the last one.

What a message carries is in a row of the outbox (`ts` is the emoji), claimed before it is changed, as a post is. So
several processes leave one reaction on a message; a process that stood still takes its own away; and what a killed
process did not come to is done when its row is verified.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import structlog

from bot.domain.errors import RateLimited, StepError, StoreError, Transient
from bot.domain.job import FINAL, Job, Origin, Outcome, State
from bot.domain.transcript import SpeechFinding
from bot.ports.store import OutboxMessage, Phase
from bot.slack.api.client import SlackRefusal
from bot.slack.api.methods import Method
from bot.slack.context import SlackContext
from bot.slack.outbox_keys import ReactionKey, read_key

SEEN, DONE, FAILED = "eyes", "white_check_mark", "warning"
ALL = {SEEN, DONE, FAILED}
NONE = ""  # what was cancelled has no reaction: there is nothing to read
TOO_LATE_SECONDS = 60.0  # "seen" says nothing any more
RETRY_SECONDS = 10.0
CLAIM_SECONDS = 10.0
VERIFY_SECONDS = 60.0

_log = structlog.get_logger(__name__)


def ending(jobs: Sequence[tuple[Job, SpeechFinding | None]]) -> str:
    """The reaction of a message whose jobs are over: a tick says that there are words to read.

    A refusal, and speech without words, want somebody to act; a recording in which nobody speaks wants nothing.
    """
    if any(job.outcome is Outcome.REFUSED or found is SpeechFinding.UNCLEAR for job, found in jobs):
        return FAILED
    done = [found for job, found in jobs if job.outcome is Outcome.TRANSCRIPT]
    return DONE if any(found is not SpeechFinding.SILENCE for found in done) else NONE


@dataclass(frozen=True, slots=True)
class Wanted:
    """The reaction a message should have, since when, and whether an earlier version may have left another one."""

    name: str
    since: float
    old: bool


@dataclass
class Reactions:
    """One reaction of ours on a message at a time. `run` must be running for any to be set."""

    slack: SlackContext
    _started: float = field(init=False)
    _owner: str = field(default_factory=lambda: secrets.token_hex(8), init=False)
    _wanted: dict[str, tuple[Origin, Wanted]] = field(default_factory=dict, init=False)
    _wake_event: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def __post_init__(self) -> None:
        self._started = self.slack.now()

    @staticmethod
    def key(origin: Origin) -> str:
        """The row of a message's reaction."""
        return str(ReactionKey.of(origin))

    def show(self, job: Job, name: str) -> None:
        """Have the job's message carry this reaction soon, in place of the one before."""
        wanted = Wanted(name, self.slack.now(), job.created_at < self._started)
        self._wanted[self.key(job.origin)] = (job.origin, wanted)
        self._wake_event.set()

    async def promise(self, job: Job) -> None:
        """The job is answered: store that its message is owed another reaction, in case this process dies before it.

        Raises `StoreError` only.
        """
        key = self.key(job.origin)
        row = await self.slack.store.outbox_message(key) or self._row(job.origin, Phase.GONE)
        while await self.slack.store.update_outbox(replace(row, verify_at=self._later()), release=False) is None:
            row = await self.slack.store.outbox_message(key) or row

    async def ending(self, jobs: Sequence[Job]) -> str:
        """The reaction of a message whose jobs are over; of a file that was tried again the newest try counts."""
        newest = {job.origin.file_id: job for job in sorted(jobs, key=lambda job: job.origin.version)}
        return ending([(job, await self._finding(job)) for job in newest.values()])

    async def _finding(self, job: Job) -> SpeechFinding | None:
        """What a finished recording holds; None where it has no transcript (any more)."""
        transcript = await self.slack.store.transcript(job.id) if job.outcome is Outcome.TRANSCRIPT else None
        return None if transcript is None else transcript.finding

    def _row(self, origin: Origin, phase: Phase) -> OutboxMessage:
        """A row that belongs to no job: its message may have several."""
        key, channel, ts, now = self.key(origin), origin.channel_id, origin.message_ts, self.slack.now()
        return OutboxMessage(key, "", channel, ts, phase, now, team_id=origin.team_id)

    def _later(self) -> float:
        return self.slack.now() + VERIFY_SECONDS

    async def run(self) -> None:
        """Set what is wanted, in the order it was asked for, until cancelled. Raises `StoreError`."""
        while True:
            self._wake_event.clear()
            while self._wanted:
                await self._next()
            await self._wake_event.wait()

    async def _next(self) -> None:
        key = next(iter(self._wanted))
        origin, wanted = self._wanted.pop(key)
        waited = self.slack.now() - wanted.since + self.slack.client.pace.free_in(Method.REACT.value.name)
        if wanted.name == SEEN and waited > TOO_LATE_SECONDS:
            return
        try:
            await self._change(origin, wanted)
        except (Transient, StoreError) as error:
            self._wanted.setdefault(key, (origin, wanted))
            await self.slack.clock.sleep((error.after if isinstance(error, Transient) else None) or RETRY_SECONDS)
        except StepError as error:
            _log.info("reaction_failed", detail=error.detail)

    async def _change(self, origin: Origin, wanted: Wanted) -> None:
        found = await self.slack.store.outbox_message(self.key(origin))
        row = found or self._row(origin, Phase.GONE)
        certain = row.phase in (Phase.SETTLED, Phase.GONE)
        if row.phase != Phase.INTENT and row.ts == wanted.name:
            return
        if wanted.name == SEEN and not await self._is_waited_for(origin):
            return  # this process stood still, or another was quicker
        claimed = await self._claim(row, wanted.name)
        before = SEEN if found is None and wanted.old else row.ts
        try:
            for name in ({before} if certain else ALL) - {wanted.name, NONE}:
                await self._react(Method.UNREACT, claimed, name)
                before = NONE
            if wanted.name != NONE:
                await self._react(Method.REACT, claimed, wanted.name)
        except RateLimited:
            if certain:
                phase = Phase.SETTLED if before else Phase.GONE
                await self.slack.store.update_outbox(replace(claimed, phase=phase, ts=before))
            raise
        except Transient:
            raise
        except StepError:  # a missing scope, say: another try would fail, too
            await self.slack.store.update_outbox(replace(claimed, phase=Phase.GONE, ts=NONE, verify_at=None))
            raise
        await self._changed(claimed, certain)

    async def _claim(self, row: OutboxMessage, name: str) -> OutboxMessage:
        at = self.slack.now()
        intent = replace(row, phase=Phase.INTENT, ts=name, intent_at=at, verify_at=self._later())
        claimed = await self.slack.store.claim_outbox(intent, self._owner, at, CLAIM_SECONDS)
        if claimed is None:
            raise Transient("another process is at this reaction", after=1.0)
        return claimed

    async def _changed(self, claimed: OutboxMessage, certain: bool) -> None:
        """Store that it is there. Not `certain`: another process was at it, and may go on when it wakes."""
        name = claimed.ts
        verify_at = None if certain and name != SEEN else self._later()
        changed = replace(claimed, phase=Phase.SETTLED if certain else Phase.POSTED, verify_at=verify_at)
        while await self.slack.store.update_outbox(changed) is None:
            current = await self.slack.store.outbox_message(claimed.key)
            if current is not None and current.owner == self._owner:  # a promise was stored
                changed = replace(changed, verify_at=current.verify_at, revision=current.revision)
            elif current is None or current.ts != name:  # this process stood still, and another one went on
                _log.warning("extra_reaction_removed", name=name)
                if name != NONE:
                    await self._react(Method.UNREACT, claimed, name)
                return
            else:
                return

    async def _is_waited_for(self, origin: Origin) -> bool:
        jobs = await self.slack.store.jobs_of_message(origin.team_id, origin.channel_id, origin.message_ts)
        return any(job.state not in FINAL and job.state != State.REPLYING for job in jobs)

    async def verify(self, row: OutboxMessage) -> None:
        """A reaction whose time to be verified has come: it is what the message's jobs say, and the only one."""
        if row.phase == Phase.INTENT and row.claimed_until > self.slack.now():
            return
        taken = await self.slack.store.update_outbox(replace(row, verify_at=self._later()), release=False)
        key, alone = read_key(row.key), row.phase != Phase.POSTED
        team_id = key.team_id if isinstance(key, ReactionKey) else row.team_id
        while taken is not None and (taken.phase, taken.ts) == (row.phase, row.ts):
            jobs = await self.slack.store.jobs_of_message(team_id, row.channel_id, row.thread_ts)
            over = all(job.state in FINAL for job in jobs)
            wanted = await self.ending(jobs) if over else SEEN
            if jobs and (row.phase == Phase.INTENT or (over and row.ts != wanted)):
                self.show(jobs[0], wanted)
                return
            for name in set() if alone else ALL - {row.ts}:  # the other process may have added its own since
                await self._react(Method.UNREACT, row, name)
            alone = True
            if not over and any(job.state == State.REPLYING for job in jobs):
                return  # `promise` may have been before this
            if await self.slack.store.update_outbox(replace(taken, phase=Phase.SETTLED, verify_at=None)) is not None:
                return
            # Slack's limits may make this take so long that another process begins it, too, or a promise was stored.
            taken = await self.slack.store.outbox_message(row.key)

    async def _react(self, method: Method, row: OutboxMessage, name: str) -> None:
        try:
            await self.slack.client.call(method, channel=row.channel_id, timestamp=row.thread_ts, name=name)
        except SlackRefusal as refusal:  # already there, not there, or the message is gone: all the same to us
            _log.debug("reaction_refused", code=refusal.code)
