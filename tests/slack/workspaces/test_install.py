"""Installing the app by OAuth, against a Slack that gives a code once, a state back, and tokens."""

import sqlite3
import time
from pathlib import Path

import aiohttp
import pytest

from bot.domain.job import State
from bot.ports.store import OutboxMessage, Phase
from bot.slack.incoming.intake import GREETING
from tests.support.harnesses.workspaces import GRID, GRID_A, ONE, TWO, Host, host, installed


@pytest.fixture
async def place(tmp_path: Path):  # type: ignore[no-untyped-def]  # an async generator of pytest's
    async with host(tmp_path) as found:
        yield found


async def test_who_installs_the_app_has_recordings_answered_there(place: Host) -> None:
    assert (await place.install(ONE)).status == 200
    assert "T0ONE Ltd" in place.pages[-1]
    message = await place.upload(ONE)
    await place.answered(ONE, message)
    [job] = await place.jobs(ONE)
    assert job.origin.team_id == ONE


async def test_an_organisation_installs_it_once_for_all_its_workspaces(place: Host) -> None:
    assert (await place.install(enterprise=GRID)).status == 200
    await place.answered(GRID_A, await place.upload(GRID_A))
    [job] = await place.jobs(GRID_A)
    assert (job.origin.team_id, job.origin.enterprise_id) == (GRID_A, GRID)
    assert [each.id for each in await place.store.installations()] == [GRID]


async def test_the_database_holds_no_token_in_clear(place: Host, tmp_path: Path) -> None:
    await installed(place)
    tokens = [token.encode() for token in place.cloud.grants.tokens]
    assert len(tokens) == 3
    content = b"".join((tmp_path / f"jobs.db{end}").read_bytes() for end in ("", "-wal"))
    assert [token for token in tokens if token in content] == []
    db = sqlite3.connect(tmp_path / "jobs.db")
    assert db.execute("SELECT count(*) FROM installation WHERE length(tokens) > 40").fetchone() == (3,)
    db.close()


async def redirected(place: Host, state: str, cookie: str, **query: str) -> aiohttp.ClientResponse:
    """Come back from Slack with this."""
    jar = {"threadscribe-install": cookie} if cookie else {}
    async with aiohttp.ClientSession(cookies=jar, cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        if jar:
            browser.cookie_jar.update_cookies(jar)
        address = f"{place.address}/slack/oauth_redirect"
        response = await browser.get(address, params={"state": state, **query}, allow_redirects=False)
        await response.read()
        return response


async def test_a_state_is_good_once_and_in_the_browser_that_began(place: Host) -> None:
    redirect = place.cloud.grants.redirect_uris[0]

    def code() -> str:
        return place.cloud.grants.code(place.cloud.place(ONE), redirect)

    state, cookie = await place.begin()
    assert (await redirected(place, state, "", code=code())).status == 400
    assert (await redirected(place, state, "another", code=code())).status == 400
    assert (await redirected(place, "made-up", "made-up", code=code())).status == 400
    assert (await redirected(place, "", "", code=code())).status == 400
    assert await place.store.installations() == []
    assert (await redirected(place, state, cookie, code=code())).status == 200
    assert (await redirected(place, state, cookie, code=code())).status == 400
    assert place.cloud.grants.refused == []


async def test_what_slack_refuses_is_not_installed(place: Host) -> None:
    state, cookie = await place.begin()
    assert (await redirected(place, state, cookie, code="made-up")).status == 502
    assert place.cloud.grants.refused == ["invalid_code"]
    page = await place.install(ONE, deny="1")
    assert (page.status, "cancelled" in place.pages[-1]) == (200, True)
    assert await place.store.installations() == []


async def test_events_of_a_workspace_that_did_not_install_it_go_nowhere(place: Host) -> None:
    assert (await place.install(ONE)).status == 200
    await place.upload(TWO)
    await place.slack(TWO).delivery.settled()
    assert [record.outcomes for record in place.slack(TWO).delivery.records if record.type == "message"] == [["ok"]]
    assert await place.jobs(TWO) == []
    await place.answered(ONE, await place.upload(ONE))


async def test_a_workspace_that_removes_the_app_waits_and_goes_on_when_it_is_back(place: Host) -> None:
    await installed(place, organisation=False)
    kept = await place.answered(TWO, await place.upload(TWO))
    first = await place.upload(ONE)
    await place.answered(ONE, first)
    message = await place.upload(ONE)
    await place.until(lambda: place.jobs(ONE, State.RECEIVED, State.SUBMITTING, State.WAITING, State.FINISHING))
    place.cloud.uninstall(ONE)

    async def removed() -> bool:
        found = await place.store.installation(ONE)
        return found is not None and not found.active and found.bot_token == ""

    await place.until(removed)
    await place.until(lambda: place.jobs(ONE, State.PARKED))
    [parked] = await place.jobs(ONE, State.PARKED)
    assert parked.parked_for == "slack:T0ONE"
    await place.answered(TWO, await place.upload(TWO))
    assert kept in place.slack(TWO).workspace.all_messages()
    assert (await place.install(ONE)).status == 200
    await place.answered(ONE, message)


async def test_settings_of_a_workspace_that_cannot_be_used_stop_no_other(place: Host) -> None:
    await installed(place, organisation=False)
    await place.store.save_workspace_settings(ONE, {"RETENTION_DAYS": "a week"}, None)
    assert (await place.install(ONE)).status == 200, place.pages  # from now on they count
    now = time.time()

    async def owed(team_id: str, number: int, verify_at: float) -> str:
        key = f"greeting:{team_id}:C0CALLS{number}"
        row = OutboxMessage(key, "", "C0CALLS", "", Phase.POSTED, now, "1.0", verify_at=verify_at, team_id=team_id)
        assert await place.store.update_outbox(row) is not None
        return key

    for number in range(60):  # more than are verified at once
        await owed(ONE, number, now - 60.0)
    last = await owed(TWO, 0, now - 1.0)
    for team_id in (ONE, TWO):
        await place.store.put_inbox(GREETING, f"{team_id}:C0CLINIC", "C0CLINIC", b"{}", now, now, team_id)
    await place.slack(TWO).until(lambda: any(each.is_bot for each in place.slack(TWO).messages("C0CLINIC")), 30)

    async def verified() -> bool:
        row = await place.store.outbox_message(last)
        return row is not None and row.verify_at is None

    await place.until(verified)
    assert place.core is not None
    assert place.core.engine.accounts.broken == ("slack:T0ONE",)
    await place.store.save_workspace_settings(ONE, {}, None)
    assert (await place.install(ONE)).status == 200
    await place.answered(ONE, await place.upload(ONE))
