"""What was shared while nobody listened is found; what was there before us is left alone."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.errors import RateLimited, Transient
from bot.ports.store import ChannelSettings
from simulators.slack.faults import Fault
from simulators.slack.records import BOT_USER, Message
from tests.support.harnesses.slack import CLIP, Upload, Workplace, workplace


async def begun(place: Workplace, channel: str = "C0CALLS") -> None:
    """Wait until this conversation is listed, and a second is over: Slack's answers tell whole seconds."""

    async def later() -> bool:
        cursor = await place.store.cursor(f"catchup:T0LOCAL:{channel}")
        return bool(cursor) and time.time() > float(str(cursor).split()[0]) + 1.0

    await place.until(later)


@pytest.fixture
async def deaf(tmp_path: Path) -> AsyncIterator[Workplace]:
    """A bot that has looked once and hears nothing since."""
    async with workplace(tmp_path, start=False, speed=50) as place:
        await place.slack.upload_as("U0ALICE", "C0CALLS", Upload("before.mp3", b"old"))
        place.slack.delivery.flow = "drop"
        await place.room.catchup.run_once()
        assert await place.jobs() == []
        yield place


async def test_files_in_channels_threads_and_direct_messages_are_found(deaf: Workplace) -> None:
    message = await deaf.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    root = deaf.slack.say_as("U0BOB", "C0CLINIC", "a thread")
    await deaf.slack.upload_as("U0BOB", "C0CLINIC", Upload("thread.mp3", b"x"), thread_ts=root.ts)
    await deaf.slack.upload_as("U0ALICE", "D0ALICE", Upload("direct.mp3", b"x"))
    await deaf.slack.upload_as("U0ALICE", "G0BOARD", Upload("board.mp3", b"x"))
    await deaf.slack.upload_as("U0ALICE", "C0CLINIC", Upload("report.pdf", b"x"))
    assert await deaf.room.catchup.run_once() == 4
    found = {job.file.name: job.origin for job in await deaf.jobs()}
    assert set(found) == {"visit notes.m4a", "thread.mp3", "direct.mp3", "board.mp3"}
    assert found["visit notes.m4a"].thread_ts == message.ts
    assert found["thread.mp3"].thread_ts == root.ts


async def test_looking_again_finds_nothing_new(deaf: Workplace) -> None:
    await deaf.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    assert await deaf.room.catchup.run_once() == 1
    assert await deaf.room.catchup.run_once() == 0
    assert len(await deaf.jobs()) == 1


async def test_an_old_file_that_is_shared_again_is_found(deaf: Workplace) -> None:
    message = await deaf.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    file = deaf.slack.workspace.files[message.files[0]]
    file.created -= 86400
    await deaf.room.catchup.run_once()
    again = deaf.slack.people.share("U0ALICE", "C0CALLS", [file])
    assert await deaf.room.catchup.run_once() == 1
    assert again.ts in {job.origin.message_ts for job in await deaf.jobs()}


async def test_what_was_shared_before_we_joined_is_left_alone_and_what_came_after_is_found(deaf: Workplace) -> None:
    await deaf.slack.upload_as("U0ALICE", "C0GENERAL", Upload("earlier.mp3", b"x"))
    deaf.slack.people.invite_bot("U0ALICE", "C0GENERAL")
    joined = Message("C0GENERAL", "", BOT_USER, "<@U0BOT> has joined the channel", subtype="channel_join")
    deaf.slack.workspace.post(joined)
    await deaf.slack.upload_as("U0ALICE", "C0GENERAL", Upload("later.mp3", b"x"))
    await deaf.room.catchup.run_once()
    assert [job.file.name for job in await deaf.jobs()] == ["later.mp3"]


async def test_a_live_event_and_the_look_make_one_job(deaf: Workplace) -> None:
    message = await deaf.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    me = await deaf.room.who.me()
    file = {"id": message.files[0], "name": "visit notes.m4a", "mimetype": "audio/mp4"}
    event = {"channel": "C0CLINIC", "user": "U0ALICE", "ts": message.ts, "files": [file]}
    await deaf.room.intake.message(me, event)
    assert len(await deaf.jobs()) == 1
    assert await deaf.room.catchup.run_once() == 0


async def test_a_channel_on_request_is_not_caught_up(deaf: Workplace) -> None:
    await deaf.store.put_channel_settings("T0LOCAL", "C0CLINIC", ChannelSettings(automatic=False))
    await deaf.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    assert await deaf.room.catchup.run_once() == 0


async def test_more_than_a_page_is_found(deaf: Workplace) -> None:
    for number in range(5):
        uploads = [Upload(f"{number}-{each}.mp3", b"x") for each in range(60)]
        await deaf.slack.upload_as("U0ALICE", "C0CLINIC", *uploads)
    await deaf.room.catchup.run_once()
    assert await deaf.store.count_by_state() != {}
    assert sum((await deaf.store.count_by_state()).values()) == 300


async def test_a_look_that_broke_off_is_made_up_for(deaf: Workplace) -> None:
    await deaf.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    deaf.slack.fault(Fault("files.list", times=2, status=503))
    with pytest.raises(Transient):
        await deaf.room.catchup.run_once()
    assert await deaf.room.catchup.run_once() == 1


async def test_what_is_missed_while_the_very_first_look_goes_on_is_found(tmp_path: Path) -> None:
    """It reads each conversation, at most fifty a minute, and its process may die meanwhile."""
    async with workplace(tmp_path, start=False, speed=50) as place:
        await place.slack.upload_as("U0ALICE", "C0CALLS", Upload("before.mp3", b"old"))
        place.slack.delivery.flow = "drop"
        place.slack.fault(Fault("conversations.history", status=429, retry_after=60))
        with pytest.raises(RateLimited):
            await place.room.catchup.run_once()
        place.slack.faults.clear()
        await begun(place)
        for channel in ("C0CALLS", "C0CLINIC", "G0BOARD"):
            await place.slack.upload_as("U0ALICE", channel, Upload("missed.mp3", b"new"))
        assert await place.room.catchup.run_once() == 3
        assert {job.file.name for job in await place.jobs()} == {"missed.mp3"}


async def test_a_clock_that_was_a_day_ahead_hides_nothing(deaf: Workplace) -> None:
    deaf.clock.ahead = 86400
    await deaf.room.catchup.run_once()
    deaf.clock.ahead = 0
    await deaf.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    assert await deaf.room.catchup.run_once() == 1


async def test_a_gap_makes_it_look_and_a_blink_does_not(tmp_path: Path) -> None:
    async with workplace(tmp_path, speed=50) as place:
        await begun(place, "C0CLINIC")
        place.slack.delivery.flow = "drop"
        await place.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
        place.slack.delivery.flow = "on"
        place.clock.ahead += 120
        fault = place.slack.fault(Fault("apps.connections.open", times=None, status=503))
        await place.slack.disconnect("cut")
        await place.slack.until(lambda: place.slack.faults.active[0].seen > 0)
        place.slack.faults.clear(fault.id)
        await place.until(place.jobs, timeout=30)
        assert len(await place.jobs()) == 1


async def test_a_group_message_whose_id_begins_with_c_is_caught_up(deaf: Workplace) -> None:
    group = deaf.slack.workspace.create_channel("mpdm", "mpim", ["U0ALICE", "U0BOB", BOT_USER])
    assert group.id.startswith("C")
    message = await deaf.slack.upload_as("U0ALICE", group.id, CLIP)
    assert await deaf.room.catchup.run_once() == 1
    (job,) = await deaf.jobs()
    assert (job.origin.channel_id, job.origin.message_ts) == (group.id, message.ts)


@pytest.mark.parametrize("opened", [False, True], ids=["by a message", "by the Home"])
async def test_direct_messages_are_caught_up_by_their_own_history(tmp_path: Path, opened: bool) -> None:
    async with workplace(tmp_path, speed=50, files_list_skips_ims=True) as place:
        if opened:
            place.slack.people.open_home("U0ALICE")
            place.slack.workspace.direct_message("U0ALICE")
        else:
            place.slack.say_as("U0ALICE", "D0ALICE", "hello")
        await place.slack.delivery.settled()
        await place.until(lambda: place.store.cursor("direct:T0LOCAL:D0ALICE"))
        await begun(place, "C0CLINIC")
        place.slack.delivery.flow = "drop"
        await place.slack.upload_as("U0ALICE", "D0ALICE", CLIP)
        await place.room.catchup.run_once()  # finds the file, unless it joins a round that has read this place already
        await place.until(place.jobs)
        (job,) = await place.jobs()
        assert job.origin.channel_id == "D0ALICE"


async def test_a_group_message_that_was_heard_from_is_read_itself(tmp_path: Path) -> None:
    async with workplace(tmp_path, speed=50) as place:
        group = place.slack.workspace.create_channel("mpdm", "mpim", ["U0ALICE", "U0BOB", BOT_USER])
        place.slack.say_as("U0ALICE", group.id, "hello")
        await place.slack.delivery.settled()
        await place.until(lambda: place.store.cursor("catchup:T0LOCAL:files"))
        place.slack.delivery.flow = "drop"
        await place.store.put_channel_settings("T0LOCAL", "C0CALLS", ChannelSettings(automatic=False))
        elsewhere = await place.slack.upload_as("U0BOB", "C0CALLS", CLIP)
        place.slack.forward_as("U0ALICE", group.id, elsewhere)  # files.list does not show where a file was forwarded to
        await place.room.catchup.run_once()
        assert [job.origin.channel_id for job in await place.jobs()] == [group.id]


async def test_one_reading_a_minute_still_reaches_every_conversation(deaf: Workplace) -> None:
    begin = len(deaf.slack.ledger.of("conversations.history"))
    channels = {"C0CLINIC", "C0CALLS", "G0BOARD"}
    for _ in channels:
        deaf.slack.fault(Fault("conversations.history", skip=1, status=429, retry_after=60))
        with pytest.raises(RateLimited):
            await deaf.room.catchup.run_once()
        deaf.slack.faults.clear()
    asked = [entry for entry in deaf.slack.ledger.of("conversations.history")[begin:] if entry.error != "ratelimited"]
    assert {entry.args["channel"] for entry in asked} == channels


async def test_a_reading_that_a_limit_breaks_off_goes_on_at_its_page(deaf: Workplace) -> None:
    await deaf.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    for number in range(220):
        deaf.slack.say_as("U0BOB", "C0CLINIC", f"line {number}")
    begin = len(deaf.slack.ledger.of("conversations.history"))
    deaf.slack.fault(Fault("conversations.history", skip=2, status=429, retry_after=60))
    with pytest.raises(RateLimited):
        await deaf.room.catchup.run_once()
    deaf.slack.faults.clear()
    await deaf.room.catchup.run_once()
    pages = [
        bool(entry.args.get("cursor"))
        for entry in deaf.slack.ledger.of("conversations.history")[begin:]
        if entry.args.get("channel") == "C0CLINIC" and entry.error != "ratelimited"
    ]
    assert pages == [False, False, True]  # whether the bot joined again since, and the reading
    assert len(await deaf.jobs()) == 1


async def test_a_conversation_that_cannot_be_read_holds_up_no_other(deaf: Workplace) -> None:
    await deaf.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    for error in ("missing_scope", "channel_not_found"):
        deaf.slack.fault(Fault("conversations.history", times=1, error=error))
    await deaf.room.catchup.run_once()
    read = {entry.args["channel"] for entry in deaf.slack.ledger.of("conversations.history") if not entry.error}
    assert read >= {"C0CLINIC"}


@pytest.mark.parametrize("error", ["missing_scope", "channel_not_found"])
async def test_a_new_conversation_that_cannot_be_read_holds_up_no_other(deaf: Workplace, error: str) -> None:
    deaf.slack.people.invite_bot("U0ALICE", "C0GENERAL")
    await deaf.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    deaf.slack.fault(Fault("conversations.history", times=1, error=error))
    assert await deaf.room.catchup.run_once() == 1


async def test_a_conversation_that_the_bot_left_is_not_waited_for(deaf: Workplace) -> None:
    deaf.slack.workspace.leave(deaf.slack.workspace.channels["C0CLINIC"], BOT_USER)
    deaf.clock.ahead += 3600
    await deaf.room.catchup.run_once()
    assert not await deaf.room.catchup._unread()  # else it would look every minute for good


async def test_of_two_processes_one_catches_up_and_the_other_takes_over(tmp_path: Path) -> None:
    async with workplace(
        tmp_path, start=False, speed=40
    ) as place:  # a lease lasts four seconds: a busy machine keeps it
        first = place.room.catchup
        second = replace(first)
        running = [asyncio.create_task(each.run()) for each in (first, second)]
        await place.slack.until(lambda: place.slack.calls("files.list") >= 1)
        place.slack.delivery.flow = "drop"
        begun = place.clock.now()
        listed = place.slack.calls("files.list")
        await place.slack.until(lambda: place.slack.calls("files.list") > listed)  # every ten minutes
        assert place.clock.now() - begun >= 300  # the time until the first was seen is in it
        for task in running[:1]:
            task.cancel()
        await asyncio.gather(*running[:1], return_exceptions=True)
        await place.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
        await place.until(place.jobs, timeout=60)
        running[1].cancel()
        await asyncio.gather(*running, return_exceptions=True)


def joined(place: Workplace, channel: str) -> None:
    """Somebody invites the bot, and the channel says so."""
    place.slack.people.invite_bot("U0ALICE", channel)
    place.slack.workspace.post(
        Message(channel, "", BOT_USER, "<@U0BOT> has joined the channel", subtype="channel_join")
    )


async def taken_out_and_back(place: Workplace) -> None:
    """The bot leaves a private channel; a recording that is not for it; it is invited again, and one that is."""
    await place.slack.upload_as("U0ALICE", "G0BOARD", Upload("before.mp3", b"x"))
    place.slack.workspace.leave(place.slack.workspace.channels["G0BOARD"], BOT_USER)
    await place.slack.upload_as("U0ALICE", "G0BOARD", Upload("confidential.mp3", b"x"))
    joined(place, "G0BOARD")


async def test_what_was_shared_while_the_bot_was_not_in_a_channel_is_left_alone(deaf: Workplace) -> None:
    await taken_out_and_back(deaf)
    await deaf.slack.upload_as("U0ALICE", "G0BOARD", Upload("after.mp3", b"x"))
    for _ in range(2):
        await deaf.room.catchup.run_once()
    assert [job.file.name for job in await deaf.jobs()] == ["after.mp3"]


async def test_a_joining_that_slack_reports_is_where_catching_up_begins(deaf: Workplace) -> None:
    """Also where the channel does not show it: its newest messages are all that is searched."""
    deaf.slack.workspace.leave(deaf.slack.workspace.channels["G0BOARD"], BOT_USER)
    confidential = await deaf.slack.upload_as("U0ALICE", "G0BOARD", Upload("confidential.mp3", b"x"))
    deaf.slack.people.invite_bot("U0ALICE", "G0BOARD")
    event = {"channel": "G0BOARD", "user": BOT_USER, "event_ts": f"{float(confidential.ts) + 0.001:.6f}"}
    for _ in range(2):  # Slack may repeat it
        await deaf.room.listeners().events["member_joined_channel"](await deaf.room.who.me(), event)
    await deaf.room.catchup.run_once()
    assert await deaf.jobs() == []


@pytest.mark.parametrize("again", [False, True], ids=["a new channel", "one that it had left"])
async def test_a_joining_whose_event_was_lost_is_greeted_once(deaf: Workplace, again: bool) -> None:
    channel = "G0BOARD" if again else "C0GENERAL"
    await taken_out_and_back(deaf) if again else joined(deaf, channel)
    for _ in range(2):
        await deaf.room.catchup.run_once()
    waiting = await deaf.store.inbox_due("greeting", deaf.clock.now())
    assert [item.ref for item in waiting] == [channel]


async def test_the_channels_of_a_first_start_are_not_greeted(tmp_path: Path) -> None:
    async with workplace(tmp_path, start=False, speed=50) as place:
        joined(place, "C0GENERAL")
        await place.room.catchup.run_once()
        assert await place.store.inbox_due("greeting", place.clock.now()) == []
