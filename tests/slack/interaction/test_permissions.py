"""Who sees what: strangers, members, admins, and who has left, by command, button and modal."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.job import Job, Outcome, State
from bot.domain.transcript import Transcript
from bot.slack.settings.permissions import SMALL
from simulators.slack.faults import Fault
from simulators.slack.records import User, View
from tests.slack.interaction.offers import OFFERS
from tests.slack.interaction.test_commands import answer, everything
from tests.support.harnesses.slack import Upload, Workplace, spoken, workplace

BOARD, CLINIC = "G0BOARD", "C0CLINIC"  # private with Alice alone; public with both
SECRET = spoken("The merger is called Nightingale.", title="Board meeting")


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Workplace]:
    """A running bot with services to choose from."""
    async with workplace(tmp_path, offers=OFFERS) as found:
        yield found


async def told(place: Workplace, channel: str, transcript: Transcript = SECRET, user: str = "U0ALICE") -> Job:
    """A recording that was answered with this transcript."""
    _, job = await place.upload(channel, user, Upload("meeting.m4a", b"x"))
    done = await place.answer(await place.replying(job, transcript), transcript)
    assert done.state is State.DONE
    assert done.outcome is Outcome.TRANSCRIPT
    return done


def leave(place: Workplace, user: str, channel: str) -> None:
    place.slack.workspace.leave(place.slack.workspace.channels[channel], user)


async def modal(place: Workplace, channel: str, user: str) -> View:
    """Type `/transcribe settings` and wait for what becomes of the window."""
    before = place.slack.views.top(user)
    assert (await place.slack.command_as(user, channel, "/transcribe", "settings")).acknowledged

    def filled() -> bool:
        top = place.slack.views.top(user)
        waits = top is None or any(said in str(top.body) for said in ("One moment", "Un momento"))
        return not waits and top is not before

    await place.slack.until(filled)
    view = place.slack.views.top(user)
    assert view is not None
    return view


def changeable(view: View) -> bool:
    return "submit" in view.body


async def test_a_member_finds_what_was_said_in_a_private_channel_and_a_stranger_does_not(place: Workplace) -> None:
    job = await told(place, BOARD)
    assert job.id in await answer(place, "search nightingale")
    assert job.id in await answer(place, "search nightingale", channel="D0ALICE")
    for where in (CLINIC, "D0BOB", BOARD):
        shown = await answer(place, "search nightingale", user="U0BOB", channel=where)
        assert "in the recordings of the conversations" in shown
        assert job.id not in shown
        assert "Board meeting" not in shown


async def test_an_admin_is_a_stranger_where_they_are_no_member(place: Workplace) -> None:
    assert place.slack.workspace.users["U0ALICE"].is_admin
    leave(place, "U0ALICE", "C0CALLS")
    job = await told(place, "C0CALLS", user="U0BOB")
    assert job.id in await answer(place, "search nightingale", user="U0BOB")
    assert job.id not in await answer(place, "search nightingale")
    assert "or you cannot see it" in await answer(place, f"status {job.id}")
    assert job.id not in await answer(place, "list failed")


async def test_who_has_left_a_private_channel_sees_nothing_of_it_any_more_even_of_their_own(place: Workplace) -> None:
    job = await told(place, BOARD)
    page = await told(place, BOARD)
    leave(place, "U0ALICE", BOARD)
    for where in (CLINIC, BOARD):  # Slack would not let them type in the second; we do not rely on it
        for words in ("search nightingale", f"status {job.id}", "list", "list mine", "list channel", "list failed"):
            assert job.id not in (await answer(place, words, channel=where)).replace(
                f"There is no recording `{job.id}`", ""
            ), words
    assert "You are not in this conversation" in await answer(place, "list channel", channel=BOARD)
    assert "or you cannot see it" in await answer(place, f"retry {page.id}", channel=BOARD)
    view = await modal(place, BOARD, "U0ALICE")
    assert "You are not in this conversation" in str(view.body)
    assert not changeable(view)


async def test_a_page_that_is_turned_after_leaving_is_empty(place: Workplace) -> None:
    for _ in range(12):
        await told(place, BOARD)
    shown = await answer(place, "search nightingale", channel=BOARD)
    assert "Nightingale" in shown
    found = everything(place, BOARD)[-1]
    await answer(place, "list channel", channel=BOARD)
    listed = everything(place, BOARD)[-1]
    leave(place, "U0ALICE", BOARD)
    assert (await place.slack.act_as("U0ALICE", found, "search_older")).acknowledged
    await place.slack.until(lambda: "Nightingale" not in str(found.blocks))
    assert (await place.slack.act_as("U0ALICE", listed, "list_older")).acknowledged
    await place.slack.until(lambda: "You are not in this conversation" in str(listed.blocks))
    assert "meeting.m4a" not in str(listed.blocks)


async def test_a_direct_message_is_found_by_its_person_alone(place: Workplace) -> None:
    job = await told(place, "D0ALICE")
    assert job.id in await answer(place, "search nightingale")
    assert job.id not in await answer(place, "search nightingale", user="U0BOB")
    assert job.id not in await answer(place, "search nightingale", user="U0BOB", channel="D0ALICE")


async def test_a_search_shows_nothing_when_slack_does_not_say_who_is_where(place: Workplace) -> None:
    job = await told(place, CLINIC)
    place.slack.fault(Fault("users.conversations", times=None, status=503))
    shown = await answer(place, "search nightingale")
    assert "try again in a minute" in shown
    assert job.id not in shown


async def test_a_file_shared_in_two_places_is_found_in_the_one_that_is_seen(place: Workplace) -> None:
    private = await told(place, BOARD)
    message = place.slack.people.share("U0ALICE", CLINIC, [place.slack.workspace.files[private.origin.file_id]])

    async def there() -> bool:
        return bool(await place.store.jobs_of_message("T0LOCAL", CLINIC, message.ts))

    await place.until(there)
    (job,) = await place.store.jobs_of_message("T0LOCAL", CLINIC, message.ts)
    await place.answer(await place.replying(job, SECRET), SECRET)
    shown = await answer(place, "search nightingale", user="U0BOB")
    assert job.id in shown
    assert private.id not in shown


async def test_every_member_of_a_small_or_private_channel_changes_its_settings(place: Workplace) -> None:
    assert changeable(await modal(place, CLINIC, "U0BOB"))
    assert changeable(await modal(place, BOARD, "U0ALICE"))
    assert changeable(await modal(place, "D0BOB", "U0BOB"))


@pytest.mark.parametrize("user", ["U0CREATOR", "U0ALICE", "U0BOB"])
async def test_in_a_large_public_channel_its_creator_and_admins_change_them(place: Workplace, user: str) -> None:
    channel = place.slack.workspace.channels[CLINIC]
    place.slack.workspace.users["U0CREATOR"] = User("U0CREATOR", "carla", "Carla")
    channel.members += ["U0CREATOR", *(f"U0MANY{number}" for number in range(SMALL))]
    channel.creator = "U0CREATOR"
    view = await modal(place, CLINIC, user)
    assert changeable(view) is (user != "U0BOB")
    if user == "U0BOB":
        assert "only <@U0CREATOR>" in str(view.body)


async def test_a_stranger_and_a_guest_change_nothing(place: Workplace) -> None:
    stranger = await modal(place, BOARD, "U0BOB")
    assert "You are not in this conversation" in str(stranger.body)
    assert not changeable(stranger)
    place.slack.workspace.users["U0BOB"].is_guest = True
    view = await modal(place, CLINIC, "U0BOB")
    assert "Guests cannot change them" in str(view.body)
    assert not changeable(view)


async def test_rights_are_asked_for_again_when_settings_are_saved(place: Workplace) -> None:
    view = await modal(place, BOARD, "U0ALICE")
    leave(place, "U0ALICE", BOARD)
    place.clock.ahead += 61  # a yes is remembered for a minute
    assert await place.slack.submit_as("U0ALICE", {}) == {}
    assert "You are not in this conversation" in str(view.body)
    assert (await place.store.channel_settings("T0LOCAL", BOARD)).changed_by == ""


async def test_nothing_is_saved_while_slack_does_not_say_who_is_there(place: Workplace) -> None:
    await modal(place, CLINIC, "U0ALICE")
    place.clock.ahead += 61
    place.slack.fault(Fault("users.conversations", times=None, status=503))
    faults = await place.slack.submit_as("U0ALICE", {})
    assert "Nothing was saved" in str(faults)
    assert (await place.store.channel_settings("T0LOCAL", CLINIC)).changed_by == ""


async def test_a_home_shows_nothing_of_a_channel_that_was_left(place: Workplace) -> None:
    job = await told(place, BOARD)
    leave(place, "U0ALICE", BOARD)
    place.slack.people.open_home("U0ALICE")
    await place.slack.until(lambda: "U0ALICE" in place.slack.views.homes)
    body = str(place.slack.views.homes["U0ALICE"].body)
    assert job.id not in body
    assert BOARD not in body
    assert CLINIC in body


# members of other organisations, and direct messages of other people


def partner(place: Workplace, **more: Any) -> None:
    """Pat of another organisation, in a channel that both share."""
    place.slack.workspace.users["U0PAT"] = User("U0PAT", "pat", "Pat", team="T0PARTNER", **more)
    place.slack.workspace.channels[CLINIC].members.append("U0PAT")


@pytest.mark.parametrize("is_admin", [False, True])
async def test_a_member_of_another_organisation_has_no_settings(place: Workplace, is_admin: bool) -> None:
    partner(place, is_admin=is_admin)
    view = await modal(place, CLINIC, "U0PAT")
    assert "for members of the workspace" in str(view.body)
    assert not changeable(view)


async def test_an_admin_of_another_organisation_deletes_nothing(place: Workplace) -> None:
    partner(place, is_admin=True)
    job = await told(place, CLINIC)
    (shown,) = [
        each for each in place.slack.replies(CLINIC, job.origin.thread_ts) if "threadscribe_reply" in str(each.metadata)
    ]
    await place.slack.act_as("U0PAT", shown, "delete_transcript")
    await place.slack.until(lambda: "can delete its transcript" in everything_for(place, "U0PAT"))
    assert await place.store.transcript(job.id) is not None


def everything_for(place: Workplace, user: str) -> str:
    return " ".join(each.text for each in place.slack.workspace.all_messages() if each.ephemeral_to == user)


async def again(place: Workplace, job: Job, user: str, service: str) -> str:
    (shown,) = [
        each for each in place.slack.replies(CLINIC, job.origin.thread_ts) if "threadscribe_reply" in str(each.metadata)
    ]
    await place.slack.act_as(user, shown, "transcribe_again")

    def there() -> bool:
        view = place.slack.views.top(user)
        return view is not None and view.body["callback_id"] == "transcribe_again"

    await place.slack.until(there)
    chosen = {"type": "static_select", "selected_option": {"value": service}}
    return str(await place.slack.submit_as(user, {"service": {"again_service": chosen}}))


@pytest.mark.parametrize("who", ["a guest", "a member of another organisation", "a member of a large channel"])
async def test_who_may_not_change_the_settings_chooses_no_other_service(place: Workplace, who: str) -> None:
    job = await told(place, CLINIC)
    user = "U0BOB"
    if who == "a guest":
        place.slack.workspace.users["U0BOB"].is_guest = True
    elif who == "a member of a large channel":
        place.slack.workspace.channels[CLINIC].members += [f"U0MANY{number}" for number in range(SMALL)]
        place.slack.workspace.channels[CLINIC].creator = "U0ALICE"
    else:
        partner(place)
        user = "U0PAT"
    assert "Only those who may change" in await again(place, job, user, "nabla")
    assert len(await place.jobs()) == 1


async def test_who_may_change_the_settings_chooses_another_service(place: Workplace) -> None:
    job = await told(place, CLINIC)
    assert await again(place, job, "U0ALICE", "nabla") == "{}"
    assert [each.provider for each in await place.jobs()] == ["xosum", "nabla"]


async def test_the_direct_messages_of_another_user_are_not_theirs_to_set(place: Workplace) -> None:
    place.slack.people.open_home("U0ALICE")
    await place.slack.until(lambda: "U0ALICE" in place.slack.views.homes)
    place.slack.people.open_home("U0BOB")
    await place.slack.until(lambda: "U0BOB" in place.slack.views.homes)
    home = place.slack.views.homes["U0BOB"]
    assert (await place.slack.act_as("U0BOB", home, "open_settings", value="D0ALICE")).acknowledged
    await place.slack.until(lambda: "not a direct message between you and me" in str(place.slack.views.top("U0BOB")))


@pytest.mark.parametrize("heard", [False, True])
async def test_ones_own_direct_messages_are_ones_own_to_set(place: Workplace, heard: bool) -> None:
    if heard:
        await told(place, "D0ALICE")
    assert changeable(await modal(place, "D0ALICE", "U0ALICE"))
    assert await place.slack.submit_as("U0ALICE", {}) == {}
    assert (await place.store.channel_settings("T0LOCAL", "D0ALICE")).changed_by == "U0ALICE"


async def test_a_direct_message_of_two_other_people_is_not_ours(place: Workplace) -> None:
    theirs = place.slack.workspace.create_channel("", "im", ["U0ALICE", "U0BOB"])
    view = await modal(place, theirs.id, "U0ALICE")
    assert "not a direct message between you and me" in str(view.body)
    message = await place.slack.upload_as("U0BOB", theirs.id, Upload("visit.m4a", b"x"))
    assert (await place.slack.shortcut_as("U0ALICE", theirs.id, message.ts, "transcribe_message")).acknowledged
    await place.slack.until(lambda: "Forward the recording to me" in everything_for(place, "U0ALICE"))
    assert await place.jobs() == []


@pytest.mark.parametrize("forged", ["press", "submit"])
async def test_a_group_message_is_for_those_to_set_who_act_in_it(place: Workplace, forged: str) -> None:
    """Slack tells the bot nothing of who is in it, and an id in a button or a window proves nothing."""
    group = place.slack.workspace.create_channel("mpdm-a", "mpim", ["U0ALICE", "U0BOT"])
    if forged == "press":
        place.slack.people.open_home("U0BOB")
        await place.slack.until(lambda: "U0BOB" in place.slack.views.homes)
        home = place.slack.views.homes["U0BOB"]
        assert (await place.slack.act_as("U0BOB", home, "open_settings", value=group.id)).acknowledged
        await place.slack.until(lambda: "You are not in this conversation" in str(place.slack.views.top("U0BOB")))
        return
    view = await modal(place, CLINIC, "U0BOB")
    view.body["private_metadata"] = str(view.body["private_metadata"]).replace(CLINIC, group.id)
    await place.slack.submit_as("U0BOB", {})
    assert (await place.store.channel_settings("T0LOCAL", group.id)).changed_by == ""
    assert changeable(await modal(place, group.id, "U0ALICE"))
    assert await place.slack.submit_as("U0ALICE", {}) == {}
    assert (await place.store.channel_settings("T0LOCAL", group.id)).changed_by == "U0ALICE"
