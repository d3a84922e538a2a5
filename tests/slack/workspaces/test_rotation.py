"""Tokens that end are exchanged by one process at a time, and the exchange leaves nobody with a token that is void."""

import asyncio
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.configuration import load_settings
from bot.domain.errors import Misconfigured, StoreError, Transient
from bot.ports.store import Installation, JobStore
from bot.settings import Settings
from bot.slack.api.client import open_client
from bot.slack.api.identity import identify
from bot.slack.workspaces.credentials import Credentials
from bot.slack.workspaces.rotation import Rotation
from simulators.slack.cloud.grants import Grants
from storage import open_store
from tests.support.harnesses.workspaces import ONE, Host, cloud_and_settings, host
from tests.support.machine import postgres
from tests.support.machine.bot_process import Bot
from tests.support.machine.processes import free_port

SOON = 7000  # seconds: less than the two hours before its end that a token is exchanged


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    with postgres.running_or_left_out() as (folder, home):
        subprocess.run([folder / "createdb", "-h", home, "-U", "postgres", "rotation"], check=True)
        yield f"postgresql://postgres@/rotation?host={home}"


async def one(stack: AsyncExitStack, settings: Settings) -> tuple[Credentials, Rotation]:
    """What one process has: its own connection to the database and to Slack."""
    clock = SystemClock()
    store = await open_store(settings.database_url, settings.sealing_key, exclusive=False)
    stack.push_async_callback(store.close)
    client = await stack.enter_async_context(open_client(settings, clock))
    rotation = Rotation(settings, store, clock, client)
    return Credentials(store, clock, rotation, ONE), rotation


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Host]:
    async with host(tmp_path, rotation=True, organisation=False) as found:
        yield found


async def test_a_token_is_exchanged_before_it_ends_and_calls_go_on(place: Host) -> None:
    place.cloud.grants.lasts = SOON
    assert (await place.install(ONE)).status == 200
    place.cloud.grants.lasts = 43200

    async def exchanged() -> bool:
        found = await place.store.installation(ONE)
        return found is not None and found.revision > 1

    await place.answered(ONE, await place.upload(ONE))
    await place.until(exchanged)
    await place.answered(ONE, await place.upload(ONE))
    assert (place.cloud.grants.exchanges, place.cloud.grants.refused) == (1, [])


async def test_an_exchange_that_is_refused_leaves_the_token_that_is_still_good(tmp_path: Path) -> None:
    async with cloud_and_settings(tmp_path, rotation=True, organisation=False) as found, AsyncExitStack() as stack:
        settings, grants, now = load_settings(found.environment, env_file=None), found.cloud.grants, SystemClock().now()
        store = await open_store(settings.database_url, settings.sealing_key)
        stack.push_async_callback(store.close)
        _, rotation = await one(stack, settings)
        refresh, ends = "xoxe-1-gone", now + SOON
        broken = Installation(ONE, ONE, bot_token="xoxb-1", refresh_token=refresh, expires_at=ends)
        await store.save_installation(broken, now)
        stored = await store.installation(ONE)
        assert stored is not None
        for _ in range(2):  # the second time nobody is asked: the first was a moment ago
            assert (await rotation.fresh(stored, "slack:T0ONE")).bot_token == "xoxb-1"
            assert grants.refused == ["invalid_refresh_token"]
        await store.save_installation(replace(broken, expires_at=1.0), now)
        over = await store.installation(ONE)
        assert over is not None
        with pytest.raises(Misconfigured, match="could not be exchanged: invalid_refresh_token; install") as raised:
            await rotation.fresh(over, "slack:T0ONE")
        assert raised.value.account == "slack:T0ONE"  # no later try can succeed: the operator is told


@asynccontextmanager
async def due(directory: Path) -> AsyncIterator[tuple[Grants, Rotation, JobStore, Installation]]:
    """An installation whose token is exchanged at the next need."""
    async with cloud_and_settings(directory, rotation=True, organisation=False) as found, AsyncExitStack() as stack:
        settings, grants = load_settings(found.environment, env_file=None), found.cloud.grants
        grants.old_token_lasts = False
        code = grants.code(found.cloud.place(ONE), grants.redirect_uris[0])
        given = {"client_id": grants.client_id, "client_secret": grants.client_secret, "code": code}
        answer = grants.access({**given, "redirect_uri": grants.redirect_uris[0]}, "U0ALICE")
        store = await open_store(settings.database_url, settings.sealing_key)
        stack.push_async_callback(store.close)
        _, rotation = await one(stack, settings)
        now = SystemClock().now()
        token, refresh = str(answer["access_token"]), str(answer["refresh_token"])
        made = Installation(ONE, ONE, bot_token=token, refresh_token=refresh, expires_at=now + SOON)
        await store.save_installation(made, now)
        stored = await store.installation(ONE)
        assert stored is not None
        yield grants, rotation, store, stored


async def test_an_exchange_ends_and_is_stored_although_the_job_that_needed_it_was_cancelled(tmp_path: Path) -> None:
    async with due(tmp_path) as (grants, rotation, store, installation):
        job = asyncio.create_task(rotation.fresh(installation, "slack:T0ONE"))
        async with asyncio.timeout(60):
            while not grants.exchanges:  # noqa: ASYNC110 - Slack's side, on this very loop: its answer is on the way
                await asyncio.sleep(0)
            job.cancel()
            while True:
                stored = await store.installation(ONE)
                assert stored is not None
                if stored.revision > installation.revision:
                    break
                await asyncio.sleep(0.01)
        assert job.cancelled()
        assert grants.find(stored.bot_token).lost == ""
        assert grants.exchanges == 1


async def test_tokens_that_the_database_did_not_take_are_stored_by_the_next_try(tmp_path: Path) -> None:
    async with due(tmp_path) as (grants, rotation, store, installation):
        with closing(sqlite3.connect(tmp_path / "jobs.db")) as db:
            db.execute("CREATE TRIGGER refuse BEFORE UPDATE ON installation BEGIN SELECT RAISE(ABORT, 'refused'); END")
            db.commit()
            with pytest.raises(StoreError):
                await rotation.fresh(installation, "slack:T0ONE")
            db.execute("DROP TRIGGER refuse")
            db.commit()
        fresh = await rotation.fresh(installation, "slack:T0ONE")
        assert grants.find(fresh.bot_token).lost == ""
        assert (grants.exchanges, grants.refused) == (1, [])
        assert fresh == await store.installation(ONE)


async def test_of_twelve_that_exchange_at_once_in_two_connections_one_does(tmp_path: Path, database: str) -> None:
    async with cloud_and_settings(tmp_path, rotation=True, organisation=False, DATABASE_URL=database) as found:
        settings = load_settings(found.environment, env_file=None)
        grants = found.cloud.grants
        grants.old_token_lasts = False  # the worse reading: who did not exchange must find the new one
        for _ in range(3):
            grants.lasts = SOON
            code = grants.code(found.cloud.place(ONE), grants.redirect_uris[0])
            given = {"client_id": grants.client_id, "client_secret": grants.client_secret, "code": code}
            answer = grants.access({**given, "redirect_uri": grants.redirect_uris[0]}, "U0ALICE")
            grants.lasts, before = 43200, grants.exchanges
            async with AsyncExitStack() as stack:
                store = await open_store(database, settings.sealing_key)
                stack.push_async_callback(store.close)
                both = [await one(stack, settings), await one(stack, settings)]
                now = SystemClock().now()
                token, refresh = str(answer["access_token"]), str(answer["refresh_token"])
                made = Installation(ONE, ONE, bot_token=token, refresh_token=refresh, expires_at=now + SOON)
                await store.save_installation(made, now)

                async def works(credentials: Credentials) -> str:
                    client = await stack.enter_async_context(open_client(settings, SystemClock()))
                    while True:
                        try:
                            return (await identify(client.of_workspace(credentials))).team_id
                        except (Transient, Misconfigured):  # the old one has just ended, the new one is on its way
                            await asyncio.sleep(0.05)

                async with asyncio.timeout(30):
                    found_teams = await asyncio.gather(*(works(both[number % 2][0]) for number in range(12)))
                assert set(found_teams) == {ONE}
                assert (grants.exchanges - before, grants.refused) == (1, [])
                await store.remove_installation(ONE, "test", now)


async def test_two_processes_exchange_once_and_both_go_on(tmp_path: Path, database: str) -> None:
    async with cloud_and_settings(tmp_path, rotation=True, organisation=False, DATABASE_URL=database) as found:
        grants = found.cloud.grants
        bots: list[Bot] = []

        async def start(**more: str) -> Bot:
            bots.append(await Bot.start(tmp_path, {**found.environment, **more}, "serve"))
            return bots[-1]

        try:
            first = await start()
            await first.ready()
            await found.cloud.use_http(f"{found.address}/slack/events")
            assert (await found.install(ONE)).status == 200
            assert await first.stop() == 0
            settings = load_settings(found.environment, env_file=None)
            async with AsyncExitStack() as stack:
                store = await open_store(database, settings.sealing_key, exclusive=False)
                stack.push_async_callback(store.close)
                installation = await store.installation(ONE)
                assert installation is not None
                ends = SystemClock().now() + SOON
                assert await store.replace_tokens(
                    installation, installation.bot_token, installation.refresh_token, ends
                )
            both = await asyncio.gather(start(), start(PORT=str(free_port())))
            for bot in both:
                await bot.ready()
            message = await found.upload(ONE)
            await found.slack(ONE).until(lambda: any(each.is_bot for each in found.thread(ONE, message)), 60)

            def asked() -> bool:
                return grants.exchanges > 0

            async with asyncio.timeout(30):
                while not asked():  # noqa: ASYNC110 - another process asks
                    await asyncio.sleep(0.05)
            assert [await bot.stop() for bot in both] == [0, 0]
            assert (grants.exchanges, grants.refused) == (1, [])
            assert sum(len(bot.events("token_rotated")) for bot in both) == 1
            assert all("Traceback" not in line for bot in bots for line in bot.lines)
        finally:
            for bot in bots:
                await bot.close()
