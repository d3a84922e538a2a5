"""The connection of Socket Mode: fresh addresses, pauses that grow, no gap where Slack announces the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from slack_bolt.response import BoltResponse

from bot.slack.api.client import open_client
from bot.slack.api.payloads import Json
from bot.slack.api.socket_mode import Socket
from bot.slack.wiring import BLINK_SECONDS
from simulators.slack.faults import Fault
from simulators.slack.server import SlackSimulator
from tests.support.harnesses.slack import HandClock, bot_settings, slack_options

LINK, OPEN = "/link/", "apps.connections.open"
Gaps = asyncio.Queue[float | None]


async def gap(gaps: Gaps) -> float | None:
    """Wait for the next hello."""
    return await asyncio.wait_for(gaps.get(), 60)


async def taken(_body: Json) -> BoltResponse:
    return BoltResponse(status=200, body="")


@asynccontextmanager
async def connected(
    directory: Path, *faults: Fault, speed: float = 1.0, app_token: str = "", hello_seconds: float = 60.0
) -> AsyncIterator[tuple[SlackSimulator, Socket, Gaps, HandClock]]:
    """A socket that runs, and how long there was no connection before each hello."""
    clock, gaps = HandClock(speed), Gaps()
    async with SlackSimulator(slack_options()) as slack:
        for fault in faults:
            slack.fault(fault)
        async with open_client(bot_settings(slack, directory / "jobs.db"), clock) as client:
            token = app_token or slack.app_token
            socket = Socket(client, taken, token, clock, gaps.put_nowait, hello_seconds)
            running = asyncio.create_task(socket.run())
            try:
                yield slack, socket, gaps, clock
            finally:
                await socket.close()
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("status", [408, 500, 403])
async def test_each_handshake_has_a_fresh_address(tmp_path: Path, status: int) -> None:
    async with connected(tmp_path, Fault(LINK, times=2, status=status), speed=10) as (slack, socket, gaps, _):
        assert await gap(gaps) is None
        assert slack.calls(OPEN) == 3  # an address is good once
        assert socket.fault == ""


async def test_a_connection_on_which_slack_never_says_hello_is_replaced(tmp_path: Path) -> None:
    silent = Fault(LINK, no_hello=True)
    async with connected(tmp_path, silent, speed=10, hello_seconds=1.0) as (slack, socket, gaps, _):
        assert await gap(gaps) is None
        assert slack.calls(OPEN) >= 2
        assert socket.fault == ""
        await slack.until(lambda: slack.sockets.sockets == 1)  # the silent one is closed


async def test_too_many_connections_are_met_with_one_call_a_minute(tmp_path: Path) -> None:
    fault = Fault(LINK, times=None, error="too_many_websockets")
    async with connected(tmp_path, fault, speed=100) as (slack, socket, _, clock):
        began = clock.now()  # before the first call: a moment that a busy machine adds makes it no shorter
        await slack.until(lambda: slack.calls(OPEN) >= 4)
        assert clock.now() - began >= 3 * 60
        assert "not connected" in socket.fault
        slack.faults.clear()
        await slack.until(lambda: slack.sockets.online)


async def test_the_pauses_between_failures_grow_to_a_minute(tmp_path: Path) -> None:
    async with connected(tmp_path, Fault(OPEN, times=None, status=503), speed=100) as (slack, _, _, clock):
        began = clock.now()
        await slack.until(lambda: slack.calls(OPEN) >= 9)
        assert clock.now() - began >= 0.75 * (1 + 2 + 4 + 8 + 16 + 32 + 60 + 60)


async def test_a_connection_whose_end_is_announced_is_followed_before_it_ends(tmp_path: Path) -> None:
    async with connected(tmp_path, speed=50) as (slack, _, gaps, clock):
        assert await gap(gaps) is None
        clock.ahead += 3600  # it has lasted: the next one needs no pause
        await slack.disconnect("warning")
        assert await gap(gaps) == 0.0
        assert slack.sockets.sockets == 2


async def test_a_blink_is_told_from_a_gap(tmp_path: Path) -> None:
    async with connected(tmp_path, speed=0.1) as (slack, _, gaps, clock):  # half a minute is a blink, on a busy machine
        assert await gap(gaps) is None
        clock.ahead += 3600
        await slack.disconnect("cut")
        blink = await gap(gaps)
        assert blink is not None
        assert 0 <= blink < BLINK_SECONDS
        clock.speed = 10.0  # of pauses between tries
        fault = slack.fault(Fault(OPEN, times=None, status=503))
        await slack.disconnect("cut")
        before = slack.calls(OPEN)
        await slack.until(lambda: slack.calls(OPEN) > before)
        clock.ahead += 60
        slack.faults.clear(fault.id)
        longer = await gap(gaps)
        assert longer is not None
        assert longer > 60


async def test_a_refused_app_token_is_named_to_the_operator(tmp_path: Path) -> None:
    async with connected(tmp_path, app_token="xapp-1-WRONG") as (slack, socket, _, _):  # it is wrong
        await slack.until(lambda: slack.calls(OPEN) >= 2)  # so the answer to the first one is read
        assert "SLACK_APP_TOKEN" in socket.fault
        assert "invalid_auth" in socket.fault


async def test_that_socket_mode_is_off_is_said_to_the_operator(tmp_path: Path) -> None:
    off = Fault(OPEN, times=None, error="socket_mode_disabled")
    async with connected(tmp_path, off) as (slack, socket, _, _):
        await slack.until(lambda: slack.calls(OPEN) >= 2)
        assert "socket_mode_disabled" in socket.fault
        assert "Socket Mode is on" in socket.fault
