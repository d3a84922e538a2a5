"""Finds recordings that were shared while the bot was not connected: at start, after a gap, every few minutes.

`files.list` shows new files wherever they were shared; `conversations.history` shows older files that were shared
again, forwarded ones, when we joined, and what was sent in direct and group messages (bolt-python #904: `files.list` of
a bot token may leave direct messages out). Each has a cursor in the store, in Slack's own time (a wrong clock here must
not hide a day), and reads some minutes before it: the unique key of a job makes the overlap harmless. Nothing from
before we joined a channel is touched, and nothing at all from before the first start. Where the bot was taken out of a
channel and invited again, the last joining counts: what was shared meanwhile was not meant for it. A joining whose
event was lost is greeted, too.

Conversations are read in turns, the one that was read longest ago first. So under any limit every one has its turn, and
a reading that a limit breaks off goes on at its page.
"""

import secrets
from collections.abc import Set
from contextlib import suppress
from dataclasses import dataclass, field, replace

import structlog

from bot.domain.errors import MissingScope, RateLimited, Rejected, StepError, StoreError
from bot.http import http_date
from bot.ports.clock import WakeEvent
from bot.slack.api.client import SlackRefusal
from bot.slack.api.files import SlackFiles
from bot.slack.api.identity import Identity
from bot.slack.api.methods import Method
from bot.slack.api.pacing import TIER_3_SECONDS
from bot.slack.api.payloads import Json, as_object, child, names, number, rows, text
from bot.slack.context import SlackContext
from bot.slack.incoming.intake import FileShare, Intake, candidates
from bot.slack.people.direct import DirectMessage

OVERLAP_SECONDS = 600.0  # files.list and shares are filled late
BETWEEN_SECONDS = 60.0  # at least, from the beginning of one catch-up to the next
FIRST_SECONDS = 10.0  # how long the first one waits for the connection
TASK, LEAD_SECONDS = "catch-up", 180.0  # renewed while this process lives; another one takes over after that
MOST_READ = 40  # conversations in one catch-up: about a minute at Slack's pace; the rest comes a minute later
JOIN_PAGES = 5  # our joining is searched for among a channel's newest thousand messages
PAGE = 200
FILES = "files"  # the cursor of what files.list shows

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a conversation was read. Times are Slack's, but for `read_at`, which is ours and orders the turns."""

    joined: float  # nothing before it is touched
    seen: float  # everything up to here was seen
    read_at: float = 0.0
    until: float = 0.0  # what `seen` becomes when the reading that was broken off is through
    page: str = ""  # where it goes on

    @classmethod
    def read(cls, value: str) -> "Cursor | None":
        """A stored cursor; None for none."""
        parts = value.split(" ")
        if len(parts) < 2:
            return None
        joined, seen, read_at, until = (float(part) for part in (*parts[:4], "0", "0")[:4])
        return cls(joined, seen, read_at, until, parts[4] if len(parts) > 4 else "")

    def __str__(self) -> str:
        """How it is stored."""
        times = f"{self.joined:.6f} {self.seen:.6f} {self.read_at:.6f} {self.until:.6f}"
        return f"{times} {self.page}" if self.page else times


@dataclass
class CatchUp:
    """Finds what was missed while `run` runs; `notify` starts it before its time."""

    slack: SlackContext
    files: SlackFiles
    intake: Intake
    every_seconds: float
    task: str = TASK  # the name of the lease
    _wake_event: WakeEvent = field(init=False)
    _owner: str = field(default_factory=lambda: secrets.token_hex(8), init=False)
    _missed_at: float = field(default=0.0, init=False)
    _channels: Set[str] = field(default=frozenset(), init=False)  # the conversations that the bot is in
    _postponed: str = field(default="", init=False)
    _rejoined: dict[str, float] = field(default_factory=dict, init=False)  # of one catch-up, as far as was asked

    def __post_init__(self) -> None:
        self._wake_event = WakeEvent(self.slack.clock)

    def notify(self) -> None:
        """Catch up soon: events may have been missed."""
        self._missed_at = self.slack.now()
        self._wake_event.notify()

    async def joined(self, me: Identity, event: Json) -> None:
        """A `member_joined_channel`: when it was us, nothing from before is touched, though we may have been there."""
        channel, at = text(event, "channel"), number(event, "event_ts")
        if not channel or not at or text(event, "user") != me.bot_user_id:
            return
        before = Cursor.read(await self.slack.store.cursor(_key(me, channel)))
        if before is None or before.joined < at:
            await self._keep(me, channel, Cursor(at, at))

    async def run(self) -> None:
        """Catch up when the bot is connected, then every so often and at most once a minute, until cancelled.

        Of several processes on one database one does it, for as long as it lives.
        """
        await self._wake_event.wait(FIRST_SECONDS)
        try:
            while True:
                self._wake_event.clear()
                if await self._leads():
                    await self._run_once_and_wait()
                else:
                    await self.slack.clock.sleep(LEAD_SECONDS / 3)
        finally:
            with suppress(StoreError):
                await self.slack.store.release_task(self.task, self._owner)

    async def _leads(self) -> bool:
        return await self.slack.store.claim_task(self.task, self._owner, self.slack.now(), LEAD_SECONDS)

    async def _run_once_and_wait(self) -> None:
        began = self.slack.now()
        try:
            await self.run_once()
            wait = BETWEEN_SECONDS if await self._unread() else self.every_seconds
            self._postponed = ""
        except StepError as error:
            if str(error) != self._postponed:
                _log.info("catchup_postponed", detail=str(error))
            self._postponed = str(error)
            wait = error.retry_after if isinstance(error, RateLimited) else 0.0
            wait = min(self.every_seconds, max(BETWEEN_SECONDS, wait))
        due = began + wait
        while (left := due - self.slack.now()) > 0 and self._missed_at < began and await self._leads():
            await self._wake_event.wait(min(left, LEAD_SECONDS / 3))
        if 0 < (early := BETWEEN_SECONDS - (self.slack.now() - began)) <= BETWEEN_SECONDS:
            await self.slack.clock.sleep(early)

    async def _unread(self) -> bool:
        """Whether a conversation waits for its turn."""
        now, cursors = self.slack.now(), await self._cursors(await self.slack.who.me())
        before = max(now - self.every_seconds, self._missed_at)
        return any(_turn(cursor, now) < before for cursor in cursors.values())

    async def run_once(self) -> int:
        """Catch up once; how many jobs were made. Raises `StepError`s and `StoreError`s; what was found is kept."""
        me = await self.slack.who.me()
        direct = await self.intake.direct.all(me)
        self._rejoined = {}
        self._channels = await self._listed() | direct.keys()
        cursors = await self._cursors(me)
        since = await self.slack.store.cursor(_key(me, FILES))
        listed = await self._first_listed(me, self._channels - cursors.keys(), first=not since)
        try:
            for channel, at in listed.items():
                if await self._begin(me, channel, direct.get(channel), at, cursors) and since:
                    await self._greet(me, channel, cursors[channel].joined, float(since))
            made = await self._new_files(me, cursors, since)
        except RateLimited:  # of the first cursors: files.list is not limited so, and comes first
            made = await self._new_files(me, cursors, since)
            await self._read_in_turns(me, cursors)
            raise
        made += await self._read_in_turns(me, cursors)
        if made:
            _log.info("caught_up", jobs=made)
        return made

    async def _read_in_turns(self, me: Identity, cursors: dict[str, Cursor]) -> int:
        made, now = 0, self.slack.now()
        for channel in sorted(cursors, key=lambda each: _turn(cursors[each], now))[:MOST_READ]:
            try:
                made += await self._history(me, channel, cursors[channel])
            except (SlackRefusal, MissingScope) as error:
                _skipped(channel, error)
                await self._keep(me, channel, replace(cursors[channel], read_at=self.slack.now()))
        return made

    async def _cursors(self, me: Identity) -> dict[str, Cursor]:
        """The cursors of the conversations that the bot is in and that have one."""
        prefix = _key(me, "")
        read = {
            name.removeprefix(prefix): Cursor.read(value)
            for name, value in (await self.slack.store.cursors(prefix)).items()
        }
        return {channel: cursor for channel, cursor in read.items() if cursor is not None and channel in self._channels}

    async def _keep(self, me: Identity, channel: str, cursor: Cursor) -> None:
        await self.slack.store.put_cursor(_key(me, channel), str(cursor))

    async def _listed(self) -> set[str]:
        """The channels that the bot is in; Slack lists no direct and group messages."""
        found: set[str] = set()
        async for page in self.slack.client.pages(
            Method.CONVERSATIONS, types="public_channel,private_channel", exclude_archived=True, limit=PAGE
        ):
            found |= {text(each, "id") for each in rows(page, "channels")}
        return found - {""}

    async def _first_listed(self, me: Identity, channels: Set[str], *, first: bool) -> dict[str, float]:
        """When each conversation without a cursor was first listed, stored at once as a cursor of one number.

        Reading what is new in many conversations takes minutes, and a process may die meanwhile: what is shared in them
        from now on, and whose events get lost, is still to be found. `first`: nothing was ever looked for.
        """
        stored = await self.slack.store.cursors(_key(me, ""))
        listed = {channel: float(stored[_key(me, channel)]) for channel in channels if _key(me, channel) in stored}
        missing = channels - listed.keys()
        if first or missing:
            _, now = await self._timed(Method.FILE_LIST, count=1)
            for name in [*missing, *([FILES] if first else ())]:
                await self.slack.store.put_cursor(_key(me, name), f"{now:.6f}")
            listed |= dict.fromkeys(missing, now)
        return listed

    async def _begin(
        self, me: Identity, channel: str, heard: DirectMessage | None, listed: float, cursors: dict[str, Cursor]
    ) -> bool:
        """Store where to begin in a new conversation, and add it to `cursors`; whether that is where we joined it."""
        begin, joined = (heard.since if heard else listed), False
        if not heard:
            try:
                begin, joined = await self._where_to_begin(me, channel, listed)
            except (SlackRefusal, MissingScope) as error:
                _skipped(channel, error)
                return False
        cursors[channel] = Cursor(begin, begin)
        await self._keep(me, channel, cursors[channel])
        return joined

    async def _greet(self, me: Identity, channel: str, joined: float, since: float) -> None:
        """Greet a conversation that we joined since the last catch-up, unless its event came and it was greeted."""
        if joined > since - OVERLAP_SECONDS:
            await self.intake.joined(me, {"channel": channel, "user": me.bot_user_id})

    async def _where_to_begin(self, me: Identity, channel: str, listed: float) -> tuple[float, bool]:
        """At our joining (then with True) if it is recent, else when we first listed the conversation."""
        begin, page = listed, ""
        for number_of_page in range(JOIN_PAGES):
            try:
                more = {"cursor": page} if page else {}
                answer, _ = await self._timed(Method.HISTORY, channel=channel, limit=PAGE, **more)
            except RateLimited:
                if number_of_page == 0:
                    raise
                break  # one page a minute: what is on it must do
            for message in rows(answer, "messages"):
                if begin < number(message, "ts") < listed + 1.0:  # the Date header knows whole seconds only
                    begin = number(message, "ts")
                if joined := _our_joining(me, message):
                    return joined, True
            if not (page := text(child(answer, "response_metadata"), "next_cursor")):
                break
        return begin, False

    async def _joined_since(self, me: Identity, channel: str, oldest: float) -> float:
        """When we joined a conversation again since `oldest`; 0: not, or Slack's limits do not let us see."""
        waits = self.slack.client.pace.free_in(Method.HISTORY.value.name) > 10 * TIER_3_SECONDS
        if channel not in self._rejoined and not channel.startswith("D") and not waits:
            self._rejoined[channel] = 0.0
            with suppress(RateLimited, SlackRefusal, MissingScope):
                answer, _ = await self._timed(Method.HISTORY, channel=channel, oldest=f"{oldest:.6f}", limit=PAGE)
                joinings = [_our_joining(me, message) for message in rows(answer, "messages")]
                self._rejoined[channel] = max(joinings, default=0.0)
        return self._rejoined.get(channel, 0.0)

    async def _timed(self, method: Method, **arguments: object) -> tuple[Json, float]:
        """A paced call, with the time at Slack when it was answered."""
        await self.slack.client.pace.turn(method.value.name, TIER_3_SECONDS)
        answer, headers = await self.slack.client.ask(method, **arguments)
        return answer, http_date(headers.get("date", "")) or self.slack.now()

    async def _new_files(self, me: Identity, cursors: dict[str, Cursor], since: str | None) -> int:
        """Files that are new since the last time, wherever they were shared; `since` is empty in the first one."""
        if not since:
            return 0
        oldest = float(since) - OVERLAP_SECONDS
        made, page, first_now = 0, 1, 0.0
        while True:
            answer, now = await self._timed(Method.FILE_LIST, ts_from=f"{oldest:.0f}", count=PAGE, page=page)
            first_now = first_now or now
            for file in rows(answer, "files"):
                made += await self._file(me, file, cursors, float(since))
            if page >= number(as_object(answer.get("paging")), "pages"):
                break
            page += 1
        await self.slack.store.put_cursor(_key(me, FILES), f"{first_now:.6f}")
        return made

    async def _file(self, me: Identity, file: Json, cursors: dict[str, Cursor], since: float) -> int:
        if text(file, "user") == me.bot_user_id or not candidates({"files": [file]}):
            return 0
        places = {*names(file, "channels"), *names(file, "groups"), *names(file, "ims")}
        known = {job.origin.channel_id for job in await self.slack.store.jobs_of_file(me.team_id, text(file, "id"))}
        if not places - known:
            return 0
        try:
            whole = await self.files.info(text(file, "id"))
        except Rejected:
            return 0  # deleted meanwhile
        made = 0
        for side in ("public", "private"):
            for channel in child(whole, "shares", side):
                for share in rows(child(whole, "shares", side), channel):
                    cursor = cursors.get(channel)
                    begin = cursor.joined if cursor else since - OVERLAP_SECONDS
                    # A private share is shown to us only where we are, whatever the conversation's id begins with.
                    if number(share, "ts") <= begin or (cursor is None and side == "public"):
                        continue
                    if number(share, "ts") <= await self._joined_since(me, channel, begin):
                        continue
                    message = {
                        "files": [whole],
                        "user": text(whole, "user"),
                        "ts": text(share, "ts"),
                        "thread_ts": text(share, "thread_ts"),
                    }
                    made += await self._take(me, FileShare(channel, message, channel.startswith("D")))
        return made

    async def _history(self, me: Identity, channel: str, cursor: Cursor) -> int:
        """Messages with files since the conversation's cursor, from the page where the last reading ended."""
        oldest = max(cursor.joined, cursor.seen - OVERLAP_SECONDS)
        made, direct = 0, channel.startswith("D")
        while True:
            more = {"cursor": cursor.page} if cursor.page else {}
            try:
                answer, now = await self._timed(
                    Method.HISTORY, channel=channel, oldest=f"{oldest:.6f}", limit=PAGE, **more
                )
            except SlackRefusal as refusal:
                if refusal.code != "invalid_cursor" or not cursor.page:
                    raise
                cursor = replace(cursor, page="", until=0.0)
                continue
            page, until = text(child(answer, "response_metadata"), "next_cursor"), cursor.until or now
            joined = max((_our_joining(me, message) for message in rows(answer, "messages")), default=0.0)
            if joined > cursor.joined:
                cursor, page = replace(cursor, joined=joined), ""  # what follows is from before
                await self._greet(me, channel, joined, cursor.seen)
            for message in rows(answer, "messages"):
                recent = number(message, "ts") > cursor.joined
                if recent and not me.wrote(message) and candidates(message, linked=direct):
                    made += await self._take(me, FileShare(channel, message, direct))
            if page:
                cursor = replace(cursor, read_at=self.slack.now(), until=until, page=page)
                await self._keep(me, channel, cursor)
                continue
            await self._keep(me, channel, Cursor(cursor.joined, until, self.slack.now()))
            return made

    async def _take(self, me: Identity, shared: FileShare) -> int:
        if not await self.intake.wanted(me, shared):
            return 0
        return sum(made for _, made in await self.intake.add(me, shared))


def _our_joining(me: Identity, message: Json) -> float:
    """The time of a message that says that we joined; 0 for any other."""
    ours = text(message, "user") == me.bot_user_id and text(message, "subtype").endswith("_join")
    return number(message, "ts") if ours else 0.0


def _skipped(channel: str, error: StepError) -> None:
    """The bot left the conversation a moment ago, or may not read it: the others go on."""
    _log.info("catchup_skipped", channel=channel, detail=error.detail)


def _turn(cursor: Cursor, now: float) -> float:
    """What orders the turns; a time that has not come yet is of a clock that was set back."""
    return cursor.read_at if cursor.read_at <= now else 0.0


def _key(me: Identity, channel: str) -> str:
    return f"catchup:{me.team_id}:{channel}"
