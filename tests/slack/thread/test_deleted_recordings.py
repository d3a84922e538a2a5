"""A recording that is deleted: nothing of it stays in the thread, and nothing is said that nobody asked for."""

import pytest

from bot.domain.errors import Transient
from bot.domain.job import Job
from bot.domain.machine import Received, Replying
from simulators.slack.faults import Fault
from tests.slack.thread.test_replies import ready, settled_posts, shown
from tests.slack.thread.test_reply_files import LONG
from tests.support.harnesses.slack import Upload, Workplace


async def test_who_deletes_the_message_reads_no_note_of_ours(place: Workplace) -> None:
    message, job = await place.upload()
    place.slack.people.delete("U0ALICE", "C0CLINIC", message.ts)
    await place.until(lambda: _stopping(place, job))
    (job,) = await place.jobs()
    job = await place.store.apply(Received(job).delete(place.clock.now()))
    await place.answer(job)
    assert await settled_posts(place, message) == []


@pytest.mark.parametrize("deleted", ["message", "file"])
async def test_what_is_posted_already_goes_when_the_recording_is_deleted(place: Workplace, deleted: str) -> None:
    message, job = await ready(place, LONG)
    fault = place.slack.fault(Fault("files.completeUploadExternal", times=None, status=503))
    with pytest.raises(Transient):
        await place.room.chat.reply(job, LONG)
    assert "whole transcript" in shown((await settled_posts(place, message))[0])
    place.slack.faults.clear(fault.id)
    if deleted == "message":
        place.slack.people.delete("U0ALICE", "C0CLINIC", message.ts)
    else:
        place.slack.people.delete_file("U0ALICE", message.files[0])
    await place.until(lambda: _stopping(place, job))
    (job,) = await place.jobs()
    job = await place.store.apply(Replying(job).delete(place.clock.now()))
    for _ in range(2):  # as after a crash between the reply and its commit
        await settled(place, job)
        left = await settled_posts(place, message)
        assert [("was deleted" in shown(each), each.files) for each in left] == [(True, [])] * (deleted == "file")


async def test_nothing_is_said_of_a_deleted_file_that_nobody_meant_as_a_recording(place: Workplace) -> None:
    message, job = await place.upload(upload=Upload("data", b"x", mimetype="application/octet-stream"))
    place.slack.people.delete_file("U0ALICE", message.files[0])
    await place.until(lambda: _stopping(place, job))
    (job,) = await place.jobs()
    await settled(place, await place.store.apply(Received(job).delete(place.clock.now())))
    assert await settled_posts(place, message) == []


async def settled(place: Workplace, job: Job) -> None:
    """Reply, called again as long as something of earlier has to settle."""
    for _ in range(100):
        try:
            return await place.room.chat.reply(job, None)
        except Transient as error:
            await place.clock.sleep(error.after or 0.05)
    raise AssertionError("the reply never ended")


async def _stopping(place: Workplace, job: Job) -> bool:
    row = await place.store.job(job.id)
    return row is not None and row.deleted_at is not None
