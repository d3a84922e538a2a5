"""`/transcribe search`: what is shown of what was found, and how one goes on."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from bot.domain.job import FileFacts, Job, Options, Origin, RemoteJob
from bot.domain.machine import Finishing, Received, Replying, Submitting, Waiting
from bot.domain.transcript import Transcript
from bot.ports.store import JobStore, NewJob
from bot.slack.api.identity import Identity
from bot.slack.api.payloads import rows, text
from bot.slack.blockkit import limits
from bot.slack.blockkit.blocks import Block, section
from bot.slack.command.search import LONGEST, PAGE, SEARCH_OLDER, Searches, hit, turned
from bot.text.search import terms
from simulators.slack.rules.limits import message_blocks
from storage import open_store
from storage.store import Store
from tests.slack.interaction.test_commands import answer, everything
from tests.slack.interaction.test_permissions import told
from tests.slack.thread.test_render import JOB, TEXTS, transcripts
from tests.support.harnesses.slack import Workplace, spoken, workplace

ME = Identity("T1", "U0BOT", "B0BOT", "https://example.slack.com/")


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Workplace]:
    async with workplace(tmp_path) as found:
        yield found


async def test_a_hit_shows_title_place_time_and_the_words_and_leads_to_its_thread(place: Workplace) -> None:
    job = await told(place, "C0CLINIC", spoken("Hello.", "She coughs at night.", title="Ward round"))
    shown = await answer(place, "search COUGH")
    assert f"archives/C0CLINIC/p{job.origin.thread_ts.replace('.', '')}|Ward round>" in shown
    assert "<#C0CLINIC>" in shown
    assert "<!date^" in shown
    assert "'text': 'coughs', 'style': {'bold': True}" in shown
    assert "[00:05]" in shown


async def test_nothing_found_and_nothing_asked_are_said(place: Workplace) -> None:
    assert "in the recordings of the conversations" in await answer(place, "search unicorn")
    assert "Tell me what to look for" in await answer(place, "search")
    assert "Tell me what to look for" in await answer(place, "search *** ???")
    assert "<!here>" not in await answer(place, "search <!here> there")


async def test_quotes_ask_for_the_exact_words(place: Workplace) -> None:
    job = await told(place, "C0CLINIC", spoken("a dry old cough"))
    assert job.id in await answer(place, "search dry cough")
    assert job.id not in await answer(place, 'search "dry cough"')
    assert job.id in await answer(place, "search “dry old”")


async def test_older_hits_take_the_place_of_newer_ones(place: Workplace) -> None:
    jobs = [await told(place, "C0CLINIC", spoken(f"cough {number}")) for number in range(PAGE + 2)]
    await answer(place, "search cough")
    page = everything(place, "C0CLINIC")[-1]
    assert [job.id in str(page.blocks) for job in jobs] == [False] * 2 + [True] * PAGE
    assert (await place.slack.act_as("U0ALICE", page, SEARCH_OLDER)).acknowledged
    await place.slack.until(lambda: jobs[0].id in str(page.blocks))
    assert [job.id in str(page.blocks) for job in jobs] == [True] * 2 + [False] * PAGE
    assert SEARCH_OLDER not in str(page.blocks)


async def test_what_was_deleted_is_not_found(place: Workplace) -> None:
    job = await told(place, "C0CLINIC", spoken("cough"))
    place.slack.people.delete_file("U0ALICE", job.origin.file_id)

    async def gone() -> bool:
        return await place.store.transcript(job.id) is None

    await place.until(gone)
    assert job.id not in await answer(place, "search cough")


async def test_sealed_content_is_searched_a_part_at_a_time(tmp_path: Path) -> None:
    async with workplace(tmp_path) as place:
        sealed = await open_store(f"sqlite:///{tmp_path}/sealed.db", bytes(range(32)))
        assert isinstance(sealed, Store)
        sealed.opened_at_most = 20
        jobs = []
        for number in range(25):
            origin = Origin("T0LOCAL", "C0CLINIC", f"{number}.1", f"{number}.1", f"F{number}", "U0ALICE")
            jobs.append(await answered(sealed, origin, spoken("needle" if number == 0 else "hay"), float(number)))
        me, visible = await place.room.who.me(), await place.room.visibility.of("U0ALICE")
        page = await Searches(sealed).page(me, visible, "needle")
        assert "stored encrypted" in str(page.blocks)
        (button,) = [each for block in page.blocks for each in rows(block, "elements") if "value" in each]
        further = await Searches(sealed).page(me, visible, *turned(text(button, "value")))
        assert jobs[0].id in str(further.blocks)
        assert "needle" in str(further.blocks)
        await sealed.close()


async def answered(store: JobStore, origin: Origin, transcript: Transcript, now: float) -> Job:
    """An answered job, straight in a store."""
    job, _ = await store.add_job(NewJob(origin), now)
    job = await store.apply(Received(job).submit(now, job.file, "xosum", "xosum", Options()))
    job = await store.apply(Submitting(job).created(now, RemoteJob(f"remote-{job.id}")))
    job = await store.apply(Submitting(job).submitted(now, now))
    job = await store.apply(Waiting(job).ready(now))
    await store.put_transcript(job.id, transcript, now)
    job = await store.apply(Finishing(job).stored(now))
    return await store.apply(Replying(job).replied(now))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(transcripts(), TEXTS, TEXTS)
def test_every_hit_keeps_every_limit_and_nothing_in_it_acts(transcript: Transcript, typed: str, name: str) -> None:
    job = replace(JOB, file=FileFacts(name))
    blocks: list[Block] = [section("*x*")]
    for _ in range(PAGE):
        blocks += hit(ME, job, transcript, terms(typed))
    assert len(blocks) <= limits.MESSAGE_BLOCKS
    assert limits.weight_of(blocks) <= limits.BLOCKS_BUDGET
    message_blocks(blocks)
    for block in blocks:
        if block["type"] == "section":
            said = str(block["text"])
            for trap in ("<!here>", "<!channel>", "<@U0ALICE>", "<!subteam"):
                assert trap not in said


def test_a_button_of_a_page_holds_what_was_typed_and_nonsense_finds_nothing() -> None:
    assert turned("nonsense") == ("", None)
    assert turned('{"words": 5, "before": "x"}') == ("", None)
    assert limits.weight("\u0001" * LONGEST) + 100 < limits.BUTTON_VALUE  # the costliest sign in JSON


async def test_each_user_has_one_search_at_a_time(place: Workplace) -> None:
    searches = Searches(place.store)
    alice, bob = [await place.room.visibility.of(user, "C0CLINIC") for user in ("U0ALICE", "U0BOB")]
    pages = await asyncio.gather(*(searches.page(ME, visible, "cough") for visible in (alice, alice, bob)))
    assert ["still searching" in page.text for page in pages] == [False, True, False]
    assert "still searching" not in (await searches.page(ME, alice, "cough")).text
