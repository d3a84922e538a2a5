"""The store against a plain dictionary: the same calls in any order, with workers that lost their lease meanwhile."""

import asyncio
import contextlib
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.domain.errors import LostLease, Problem, ProblemCode
from bot.domain.job import FINAL, FileFacts, Job, Options, Origin, RemoteJob, State
from bot.domain.machine import (
    FAR_FUTURE,
    Change,
    Deleted,
    Ended,
    Finishing,
    Parked,
    Received,
    Replying,
    Submitting,
    Waiting,
    stage_of,
)
from bot.domain.transcript import Segment, Transcript
from bot.ports.store import NewJob
from storage import open_store
from tests.model.test_engine_model import _empty, _memory, _one_of, _settings

T = TypeVar("T")
NOW = 1_800_000_000.0
LANES = ("slack", "xosum", "nabla")
WHICH = st.integers(0, 30)
GAPS = st.sampled_from([0.0, 1.0, 59.0, 61.0, 3600.0])


@dataclass
class Row:
    """What the dictionary knows of a job."""

    job: Job
    lease_until: float = 0.0
    wake_count_at_claim: int = 0


def _moves(job: Job, now: float, gap: float) -> list[Change]:
    """Every legal move of a job."""
    problem = Problem(ProblemCode.CORRUPT)
    stage = stage_of(job)
    match stage:
        case Received():
            own = [
                stage.submit(now, FileFacts("a.mp3"), "xosum", "xosum", Options()),
                stage.submit(now, FileFacts("a.mp3"), "nabla", "nabla", Options("ENGLISH_US")),
                stage.ignore(now),
            ]
        case Submitting():
            own = [
                stage.created(now, RemoteJob(f"ref-{job.id}")),
                stage.recreate(now, "old"),
                stage.submitted(now, now + gap),
            ]
        case Waiting():
            own = [stage.still_pending(now, now + gap, 0.5), stage.ready(now), stage.resubmit(now, "nothing there")]
        case Finishing():
            own = [stage.stored(now), stage.result_missing(now, "gone")]
        case Replying():
            return [stage.replied(now), stage.retry(now, now + gap, "slow"), stage.undeliverable(now, "left"),
                    stage.delete(now)]  # fmt: skip
        case Parked():
            return [stage.resume(now), stage.cancel(now), stage.delete(now)]
        case Deleted():
            return []
        case Ended():
            return [stage.retry(now, False), stage.retry(now, True)]
    return [*own, stage.retry(now, now + gap, "down"), stage.park(now, "key", "xosum"), stage.refuse(now, problem),
            stage.cancel(now), stage.delete(now)]  # fmt: skip


class AgainstADictionary(RuleBasedStateMachine):
    """Rules make the same call on both sides, and compare."""

    url = ""

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.stack = contextlib.ExitStack()
        directory = self.stack.enter_context(tempfile.TemporaryDirectory(prefix="store-", dir=_memory()))
        self.address = self.url or f"sqlite:///{directory}/model.db"
        self.store = self._do(open_store(self.address))
        if self.url:
            self._do(_empty(self.url))
        self.now = NOW
        self.rows: dict[str, Row] = {}
        self.held: list[Job] = []  # as claimed, by workers who may have lost their lease since
        self.inbox: dict[str, bool] = {}
        self.stored: set[str] = set()
        self.served: dict[tuple[str, str], int] = {}
        for file, channel, user in (("a", "X", "U1"), ("b", "X", "U1"), ("a", "Y", "U2")):
            self.add(file, channel, user)

    def _do(self, work: Coroutine[object, object, T]) -> T:
        return self.loop.run_until_complete(work)

    # --- intake

    @rule(file=st.sampled_from("abcd"), channel=st.sampled_from("XY"), user=st.sampled_from(["U1", "U2", "U3"]))
    def add(self, file: str, channel: str, user: str) -> None:
        origin = Origin("T1", channel, "1.0", "1.0", file, user)
        known = next((r for r in self.rows.values() if _place(r.job.origin) == _place(origin)), None)
        job, made = self._do(self.store.add_job(NewJob(origin), self.now))
        assert made == (known is None)
        if known is None:
            assert (job.state, job.due_at, job.created_at) == (State.RECEIVED, self.now, self.now)
            self.rows[job.id] = Row(job)
        else:
            assert job.id == known.job.id

    # --- workers

    def _claimable(self, lane: str, rank: int) -> list[Row]:
        return [
            row
            for row in self.rows.values()
            if row.job.lane == lane
            and row.job.rank == rank
            and row.job.due_at <= self.now
            and row.job.due_at < FAR_FUTURE
            and row.lease_until <= self.now
        ]

    @precondition(lambda self: self.rows)
    @rule(lane=st.sampled_from(LANES), ranks=st.sampled_from([(0, 1, 2), (0, 1), (2,), (1, 2)]), lease=GAPS)
    def claim(self, lane: str, ranks: tuple[int, ...], lease: float) -> None:
        expected = next((rank for rank in ranks if self._claimable(lane, rank)), None)
        job = self._do(self.store.claim(lane, ranks, self.now, 60.0 + lease))
        if expected is None:
            assert job is None
            return
        assert job is not None
        rows = self._claimable(lane, expected)
        assert job.id in {row.job.id for row in rows}
        if expected == 2:
            turns = {row.job.person: self.served.get((lane, row.job.person), 0) for row in rows}
            assert turns[job.person] == min(turns.values())
            assert job.created_at == min(row.job.created_at for row in rows if row.job.person == job.person)
            self.served[lane, job.person] = 1 + max((v for (at, _), v in self.served.items() if at == lane), default=0)
        else:
            assert job.due_at == min(row.job.due_at for row in rows)
        row = self.rows[job.id]
        assert job.lease_token not in {"", row.job.lease_token}
        row.job = job
        row.lease_until = self.now + 60.0 + lease
        row.wake_count_at_claim = job.wake_count
        self.held.append(job)

    def _owns(self, held: Job) -> bool:
        row = self.rows[held.id]
        return row.job.lease_token == held.lease_token and row.job.state == held.state

    @precondition(lambda self: self.held)
    @rule(which=WHICH, move=WHICH, gap=GAPS, keep=st.booleans())
    def commit(self, which: int, move: int, gap: float, keep: bool) -> None:
        """A worker commits what it did: to a job that may be another's by now."""
        held = _one_of(self.held, which)
        if moves := _moves(held, self.now, gap):
            self._apply(_one_of(moves, move), keep)

    @precondition(lambda self: self.rows)
    @rule(which=WHICH, move=WHICH, gap=GAPS)
    def commit_without_a_lease(self, which: int, move: int, gap: float) -> None:
        """A person's retry, or an operator's: on the row as it was read."""
        job = _one_of(list(self.rows.values()), which).job
        moves = _moves(job, self.now, gap)
        if moves and not job.lease_token:
            self._apply(_one_of(moves, move), False)

    def _apply(self, change: Change, keep: bool) -> None:
        row = self.rows[change.before.id]
        owns = self._owns(change.before)
        try:
            moved = self._do(self.store.apply(change, keep_lease=keep))
        except LostLease:
            assert not owns
            return
        assert owns
        woken = row.job.wake_count != change.before.wake_count or (
            row.job.lease_token and row.job.wake_count != row.wake_count_at_claim
        )
        due_at = change.after.due_at
        if woken and self.now < due_at < FAR_FUTURE:
            due_at = self.now
        state = change.after.state
        if row.job.deleted_at is not None and state in FINAL:
            state = State.DELETED
        assert (moved.state, moved.due_at, moved.attempts) == (state, due_at, change.after.attempts)
        assert moved.deleted_at == row.job.deleted_at
        assert moved.lease_token == (change.before.lease_token if keep else "")
        row.job = moved
        if not keep:
            row.lease_until = 0.0
        if moved.lease_token:
            self.held.append(moved)

    @precondition(lambda self: self.held)
    @rule(which=WHICH)
    def renew(self, which: int) -> None:
        held = _one_of(self.held, which)
        owns = self.rows[held.id].job.lease_token == held.lease_token
        try:
            self._do(self.store.renew(held, self.now, 60.0))
        except LostLease:
            assert not owns
        else:
            assert owns
            self.rows[held.id].lease_until = self.now + 60.0

    @precondition(lambda self: self.held)
    @rule(which=WHICH)
    def release(self, which: int) -> None:
        held = _one_of(self.held, which)
        self._do(self.store.release(held))
        if self.rows[held.id].job.lease_token == held.lease_token:
            self._free(self.rows[held.id])

    def _free(self, row: Row) -> None:
        row.job, row.lease_until = replace(row.job, lease_token=""), 0.0

    # --- what comes from outside

    @precondition(lambda self: self.rows)
    @rule(which=WHICH)
    def wake(self, which: int) -> None:
        row = _one_of(list(self.rows.values()), which)
        woken = self._do(self.store.wake(row.job.id, self.now))
        assert woken == (row.job.state not in FINAL)
        if woken:
            due_at = row.job.due_at if row.job.state == State.PARKED else min(row.job.due_at, self.now)
            row.job = replace(row.job, wake_count=row.job.wake_count + 1, due_at=due_at)

    @precondition(lambda self: self.rows)
    @rule(which=WHICH)
    def request_cancel(self, which: int) -> None:
        row = _one_of(list(self.rows.values()), which)
        asked = self._do(self.store.request_cancel(row.job.id, "U9", self.now))
        late = {*FINAL, State.REPLYING}
        assert asked == (row.job.state not in late and row.job.parked_from != State.REPLYING)
        if asked:
            due_at = min(row.job.due_at, self.now)
            row.job = replace(row.job, wake_count=row.job.wake_count + 1, cancel_by="U9", due_at=due_at)

    @precondition(lambda self: self.rows)
    @rule(which=WHICH)
    def mark_deleted(self, which: int) -> None:
        """The recording goes, whichever process works on it; its words go with it."""
        row = _one_of(list(self.rows.values()), which)
        assert self._do(self.store.mark_deleted(row.job.id, self.now)) == (row.job.deleted_at is None)
        if row.job.deleted_at is None:
            over = row.job.state in FINAL
            row.job = replace(
                row.job,
                deleted_at=self.now,
                state=State.DELETED if over else row.job.state,
                due_at=FAR_FUTURE if over else self.now,
                wake_count=row.job.wake_count + 1,
            )
        self.stored.discard(row.job.id)

    @precondition(lambda self: self.rows)
    @rule(which=WHICH, stale=st.booleans())
    def put_transcript(self, which: int, stale: bool) -> None:
        """A result comes, for a job that may be over, deleted, or another worker's."""
        row = _one_of(list(self.rows.values()), which)
        token = "another" if stale else row.job.lease_token
        kept = self._do(self.store.put_transcript(row.job.id, Transcript((Segment("hello"),)), self.now, token))
        assert kept == (row.job.state not in FINAL and row.job.deleted_at is None and not stale)
        if kept:
            self.stored.add(row.job.id)

    @precondition(lambda self: any(row.job.state == State.PARKED for row in self.rows.values()))
    @rule()
    def resume(self) -> None:
        parked = [r for r in self.rows.values() if r.job.state == State.PARKED and not r.job.lease_token]
        assert self._do(self.store.resume_parked("xosum", self.now)) == len(parked)
        for row in parked:
            row.job = self._read(row.job.id)
            assert row.job.state not in (State.PARKED, *FINAL)
            assert row.job.due_at <= self.now

    @rule(key=st.sampled_from("kl"), ref=st.sampled_from("rs"))
    def push(self, key: str, ref: str) -> None:
        """A webhook is kept, once."""
        new = self._do(self.store.put_inbox("hook", f"{key}{ref}", ref, b"result", self.now, self.now))
        assert new == (f"{key}{ref}" not in self.inbox)
        self.inbox.setdefault(f"{key}{ref}", True)

    @precondition(lambda self: any(self.inbox.values()))
    @rule(ref=st.sampled_from("rs"))
    def use_pushes(self, ref: str) -> None:
        found = self._do(self.store.inbox_for("hook", ref))
        assert {item.key for item in found} == {k for k, waits in self.inbox.items() if waits and k.endswith(ref)}
        for item in found:
            self._do(self.store.drop_inbox(item.id))
            self.inbox[item.key] = False

    @rule(seconds=st.sampled_from([0.5, 30.0, 61.0, 3600.0]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def restart(self) -> None:
        """The process dies and another opens the database; a file is its own, so leases of the dead are void."""
        self._do(self.store.close())
        self.store = self._do(open_store(self.address))
        if not self.url:
            leased = [row for row in self.rows.values() if row.job.lease_token]
            assert self._do(self.store.release_all()) == len(leased)
            for row in leased:
                self._free(row)

    # --- what holds

    def _read(self, job_id: str) -> Job:
        job = self._do(self.store.job(job_id))
        assert job is not None
        return job

    @invariant()
    def both_sides_agree(self) -> None:
        if not hasattr(self, "store"):
            return
        for job_id, row in self.rows.items():
            job = self._read(job_id)
            assert (job.state, job.lease_token, job.wake_count, job.cancel_by, job.due_at) == (
                row.job.state,
                row.job.lease_token,
                row.job.wake_count,
                row.job.cancel_by,
                row.job.due_at,
            )
            row.job = job
            assert (self._do(self.store.transcript(job_id)) is not None) == (job_id in self.stored)
        counts = self._do(self.store.count_by_state())
        assert {state: n for state, n in counts.items() if n} == {
            state: n for state in State if (n := sum(row.job.state == state for row in self.rows.values()))
        }

    @invariant()
    def a_lane_knows_when_to_look(self) -> None:
        if not hasattr(self, "store"):
            return
        for lane in LANES:
            mine = [row for row in self.rows.values() if row.job.lane == lane and row.job.due_at < FAR_FUTURE]
            expected = min((row.job.due_at for row in mine if not row.job.lease_token), default=None)
            assert self._do(self.store.next_due(lane)) == expected

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self._do(self.store.close())
            self.loop.close()
            self.stack.close()


def _place(origin: Origin) -> tuple[str, str, str, str]:
    return origin.team_id, origin.file_id, origin.channel_id, origin.thread_ts


@pytest.mark.timeout(3600)
def test_the_store_does_what_a_dictionary_would() -> None:
    run_state_machine_as_test(AgainstADictionary, settings=_settings(16, 60))


@pytest.mark.timeout(3600)
def test_postgresql_does_what_a_dictionary_would(postgres_url: str) -> None:
    machine = type("PostgresAgainstADictionary", (AgainstADictionary,), {"url": postgres_url})
    run_state_machine_as_test(machine, settings=_settings(5, 60))
