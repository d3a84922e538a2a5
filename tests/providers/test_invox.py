"""Invox Medical by its provider object, against the strict simulator: every row of the contract's tables."""

import json
from collections.abc import AsyncIterator, Callable

import pytest

from bot.domain.errors import (
    Ambiguous,
    Misconfigured,
    ProblemCode,
    RateLimited,
    Rejected,
    Transient,
    UploadUrlRefused,
    WebhookRefused,
)
from bot.domain.job import RemoteJob
from bot.domain.transcript import Segment, Transcript
from bot.http import Http
from bot.ports.provider import Failed, Pending, Succeeded, WebhookRequest
from bot.providers.invox.provider import MIME_TYPES, InvoxProvider
from bot.providers.invox.results import read_note, read_status, read_transcript, with_speakers
from simulators.invox import InvoxSettings, InvoxSimulator
from simulators.provider.faults import Kind
from simulators.provider.jobs import Variant
from tests.providers.peers import Meter, Recording, StillClock, an_order, as_request
from tests.simulators.provider.peers import Receiver, encoded, silent_mp3, wav
from tests.support.providers import account

REF = "6a4b0f0e-3f5e-4f0b-9a53-d2f1c1a6a001"
TOKEN = "job-token-0001"

Build = Callable[..., InvoxProvider]


@pytest.fixture
async def sim(clock: StillClock) -> AsyncIterator[InvoxSimulator]:
    async with InvoxSimulator(InvoxSettings(job_seconds=60), now=clock) as running:
        yield running


@pytest.fixture
def build(sim: InvoxSimulator, http: Http, clock: StillClock, meter: Meter) -> Build:
    return lambda **more: account("invox", {**sim.environment(), **more}, http, clock, meter.spend)


@pytest.fixture
def invox(build: Build) -> InvoxProvider:
    return build()


async def hand_over(
    invox: InvoxProvider, content: bytes = silent_mp3(2), mime: str = "audio/mpeg", hook_url: str | None = None
) -> RemoteJob:
    order = an_order(mime=mime, hook_url=hook_url)
    remote = await invox.create(order)
    await invox.upload(order, remote, Recording(content, mime), Meter().progress)
    return remote


async def finished(invox: InvoxProvider, sim: InvoxSimulator, hook_url: str | None = None) -> RemoteJob:
    remote = await hand_over(invox, hook_url=hook_url)
    sim.finish(remote.ref)
    return remote


def kind_of(standing: object) -> str:
    return type(standing).__name__


# the flow


async def test_a_recording_comes_back_with_times(sim: InvoxSimulator, invox: InvoxProvider) -> None:
    remote = await hand_over(invox)
    assert await invox.poll(remote, REF) == Pending()
    sim.finish(remote.ref)
    expected = sim.transcript(sim.jobs[remote.ref]).segments
    found = await invox.fetch(remote, REF)
    assert [(s.text, s.start, s.end, s.speaker) for s in found.segments] == [
        (s.text, s.start, s.end, None) for s in expected
    ]
    assert (found.title, found.summary, found.provider) == (None, None, "invox")
    assert (await invox.enrich(found)).segments == found.segments
    assert (len(sim.billed), sim.violations) == (1, [])


@pytest.mark.parametrize(
    ("mime", "content"),
    [
        ("audio/mpeg", silent_mp3(1)),
        ("audio/mp3", silent_mp3(1)),
        ("audio/wav", wav(1)),
        ("audio/x-wav", wav(1)),
        ("audio/vnd.wave", wav(1)),
        ("audio/mp4", encoded("ipod", "aac")),
        ("audio/x-m4a", encoded("ipod", "aac")),
        ("audio/flac", encoded("flac", "flac")),
        ("audio/x-flac", encoded("flac", "flac")),
        ("audio/ogg", encoded("ogg", "libopus")),
        ("audio/webm", encoded("webm", "libopus")),
        (" Audio/WebM; codecs=opus", encoded("webm", "libopus")),
    ],
)
async def test_every_accepted_type_is_uploaded_as_exactly_the_negotiated_one(
    sim: InvoxSimulator, invox: InvoxProvider, mime: str, content: bytes
) -> None:
    remote = await hand_over(invox, content, mime)
    assert sim.ledger.find("upload")[0].headers["Content-Type"] == sim.jobs[remote.ref].mime_type
    assert (len(sim.billed), sim.violations) == (1, [])


async def test_the_mapping_can_be_extended_and_what_it_lacks_is_never_sent(sim: InvoxSimulator, build: Build) -> None:
    invox = build(INVOX_MIME_MAP="audio/opus = audio/ogg, , nonsense")
    assert invox.capabilities.accepts.mimes == {*MIME_TYPES, "audio/opus"}
    await hand_over(invox, encoded("ogg", "libopus"), "audio/opus")
    with pytest.raises(Rejected) as caught:
        await invox.create(an_order(mime="audio/amr"))
    assert caught.value.problem.code is ProblemCode.NOT_CONVERTIBLE
    assert sim.violations == []


async def test_extra_body_fields_are_sent_and_cannot_replace_ours(sim: InvoxSimulator, build: Build) -> None:
    sim.settings.extra_fields = frozenset({"diarize"})
    await hand_over(build(INVOX_EXTRA_BODY='{"diarize": true, "mimeType": "audio/flac"}'))
    assert sim.violations == []
    with pytest.raises(Misconfigured, match="INVOX_EXTRA_BODY"):
        await build(INVOX_EXTRA_BODY="[1]").create(an_order())


# the token


async def test_one_token_serves_until_five_minutes_before_its_end(
    sim: InvoxSimulator, invox: InvoxProvider, clock: StillClock, meter: Meter
) -> None:
    remote = await hand_over(invox)
    clock.advance(6899)
    await invox.poll(remote, REF)
    assert sim.ledger.count("token") == 1
    clock.advance(2)
    await invox.poll(remote, REF)
    assert sim.ledger.count("token") == 2
    assert meter.spent == sum(sim.ledger.per_minute().values())
    assert sim.violations == []


@pytest.mark.parametrize("token_field", ["accessToken", "access_token", "token"])
@pytest.mark.parametrize(("life_field", "life"), [("expiresIn", 600), ("expires_in", 600), (None, 7200)])
async def test_the_token_answer_is_read_under_any_name(
    sim: InvoxSimulator, invox: InvoxProvider, clock: StillClock, token_field: str, life_field: str | None, life: int
) -> None:
    sim.settings.token_field = token_field  # type: ignore[assignment]  # one of the literals
    sim.settings.life_field = life_field  # type: ignore[assignment]  # one of the literals
    sim.settings.token_life = life
    remote = await hand_over(invox)
    clock.advance(life - 301)
    await invox.poll(remote, REF)
    assert sim.ledger.count("token") == 1
    clock.advance(2)
    await invox.poll(remote, REF)
    assert sim.ledger.count("token") == 2


async def test_a_token_that_is_revoked_in_mid_job_is_renewed_once(sim: InvoxSimulator, invox: InvoxProvider) -> None:
    remote = await finished(invox, sim)
    sim.revoke_tokens()
    assert isinstance(await invox.poll(remote, REF), Succeeded)
    assert (sim.ledger.count("token"), sim.ledger.count("read", status=401)) == (2, 1)
    sim.revoke_tokens()
    await invox.create(an_order())
    assert sim.ledger.count("create", status=401) == 1


async def test_a_fresh_token_that_is_refused_too_is_for_the_operator(sim: InvoxSimulator, invox: InvoxProvider) -> None:
    remote = await finished(invox, sim)
    sim.fault("unauthorized", "read", times=2)
    with pytest.raises(Misconfigured) as caught:
        await invox.poll(remote, REF)
    assert caught.value.account == "invox"
    assert sim.ledger.count("read") == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"INVOX_API_KEY": "wrong"},
        {"INVOX_TOKEN_PATH": "/nowhere"},
        {"INVOX_TOKEN_SCHEME": "Bearer"},
        {"INVOX_TOKEN_METHOD": "GET"},
        {"INVOX_TOKEN_BODY": "x"},
    ],
)
async def test_wrong_credentials_are_for_the_operator_and_not_quoted(build: Build, wrong: dict[str, str]) -> None:
    with pytest.raises(Misconfigured, match="INVOX_") as caught:
        await build(**wrong).create(an_order())
    assert caught.value.account == "invox"
    assert "key-456" not in caught.value.detail


@pytest.mark.parametrize("kind", ["server_error", "cut_before", "cut_after", "html"])
async def test_a_token_service_that_stumbles_passes_by_itself(
    sim: InvoxSimulator, invox: InvoxProvider, kind: Kind
) -> None:
    sim.fault(kind, "token", times=3)
    with pytest.raises(Transient):
        await invox.create(an_order())
    sim.faults.clear()
    assert (await invox.create(an_order())).upload_url


# what goes wrong


async def test_a_missing_permission_is_for_the_operator(sim: InvoxSimulator, invox: InvoxProvider) -> None:
    remote = await finished(invox, sim)
    sim.settings.permissions = frozenset()
    for step in (invox.create(an_order()), invox.poll(remote, REF)):
        with pytest.raises(Misconfigured, match="BATCH-TRANSCRIBE"):
            await step


@pytest.mark.parametrize("words", ["message", "messsage"])
async def test_a_refused_create_is_final_and_says_why(sim: InvoxSimulator, invox: InvoxProvider, words: str) -> None:
    sim.fault("messsage", "create", text=f"Bad {words}")
    with pytest.raises(Rejected) as caught:
        await invox.create(an_order())
    assert caught.value.problem.params == {"provider": "Invox Medical", "detail": f"Bad {words}"}


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "server_error", "html"])
async def test_a_create_of_unknown_fate_is_sent_once_and_an_abandoned_one_is_not_billed(
    sim: InvoxSimulator, invox: InvoxProvider, kind: Kind
) -> None:
    sim.fault(kind, "create")
    with pytest.raises(Ambiguous):
        await invox.create(an_order())
    assert sim.ledger.count("create") == 1
    await hand_over(invox)
    assert (len(sim.billed), sim.violations) == (1, [])


@pytest.mark.parametrize(("form", "seconds", "pause"), [("seconds", 9, 9), ("date", 20, 20), ("missing", 2, 5)])
@pytest.mark.parametrize("operation", ["token", "create", "read"])
async def test_429_is_a_pause_in_every_form(
    sim: InvoxSimulator, invox: InvoxProvider, operation: str, form: str, seconds: float, pause: float
) -> None:
    remote = RemoteJob("none") if operation == "token" else await finished(invox, sim)
    sim.fault("rate_limited", operation, retry_after=form, seconds=seconds)
    with pytest.raises(RateLimited) as caught:
        await (invox.create(an_order()) if operation == "create" else invox.poll(remote, REF))
    assert caught.value.retry_after == pytest.approx(pause, abs=1)


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "server_error"])
async def test_a_poll_is_repeated_quickly(sim: InvoxSimulator, invox: InvoxProvider, kind: Kind) -> None:
    remote = await finished(invox, sim)
    sim.fault(kind, "read", times=2)
    assert isinstance(await invox.poll(remote, REF), Succeeded)


async def test_404_means_pending_for_a_while_and_then_that_the_job_is_gone(
    sim: InvoxSimulator, invox: InvoxProvider, clock: StillClock
) -> None:
    sim.settings.appears_after = 100
    remote = await hand_over(invox)
    assert await invox.poll(remote, REF) == Pending()
    clock.advance(101)
    assert await invox.poll(remote, REF) == Succeeded(await invox.fetch(remote, REF))
    sim.forget(remote.ref)
    clock.advance(120)
    standing = await invox.poll(remote, REF)
    assert isinstance(standing, Failed)
    assert standing.problem.params["detail"] == "Transcription not found"


async def test_404_is_no_verdict_while_a_callback_may_come(
    sim: InvoxSimulator, build: Build, clock: StillClock
) -> None:
    sim.settings.poll_beside_callback = False
    invox = build(PUBLIC_URL="https://scribe.example.org")
    remote = await hand_over(invox, hook_url="http://127.0.0.1:1/hooks/invox/x")
    clock.advance(10_000)
    assert await invox.poll(remote, REF) == Pending()


async def test_a_refused_upload_url_leads_to_a_new_one_and_one_bill(sim: InvoxSimulator, invox: InvoxProvider) -> None:
    order = an_order()
    remote = await invox.create(order)
    sim.expire_upload(remote.ref)
    with pytest.raises(UploadUrlRefused):
        await invox.upload(order, remote, Recording(silent_mp3(1)), Meter().progress)
    assert await invox.poll(remote, REF) == Pending(uploaded=False)
    await hand_over(invox)
    assert (len(sim.billed), sim.violations) == (1, [])


@pytest.mark.parametrize(("fault", "more"), [("cut_upload", {"size": 4096}), ("cut_after", {}), ("server_error", {})])
async def test_an_upload_can_be_repeated_to_the_same_url_and_is_billed_once(
    sim: InvoxSimulator, invox: InvoxProvider, fault: Kind, more: dict[str, int]
) -> None:
    order, recording = an_order(), Recording(silent_mp3(3000), piece=65536)
    remote = await invox.create(order)
    sim.fault(fault, "upload", **more)
    with pytest.raises((Transient, Ambiguous)):
        await invox.upload(order, remote, recording, Meter().progress)
    await invox.poll(remote, REF)
    await invox.upload(order, remote, recording, Meter().progress)
    assert (len(sim.billed), sim.violations) == (1, [])


async def test_an_error_is_told_with_the_providers_words(sim: InvoxSimulator, invox: InvoxProvider) -> None:
    remote = await hand_over(invox)
    sim.fault("failed", "read", text="Unusable audio")
    standing = await invox.poll(remote, REF)
    assert isinstance(standing, Failed)
    assert (standing.problem.code, standing.problem.params["detail"]) == (
        ProblemCode.PROVIDER_FAILED,
        "Unusable audio",
    )


@pytest.mark.parametrize("status_field", ["processingStatus", "transcriptionStatus", "status"])
@pytest.mark.parametrize("case", [None, "lower_case"])
async def test_the_status_is_read_under_any_name_and_in_any_case(
    sim: InvoxSimulator, invox: InvoxProvider, status_field: str, case: str | None
) -> None:
    sim.settings.status_field = status_field  # type: ignore[assignment]  # one of the literals
    remote = await finished(invox, sim)
    if case:
        sim.fault("lower_case", "read")
    assert isinstance(await invox.poll(remote, REF), Succeeded)


async def test_a_status_nobody_knows_is_work_in_progress(sim: InvoxSimulator, invox: InvoxProvider) -> None:
    remote = await finished(invox, sim)
    sim.fault("unknown_status", "read", text="IN_REVIEW")
    assert await invox.poll(remote, REF) == Pending()


@pytest.mark.parametrize("kind", ["empty_transcript", "no_text", "missing_payload"])
async def test_completed_without_text_means_that_nothing_was_said(
    sim: InvoxSimulator, invox: InvoxProvider, kind: Kind
) -> None:
    remote = await finished(invox, sim)
    sim.fault(kind, "read")
    assert (await invox.fetch(remote, REF)).is_empty


async def test_segments_come_in_time_order(sim: InvoxSimulator, invox: InvoxProvider) -> None:
    remote = await finished(invox, sim)
    sim.fault("out_of_order", "read")
    starts = [segment.start or 0.0 for segment in (await invox.fetch(remote, REF)).segments]
    assert starts == sorted(starts)
    assert len(starts) > 1


@pytest.mark.parametrize("name", ["speakerId", "speaker", "speakerName"])
async def test_a_polls_speakers_are_taken_where_it_has_them(
    sim: InvoxSimulator, invox: InvoxProvider, name: str
) -> None:
    sim.settings.poll_speaker = name  # type: ignore[assignment]  # one of the literals
    remote = await finished(invox, sim)
    assert "Speaker 0" in (await invox.fetch(remote, REF)).speakers


async def test_a_result_that_is_not_ready_cannot_be_fetched(invox: InvoxProvider) -> None:
    remote = await hand_over(invox)
    with pytest.raises(Transient):
        await invox.fetch(remote, REF)


# the callback


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as running:
        yield running


@pytest.fixture
def pushed(build: Build, receiver: Receiver) -> Build:
    return lambda **more: build(PUBLIC_URL=receiver.url, **more)


@pytest.mark.parametrize("signature_format", ["A", "B"])
@pytest.mark.parametrize(("speaker", "label"), [("speakerId", "Speaker_00"), ("speaker", "Speaker 0")])
@pytest.mark.parametrize("status", ["COMPLETED", "SUCCESS", None])
async def test_a_callback_brings_the_result_with_its_speakers(
    sim: InvoxSimulator,
    pushed: Build,
    receiver: Receiver,
    signature_format: str,
    speaker: str,
    label: str,
    status: str | None,
) -> None:
    sim.settings.signature_format = signature_format  # type: ignore[assignment]  # one of the literals
    sim.settings.callback_speaker = speaker  # type: ignore[assignment]  # one of the literals
    sim.settings.callback_status = status
    invox = pushed()
    remote = await finished(invox, sim, f"{receiver.url}/hooks/invox/{TOKEN}")
    hook = (await receiver.wait_for(1))[0]
    assert hook.path == f"/hooks/invox/{TOKEN}"
    news = invox.verify_webhook(as_request(hook, TOKEN))
    assert (news.ref, news.hook_token, news.ignored) == (remote.ref, TOKEN, "")
    told = pushed(INVOX_CONFIRM_CALLBACK="false").parse_pushed(news.result)
    assert told is not None
    assert label in told.speakers
    fetched = await invox.fetch(remote, REF)
    assert fetched.speakers == ()
    confirmed = invox.merge_pushed(fetched, news.result)
    assert (confirmed.text, confirmed.speakers) == (fetched.text, told.speakers)
    assert sim.violations == []


async def test_an_altered_callback_gives_way_to_what_the_service_says(
    sim: InvoxSimulator, pushed: Build, receiver: Receiver
) -> None:
    invox = pushed()
    sim.plan(webhook="never")
    remote = await finished(invox, sim, receiver.url)
    await sim.send_webhook(remote.ref, "altered")
    news = invox.verify_webhook(as_request(receiver.hooks[0], TOKEN))
    fetched = await invox.fetch(remote, REF)
    assert invox.merge_pushed(fetched, news.result).text == fetched.text


async def test_a_callback_is_taken_at_its_word_only_when_that_is_configured(
    sim: InvoxSimulator, pushed: Build, receiver: Receiver
) -> None:
    trusting, careful = pushed(INVOX_CONFIRM_CALLBACK="false"), pushed()
    sim.plan(webhook="never")
    remote = await hand_over(careful, hook_url=receiver.url)
    await sim.send_webhook(remote.ref, "altered")
    news = careful.verify_webhook(as_request(receiver.hooks[0], TOKEN))
    for invox in (trusting, careful):
        assert await invox.poll(remote, REF) == Pending()  # the service itself says: pending
    assert careful.parse_pushed(news.result) is None
    told = trusting.parse_pushed(news.result)
    assert told is not None
    assert told.text == "Altered on the way"
    sim.finish(remote.ref)
    fetched = await trusting.fetch(remote, REF)
    assert trusting.merge_pushed(fetched, news.result) == told


async def test_a_callback_is_taken_where_polling_is_not_served_beside_it(
    sim: InvoxSimulator, pushed: Build, receiver: Receiver
) -> None:
    sim.settings.poll_beside_callback = False
    invox = pushed()
    remote = await finished(invox, sim, receiver.url)
    news = invox.verify_webhook(as_request((await receiver.wait_for(1))[0], TOKEN))
    assert invox.parse_pushed(news.result) is None  # not before the service was asked
    assert await invox.poll(remote, REF) == Pending()
    assert invox.parse_pushed(news.result) is not None


async def test_a_failure_can_be_told_by_the_callback(sim: InvoxSimulator, pushed: Build, receiver: Receiver) -> None:
    sim.settings.callback_on_error = True
    sim.settings.poll_beside_callback = False
    invox = pushed()
    sim.plan(outcome="failed", error="Unusable audio")
    remote = await finished(invox, sim, receiver.url)
    news = invox.verify_webhook(as_request((await receiver.wait_for(1))[0], TOKEN))
    assert invox.parse_pushed(news.result) is None
    assert await invox.poll(remote, REF) == Pending()
    with pytest.raises(Rejected) as caught:
        invox.parse_pushed(news.result)
    assert caught.value.problem.params["detail"] == "Unusable audio"


@pytest.mark.parametrize("variant", ["forged", "unsigned", "malformed"])
async def test_every_callback_that_is_not_believed_is_refused_alike(
    sim: InvoxSimulator, pushed: Build, receiver: Receiver, variant: Variant
) -> None:
    invox = pushed()
    sim.plan(webhook="never")
    remote = await finished(invox, sim, receiver.url)
    await sim.send_webhook(remote.ref, variant)
    with pytest.raises(WebhookRefused) as caught:
        invox.verify_webhook(as_request(receiver.hooks[0], TOKEN))
    assert (caught.value.status, caught.value.reason) == (401, "signature")


async def test_a_good_signature_without_a_jobs_token_is_refused(
    sim: InvoxSimulator, pushed: Build, receiver: Receiver
) -> None:
    invox = pushed()
    await finished(invox, sim, receiver.url)
    with pytest.raises(WebhookRefused) as caught:
        invox.verify_webhook(as_request((await receiver.wait_for(1))[0]))
    assert (caught.value.status, caught.value.reason) == (401, "signature")


@pytest.mark.parametrize(
    ("pinned", "sent", "fine"), [("cryptojs", "B", False), ("raw", "A", False), ("raw", "B", True)]
)
async def test_the_format_can_be_pinned(
    sim: InvoxSimulator, pushed: Build, receiver: Receiver, pinned: str, sent: str, fine: bool
) -> None:
    sim.settings.signature_format = sent  # type: ignore[assignment]  # one of the literals
    invox = pushed(INVOX_SIGNATURE_FORMAT=pinned)
    await finished(invox, sim, receiver.url)
    request = as_request((await receiver.wait_for(1))[0], TOKEN)
    if fine:
        assert invox.verify_webhook(request).ref
    else:
        with pytest.raises(WebhookRefused):
            invox.verify_webhook(request)


async def test_without_a_secret_or_an_address_no_callback_is_asked_for(
    sim: InvoxSimulator, build: Build, http: Http, clock: StillClock, receiver: Receiver
) -> None:
    deaf = {**sim.environment(), "INVOX_APP_SECRET": "", "PUBLIC_URL": receiver.url}
    for invox in (build(), account("invox", deaf, http, clock)):
        remote = await hand_over(invox, hook_url=receiver.url)
        assert sim.jobs[remote.ref].callback_url == ""
        assert not invox.capabilities.pushes


# the summary


async def test_a_summary_is_asked_for_when_it_is_switched_on(sim: InvoxSimulator, build: Build) -> None:
    invox = build(INVOX_SUMMARY="on", INVOX_SUMMARY_LANGUAGE="es")
    found = await invox.fetch(await finished(invox, sim), REF)
    rich = await invox.enrich(found)
    assert rich.summary
    assert rich.summary.strip()
    assert (rich.segments, rich.title) == (found.segments, None)
    assert await invox.enrich(Transcript(())) == Transcript(())
    assert (sim.ledger.count("summary"), sim.violations) == (1, [])


async def test_a_soap_note_is_its_filled_fields_one_below_the_other(sim: InvoxSimulator, build: Build) -> None:
    invox = build(INVOX_SUMMARY="on", INVOX_SUMMARY_FORMAT="SOAP_TEMPLATE")
    rich = await invox.enrich(await invox.fetch(await finished(invox, sim), REF))
    assert rich.summary
    assert [part.split(":")[0] for part in rich.summary.split("\n\n")] == [
        "Subjective",
        "Objective",
        "Assessment",
        "Plan",
    ]
    assert read_note({"clinicalNote": {"fields": [{"name": "Plan", "value": ""}, {"value": "Rest"}, 7]}}) == "Rest"
    assert read_note({"clinicalNote": 7}) == ""


@pytest.mark.parametrize(
    ("fault", "error"),
    [("server_error", Transient), ("cut_after", Transient), ("html", Transient), ("messsage", Rejected)],
)
async def test_a_summary_that_fails_says_whether_to_try_again(
    sim: InvoxSimulator, build: Build, fault: Kind, error: type[Exception]
) -> None:
    invox = build(INVOX_SUMMARY="on")
    sim.fault(fault, "summary")
    with pytest.raises(error):
        await invox.enrich(Transcript((Segment("Hello"),)))
    assert sim.ledger.count("summary") == 1


@pytest.mark.parametrize(("mode", "asked"), [("", 1), ("auto", 1), ("on", 2), ("off", 0)])
async def test_without_its_permission_summaries_are_left_out_and_the_doctor_can_say_so(
    sim: InvoxSimulator, build: Build, mode: str, asked: int
) -> None:
    sim.settings.permissions = frozenset({"BATCH-TRANSCRIBE"})
    invox = build(**({"INVOX_SUMMARY": mode} if mode else {}))
    said = Transcript((Segment("Hello"),))
    assert await invox.enrich(said) == said
    assert await invox.enrich(said) == said
    assert sim.ledger.count("summary") == asked
    note = await invox._context.store.cursor("summary-refused:invox")
    assert ("CONSULTATION-SUMMARY" in note) == (asked > 0)
    sim.settings.permissions = frozenset({"BATCH-TRANSCRIBE", "CONSULTATION-SUMMARY"})
    if mode == "on":
        assert (await invox.enrich(said)).summary
        assert await invox._context.store.cursor("summary-refused:invox") == ""


async def test_summaries_are_asked_for_by_default(sim: InvoxSimulator, build: Build) -> None:
    assert (await build().enrich(Transcript((Segment("Hello"),)))).summary


# the doctor


async def test_the_doctor_fetches_a_token_and_nothing_else(sim: InvoxSimulator, invox: InvoxProvider) -> None:
    findings = {finding.subject: finding for finding in await invox.check()}
    assert findings["Invox Medical: credentials"].ok
    assert [record.operation for record in sim.ledger.requests] == ["token"]
    assert sim.violations == []


async def test_the_doctor_names_what_to_change(build: Build) -> None:
    [bad, *_] = await build(INVOX_API_KEY="wrong").check()
    assert (bad.ok, bad.subject) == (False, "Invox Medical: credentials")
    assert "INVOX_API_KEY" in bad.remedy
    [away, *_] = await build(INVOX_BASE_URL="http://127.0.0.1:1").check()
    assert (away.ok, away.subject) == (False, "Invox Medical: reachable")


# reading


@pytest.mark.parametrize(
    ("found", "status"),
    [
        ({"transcriptionStatus": "", "processingStatus": "COMPLETED", "status": "PENDING"}, "COMPLETED"),
        ({"status": "success"}, "COMPLETED"),
        ({"status": "Failed"}, "ERROR"),
        ({"transcription": [{"text": "a"}]}, "COMPLETED"),
        ({"transcription": []}, "PENDING"),
        ({"status": 5}, "PENDING"),
        ({}, "PENDING"),
        ({"status": "IN_REVIEW", "transcription": [{"text": "a"}]}, "IN_REVIEW"),
    ],
)
def test_a_status_is_found_under_any_name(found: dict[str, object], status: str) -> None:
    assert read_status(found) == status


def test_odd_items_are_read_as_far_as_they_go() -> None:
    items = [
        {"text": " b ", "start": "2.5", "speaker": 1},
        {"text": "a", "start": 1, "end": True},
        7,
        {"text": None},
        {},
    ]
    found = read_transcript(json.loads(json.dumps({"transcription": items})))
    assert found.segments == (Segment("a", 1.0, None), Segment("b", 2.5, None, "Speaker 1"))


def test_speakers_go_to_the_segments_that_cover_the_same_time_and_to_no_other() -> None:
    told = Transcript((Segment("x", 0, 4, "A"), Segment("y", 4, 9, "B"), Segment("z", 20, 30, "A")))
    fetched = Transcript((Segment("x y", 0, 3), Segment("y", 3.5, 8), Segment("new", 10, 19), Segment("z", 21, 29)))
    assert [segment.speaker for segment in with_speakers(fetched, told).segments] == ["A", "B", None, "A"]
    timeless = Transcript((Segment("x"), Segment("other")))
    told = Transcript((Segment("x", speaker="A"), Segment("y", speaker="B")))
    assert [segment.speaker for segment in with_speakers(timeless, told).segments] == ["A", None]
    own = Transcript((Segment("x", 0, 4, "own"),))
    assert with_speakers(own, told) is own


def test_a_request_without_headers_is_refused_too(invox: InvoxProvider) -> None:
    with pytest.raises(WebhookRefused):
        invox.verify_webhook(WebhookRequest(b"", {}, TOKEN))
