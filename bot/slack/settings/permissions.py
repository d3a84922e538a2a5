"""Who may see and change the settings of a conversation, asked of Slack; a yes is remembered for a minute.

Its members see them. They change where the recordings of everybody go, so in a public channel of some size only its
creator and workspace admins do; in a private or small one every member, and guests never. Members of another
organisation neither see nor change them. Those of a direct message belong to its own user.
"""

import asyncio
from dataclasses import dataclass, field

from bot.domain.errors import MissingScope
from bot.ports.clock import Clock
from bot.slack.api.client import SlackClient, SlackRefusal
from bot.slack.api.identity import BotIdentity
from bot.slack.api.methods import Method
from bot.slack.api.payloads import Json, child, number, text, truth
from bot.slack.people.direct import DirectMessages
from bot.slack.people.remembered import Remembered
from bot.slack.people.users import Users
from bot.slack.people.visibility import Visibility
from bot.slack.settings import texts as words
from bot.text.phrases import Phrases

SMALL = 30  # members of a public channel in which every one of them may change the settings


@dataclass(frozen=True, slots=True)
class Permission:
    """What somebody may do, and the sentence for what they may not: English, with what fills its placeholders."""

    sees: bool
    changes: bool
    why: str = ""
    facts: tuple[tuple[str, object], ...] = ()

    def said(self, phrases: Phrases) -> str:
        """The sentence in a language; "" where everything is allowed."""
        return phrases.say(self.why).format(**dict(self.facts)) if self.why else ""


@dataclass
class SettingsPermissions:
    """Asks Slack."""

    client: SlackClient
    who: BotIdentity
    users: Users
    visibility: Visibility
    direct: DirectMessages
    clock: Clock
    _permissions: Remembered[tuple[str, str, str], Permission] = field(init=False)

    def __post_init__(self) -> None:
        self._permissions = Remembered(self.clock, lambda each: each.changes)

    async def of(self, user_id: str, channel: str, here: str = "") -> Permission:
        """What the user may do with the settings of the conversation. Raises `StepError`s and `StoreError`s.

        `here` is the conversation in which Slack says that the user acts; the id of a conversation that comes in the
        value of a button or in a modal proves nothing.
        """
        here = here if here == channel else ""
        return await self._permissions.get((user_id, channel, here), lambda: self._ask(user_id, channel, here))

    async def _ask(self, user_id: str, channel: str, here: str) -> Permission:
        if channel.startswith("D"):
            me = await self.who.me()
            theirs = await self.direct.belongs_to(me, channel, user_id, asked_there=channel == here)
            return Permission(sees=theirs, changes=theirs, why="" if theirs else words.NOT_YOUR_DIRECT_MESSAGE)
        facts, member, user = await asyncio.gather(
            self._facts(channel), self.visibility.is_in(user_id, channel, here), self.users.ask(user_id)
        )
        if facts is None:
            return Permission(sees=False, changes=False, why=words.NOT_INVITED)
        if not member:
            return Permission(sees=False, changes=False, why=words.NOT_A_MEMBER)
        if user.is_outsider:
            return Permission(sees=False, changes=False, why=words.OUTSIDER)
        if truth(facts, "is_archived"):
            return Permission(sees=True, changes=False, why=words.ARCHIVED)
        if user.is_guest:
            return Permission(sees=True, changes=False, why=words.GUEST)
        closed = truth(facts, "is_private") or truth(facts, "is_mpim") or truth(facts, "is_group")
        if closed or 0 < number(facts, "num_members") <= SMALL or user.is_admin:
            return Permission(sees=True, changes=True)
        creator = text(facts, "creator")
        if user_id == creator:
            return Permission(sees=True, changes=True)
        return Permission(sees=True, changes=False, why=words.LARGE, facts=(("count", SMALL), ("creator", creator)))

    async def _facts(self, channel: str) -> Json | None:
        """What Slack says of the conversation; None if the bot is not in it."""
        try:
            answer = await self.client.call(Method.CHANNEL_INFO, channel=channel, include_num_members=True)
        except SlackRefusal:
            return None
        except MissingScope:  # a group message: Slack tells the bot nothing of it but what is said there
            return {"is_mpim": True}
        return child(answer, "channel")
