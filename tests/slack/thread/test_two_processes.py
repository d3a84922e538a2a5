"""Two processes at one message: whichever stood still, there is one reply (SCALE.md, fault 2)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.domain.errors import Transient
from bot.domain.transcript import Transcript
from bot.slack.api.client import SlackClient, open_client
from bot.slack.api.identity import BotIdentity
from bot.slack.blockkit.blocks import Message as Sent
from bot.slack.thread.posts import Posts
from bot.slack.thread.render import Document
from bot.slack.thread.uploads import Uploads
from simulators.slack.faults import Fault
from simulators.slack.records import Message
from tests.support.slack_harness import SETTLE, Workplace, spoken, workplace

TALK: Transcript = spoken("Good morning.", title="Morning visit", summary="No pain is reported.")
SENT = Sent("Morning visit", [{"type": "section", "text": {"type": "mrkdwn", "text": "Morning visit"}}])


@asynccontextmanager
async def process(place: Workplace) -> AsyncIterator[tuple[SlackClient, Posts, Uploads]]:
    """Another process of the bot: the same database, its own connection to Slack and its own queue for the channel."""
    async with open_client(place.settings, place.clock) as client:
        posts = Posts(place.store, client, BotIdentity(client), place.clock, SETTLE, lambda how: None)
        yield client, posts, Uploads(place.store, client, posts, place.clock)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Workplace]:
    async with workplace(tmp_path) as found:
        yield found


def replies(place: Workplace, message: Message) -> list[Message]:
    return [reply for reply in place.ours(message) if "threadscribe_reply" in str(reply.metadata)]


async def test_who_wakes_in_the_queue_of_a_channel_does_not_post_again(place: Workplace) -> None:
    message, job = await place.upload()
    address = (f"reply:{job.id}:0.0", job.id, message.channel, message.ts)
    async with process(place) as (client, stale, _), process(place) as (_, other, _):
        client.pace.hold(message.channel, 1.0)
        waiting = asyncio.create_task(stale.deliver(*address, SENT))
        ts = await other.deliver(*address, SENT)
        with pytest.raises(Transient):
            await waiting
        assert await stale.deliver(*address, SENT) == ts
    assert [reply.ts for reply in replies(place, message)] == [ts]


async def test_who_stood_still_in_the_middle_of_a_request_takes_its_message_away(place: Workplace) -> None:
    message, job = await place.upload()
    address = (f"reply:{job.id}:0.0", job.id, message.channel, message.ts)
    async with process(place) as (_, stale, _), process(place) as (_, other, _):
        place.slack.fault(Fault("chat.postMessage", hold="before"))
        late = asyncio.create_task(stale.deliver(*address, SENT))
        await place.slack.until(lambda: place.slack.calls("chat.postMessage") >= 1)
        place.clock.ahead += SETTLE + 1.0
        ts = await other.deliver(*address, SENT)
        place.slack.faults.clear()
        assert await late == ts
    assert [reply.ts for reply in replies(place, message)] == [ts]


async def test_a_file_is_shared_by_one_of_two(place: Workplace) -> None:
    message, job = await place.upload()
    address = (f"file:{job.id}:0", job.id, message.channel, message.ts)
    document = Document("visit.txt", "Morning visit", b"Good morning.")
    async with process(place) as (client, _, stale), process(place) as (_, _, other):
        client.pace.hold(message.channel, 1.0)
        waiting = asyncio.create_task(stale.deliver(*address, document))
        assert await other.deliver(*address, document)
        with pytest.raises(Transient):
            await waiting
        assert await stale.deliver(*address, document)
    assert place.slack.calls("files.completeUploadExternal") == 1
