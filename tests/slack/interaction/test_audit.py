"""What users do is in the audit log: who, what, about which job; never what was said."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.ports.store import AuditAction, AuditFilter
from tests.slack.interaction.test_buttons import OFFERS, done, press, rename
from tests.slack.interaction.test_commands import answer
from tests.support.slack_harness import Workplace, workplace

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
