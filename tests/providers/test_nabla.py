"""Nabla by its provider object, against the strict simulator: every row of the contract's tables."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot.domain.errors import (
    Ambiguous,
    Misconfigured,
    ProblemCode,
    RateLimited,
    Rejected,
    Transient,
    WebhookRefused,
)
from bot.domain.job import Options, RemoteJob
from bot.domain.transcript import Segment, Transcript
from bot.http import Http
from bot.ports.provider import Failed, Pending, Succeeded, TranscriptionRequest, WebhookRequest
from bot.providers.nabla.assertion import sign_assertion
from bot.providers.nabla.locales import LANGUAGES, locale_of, note_locale_of, tag_of
from bot.providers.nabla.provider import NablaProvider
from bot.providers.nabla.results import read_standing
from bot.providers.nabla.signature import read_news, read_time
from simulators.nabla import NablaSettings, NablaSimulator
from simulators.nabla.assertion import key_pair
from simulators.nabla.settings import SPEECH_LOCALES
from simulators.provider.faults import Kind
from simulators.provider.jobs import Variant
from tests.providers.peers import Meter, Recording, StillClock, an_order, as_request
from tests.simulators.provider.peers import Receiver, silent_mp3, until
from tests.support.providers import account

REF = "6a4b0f0e-3f5e-4f0b-9a53-d2f1c1a6a001"

Build = Callable[..., NablaProvider]


@pytest.fixture(scope="module")
def keys() -> tuple[str, str]:
    return key_pair()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as running:
        running.files["/audio/one"] = silent_mp3(2)
        yield running


@pytest.fixture
async def sim(clock: StillClock, keys: tuple[str, str]) -> AsyncIterator[NablaSimulator]:
    async with NablaSimulator(NablaSettings(job_seconds=60, public_key=keys[1]), now=clock) as running:
        yield running


@pytest.fixture
def build(
    sim: NablaSimulator, receiver: Receiver, http: Http, clock: StillClock, meter: Meter, keys: tuple[str, str]
) -> Build:
    known = {**sim.environment(), "NABLA_PRIVATE_KEY": keys[0], "PUBLIC_URL": receiver.url}
    return lambda **more: account("nabla", {**known, **more}, http, clock, meter.spend)


@pytest.fixture
def nabla(build: Build) -> NablaProvider:
    return build()


@pytest.fixture
def order(receiver: Receiver) -> TranscriptionRequest:
    return an_order(REF, audio_url=f"{receiver.url}/audio/one")


async def begun(nabla: NablaProvider, sim: NablaSimulator, order: TranscriptionRequest) -> RemoteJob:
    remote = await nabla.create(order)
    await nabla.upload(order, remote, Recording(b""), Meter().progress)
    await until(lambda: sim.jobs[remote.ref].started_at is not None)
    return remote


async def finished(nabla: NablaProvider, sim: NablaSimulator, order: TranscriptionRequest) -> RemoteJob:
    remote = await begun(nabla, sim, order)
    sim.finish(remote.ref)
    return remote


# the flow


async def test_a_recording_is_downloaded_once_and_comes_back_with_times_and_speakers(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest
) -> None:
    remote = await begun(nabla, sim, order)
    assert await nabla.poll(remote, REF) == Pending()
    sim.finish(remote.ref)
    expected = sim.transcript(sim.jobs[remote.ref]).segments
    found = await nabla.fetch(remote, REF)
    assert [s.text for s in found.segments] == [s.text for s in expected]
    assert [s.start for s in found.segments] == pytest.approx([s.start for s in expected], abs=0.001)
    assert [s.end for s in found.segments] == pytest.approx([s.end for s in expected], abs=0.001)
    assert set(found.speakers) <= {"DOCTOR", "PATIENT"}
    assert found.speakers
    assert (found.language, found.provider) == ("en-US", "nabla")
    assert (await nabla.enrich(found)).segments == found.segments
    assert (len(sim.billed), sim.violations) == (1, [])
    assert sim.jobs[remote.ref].client_request_id == REF


async def test_the_token_is_reused_until_a_minute_before_its_end(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest, clock: StillClock, meter: Meter
) -> None:
    sim.settings.token_life = 600
    remote = await begun(nabla, sim, order)
    clock.advance(539)
    await nabla.poll(remote, REF)
    assert sim.ledger.count("token") == 1
    clock.advance(2)
    await nabla.poll(remote, REF)
    assert sim.ledger.count("token") == 2
    assert meter.spent == sum(sim.ledger.per_minute().values())
    assert sim.violations == []


async def test_many_callers_cause_one_token(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest
) -> None:
    orders = [replace(order, client_ref=f"ref-{number}") for number in range(8)]
    await asyncio.gather(*(nabla.create(one) for one in orders))
    assert sim.ledger.count("token") == 1


async def test_a_token_that_is_revoked_in_mid_job_is_renewed_once_with_a_new_assertion(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest
) -> None:
    remote = await finished(nabla, sim, order)
    sim.revoke_tokens()
    assert isinstance(await nabla.poll(remote, REF), Succeeded)
    assert (sim.ledger.count("token"), sim.violations) == (2, [])
    sim.fault("unauthorized", "read", times=2)
    with pytest.raises(Misconfigured) as caught:
        await nabla.poll(remote, REF)
    assert caught.value.account == "nabla"


async def test_a_token_answer_that_is_lost_is_not_asked_for_with_the_same_assertion(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest
) -> None:
    for kind in ("cut_after", "server_error", "html"):
        sim.fault(kind, "token")
        with pytest.raises(Transient):
            await nabla.create(order)
    assert (await nabla.create(order)).ref in sim.jobs
    assert sim.violations == []


async def test_the_region_drives_base_url_and_audience_together(http: Http, clock: StillClock) -> None:
    us, eu = (account("nabla", {"NABLA_REGION": region}, http, clock) for region in ("us", "eu"))
    assert us._base == "https://us.api.nabla.com/v1/core/server"
    assert eu._base == "https://eu.api.nabla.com/v1/core/server"


async def test_a_key_in_one_line_is_understood(sim: NablaSimulator, build: Build, keys: tuple[str, str]) -> None:
    findings = await build(NABLA_PRIVATE_KEY=keys[0].replace("\n", "\\n")).check()
    assert findings[0].ok


def test_its_traits_follow_the_contract_and_the_settings(build: Build) -> None:
    capabilities = build(NABLA_WEBHOOK_SECRET="s").capabilities
    assert (capabilities.needs_public_url, capabilities.fetches_audio, capabilities.pushes) == (True, True, True)
    assert (capabilities.accepts.max_seconds, capabilities.accepts.video) == (3600.0, False)
    assert all(mime.startswith("audio/") for mime in capabilities.accepts.mimes)
    assert set(capabilities.languages) == SPEECH_LOCALES


# create


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


# poll


@pytest.mark.parametrize("version", ["2024-04-22", "2024-10-01", "2026-07-01"])
@pytest.mark.parametrize("shape", [None, "old_names", "new_names", "lower_case", "upper_case"])
async def test_both_eras_of_names_and_cases_are_read(
    sim: NablaSimulator, build: Build, order: TranscriptionRequest, version: str, shape: Kind | None
) -> None:
    nabla = build(NABLA_API_VERSION=version)
    remote = await finished(nabla, sim, order)
    if shape:
        sim.fault(shape, "read")
    found = await nabla.fetch(remote, REF)
    assert set(found.speakers) <= {"DOCTOR", "PATIENT"}
    assert found.speakers
    assert all(s.start is not None and s.end is not None and s.start < s.end for s in found.segments)


async def test_items_are_sorted_by_their_start(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest
) -> None:
    remote = await finished(nabla, sim, order)
    sim.fault("out_of_order", "read")
    starts = [segment.start or 0.0 for segment in (await nabla.fetch(remote, REF)).segments]
    assert starts == sorted(starts)
    assert len(starts) > 1


async def test_an_empty_list_means_no_speech_and_a_missing_one_is_a_failure(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest
) -> None:
    remote = await finished(nabla, sim, order)
    sim.fault("empty_transcript", "read")
    assert (await nabla.fetch(remote, REF)).is_empty
    for kind in ("no_text", "missing_payload"):
        sim.fault(kind, "read")
        assert isinstance(await nabla.poll(remote, REF), Failed)


async def test_a_status_nobody_knows_is_work_in_progress(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest
) -> None:
    remote = await finished(nabla, sim, order)
    sim.fault("unknown_status", "read")
    assert await nabla.poll(remote, REF) == Pending()
    with pytest.raises(Transient, match="without a status"):
        read_standing({"id": "x"}, "ENGLISH_US", "GET nabla")


@pytest.mark.parametrize("number", ["http_status", "status", "code"])
async def test_a_failure_is_told_with_the_providers_words(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest, number: str
) -> None:
    sim.settings.failure_code_name = number  # type: ignore[assignment]  # one of the literals
    remote = await begun(nabla, sim, order)
    sim.fault("failed", "read", text="Silence only")
    standing = await nabla.poll(remote, REF)
    assert isinstance(standing, Failed)
    assert (standing.problem.params["detail"], standing.detail) == ("Silence only", "failed with status 422")


def test_a_failure_of_unknown_shape_is_told_whole() -> None:
    standing = read_standing({"status": "failed", "payload": {"why": ["noise"]}}, "", "")
    assert isinstance(standing, Failed)
    assert standing.problem.params["detail"] == '{"why": ["noise"]}'
    bare = read_standing({"status": "FAILED"}, "", "")
    assert isinstance(bare, Failed)
    assert bare.problem.params["detail"] == ""


async def test_audio_that_cannot_be_downloaded_fails_the_job(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest
) -> None:
    sim.settings.download_spacing = ()
    remote = await nabla.create(replace(order, audio_url=f"{order.audio_url}-gone"))
    await until(lambda: sim.jobs[remote.ref].error is not None)
    assert isinstance(await nabla.poll(remote, REF), Failed)


async def test_a_job_that_is_not_known_any_more_is_broken(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest
) -> None:
    remote = await finished(nabla, sim, order)
    sim.forget(remote.ref)
    assert isinstance(await nabla.poll(remote, REF), Failed)


@pytest.mark.parametrize(("form", "seconds", "pause"), [("seconds", 9, 9), ("date", 20, 20), ("missing", 2, 5)])
@pytest.mark.parametrize("operation", ["token", "create", "read", "note"])
async def test_429_is_a_pause_in_every_form(
    sim: NablaSimulator,
    build: Build,
    order: TranscriptionRequest,
    operation: str,
    form: str,
    seconds: float,
    pause: float,
) -> None:
    nabla = build(NABLA_NOTE="on")
    remote = RemoteJob("none") if operation == "token" else await finished(nabla, sim, order)
    sim.fault("rate_limited", operation, retry_after=form, seconds=seconds)
    steps: dict[str, Callable[[], Awaitable[object]]] = {
        "create": lambda: nabla.create(order),
        "note": lambda: nabla.enrich(Transcript((Segment("Hello"),), language="en-US")),
    }
    with pytest.raises(RateLimited) as caught:
        await steps.get(operation, lambda: nabla.poll(remote, REF))()
    assert caught.value.retry_after == pytest.approx(pause, abs=1)


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "server_error"])
async def test_a_poll_is_repeated_quickly(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest, kind: Kind
) -> None:
    remote = await finished(nabla, sim, order)
    sim.fault(kind, "read", times=2)
    assert isinstance(await nabla.poll(remote, REF), Succeeded)


async def test_a_missing_permission_is_for_the_operator(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest
) -> None:
    remote = await finished(nabla, sim, order)
    sim.settings.permissions = frozenset()
    for step in (nabla.create(order), nabla.poll(remote, REF)):
        with pytest.raises(Misconfigured, match="permission"):
            await step


async def test_a_result_that_is_not_ready_cannot_be_fetched(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest
) -> None:
    with pytest.raises(Transient):
        await nabla.fetch(await begun(nabla, sim, order), REF)


# the webhook


@pytest.mark.parametrize("envelope", [False, True])
@pytest.mark.parametrize("form", ["iso", "seconds"])
@pytest.mark.parametrize("prefix", ["", "sha256="])
async def test_a_webhook_with_one_of_several_signatures_names_its_job(
    sim: NablaSimulator,
    nabla: NablaProvider,
    order: TranscriptionRequest,
    receiver: Receiver,
    envelope: bool,
    form: str,
    prefix: str,
) -> None:
    sim.settings.webhook_url, sim.settings.webhook_envelope = receiver.url, envelope
    sim.settings.timestamp_form, sim.settings.signature_prefix = form, prefix  # type: ignore[assignment]  # a literal
    remote = await finished(nabla, sim, order)
    news = nabla.verify_webhook(as_request((await receiver.wait_for(1))[0]))
    assert (news.ref, news.client_ref, news.ignored) == (remote.ref, REF, "")
    assert nabla.parse_pushed(news.result) is None


@pytest.mark.parametrize("variant", ["forged", "unsigned", "stale", "altered"])
async def test_every_webhook_that_is_not_believed_is_refused_alike(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest, receiver: Receiver, variant: Variant
) -> None:
    sim.settings.webhook_url = receiver.url
    sim.plan(webhook="never")
    remote = await finished(nabla, sim, order)
    await sim.send_webhook(remote.ref, variant)
    with pytest.raises(WebhookRefused) as caught:
        nabla.verify_webhook(as_request(receiver.hooks[0]))
    assert (caught.value.status, caught.value.reason) == (401, "signature")


async def test_a_genuine_body_that_is_no_job_is_ignored(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest, receiver: Receiver
) -> None:
    sim.settings.webhook_url = receiver.url
    sim.plan(webhook="never")
    remote = await finished(nabla, sim, order)
    await sim.send_webhook(remote.ref, "malformed")
    assert nabla.verify_webhook(as_request(receiver.hooks[0])).ignored == "unrecognised"


@pytest.mark.parametrize("age", [-301, 301])
async def test_a_webhook_is_believed_for_five_minutes_either_way(
    sim: NablaSimulator,
    nabla: NablaProvider,
    order: TranscriptionRequest,
    receiver: Receiver,
    clock: StillClock,
    age: float,
) -> None:
    sim.settings.webhook_url = receiver.url
    await finished(nabla, sim, order)
    request = as_request((await receiver.wait_for(1))[0])
    clock.advance(age)
    with pytest.raises(WebhookRefused):
        nabla.verify_webhook(request)
    clock.advance(-1 if age > 0 else 1)
    assert nabla.verify_webhook(request).ref


async def test_no_webhook_is_believed_while_no_secret_is_set(
    sim: NablaSimulator, http: Http, clock: StillClock
) -> None:
    deaf = account("nabla", {"NABLA_BASE_URL": sim.base_url}, http, clock)
    with pytest.raises(WebhookRefused):
        deaf.verify_webhook(WebhookRequest(b"{}", {}))
    assert not deaf.capabilities.pushes


@pytest.mark.parametrize(
    ("body", "ref", "client_ref"),
    [
        ({"id": "a", "status": "SUCCEEDED"}, "a", ""),
        ({"client_request_id": "c"}, "", "c"),
        ({"id": "hook", "type": "t", "created_at": "x", "data": {"id": "a", "client_request_id": "c"}}, "a", "c"),
        ({"id": "hook", "type": "t", "created_at": "x"}, None, None),
        ({"id": "hook", "data": "text", "status": "SUCCEEDED"}, None, None),
        ({"id": "bad id\n", "status": "SUCCEEDED"}, None, None),
        ([1], None, None),
    ],
)
def test_a_webhook_is_read_by_its_shape(body: object, ref: str | None, client_ref: str | None) -> None:
    news = read_news(json.dumps(body).encode())
    if ref is None:
        assert news.ignored == "unrecognised"
    else:
        assert (news.ref, news.client_ref, news.ignored) == (ref, client_ref, "")


@pytest.mark.parametrize(
    ("timestamp", "seconds"),
    [
        ("2025-06-15T15:06:40Z", 1_750_000_000.0),
        ("2025-06-15T15:06:40.000+00:00", 1_750_000_000.0),
        ("2025-06-15T15:06:40", 1_750_000_000.0),
        ("1750000000", 1_750_000_000.0),
        ("1750000000.5", 1_750_000_000.5),
        ("1750000000000", 1_750_000_000.0),
        ("", None),
        ("1_750_000_000", None),
        ("nan", None),
    ],
)
def test_a_timestamp_is_read_in_each_form(timestamp: str, seconds: float | None) -> None:
    assert read_time(timestamp) == seconds


# the note


@pytest.mark.parametrize("version", ["2024-10-01", "2026-02-20", "2026-07-01"])
async def test_a_note_gives_title_and_summary_when_it_is_switched_on(
    sim: NablaSimulator, build: Build, order: TranscriptionRequest, version: str
) -> None:
    nabla = build(NABLA_NOTE="on", NABLA_NOTE_TEMPLATE="GENERIC_SOAP", NABLA_API_VERSION=version)
    found = await nabla.fetch(await finished(nabla, sim, order), REF)
    rich = await nabla.enrich(found)
    assert rich.title
    assert rich.summary
    assert rich.segments == found.segments
    assert sim.violations == []


async def test_a_note_is_not_asked_for_in_other_locales_or_for_silence(sim: NablaSimulator, build: Build) -> None:
    nabla = build(NABLA_NOTE="on")
    for silent in (Transcript((Segment("Բարև"),), language="hy-AM"), Transcript((), language="en-US")):
        assert await nabla.enrich(silent) is silent
    assert sim.ledger.count("note") == 0


async def test_too_short_a_transcript_comes_without_a_note(sim: NablaSimulator, build: Build) -> None:
    short = Transcript((Segment("Hello"),), language="en-GB")
    assert await build(NABLA_NOTE="on").enrich(short) is short
    assert sim.ledger.count("note", status=422) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [("server_error", Transient), ("cut_after", Transient), ("html", Transient), ("messsage", Rejected)],
)
async def test_a_note_that_fails_says_whether_to_try_again(
    sim: NablaSimulator, build: Build, fault: Kind, error: type[Exception]
) -> None:
    sim.fault(fault, "note")
    words = "Good morning, I have had a dry cough for about two weeks now"
    with pytest.raises(error):
        await build(NABLA_NOTE="on").enrich(Transcript((Segment(words),), language="en-US"))
    assert sim.ledger.count("note") == 1


# the doctor


async def test_the_doctor_exchanges_an_assertion_and_nothing_else(sim: NablaSimulator, nabla: NablaProvider) -> None:
    findings = {finding.subject: finding for finding in await nabla.check()}
    assert findings["Nabla: credentials"].ok
    assert findings["Nabla: audio address"].ok
    assert [record.operation for record in sim.ledger.requests] == ["token"]
    assert sim.violations == []


@pytest.mark.parametrize(
    "wrong", [{"NABLA_CLIENT_ID": "other"}, {"NABLA_PRIVATE_KEY": "hush-key"}, {"NABLA_PRIVATE_KEY": "public"}]
)
async def test_the_doctor_names_what_to_change(build: Build, keys: tuple[str, str], wrong: dict[str, str]) -> None:
    given = {name: keys[1] if value == "public" else value for name, value in wrong.items()}
    [bad, *_] = await build(**given).check()
    assert (bad.ok, bad.subject) == (False, "Nabla: credentials")
    assert "NABLA_PRIVATE_KEY" in bad.remedy
    assert "hush" not in bad.detail


async def test_the_doctor_asks_for_a_public_address(http: Http, clock: StillClock, keys: tuple[str, str]) -> None:
    for public in ({}, {"PUBLIC_URL": "http://scribe.example.org"}):
        known = {"NABLA_CLIENT_ID": "x", "NABLA_PRIVATE_KEY": keys[0], "NABLA_BASE_URL": "https://127.0.0.1:1"}
        findings = await account("nabla", {**known, **public}, http, clock).check()
        [audio] = [finding for finding in findings if finding.subject == "Nabla: audio address"]
        assert not audio.ok
        assert "PUBLIC_URL" in audio.remedy


# locales


def test_every_documented_locale_is_listed_and_leads_to_its_tag_and_back() -> None:
    assert set(LANGUAGES) == SPEECH_LOCALES
    for locale in LANGUAGES:
        tag = tag_of(locale)
        assert tag is not None
        assert locale_of(tag) == locale_of(tag.upper()) == locale


@pytest.mark.parametrize(
    ("language", "locale"),
    [
        ("en", "ENGLISH_US"),
        ("en-GB", "ENGLISH_UK"),
        ("en_gb", "ENGLISH_UK"),
        ("en-ZA", "ENGLISH_US"),
        ("es-419", "SPANISH_MX"),
        ("pt-BR", "PORTUGUESE_PT"),
        ("zh-Hant-HK", "MANDARIN_CN"),
        ("zh-HK", "CANTONESE_CN"),
        ("ar", "ARABIC_SA"),
        (" hy ", "ARMENIAN_AM"),
        ("MARTIAN_MA", "MARTIAN_MA"),
        ("tlh", None),
        ("", None),
    ],
)
def test_a_tag_leads_to_the_nearest_locale(language: str, locale: str | None) -> None:
    assert locale_of(language) == locale


@pytest.mark.parametrize(
    ("tag", "locale"),
    [("en-US", "ENGLISH_US"), ("en-GB", "ENGLISH_UK"), ("fr-FR", "FRENCH_FR"), ("hy-AM", None), (None, None)],
)
def test_a_note_is_written_in_three_locales(tag: str | None, locale: str | None) -> None:
    assert note_locale_of(tag) == locale


# the assertion


def test_a_key_id_is_named_only_where_one_is_set(keys: tuple[str, str]) -> None:
    for key_id, expected in (("", {}), ("key-7", {"kid": "key-7"})):
        head = jwt.get_unverified_header(sign_assertion(keys[0], "client", "https://aud", 1e9, 60, key_id))
        assert head == {"alg": "RS256", "typ": "JWT", **expected}


@pytest.mark.parametrize("kind", ["empty", "nonsense", "public", "elliptic", "locked"])
def test_a_key_that_cannot_sign_is_a_value_error(keys: tuple[str, str], kind: str) -> None:
    rsa_key = serialization.load_pem_private_key(keys[0].encode(), None)
    forms = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    given = {
        "empty": "",
        "nonsense": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        "public": keys[1],
        "elliptic": ec.generate_private_key(ec.SECP256R1())
        .private_bytes(*forms, serialization.NoEncryption())
        .decode(),
        "locked": rsa_key.private_bytes(*forms, serialization.BestAvailableEncryption(b"pass")).decode(),
    }
    with pytest.raises(ValueError):
        sign_assertion(given[kind], "client", "https://aud", 1e9, 60)
