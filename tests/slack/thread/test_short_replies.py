"""The menu of a short reply, and what goes when a recording is deleted after its answer."""

from dataclasses import replace

import pytest

from bot.domain.job import Job, State
from bot.ports.store import ChannelSettings
from simulators.slack.records import Message
from simulators.slack.wire import as_object, as_objects
from tests.slack.interaction.buttons.acts import TALK, choose, done, files, modal, reply
from tests.support.harnesses.slack import Workplace, spoken

NOTE = spoken("Please call the plumber about the kitchen sink.", provider="local")


async def pick(place: Workplace, message: Message, job: Job, kind: str, user: str = "U0ALICE") -> None:
    option = {"text": {"type": "plain_text", "text": kind}, "value": f"{kind}.{job.id}"}
    await place.slack.act_as(user, reply(place, message), "reply_menu", selected_option=option)


async def test_a_short_reply_is_downloaded_in_a_format_that_is_chosen_in_a_window(place: Workplace) -> None:
    message, job = await done(place, NOTE)
    await pick(place, message, job, "download")
    view = await modal(place, "U0ALICE", "download_format")
    (_, chooser) = as_objects(view.body["blocks"])
    offered = [option["value"] for option in as_objects(as_object(chooser["element"])["options"])]
    assert offered == ["txt", "srt", "vtt", "docx", "json"]
    chosen = {"format": {"format": {"type": "static_select", "selected_option": {"value": "srt"}}}}
    assert await place.slack.submit_as("U0ALICE", chosen) == {}
    await place.slack.until(lambda: files(place, message) == ["visit notes.srt"])


async def test_a_short_reply_is_deleted_after_a_question(place: Workplace) -> None:
    message, job = await done(place, NOTE)
    await pick(place, message, job, "delete")
    await modal(place, "U0ALICE", "confirm_delete")
    assert "plumber" in str(reply(place, message).blocks)
    assert await place.slack.submit_as("U0ALICE", {}) == {}
    await place.slack.until(lambda: "was deleted" in str(reply(place, message).blocks))
    assert await place.store.transcript(job.id) is None


async def test_somebody_else_cannot_delete_by_the_menu_either(place: Workplace) -> None:
    message, job = await done(place, NOTE)
    await pick(place, message, job, "delete", "U0BOB")
    await modal(place, "U0BOB", "confirm_delete")
    await place.slack.submit_as("U0BOB", {})
    await place.slack.until(
        lambda: any("can delete its transcript" in m.text for m in place.slack.workspace.all_messages())
    )
    assert await place.store.transcript(job.id) is not None


@pytest.mark.parametrize("what", ["file", "message"])
async def test_with_a_recording_its_reply_and_files_go_and_no_note_stays(place: Workplace, what: str) -> None:
    message, job = await done(place, TALK)
    await choose(place, message, job, "txt")
    await place.slack.until(lambda: len(files(place, message)) == 1)
    await delete(place, message, what)
    await place.slack.until(lambda: place.ours(message) == [])
    assert files(place, message) == []
    (job,) = await place.jobs()
    assert job.state is State.DELETED


async def test_a_channel_may_keep_the_replies_of_recordings_that_are_deleted(place: Workplace) -> None:
    settings = replace(ChannelSettings(), delete_replies=False)
    await place.store.put_channel_settings("T0LOCAL", "C0CLINIC", settings)
    message, job = await done(place, TALK)
    await delete(place, message, "file")
    await place.until(lambda: _ended(place, job))
    assert await place.store.inbox_due("withdraw", place.clock.now() + 60) == []
    assert len(place.ours(message)) == 1


async def _ended(place: Workplace, job: Job) -> bool:
    row = await place.store.job(job.id)
    return row is not None and row.state is State.DELETED


async def delete(place: Workplace, message: Message, what: str) -> None:
    if what == "message":
        place.slack.people.delete("U0ALICE", "C0CLINIC", message.ts)
    else:
        place.slack.workspace.delete_file(place.slack.workspace.files[message.files[0]])
