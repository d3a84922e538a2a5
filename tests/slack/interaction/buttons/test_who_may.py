"""Who may press which button."""

from dataclasses import replace

import pytest

from bot.domain.errors import Problem, ProblemCode
from bot.domain.machine import Received
from simulators.slack.faults import Fault
from tests.slack.interaction.buttons.acts import TALK, again, choose, done, files, modal, press, rename, reply, told
from tests.support.harnesses.slack import CLIP, Workplace


def add_carol(place: Workplace, *channels: str) -> None:
    """A third person, neither admin nor owner of anything, in these channels."""
    users = place.slack.workspace.users
    users["U0CAROL"] = replace(users["U0BOB"], id="U0CAROL", name="carol", real_name="Carol Li")
    for channel in channels:
        place.slack.workspace.channels[channel].members.append("U0CAROL")


ACTS = ["download_transcript", "rename_speakers", "transcribe_again", "delete_transcript"]


@pytest.mark.parametrize("action", ACTS)
@pytest.mark.parametrize("user", ["U0CAROL", "U0ALICE"])
async def test_who_is_not_in_the_conversation_any_more_can_do_nothing(place: Workplace, action: str, user: str) -> None:
    """A stranger, and an admin who shared the recording herself and then left the private channel."""
    add_carol(place)
    message, job = await done(place, channel="G0BOARD")
    place.slack.workspace.leave(place.slack.workspace.channels["G0BOARD"], "U0ALICE")
    before = reply(place, message).blocks
    option = {"value": f"{job.id}.txt"} if action == "download_transcript" else None
    more = {"selected_option": option} if option else {}
    await place.slack.act_as(user, reply(place, message), action, **more)
    if action in ("rename_speakers", "transcribe_again"):
        await place.slack.until(lambda: "not in the conversation" in str(place.slack.views.top(user)))
    else:
        await told(place, user, "You are not in the conversation of this transcript any more")
    assert reply(place, message).blocks == before
    assert files(place, message) == []
    assert len(await place.jobs()) == 1


async def test_a_modal_that_was_open_when_its_person_left_is_refused(place: Workplace) -> None:
    message, job = await done(place, channel="G0BOARD")
    await press(place, message, "rename_speakers")
    await modal(place, "U0ALICE", "rename_speakers")
    place.slack.workspace.leave(place.slack.workspace.channels["G0BOARD"], "U0ALICE")
    place.clock.ahead += 61  # a yes is remembered for a minute
    values = {"speaker.0": {"name": {"type": "plain_text_input", "value": "Ani"}}}
    assert "not in the conversation" in (await place.slack.submit_as("U0ALICE", values))["speaker.0"]
    assert (await place.store.speaker_names(job.id)).revision == 0


@pytest.mark.parametrize("user", ["U0CAROL", "U0BOB", "U0ALICE"])
async def test_a_member_may_download_rename_and_transcribe_again(place: Workplace, user: str) -> None:
    add_carol(place, "C0CLINIC")
    message, job = await done(place, user="U0BOB")
    await choose(place, message, job, "txt", user)
    await place.slack.until(lambda: len(files(place, message)) == 1)
    assert await rename(place, message, "Ani", user=user) == {}
    assert await again(place, message, "local", user=user) == {}


@pytest.mark.parametrize(("user", "may"), [("U0CAROL", False), ("U0BOB", True), ("U0ALICE", True)])
async def test_only_poster_owner_and_admin_may_delete(place: Workplace, user: str, may: bool) -> None:
    """Bob shared it, Alice is an admin, Carol only reads along."""
    add_carol(place, "C0CLINIC")
    message, job = await done(place, user="U0BOB")
    await press(place, message, "delete_transcript", user)
    if may:
        await place.slack.until(lambda: "deleted on request" in reply(place, message).text)
    else:
        await told(place, user, "Only the user who shared the recording")
    assert (await place.store.transcript(job.id) is None) is may


async def test_the_owner_of_a_file_that_another_person_shared_may_delete(place: Workplace) -> None:
    add_carol(place, "C0CLINIC")
    file = await place.slack.people.store.add(CLIP, "U0CAROL")
    message = place.slack.people.share("U0BOB", "C0CLINIC", [file])
    await place.until(lambda: place.store.jobs_of_message("T0LOCAL", "C0CLINIC", message.ts))
    (job,) = await place.store.jobs_of_message("T0LOCAL", "C0CLINIC", message.ts)
    await place.answer(await place.replying(job, TALK), TALK)
    await press(place, message, "delete_transcript", "U0CAROL")
    await place.slack.until(lambda: "deleted on request" in reply(place, message).text)


@pytest.mark.parametrize("user", ["U0CAROL", "U0ALICE"])
@pytest.mark.parametrize("action", ["retry_job", "cancel_message"])
async def test_retry_and_cancel_are_for_those_who_are_there(place: Workplace, user: str, action: str) -> None:
    add_carol(place)
    message, job = await place.upload("G0BOARD")
    if action == "retry_job":
        job = await place.store.apply(Received(job).refuse(place.clock.now(), Problem(ProblemCode.PROVIDER_DOWN)))
        job = await place.answer(job)
    else:
        place.room.chat.show(job)
        await place.slack.until(lambda: len(place.ours(message)) == 1)
    (shown,) = place.ours(message)
    place.slack.workspace.leave(place.slack.workspace.channels["G0BOARD"], "U0ALICE")
    await place.slack.act_as(user, shown, action)
    await told(place, user, "You are not in the conversation")
    row = await place.store.job(job.id)
    assert row is not None
    assert (row.state, row.cancel_by) == (job.state, "")


async def test_while_slack_does_not_tell_who_is_there_nothing_is_done(place: Workplace) -> None:
    message, job = await done(place)
    place.slack.fault(Fault("users.conversations", times=None, error="fatal_error"))
    await press(place, message, "delete_transcript")
    await told(place, "U0ALICE", "Slack does not answer me at the moment")
    assert await place.store.transcript(job.id) is not None


@pytest.mark.parametrize("code", ["user_not_visible", "user_not_found"])
async def test_whom_slack_does_not_show_to_the_bot_runs_nothing_here(place: Workplace, code: str) -> None:
    add_carol(place, "C0CLINIC")
    message, job = await done(place)
    place.slack.fault(Fault("users.info", times=None, error=code))
    await press(place, message, "delete_transcript", "U0CAROL")
    await told(place, "U0CAROL", "Only the user who shared the recording")
    assert await place.store.transcript(job.id) is not None


async def test_a_window_that_was_closed_at_once_is_not_apologised_for(place: Workplace) -> None:
    message, _ = await done(place)
    place.slack.fault(Fault("views.update", times=None, error="not_found"))
    await press(place, message, "rename_speakers")
    await place.slack.until(lambda: place.slack.calls("views.update") > 0)
    await place.room.background.drain(60.0)
    assert place.whispers(message, "U0ALICE") == []


async def test_everybody_in_a_group_message_may_name_its_speakers(place: Workplace) -> None:
    """Slack tells the bot nothing of who is in it, but that they pressed the button there."""
    group = place.slack.workspace.create_channel("mpdm-a", "mpim", ["U0ALICE", "U0BOB", "U0BOT"])
    message, job = await done(place, channel=group.id)
    assert await rename(place, message, "Ani", user="U0BOB") == {}
    assert (await place.store.speaker_names(job.id)).names == {"Speaker 1": "Ani"}
