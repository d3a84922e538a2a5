"""A transcript is deleted."""

from bot.domain.job import FINAL, State
from bot.domain.machine import Finishing, Received, Waiting
from simulators.slack.faults import Fault
from simulators.slack.records import Message
from tests.slack.interaction.buttons.acts import LONG, TALK, choose, done, files, press, reply, told
from tests.support.harnesses.slack import Workplace


async def test_delete_leaves_one_line_and_nothing_stored(place: Workplace) -> None:
    message, job = await done(place, LONG)
    await choose(place, message, job, "docx")
    await place.slack.until(lambda: len(files(place, message)) == 2)
    await press(place, message, "delete_transcript")
    await place.slack.until(lambda: "deleted on request" in reply(place, message).text)
    await place.slack.until(lambda: len(place.ours(message)) == 1)
    assert files(place, message) == []
    assert await place.store.transcript(job.id) is None
    assert "Sentence" not in str(reply(place, message).blocks)
    assert "<@U0ALICE>" in str(reply(place, message).blocks)
    assert place.slack.workspace.files[message.files[0]].mode == "hosted"  # the recording is not ours to delete


async def test_what_was_deleted_can_be_transcribed_anew(place: Workplace) -> None:
    message, job = await done(place)
    await press(place, message, "delete_transcript")
    await place.slack.until(lambda: "deleted on request" in reply(place, message).text)
    await place.slack.shortcut_as("U0BOB", "C0CLINIC", message.ts, "transcribe_message")
    row = await place.store.job(job.id)
    assert row is not None
    assert row.state not in FINAL


async def test_what_was_deleted_and_transcribed_again_is_not_transcribed_once_more(place: Workplace) -> None:
    message, job = await done(place)
    await press(place, message, "delete_transcript")
    await place.slack.until(lambda: "deleted on request" in reply(place, message).text)
    await place.slack.shortcut_as("U0BOB", "C0CLINIC", message.ts, "transcribe_message")
    again, now = await place.store.job(job.id), place.clock.now()
    assert again is not None
    finishing = await place.store.apply(Waiting(again).ready(now))
    await place.store.put_transcript(job.id, TALK, now)
    await place.answer(await place.store.apply(Finishing(finishing).stored(now)), TALK)
    await place.slack.shortcut_as("U0BOB", "C0CLINIC", message.ts, "transcribe_message")
    row = await place.store.job(job.id)
    assert row is not None
    assert row.state is State.DONE


async def test_the_other_share_of_a_file_keeps_its_transcript(place: Workplace) -> None:
    message, job = await done(place)
    file = place.slack.workspace.files[message.files[0]]
    elsewhere = place.slack.people.share("U0ALICE", "C0CALLS", [file])
    await place.until(lambda: place.store.jobs_of_message("T0LOCAL", "C0CALLS", elsewhere.ts))
    (shared,) = await place.store.jobs_of_message("T0LOCAL", "C0CALLS", elsewhere.ts)
    shared = await place.store.apply(Received(shared).reuse(place.clock.now(), shared.file, "xosum", "xosum", job.id))
    await press(place, message, "delete_transcript")
    await place.slack.until(lambda: "deleted on request" in reply(place, message).text)
    assert await place.store.transcript(job.id) is None
    assert await place.store.transcript(shared.id) is not None


async def test_delete_goes_on_after_slack_was_busy(place: Workplace) -> None:
    message, job = await done(place, LONG)
    limited = place.slack.fault(Fault("chat.update", times=1, status=429, retry_after=4))
    await press(place, message, "delete_transcript")
    await place.slack.until(lambda: limited.seen > 0)
    await place.slack.until(lambda: "deleted on request" in reply(place, message).text)
    assert await place.store.transcript(job.id) is None


async def deleted_during_a_download(place: Workplace, fault: Fault) -> Message:
    """The message of a recording whose transcript was deleted while its download was held up by `fault`."""
    message, job = await done(place)
    slow = place.slack.fault(fault)
    await choose(place, message, job, "docx")
    await place.slack.until(lambda: slow.seen > 0)
    await press(place, message, "delete_transcript")
    await place.slack.until(lambda: "deleted on request" in reply(place, message).text)
    place.slack.faults.clear(slow.id)
    return message


async def test_a_download_that_is_under_way_does_not_outlive_the_transcript(place: Workplace) -> None:
    message = await deleted_during_a_download(place, Fault("files.completeUploadExternal", times=None, hold="after"))
    await place.room.background.drain(60.0)
    await place.slack.until(lambda: files(place, message) == [])


async def test_a_download_that_begins_as_the_transcript_is_deleted_is_taken_back(place: Workplace) -> None:
    message = await deleted_during_a_download(place, Fault("files.getUploadURLExternal", times=None, hold="before"))
    await told(place, "U0ALICE", "not stored any more")
    assert files(place, message) == []
