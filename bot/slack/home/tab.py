"""The App Home: one's own recordings, what one used, the settings of one's channels, how to start."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.errors import StepError, StoreError
from bot.ports.store import AuditAction, ChannelSettings, DayUse, JobFilter
from bot.slack.api.client import SlackRefusal
from bot.slack.api.identity import Identity
from bot.slack.api.methods import Method
from bot.slack.api.payloads import Json, child, rows, text
from bot.slack.blockkit.blocks import Block, actions, boxed, button, context, divider, header, section
from bot.slack.blockkit.charts import bars
from bot.slack.blockkit.support import BlockSupport, NewerBlock
from bot.slack.command import texts as command_words
from bot.slack.command.job_lines import sections
from bot.slack.command.lists import UNFINISHED, Lists
from bot.slack.context import SlackContext
from bot.slack.home import texts as home_words
from bot.slack.home.days import days_of, zone_of
from bot.slack.people.visibility import Visibility
from bot.slack.settings.form import one_line
from bot.slack.settings.services import Services
from bot.slack.texts import moment
from bot.text.durations import human
from bot.text.language_names import weekday_names
from bot.text.phrases import ENGLISH, Phrases

OPEN_SETTINGS = "open_settings"
REFRESH_HOME = "refresh_home"
RUNNING = 10
LAST = 5
CHANNELS = 12
LOOK_UP_SECONDS = 20.0
DAYS = 14
_MOST_REMEMBERED = 10_000
BAR = 20  # signs of the longest bar
_REFUSES_BLOCKS = frozenset({"invalid_arguments", "invalid_blocks", "invalid_blocks_format"})


@dataclass(frozen=True, slots=True)
class HomeData:
    """Everything that a Home shows. `direct` is the conversation with the bot, "" when it is not known."""

    running: Sequence[str] = ()  # a line for each recording
    last: Sequence[str] = ()
    days: Sequence[datetime] = ()  # the beginning of each, in the reader's zone
    use: Sequence[DayUse] = ()
    channels: Sequence[tuple[str, ChannelSettings]] = ()
    left_out: int = 0
    direct: tuple[str, ChannelSettings] | None = None
    known: bool = True  # whether Slack told which channels there are
    at: float = 0.0
    phrases: Phrases = ENGLISH  # of the reader


@dataclass
class Home:
    """Publishes the Home of the user who opens it; only what they may see at that moment is on it."""

    slack: SlackContext
    visibility: Visibility
    services: Services
    support: BlockSupport
    lists: Lists
    _direct: dict[str, str] = field(default_factory=dict)
    _viewed: dict[str, int] = field(default_factory=dict)  # the day on which a user's viewing was recorded last

    async def opened(self, me: Identity, event: Json) -> None:
        """An `app_home_opened` event. Raises `StepError`s and `StoreError`s."""
        user = text(event, "user")
        if not user or text(event, "tab") not in ("home", ""):
            return
        if (channel := text(event, "channel")).startswith("D"):
            self._direct[user] = channel
        await self.publish(me, user)

    async def refreshed(self, me: Identity, body: Json) -> None:
        """*Refresh* was pressed."""
        await self.publish(me, text(child(body, "user"), "id"))

    async def publish(self, me: Identity, user: str) -> None:
        """Bring somebody's Home up to date. Raises `StepError`s and `StoreError`s."""
        picture = await self._picture(me, user)
        if picture.running or picture.last:
            await self._note_viewed(me, user)
        drawn = self.support.may_use(NewerBlock.HOME_CHART) and any(day.recordings for day in picture.use)
        try:
            await self._show(user, home_blocks(picture, self.services, drawn=drawn))
        except SlackRefusal as refusal:
            if not drawn or refusal.code not in _REFUSES_BLOCKS:
                raise
            await self._show(user, home_blocks(picture, self.services))
            self.support.refused(NewerBlock.HOME_CHART)

    async def _note_viewed(self, me: Identity, user: str) -> None:
        """Record that somebody's recordings are shown, once a user and day (of UTC): Slack reports every opening."""
        now = self.slack.now()
        day = int(now // 86_400)
        if self._viewed.get(user) == day:
            return
        if len(self._viewed) > _MOST_REMEMBERED:
            self._viewed.clear()
        self._viewed[user] = day
        try:
            await self.slack.note(AuditAction.VIEWED, user, "home", team=me.team_id, list="home")
        except StoreError:
            del self._viewed[user]
            raise

    async def _show(self, user: str, blocks: Sequence[Block]) -> None:
        await self.slack.client.call(Method.PUBLISH_HOME, user_id=user, view={"type": "home", "blocks": blocks})

    async def _picture(self, me: Identity, user: str) -> HomeData:
        now = self.slack.now()
        try:
            asked = asyncio.gather(self.visibility.of(user), self.slack.users.ask(user), self._own_channels())
            visible, person, own = await asyncio.wait_for(asked, LOOK_UP_SECONDS)
        except (StepError, TimeoutError):
            return HomeData(known=False, at=now, phrases=self.slack.users.phrases_known(user))
        mine = JobFilter(me.team_id, user_id=user)
        running, _ = await self.lists.some(
            visible, [JobFilter(me.team_id, user_id=user, states=UNFINISHED)], None, RUNNING
        )
        last, _ = await self.lists.some(visible, [mine], None, LAST + len(running))
        finished = [job for job in last if job.finished_at is not None][:LAST]
        days = days_of(now, DAYS, zone_of(person.zone, person.zone_seconds))
        use = await self.slack.store.usage(me.team_id, user, [*(day.timestamp() for day in days), now + 1])
        shared = [channel for channel in own if channel in visible.channels]
        channels = [
            (channel, await self.slack.store.channel_settings(me.team_id, channel)) for channel in shared[:CHANNELS]
        ]
        direct = self._direct.get(user)
        phrases = await self.slack.users.phrases(user)
        return HomeData(
            running=await self.lists.lines(me, running, phrases),
            last=await self.lists.lines(me, finished, phrases),
            days=days,
            use=use,
            channels=channels,
            left_out=max(0, len(shared) - CHANNELS),
            direct=(direct, await self.slack.store.channel_settings(me.team_id, direct)) if direct else None,
            at=now,
            phrases=phrases,
        )

    async def _own_channels(self) -> list[str]:
        """The channels that the bot is in, by name."""
        found = []
        async for page in self.slack.client.pages(
            Method.CONVERSATIONS, types="public_channel,private_channel", exclude_archived=True, limit=999
        ):
            found += [(text(channel, "name"), text(channel, "id")) for channel in rows(page, "channels")]
        return [channel for _, channel in sorted(found) if channel]


def home_blocks(picture: HomeData, services: Services, *, drawn: bool = False) -> list[Block]:
    """The blocks of a Home; `drawn`: with a chart that Slack draws in place of one of text."""
    say = picture.phrases.say
    blocks: list[Block] = []
    if picture.running:
        blocks += [header(say(home_words.RUNNING)), *sections(picture.running)]
    blocks.append(header(say(home_words.LAST)))
    if picture.last:
        blocks += sections(picture.last)
    elif picture.known:
        blocks.append(section(say(home_words.NONE_FINISHED if picture.running else home_words.NONE_YET)))
    if picture.use:
        blocks += [header(say(home_words.USE)), *_use(picture, drawn)]
    blocks += [header(say(home_words.CHANNELS)), *_channels(picture, services)]
    help_, commands = say(command_words.HELP), command_words.commands_in(picture.phrases)
    blocks += [header(say(home_words.START)), section(help_), section(commands), divider()]
    blocks.append(context(say(home_words.AS_OF).format(moment=moment(picture.at))))
    blocks.append(actions("home", button(say(home_words.REFRESH), REFRESH_HOME, "home")))
    return blocks


def _use(picture: HomeData, drawn: bool) -> list[Block]:
    say, recordings = picture.phrases.say, sum(day.recordings for day in picture.use)
    if not recordings:
        return [section(say(home_words.USE_NONE))]
    total = human(sum(day.seconds for day in picture.use), picture.phrases.units)
    count = say(home_words.ONE_RECORDING if recordings == 1 else home_words.RECORDINGS).format(count=recordings)
    said = section(say(home_words.USE_TOTAL).format(recordings=count, time=total))
    return [said, drawn_chart(picture) if drawn else boxed(chart(picture))]


def drawn_chart(picture: HomeData) -> Block:
    """A bar of minutes for each day."""
    say = picture.phrases.say
    points = [
        (_day(begin, picture.phrases), max(0.1, round(day.seconds / 60, 1)) if day.recordings else 0.0)
        for begin, day in zip(picture.days, picture.use, strict=True)
    ]
    return bars(say(home_words.CHART), say(home_words.MINUTES), points, say(home_words.MINUTES))


def _day(begin: datetime, phrases: Phrases) -> str:
    return f"{weekday_names(phrases.locale)[begin.weekday()]:<3} {begin.day:>2}"


def chart(picture: HomeData) -> str:
    """A line for each day: its name, a bar as long as its share of the busiest day, how much it was."""
    most = max((day.seconds for day in picture.use), default=0.0) or 1.0
    lines = []
    for begin, day in zip(picture.days, picture.use, strict=True):
        name = _day(begin, picture.phrases)
        eighths = max(1, round(day.seconds / most * BAR * 8)) if day.recordings else 0
        bar = "█" * (eighths // 8) + ("", *"▏▎▍▌▋▊▉")[eighths % 8]
        lines.append(
            f"{name}  {bar:<{BAR}}  {human(day.seconds, picture.phrases.units) if day.recordings else '–'}".rstrip()
        )
    return "\n".join(lines)


def _channels(picture: HomeData, services: Services) -> list[Block]:
    say = picture.phrases.say
    if not picture.known:
        return [section(say(home_words.UNKNOWN))]
    shown = [(f"<#{channel}>", channel, settings) for channel, settings in picture.channels]
    if picture.direct is not None:
        shown.append((say(home_words.DIRECT), *picture.direct))
    blocks = []
    for name, channel, settings in shown:
        line = one_line(settings, services, direct=channel.startswith("D"), phrases=picture.phrases)
        change = button(say(home_words.CHANGE), OPEN_SETTINGS, channel)
        blocks.append(section(f"*{name}*\n{line}", accessory=change))
    if not picture.channels:
        blocks.append(section(say(home_words.NO_CHANNELS).format(name="threadscribe")))
    if picture.left_out:
        blocks.append(context(say(home_words.MORE_CHANNELS).format(count=picture.left_out)))
    return blocks
