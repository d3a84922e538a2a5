"""Two processes at one message: whichever stood still, there is one reply, one status line and one reaction."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

import pytest

from bot.domain.errors import Transient
from bot.domain.job import Job
from bot.domain.machine import Replying
from bot.domain.transcript import Transcript
from bot.ports.store import JobStore, OutboxMessage, Phase
from bot.slack.api.client import SlackClient, open_client
from bot.slack.api.identity import BotIdentity
from bot.slack.api.methods import Method
from bot.slack.blockkit.blocks import Message as Sent
from bot.slack.context import SlackContext
from bot.slack.people.users import Users
from bot.slack.thread.posts import VERIFY_SECONDS, Posts, mark_of
from bot.slack.thread.reactions import CLAIM_SECONDS, DONE, SEEN, Reactions
from bot.slack.thread.render import Document
from bot.slack.thread.status import CHECK_SECONDS
from bot.slack.thread.uploads import Uploads
from bot.slack.wiring import Reports, SlackAdapter, SlackServices
from bot.supervisor import Supervisor
from bot.web.bodies import Bodies
from simulators.slack.faults import Fault
from simulators.slack.records import Message
from tests.support.harnesses.slack import SETTLE, Workplace, spoken, workplace

TALK: Transcript = spoken("Good morning.", title="Morning visit", summary="No pain is reported.")
SENT = Sent("Morning visit", [{"type": "section", "text": {"type": "mrkdwn", "text": "Morning visit"}}])


@asynccontextmanager
async def process(place: Workplace) -> AsyncIterator[tuple[SlackClient, Posts, Uploads]]:
    """Another process of the bot: the same database, its own connection to Slack and its own queue for the channel."""
    async with open_client(place.settings, place.clock) as client:
        who = BotIdentity(client)
        slack = SlackContext(place.store, client, who, Users(client, who, place.clock), place.clock)
        posts = Posts(slack, SETTLE, lambda how: None)
        yield client, posts, Uploads(slack, posts)


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


class Standing:
    """A store whose process stands still just before its next call of `method`, until it `wakes`."""

    def __init__(self, store: JobStore, method: str) -> None:
        self._store = store
        self._method = method
        self.stands = asyncio.Event()
        self.wakes = asyncio.Event()

    def __getattr__(self, name: str) -> object:
        call = getattr(self._store, name)
        if name != self._method or self.stands.is_set():
            return call

        async def late(*arguments: object, **more: object) -> object:
            self.stands.set()
            await self.wakes.wait()
            return await call(*arguments, **more)

        return late


@asynccontextmanager
async def another(place: Workplace, store: JobStore | None = None) -> AsyncIterator[SlackAdapter]:
    """The Slack side of another process on the same database; nothing of it runs by itself."""
    async with open_client(place.settings, place.clock) as client:
        supervisor = Supervisor(place.clock)
        reports = Reports(lambda lane: None)
        found = place.store if store is None else store
        services = SlackServices(
            place.settings, found, place.clock, place.http, client, supervisor, reports, Bodies().read, {}
        )
        yield SlackAdapter(services)
        await supervisor.stop()


def standing(place: Workplace, method: str) -> tuple[Standing, JobStore]:
    store = Standing(place.store, method)
    return store, cast(JobStore, store)


def reactions(message: Message) -> set[str]:
    return {name for name, users in message.reactions.items() if users}


def lines(place: Workplace, message: Message) -> list[Message]:
    return [reply for reply in place.ours(message) if "threadscribe_status" in str(reply.metadata)]


async def row_of(place: Workplace, key: str) -> OutboxMessage:
    row = await place.store.outbox_message(key)
    assert row is not None
    return row


async def is_gone(place: Workplace, job: Job) -> bool:
    """Whether the row of the job's status line says so."""
    return (await row_of(place, place.room.status.key(job))).phase == "gone"


async def answered(place: Workplace, job: Job) -> None:
    await place.answer(await place.replying(job, TALK), TALK)


async def test_who_stood_still_before_its_reaction_takes_it_away_again(place: Workplace) -> None:
    message, job = await place.upload()
    async with another(place) as stale:
        held = place.slack.fault(Fault("reactions.add", hold="before"))
        stale.chat.show(job)
        asleep = asyncio.create_task(stale.chat.keep_shown())
        await place.slack.until(lambda: place.slack.calls("reactions.add") >= 1)
        place.clock.ahead += CLAIM_SECONDS + 1.0
        await answered(place, job)
        await place.slack.until(lambda: reactions(message) == {DONE})
        place.slack.faults.clear(held.id)
        await place.slack.until(lambda: place.slack.calls("reactions.add") >= 2)

        async def one() -> bool:
            return reactions(message) == {DONE} and (await row_of(place, Reactions.key(job.origin))).phase == "posted"

        await place.until(one)
        asleep.cancel()
    assert reactions(message) == {DONE}


async def test_who_stood_still_with_an_old_wish_changes_no_reaction(place: Workplace) -> None:
    message, job = await place.upload()
    store, stands = standing(place, "outbox_message")
    async with another(place, stands) as stale:
        stale.chat.status.reactions.show(job, SEEN)
        asleep = asyncio.create_task(stale.chat.status.reactions._next())
        await store.stands.wait()
        await answered(place, job)

        async def settled() -> bool:
            return (await row_of(place, Reactions.key(job.origin))).phase == "settled"

        await place.until(settled)
        store.wakes.set()
        await asleep
    assert reactions(message) == {DONE}
    assert place.slack.calls("reactions.add") == 1


async def test_a_reaction_that_a_killed_process_owed_is_set_by_another(place: Workplace) -> None:
    message, job = await place.upload()
    job = await place.replying(job, TALK)
    async with another(place) as killed:
        await killed.chat.reply(job, TALK)
    await place.store.apply(Replying(job).replied(place.clock.now()))
    place.clock.ahead += VERIFY_SECONDS + 1.0
    await place.room.chat.verify_due()

    async def kept() -> bool:
        return (await row_of(place, Reactions.key(job.origin))).verify_at is None

    await place.until(kept)
    assert reactions(message) == {DONE}


async def test_a_reaction_that_two_processes_verify_is_settled_by_the_first_that_is_through(place: Workplace) -> None:
    """Slack takes twenty removals a minute: a verification can last until another process begins it, too."""
    message, job = await place.upload()
    await answered(place, job)
    key = Reactions.key(job.origin)

    async def settled() -> bool:
        row = await place.store.outbox_message(key)
        return row is not None and row.phase == "settled" and row.ts == DONE and row.verify_at is None

    await place.until(settled)
    doubtful = replace(await row_of(place, key), phase=Phase.POSTED, verify_at=place.clock.now() + VERIFY_SECONDS)
    row = await place.store.update_outbox(doubtful)
    assert row is not None
    before = place.slack.calls("reactions.remove")
    async with another(place) as first, another(place) as second:
        held = place.slack.fault(Fault("reactions.remove", hold="before"))
        verifying = asyncio.create_task(first.chat.verify(row))
        await place.slack.until(lambda: place.slack.calls("reactions.remove") > before)
        late = place.slack.fault(Fault("reactions.remove", hold="before"))
        also = asyncio.create_task(second.chat.verify(await row_of(place, key)))
        await place.slack.until(lambda: place.slack.calls("reactions.remove") > before + 1)
        place.slack.faults.clear(held.id)
        await verifying
        assert await settled()
        place.slack.faults.clear(late.id)
        await also
    assert await settled()
    assert reactions(message) == {DONE}


async def test_a_line_that_is_posted_when_all_is_answered_goes(place: Workplace) -> None:
    message, job = await place.upload()
    store, stands = standing(place, "claim_outbox")
    async with another(place, stands) as stale:
        stale.chat.status.show(job)
        asleep = asyncio.create_task(stale.chat.status.run())
        await store.stands.wait()
        await answered(place, job)
        await place.slack.until(lambda: reactions(message) == {DONE})
        store.wakes.set()
        await place.slack.until(lambda: place.slack.calls("chat.delete") >= 1 and not lines(place, message))
        await place.until(partial(is_gone, place, job))
        asleep.cancel()
    assert lines(place, message) == []


async def test_a_line_whose_jobs_another_process_ended_is_forgotten(place: Workplace) -> None:
    message, job = await place.upload()
    async with another(place) as other:
        other.chat.show(job)
        for _ in range(2):
            await other.chat.status.flush()
        assert len(lines(place, message)) == 1
        await answered(place, job)
        await place.until(partial(is_gone, place, job))
        await other.chat.status.flush()
        assert len(other.chat.status._lines) == 1  # nothing tells this process
        place.clock.ahead += CHECK_SECONDS + 1.0
        await other.chat.status.flush()
        assert other.chat.status._lines == {}


async def test_a_line_that_a_killed_process_posted_too_late_goes_a_minute_later(place: Workplace) -> None:
    message, job = await place.upload()
    origin = job.origin
    key = place.room.status.key(job)
    await answered(place, job)
    async with another(place) as killed:
        await killed.posts.deliver(key, job.id, origin.channel_id, origin.thread_ts, SENT, passing=True)
    assert len(lines(place, message)) == 1
    place.clock.ahead += VERIFY_SECONDS + 1.0
    await place.room.chat.verify_due()
    await place.slack.until(lambda: not lines(place, message))


async def test_who_stood_still_while_a_line_went_does_not_bring_its_row_back(place: Workplace) -> None:
    message, job = await place.upload()
    place.room.chat.show(job)
    await place.slack.until(lambda: bool(lines(place, message)))
    job = await place.replying(job, TALK)
    store, stands = standing(place, "update_outbox")
    async with another(place, stands) as stale:
        asleep = asyncio.create_task(stale.chat.status.answered(job))
        await store.stands.wait()
        await place.answer(job, TALK)
        await place.slack.until(lambda: not lines(place, message))
        await place.until(partial(is_gone, place, job))
        store.wakes.set()
        await asleep
    assert await is_gone(place, job)


async def test_a_message_is_verified_by_one_process_and_nobody_who_posts_waits(place: Workplace) -> None:
    message, job = await place.upload()
    key = f"reply:{job.id}:0.0"
    mark = mark_of(key, job.id)
    for _ in range(2):
        await place.room.client.call(
            Method.POST, channel=message.channel, thread_ts=message.ts, text="twice", metadata=mark.metadata
        )
    now = place.clock.now()
    row = OutboxMessage(key, job.id, message.channel, message.ts, Phase.POSTED, now, "1.0", verify_at=now - 1.0)
    await place.store.update_outbox(row)
    doubtful = replace(row, key=f"reply:{job.id}:0.1", phase=Phase.INTENT, ts="", intent_at=now - SETTLE)
    await place.store.update_outbox(doubtful)
    async with another(place) as other, process(place) as (_, owner, _):
        await asyncio.gather(place.room.chat.verify_due(), other.chat.verify_due())
        await owner.deliver(doubtful.key, job.id, message.channel, message.ts, SENT)
    assert (await row_of(place, key)).phase == "settled"
    assert place.slack.calls("chat.delete") == 1


async def test_a_verification_that_is_late_changes_nothing(place: Workplace) -> None:
    message, job = await place.upload()
    key = f"reply:{job.id}:0.0"
    async with process(place) as (_, owner, _):
        ts = await owner.deliver(key, job.id, message.channel, message.ts, SENT)
    row = await place.store.update_outbox(replace(await row_of(place, key), verify_at=place.clock.now()))
    store, stands = standing(place, "update_outbox")
    async with another(place, stands) as stale:
        asleep = asyncio.create_task(stale.chat.verify_due())
        await store.stands.wait()
        await place.room.posts.delete(message.channel, ts)
        assert row is not None
        await place.room.posts.mark_gone(row)
        store.wakes.set()
        await asleep
    assert (await row_of(place, key)).phase == "gone"
