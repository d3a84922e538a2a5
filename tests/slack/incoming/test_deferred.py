"""Deferred work: one item that cannot be done holds up no other, is reported, and comes to an end."""

import asyncio
from pathlib import Path

import pytest
import structlog

from bot.ports.store import ChannelSettings
from bot.slack.incoming.deferred import MOST_BUGS
from bot.slack.incoming.intake import GREETING, MENTION
from simulators.slack.faults import Fault
from tests.support.harnesses.slack import Workplace, workplace


async def ask(place: Workplace, kind: str, key: str, ref: str, payload: bytes = b"{}") -> None:
    now = place.clock.now()
    await place.store.put_inbox(kind, key, ref, payload, now, now)


async def greeted(place: Workplace, channel: str) -> None:
    await place.slack.until(lambda: any(each.is_bot for each in place.slack.messages(channel)))


async def test_a_missing_permission_holds_up_nothing_and_is_reported(tmp_path: Path) -> None:
    async with workplace(tmp_path) as place:
        place.slack.fault(Fault("conversations.replies", times=None, error="missing_scope"))
        place.slack.say_as("U0BOB", "C0CLINIC", "<@U0BOT> hello?")
        await place.slack.until(lambda: place.slack.calls("conversations.replies") > 0)
        place.slack.people.invite_bot("U0ALICE", "C0GENERAL")
        await greeted(place, "C0GENERAL")
        assert "slack" in place.broken
        assert len(await place.store.inbox_due(MENTION, place.clock.now() + 60)) == 1  # it waits


@pytest.mark.parametrize("payload", [b"", b"[1]", b"{", b"\xff"])
async def test_an_unreadable_item_holds_up_nothing_and_is_dropped_in_the_end(tmp_path: Path, payload: bytes) -> None:
    async with workplace(tmp_path, speed=200) as place:
        with structlog.testing.capture_logs() as logged:
            await ask(place, MENTION, "broken", "C0CLINIC", payload)
            await ask(place, GREETING, "T0LOCAL:C0CALLS", "C0CALLS")
            await greeted(place, "C0CALLS")

            async def gone() -> bool:
                return not await place.store.inbox_due(MENTION, place.clock.now() + 1e6)

            await place.until(gone, timeout=60)
        broke = [line for line in logged if line["event"] == "deferred_broke"]
        if payload != b"[1]":  # which reads as an empty object: a mention of nothing, refused by Slack
            assert len(broke) == MOST_BUGS
            assert [line["event"] for line in logged if line["event"] == "deferred_dropped"] == ["deferred_dropped"]


async def test_what_slack_cannot_do_now_is_logged_once(tmp_path: Path) -> None:
    async with workplace(tmp_path, speed=100) as place:
        fault = place.slack.fault(Fault("conversations.replies", times=None, error="service_unavailable"))
        with structlog.testing.capture_logs() as logged:
            place.slack.say_as("U0BOB", "C0CLINIC", "<@U0BOT> hello?")
            await place.slack.until(lambda: place.slack.faults.active[0].seen >= 4, 30)
        assert [line["event"] for line in logged if line["event"] == "deferred_postponed"] == ["deferred_postponed"]
        place.slack.faults.clear(fault.id)

        async def answered() -> bool:
            return not await place.store.inbox_due(MENTION, place.clock.now() + 1e6)

        await place.until(answered, timeout=30)


async def test_slack_is_asked_again_when_it_said_and_not_before(place: Workplace) -> None:
    place.slack.fault(Fault("conversations.replies", status=429, retry_after=300))
    place.slack.say_as("U0BOB", "C0CLINIC", "<@U0BOT> hello?")
    await place.slack.until(lambda: place.slack.calls("conversations.replies") > 0)

    async def postponed() -> bool:
        return not await place.store.inbox_due(MENTION, place.clock.now() + 200)

    await place.until(postponed)
    assert len(await place.store.inbox_due(MENTION, place.clock.now() + 310)) == 1


async def test_a_greeting_says_how_long_transcripts_are_kept(place: Workplace) -> None:
    await place.store.put_channel_settings("T0LOCAL", "C0CALLS", ChannelSettings(retention_days=7))
    for channel, days in (("C0CLINIC", "30 days"), ("C0CALLS", "7 days")):
        await ask(place, GREETING, f"T0LOCAL:{channel}", channel)
        await greeted(place, channel)
        assert f"my own copy of a transcript for {days}" in place.slack.messages(channel)[-1].text


async def test_an_item_that_another_process_handles_is_left_to_it(tmp_path: Path) -> None:
    async with workplace(tmp_path, start=False) as place:
        await ask(place, GREETING, "T0LOCAL:C0CALLS", "C0CALLS")
        (item,) = await place.store.claim_inbox(GREETING, place.clock.now(), 600)
        await ask(place, GREETING, "T0LOCAL:C0CLINIC", "C0CLINIC")
        running = asyncio.create_task(place.room.deferred.run())
        await greeted(place, "C0CLINIC")
        assert not any(each.is_bot for each in place.slack.messages("C0CALLS"))
        await place.store.postpone_inbox(item, place.clock.now())
        await greeted(place, "C0CALLS")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_mention_outside_a_thread_is_answered_where_it_is_seen(place: Workplace) -> None:
    place.slack.say_as("U0BOB", "C0CLINIC", "<@U0BOT> can you summarise?")

    def said() -> bool:
        return any(each.ephemeral_to == "U0BOB" for each in place.slack.messages("C0CLINIC"))

    await place.slack.until(said)  # below a message without replies nobody would see it
