"""What every part of one workspace's side of Slack works with."""

from dataclasses import dataclass

from bot.ports.clock import Clock
from bot.ports.store import JobStore
from bot.slack.api.client import SlackClient
from bot.slack.api.identity import BotIdentity
from bot.slack.people.users import Users


@dataclass(frozen=True, slots=True)
class SlackContext:
    """The store, and Slack as this workspace's bot sees it."""

    store: JobStore
    client: SlackClient
    who: BotIdentity
    users: Users
    clock: Clock

    def now(self) -> float:
        """Unix seconds."""
        return self.clock.now()
