"""What users do is in the audit log: who, what, about which job; never what was said."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.ports.store import AuditAction, AuditEntry, AuditFilter
from bot.slack.command.audit_log import PAGE, line
from bot.slack.settings.permissions import SMALL
from tests.slack.interaction.buttons.acts import OFFERS, choose, done, press, rename
from tests.slack.interaction.buttons.acts import told as heard
from tests.slack.interaction.buttons.test_download import UNTIMED
from tests.slack.interaction.test_commands import answer, everything
from tests.slack.interaction.test_permissions import CLINIC, modal, partner
from tests.slack.interaction.test_settings import entered
from tests.support.harnesses.slack import Workplace, workplace

SECRET = "Marigold"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Workplace]:
    async with workplace(tmp_path, offers=OFFERS) as found:
        yield found


async def actions(place: Workplace) -> list[tuple[str, str, str]]:
    return [(each.actor, each.action.value, each.job_id) for each in await place.store.audit(AuditFilter())]


async def test_renaming_searching_retrying_and_deleting_leave_a_trail(place: Workplace) -> None:
    message, job = await done(place)
    await rename(place, message, "Ani", SECRET)
    await answer(place, f"search {SECRET}")
    await press(place, message, "delete_transcript", "U0ALICE")

    async def deleted() -> bool:
        return any(action == "deleted" for _, action, _ in await actions(place))

    while not await deleted():
        await place.slack.delivery.settled()
    found = await actions(place)
    assert ("renamed", job.id) in [(action, about) for _, action, about in found]
    assert "searched" in [action for _, action, _ in found]
    assert ("U0ALICE", AuditAction.DELETED.value, job.id) in found
    assert all(actor.startswith("U0") for actor, _, _ in found)
    assert await place.store.verify_audit() is None
    assert SECRET not in str(await place.store.audit(AuditFilter()))


# reading it in Slack


async def read(place: Workplace, user: str = "U0BOB", channel: str = CLINIC) -> str:
    return await answer(place, "audit", user=user, channel=channel)


async def test_who_may_change_the_settings_reads_what_was_done_here_and_that_is_noted(place: Workplace) -> None:
    message, job = await done(place)
    await rename(place, message, "Ani", SECRET)
    await answer(place, f"search {SECRET}")
    await modal(place, CLINIC, "U0ALICE")
    assert await place.slack.submit_as("U0ALICE", entered(keep="7")) == {}
    shown = await read(place)
    assert f"<@U0ALICE> named the speakers of *visit notes.m4a* (`{job.id}`)" in shown
    assert "<@U0ALICE> searched from here" in shown
    assert "changed the settings (retention days None" in shown
    assert SECRET not in shown
    assert "<@U0BOB> read this record" not in shown  # noted, and not in its own way
    assert ("U0BOB", "audit_read", "") in await actions(place)
    assert "<@U0BOB> read this record" in await read(place)
    assert await place.store.verify_audit() is None


async def test_the_record_is_of_this_channel_alone(place: Workplace) -> None:
    _, job = await done(place)
    await place.store.record(AuditEntry(1.0, "U0ALICE", AuditAction.EXPORTED, "button", "T0LOCAL", CLINIC, job.id))
    await place.store.record(AuditEntry(1.0, "U0PAT", AuditAction.EXPORTED, "button", "T0OTHER", "G0BOARD"))
    shown = await read(place, "U0ALICE", "G0BOARD")
    assert job.id not in shown
    assert "U0PAT" not in shown
    assert "Nothing was recorded here yet" in shown
    assert job.id in await read(place, "U0ALICE")


@pytest.mark.parametrize("who", ["a guest", "another organisation", "no member", "a large channel", "another's DM"])
async def test_nobody_else_reads_it(place: Workplace, who: str) -> None:
    _, job = await done(place)
    await place.store.record(AuditEntry(1.0, "U0ALICE", AuditAction.EXPORTED, "button", "T0LOCAL", CLINIC, job.id))
    user, channel, workspace = "U0BOB", CLINIC, place.slack.workspace
    if who == "a guest":
        workspace.users[user].is_guest = True
    elif who == "another organisation":
        partner(place, is_admin=True)
        user = "U0PAT"
    elif who == "no member":
        channel = "G0BOARD"
    elif who == "a large channel":
        workspace.channels[CLINIC].members += [f"U0MANY{number}" for number in range(SMALL)]
        workspace.channels[CLINIC].creator = "U0ALICE"
    else:
        channel = workspace.create_channel("", "im", ["U0ALICE", "U0BOB"]).id
    shown = await read(place, user, channel)
    assert "shown to those who may change its settings" in shown
    assert job.id not in shown
    assert "audit_read" not in [action for _, action, _ in await actions(place)]


async def test_pages_are_turned_and_a_forged_button_shows_no_other_channel(place: Workplace) -> None:
    for number in range(PAGE + 5):
        await place.store.record(AuditEntry(1.0, f"U0MARK{number}", AuditAction.SEARCHED, "command", "T0LOCAL", CLINIC))
    await place.store.record(AuditEntry(1.0, "U0SECRET", AuditAction.SEARCHED, "command", "T0LOCAL", "G0BOARD"))
    first = await read(place)
    assert f"<@U0MARK{PAGE + 4}> searched" in first
    assert "<@U0MARK4> searched" not in first
    message = everything(place, CLINIC)[-1]
    await place.slack.act_as("U0BOB", message, "audit_older")
    await place.slack.until(lambda: "<@U0MARK4> searched" in str(message.blocks))
    assert "<@U0MARK0> searched" in str(message.blocks)
    await place.slack.act_as("U0BOB", message, "audit_newest")
    await place.slack.until(lambda: "read this record" in str(message.blocks))
    for forged in ('{"before": 1e300}', '{"before": -1}', '{"before": "x"}', "[", '{"channel": "G0BOARD"}'):
        before = len(await actions(place))
        await place.slack.act_as("U0BOB", message, "audit_older", value=forged)

        async def noted(before: int = before) -> bool:
            return len(await actions(place)) > before

        await place.until(noted)
        await place.slack.until(lambda: "read this record" in str(message.blocks))
        assert "U0SECRET" not in str(message.blocks)


async def test_lists_and_turned_searches_are_in_the_record(place: Workplace) -> None:
    await answer(place, "list channel")
    (entry,) = await place.store.audit(AuditFilter())
    assert (entry.action, entry.channel_id, dict(entry.details)) == (AuditAction.VIEWED, CLINIC, {"list": "channel"})


def test_every_action_can_be_read_in_words() -> None:
    for action in AuditAction:
        shown = line(AuditEntry(1.0, "operator", action, details={"command": "<!here>"}), None)
        assert "{recording}" not in shown
        assert "<!here>" not in shown


async def test_a_search_for_nothing_and_a_download_that_was_refused_are_not_in_the_record(place: Workplace) -> None:
    message, job = await done(place, UNTIMED)
    await answer(place, "search  ")
    await choose(place, message, job, "srt")
    await heard(place, "U0ALICE", "has no times")
    assert await actions(place) == []
    await choose(place, message, job, "txt")

    async def noted() -> bool:
        return await actions(place) == [("U0ALICE", "exported", job.id)]

    await place.until(noted)
