"""An organisation takes the app out of one of its workspaces, and lets it in again."""

from pathlib import Path

import pytest

from bot.domain.job import State
from tests.support.harnesses.workspaces import GRID, GRID_A, GRID_B, Host, host


@pytest.fixture
async def place(tmp_path: Path):  # type: ignore[no-untyped-def]  # an async generator of pytest's
    async with host(tmp_path) as found:
        yield found


async def under_way(place: Host, team_id: str) -> bool:
    return bool(await place.jobs(team_id, State.RECEIVED, State.SUBMITTING, State.WAITING, State.FINISHING))


@pytest.mark.parametrize("said", [True, False], ids=["granted", "event"])
async def test_an_organisation_takes_the_app_out_of_one_workspace_and_lets_it_in_again(place: Host, said: bool) -> None:
    """It is let in with Slack's word, or without it: then the next event of the workspace shows it."""
    assert (await place.install(enterprise=GRID)).status == 200
    await place.answered(GRID_A, await place.upload(GRID_A))
    await place.answered(GRID_B, await place.upload(GRID_B))
    message = await place.upload(GRID_A)
    await place.until(lambda: under_way(place, GRID_A))
    assert (await place.cloud.revoke_access(GRID_A)).acknowledged
    lost = await place.store.installation(GRID_A)
    assert lost is not None
    assert (lost.active, lost.removed_for, lost.enterprise_id) == (False, "team_access_revoked", GRID)
    await place.until(lambda: place.jobs(GRID_A, State.PARKED))
    [parked] = await place.jobs(GRID_A, State.PARKED)
    assert parked.parked_for == f"slack:{GRID_A}"
    await place.answered(GRID_B, await place.upload(GRID_B))
    whole = await place.store.installation(GRID)
    assert whole is not None
    assert whole.active
    outcome = await place.cloud.grant_access(GRID_A, say=said)
    assert outcome.acknowledged
    if not said:
        assert await place.store.installation_of(GRID_A) is None
        await place.answered(GRID_A, await place.upload(GRID_A))
    await place.answered(GRID_A, message)
    assert await place.store.installation(GRID_A) is None


async def test_an_old_event_lets_nobody_in_and_a_stranger_takes_nobody_out(place: Host) -> None:
    assert (await place.install(enterprise=GRID)).status == 200
    await place.answered(GRID_A, await place.upload(GRID_A))
    delivery = place.slack(GRID_A).delivery
    stranger: dict[str, object] = {
        "type": "event_callback",
        "team_id": None,
        "enterprise_id": "E0OTHER",
        "event": {"type": "team_access_revoked", "team_ids": [GRID_A, 7, "T0NOBODY"]},
        "event_time": 1,
    }
    assert (await delivery.once("events_api", stranger)).acknowledged
    assert await place.store.installation(GRID_A) is None
    assert (await delivery.once("events_api", {**stranger, "event": {"type": "team_access_revoked"}})).acknowledged
    await place.cloud.revoke_access(GRID_A)
    late = {
        "type": "event_callback",
        "team_id": GRID_A,
        "event": {"type": "app_home_opened", "user": "U0ALICE", "channel": "D0ALICE", "tab": "home"},
        "event_time": 1,
        "authorizations": [{"enterprise_id": GRID, "team_id": None, "is_enterprise_install": True}],
    }
    assert (await delivery.once("events_api", late)).acknowledged
    assert await place.store.installation_of(GRID_A) is None
