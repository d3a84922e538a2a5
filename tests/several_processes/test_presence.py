"""What an operator sees of an installation of several processes."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.engine.upkeep.presence import spool_id
from simulators.slack.file_store import Upload
from tests.support.audio.recordings import record, tone
from tests.support.harnesses.bot import fast_xosum
from tests.support.harnesses.fleet import Fleet, open_fleet
from tests.support.machine.bot_process import Bot


@pytest.fixture
async def fleet(tmp_path: Path, server: Path) -> AsyncIterator[Fleet]:
    async with open_fleet(tmp_path, server, fast_xosum()) as found:
        yield found


async def status(fleet: Fleet, *arguments: str) -> Bot:
    return await fleet.place.run("status", *arguments, DATABASE_URL=fleet.url)


async def test_status_shows_processes_lanes_budgets_and_backlog_of_the_whole_installation(
    fleet: Fleet, tmp_path: Path
) -> None:
    web = await fleet.start("web", "--role", "web", PORT=str(fleet.place.http_port))
    await fleet.listens(web)

    async def reported() -> bool:
        return len(await fleet.rows("SELECT 1 FROM process")) == 1

    await fleet.until(reported)
    await fleet.place.upload(Upload("visit.mp3", record(tmp_path / "visit.mp3", tone(2.0), "mp3", "mp3")))

    async def stored() -> object:
        return await fleet.rows("SELECT 1 FROM job")

    await fleet.until(stored)
    alone = await status(fleet, "--json")
    found = json.loads(alone.out[0])
    assert alone.process.returncode == 1, "nobody works"
    assert [each["role"] for each in found["processes"]] == ["web"]
    assert [(each["lane"], each["jobs"], each["due"]) for each in found["lanes"]] == [("slack", 1, 1)]
    assert found["jobs"] == {"received": 1}
    await fleet.start("worker", "--role", "worker")

    async def answered() -> object:
        return await fleet.rows("SELECT 1 FROM job WHERE state = 'done'")

    await fleet.until(answered)

    async def both() -> bool:
        return len(await fleet.rows("SELECT 1 FROM process")) == 2

    await fleet.until(both)
    seen = await status(fleet)
    text = "\n".join(seen.out)
    assert seen.process.returncode == 0
    for words in ("web", "worker", "xosum", "Recordings: done 1"):
        assert words in text
    for bot in list(fleet.place.bots):
        if not bot.ended:
            assert await bot.stop() == 0
    assert await fleet.rows("SELECT 1 FROM process") == [], "who ends says so"
    gone = await status(fleet)
    assert gone.process.returncode == 1
    assert "No process that works" in "\n".join(gone.out)


async def test_a_directory_that_is_said_to_be_shared_is_checked_at_the_start(fleet: Fleet) -> None:
    await fleet.start("one", SPOOL_SHARED="true")

    async def reported() -> object:
        return await fleet.rows("SELECT 1 FROM process")

    await fleet.until(reported)
    environment = {"DATABASE_URL": fleet.url, "SPOOL_SHARED": "true", "PORT": "0"}
    apart = await fleet.place.run("serve", **environment, SPOOL_DIR=str(fleet.spool("two")))
    assert apart.process.returncode == 2
    assert "SPOOL_SHARED is set" in apart.lines[-1]
    await fleet.start("one", SPOOL_SHARED="true")


def test_a_directory_has_one_id_for_all(tmp_path: Path) -> None:
    assert spool_id(tmp_path / "a") == spool_id(tmp_path / "a") != spool_id(tmp_path / "b")
