"""A file transcribed again is another job of the same place; names of speakers belong to one job only."""

import sqlite3
from dataclasses import replace
from pathlib import Path

from bot.domain.transcript import Segment, Transcript
from bot.ports.store import JobStore, NewJob, OutboxMessage, Phase, SpeakerNames
from tests.storage.samples import KEY, NOW, Opener, done, origin

TALK = Transcript((Segment("Hello.", 0.0, 1.0, "Speaker 1"), Segment("Hi.", 1.0, 2.0, "Speaker 2")), provider="xosum")


async def test_each_version_of_a_place_is_one_job(store: JobStore) -> None:
    place = origin()
    first, _ = await store.add_job(NewJob(place), NOW)
    second, made = await store.add_job(NewJob(replace(place, version=2)), NOW + 1)
    again, repeated = await store.add_job(NewJob(replace(place, version=2)), NOW + 2)
    assert made
    assert not repeated
    assert again.id == second.id != first.id
    assert (first.origin.version, second.origin.version) == (1, 2)
    assert (await store.job(second.id)) == second
    assert [job.id for job in await store.jobs_of_file(place.team_id, place.file_id)] == [first.id, second.id]


async def test_names_are_of_one_job_and_not_of_those_that_share_its_transcript(store: JobStore) -> None:
    owner = await done(store, said=TALK)
    other, _ = await store.add_job(NewJob(replace(owner.origin, channel_id="C-elsewhere")), NOW)
    from bot.domain.machine import Received

    await store.apply(Received(other).reuse(NOW, other.file, "xosum", "xosum", owner.id))
    assert await store.save_speaker_names(owner.id, SpeakerNames({"Speaker 1": "Ani"}, {}, 1))
    named, shared = await store.transcript(owner.id), await store.transcript(other.id)
    assert named is not None
    assert shared is not None
    assert (named.name_of("Speaker 1"), shared.name_of("Speaker 1")) == ("Ani", "Speaker 1")


async def test_of_two_changes_of_the_same_names_one_wins(store: JobStore) -> None:
    job = await done(store)
    assert await store.speaker_names(job.id) == SpeakerNames()
    assert await store.save_speaker_names(job.id, SpeakerNames({"Speaker 1": "Ani"}, {}, 1))
    assert not await store.save_speaker_names(job.id, SpeakerNames({"Speaker 1": "Bob"}, {}, 1))
    assert not await store.save_speaker_names(job.id, SpeakerNames({"Speaker 1": "Bob"}, {}, 3))
    assert await store.save_speaker_names(job.id, SpeakerNames({}, {"Speaker 1": "Ani"}, 2))
    assert await store.speaker_names(job.id) == SpeakerNames({}, {"Speaker 1": "Ani"}, 2)


async def test_names_are_sealed_and_go_with_the_content(reopen: Opener, tmp_path: Path, url: str) -> None:
    store = await reopen(KEY)
    job = await done(store, said=TALK)
    await store.save_speaker_names(job.id, SpeakerNames({"Speaker 1": "Marigold"}, {}, 1))
    if url.startswith("sqlite"):
        db = sqlite3.connect(tmp_path / "jobs.db")
        assert b"Marigold" not in db.execute("SELECT body FROM speaker_names").fetchone()[0]
        db.close()
    await store.purge_job(job.id, NOW)
    assert await store.speaker_names(job.id) == SpeakerNames()


async def test_what_was_posted_for_a_job_is_found_by_it(store: JobStore) -> None:
    for key in ("reply:a:0.0", "file:a:0", "reply:b:0.0"):
        await store.update_outbox(OutboxMessage(key, key.split(":")[1], "C1", "1.1", Phase.POSTED, NOW))
    assert [row.key for row in await store.outbox_of_job("a")] == ["file:a:0", "reply:a:0.0"]
