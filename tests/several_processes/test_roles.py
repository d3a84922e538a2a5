"""Processes that take events and processes that work, and how each of them ends."""

import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from simulators.slack.file_store import Upload
from tests.support.audio.recordings import record, tone
from tests.support.harnesses.bot import fast_xosum, headline, open_place
from tests.support.harnesses.fleet import Fleet, open_fleet, ready
from tests.support.machine.bot_process import ROOT, Bot
from tests.support.machine.processes import free_port


@pytest.fixture
async def fleet(tmp_path: Path, server: Path) -> AsyncIterator[Fleet]:
    async with open_fleet(tmp_path, server, fast_xosum()) as found:
        yield found


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return record(tmp_path / "visit.mp3", tone(2.0), "mp3", "mp3")


async def test_one_takes_events_and_the_other_works(fleet: Fleet, recording: Path) -> None:
    web = await fleet.start("web", "--role", "web", PORT=str(fleet.place.http_port))
    await fleet.listens(web)
    message = await fleet.place.upload(Upload("visit.mp3", recording))

    async def stored() -> object:
        return await fleet.rows("SELECT state FROM job WHERE state = 'received'")

    await fleet.until(stored)
    assert fleet.place.replies(message) == [], "nobody works yet"
    worker = await fleet.start("worker", "--role", "worker")
    (reply,) = await fleet.place.answered(message)
    assert headline(reply)
    assert web.events("step") == []
    second = await fleet.place.upload(Upload("second.mp3", recording))
    assert await fleet.place.answered(second), "the worker is woken by the database"
    for path in ("/slack/events", "/hooks/xosum/x", "/audio/x"):
        assert await status_of(worker, path) == 404
    assert (await ready(worker))[0] == (await ready(web))[0] == 200


async def status_of(bot: Bot, path: str) -> int:
    url = f"http://127.0.0.1:{await bot.ready()}{path}"
    async with aiohttp.ClientSession() as session, session.post(url) as response:
        return response.status


async def test_it_is_not_ready_while_no_event_can_be_stored(fleet: Fleet) -> None:
    bot = await fleet.start("one")
    await fleet.listens(bot)
    assert (await ready(bot))[0] == 200
    assert await fleet.rows("SELECT 1 FROM job") == await fleet.rows("SELECT 1 FROM inbox") == []
    await fleet.rows("ALTER TABLE job ADD COLUMN later TEXT NOT NULL")  # a change that this version cannot live with

    async def refused() -> bool:
        return (await ready(bot))[0] == 503

    await fleet.until(refused)
    await fleet.rows("ALTER TABLE job DROP COLUMN later")

    async def well() -> bool:
        return (await ready(bot))[0] == 200

    await fleet.until(well)


async def test_a_process_that_stops_says_so_and_takes_events_until_the_balancer_has_read_it(
    fleet: Fleet, recording: Path
) -> None:
    web = await fleet.start("web", "--role", "web", PORT=str(fleet.place.http_port), DRAIN_SECONDS="4")
    await fleet.listens(web)
    web.signal(signal.SIGTERM)

    async def draining() -> bool:
        status, body = await ready(web)
        return status == 503 and "stopping" in body

    await fleet.until(draining)
    await fleet.place.upload(Upload("late.mp3", recording))

    async def stored() -> object:
        return await fleet.rows("SELECT 1 FROM job")

    await fleet.until(stored)
    assert await web.ends(25) == 0


def test_it_ends_in_time_whatever_is_under_way() -> None:
    """Also with an event loop that stands still; the real limit is 23 s."""
    code = "import time; from bot.cli.serve import _end_in; _end_in(0.2); time.sleep(60)"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True)
    assert ended.returncode == 1
    assert b"ended_hard" in ended.stdout + ended.stderr


async def test_roles_need_a_database_that_processes_can_share(tmp_path: Path) -> None:
    async with open_place(tmp_path) as place:
        refused = await place.run("serve", "--role", "web", PORT=str(free_port()))
        assert refused.process.returncode == 2
        assert "ROLE is web" in refused.lines[0]
        unknown = await place.run("serve", "--role", "boss")
        assert unknown.process.returncode == 2
