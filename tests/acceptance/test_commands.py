"""`/transcribe` as people use it: a member, and a stranger who may not know."""

from pathlib import Path

import pytest

from simulators.slack.faults import Fault
from simulators.slack.file_store import Upload
from simulators.slack.records import Message
from simulators.xosum import XosumSimulator
from tests.support.harnesses.bot import ALICE, BOARD, BOB, CLINIC, Place, headline, shown

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def waiting(place: Place, xosum: XosumSimulator, recording: Path, channel: str) -> tuple[Message, str]:
    """A recording that the provider is busy with for long."""
    xosum.plan(seconds=600)
    message = await place.upload(Upload("visit.mp3", recording), channel=channel)
    await place.settled(message, "waiting")
    return message, str(place.jobs(message)[0]["id"])


async def failed(place: Place, xosum: XosumSimulator, channel: str) -> tuple[Message, str]:
    message = await place.upload(Upload("empty.mp3", b"", age=3600), channel=channel)
    await place.settled(message, "failed")
    return message, str(place.jobs(message)[0]["id"])


async def test_help_says_what_can_be_done(place: Place) -> None:
    said = await place.command(BOB, "help")
    assert "Drop an audio or video file" in said
    for word in ("status", "list", "retry", "cancel"):
        assert f"/transcribe {word}" in said
    assert "Did you mean `/transcribe status`?" in await place.command(BOB, "statsu")


async def test_status_tells_its_person_what_is_under_way_and_the_story_of_one_job(
    place: Place, xosum: XosumSimulator, recording: Path
) -> None:
    message, job = await waiting(place, xosum, recording, CLINIC)
    said = await place.command(ALICE, "status")
    assert "under way" in said
    assert job in said
    story = await place.command(ALICE, f"status {job}")
    assert "visit.mp3" in story
    assert "sent to the service" in story.lower()
    assert "You have no recordings yet" in await place.command(BOB, "status")
    await place.command(ALICE, f"cancel {job}")
    await place.answered(message)


async def test_list_shows_ones_own_and_those_of_the_channel(
    place: Place, xosum: XosumSimulator, recording: Path
) -> None:
    message = await place.upload(Upload("round.mp3", recording))
    await place.answered(message)
    assert "round.mp3" in await place.command(ALICE, "list")
    assert "round.mp3" not in await place.command(BOB, "list")
    assert "round.mp3" in await place.command(BOB, "list channel")
    _, job = await failed(place, xosum, CLINIC)
    assert job in await place.command(ALICE, "list failed")


async def test_cancel_ends_a_job_with_a_word_in_its_thread(
    place: Place, xosum: XosumSimulator, recording: Path
) -> None:
    message, job = await waiting(place, xosum, recording, CLINIC)
    assert job in await place.command(ALICE, f"cancel {job}")
    (reply,) = await place.answered(message)
    assert "Cancelled by" in shown(reply)
    await place.settled(message, "cancelled")
    assert "finished already" in await place.command(ALICE, f"cancel {job}")


async def test_retry_takes_a_failed_job_up_again_and_answers_anew(
    place: Place, xosum: XosumSimulator, recording: Path
) -> None:
    page = place.slack.fault(Fault("/files-pri/*", times=None, login=True))
    message = await place.upload(Upload("visit.mp3", recording, age=3600))
    await place.settled(message, "failed")
    place.slack.faults.clear(page.id)
    job = str(place.jobs(message)[0]["id"])
    assert "Trying" in await place.command(ALICE, f"retry {job}")
    refusal, reply = await place.answered(message, count=2)
    assert not headline(refusal)
    assert headline(reply)
    await place.settled(message, "done")
    assert "is done" in await place.command(ALICE, f"retry {job}")
    assert len(xosum.billed) == 1


async def test_a_stranger_learns_and_changes_nothing(place: Place, xosum: XosumSimulator, recording: Path) -> None:
    message, job = await waiting(place, xosum, recording, BOARD)
    for text in (f"status {job}", f"cancel {job}", f"retry {job}"):
        said = await place.command(BOB, text)
        assert f"There is no recording `{job}`, or you cannot see it." in said
        assert "visit.mp3" not in said
    for text in ("list channel", "list failed", "list", "status"):
        assert job not in await place.command(BOB, text)
    assert place.jobs(message)[0]["state"] == "waiting"
    assert job in await place.command(ALICE, f"cancel {job}")  # a member may, from any channel
    await place.settled(message, "cancelled")
    _, lost = await failed(place, xosum, BOARD)
    assert lost not in await place.command(BOB, "list failed")
    assert lost in await place.command(ALICE, "list failed")


async def test_answers_are_for_the_asker_alone(place: Place) -> None:
    before = len(place.whispers(ALICE))
    await place.command(BOB, "list channel")
    assert len(place.whispers(ALICE)) == before
