"""The summary of Invox Medical."""

import pytest

from bot.domain.errors import Misconfigured
from bot.domain.transcript import Segment, Transcript
from bot.providers.invox.results import read_note
from simulators.invox import InvoxSimulator
from simulators.provider.faults import Kind
from tests.providers.invox.jobs import Build, finished
from tests.providers.peers import FAILED_EXTRAS, REF


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


@pytest.mark.parametrize(("fault", "error"), FAILED_EXTRAS)
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


async def test_a_credential_that_is_refused_as_a_whole_says_nothing_of_summaries(
    sim: InvoxSimulator, build: Build
) -> None:
    invox = build()
    said = Transcript((Segment("Hello"),))
    sim.fault("unauthorized", "token", times=1)
    with pytest.raises(Misconfigured):
        await invox.enrich(said)
    assert await invox._context.store.cursor("summary-refused:invox") == ""
    assert (await invox.enrich(said)).summary
