"""Xosum by its provider object, against the strict simulator: every row of the contract's tables."""

from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import pytest

from bot.domain.errors import (
    Ambiguous,
    Misconfigured,
    ProblemCode,
    RateLimited,
    Rejected,
    StepError,
    Transient,
    UploadUrlRefused,
    WebhookRefused,
)
from bot.domain.job import Options, RemoteJob
from bot.domain.transcript import Segment
from bot.http import Http
from bot.ports.provider import Failed, Pending, Succeeded
from bot.providers.xosum.provider import XosumProvider, split_speakers
from simulators.provider.faults import Kind
from simulators.provider.jobs import Variant
from simulators.provider.results import Segment as Said
from simulators.provider.results import Transcript as Result
from simulators.xosum import XosumSettings, XosumSimulator
from tests.providers.peers import Meter, Recording, StillClock, an_order, as_request
from tests.simulators.provider.peers import Receiver, silent_mp3, wav
from tests.support.providers import account

REF = "6a4b0f0e-3f5e-4f0b-9a53-d2f1c1a6a001"


@pytest.fixture
async def sim(clock: StillClock) -> AsyncIterator[XosumSimulator]:
    async with XosumSimulator(XosumSettings(job_seconds=60), now=clock) as running:
        yield running


@pytest.fixture
def xosum(sim: XosumSimulator, http: Http, clock: StillClock, meter: Meter) -> XosumProvider:
    return cast(XosumProvider, account("xosum", sim.environment(), http, clock, meter.spend))


@pytest.fixture
def build(sim: XosumSimulator, http: Http, clock: StillClock) -> Callable[..., XosumProvider]:
    return lambda **more: account("xosum", {**sim.environment(), **more}, http, clock)


async def hand_over(xosum: XosumProvider, meter: Meter, **fields: Any) -> RemoteJob:
    order = an_order(**fields)
    remote = await xosum.create(order)
    await xosum.upload(order, remote, Recording(silent_mp3(2)), meter.progress)
    return remote


async def finished(xosum: XosumProvider, sim: XosumSimulator, meter: Meter, **fields: Any) -> RemoteJob:
    remote = await hand_over(xosum, meter, **fields)
    sim.finish(remote.ref)
    return remote


# the flow


async def test_a_recording_comes_back_as_text_with_title_and_summary(
    sim: XosumSimulator, xosum: XosumProvider, meter: Meter
) -> None:
    remote = await hand_over(xosum, meter)
    assert meter.share == 1.0
    assert await xosum.poll(remote, REF) == Pending(uploaded=True)
    sim.finish(remote.ref)
    expected = sim.transcript(sim.jobs[remote.ref])
    standing = await xosum.poll(remote, REF)
    assert isinstance(standing, Succeeded)
    assert standing.transcript is not None
    found = standing.transcript
    assert found.text == expected.text()
    assert (found.title, found.summary, found.language) == (expected.title, expected.summary, expected.language)
    assert found.provider == "xosum"
    assert found.seconds == pytest.approx(2.0, abs=0.1)
    assert found.speakers == ()
    assert await xosum.fetch(remote, REF) == found
    assert await xosum.enrich(found) == found
    assert (len(sim.billed), sim.violations) == (1, [])


async def test_every_call_to_the_api_is_paid_from_the_budget_and_the_upload_is_not(
    sim: XosumSimulator, xosum: XosumProvider, meter: Meter
) -> None:
    remote = await finished(xosum, sim, meter)
    sim.fault("server_error", "read", times=2)
    await xosum.poll(remote, REF)
    assert meter.spent == sum(sim.ledger.per_minute().values()) == 4


async def test_a_phone_call_has_two_speakers_by_their_armenian_labels(
    sim: XosumSimulator, xosum: XosumProvider, meter: Meter
) -> None:
    lines = (("Բարև ձեզ։", 0), ("Ողջույն, լսում եմ։", 1), ("Շնորհակալություն։", 0))
    said = [Said(text=text, start=i, end=i + 1, speaker=who) for i, (text, who) in enumerate(lines)]
    sim.plan(result=Result(segments=said, title="Զանգ", summary="Զրույց", language="hy-AM"))
    remote = await finished(xosum, sim, meter, options=Options(recording_type="phone_call"))
    found = await xosum.fetch(remote, REF)
    assert found.speakers == ("Խոսնակ 1", "Խոսնակ 2")
    assert [segment.text for segment in found.segments] == [text for text, _ in lines]
    assert sim.violations == []


@pytest.mark.parametrize("wanted", [None, "conference"])
async def test_the_configured_recording_type_stands_in_for_none_and_for_an_unknown_one(
    sim: XosumSimulator, build: Callable[..., XosumProvider], wanted: str | None
) -> None:
    xosum = build(XOSUM_RECORDING_TYPE="phone_call", XOSUM_CHECKLIST_ID="qa-7")
    remote = await xosum.create(an_order(options=Options(recording_type=wanted)))
    job = sim.jobs[remote.ref]
    assert (job.type, job.checklist, job.metadata) == ("phone_call", "qa-7", {"job": "abcdefghjk"})
    assert sim.violations == []


async def test_the_content_type_of_the_upload_can_be_left_out(
    sim: XosumSimulator, build: Callable[..., XosumProvider], meter: Meter
) -> None:
    xosum = build(XOSUM_UPLOAD_CONTENT_TYPE="none")
    await hand_over(xosum, meter)
    assert "Content-Type" not in sim.ledger.find("upload")[0].headers
    assert sim.violations == []


@pytest.mark.parametrize("status", [200, 201, 202])
async def test_any_success_code_of_create_is_taken(sim: XosumSimulator, xosum: XosumProvider, status: int) -> None:
    sim.settings.create_status = status
    assert (await xosum.create(an_order())).upload_url


def test_its_traits_follow_the_contract_and_the_settings(build: Callable[..., XosumProvider]) -> None:
    capabilities = build(XOSUM_MAX_MINUTES="90", XOSUM_MAX_FILE_MB="7").capabilities
    assert capabilities.accepts.mimes == {"audio/mpeg"}
    assert (capabilities.accepts.max_seconds, capabilities.accepts.max_bytes) == (5400.0, 7 * 2**20)
    assert capabilities.pace is not None
    assert capabilities.pace.per_minute + capabilities.pace.burst <= 60
    assert (capabilities.pushes, capabilities.languages) == (False, {})
    pushing = build(PUBLIC_URL="https://scribe.example.org").capabilities
    assert pushing.pushes


# what goes wrong


@pytest.mark.parametrize(("form", "seconds", "pause"), [("seconds", 9, 9), ("date", 20, 20), ("missing", 2, 5)])
@pytest.mark.parametrize("operation", ["create", "read"])
async def test_429_is_a_pause_in_every_form(
    sim: XosumSimulator, xosum: XosumProvider, operation: str, form: str, seconds: float, pause: float
) -> None:
    remote = await xosum.create(an_order())
    sim.fault("rate_limited", operation, retry_after=form, seconds=seconds)
    before = len(sim.ledger.find(operation))
    with pytest.raises(RateLimited) as caught:
        await (xosum.create(an_order()) if operation == "create" else xosum.poll(remote, REF))
    assert caught.value.retry_after == pytest.approx(pause, abs=1)
    assert len(sim.ledger.find(operation)) == before + 1


@pytest.mark.parametrize("kind", ["unauthorized", "forbidden"])
@pytest.mark.parametrize("operation", ["create", "read"])
async def test_a_refused_key_is_for_the_operator(
    sim: XosumSimulator, xosum: XosumProvider, operation: str, kind: Kind
) -> None:
    remote = await xosum.create(an_order())
    sim.fault(kind, operation)
    with pytest.raises(Misconfigured) as caught:
        await (xosum.create(an_order()) if operation == "create" else xosum.poll(remote, REF))
    assert caught.value.account == "xosum"
    assert "XOSUM_API_KEY" in caught.value.detail
    assert sim.settings.api_key not in caught.value.detail


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "server_error", "html"])
async def test_a_create_of_unknown_fate_is_ambiguous_and_sent_once(
    sim: XosumSimulator, xosum: XosumProvider, kind: Kind
) -> None:
    sim.fault(kind, "create")
    with pytest.raises(Ambiguous):
        await xosum.create(an_order())
    assert len(sim.ledger.find("create")) == 1
    assert sim.billed == []


async def test_a_create_that_never_left_may_simply_be_repeated(http: Http, clock: StillClock) -> None:
    nobody = {"XOSUM_API_KEY": "key", "XOSUM_BASE_URL": "http://127.0.0.1:1"}
    with pytest.raises(Transient, match="refused"):
        await account("xosum", nobody, http, clock).create(an_order())


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "server_error"])
async def test_a_poll_is_repeated_quickly_and_then_later(
    sim: XosumSimulator, xosum: XosumProvider, meter: Meter, kind: Kind
) -> None:
    remote = await finished(xosum, sim, meter)
    sim.fault(kind, "read", times=2)
    assert isinstance(await xosum.poll(remote, REF), Succeeded)
    sim.fault(kind, "read", times=3)
    with pytest.raises(Transient):
        await xosum.poll(remote, REF)


async def test_a_sign_in_page_in_place_of_an_answer_passes_by_itself(
    sim: XosumSimulator, xosum: XosumProvider, meter: Meter
) -> None:
    remote = await finished(xosum, sim, meter)
    sim.fault("html", "read")
    with pytest.raises(Transient, match="non-JSON"):
        await xosum.poll(remote, REF)
    assert isinstance(await xosum.poll(remote, REF), Succeeded)


async def test_a_refused_create_is_final_and_says_why(sim: XosumSimulator, xosum: XosumProvider) -> None:
    sim.fault("messsage", "create", text="The plan has no minutes left")
    with pytest.raises(Rejected) as caught:
        await xosum.create(an_order())
    assert caught.value.problem.code is ProblemCode.PROVIDER_REFUSED
    assert caught.value.problem.params == {"provider": "Xosum", "detail": "The plan has no minutes left"}


async def test_a_job_that_is_not_known_is_broken(sim: XosumSimulator, xosum: XosumProvider, meter: Meter) -> None:
    remote = await finished(xosum, sim, meter)
    sim.forget(remote.ref)
    standing = await xosum.poll(remote, REF)
    assert isinstance(standing, Failed)
    assert standing.problem.params["detail"] == "Document not found"
    with pytest.raises(Rejected):
        await xosum.fetch(remote, REF)


async def test_a_failed_job_is_broken_with_the_providers_words(
    sim: XosumSimulator, xosum: XosumProvider, meter: Meter
) -> None:
    remote = await hand_over(xosum, meter)
    sim.fault("failed", "read", text="Too noisy\nto hear")
    standing = await xosum.poll(remote, REF)
    assert isinstance(standing, Failed)
    assert standing.problem.code is ProblemCode.PROVIDER_FAILED
    assert standing.problem.params["detail"] == "Too noisy to hear"


async def test_what_is_not_mp3_is_told_by_a_poll_or_by_the_storage(
    sim: XosumSimulator, xosum: XosumProvider, meter: Meter
) -> None:
    order = an_order()
    remote = await xosum.create(order)
    await xosum.upload(order, remote, Recording(wav(1)), meter.progress)
    assert isinstance(await xosum.poll(remote, REF), Failed)
    sim.settings.refuse_media = "put"
    remote = await xosum.create(order)
    with pytest.raises(Rejected) as caught:
        await xosum.upload(order, remote, Recording(wav(1)), Meter().progress)
    assert caught.value.problem.code is ProblemCode.PROVIDER_REFUSED


async def test_an_expired_upload_url_is_recognised_and_nothing_is_there(
    sim: XosumSimulator, xosum: XosumProvider, meter: Meter, clock: StillClock
) -> None:
    order = an_order()
    remote = await xosum.create(order)
    assert remote.expires_at == clock.now() + 3600
    clock.advance(3601)
    with pytest.raises(UploadUrlRefused):
        await xosum.upload(order, remote, Recording(silent_mp3(2)), meter.progress)
    assert await xosum.poll(remote, REF) == Pending(uploaded=False)
    again = await xosum.create(order)
    await xosum.upload(order, again, Recording(silent_mp3(2)), Meter().progress)
    assert (len(sim.billed), sim.violations) == (1, [])


@pytest.mark.parametrize("size", [0, 4096])
async def test_a_cut_upload_can_be_repeated_to_the_same_url_and_is_billed_once(
    sim: XosumSimulator, xosum: XosumProvider, size: int
) -> None:
    order, recording = an_order(), Recording(silent_mp3(3000), piece=65536)
    remote = await xosum.create(order)
    sim.fault("cut_upload", "upload", size=size)
    with pytest.raises((Transient, Ambiguous)):
        await xosum.upload(order, remote, recording, Meter().progress)
    assert await xosum.poll(remote, REF) == Pending(uploaded=False)
    await xosum.upload(order, remote, recording, Meter().progress)
    assert (len(sim.billed), sim.violations) == (1, [])


async def test_an_upload_without_an_answer_is_ambiguous_and_the_poll_tells_that_it_arrived(
    sim: XosumSimulator, xosum: XosumProvider, meter: Meter
) -> None:
    order = an_order()
    remote = await xosum.create(order)
    sim.fault("cut_after", "upload")
    with pytest.raises(Ambiguous):
        await xosum.upload(order, remote, Recording(silent_mp3(2)), meter.progress)
    assert await xosum.poll(remote, REF) == Pending(uploaded=True)
    assert len(sim.billed) == 1


async def test_a_source_that_ends_early_never_starts_a_job(
    sim: XosumSimulator, xosum: XosumProvider, meter: Meter
) -> None:
    order, mp3 = an_order(), silent_mp3(2)
    remote = await xosum.create(order)
    with pytest.raises(Transient):
        await xosum.upload(order, remote, Recording(mp3, announced=len(mp3) + 1), meter.progress)
    assert await xosum.poll(remote, REF) == Pending(uploaded=False)
    assert sim.billed == []


async def test_an_upload_without_a_stored_url_asks_for_another(xosum: XosumProvider, meter: Meter) -> None:
    with pytest.raises(UploadUrlRefused):
        await xosum.upload(an_order(), RemoteJob("doc"), Recording(silent_mp3(1)), meter.progress)


async def test_a_wrong_content_type_is_for_the_operator(
    sim: XosumSimulator, build: Callable[..., XosumProvider], meter: Meter
) -> None:
    xosum, order = build(XOSUM_UPLOAD_CONTENT_TYPE="audio/wrong"), an_order()
    remote = await xosum.create(order)
    with pytest.raises(StepError):
        await xosum.upload(order, remote, Recording(silent_mp3(1)), meter.progress)


@pytest.mark.parametrize("status", ["awaiting_review", "queued", "ANALYSING"])
async def test_a_status_nobody_knows_is_work_in_progress(
    sim: XosumSimulator, xosum: XosumProvider, meter: Meter, status: str
) -> None:
    remote = await finished(xosum, sim, meter)
    sim.fault("unknown_status", "read", text=status)
    assert await xosum.poll(remote, REF) == Pending(uploaded=True)


@pytest.mark.parametrize("kind", ["no_text", "empty_transcript", "missing_payload"])
async def test_transcribed_without_text_means_that_nothing_was_said(
    sim: XosumSimulator, xosum: XosumProvider, meter: Meter, kind: Kind
) -> None:
    remote = await finished(xosum, sim, meter)
    sim.fault(kind, "read")
    found = await xosum.fetch(remote, REF)
    assert found.is_empty
    assert found.segments == ()


async def test_the_case_of_a_status_does_not_matter(sim: XosumSimulator, xosum: XosumProvider, meter: Meter) -> None:
    remote = await finished(xosum, sim, meter)
    sim.fault("upper_case", "read")
    assert isinstance(await xosum.poll(remote, REF), Succeeded)


async def test_a_result_that_is_not_ready_cannot_be_fetched(xosum: XosumProvider, meter: Meter) -> None:
    remote = await hand_over(xosum, meter)
    with pytest.raises(Transient):
        await xosum.fetch(remote, REF)


# the webhook


async def test_a_webhook_brings_the_result(sim: XosumSimulator, xosum: XosumProvider, meter: Meter) -> None:
    async with Receiver() as receiver:
        sim.settings.webhook_url = f"{receiver.url}/hooks/xosum"
        remote = await finished(xosum, sim, meter)
        news = xosum.verify_webhook(as_request((await receiver.wait_for(1))[0]))
    assert (news.ref, news.key, news.ignored) == (remote.ref, f"{remote.ref}:transcript_ready", "")
    assert sim.settings.webhook_secret.encode() not in news.result
    pushed = xosum.parse_pushed(news.result)
    fetched = await xosum.fetch(remote, REF)
    assert pushed is not None
    assert (pushed.segments, pushed.title, pushed.summary) == (fetched.segments, fetched.title, fetched.summary)


@pytest.mark.parametrize("variant", ["forged", "unsigned", "malformed"])
async def test_a_webhook_without_the_secret_is_refused(
    sim: XosumSimulator, xosum: XosumProvider, meter: Meter, variant: Variant
) -> None:
    async with Receiver() as receiver:
        sim.settings.webhook_url = receiver.url
        sim.plan(webhook="never")
        remote = await finished(xosum, sim, meter)
        await sim.send_webhook(remote.ref, variant)
        with pytest.raises(WebhookRefused) as caught:
            xosum.verify_webhook(as_request(receiver.hooks[0]))
    assert caught.value.status == (400 if variant == "malformed" else 401)


async def test_an_analysis_and_an_unknown_event_are_ignored_and_the_oldest_form_is_understood(
    sim: XosumSimulator, xosum: XosumProvider, meter: Meter
) -> None:
    async with Receiver() as receiver:
        sim.settings.webhook_url = receiver.url
        sim.plan(webhook="never")
        remote = await finished(xosum, sim, meter)
        await sim.send_webhook(remote.ref, "analysis")
        sim.settings.webhook_has_event_type = False
        await sim.send_webhook(remote.ref)
        await sim.send_webhook(remote.ref, "analysis")
        analysis, oldest, bare_analysis = [xosum.verify_webhook(as_request(hook)) for hook in receiver.hooks]
    assert analysis.ignored == "analysis"
    assert (oldest.ref, oldest.ignored) == (remote.ref, "")
    assert bare_analysis.ignored


async def test_no_webhook_is_believed_while_no_secret_is_set(
    sim: XosumSimulator, build: Callable[..., XosumProvider], meter: Meter
) -> None:
    known = {**sim.environment(), "XOSUM_WEBHOOK_SECRET": ""}
    xosum = account("xosum", known, build()._http, StillClock())
    async with Receiver() as receiver:
        sim.settings.webhook_url, sim.settings.webhook_secret = receiver.url, ""
        remote = await finished(xosum, sim, meter)
        await sim.send_webhook(remote.ref)
        with pytest.raises(WebhookRefused):
            xosum.verify_webhook(as_request(receiver.hooks[0]))


# the doctor


async def test_the_doctor_is_content_with_a_good_key(sim: XosumSimulator, xosum: XosumProvider) -> None:
    findings = {finding.subject: finding for finding in await xosum.check()}
    assert findings["Xosum: credentials"].ok
    assert findings["Xosum: reachable"].ok
    assert sim.billed == []
    assert sim.jobs == {}


async def test_the_doctor_tells_a_bad_key_from_an_unreachable_service(
    sim: XosumSimulator, build: Callable[..., XosumProvider]
) -> None:
    [bad, *_] = await build(XOSUM_API_KEY="wrong").check()
    assert (bad.ok, bad.subject) == (False, "Xosum: credentials")
    assert "XOSUM_API_KEY" in bad.remedy
    [away, *_] = await build(XOSUM_BASE_URL="http://127.0.0.1:1").check()
    assert (away.ok, away.subject) == (False, "Xosum: reachable")


async def test_the_doctor_sees_a_clock_that_is_wrong(sim: XosumSimulator, xosum: XosumProvider) -> None:
    findings = {finding.subject: finding for finding in await xosum.check()}
    assert not findings["Xosum: clock"].ok  # the still clock of these tests is months behind the server's Date
    assert "behind" in findings["Xosum: clock"].detail


# labels


@pytest.mark.parametrize(
    ("words", "kind", "segments"),
    [
        ("", "phone_call", ()),
        ("Բարև։\n\nՑտեսություն։", "single_voice", (Segment("Բարև։"), Segment("Ցտեսություն։"))),
        (
            "Խոսնակ 1: Բարև։ Խոսնակ 2: Ողջույն։",
            "phone_call",
            (Segment("Բարև։", speaker="Խոսնակ 1"), Segment("Ողջույն։", speaker="Խոսնակ 2")),
        ),
        (
            "Խոսնակ 2:\nԱյո\nԽոսնակ 1: Ոչ",
            "",
            (Segment("Այո", speaker="Խոսնակ 2"), Segment("Ոչ", speaker="Խոսնակ 1")),
        ),
        ("Նախ Խոսնակ 1: ասաց", "", (Segment("Նախ Խոսնակ 1: ասաց"),)),
        ("Նախ Խոսնակ 1: ասաց", "phone_call", (Segment("Նախ"), Segment("ասաց", speaker="Խոսնակ 1"))),
        ("Խոսնակ 1: ասաց", "single_voice", (Segment("Խոսնակ 1: ասաց"),)),
        ("Խոսնակ 1: Խոսնակ 2: Այո", "phone_call", (Segment("Այո", speaker="Խոսնակ 2"),)),
        ("Մեր Խոսնակ 1 եկավ", "phone_call", (Segment("Մեր Խոսնակ 1 եկավ"),)),
    ],
)
def test_labels_split_a_call_into_speakers(words: str, kind: str, segments: tuple[Segment, ...]) -> None:
    assert split_speakers(words, kind) == segments
