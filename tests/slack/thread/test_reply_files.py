"""A long transcript: a readable head and a file, or the whole text in messages where Slack takes no file."""

import asyncio
from pathlib import Path

import pytest

from bot.domain.errors import Transient
from simulators.slack.faults import Fault
from tests.slack.thread.test_replies import part_mark, ready, settled_posts, shown
from tests.support.harnesses.slack import Workplace, spoken, workplace

LONG = spoken(*(f"Sentence number {number} of a long recording goes on for a while. " * 3 for number in range(900)))


async def test_a_long_transcript_is_a_readable_head_and_a_whole_file(place: Workplace) -> None:
    message, job = await ready(place, LONG)
    await place.answer(job, LONG)
    await place.slack.until(lambda: any(reply.files for reply in place.ours(message)))
    head, attached = place.ours(message)
    assert "Sentence number 0" not in shown(head)  # title and facts, and the rest in the file
    assert "whole transcript" in shown(head)
    file = place.slack.workspace.files[attached.files[0]]
    assert file.name == "visit notes.txt"
    assert file.path is not None
    content = file.path.read_text(encoding="utf-8")
    assert all(f"Sentence number {number} of" in content for number in range(900))


async def test_a_file_that_slack_never_shared_is_completed_again_a_minute_later(tmp_path: Path) -> None:
    async with workplace(tmp_path, completing_twice="shares_again") as place:
        message, job = await ready(place, LONG)
        place.slack.fault(Fault("files.completeUploadExternal", unshared=True))
        await place.answer(job, LONG)
        assert not any(reply.files for reply in place.ours(message))
        place.clock.ahead += 61
        await place.room.chat.verify_due()
        await place.slack.until(lambda: any(reply.files for reply in place.ours(message)))
        place.clock.ahead += 61
        await place.room.chat.verify_due()
        assert len(await settled_posts(place, message)) == 1
        row = await place.store.outbox_message(f"file:{job.id}:0")
        assert row is not None
        assert (row.phase, row.verify_at) == ("settled", None)


async def test_the_text_of_a_file_that_never_shows_follows_in_messages(tmp_path: Path) -> None:
    async with workplace(tmp_path, speed=10) as place:
        message, job = await ready(place, LONG)
        place.slack.fault(Fault("files.completeUploadExternal", times=None, unshared=True))
        await place.answer(job, LONG)
        for _ in range(3):
            place.clock.ahead += 61
            for _ in range(60):
                try:
                    await place.room.chat.verify_due()
                    break
                except Transient:
                    await asyncio.sleep(0.1)
        everything = "".join(shown(part) for part in await settled_posts(place, message))
        assert all(f"Sentence number {number} of" in everything for number in (0, 450, 899))


@pytest.mark.parametrize("fault", [{"cut": "after"}, {"cut": "before"}, {"status": 500}])
async def test_a_file_whose_sharing_broke_off_is_shared_once(place: Workplace, fault: dict[str, object]) -> None:
    message, job = await ready(place, LONG)
    place.slack.fault(Fault("files.completeUploadExternal", **fault))  # type: ignore[arg-type]  # by name
    await place.answer(job, LONG)
    await place.slack.until(lambda: any(reply.files for reply in place.ours(message)))
    await place.slack.delivery.settled()
    assert sum(bool(reply.files) for reply in place.ours(message)) == 1
    assert len(await settled_posts(place, message)) == 1


@pytest.mark.parametrize(
    "refusal",
    ["file_uploads_disabled", "slack_connect_file_upload_sharing_blocked", "snippet_too_large", "not_yet_known"],
)
async def test_refused_files_become_messages_that_hold_the_whole_text(tmp_path: Path, refusal: str) -> None:
    async with workplace(tmp_path, uploads_refused=refusal) as place:
        transcript = spoken(*(f"Sentence number {number}." for number in range(2000)))
        message, job = await ready(place, transcript)
        await place.answer(job, transcript)
        _, *parts = await settled_posts(place, message)
        assert len(parts) >= 3
        everything = "".join(shown(part) for part in parts)
        assert all(f"Sentence number {number}." in everything for number in range(2000))
        marks = [part_mark(part) for part in parts]
        assert marks == [f"0.{number}" for number in range(1, len(parts) + 1)]


async def test_parts_that_broke_off_go_on_where_they_stopped(tmp_path: Path) -> None:
    async with workplace(tmp_path, uploads_refused="file_uploads_disabled") as place:
        transcript = spoken(*(f"Sentence number {number}." for number in range(2000)))
        message, job = await ready(place, transcript)
        place.slack.fault(Fault("chat.postMessage", skip=2, cut="after"))
        await place.answer(job, transcript)
        marks = [part_mark(reply) for reply in await settled_posts(place, message)]
        assert len(marks) == len(set(marks))
        assert marks == sorted(marks)
