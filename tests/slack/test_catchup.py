"""What was shared while nobody listened is found; what was there before us is left alone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.errors import Transient
from bot.ports.store import ChannelSettings
from simulators.slack.faults import Fault
from simulators.slack.records import BOT_USER, Message
from tests.support.slack_harness import CLIP, Upload, Workplace, workplace


@pytest.fixture
async def deaf(tmp_path: Path) -> AsyncIterator[Workplace]:
    """A bot that has looked once and hears nothing since."""
    async with workplace(tmp_path, start=False, speed=50) as place:
        await place.slack.upload_as("U0ALICE", "C0CALLS", Upload("before.mp3", b"old"))
        place.slack.delivery.flow = "drop"
        await place.room.catchup.look()
        assert await place.jobs() == []
        yield place


async def test_files_in_channels_threads_and_direct_messages_are_found(deaf: Workplace) -> None:
    message = await deaf.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    root = deaf.slack.say_as("U0BOB", "C0CLINIC", "a thread")
    await deaf.slack.upload_as("U0BOB", "C0CLINIC", Upload("thread.mp3", b"x"), thread_ts=root.ts)
    await deaf.slack.upload_as("U0ALICE", "D0ALICE", Upload("direct.mp3", b"x"))
    await deaf.slack.upload_as("U0ALICE", "G0BOARD", Upload("board.mp3", b"x"))
    await deaf.slack.upload_as("U0ALICE", "C0CLINIC", Upload("report.pdf", b"x"))
    assert await deaf.room.catchup.look() == 4
    found = {job.file.name: job.origin for job in await deaf.jobs()}
    assert set(found) == {"visit notes.m4a", "thread.mp3", "direct.mp3", "board.mp3"}
    assert found["visit notes.m4a"].thread_ts == message.ts
    assert found["thread.mp3"].thread_ts == root.ts


async def test_looking_again_finds_nothing_new(deaf: Workplace) -> None:
    await deaf.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    assert await deaf.room.catchup.look() == 1
    assert await deaf.room.catchup.look() == 0
    assert len(await deaf.jobs()) == 1


async def test_an_old_file_that_is_shared_again_is_found(deaf: Workplace) -> None:
    message = await deaf.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    file = deaf.slack.workspace.files[message.files[0]]
    file.created -= 86400
    await deaf.room.catchup.look()
    again = deaf.slack.people.share("U0ALICE", "C0CALLS", [file])
    assert await deaf.room.catchup.look() == 1
    assert again.ts in {job.origin.message_ts for job in await deaf.jobs()}


async def test_what_was_shared_before_we_joined_is_left_alone_and_what_came_after_is_found(deaf: Workplace) -> None:
    await deaf.slack.upload_as("U0ALICE", "C0GENERAL", Upload("earlier.mp3", b"x"))
    deaf.slack.people.invite_bot("U0ALICE", "C0GENERAL")
    joined = Message("C0GENERAL", "", BOT_USER, "<@U0BOT> has joined the channel", subtype="channel_join")
    deaf.slack.workspace.post(joined)
    await deaf.slack.upload_as("U0ALICE", "C0GENERAL", Upload("later.mp3", b"x"))
    await deaf.room.catchup.look()
    assert [job.file.name for job in await deaf.jobs()] == ["later.mp3"]


async def test_a_live_event_and_the_look_make_one_job(deaf: Workplace) -> None:
    message = await deaf.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    me = await deaf.room.who.me()
    file = {"id": message.files[0], "name": "visit notes.m4a", "mimetype": "audio/mp4"}
    event = {"channel": "C0CLINIC", "user": "U0ALICE", "ts": message.ts, "files": [file]}
    await deaf.room.intake.message(me, event)
    assert len(await deaf.jobs()) == 1
    assert await deaf.room.catchup.look() == 0


async def test_a_channel_on_request_is_not_caught_up(deaf: Workplace) -> None:
    await deaf.store.put_channel_settings("T0LOCAL", "C0CLINIC", ChannelSettings(automatic=False))
    await deaf.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    assert await deaf.room.catchup.look() == 0


async def test_more_than_a_page_is_found(deaf: Workplace) -> None:
    for number in range(5):
        uploads = [Upload(f"{number}-{each}.mp3", b"x") for each in range(60)]
        await deaf.slack.upload_as("U0ALICE", "C0CLINIC", *uploads)
    await deaf.room.catchup.look()
    assert await deaf.store.count_by_state() != {}
    assert sum((await deaf.store.count_by_state()).values()) == 300


async def test_a_look_that_broke_off_is_made_up_for(deaf: Workplace) -> None:
    await deaf.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    deaf.slack.fault(Fault("files.list", times=2, status=503))
    with pytest.raises(Transient):
        await deaf.room.catchup.look()
    assert await deaf.room.catchup.look() == 1


async def test_a_clock_that_was_a_day_ahead_hides_nothing(deaf: Workplace) -> None:
    deaf.clock.ahead = 86400
    await deaf.room.catchup.look()
    deaf.clock.ahead = 0
    await deaf.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    assert await deaf.room.catchup.look() == 1


async def test_a_reconnect_makes_it_look(place: Workplace) -> None:
    await place.until(lambda: place.store.cursor("catchup:T0LOCAL:C0CLINIC"))
    await place.until(lambda: place.store.cursor("catchup:T0LOCAL:files"))
    place.slack.delivery.flow = "drop"
    await place.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    place.slack.delivery.flow = "on"
    await place.slack.disconnect("cut")
    await place.until(place.jobs, timeout=30)
    assert len(await place.jobs()) == 1
