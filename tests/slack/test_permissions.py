"""Who sees what: strangers, members, admins, and who has left, by command, button and modal."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.job import Job, Outcome, State
from bot.domain.transcript import Transcript
from bot.slack.settings.permissions import SMALL
from simulators.slack.faults import Fault
from simulators.slack.records import User, View
from tests.slack.offers import OFFERS
from tests.slack.test_commands import answer, everything
from tests.support.slack_harness import Upload, Workplace, spoken, workplace

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
        return top is not None and top is not before and "One moment" not in str(top.body)

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
        assert "nowhere in the recordings" in shown
        assert job.id not in shown
        assert "Board meeting" not in shown


async def test_an_admin_is_a_stranger_where_they_are_no_member(place: Workplace) -> None:
    assert place.slack.workspace.users["U0ALICE"].is_admin
    leave(place, "U0ALICE", "C0CALLS")
    job = await told(place, "C0CALLS", user="U0BOB")
    assert job.id in await answer(place, "search nightingale", user="U0BOB")
    assert job.id not in await answer(place, "search nightingale")
    assert "know no job" in await answer(place, f"status {job.id}")
    assert job.id not in await answer(place, "list failed")


async def test_who_has_left_a_private_channel_sees_nothing_of_it_any_more_even_of_their_own(place: Workplace) -> None:
    job = await told(place, BOARD)
    page = await told(place, BOARD)
    leave(place, "U0ALICE", BOARD)
    for where in (CLINIC, BOARD):  # Slack would not let them type in the second; we do not rely on it
        for words in ("search nightingale", f"status {job.id}", "list", "list mine", "list channel", "list failed"):
            assert job.id not in (await answer(place, words, channel=where)).replace(f"`{job.id}` that", ""), words
    assert "You are not in this conversation" in await answer(place, "list channel", channel=BOARD)
    assert "know no job" in await answer(place, f"retry {page.id}", channel=BOARD)
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
    assert await place.slack.submit_as("U0ALICE", {}) == {}
    assert "You are not in this conversation" in str(view.body)
    assert (await place.store.channel_settings("T0LOCAL", BOARD)).changed_by == ""


async def test_nothing_is_saved_while_slack_does_not_say_who_is_there(place: Workplace) -> None:
    await modal(place, CLINIC, "U0ALICE")
    place.slack.fault(Fault("conversations.members", times=None, status=503))
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
