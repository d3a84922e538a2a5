"""The ways in: signatures, malformed requests, sockets that break, and traps of the libraries."""

import hmac
import json
import logging
import os
import time
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from bot.slack.listeners import HttpEntrance
from bot.slack.wiring import signed_in
from bot.web.bodies import UNBELIEVED_BYTES, Bodies
from simulators.slack.faults import Fault
from tests.support.slack_harness import CLIP, Workplace, workplace

MESSAGE = {
    "type": "event_callback",
    "team_id": "T0LOCAL",
    "event_id": "Ev1",
    "event": {
        "type": "message",
        "subtype": "file_share",
        "channel": "C0CLINIC",
        "user": "U0ALICE",
        "ts": "1700000000.000100",
        "files": [{"id": "F0FORGED", "name": "a.mp3", "mimetype": "audio/mpeg"}],
    },
}


@pytest.fixture
async def http(tmp_path: Path):
    async with workplace(tmp_path, http_mode=True) as found:
        yield found


async def post(place: Workplace, body: bytes, **headers: str) -> int:
    status, _ = await place.slack.events_api.post_raw(body, {"Content-Type": "application/json", **headers})
    return status


def signed(place: Workplace, body: bytes, age: int = 0) -> dict[str, str]:
    return place.slack.events_api.signed(body, int(time.time()) - age)


async def test_a_signed_event_is_taken(http: Workplace) -> None:
    body = json.dumps(MESSAGE).encode()
    assert await post(http, body, **signed(http, body)) == 200
    assert len(await http.jobs()) == 1


async def test_a_forged_stale_or_unsigned_event_changes_nothing(http: Workplace) -> None:
    body = json.dumps(MESSAGE).encode()
    good = signed(http, body)
    assert await post(http, body) == 401
    assert await post(http, body + b" ", **good) == 401
    assert await post(http, body, **signed(http, body, age=600)) == 401
    assert await post(http, body, **{**good, "X-Slack-Request-Timestamp": "soon"}) == 401
    assert await post(http, b"\xff\xfe", **good) == 401
    assert await http.jobs() == []


@pytest.mark.parametrize("body", [b"{", b"[1]", b"null", b"", b"[" * 100_000, b'"x"'])
async def test_a_malformed_body_is_a_400_even_when_it_is_signed(http: Workplace, body: bytes) -> None:
    assert await post(http, body, **signed(http, body)) == 400


async def test_an_oversized_body_is_a_413(http: Workplace) -> None:
    body = b" " * (UNBELIEVED_BYTES + 1)
    assert await post(http, body, **signed(http, body)) == 413


async def test_without_a_signing_secret_nobodys_signature_is_good(tmp_path: Path) -> None:
    async with workplace(tmp_path) as place:
        bare = place.settings.model_copy(update={"slack_signing_secret": SecretStr("")})
        entrance = HttpEntrance(place.room.app, bare, Bodies().read, lambda reason: None)
        body, stamp = json.dumps(MESSAGE).encode(), str(int(time.time()))
        forged = "v0=" + hmac.new(b"", b"v0:" + stamp.encode() + b":" + body, "sha256").hexdigest()
        site = web.Application()
        site.router.add_post("/slack/events", entrance.handle)
        async with TestClient(TestServer(site)) as client:
            headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": forged}
            assert (await client.post("/slack/events", data=body, headers=headers)).status == 401
        assert await place.jobs() == []


@pytest.mark.parametrize("reason", ["refresh_requested", "warning", "cut"])
async def test_a_socket_that_breaks_is_open_again_and_nothing_is_lost(place: Workplace, reason: str) -> None:
    await place.slack.disconnect(reason)
    await place.slack.until(lambda: place.slack.sockets.opened >= 2 and place.slack.sockets.online, timeout=20)
    message = await place.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    await place.slack.delivery.settled()
    assert [job.origin.message_ts for job in await place.jobs()] == [message.ts]


async def test_a_start_while_slack_is_away_connects_when_it_is_back(tmp_path: Path) -> None:
    async with workplace(tmp_path, start=False) as place:
        fault = place.slack.fault(Fault("apps.connections.open", times=1, status=503))
        await place.room.start()
        await place.slack.until(lambda: place.slack.sockets.online, timeout=20)
        place.slack.faults.clear(fault.id)
        await place.upload()


async def test_oauth_variables_in_the_environment_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_CLIENT_ID", "1.2")
    monkeypatch.setenv("SLACK_CLIENT_SECRET", "secret")
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-another")
    async with workplace(tmp_path) as place:
        assert place.room.app.oauth_flow is None
        assert os.environ["SLACK_CLIENT_ID"] == "1.2"
        await place.upload()


async def test_nothing_of_a_message_reaches_the_log_even_at_debug(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with workplace(tmp_path) as place:
        from tests.support.slack_harness import spoken

        secret = spoken("The patient is called Marigold.")
        _, job = await place.upload()
        job = await place.replying(job, secret)
        await place.answer(job, secret)
        place.slack.say_as("U0BOB", "C0CLINIC", "Marigold again")
        await place.slack.delivery.settled()
        logged = [record.getMessage() for record in caplog.records]
        assert [line for line in logged if "Marigold" in line or place.slack.bot_token in line] == []


async def test_a_lost_token_is_reported_at_once(tmp_path: Path) -> None:
    async with workplace(tmp_path) as place:
        me = await place.room.who.me()
        assert me.team_id == "T0LOCAL"
        assert await signed_in(place.room.client)
        place.slack.uninstall()
        await place.slack.delivery.settled()
        assert set(place.broken) == {"slack"}


async def test_the_home_shows_how_to_start_and_ones_own_recordings(place: Workplace) -> None:
    _, job = await place.upload()
    place.slack.people.open_home("U0ALICE")
    await place.slack.until(lambda: "U0ALICE" in place.slack.views.homes)
    shown = str(place.slack.views.homes["U0ALICE"].body)
    assert job.id in shown
    assert "I transcribe recordings" in shown
