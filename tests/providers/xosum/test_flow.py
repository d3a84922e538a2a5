"""A recording goes to Xosum and comes back."""

from collections.abc import Callable

import pytest

from bot.domain.job import Options
from bot.ports.provider import Pending, Succeeded
from bot.providers.xosum.provider import XosumProvider
from simulators.provider.results import Segment as Said
from simulators.provider.results import Transcript as Result
from simulators.xosum import XosumSimulator
from tests.providers.peers import REF, Meter, an_order
from tests.providers.xosum.jobs import finished, hand_over


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
