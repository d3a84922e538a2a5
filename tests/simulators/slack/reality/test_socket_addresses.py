"""How long an address for Socket Mode is good."""

import aiohttp
import pytest

from simulators.slack import SlackSimulator
from simulators.slack.faults import Fault
from tests.simulators.slack.peers import client


async def _ticket(slack: SlackSimulator) -> str:
    answer = await client(slack, slack.app_token).apps_connections_open(app_token=slack.app_token)
    return str(answer["url"])


async def test_a_failed_handshake_uses_its_address_up(slack: SlackSimulator, http: aiohttp.ClientSession) -> None:
    slack.fault(Fault("/link/", status=408))
    url = await _ticket(slack)
    for status in (408, 404, 404):
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await http.ws_connect(url)
        assert caught.value.status == status
    async with http.ws_connect(await _ticket(slack)) as socket:
        assert (await socket.receive_json())["type"] == "hello"


async def test_an_unused_address_lapses(slack: SlackSimulator, http: aiohttp.ClientSession) -> None:
    slack.options.tickets_last = 0.0
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await http.ws_connect(await _ticket(slack))


async def test_too_many_websockets_closes_the_new_one(slack: SlackSimulator, http: aiohttp.ClientSession) -> None:
    slack.fault(Fault("/link/", error="too_many_websockets"))
    slack.options.most_sockets = 1
    async with http.ws_connect(await _ticket(slack)) as faulty:
        message = await faulty.receive_json()
        assert (message["type"], message["reason"]) == ("disconnect", "too_many_websockets")
        assert (await faulty.receive()).type is aiohttp.WSMsgType.CLOSE
    async with http.ws_connect(await _ticket(slack)) as first, http.ws_connect(await _ticket(slack)) as second:
        assert (await first.receive_json())["type"] == "hello"
        assert (await second.receive_json())["reason"] == "too_many_websockets"
