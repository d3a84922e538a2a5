"""Who may see and change the settings of a conversation, asked of Slack at the time.

Its members see them. They change where the recordings of everybody go, so in a public channel of some size only
whoever made it and workspace admins do; in a private or small one every member, and guests never.
"""

from dataclasses import dataclass

from bot.domain.errors import Misconfigured
from bot.slack.api.client import SlackClient, SlackRefusal
from bot.slack.api.methods import Method
from bot.slack.api.payloads import Json, child, number, text, truth
from bot.slack.people.users import Users
from bot.slack.people.visibility import Visibility
from bot.slack.settings import texts as words

SMALL = 30  # members of a public channel in which every one of them may change the settings


@dataclass(frozen=True, slots=True)
class Permission:
    """What somebody may do, and the sentence for what they may not."""

    sees: bool
    changes: bool
    why: str = ""


class SettingsPermissions:
    """Asks Slack."""

    def __init__(self, client: SlackClient, persons: Users, visibility: Visibility) -> None:
        self._client = client
        self._persons = persons
        self._visibility = visibility

    async def of(self, user_id: str, channel: str) -> Permission:
        """What the person may do with the settings of the conversation. Raises `StepError`s."""
        if channel.startswith("D"):  # Slack shows it to its two only, and it is with us
            return Permission(sees=True, changes=True)
        try:
            facts: Json = child(
                await self._client.call(Method.CHANNEL_INFO, channel=channel, include_num_members=True), "channel"
            )
        except SlackRefusal:
            return Permission(sees=False, changes=False, why=words.NOT_INVITED)
        except Misconfigured as error:
            if "missing_scope" not in error.detail:
                raise
            facts = {"is_mpim": True}  # a group message: Slack tells the bot nothing of it but what is said there
        if not await self._visibility.is_in(user_id, channel):
            return Permission(sees=False, changes=False, why=words.NOT_A_MEMBER)
        person = await self._persons.ask(user_id)
        if truth(facts, "is_archived"):
            return Permission(sees=True, changes=False, why=words.ARCHIVED)
        if person.is_guest:
            return Permission(sees=True, changes=False, why=words.GUEST)
        closed = truth(facts, "is_private") or truth(facts, "is_mpim") or truth(facts, "is_group")
        if closed or 0 < number(facts, "num_members") <= SMALL or person.is_admin:
            return Permission(sees=True, changes=True)
        creator = text(facts, "creator")
        if user_id == creator:
            return Permission(sees=True, changes=True)
        return Permission(sees=True, changes=False, why=words.LARGE.format(count=SMALL, creator=creator))
