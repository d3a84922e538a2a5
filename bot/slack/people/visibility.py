"""The channels that a user shares with the bot, asked of Slack for each answer."""

from dataclasses import dataclass

from bot.domain.job import Job
from bot.slack.people.membership import Access


class VisibleChannels:
    """What one user sees, good for one answer; `channels` are those that Slack lists."""

    def __init__(self, access: Access, user_id: str, here: str, channels: frozenset[str]) -> None:
        self._access = access
        self._asked: dict[str, bool] = {}
        self.user_id = user_id
        self.here = here
        self.channels = channels

    @property
    def can_see_here(self) -> bool:
        """Whether they may see what is in the conversation that they ask from."""
        return self.here.startswith("D") or self.here in self.channels

    async def sees(self, job: Job) -> bool:
        """Whether they may see a job. Raises `StepError`s.

        A direct message is for its own user. A conversation that Slack does not list for the bot (a group message)
        is asked about once, and only for what they shared themselves.
        """
        channel = job.origin.channel_id
        if channel in self.channels:
            return True
        if job.origin.user_id != self.user_id:
            return False
        if channel not in self._asked:
            self._asked[channel] = await self._access.belongs(self.user_id, job, self.here)
        return self._asked[channel]


@dataclass
class Visibility:
    """Asks Slack what a user sees."""

    access: Access

    async def of(self, user_id: str, here: str = "") -> VisibleChannels:
        """What they see now; `here` is the conversation that they ask from. Raises `StepError`s."""
        channels = await self.access.channels(user_id)
        if here and not here.startswith("D") and here not in channels and await self.is_in(user_id, here, here):
            channels |= {here}
        return VisibleChannels(self.access, user_id, here, channels)

    async def is_in(self, user_id: str, channel: str, here: str) -> bool:
        """Whether they are in a channel or a group message; `here` is where Slack says that they act.

        Where Slack does not tell the bot (`missing_scope`: a group message), that they act there is proof. Raises
        `StepError`s and `StoreError`s.
        """
        among = await self.access.among(user_id, channel)
        return await self.access.acts_in(user_id, channel, here) if among is None else among
