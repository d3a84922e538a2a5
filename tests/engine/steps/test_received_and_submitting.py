"""Until the audio is handed over: the change that each step returns, and what it must not repeat."""

from dataclasses import replace

import pytest

from bot.domain.errors import Ambiguous, Problem, ProblemCode, Rejected
from bot.domain.job import RemoteJob, State
from bot.domain.vocabulary import Replacement, StoredVocabulary, Vocabulary
from bot.ports.provider import Pending, PollResult, Succeeded, TranscriptionRequest
from bot.ports.store import ChannelSettings, NewJob
from tests.engine.steps.stepping import SETTINGS, Bench, problem_of

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
