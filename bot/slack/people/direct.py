"""The direct and group messages that the bot is in, remembered from what it hears there.

Slack lists them only to tokens with im:read and mpim:read, which the bot does not ask for. A `D…` may be any direct
message of the workspace: a slash command works in the conversation of two other people, too. One is ours when an event
came from it, or when its history can be read.
"""

from dataclasses import dataclass, field

from bot.domain.errors import MissingScope
from bot.ports.store import Preferences
from bot.slack.api.client import SlackClient, SlackRefusal
from bot.slack.api.identity import Identity
from bot.slack.api.methods import Method
from bot.slack.api.payloads import number, rows, text

GROUP = "*"  # in place of a person


@dataclass(frozen=True, slots=True)
class DirectMessage:
    """A conversation with the bot: its person (`GROUP` for a group message), and when the bot first heard from it."""

    user_id: str
    since: float  # Slack's seconds


@dataclass
class DirectMessages:
    """Remembers them in the store; each is written once."""

    store: Preferences
    client: SlackClient
    _known: dict[tuple[str, str], DirectMessage] = field(default_factory=dict)

    async def heard(self, me: Identity, channel: str, user: str, ts: str) -> None:
        """An event came from this direct message (`D…`) or, with `GROUP` as user, group message. Raises `StoreError`.

        `ts` is the event's time at Slack.
        """
        if not channel or not user or (me.team_id, channel) in self._known:
            return
        name = _name(me, channel)
        stored = _read(await self.store.cursor(name))
        if stored is None:
            stored = DirectMessage(user, float(ts or 0))
            await self.store.put_cursor(name, f"{stored.user_id} {stored.since:.6f}")
        self._known[me.team_id, channel] = stored

    async def all(self, me: Identity) -> dict[str, DirectMessage]:
        """Every one that the bot has heard from, by its id."""
        prefix = _name(me, "")
        found = await self.store.cursors(prefix)
        read = {name.removeprefix(prefix): _read(value) for name, value in found.items()}
        return {channel: one for channel, one in read.items() if one is not None}

    async def belongs_to(self, me: Identity, channel: str, user: str, *, asked_there: bool = False) -> bool:
        """Whether a `D…` is the direct message of this person with the bot. Raises `StepError`s.

        `asked_there`: Slack says that the person acted in this very conversation (a command, not the value of a
        button). Then the bot need only be in it.
        """
        known = self._known.get((me.team_id, channel)) or _read(await self.store.cursor(_name(me, channel)))
        if known is not None:
            return known.user_id == user
        if not channel.startswith("D"):
            return False
        try:
            answer = await self.client.call(Method.HISTORY, channel=channel, limit=1)
        except (SlackRefusal, MissingScope):  # channel_not_found: it is between other people
            return False
        message = next(iter(rows(answer, "messages")), {})
        speaker = text(message, "user")
        theirs = speaker == user or (asked_there and (not message or me.wrote(message)))
        if theirs:
            await self.heard(me, channel, user, f"{number(message, 'ts'):.6f}")
        return theirs


def _name(me: Identity, channel: str) -> str:
    return f"direct:{me.team_id}:{channel}"


def _read(value: str) -> DirectMessage | None:
    user, _, since = value.partition(" ")
    return DirectMessage(user, float(since)) if since else None
