"""What each state asks for, one step at a time: the change that it returns, and what it must not repeat."""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pytest

from bot.configuration import load_settings
from bot.domain.errors import Ambiguous, LostLease, Problem, ProblemCode, Rejected, Transient
from bot.domain.job import Job, Origin, Outcome, RemoteJob, State
from bot.domain.machine import Change
from bot.domain.transcript import Segment, Transcript
from bot.domain.vocabulary import Replacement, StoredVocabulary, Vocabulary
from bot.engine.events import EngineEvent, SummaryFailed
from bot.engine.release import HOOK_INBOX
from bot.engine.retry import ENRICH_ATTEMPTS
from bot.engine.steps import Steps
from bot.ports.audio import AudioFacts, SourceFile
from bot.ports.provider import Failed, Pending, PollResult, Succeeded, TranscriptionRequest
from bot.ports.store import ChannelSettings, JobStore, NewJob
from storage import open_store
from tests.support.harnesses.engine import new_engine
from tests.support.harnesses.model import JumpingClock, Preparer, Service, Thread, World

SETTINGS = load_settings({"PUBLIC_URL": "https://bot.example", "MAX_FILE_MB": "1"}, env_file=None)
WORDS = Transcript((Segment("some words", 0.0, 1.0),), language="en", seconds=30.0, provider="xosum")
T = TypeVar("T")


class Scripted(Service):
    """Answers as a test says; calls take no time."""

    def __init__(self, world: World) -> None:
        super().__init__(world, "xosum", "told")
        self.result: PollResult = Pending(uploaded=True)
        self.created: list[TranscriptionRequest] = []
        self.uploads: list[str] = []
        self.fetched: Transcript | Exception = WORDS
        self.enriched: Exception | None = None
        self.pushed: Transcript | None = None

    async def create(self, order: TranscriptionRequest) -> RemoteJob:
        self.created.append(order)
        return RemoteJob(f"remote-{len(self.created)}", "https://upload.example")

    async def upload(self, order: TranscriptionRequest, remote: RemoteJob, payload: object, progress: object) -> None:
        self.uploads.append(remote.ref)

    async def poll(self, remote: RemoteJob, client_ref: str) -> PollResult:
        return self.result

    async def fetch(self, remote: RemoteJob, client_ref: str) -> Transcript:
        if isinstance(self.fetched, Exception):
            raise self.fetched
        return self.fetched

    async def enrich(self, transcript: Transcript) -> Transcript:
        if self.enriched is not None:
            raise self.enriched
        return replace(transcript, title="A title")

    def parse_pushed(self, result: bytes) -> Transcript | None:
        return self.pushed


class Hearing(Preparer):
    """Says of every file what a test says of it."""

    facts = AudioFacts("mp3", "mp3float", 30.0, "audio/mpeg")
    refusal: Rejected | None = None

    async def inspect(self, source: SourceFile) -> AudioFacts:
        if self.refusal is not None:
            raise self.refusal
        return self.facts


@dataclass
class Bench:
    """Steps over a real store; `step` runs one and commits what it returned."""

    steps: Steps
    store: JobStore
    clock: JumpingClock
    provider: Scripted
    preparer: Hearing
    thread: Thread
    happened: list[EngineEvent]

    async def job(self, **more: object) -> Job:
        origin = Origin("T1", "C1", "1.0", "1.0", str(more.pop("file_id", "F1")), "U1")
        job, _ = await self.store.add_job(NewJob(origin, provider="xosum", **more), self.clock.now())  # type: ignore[arg-type]  # by name
        return job

    async def run(self, job: Job) -> Change:
        """One step of a job that is claimed for it."""
        job = await self.claimed(job)
        change = await self.steps.run(job)
        assert change is not None
        return change

    async def claimed(self, job: Job) -> Job:
        found = await self.store.claim(job.lane, [job.rank], self.clock.now() + 1e6, 60.0)
        assert found is not None
        assert found.id == job.id
        return found

    async def until(self, state: State, job: Job | None = None) -> Job:
        job = job or await self.job()
        while job.state is not state:
            job = await self.store.apply(await self.run(job))
            if job.state is State.WAITING and state is not State.WAITING:
                self.provider.result = Succeeded()
        return job


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    clock = JumpingClock()
    world = World(clock, random.Random(1), calm=True)
    store = await open_store(f"sqlite:///{tmp_path}/jobs.db")

    async def turn(job: Job) -> int:
        return 0

    provider, preparer, thread = Scripted(world), Hearing(), Thread(world, turn)
    happened: list[EngineEvent] = []
    engine = new_engine(
        settings=SETTINGS,
        store=store,
        clock=clock,
        chat=thread,
        preparer=preparer,
        providers={"xosum": provider},
        watch=happened.append,
    )
    yield Bench(engine.steps, store, clock, provider, preparer, thread, happened)
    await store.close()


def problem_of(caught: "pytest.ExceptionInfo[Rejected]") -> ProblemCode:
    return caught.value.problem.code


# --- received


async def test_a_fit_file_is_submitted_with_its_provider_and_length(bench: Bench) -> None:
    change = await bench.run(await bench.job())
    assert (change.after.state, change.after.provider, change.after.account) == (State.SUBMITTING, "xosum", "xosum")
    assert change.after.file.seconds == 30.0


async def test_what_is_no_audio_is_refused_where_somebody_meant_it(bench: Bench) -> None:
    bench.preparer.refusal = Rejected(Problem(ProblemCode.NOT_AUDIO))
    with pytest.raises(Rejected) as caught:
        await bench.run(await bench.job())
    assert problem_of(caught) is ProblemCode.NOT_AUDIO


async def test_a_recording_longer_than_the_provider_takes_is_refused_before_a_byte_is_sent(bench: Bench) -> None:
    accepts = replace(bench.provider.capabilities.accepts, max_seconds=20.0)
    bench.provider.capabilities = replace(bench.provider.capabilities, accepts=accepts)
    with pytest.raises(Rejected) as caught:
        await bench.run(await bench.job())
    assert problem_of(caught) is ProblemCode.TOO_LONG
    assert bench.provider.created == []


async def test_a_provider_that_is_not_set_up_is_a_refusal(bench: Bench) -> None:
    bench.steps.providers = {}
    with pytest.raises(Rejected) as caught:
        await bench.run(await bench.job())
    assert problem_of(caught) is ProblemCode.NO_SUCH_PROVIDER


async def test_a_recording_goes_to_no_provider_that_the_operator_has_not_allowed(bench: Bench) -> None:
    bench.steps.settings = SETTINGS.model_copy(update={"providers_allowed": ("local",)})
    with pytest.raises(Rejected) as caught:
        await bench.run(await bench.job())
    assert problem_of(caught) is ProblemCode.PROVIDER_NOT_ALLOWED
    assert bench.provider.created == []


async def test_a_file_that_was_transcribed_before_is_not_paid_for_again(bench: Bench) -> None:
    first = await bench.until(State.REPLYING)
    origin = replace(first.origin, channel_id="C2")
    second, _ = await bench.store.add_job(NewJob(origin, provider="xosum"), bench.clock.now())
    await bench.claimed(first)  # its reply is under way; only the second is due
    change = await bench.run(second)
    assert (change.after.state, change.after.reuses) == (State.FINISHING, first.id)


async def test_words_and_replacements_of_the_conversation_apply_and_what_was_used_is_stored(bench: Bench) -> None:
    bench.provider.capabilities = replace(bench.provider.capabilities, most_words=10, takes_speakers=True)
    pairs = (Replacement("some", "some some"),)
    await bench.store.put_vocabulary("T1", "C1", StoredVocabulary(Vocabulary(("Hakobyan",), pairs), 1))
    await bench.store.put_vocabulary("T1", "", StoredVocabulary(Vocabulary(("Xosum",)), 1))
    await bench.store.put_channel_settings("T1", "C1", ChannelSettings(speaker_detection="2"))
    job = await bench.until(State.FINISHING)
    assert [order.vocabulary for order in bench.provider.created] == [("Xosum", "Hakobyan")]
    assert (job.options.speakers, job.options.vocabulary) == ("2", "1+C1.1")
    claimed = await bench.claimed(job)
    await bench.steps.run(claimed)
    await bench.steps.run(claimed)  # a crash behind the last write: nothing is replaced a second time
    found = await bench.store.transcript(job.id)
    assert found is not None
    assert found.text == "some some words"
    assert found.replacements == (("some", "some some"),)


async def test_a_provider_that_takes_none_is_given_none_and_replacements_are_made_all_the_same(bench: Bench) -> None:
    pairs = (Replacement("some words", "nothing"),)
    await bench.store.put_vocabulary("T1", "C1", StoredVocabulary(Vocabulary(("Hakobyan",), pairs), 1))
    await bench.store.put_channel_settings("T1", "C1", ChannelSettings(speaker_detection="2"))
    job = await bench.until(State.REPLYING)
    assert [(order.vocabulary, order.options.speakers) for order in bench.provider.created] == [((), None)]
    found = await bench.store.transcript(job.id)
    assert found is not None
    assert found.text == "nothing"


async def test_a_transcript_made_with_other_words_is_not_used_again(bench: Bench) -> None:
    bench.provider.capabilities = replace(bench.provider.capabilities, most_words=10)
    first = await bench.until(State.REPLYING)
    await bench.claimed(first)
    await bench.store.put_vocabulary("T1", "C2", StoredVocabulary(Vocabulary(("Hakobyan",)), 1))
    second, _ = await bench.store.add_job(
        NewJob(replace(first.origin, channel_id="C2"), provider="xosum"), bench.clock.now()
    )
    change = await bench.run(second)
    assert (change.after.state, change.after.reuses) == (State.SUBMITTING, "")


# --- submitting


async def test_the_reference_is_stored_before_the_upload(bench: Bench) -> None:
    job = await bench.until(State.SUBMITTING)
    stored: list[str | None] = []

    async def upload(order: TranscriptionRequest, remote: RemoteJob, payload: object, progress: object) -> None:
        row = await bench.store.job(job.id)
        assert row is not None
        stored.append(row.remote.ref if row.remote else None)

    bench.provider.upload = upload  # type: ignore[method-assign]  # seen from inside
    change = await bench.run(job)
    assert stored == ["remote-1"]
    assert change.after.state is State.WAITING


@pytest.mark.parametrize(
    ("result", "creates", "uploads"),
    [
        (Pending(uploaded=True), 1, 0),  # it arrived: nothing is repeated
        (Succeeded(), 1, 0),
        (Pending(uploaded=False), 1, 1),  # it did not: handed over again to the same job
        (Pending(uploaded=None), 1, 1),
    ],
)
async def test_after_a_crash_the_provider_is_asked_before_anything_is_repeated(
    bench: Bench, result: PollResult, creates: int, uploads: int
) -> None:
    job = await bench.until(State.SUBMITTING)

    async def dies(*args: object) -> None:
        raise Ambiguous("the connection was cut")

    whole = bench.provider.upload
    bench.provider.upload = dies  # type: ignore[method-assign,assignment]  # as a crash would
    claimed = await bench.claimed(job)
    with pytest.raises(Ambiguous):
        await bench.steps.run(claimed)
    bench.provider.upload = whole  # type: ignore[method-assign]  # as before
    bench.provider.result = result
    row = await bench.store.job(job.id)
    assert row is not None
    change = await bench.steps.run(row)
    assert change is not None
    assert change.after.state is State.WAITING
    assert (len(bench.provider.created), len(bench.provider.uploads)) == (creates, uploads)


async def test_an_expired_address_is_replaced_only_where_the_audio_is_known_to_be_missing(bench: Bench) -> None:
    job = await bench.until(State.SUBMITTING)
    claimed = await bench.claimed(job)
    old = replace(claimed, remote=RemoteJob("remote-0", "https://old.example", expires_at=bench.clock.now() - 1))
    bench.provider.result = Pending(uploaded=False)
    change = await bench.steps.run(old)
    assert change is not None
    assert (change.after.state, change.after.remote) == (State.SUBMITTING, None)
    bench.provider.result = Pending(uploaded=None)  # it may have everything: sending it again could bill twice
    change = await bench.steps.run(old)
    assert change is not None
    assert change.after.state is State.WAITING


# --- waiting


async def test_a_job_that_is_not_ready_is_polled_again_later(bench: Bench) -> None:
    job = await bench.until(State.WAITING)
    change = await bench.run(job)
    assert change.after.state is State.WAITING
    assert change.after.due_at > bench.clock.now()


async def test_audio_that_never_arrived_is_handed_over_again(bench: Bench) -> None:
    job = await bench.until(State.WAITING)
    bench.provider.result = Pending(uploaded=False)
    assert (await bench.run(job)).after.state is State.SUBMITTING


async def test_audio_that_never_shows_is_handed_over_a_few_times_and_then_given_up(bench: Bench) -> None:
    job = await bench.until(State.WAITING)
    bench.provider.result = Pending(uploaded=False)
    began = bench.clock.now()

    async def until_given_up(job: Job) -> None:
        while True:
            bench.clock.true.advance(max(job.due_at, bench.clock.now()))
            job = await bench.store.apply(await bench.run(job))

    with pytest.raises(Rejected) as caught:
        await until_given_up(job)
    assert problem_of(caught) is ProblemCode.DEADLINE
    assert 3 < len(bench.provider.uploads) < 30
    assert bench.clock.now() - began < 2 * SETTINGS.job_deadline_minutes * 60


async def test_a_failure_of_the_provider_is_a_refusal(bench: Bench) -> None:
    job = await bench.until(State.WAITING)
    bench.provider.result = Failed(Problem(ProblemCode.PROVIDER_FAILED, {"provider": "xosum", "detail": ""}))
    with pytest.raises(Rejected) as caught:
        await bench.run(job)
    assert problem_of(caught) is ProblemCode.PROVIDER_FAILED


async def test_a_deadline_counts_what_was_waited_for(bench: Bench) -> None:
    job = await bench.until(State.WAITING)
    with pytest.raises(Rejected) as caught:
        await bench.steps.run(replace(await bench.claimed(job), waited_seconds=181 * 60.0))
    assert problem_of(caught) is ProblemCode.DEADLINE


async def test_a_pushed_result_is_taken_where_the_poll_has_none_yet(bench: Bench) -> None:
    job = await bench.until(State.WAITING)
    now = bench.clock.now()
    await bench.store.put_inbox(HOOK_INBOX, "xosum:k", "xosum:remote-1", b"pushed", now, now)
    bench.provider.pushed = WORDS
    change = await bench.run(job)
    assert change.after.state is State.FINISHING
    assert await bench.store.transcript(job.id) == WORDS


async def test_a_result_for_a_job_that_was_deleted_meanwhile_is_dropped(bench: Bench) -> None:
    job = await bench.claimed(await bench.until(State.WAITING))
    bench.provider.result = Succeeded(WORDS)
    await bench.store.mark_deleted(job.id, bench.clock.now())
    with pytest.raises(LostLease):
        await bench.steps.run(job)
    assert await bench.store.transcript(job.id) is None


# --- finishing


async def test_a_result_is_fetched_enriched_and_stored(bench: Bench) -> None:
    job = await bench.until(State.FINISHING)
    change = await bench.run(job)
    assert (change.after.state, change.after.outcome) == (State.REPLYING, Outcome.TRANSCRIPT)
    stored = await bench.store.transcript(job.id)
    assert stored is not None
    assert stored.title == "A title"


async def test_a_result_that_is_not_there_after_all_is_waited_for(bench: Bench) -> None:
    job = await bench.until(State.FINISHING)
    bench.provider.fetched = Ambiguous("not there")
    assert (await bench.run(job)).after.state is State.WAITING


async def test_a_summary_is_not_worth_holding_the_transcript_back(bench: Bench) -> None:
    job = await bench.until(State.FINISHING)
    bench.provider.enriched = Transient("the summary service is away")
    claimed = await bench.claimed(job)
    with pytest.raises(Transient):
        await bench.steps.run(claimed)
    assert bench.happened == []
    change = await bench.steps.run(replace(claimed, attempts=ENRICH_ATTEMPTS - 1))
    assert change is not None
    assert change.after.state is State.REPLYING
    assert [each.detail for each in bench.happened if isinstance(each, SummaryFailed)] == [
        "the summary service is away"
    ]  # the operator reads of it


# --- replying, and what anybody may ask for


async def test_an_answer_that_cannot_be_delivered_ends_the_job_and_keeps_the_transcript(bench: Bench) -> None:
    job = await bench.until(State.REPLYING)

    async def gone(job: Job, transcript: Transcript | None) -> None:
        raise Rejected(Problem(ProblemCode.FILE_GONE), "channel_not_found")

    bench.thread.reply = gone  # type: ignore[method-assign]  # the channel was deleted
    change = await bench.run(job)
    assert change.after.state is State.FAILED
    assert await bench.store.transcript(job.id) is not None


@pytest.mark.parametrize("state", [State.RECEIVED, State.SUBMITTING, State.WAITING, State.FINISHING])
async def test_a_cancellation_is_heard_in_every_unfinished_state(bench: Bench, state: State) -> None:
    job = await bench.until(state)
    await bench.store.request_cancel(job.id, "U2", bench.clock.now())
    change = await bench.run(job)
    assert (change.after.state, change.after.outcome) == (State.REPLYING, Outcome.CANCELLED)


@pytest.mark.parametrize("state", [State.RECEIVED, State.SUBMITTING, State.WAITING, State.FINISHING, State.REPLYING])
async def test_a_deletion_wins_over_everything(bench: Bench, state: State) -> None:
    job = await bench.until(state)
    await bench.store.mark_deleted(job.id, bench.clock.now())
    change = await bench.run(job)
    assert change.after.outcome is Outcome.DELETED
