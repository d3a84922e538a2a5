"""The audit log, retention by channel, erasure, holds."""

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.errors import Problem, ProblemCode, StoreError
from bot.domain.job import FileFacts, State
from bot.domain.machine import Received, Replying, Waiting
from bot.ports.store import (
    AuditAction,
    AuditEntry,
    AuditFilter,
    ChannelSettings,
    EraseFilter,
    Hold,
    HoldKind,
    JobStore,
    NewJob,
    OutboxMessage,
    Phase,
    SpeakerNames,
)
from tests.storage.content.test_search import find, spoken
from tests.storage.content.test_transcripts import SAID, sharing
from tests.storage.maintenance.filled import lying
from tests.storage.samples import KEY, NOW, Opener, done, origin, submitting, waiting

DAY = 86400.0
ENTRY = AuditEntry(NOW, "U1", AuditAction.EXPORTED, "button", "T1", "C1", "abc", {"format": "srt"})


async def test_entries_are_numbered_and_chained(store: JobStore) -> None:
    first = await store.record(ENTRY)
    second = await store.record(replace(ENTRY, at=NOW + 1, actor="U2", channel_id="C2", action=AuditAction.SEARCHED))
    assert (first.number, second.number) == (1, 2)
    assert len({first.hash, second.hash}) == 2
    assert await store.audit(AuditFilter()) == [first, second]
    assert await store.audit(AuditFilter(channel_id="C2")) == [second]
    assert await store.audit(AuditFilter(actor="U1")) == [first]
    assert await store.audit(AuditFilter(job_id="abc", after=1)) == [second]
    assert await store.audit(AuditFilter(since=NOW + 1)) == [second]
    assert await store.verify_audit() is None
    third = await store.record(ENTRY)
    assert await store.newest_audit("T1", "C1", 99, 5) == [third, first]
    assert await store.newest_audit("T1", "C1", 99, 1) == [third]
    assert await store.newest_audit("T1", "C1", third.number, 5) == [first]
    assert await store.newest_audit("T2", "C1", 99, 5) == []
    assert await store.newest_audit("T1", "", 99, 5) == []


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("tampering", "number"),
    [
        ("UPDATE audit SET actor = 'U9' WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 2", 3),
        ("UPDATE audit SET hash = 'x' WHERE number = 3", 3),
        ("UPDATE audit SET details = '{}' WHERE number = 1", 1),
    ],
)
async def test_a_changed_entry_breaks_the_chain(reopen: Opener, tmp_path: Path, tampering: str, number: int) -> None:
    store = await reopen()
    for _ in range(3):
        await store.record(ENTRY)
    await store.close()
    with sqlite3.connect(tmp_path / "jobs.db") as db:
        db.execute(tampering)
    db.close()
    assert await (await reopen()).verify_audit() == number


async def test_entries_at_once_make_one_chain(reopen: Opener, url: str) -> None:
    stores = [await reopen()] if url.startswith("sqlite") else [await reopen(), await reopen()]
    await asyncio.gather(*(store.record(ENTRY) for store in stores for _ in range(5)))
    assert [entry.number for entry in await stores[0].audit(AuditFilter())] == list(range(1, 5 * len(stores) + 1))
    assert await stores[0].verify_audit() is None


async def test_old_entries_go_and_the_chain_goes_on(store: JobStore) -> None:
    for number in range(4):
        await store.record(replace(ENTRY, at=NOW + number))
    assert await store.purge_audit(NOW + 2) == 2
    assert await store.verify_audit() is None
    assert await store.purge_audit(NOW + 99) == 1  # the newest stays: the next number follows it
    assert (await store.record(ENTRY)).number == 5
    assert await store.verify_audit() is None


async def test_a_channel_keeps_content_for_as_long_as_it_says(store: JobStore) -> None:
    short = await spoken(store, "cough", channel="C1")
    long = await spoken(store, "cough", channel="C2")
    ever = await spoken(store, "cough", channel="C3")
    other = await spoken(store, "cough", channel="C4")
    for channel, days in (("C1", 1), ("C2", 100), ("C3", 0)):
        await store.put_channel_settings("T1", channel, ChannelSettings(retention_days=days))
    assert await store.purge(NOW + 2 * DAY, 30) == 1
    assert await find(store, "cough", "C1", "C2", "C3", "C4") == [other.id, ever.id, long.id]
    assert await store.purge(NOW + 31 * DAY, 30) == 1
    assert await store.purge(NOW + 101 * DAY, None) == 1
    assert await store.purge(NOW + 1000 * DAY, 30) == 0
    assert await store.transcript(ever.id) is not None
    assert await store.transcript(short.id) is None


async def test_no_channel_keeps_content_longer_than_the_operator_allows(store: JobStore) -> None:
    ever, long, short = [await spoken(store, "cough", channel=channel) for channel in ("C1", "C2", "C3")]
    for channel, days in (("C1", 0), ("C2", 100), ("C3", 5)):
        await store.put_channel_settings("T1", channel, ChannelSettings(retention_days=days))
    assert await store.purge(NOW + 6 * DAY, 30, 10) == 1
    assert await store.transcript(short.id) is None
    assert await store.purge(NOW + 11 * DAY, 30, 10) == 2
    assert (await store.transcript(ever.id), await store.transcript(long.id)) == (None, None)


async def test_a_typed_age_is_for_channels_that_chose_too(store: JobStore) -> None:
    job = await spoken(store, "cough", channel="C1")
    await store.put_channel_settings("T1", "C1", ChannelSettings(retention_days=365))
    assert await store.purge(NOW + 1, 0, 0) == 1
    assert await store.transcript(job.id) is None


async def test_a_parked_job_ages_from_its_last_change(store: JobStore) -> None:
    job = await waiting(store)
    await store.put_block(job.id, 1, SAID.segments, "en")
    await store.apply(Waiting(job).park(NOW + 5, "401", "xosum"))
    assert await store.purge(NOW + DAY, 1) == 0
    assert await store.purge(NOW + DAY + 6, 1) == 1
    assert await store.blocks(job.id) == []


async def test_purging_takes_names_errors_and_what_they_quote(store: JobStore) -> None:
    new = NewJob(origin(), FileFacts("Maria Lopez.mp3", "audio/mpeg", "mp3"))
    job, _ = await store.add_job(new, NOW)
    job = await store.apply(Received(job).retry(NOW, NOW, "cannot align: Maria"))
    assert (await store.events(job.id))[-1].detail == "cannot align: Maria"
    job = await store.apply(Received(job).refuse(NOW, Problem(ProblemCode.CORRUPT), "Maria again"))
    await store.apply(Replying(job).replied(NOW))
    await store.purge_job(job.id, NOW)
    found = await store.job(job.id)
    assert found is not None
    assert (found.file.name, found.last_error) == (".mp3", "")
    assert [event.cause for event in await store.events(job.id)] == ["received", "retry", "refused", "replied"]
    assert not any(event.detail for event in await store.events(job.id))


async def test_nothing_of_a_job_is_readable_in_a_sealed_database(
    reopen: Opener, url: str, request: pytest.FixtureRequest
) -> None:
    server = None if url.startswith("sqlite") else request.getfixturevalue("server")
    store = await reopen(KEY)
    job, _ = await store.add_job(NewJob(origin(), FileFacts("Xmarker-name.mp3", "audio/mpeg", "mp3")), NOW)
    job = await store.apply(Received(job).retry(NOW, NOW, "Xmarker-error"))
    job = await store.apply(Received(job).park(NOW, "Xmarker-cause", "xosum"))
    assert (job.file.name, job.last_error) == ("Xmarker-name.mp3", "Xmarker-cause")
    assert [event.detail for event in await store.events(job.id)] == ["", "Xmarker-error", "Xmarker-cause"]
    await store.close()
    assert b"Xmarker" not in await lying(url, server)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("way", ["delete", "purge", "erase"])
async def test_a_deleted_word_is_in_no_file_while_the_bot_runs(reopen: Opener, url: str, way: str) -> None:
    store = await reopen()
    job = await spoken(store, "Xunmistakable", title="Xunmistakable")
    if way == "delete":
        await store.mark_deleted(job.id, NOW)
        await store.purge(NOW, None)
    elif way == "purge":
        await store.purge(NOW + DAY + 1, 1)
    else:
        await store.erase(EraseFilter(user_id="U1"))
    data = await lying(url, None)
    assert b"unmistakable" not in data.lower()


async def test_erasing_a_user_takes_rows_and_leaves_others(store: JobStore) -> None:
    mine, other = await spoken(store, "cough", user="U1"), await spoken(store, "cough", user="U2")
    await store.save_speaker_names(mine.id, SpeakerNames({"1": "Ani"}, {}, 1))
    message = OutboxMessage(f"reply:{mine.id}:0", mine.id, "C1", "1.0", Phase.POSTED, NOW, "5.5")
    await store.update_outbox(message)
    busy = await submitting(store, user="U1")
    await store.put_block(busy.id, 1, SAID.segments, "en")
    erased = await store.erase(EraseFilter(user_id="U1"))
    assert [job.id for job in erased] == [mine.id, busy.id]
    assert (erased[0].provider, erased[0].remote_ref) == ("xosum", f"remote-of-{mine.id}")
    assert [row.key for row in erased[0].messages] == [message.key]
    for job in (mine, busy):
        assert await store.job(job.id) is None
        assert await store.events(job.id) == []
        assert await store.outbox_of_job(job.id) == []
    assert await find(store, "cough") == [other.id]
    assert {state: n for state, n in (await store.count_by_state()).items() if n} == {State.DONE: 1}
    assert await store.erase(EraseFilter(user_id="U1")) == []
    with pytest.raises(StoreError, match="what to erase"):
        await store.erase(EraseFilter())


async def test_erasing_by_channel_age_and_job(store: JobStore) -> None:
    jobs = [await spoken(store, "cough", channel=channel) for channel in ("C1", "C2", "C2")]
    assert len(await store.erase(EraseFilter(channel_id="C2", before=NOW))) == 0
    assert [job.id for job in await store.erase(EraseFilter(job_id=jobs[1].id))] == [jobs[1].id]
    assert [job.id for job in await store.erase(EraseFilter(channel_id="C2", before=NOW + 1))] == [jobs[2].id]


async def test_a_shared_transcript_is_handed_on_to_the_jobs_that_share_it(sealed: JobStore) -> None:
    source = await done(sealed, said=SAID)
    first, second = await sharing(sealed, source, "C2"), await sharing(sealed, source, "C3")
    assert len(await sealed.erase(EraseFilter(job_id=source.id))) == 1
    assert await sealed.transcript(first.id) == SAID
    assert await sealed.transcript(second.id) == SAID
    assert len(await sealed.erase(EraseFilter(job_id=first.id))) == 1
    assert await sealed.transcript(second.id) == SAID
    assert await find(sealed, "hello", "C3") == [second.id]


async def test_held_content_is_neither_purged_nor_erased(store: JobStore) -> None:
    jobs = [await spoken(store, "cough", user=f"U{n}", channel=f"C{n}") for n in range(4)]
    holds = [
        Hold(HoldKind.JOB, jobs[0].id, "operator", NOW),
        Hold(HoldKind.USER, "U1", "operator", NOW + 1),
        Hold(HoldKind.CHANNEL, "C2", "operator", NOW + 2),
    ]
    for hold in holds:
        await store.place_hold(hold)
        await store.place_hold(hold)
    assert await store.holds() == holds
    assert await store.purge(NOW + 99 * DAY, 1) == 1
    await store.purge_job(jobs[0].id, NOW)
    assert [job.id for job in await store.erase(EraseFilter(team_id="T1"))] == [jobs[3].id]
    assert all([await store.transcript(job.id) for job in jobs[:3]])
    assert await store.mark_deleted(jobs[0].id, NOW)
    assert await store.transcript(jobs[0].id) is None  # nobody reads it, and it is kept
    assert await store.end_hold(HoldKind.JOB, jobs[0].id)
    assert not await store.end_hold(HoldKind.JOB, jobs[0].id)
    assert await store.purge(NOW, None) == 1


async def test_channel_settings_of_a_later_version_are_read(reopen: Opener, tmp_path: Path, url: str) -> None:
    if not url.startswith("sqlite"):
        return  # writes behind the store's back
    store = await reopen()
    await store.put_channel_settings("T1", "C1", ChannelSettings("xosum"))
    await store.close()
    with sqlite3.connect(tmp_path / "jobs.db") as db:
        db.execute("""UPDATE channel_settings SET settings = '{"provider": "nabla", "invented": 1}'""")
    db.close()
    assert await (await reopen()).channel_settings("T1", "C1") == ChannelSettings("nabla")


async def test_the_database_s_clock_is_known(store: JobStore, url: str) -> None:
    offset = await store.clock_offset(NOW)
    assert (offset == 0.0) == url.startswith("sqlite")
