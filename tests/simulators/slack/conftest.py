"""The workspace with its usual options, a stock client and a plain one; a module that needs others has its own."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from simulators.slack import SlackSimulator
from tests.simulators.slack.peers import App, client, connected, new_app, options


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator(options()) as slack:
        yield slack


@pytest.fixture
def web(slack: SlackSimulator) -> AsyncWebClient:
    return client(slack)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as http:
        yield http


@pytest.fixture(params=["socket", "http"])
async def app(request: pytest.FixtureRequest) -> AsyncIterator[App]:
    """A stock app, connected over Socket Mode and over HTTP; its answers have half a minute."""
    async with SlackSimulator(options(ack_timeout=30.0)) as slack, connected(new_app(slack), request.param) as app:
        yield app
