"""The ways in: signatures, malformed requests, sockets that break, and traps of the libraries."""

import hmac
import json
import logging
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.slack.api.identity import Identity
from bot.slack.incoming.ours import is_ours, is_well_formed
from bot.slack.listeners import HttpEntrance
from bot.slack.wiring import signed_in
from bot.web.bodies import UNBELIEVED_BYTES, Bodies
from simulators.slack.faults import Fault
from tests.support.harnesses.slack import CLIP, Workplace, workplace

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
async def http(tmp_path: Path) -> AsyncIterator[Workplace]:
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
        entrance = HttpEntrance(place.room.app, place.room.who, bare, Bodies().read, lambda reason: None)
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
    await place.slack.until(lambda: place.slack.sockets.opened >= 2 and place.slack.sockets.online)
    message = await place.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    await place.slack.delivery.settled()
    assert [job.origin.message_ts for job in await place.jobs()] == [message.ts]


async def test_a_start_while_slack_is_away_connects_when_it_is_back(tmp_path: Path) -> None:
    async with workplace(tmp_path, start=False) as place:
        fault = place.slack.fault(Fault("apps.connections.open", times=1, status=503))
        await place.room.start()
        await place.slack.until(lambda: place.slack.sockets.online)
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
        from tests.support.harnesses.slack import spoken

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


@pytest.mark.parametrize(
    "change",
    [
        {"team_id": "T0STRANGER"},
        {"team_id": "T0STRANGER", "authorizations": [{"team_id": "T0STRANGER"}]},
        {"authorizations": [{"team_id": "T0STRANGER", "enterprise_id": None, "is_enterprise_install": False}]},
        {"team_id": None, "enterprise_id": "E0STRANGER"},
    ],
)
async def test_an_event_of_another_workspace_is_never_ours(http: Workplace, change: dict[str, object]) -> None:
    body = json.dumps({**MESSAGE, **change}).encode()
    assert await post(http, body, **signed(http, body)) == 200  # or it would come again
    assert await http.jobs() == []


async def test_an_event_that_a_partner_sent_for_us_is_ours(http: Workplace) -> None:
    ours = {"team_id": "T0PARTNER", "authorizations": [{"team_id": "T0PARTNER"}, {"team_id": "T0LOCAL"}]}
    body = json.dumps({**MESSAGE, **ours}).encode()
    assert await post(http, body, **signed(http, body)) == 200
    assert len(await http.jobs()) == 1


async def test_an_event_of_another_app_is_never_ours(place: Workplace) -> None:
    response = await place.room.entrance.dispatch({**MESSAGE, "api_app_id": "A0STRANGER"})
    assert (response.status, await place.jobs()) == (200, [])
    await place.room.entrance.dispatch({**MESSAGE, "api_app_id": "A0LOCAL"})
    assert len(await place.jobs()) == 1


async def test_a_command_of_another_workspace_is_never_answered(place: Workplace) -> None:
    body = {"command": "/transcribe", "text": "list", "team_id": "T0STRANGER", "user_id": "U0ALICE", "channel_id": "C1"}
    assert (await place.room.entrance.dispatch(body)).status == 200
    await place.room.background.drain()
    assert place.slack.calls("users.conversations") == 0 or place.slack.replies("C1", "") == []


async def test_that_slack_holds_events_back_is_acknowledged_and_logged(http: Workplace) -> None:
    limited = {"type": "app_rate_limited", "team_id": "T0LOCAL", "minute_rate_limited": 1518467820, "api_app_id": "A1"}
    body = json.dumps(limited).encode()
    with structlog.testing.capture_logs() as logged:
        assert await post(http, body, **signed(http, body)) == 200
    assert "slack_holds_events_back" in [line["event"] for line in logged]


ODD = [
    {"type": "event_callback"},
    {"type": "event_callback", "event": None},
    {"type": "event_callback", "event": []},
    {"type": "event_callback", "event": "message"},
    {"type": "event_callback", "event": {}},
    {"type": "event_callback", "event": {"type": 7}},
    {"type": "event_callback", "event": {"type": "message"}, "authorizations": "x"},
    {"type": ["event_callback"], "event": {"type": "message"}},
    {"type": "block_actions"},
    {"type": "block_actions", "actions": None},
    {"type": "block_actions", "actions": []},
    {"type": "block_actions", "actions": "x"},
    {"type": "block_actions", "actions": [None]},
    {"type": "block_actions", "actions": [{}]},
    {"type": "block_actions", "actions": [{"action_id": 1}]},
    {"type": "block_actions", "actions": [{"type": "button", "action_id": "retry_job"}], "container": []},
    {"type": "view_submission"},
    {"type": "view_submission", "view": []},
    {"type": "view_submission", "view": {"callback_id": "rename_speakers", "private_metadata": "[]"}},
    {"type": "message_action", "callback_id": 3},
    {"type": "message_action", "callback_id": "transcribe_message"},
    {"type": "block_suggestion", "action_id": {}},
    {"command": 5},
    {"command": "/transcribe"},
    {"user": 1, "team": 2, "channel": 3},
    {"nothing": "known"},
]


@pytest.mark.parametrize("body", ODD, ids=str)
async def test_an_odd_body_that_is_signed_is_no_fault_of_ours(http: Workplace, body: dict[str, object]) -> None:
    raw = json.dumps(body).encode()
    assert await post(http, raw, **signed(http, raw)) < 500
    assert await http.jobs() == []


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda each: (
            st.lists(each, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["type", "event", "actions", "team", "user", "view", "action_id", "authorizations", "team_id"]
                ),
                each,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_body_can_be_judged(value: object) -> None:
    body = value if isinstance(value, dict) else {"event": value}
    me = Identity("T0LOCAL", "U0BOT", "B0BOT")
    assert is_well_formed(body) in (True, False)
    assert is_ours(me, body, "A0LOCAL") in (True, False)


async def test_only_the_bots_own_token_counts_as_revoked(place: Workplace) -> None:
    me = await place.room.who.me()
    listeners = place.room.listeners()
    await listeners.events["tokens_revoked"](
        me, {"type": "tokens_revoked", "tokens": {"oauth": ["U0ALICE"], "bot": []}}
    )
    assert place.broken == []
    await listeners.events["tokens_revoked"](me, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U0BOT"]}})
    assert place.broken == ["slack"]
