"""What the Xosum provider makes of refusals, failures and odd answers."""

from collections.abc import Callable

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
)
from bot.domain.job import RemoteJob
from bot.http import Http
from bot.ports.provider import Failed, Pending, Succeeded
from bot.providers.xosum.provider import XosumProvider
from simulators.provider.faults import Kind
from simulators.xosum import XosumSimulator
from tests.providers.peers import REF, Meter, Recording, StillClock, an_order
from tests.providers.xosum.jobs import finished, hand_over
from tests.simulators.provider.peers import silent_mp3, wav
from tests.support.providers import account


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


async def test_a_second_account_is_named_as_people_know_it(
    sim: XosumSimulator, http: Http, clock: StillClock, meter: Meter
) -> None:
    second = account("xosum", sim.environment(), http, clock, number="2")
    sim.fault("messsage", "create", text="The plan has no minutes left")
    with pytest.raises(Rejected) as caught:
        await second.create(an_order())
    assert caught.value.problem.params["provider"] == "Xosum 2"
    remote = await hand_over(second, meter)
    sim.fault("failed", "read", text="Too noisy to hear")
    standing = await second.poll(remote, REF)
    assert isinstance(standing, Failed)
    assert standing.problem.params["provider"] == "Xosum 2"
