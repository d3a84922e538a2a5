"""The job rows: added, moved, deleted, read."""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.errors import LostLease, StoreError
from bot.domain.job import FINAL, Job, Origin, State, new_job_id
from bot.domain.machine import FAR_FUTURE, Cause, Change, Parked
from bot.ports.store import JobEvent, JobFilter, NewJob
from storage.content.search import share
from storage.engines.transaction import (
    Database,
    Query,
    Row,
    Transaction,
    Value,
    execute,
    integer,
    maybe_blob,
    maybe_number,
    maybe_text,
    number,
    reads,
    reads_once,
    text,
    urgent_reads_once,
    urgent_writes,
    urgent_writes_once,
    writes,
    writes_once,
)
from storage.records.retention import purge_jobs
from storage.rows import job_of, job_values, opened_text, origin_values, sealed_text
from storage.seal import Seal

_RESUMED_AT_ONCE = 200  # parked jobs resumed in one transaction, so that others get their turn to write
BEGINNING = 2  # the rank of jobs not begun yet, in which users take turns


def new_job(new: NewJob, now: float) -> Job:
    """A job that has just been received."""
    return Job(
        id=new_job_id(),
        origin=new.origin,
        state=State.RECEIVED,
        created_at=now,
        updated_at=now,
        due_at=now,
        file=new.file,
        options=new.options,
        expected_audio=new.expected_audio,
        provider=new.provider,
        client_ref=str(uuid.uuid4()),
        hook_token=secrets.token_urlsafe(32),
    )


class StoredJobs:
    """Jobs without their leases."""

    _db: Database
    _seal: Seal

    async def add_job(self, new: NewJob, now: float) -> tuple[Job, bool]:
        """The job of this origin and whether this call made it (False: it was there)."""
        added = await self._add_job(new_job(new, now))
        if added is not None:
            return added
        found = await self._job_of_origin(new.origin)  # another process has added it at this very moment
        if found is None:
            raise StoreError("A job could be neither added nor found.")
        return found, False

    @urgent_writes_once
    def _add_job(self, job: Job) -> Transaction[tuple[Job, bool] | None]:
        values = job_values(job, self._seal)
        rows = yield Query("add_job", values)
        if not rows:
            return None
        if integer(rows[0], "made"):
            event: dict[str, Value] = {"id": job.id, "revision": 1, "now": job.created_at, "source": None}
            yield Query(
                "add_change_event", {**event, "target": job.state.value, "cause": Cause.RECEIVED.value, "detail": None}
            )
        return job_of(rows[0], self._seal), bool(integer(rows[0], "made"))

    @urgent_reads_once
    def _job_of_origin(self, origin: Origin) -> Transaction[Job | None]:
        return self._one((yield Query("job_of_origin", origin_values(origin))))

    async def apply(self, change: Change, keep_lease: bool = False) -> Job:
        """Commit a move if id, state and lease token are still those of `change.before`; write its event.

        The lease is given back unless `keep_lease`. If the row was woken since it was claimed (by this or an
        earlier change of a kept lease, or by a worker that read the row again), a later `due_at` becomes now. A
        deleted job that ends, ends as deleted. Raises `LostLease`.
        """
        if change.after.reuses and change.after.reuses != change.before.reuses:
            return await self._move_and_share(change, keep_lease)
        return await self._move(change, keep_lease)

    @writes_once
    def _move(self, change: Change, keep_lease: bool) -> Transaction[Job]:
        return (yield from move(change, self._seal, keep_lease))

    @writes
    def _move_and_share(self, change: Change, keep_lease: bool) -> Transaction[Job]:
        moved = yield from move(change, self._seal, keep_lease)
        yield from share(moved.id, moved.reuses)
        return moved

    @urgent_writes
    def mark_deleted(self, job_id: str, now: float) -> Transaction[bool]:
        """The recording was deleted: the content goes, and the job takes no result and no retry any more."""
        while True:
            found = yield from execute("state", id=job_id)
            if not found:
                return False
            source = State(text(found[0], "state"))
            target = State.DELETED if source in FINAL else source
            rows = yield from execute(
                "mark_deleted",
                id=job_id,
                source=source.value,
                target=target.value,
                now=now,
                due_at=FAR_FUTURE if source in FINAL else now,
            )
            if rows:
                break
        row = rows[0]
        if source in FINAL:
            yield from execute(
                "add_event",
                job_id=job_id,
                revision=integer(row, "revision"),
                at=now,
                source=source.value,
                target=target.value,
                cause=Cause.DELETED.value,
                detail=None,
            )
        if (yield from execute("job_to_purge", job_id=job_id)):
            yield from purge_jobs([job_id], [text(found[0], "reuses")], now)
        return True

    async def resume_parked(self, account: str, now: float) -> int:
        """Resume every job that is parked for this account; returns how many."""
        total = 0
        while count := await self._resume_some(account, now):
            total += count
        return total

    @writes
    def _resume_some(self, account: str, now: float) -> Transaction[int]:
        rows = yield from execute("parked_jobs", account=account, count=_RESUMED_AT_ONCE)
        for row in rows:
            yield from move(Parked(job_of(row, self._seal)).resume(now), self._seal)
        return len(rows)

    @reads_once
    def job(self, job_id: str) -> Transaction[Job | None]:
        """One job, or None."""
        return self._one((yield from execute("job", id=job_id)))

    @reads_once
    def job_by_ref(self, account: str, ref: str) -> Transaction[Job | None]:
        """The job with this remote reference."""
        return self._one((yield from execute("job_by_ref", account=account, ref=ref)))

    @urgent_reads_once
    def job_by_hook_token(self, token: str) -> Transaction[Job | None]:
        """The job with this hook token."""
        return self._one((yield from execute("job_by_hook_token", token=token)))

    @reads
    def jobs(self, which: JobFilter) -> Transaction[Sequence[Job]]:
        """A page of jobs, newest first."""
        rows: list[Row] = []
        before = FAR_FUTURE if which.before is None else which.before
        channels, states = _listed(which.channel_ids), _listed([state.value for state in which.states])
        if which.user_id and State.DONE in (which.states or (State.DONE,)):
            rows += yield from execute(
                "jobs_of_user",
                user_id=which.user_id,
                team_id=which.team_id,
                channels=channels,
                states=states,
                before=before,
                count=which.limit,
            )
        elif which.channel_ids and State.DONE in (which.states or (State.DONE,)):
            for channel in dict.fromkeys(which.channel_ids):
                rows += yield from execute(
                    "jobs_of_channel",
                    channel_id=channel,
                    team_id=which.team_id,
                    states=states,
                    before=before,
                    count=which.limit,
                )
        else:  # every state but done has few rows, or all are wanted: a page of each, merged
            for state in dict.fromkeys(which.states or tuple(State)):
                rows += yield from execute(
                    "jobs_in_state",
                    state=state.value,
                    team_id=which.team_id,
                    user_id=which.user_id,
                    channels=channels,
                    before=before,
                    count=which.limit,
                )
        rows.sort(key=lambda row: number(row, "created_at"), reverse=True)
        return [job_of(row, self._seal) for row in rows[: which.limit]]

    @urgent_reads_once
    def jobs_of_message(self, team_id: str, channel_id: str, message_ts: str) -> Transaction[Sequence[Job]]:
        """All jobs of one message, in the order they came."""
        rows = yield from execute("jobs_of_message", team_id=team_id, channel_id=channel_id, message_ts=message_ts)
        return [job_of(row, self._seal) for row in rows]

    @urgent_reads_once
    def jobs_of_file(self, team_id: str, file_id: str) -> Transaction[Sequence[Job]]:
        """All jobs of one file, oldest first."""
        rows = yield from execute("jobs_of_file", team_id=team_id, file_id=file_id)
        return [job_of(row, self._seal) for row in rows]

    @reads
    def jobs_of_unknown_lanes(self, lanes: Sequence[str], limit: int = 100) -> Transaction[Sequence[Job]]:
        """Unfinished jobs that no lane serves: those that are not parked yet first, each group by age."""
        rows: list[Row] = []
        for state in (State.SUBMITTING, State.WAITING, State.FINISHING, State.PARKED):
            rows += yield from execute("jobs_of_unknown_lane", state=state.value, lanes=_listed(lanes), count=limit)
        return [job_of(row, self._seal) for row in rows[:limit]]

    @reads_once
    def count_ahead(self, job: Job, most: int = 100) -> Transaction[int]:
        """How many unfinished jobs of the same lane are older, `most` at most; parked ones are not counted."""
        rows = yield from execute("count_ahead", lane=job.lane, created_at=job.created_at, most=most)
        return integer(rows[0], "jobs")

    @reads_once
    def events(self, job_id: str) -> Transaction[Sequence[JobEvent]]:
        """The timeline."""
        rows = yield from execute("events", job_id=job_id)
        return [self._event_of(job_id, row) for row in rows]

    @reads_once
    def count_by_state(self) -> Transaction[Mapping[State, int]]:
        """How many jobs are in each state; every state is there."""
        rows = yield from execute("count_by_state")
        found = {text(row, "state"): integer(row, "jobs") for row in rows}
        return {state: found.get(state.value, 0) for state in State}

    @reads
    def oldest_unfinished(self) -> Transaction[float | None]:
        """`created_at` of the oldest job that is not final."""
        oldest: list[float] = []
        for state in State:
            if state not in FINAL:
                rows = yield from execute("oldest_in_state", state=state.value)
                created_at = maybe_number(rows[0], "created_at")
                if created_at is not None:
                    oldest.append(created_at)
        return min(oldest, default=None)

    def _event_of(self, job_id: str, row: Row) -> JobEvent:
        source = maybe_text(row, "source")
        return JobEvent(
            at=number(row, "at"),
            source=State(source) if source else None,
            target=State(text(row, "target")),
            cause=Cause(text(row, "cause")),
            detail=opened_text(maybe_blob(row, "detail"), f"event:{job_id}", self._seal),
        )

    def _one(self, rows: Sequence[Row]) -> Job | None:
        return job_of(rows[0], self._seal) if rows else None


def move(change: Change, seal: Seal, keep_lease: bool = False) -> Transaction[Job]:
    """Apply a change within a transaction. Raises `LostLease`."""
    before, after = change.before, change.after
    values: dict[str, Value] = {
        "source": before.state.value,
        "token": before.lease_token,
        "keep_lease": int(keep_lease),
        "now": after.updated_at,
        "wake_count": before.wake_count,
        "sets_cancel_by": int(before.cancel_by != after.cancel_by),
        "is_final": int(after.state in FINAL),
        "cause": change.cause.value if change.cause else "",
        "detail": sealed_text(change.detail, f"event:{after.id}", seal) if change.detail else None,
    }
    rows = yield Query("change_job", {**job_values(after, seal), **values})
    if not rows:
        raise LostLease(f"job {before.id} is no longer {before.state.value} under this lease")
    row = rows[0]
    moved = replace(
        after,
        state=State(text(row, "state")),
        due_at=number(row, "due_at"),
        cancel_by=text(row, "cancel_by"),
        deleted_at=maybe_number(row, "deleted_at"),
        lease_token=text(row, "lease_token"),
        wake_count=integer(row, "wake_count"),
    )
    follow_up = {"revision": integer(row, "revision"), "target": moved.state.value}
    yield Query("add_change_event", {**values, **follow_up, "id": after.id})
    return moved


def _listed(names: Sequence[str]) -> str:
    """The names as a statement finds one among them; "" when any will do."""
    return f",{','.join(names)}," if names else ""
