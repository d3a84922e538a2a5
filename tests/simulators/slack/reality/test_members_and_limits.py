"""Pages of members, limits of history, and latency, beyond what Slack documents."""

import asyncio

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from simulators.slack import SlackSimulator
from tests.simulators.slack.peers import client, options


async def test_members_come_in_pages_of_at_most_200_whatever_is_asked(
    slack: SlackSimulator, web: AsyncWebClient
) -> None:
    added = slack.people.crowd("C0CLINIC", 450)
    sizes: list[int] = []
    found: list[str] = []
    cursor = ""
    while not sizes or cursor:
        page = await web.conversations_members(channel="C0CLINIC", limit=1000, cursor=cursor)
        sizes.append(len(page["members"]))
        found += page["members"]
        cursor = page["response_metadata"]["next_cursor"]
    assert sizes == [200, 200, 53]
    assert set(added) <= set(found)


async def test_history_of_a_distributed_app_is_15_messages_once_in_a_while() -> None:
    async with SlackSimulator(options(limited_history=True, limited_history_period=3600)) as slack:
        for number in range(20):
            slack.say_as("U0ALICE", "C0CLINIC", str(number))
        web = client(slack)
        first = await web.conversations_history(channel="C0CLINIC", limit=200)
        assert (len(first["messages"]), first["has_more"]) == (15, True)
        with pytest.raises(SlackApiError, match="ratelimited") as caught:
            await web.conversations_history(channel="C0CALLS")
        assert int(caught.value.response.headers["Retry-After"]) >= 1
        slack.options.limited_history_period = 1e-9  # which is over, on the fastest machine too
        assert (await web.conversations_history(channel="C0CALLS"))["ok"]
        assert (await web.users_info(user="U0BOB"))["ok"]


async def test_latency_is_for_the_methods_it_names(slack: SlackSimulator, web: AsyncWebClient) -> None:
    slack.options.latency = {"conversations.*": 3.0}
    waiting = asyncio.create_task(web.conversations_members(channel="C0CLINIC"))
    await web.users_info(user="U0BOB")
    assert not waiting.done()
    assert (await waiting)["ok"]
