"""The state machine: only the moves of the table below exist, and each leaves a job that makes sense."""

from dataclasses import fields, replace
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import Problem, ProblemCode
from bot.domain.job import FINAL, FileFacts, Job, Options, Origin, Outcome, RemoteJob, State, new_job_id
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

PROBLEM = Problem(ProblemCode.CORRUPT)
FILE = FileFacts("talk.wav", "audio/wav", "wav", 1000)

# From each state, the states that one move may lead to.
MOVES = {
    State.RECEIVED: {
        State.RECEIVED,
        State.SUBMITTING,
        State.FINISHING,
        State.REPLYING,
        State.DONE,
        State.PARKED,
    },
    State.SUBMITTING: {State.SUBMITTING, State.WAITING, State.REPLYING, State.PARKED},
    State.WAITING: {State.WAITING, State.SUBMITTING, State.FINISHING, State.REPLYING, State.PARKED},
    State.FINISHING: {State.FINISHING, State.WAITING, State.REPLYING, State.PARKED},
    State.REPLYING: {State.REPLYING, State.DONE, State.FAILED, State.CANCELLED, State.DELETED, State.PARKED},
    State.PARKED: {State.RECEIVED, State.SUBMITTING, State.WAITING, State.FINISHING, State.REPLYING},
    State.DONE: {State.FINISHING, State.WAITING, State.RECEIVED},
    State.FAILED: {State.FINISHING, State.WAITING, State.RECEIVED},
    State.CANCELLED: {State.FINISHING, State.WAITING, State.RECEIVED},
    State.DELETED: set(),  # nothing brings it back
}


def job_in(state: State = State.RECEIVED) -> Job:
    return Job(
        id=new_job_id(),
        origin=Origin("T1", "C1", "1.0", "1.0", "F1", "U1"),
        state=state,
        created_at=0.0,
        updated_at=0.0,
        due_at=0.0,
    )


def common(stage: Received | Submitting | Waiting | Finishing | Replying, now: float) -> list[Change]:
    """What may happen to a job in any state that is worked on."""
    account = "slack" if isinstance(stage, Received | Replying) else "xosum"
    changes = [stage.retry(now, now + 1, "x"), stage.park(now, "x", account), stage.delete(now)]
    if not isinstance(stage, Replying):
        changes += [stage.refuse(now, PROBLEM), stage.cancel(now)]
    return changes


def moves(job: Job, now: float) -> list[Change]:
    """Every change that can be written down for a job in its present state."""
    match stage_of(job):
        case Received() as s:
            return [
                *common(s, now),
                s.submit(now, FILE, "xosum", "xosum", Options()),
                s.reuse(now, FILE, "xosum", "xosum", "other"),
                s.ignore(now),
            ]
        case Submitting() as s:
            return [
                *common(s, now),
                s.created(now, RemoteJob("r")),
                s.recreate(now, "old"),
                s.url_refused(now, now + 1, "x"),
                s.submitted(now, now + 5),
            ]
        case Waiting() as s:
            return [*common(s, now), s.still_pending(now, now + 5, 0.5), s.ready(now), s.resubmit(now, "no audio")]
        case Finishing() as s:
            return [*common(s, now), s.stored(now), s.result_missing(now, "404")]
        case Replying() as s:
            return [*common(s, now), s.replied(now), s.undeliverable(now, "gone")]
        case Parked() as s:
            return [s.resume(now), s.refuse(now, Problem(ProblemCode.NO_SUCH_PROVIDER)), s.cancel(now), s.delete(now)]
        case Ended() as s:
            return [s.retry(now, True), s.retry(now, False)]
        case Deleted():
            return []


@given(st.data())
def test_every_walk_stays_inside_the_drawn_machine_and_keeps_the_job_consistent(data: st.DataObject) -> None:
    job = job_in()
    clock = count(1)
    for _ in range(25):
        open_moves = moves(job, float(next(clock)))
        if not open_moves:
            assert job.state is State.DELETED
            return
        change = data.draw(st.sampled_from(open_moves))
        assert change.before == job
        assert change.after.state in MOVES[job.state]
        job = change.after
        assert (job.state in FINAL) == (job.finished_at is not None)
        assert (job.state is State.PARKED) == (job.parked_from is not None)
        assert (job.due_at == FAR_FUTURE) == (job.state in FINAL or job.state is State.PARKED)
        if job.state is State.REPLYING:
            assert job.outcome is not None
        if job.state in FINAL:
            assert job.outcome is not None
        if job.outcome is Outcome.REFUSED:
            assert job.problem is not None


def test_each_state_has_a_stage_and_every_move_of_a_stage_is_tried_by_this_test() -> None:
    for state in State:
        job = job_in(state)
        stage = stage_of(job)
        public = {name for name in dir(stage) if not name.startswith("_")} - {f.name for f in fields(stage)}
        assert public or state is State.DELETED, state
        assert len(moves(job, 1.0)) >= len(public), (state, public)


def test_a_parked_job_goes_on_where_it_stopped() -> None:
    for state in (State.RECEIVED, State.SUBMITTING, State.WAITING, State.FINISHING, State.REPLYING):
        job = job_in(state)
        parked = next(c.after for c in moves(job, 1.0) if c.after.state is State.PARKED)
        back = stage_of(parked)
        assert isinstance(back, Parked)
        assert back.resume(2.0).after.state is state


def test_a_retry_after_failure_pays_again_only_when_nothing_is_there() -> None:
    job = job_in(State.FAILED)
    stage = stage_of(job)
    assert isinstance(stage, Ended)
    assert stage.retry(1.0, transcript_stored=True).after.state is State.FINISHING
    assert stage.retry(1.0, transcript_stored=False).after.state is State.RECEIVED


def test_a_job_that_its_provider_gave_up_is_sent_anew_under_a_new_key() -> None:
    handed_over = replace(job_in(State.FAILED), remote=RemoteJob("r"), submitted_at=1.0, client_ref="old")
    deadline = stage_of(replace(handed_over, problem=Problem(ProblemCode.DEADLINE)))
    failed = stage_of(replace(handed_over, problem=Problem(ProblemCode.PROVIDER_FAILED)))
    assert isinstance(deadline, Ended)
    assert isinstance(failed, Ended)
    waits = deadline.retry(9.0, transcript_stored=False).after
    assert (waits.state, waits.remote, waits.submitted_at) == (State.WAITING, RemoteJob("r"), 9.0)
    again = failed.retry(9.0, transcript_stored=False).after
    assert (again.state, again.remote, again.submitted_at) == (State.RECEIVED, None, None)
    assert again.client_ref not in ("", "old")
    assert again == failed.retry(9.0, transcript_stored=False).after


def test_a_retry_from_the_start_asks_the_channels_settings_again_but_keeps_what_a_person_chose() -> None:
    shared = replace(job_in(State.FAILED), provider="nabla", account="nabla", options=Options("ENGLISH_US"))
    chosen = replace(shared, origin=replace(shared.origin, version=2))
    for job, expected in ((shared, ("", Options())), (chosen, ("nabla", Options("ENGLISH_US")))):
        stage = stage_of(job)
        assert isinstance(stage, Ended)
        after = stage.retry(9.0, transcript_stored=False).after
        assert (after.provider, after.options) == expected
