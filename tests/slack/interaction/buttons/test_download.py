"""A format is chosen and its file comes into the thread."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.slack.faults import Fault
from tests.slack.interaction.buttons.acts import TALK, choose, done, files, reply, told, whispers
from tests.support.harnesses.slack import Workplace, workplace

UNTIMED = replace(TALK, segments=tuple(replace(s, start=None, end=None) for s in TALK.segments))


@pytest.mark.parametrize("extension", ["txt", "srt", "vtt", "docx", "json"])
async def test_a_format_that_is_chosen_comes_into_the_thread(place: Workplace, extension: str) -> None:
    message, job = await done(place)
    await choose(place, message, job, extension)
    await place.slack.until(lambda: len(files(place, message)) == 1)
    assert files(place, message) == [f"visit notes.{extension}"]


async def test_a_second_press_points_to_the_file_that_is_there(place: Workplace) -> None:
    message, job = await done(place)
    place.slack.fault(Fault("files.getUploadURLExternal", times=None, delay=0.3))
    await asyncio.gather(*(choose(place, message, job, "srt", user) for user in ("U0ALICE", "U0BOB")))
    await place.slack.until(lambda: len(files(place, message)) >= 1)
    await place.slack.until(
        lambda: any("already" in said for user in ("U0ALICE", "U0BOB") for said in whispers(place, user))
    )
    await choose(place, message, job, "srt", "U0BOB")
    await told(place, "U0BOB", "The SRT file is in this thread already")
    assert files(place, message) == ["visit notes.srt"]


async def test_a_file_that_was_deleted_by_hand_is_made_again(place: Workplace) -> None:
    message, job = await done(place)
    for _ in range(2):
        await choose(place, message, job, "txt")
        await place.slack.until(lambda: len(files(place, message)) == 1)
        (file,) = [f for f in place.slack.workspace.files.values() if f.user == "U0BOT" and f.mode != "tombstone"]
        place.slack.workspace.delete_file(file)
    assert files(place, message) == []


async def test_a_cut_connection_while_sharing_makes_one_file(place: Workplace) -> None:
    message, job = await done(place)
    place.slack.fault(Fault("files.completeUploadExternal", cut="after"))
    await choose(place, message, job, "json")
    await place.slack.until(lambda: len(files(place, message)) == 1)
    row = await place.store.outbox_message(f"export:{job.id}:json:0")
    await place.until(lambda: _posted(place, f"export:{job.id}:json:0"))
    assert row is not None
    assert len(files(place, message)) == 1


async def _posted(place: Workplace, key: str) -> bool:
    row = await place.store.outbox_message(key)
    return row is not None and row.phase == "posted"


async def test_formats_that_need_times_are_not_offered_without_any(place: Workplace) -> None:
    message, job = await done(place, UNTIMED)
    shown = str(reply(place, message).blocks)
    assert f"{job.id}.docx" in shown
    assert f"{job.id}.srt" not in shown
    await choose(place, message, job, "srt")
    await told(place, "U0ALICE", "has no times")


async def test_where_files_are_refused_it_is_said(tmp_path: Path) -> None:
    async with workplace(tmp_path, uploads_refused="file_uploads_disabled") as place:
        message, job = await done(place)
        await choose(place, message, job, "txt")
        await told(place, "U0ALICE", "does not let me share this file")
