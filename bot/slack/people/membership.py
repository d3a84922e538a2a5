"""Who may see a job: members of its conversation, asked of Slack; a yes is remembered for a minute."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from bot.domain.errors import MissingScope
from bot.domain.job import Job
from bot.ports.clock import Clock
from bot.ports.store import Preferences
from bot.slack.api.client import SlackClient, SlackRefusal
from bot.slack.api.identity import BotIdentity
from bot.slack.api.methods import Method
from bot.slack.api.payloads import child, names, rows, text
from bot.slack.people.remembered import Remembered
from bot.slack.people.users import Users

ACTED_SECONDS = 86_400.0  # how long it counts that somebody acted in a group message: nobody is taken out of one


@dataclass
class Access:
    """Asks Slack which conversations a user and the bot share: one or two calls, however large the channel."""

    client: SlackClient
    users: Users
    clock: Clock
    store: Preferences
    who: BotIdentity
    _members: Remembered[tuple[str, str], bool | None] = field(init=False)

    def __post_init__(self) -> None:
        self._members = Remembered(self.clock, keep=lambda answer: answer is True)

    async def belongs(self, user_id: str, job: Job, here: str = "") -> bool:
        """Whether the user is in the job's conversation. Raises `StepError`s and `StoreError`s.

        A direct message is for its own user. `here` is where Slack says they are; it counts only where Slack does not
        tell who is in a group.
        """
        channel = job.origin.channel_id
        if channel.startswith("D"):
            return job.origin.user_id == user_id
        among = await self.among(user_id, channel)
        if among is None:
            return job.origin.user_id == user_id or await self.acts_in(user_id, channel, here)
        return among

    async def acts_in(self, user_id: str, channel: str, here: str) -> bool:
        """Whether they act in a group message, of which Slack tells the bot nothing, or did so today.

        `here` is where Slack says that they act; a conversation's id in the value of a button or in a window proves
        nothing. Raises `StepError`s and `StoreError`s.
        """
        name = f"acted:{(await self.who.me()).team_id}:{channel}:{user_id}"
        now, acted = self.clock.now(), float(await self.store.cursor(name) or 0)
        lately = 0 <= now - acted < ACTED_SECONDS
        if channel == here and not (lately and now - acted < ACTED_SECONDS / 2):
            await self.store.put_cursor(name, f"{now:.6f}")
        return channel == here or lately

    async def among(self, user_id: str, channel: str) -> bool | None:
        """Whether they are a member; None where Slack does not tell (a group message). Raises `StepError`s."""
        return await self._members.get((user_id, channel), lambda: self._among(user_id, channel))

    async def _among(self, user_id: str, channel: str) -> bool | None:
        try:
            async for page in self._pages(user_id):
                if channel in page:
                    return True
        except SlackRefusal:  # Slack tells nothing of this user (of another organisation, perhaps)
            return await self._listed(user_id, channel)
        try:
            await self.client.call(Method.CHANNEL_INFO, channel=channel)
        except SlackRefusal:  # the bot is not in it
            return False
        except MissingScope:  # a group message is on no list that the bot may read
            return None
        return False

    async def _listed(self, user_id: str, channel: str) -> bool | None:
        """The same by the list of members."""
        try:
            async for page in self.client.pages(Method.MEMBERS, channel=channel, limit=200):
                if user_id in names(page, "members"):
                    return True
        except SlackRefusal:
            return False
        except MissingScope:
            return None
        return False

    async def may_delete(self, user_id: str, job: Job) -> bool:
        """Whether the transcript is theirs to delete: they shared it, own the file, or run the workspace.

        Raises `StepError`s. That they are in the conversation is asked apart (`belongs`).
        """
        if user_id == job.origin.user_id or (await self.users.ask(user_id)).is_admin:
            return True
        try:
            file = await self.client.call(Method.FILE_INFO, file=job.origin.file_id)
        except SlackRefusal:  # the file is gone: then nobody owns it
            return False
        return text(child(file, "file"), "user") == user_id

    async def channels(self, user_id: str) -> frozenset[str]:
        """The conversations that the user and the bot are both in, as of now. Raises `StepError`s."""
        found: set[str] = set()
        async for page in self._pages(user_id):
            found |= page
        return frozenset(found)

    async def _pages(self, user_id: str) -> AsyncGenerator[set[str], None]:
        async for page in self.client.pages(
            Method.CONVERSATIONS, user=user_id, types="public_channel,private_channel", limit=999
        ):
            yield {text(channel, "id") for channel in rows(page, "channels")} - {""}
