"""What the Nabla provider sends to create a job, and what it makes of each answer."""

from dataclasses import replace

import pytest

from bot.domain.errors import Ambiguous, ProblemCode, Rejected
from bot.domain.job import Options
from bot.ports.provider import Pending, Succeeded, TranscriptionRequest
from bot.providers.nabla.locales import tag_of
from bot.providers.nabla.provider import NablaProvider
from simulators.nabla import NablaSimulator
from simulators.provider.faults import Kind
from tests.providers.nabla.jobs import Build, finished
from tests.providers.peers import REF, an_order, as_request
from tests.simulators.provider.peers import Receiver, until


async def test_without_an_audio_address_nothing_is_sent(sim: NablaSimulator, nabla: NablaProvider) -> None:
    with pytest.raises(Rejected) as caught:
        await nabla.create(an_order(REF))
    assert caught.value.problem.code is ProblemCode.NEEDS_PUBLIC_URL
    assert sim.ledger.requests == []


@pytest.mark.parametrize(
    ("language", "locale"),
    [(None, "SPANISH_MX"), ("fr", "FRENCH_FR"), ("hy-AM", "ARMENIAN_AM"), ("TAMIL_IN", "TAMIL_IN")],
)
async def test_the_language_is_sent_as_a_locale_and_comes_back_as_a_tag(
    sim: NablaSimulator, build: Build, order: TranscriptionRequest, language: str | None, locale: str
) -> None:
    nabla = build(NABLA_SPEECH_LOCALE="SPANISH_MX", NABLA_SPLIT_BY_SENTENCE="false")
    remote = await finished(nabla, sim, replace(order, options=Options(language=language)))
    job = sim.jobs[remote.ref]
    assert (job.speech_locale, job.split_by_sentence) == (locale, False)
    # Another process reads the result: nothing but the stored row tells it the locale.
    assert (await build().fetch(remote, REF)).language == tag_of(locale)


async def test_a_language_that_is_not_offered_is_refused_before_a_call(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest
) -> None:
    with pytest.raises(Rejected) as caught:
        await nabla.create(replace(order, options=Options(language="tlh")))
    assert caught.value.problem.code is ProblemCode.LANGUAGE_UNSUPPORTED
    assert sim.ledger.requests == []


async def test_an_unlisted_locale_is_passed_through_and_the_refusal_is_said(
    nabla: NablaProvider, order: TranscriptionRequest
) -> None:
    with pytest.raises(Rejected) as caught:
        await nabla.create(replace(order, options=Options(language="KLINGON_QO")))
    assert caught.value.problem.code is ProblemCode.PROVIDER_REFUSED
    assert "KLINGON_QO" in caught.value.problem.params["detail"]


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "server_error", "html"])
async def test_a_create_of_unknown_fate_is_repeated_with_the_same_reference(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest, kind: Kind
) -> None:
    sim.fault(kind, "create")
    with pytest.raises(Ambiguous):
        await nabla.create(order)
    assert sim.ledger.count("create") == 1
    remote = await finished(nabla, sim, order)
    assert isinstance(await nabla.poll(remote, REF), Succeeded)
    assert [job.client_request_id for job in sim.jobs.values()] == [REF]
    assert (len(sim.billed), sim.violations) == (1, [])


async def test_a_repeat_that_is_answered_as_existing_waits_for_the_webhook_that_names_it(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest, receiver: Receiver
) -> None:
    sim.settings.repeated_request = "conflict"
    sim.settings.webhook_url = f"{receiver.url}/hooks/nabla"
    sim.fault("cut_after", "create")
    with pytest.raises(Ambiguous):
        await nabla.create(order)
    remote = await nabla.create(order)
    assert remote.ref == REF
    assert await nabla.poll(remote, REF) == Pending()
    [job] = sim.jobs
    await until(lambda: sim.jobs[job].started_at is not None)
    sim.finish(job)
    news = nabla.verify_webhook(as_request((await receiver.wait_for(1))[0]))
    assert (news.ref, news.client_ref) == (job, REF)
    assert isinstance(await nabla.poll(remote, REF), Succeeded)
    assert (len(sim.billed), sim.violations) == (1, [])


async def test_a_repeat_by_the_process_that_knows_the_job_finds_it(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest
) -> None:
    sim.settings.repeated_request = "conflict"
    remote = await nabla.create(order)
    assert (await nabla.create(order)).ref == remote.ref


@pytest.mark.parametrize("kind", ["not_found", "messsage"])
async def test_a_refused_create_is_final_and_says_why(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest, kind: Kind
) -> None:
    sim.fault(kind, "create", text="No such thing")
    with pytest.raises(Rejected) as caught:
        await nabla.create(order)
    assert caught.value.problem.params == {"provider": "Nabla", "detail": "No such thing"}


async def test_a_retired_version_is_refused_with_the_providers_words(
    sim: NablaSimulator, build: Build, order: TranscriptionRequest
) -> None:
    sim.settings.retired_versions = frozenset({"2024-10-01"})
    with pytest.raises(Rejected) as caught:
        await build().create(order)
    assert "Retired" in caught.value.problem.params["detail"]
    assert (await build(NABLA_API_VERSION="2026-07-01").create(order)).ref in sim.jobs


async def test_a_repeat_after_a_crash_waits_for_the_job_that_exists_whatever_the_status(
    sim: NablaSimulator, build: Build, order: TranscriptionRequest
) -> None:
    sim.settings.repeated_request = "unprocessable"
    sim.fault("cut_after", "create")
    with pytest.raises(Ambiguous):
        await build().create(order)
    assert (await build().create(order)).ref == REF  # another process, which has sent nothing yet
    assert len(sim.jobs) == 1
