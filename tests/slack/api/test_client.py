"""How Slack is called: its tiers are kept, and a fault of its own is no answer."""

from pathlib import Path

import pytest

from bot.domain.errors import Transient
from bot.slack.api.client import open_client
from bot.slack.api.methods import Method
from bot.slack.people.membership import Access
from simulators.slack.faults import Fault
from simulators.slack.records import BOT_USER
from simulators.slack.server import SlackSimulator
from tests.support.harnesses.slack import Workplace, bot_settings, slack_options


class StillClock:
    """A clock that stands still, and notes how long somebody wanted to sleep."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> float:
        return 1_800_000_000.0

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))


@pytest.mark.parametrize(("method", "seconds"), [(Method.REACT, 1.2), (Method.UNREACT, 3.0)])
async def test_reactions_keep_the_tiers_of_their_methods(tmp_path: Path, method: Method, seconds: float) -> None:
    """Slack: `reactions.add` is Tier 3 (50 a minute), `reactions.remove` Tier 2 (20 a minute)."""
    clock = StillClock()
    async with SlackSimulator(slack_options()) as slack:
        messages = [slack.say_as("U0ALICE", "C0CLINIC", f"message {number}") for number in range(2)]
        if method is Method.UNREACT:
            for message in messages:
                slack.workspace.react(message, BOT_USER, "eyes")
        async with open_client(bot_settings(slack, tmp_path / "jobs.db"), clock) as client:
            for message in messages:
                await client.call(method, channel="C0CLINIC", timestamp=message.ts, name="eyes")
    assert clock.slept == [seconds]


async def test_members_that_slack_cannot_fetch_at_the_moment_are_asked_for_again(place: Workplace) -> None:
    """`fetch_members_failed` is a fault of Slack's, not a no."""
    place.slack.fault(Fault("users.conversations", error="user_not_found", times=None))
    place.slack.fault(Fault("conversations.members", error="fetch_members_failed"))
    access = Access(place.room.client, place.room.persons, place.clock, place.store, place.room.who)
    with pytest.raises(Transient):
        await access.among("U0BOB", "C0CLINIC")
    assert await access.among("U0BOB", "C0CLINIC") is True
