"""A recording goes to Nabla and comes back, and the token that every call needs."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.errors import Misconfigured, Transient
from bot.http import Http
from bot.ports.provider import Pending, Succeeded, TranscriptionRequest
from bot.providers.nabla.provider import NablaProvider
from simulators.nabla import NablaSimulator
from simulators.nabla.settings import SPEECH_LOCALES
from tests.providers.nabla.jobs import Build, begun, finished
from tests.providers.peers import REF, Meter, StillClock
from tests.support.providers import account


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
    assert found.language == "en-US"
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
