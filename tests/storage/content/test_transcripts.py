"""What was said: stored, shared, purged."""

import dataclasses
from pathlib import Path

from bot.domain.errors import Problem, ProblemCode
from bot.domain.job import Job, Options
from bot.domain.machine import Finishing, Received, Replying, Waiting
from bot.domain.transcript import Segment, Transcript, Word
from bot.ports.store import JobStore, NewJob
from tests.storage.samples import FILE, HOW, NOW, REMOTE, Opener, added, done, finishing, replaced, waiting

SAID = Transcript(
    (Segment("Բարև ձեզ", 0.0, 1.5, "Խոսնակ 1", (Word("Բարև", 0.0, 0.7), Word("ձեզ", 0.7, 1.5))), Segment("hello")),
    "hy",
    12.5,
    "Title",
    "Summary",
    ("hello",),
    "xosum",
    {"Խոսնակ 1": "Ani"},
)


async def sharing(store: JobStore, source: Job, channel: str, now: float = NOW) -> Job:
    """A finished job that shares the transcript of another."""
    place = dataclasses.replace(source.origin, channel_id=channel)
    job, _ = await store.add_job(NewJob(place), now)
    job = await store.apply(Received(job).reuse(now, FILE, "xosum", "xosum", source.id))
    job = await store.apply(Finishing(job).stored(now))
    return await store.apply(Replying(job).replied(now))


async def test_a_transcript_comes_back_as_it_was_stored(store: JobStore) -> None:
    job = await finishing(store)
    assert await store.transcript(job.id) is None
    await store.put_transcript(job.id, SAID, NOW)
    assert await store.transcript(job.id) == SAID
    shorter = dataclasses.replace(SAID, summary=None, segments=())
    await store.put_transcript(job.id, shorter, NOW + 1)
    assert await store.transcript(job.id) == shorter
    assert await store.transcript("nobody") is None


async def test_a_shared_transcript_is_read_through_until_the_job_has_its_own(store: JobStore) -> None:
    source = await done(store, said=SAID)
    share = await sharing(store, source, "C2")
    second = await sharing(store, share, "C3")
    assert await store.transcript(share.id) == SAID
    assert await store.transcript(second.id) == SAID
    own = dataclasses.replace(SAID, speaker_names={"Խոսնակ 1": "Mher"})
    await replaced(store, share, own)
    assert await store.transcript(share.id) == own
    assert await store.transcript(source.id) == SAID


async def test_a_file_transcribed_before_is_known_by_provider_and_options(store: JobStore) -> None:
    job = await finishing(store)
    file = job.origin.file_id
    asked = HOW
    assert await store.find_reusable("T1", file, "xosum", asked) is None
    assert await store.put_transcript(job.id, SAID, NOW)
    assert await store.find_reusable("T1", file, "xosum", asked) == job.id
    assert await store.find_reusable("T2", file, "xosum", asked) is None
    assert await store.find_reusable("T1", file, "invox", asked) is None
    for other in (Options("es"), dataclasses.replace(HOW, speakers="3"), dataclasses.replace(HOW, vocabulary="1+C1.4")):
        assert await store.find_reusable("T1", file, "xosum", other) is None
    assert await store.find_reusable("T1", file, "xosum", Options()) is None


async def test_blocks_come_back_in_order_and_can_be_dropped(store: JobStore) -> None:
    job = await added(store)
    await store.put_block(job.id, 2, SAID.segments[1:], None)
    await store.put_block(job.id, 1, [], "hy")
    await store.put_block(job.id, 1, SAID.segments[:1], "hy")
    assert await store.blocks(job.id) == [(1, SAID.segments[:1], "hy"), (2, SAID.segments[1:], None)]
    await store.drop_blocks(job.id)
    assert await store.blocks(job.id) == []


async def test_what_a_transcript_was_made_of_goes_and_nothing_else(store: JobStore) -> None:
    job, other = await added(store), await added(store)
    for each in (job, other):
        await store.put_block(each.id, 1, SAID.segments, "hy")
    for key, ref in (("k1", "a:r1"), ("k2", "a:r2"), ("k3", "a:r3")):
        await store.put_inbox("hook", key, ref, b"x", NOW, NOW)
    await store.put_inbox("file", "k1", "a:r1", b"x", NOW, NOW)
    await store.discard_inputs(job.id, "hook", "a:r1", "a:r2")
    assert (await store.blocks(job.id), len(await store.blocks(other.id))) == ([], 1)
    assert [item.key for item in await store.inbox_for("hook", "a:r1", "a:r2", "a:r3")] == ["k3"]
    assert len(await store.inbox_for("file", "a:r1")) == 1
    assert not await store.put_inbox("hook", "k1", "a:r1", b"x", NOW + 1, NOW)  # still known as a repeat


async def test_purging_deletes_old_content_and_keeps_the_rows(store: JobStore) -> None:
    old, young = await done(store, NOW, said=SAID), await done(store, NOW + 50, said=SAID)
    unfinished = await finishing(store, NOW)
    await store.put_transcript(unfinished.id, SAID, NOW)
    await store.put_block(unfinished.id, 1, SAID.segments, "hy")
    assert await store.purge(NOW + 10 + 30 * 86400, 30) == 1
    assert await store.purge(NOW + 10 + 30 * 86400, 30) == 0
    assert await store.transcript(old.id) is None
    assert await store.blocks(old.id) == []
    assert await store.transcript(young.id) == SAID
    assert await store.transcript(unfinished.id) == SAID
    assert await store.blocks(unfinished.id) != []
    row = await store.job(old.id)
    assert row is not None
    assert row.remote is not None
    assert row.remote.upload_url is None
    assert await store.events(old.id) == await store.events(old.id) != []


async def test_purging_takes_the_details_of_a_problem(store: JobStore) -> None:
    job = await waiting(store)
    problem = Problem(ProblemCode.PROVIDER_REFUSED, {"provider": "Xosum", "detail": "words of theirs"})
    job = await store.apply(Waiting(job).refuse(NOW, problem))
    job = await store.apply(Replying(job).replied(NOW))
    found = await store.job(job.id)
    assert found is not None
    assert found.problem == problem
    await store.purge(NOW + 1 + 30 * 86400, 30)
    found = await store.job(job.id)
    assert found is not None
    assert found.problem == Problem(ProblemCode.PROVIDER_REFUSED)


async def test_many_old_jobs_are_purged_in_one_call(store: JobStore) -> None:
    for _ in range(201):
        await store.apply(Received(await added(store)).ignore(NOW))
    assert await store.purge(NOW + 1 + 30 * 86400, 30) == 201


async def test_a_shared_transcript_outlives_its_job_until_the_last_share_is_purged(store: JobStore) -> None:
    source = await done(store, NOW, said=SAID)
    share = await sharing(store, source, "C2", NOW + 50)
    await store.purge(NOW + 10 + 30 * 86400, 30)
    assert await store.transcript(source.id) is None
    assert await store.transcript(share.id) == SAID
    await store.purge(NOW + 60 + 30 * 86400, 30)
    assert await store.transcript(share.id) is None


async def test_deleting_one_share_leaves_the_others_and_the_source(store: JobStore) -> None:
    source = await done(store, said=SAID)
    share = await sharing(store, source, "C2")
    await store.purge_job(share.id, NOW)
    assert await store.transcript(share.id) is None
    assert await store.transcript(source.id) == SAID
    assert await store.find_reusable("T1", source.origin.file_id, "xosum", HOW)
    await store.purge_job(source.id, NOW)
    assert await store.transcript(source.id) is None
    assert not await store.find_reusable("T1", source.origin.file_id, "xosum", HOW)


async def test_a_purged_job_that_is_transcribed_again_is_readable_again(store: JobStore) -> None:
    job = await done(store, said=SAID)
    await store.purge_job(job.id, NOW)
    await replaced(store, job, SAID)
    assert await store.transcript(job.id) == SAID


async def test_a_two_hour_transcript_is_stored_whole(store: JobStore) -> None:
    words = tuple(Word(f"word{i}", i * 0.4, i * 0.4 + 0.3) for i in range(20))
    long = Transcript(tuple(Segment("said " * 20, i * 8.0, i * 8.0 + 8, "A", words) for i in range(900)), "en", 7200.0)
    job = await added(store)
    await store.put_transcript(job.id, long, NOW)
    assert await store.transcript(job.id) == long


async def test_content_is_not_in_the_file_when_it_is_sealed(sealed: JobStore, url: str) -> None:
    if not url.startswith("sqlite"):
        return  # looks into the database file
    job = await finishing(sealed)
    secret = dataclasses.replace(SAID, title="Unmistakable")
    await sealed.put_transcript(job.id, secret, NOW)
    await sealed.put_block(job.id, 1, [Segment("Unmistakable")], None)
    await sealed.put_inbox("hook", "k", "r", b"Unmistakable", NOW, NOW)
    job = await sealed.apply(
        Finishing(job).refuse(NOW, Problem(ProblemCode.PROVIDER_FAILED, {"detail": "Unmistakable"}))
    )
    found = await sealed.job(job.id)
    assert found == job
    assert job.remote is not None
    assert job.remote.upload_url == REMOTE.upload_url
    assert await sealed.transcript(job.id) == secret
    await sealed.close()
    raw = _files_of(url)
    assert b"Unmistakable" not in raw
    assert b"upload.example" not in raw
    assert job.id.encode() in raw


def _files_of(url: str) -> bytes:
    path = Path(url.removeprefix("sqlite:///"))
    return b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))


async def test_purged_content_is_overwritten_in_the_file(reopen: Opener, url: str) -> None:
    if not url.startswith("sqlite"):
        return  # looks into the database file
    store = await reopen()
    job = await done(store, said=Transcript((Segment("Unmistakable " * 2000),)))
    share = await sharing(store, job, "C2")
    await store.purge_job(job.id, NOW)
    assert await store.transcript(share.id) is not None
    await store.purge_job(share.id, NOW)  # the last to share it takes it along
    await store.close()
    assert b"Unmistakable" not in _files_of(url)
