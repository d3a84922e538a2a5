"""Who may see a job: members of its conversation, asked of Slack at the time."""

from bot.domain.errors import Misconfigured
from bot.domain.job import Job
from bot.slack.api.client import SlackClient, SlackRefusal
from bot.slack.api.methods import Method
from bot.slack.api.payloads import child, names, rows, text
from bot.slack.people.users import Users


class Access:
    """Answers by asking Slack; nothing is remembered, so who has left a channel has left its jobs."""

    def __init__(self, client: SlackClient, persons: Users) -> None:
        self._client = client
        self._persons = persons

    async def sees(self, user_id: str, job: Job, here: str) -> bool:
        """Whether the person may see the job; `here` is the conversation they ask from. Raises `StepError`s.

        A direct message is for its person alone. A group conversation whose members Slack does not tell the bot is
        treated the same: only who shared the file sees it from elsewhere.
        """
        return job.origin.channel_id == here or await self.belongs(user_id, job)

    async def belongs(self, user_id: str, job: Job, here: str = "") -> bool:
        """Whether the person is in the job's conversation at this moment. Raises `StepError`s.

        `here` is where Slack says they are; it counts only where Slack does not tell who is in a group.
        """
        channel = job.origin.channel_id
        if channel.startswith("D"):
            return job.origin.user_id == user_id
        among = await self.among(user_id, channel)
        return job.origin.user_id == user_id or channel == here if among is None else among

    async def among(self, user_id: str, channel: str) -> bool | None:
        """Whether they are a member; None where Slack does not tell (`missing_scope`). Raises `StepError`s."""
        try:
            async for page in self._client.pages(Method.MEMBERS, channel=channel, limit=1000):
                if user_id in names(page, "members"):
                    return True
        except SlackRefusal:
            return False
        except Misconfigured as error:
            if "missing_scope" not in error.detail:
                raise
            return None
        return False

    async def may_delete(self, user_id: str, job: Job) -> bool:
        """Whether the transcript is theirs to delete: they shared it, own the file, or run the workspace.

        Raises `StepError`s. That they are in the conversation is asked apart (`belongs`).
        """
        if user_id == job.origin.user_id or (await self._persons.ask(user_id)).is_admin:
            return True
        try:
            file = await self._client.call(Method.FILE_INFO, file=job.origin.file_id)
        except SlackRefusal:  # the file is gone: then nobody owns it
            return False
        return text(child(file, "file"), "user") == user_id

    async def channels(self, user_id: str) -> frozenset[str]:
        """The conversations that the person and the bot are both in. Raises `StepError`s."""
        found: set[str] = set()
        async for page in self._client.pages(
            Method.CONVERSATIONS, user=user_id, types="public_channel,private_channel", limit=999
        ):
            found.update(text(channel, "id") for channel in rows(page, "channels"))
        return frozenset(found - {""})
