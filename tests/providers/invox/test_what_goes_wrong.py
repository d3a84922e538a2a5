"""What the Invox Medical provider makes of refusals, failures and odd answers."""

import pytest

from bot.domain.errors import Ambiguous, Misconfigured, ProblemCode, RateLimited, Rejected, Transient, UploadUrlRefused
from bot.domain.job import RemoteJob
from bot.ports.provider import Failed, Pending, Succeeded
from bot.providers.invox.provider import InvoxProvider
from simulators.invox import InvoxSimulator
from simulators.provider.faults import Kind
from tests.providers.invox.jobs import Build, finished, hand_over
from tests.providers.peers import REF, Meter, Recording, StillClock, an_order
from tests.simulators.provider.peers import silent_mp3


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
