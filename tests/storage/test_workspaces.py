"""Installations with sealed tokens, settings of workspaces, states of use once, and what an uninstall deletes."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.errors import StoreError
from bot.domain.machine import Received
from bot.domain.transcript import Segment, Transcript
from bot.ports.store import Hold, HoldKind, Installation, JobStore, NewJob
from storage.records.retention import DAY
from storage.workspaces import MOST_STATES
from tests.storage.samples import KEY, NOW, Opener, answered, done, finishing, origin

ONE = Installation(
    "T1", "T1", name="Clinic", bot_user_id="U0BOT", scopes=("chat:write", "files:read"), bot_token="xoxb-marigold",
    refresh_token="xoxe-marigold", expires_at=NOW + 43200,
)  # fmt: skip
WHOLE = Installation("E1", "", "E1", name="Hospital", bot_token="xoxb-whole")
SAID = Transcript((Segment("Marigolds bloom.", 0.0, 1.0),), provider="xosum")


async def test_an_installation_comes_back_as_it_was_stored(sealed: JobStore) -> None:
    await sealed.save_installation(ONE, NOW)
    assert await sealed.installation("T1") == replace(ONE, installed_at=NOW, revision=1)
    assert await sealed.installation("T2") is None
    await sealed.save_installation(replace(ONE, bot_token="xoxb-second"), NOW + 1)
    [found] = await sealed.installations()
    assert (found.bot_token, found.revision) == ("xoxb-second", 2)
    [workspace] = await sealed.workspaces()
    assert (workspace.team_id, workspace.name, workspace.since) == ("T1", "Clinic", NOW)


async def test_no_token_is_stored_without_a_key(store: JobStore) -> None:
    with pytest.raises(StoreError, match="STORAGE_KEY"):
        await store.save_installation(ONE, NOW)
    assert await store.installations() == []


async def test_tokens_and_settings_are_sealed(reopen: Opener, tmp_path: Path, url: str) -> None:
    store = await reopen(KEY)
    await store.save_installation(ONE, NOW)
    assert await store.save_workspace_settings("T1", {"XOSUM_API_KEY": "key-marigold"}, None)
    assert (await store.workspaces())[0].settings == {"XOSUM_API_KEY": "key-marigold"}
    await store.close()
    if url.startswith("sqlite"):
        assert b"marigold" not in (tmp_path / "jobs.db").read_bytes()
        db = sqlite3.connect(tmp_path / "jobs.db")
        db.execute("UPDATE installation SET id = 'T2'")  # moved to another row, it does not open
        db.commit()
        db.close()
        with pytest.raises(StoreError, match="moved"):
            await (await reopen(KEY)).installation("T2")


async def test_settings_of_a_workspace_that_nobody_knows_are_refused(sealed: JobStore) -> None:
    assert not await sealed.save_workspace_settings("T9", {"PROVIDER": "xosum"}, None)


async def test_a_workspace_goes_by_its_own_installation_then_by_that_of_its_organisation(sealed: JobStore) -> None:
    await sealed.save_installation(WHOLE, NOW)
    assert await sealed.installation_of("T1") is None  # nobody says that T1 belongs to it
    found = await sealed.installation_of("T1", "E1")
    assert found is not None
    assert found.id == "E1"
    await sealed.note_workspace("T1", "E1", "", NOW)
    assert (await sealed.installation_of("T1") or ONE).id == "E1"
    await sealed.save_installation(replace(ONE, enterprise_id="E1"), NOW)
    assert (await sealed.installation_of("T1") or WHOLE).id == "T1"
    await sealed.remove_installation("T1", "app_uninstalled", NOW)
    assert (await sealed.installation_of("T1") or ONE).id == "E1"
    await sealed.remove_installation("E1", "tokens_revoked", NOW)
    assert await sealed.installation_of("T1") is None


async def test_a_known_workspace_cannot_be_claimed_for_another_organisation(sealed: JobStore) -> None:
    """What an event says of the organisation counts only where nothing is known."""
    await sealed.save_installation(replace(WHOLE, id="E2", enterprise_id="E2"), NOW)
    await sealed.note_workspace("T1", "E1", "", NOW)
    assert await sealed.installation_of("T1", "E2") is None


async def test_of_two_rotations_one_is_stored(sealed: JobStore) -> None:
    await sealed.save_installation(ONE, NOW)
    read = await sealed.installation("T1")
    assert read is not None
    assert await sealed.replace_tokens(read, "xoxb-2", "xoxe-2", NOW + 2)
    assert not await sealed.replace_tokens(read, "xoxb-3", "xoxe-3", NOW + 3)
    found = await sealed.installation("T1")
    assert found is not None
    assert (found.bot_token, found.refresh_token, found.expires_at) == ("xoxb-2", "xoxe-2", NOW + 2)
    await sealed.remove_installation("T1", "app_uninstalled", NOW)
    assert not await sealed.replace_tokens(replace(found, revision=found.revision + 1), "xoxb-4", "", None)


async def test_the_tokens_of_a_removed_installation_are_gone_at_once(sealed: JobStore) -> None:
    await sealed.save_installation(ONE, NOW)
    assert await sealed.remove_installation("T1", "app_uninstalled", NOW + 1)
    assert not await sealed.remove_installation("T1", "tokens_revoked", NOW + 2)
    found = await sealed.installation("T1")
    assert found is not None
    assert (found.bot_token, found.refresh_token, found.active) == ("", "", False)
    assert (found.removed_at, found.removed_for) == (NOW + 1, "app_uninstalled")
    await sealed.save_installation(ONE, NOW + 3)
    again = await sealed.installation("T1")
    assert again is not None
    assert again.active
    assert again.bot_token == ONE.bot_token


async def test_a_removed_workspace_loses_its_content_and_no_other_does(sealed: JobStore) -> None:
    for installation in (ONE, replace(ONE, id="T2", team_id="T2")):
        await sealed.save_installation(installation, NOW)
    gone = await done(sealed, said=SAID)
    place, _ = await sealed.add_job(NewJob(origin(team="T2")), NOW)
    await sealed.save_workspace_settings("T1", {"PROVIDER": "xosum"}, 3)
    await sealed.apply(Received(place).reuse(NOW, place.file, "xosum", "xosum", (await done(sealed, said=SAID)).id))
    await sealed.remove_installation("T1", "app_uninstalled", NOW)
    assert await sealed.purge_removed(NOW - 1, NOW) == []
    assert await sealed.transcript(gone.id) is not None
    assert await sealed.purge_removed(NOW + 1, NOW + 1) == ["T1"]
    assert await sealed.transcript(gone.id) is None
    assert await sealed.transcript(place.id) is not None  # T2 shares it
    assert {each.team_id: dict(each.settings) for each in await sealed.workspaces()} == {"T1": {}, "T2": {}}
    assert await sealed.purge_removed(NOW + 1, NOW + 2) == []


async def test_what_is_under_way_or_held_is_looked_at_again(sealed: JobStore) -> None:
    await sealed.save_installation(ONE, NOW)
    held = await done(sealed, said=SAID)
    await sealed.place_hold(Hold(HoldKind.JOB, held.id, "officer", NOW))
    under_way = await finishing(sealed)
    assert await sealed.put_transcript(under_way.id, SAID, NOW)
    await sealed.remove_installation("T1", "app_uninstalled", NOW)
    assert await sealed.purge_removed(NOW + 1, NOW + 1) == ["T1"]
    assert await sealed.transcript(under_way.id) is not None
    await answered(sealed, under_way)
    await sealed.purge_removed(NOW + 1, NOW + 2)
    assert await sealed.transcript(under_way.id) is None
    assert await sealed.transcript(held.id) is not None
    await sealed.end_hold(HoldKind.JOB, held.id)
    await sealed.purge_removed(NOW + 1, NOW + 3)
    assert await sealed.transcript(held.id) is None
    assert await sealed.purge_removed(NOW + 1, NOW + 4) == []


async def test_an_organisation_takes_its_workspaces_along_but_not_one_with_its_own_installation(
    sealed: JobStore,
) -> None:
    await sealed.save_installation(WHOLE, NOW)
    for team in ("T1", "T2"):
        await sealed.note_workspace(team, "E1", "", NOW)
    await sealed.save_installation(replace(ONE, id="T2", team_id="T2", enterprise_id="E1"), NOW)
    await sealed.note_workspace("T3", "E9", "", NOW)
    await sealed.remove_installation("E1", "app_uninstalled", NOW)
    assert await sealed.purge_removed(NOW + 1, NOW + 1) == ["T1"]


async def test_a_workspace_may_keep_content_for_another_time(sealed: JobStore) -> None:
    await sealed.save_installation(ONE, NOW)
    job = await done(sealed, said=SAID)
    await sealed.save_workspace_settings("T1", {}, 60)
    await sealed.purge(NOW + 40 * DAY, 30)
    assert await sealed.transcript(job.id) is not None
    await sealed.purge(NOW + 61 * DAY, 30)
    assert await sealed.transcript(job.id) is None
    kept = await done(sealed, said=SAID)
    await sealed.save_workspace_settings("T1", {}, 0)
    await sealed.purge(NOW + 900 * DAY, 30)
    assert await sealed.transcript(kept.id) is not None
    await sealed.save_workspace_settings("T1", {}, None)
    await sealed.purge(NOW + 900 * DAY, 30)
    assert await sealed.transcript(kept.id) is None


async def test_a_state_is_good_once_and_until_it_expires(store: JobStore) -> None:
    await store.add_oauth_state("a", NOW + 10, NOW)
    await store.add_oauth_state("b", NOW + 10, NOW)
    assert await store.use_oauth_state("a", NOW + 9)
    assert not await store.use_oauth_state("a", NOW + 9)
    assert not await store.use_oauth_state("b", NOW + 10)
    assert not await store.use_oauth_state("c", NOW)


async def test_the_states_that_wait_are_bounded_and_the_oldest_go(store: JobStore) -> None:
    for number in range(MOST_STATES + 2):
        await store.add_oauth_state(str(number), NOW + 10 + number, NOW)
    assert not await store.use_oauth_state("1", NOW)
    assert await store.use_oauth_state("2", NOW)
    assert await store.use_oauth_state(str(MOST_STATES + 1), NOW)


async def test_deferred_work_is_claimed_for_the_workspace_it_is_of(store: JobStore) -> None:
    for team in ("T1", "T2", ""):
        await store.put_inbox("mention", f"{team}:1", "C1", team.encode(), NOW, NOW, team_id=team)
    assert sorted(await store.teams_with_work(NOW)) == ["T1", "T2"]
    assert [item.payload for item in await store.inbox_due("mention", NOW, team_id="T2")] == [b"T2"]
    [item] = await store.claim_inbox("mention", NOW, 60.0, team_id="T2")
    assert (item.payload, item.team_id) == (b"T2", "T2")
    assert await store.claim_inbox("mention", NOW, 60.0, team_id="T2") == []
    assert await store.teams_with_work(NOW) == ["T1"]
    assert {item.team_id for item in await store.claim_inbox("mention", NOW, 60.0)} == {"T1", ""}


async def test_a_workspace_that_its_organisation_took_the_app_out_of_counts_as_removed(sealed: JobStore) -> None:
    await sealed.save_installation(WHOLE, NOW)
    await sealed.note_workspace("T1", "E1", "", NOW)
    await sealed.note_workspace("T4", "E1", "", NOW)
    gone = await done(sealed, said=SAID)
    assert await sealed.revoke_access("T1", "E1", "One", NOW)
    assert await sealed.installation_of("T1") is None
    assert await sealed.installation_of("T1", "E1") is None
    other = await sealed.installation_of("T4")
    assert other is not None
    assert other.id == "E1"
    assert await sealed.purge_removed(NOW + 1, NOW + 1) == ["T1"]
    assert await sealed.transcript(gone.id) is None
    assert await sealed.grant_access("T1")
    assert not await sealed.grant_access("T1")
    assert await sealed.installation_of("T1") is not None


async def test_an_installation_of_its_own_stays_and_one_that_comes_later_counts(sealed: JobStore) -> None:
    await sealed.save_installation(WHOLE, NOW)
    await sealed.save_installation(replace(ONE, enterprise_id="E1"), NOW)
    assert not await sealed.revoke_access("T1", "E1", "One", NOW)
    found = await sealed.installation_of("T1")
    assert found is not None
    assert found.id == "T1"
    await sealed.remove_installation("T1", "app_uninstalled", NOW)
    assert not await sealed.grant_access("T1")
    assert await sealed.revoke_access("T1", "E1", "One", NOW + 1)
    assert await sealed.installation_of("T1") is None
    await sealed.save_installation(replace(ONE, enterprise_id="E1"), NOW + 2)
    again = await sealed.installation_of("T1")
    assert again is not None
    assert again.id == "T1"
