"""The process and its operator: how it starts, refuses to start, and stops."""

import contextlib
import json
import re
import signal
import socket
from pathlib import Path

import pytest
from aiohttp import ClientSession

from simulators.slack.faults import Fault
from simulators.slack.file_store import Upload
from tests.support.harnesses.bot import Place, headline
from tests.support.machine.bot_process import Bot
from tests.support.machine.processes import free_port

LEASED = "SELECT count(*) AS n FROM job WHERE lease_token <> ''"


@pytest.fixture
def place(stopped: Place) -> Place:
    return stopped


def one_line_each(bot: Bot, *facts: str) -> None:
    """The process said one line for each fault and nothing else, least of all a traceback."""
    assert len(bot.lines) == len(facts), bot.lines
    for line, fact in zip(bot.lines, facts, strict=True):
        assert line.startswith("threadscribe: ")
        assert fact in line


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_stops_within_twenty_seconds_and_gives_its_leases_back(
    place: Place, recording: Path, number: signal.Signals
) -> None:
    await place.start()
    slow = place.slack.fault(Fault("/files-pri/*", times=None, pace=2000.0))  # seconds for each download
    message = await place.upload(Upload("visit.mp3", recording))
    await place.until_row(lambda: place.rows(LEASED)[0]["n"] == 1)
    place.bot.signal(number)
    assert await place.bot.ends(20) == 0
    assert place.rows(LEASED)[0]["n"] == 0
    place.slack.faults.clear(slow.id)
    await place.start()
    (reply,) = await place.answered(message)
    assert headline(reply)


async def test_a_second_signal_ends_it_at_once(place: Place, recording: Path) -> None:
    place.ended_badly = True
    await place.start()
    place.slack.fault(Fault("/files-pri/*", times=None, hold="before"))
    await place.upload(Upload("visit.mp3", recording))
    await place.until_row(lambda: place.rows(LEASED)[0]["n"] == 1)
    place.bot.signal(signal.SIGTERM)
    await place.slack.until(lambda: not place.slack.sockets.online)
    place.bot.signal(signal.SIGTERM)
    assert await place.bot.ends(10) == -signal.SIGTERM


async def test_a_second_process_on_the_same_database_is_refused_with_a_sentence(place: Place) -> None:
    first = await place.start()
    second = await place.run("serve", PORT=str(free_port()))
    assert second.process.returncode == 1
    one_line_each(second, f"Another Threadscribe (process {first.process.pid}) has the database")


async def test_a_database_of_a_newer_version_is_refused_with_a_sentence(place: Place) -> None:
    await place.start()
    await place.bot.stop()
    place.alter("INSERT INTO migration (number, name, applied_at, works_with) VALUES (9999, 'later', 0, 9999)")
    later = await place.run("serve")
    assert later.process.returncode == 1
    one_line_each(later, "was written by a later version of this program")
    place.alter("DELETE FROM migration WHERE number = 9999")


async def test_a_port_that_is_taken_is_said(place: Place) -> None:
    with contextlib.closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        bot = await place.run("serve", PORT=str(port))
    assert bot.process.returncode == 2
    one_line_each(bot, f"cannot listen on port {port}: Address already in use.")


async def test_a_taken_port_of_the_operators_is_named_too(place: Place) -> None:
    with contextlib.closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        bot = await place.run("serve", ADMIN_PORT=port)
    assert bot.process.returncode == 2
    one_line_each(bot, f"cannot listen on port {port}: Address already in use.")


@pytest.mark.parametrize(
    ("environment", "facts"),
    [
        ({}, ["SLACK_BOT_TOKEN is missing", "Set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET", "no .env in"]),
        (
            {"SLACK_BOT_TOKEN": "xoxp-1", "SLACK_APP_TOKEN": "xoxb-1", "PROVIDER": "watson"},
            [
                "SLACK_BOT_TOKEN is not a bot token",
                "SLACK_APP_TOKEN is not an app-level token",
                "PROVIDER is 'watson'",
                "no .env in",
            ],
        ),
        (
            {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "PROVIDER": "xosum"},
            ["its credentials are missing"],
        ),
        ({"PORT": "eighty", "STORAGE_KEY": "short"}, ["PORT", "STORAGE_KEY"]),
        ({"SLACK_BOT_TOKEN_FILE": "nowhere"}, ["SLACK_BOT_TOKEN_FILE cannot be read"]),
        (
            {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "DATABASE_URL": "sqlite:///no/such/x.db"},
            ["The folder"],
        ),
    ],
    ids=["none", "wrong kinds", "no credentials", "no numbers", "no file", "no folder"],
)
async def test_settings_that_do_not_do_are_named_one_line_each(
    tmp_path: Path, environment: dict[str, str], facts: list[str]
) -> None:
    bot = await Bot.start(tmp_path, environment, "serve")
    assert await bot.ends() == (1 if facts == ["The folder"] else 2)
    one_line_each(bot, *facts)


async def test_no_secret_that_is_set_wrongly_is_shown(tmp_path: Path) -> None:
    secrets = {"SLACK_BOT_TOKEN": "token-ABC-very-secret", "STORAGE_KEY": "key-DEF-very-secret"}
    bot = await Bot.start(tmp_path, secrets, "serve")
    assert await bot.ends() == 2
    assert "very-secret" not in "\n".join(bot.lines)


async def test_failpoints_keep_serve_from_starting(place: Place) -> None:
    bot = await place.run("serve", THREADSCRIBE_FAILPOINTS="store.apply.before=kill")
    assert bot.process.returncode == 2
    one_line_each(bot, "THREADSCRIBE_FAILPOINTS is for tests")


async def test_it_says_of_itself_whether_it_works(place: Place, recording: Path) -> None:
    await place.start()
    await place.answered(await place.upload(Upload("visit.mp3", recording)))
    address = f"http://127.0.0.1:{place.environment['PORT']}"
    async with ClientSession() as session:
        for path in ("/healthz", "/readyz"):
            async with session.get(f"{address}{path}") as answer:
                assert answer.status == 200, await answer.text()
        async with session.get(f"{place.bot.admin}/metrics") as answer:
            metrics = await answer.text()
    assert re.search(r"^threadscribe_\w+", metrics, re.MULTILINE)
    assert "visit.mp3" not in metrics
    assert json.dumps(place.slack.bot_token) not in metrics


async def test_a_revoked_token_parks_the_job_and_it_goes_on_when_the_app_is_installed_again(
    place: Place, recording: Path
) -> None:
    await place.start()
    gone = place.slack.fault(Fault("files.info", times=None, error="token_revoked"))
    message = await place.upload(Upload("visit.mp3", recording))
    await place.settled(message, "parked")
    place.slack.faults.clear(gone.id)
    await place.bot.stop()
    await place.start()
    (reply,) = await place.answered(message)
    assert headline(reply)
