"""Title and summary from Nabla's note."""

import pytest

from bot.domain.transcript import Segment, Transcript
from bot.ports.provider import TranscriptionRequest
from simulators.nabla import NablaSimulator
from simulators.provider.faults import Kind
from tests.providers.nabla.jobs import Build, finished
from tests.providers.peers import FAILED_EXTRAS, REF


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


@pytest.mark.parametrize(("fault", "error"), FAILED_EXTRAS)
async def test_a_note_that_fails_says_whether_to_try_again(
    sim: NablaSimulator, build: Build, fault: Kind, error: type[Exception]
) -> None:
    sim.fault(fault, "note")
    words = "Good morning, I have had a dry cough for about two weeks now"
    with pytest.raises(error):
        await build(NABLA_NOTE="on").enrich(Transcript((Segment(words),), language="en-US"))
    assert sim.ledger.count("note") == 1
