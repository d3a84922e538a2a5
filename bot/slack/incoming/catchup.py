"""Recordings that were shared while nobody listened, found again: at start, after each reconnect, every few minutes.

Two looks complete each other. `files.list` shows new files wherever they were shared, threads and direct messages
included; `conversations.history` shows older files that were shared again, and when we joined. Each has a high-water
mark in the store, in Slack's own time (a wrong clock here must not hide a day), and looks some minutes behind it: the
unique key of a job makes the overlap harmless. Nothing from before we joined a channel is touched, and nothing at all
from before the first start.
"""

from dataclasses import dataclass

import structlog

from bot.domain.errors import Rejected, StepError, StoreError
from bot.http import http_date
from bot.ports.clock import Clock, WakeEvent
from bot.ports.store import JobStore
from bot.slack.api.client import SlackClient, SlackRefusal
from bot.slack.api.files import SlackFiles
from bot.slack.api.identity import BotIdentity, Identity
from bot.slack.api.methods import Method
from bot.slack.api.pacing import TIER_3_SECONDS
from bot.slack.api.payloads import Json, as_object, child, names, number, rows, text
from bot.slack.incoming.intake import FileShare, Intake, candidates

OVERLAP_SECONDS = 600.0  # files.list and shares are filled late
RETRY_SECONDS = 60.0
JOIN_PAGES = 5  # our joining is looked for among a channel's newest thousand messages
PAGE = 200

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A channel's high-water mark: we joined at `joined`, and have seen everything up to `seen` (Slack's seconds)."""

    joined: float
    seen: float

    @classmethod
    def read(cls, value: str) -> "Cursor | None":
        """A stored mark; None for none."""
        joined, _, seen = value.partition(" ")
        return cls(float(joined), float(seen)) if seen else None

    def __str__(self) -> str:
        """How it is stored."""
        return f"{self.joined:.6f} {self.seen:.6f}"


class CatchUp:
    """Looks for what was missed. `run` must be running; `notify` makes it look now."""

    def __init__(
        self,
        store: JobStore,
        client: SlackClient,
        who: BotIdentity,
        files: SlackFiles,
        intake: Intake,
        clock: Clock,
        every_seconds: float,
    ) -> None:
        self._store = store
        self._client = client
        self._who = who
        self._files = files
        self._intake = intake
        self._clock = clock
        self._every = every_seconds
        self._bell = WakeEvent(clock)

    def notify(self) -> None:
        """Look now: events may have been missed."""
        self._bell.notify()

    async def run(self) -> None:
        """Look at once and then every so often, until cancelled."""
        while True:
            self._bell.clear()
            wait = self._every
            try:
                await self.look()
            except (StepError, StoreError) as error:
                _log.info("catchup_postponed", detail=str(error))
                wait = min(wait, RETRY_SECONDS)
            await self._bell.wait(wait)

    async def look(self) -> int:
        """Look once; how many jobs were made. Raises `StepError`s and `StoreError`s; what was seen so far is kept."""
        me = await self._who.me()
        marks = await self._channels(me)
        made = await self._new_files(me, marks)
        for channel, mark in marks.items():
            try:
                made += await self._history(me, channel, mark)
            except SlackRefusal as refusal:  # we left it a moment ago
                _log.info("catchup_skipped", channel=channel, code=refusal.code)
        if made:
            _log.info("caught_up", jobs=made)
        return made

    async def _channels(self, me: Identity) -> dict[str, Cursor]:
        """The channels we are in, each with its mark; a channel seen for the first time gets one."""
        found: dict[str, Cursor] = {}
        async for page in self._client.pages(
            Method.CONVERSATIONS, types="public_channel,private_channel", exclude_archived=True, limit=PAGE
        ):
            for channel in (text(each, "id") for each in rows(page, "channels")):
                mark = Cursor.read(await self._store.cursor(_key(me, channel)))
                if channel and mark is None:
                    mark = await self._first_mark(me, channel)
                    await self._store.put_cursor(_key(me, channel), str(mark))
                if channel and mark is not None:
                    found[channel] = mark
        return found

    async def _first_mark(self, me: Identity, channel: str) -> Cursor:
        """Where to begin in a new channel: at our joining if it is recent, else now."""
        seen, newest = 0, 0.0
        answer: Json = {}
        now = self._clock.now()
        while seen < JOIN_PAGES:
            cursor = text(child(answer, "response_metadata"), "next_cursor")
            if seen and not cursor:
                break
            answer, now = await self._timed(
                Method.HISTORY, channel=channel, limit=PAGE, **({"cursor": cursor} if cursor else {})
            )
            for message in rows(answer, "messages"):
                newest = max(newest, number(message, "ts"))
                if text(message, "user") == me.bot_user_id and text(message, "subtype").endswith("_join"):
                    joined = number(message, "ts")
                    return Cursor(joined, joined)
            seen += 1
        begin = max(now, newest)  # the Date header knows whole seconds only
        return Cursor(begin, begin)

    async def _timed(self, method: Method, **arguments: object) -> tuple[Json, float]:
        """A paced call, with the time at Slack when it was answered."""
        await self._client.pace.turn(method.value.name, TIER_3_SECONDS)
        answer, headers = await self._client.ask(method, **arguments)
        return answer, http_date(headers.get("date", "")) or self._clock.now()

    async def _new_files(self, me: Identity, marks: dict[str, Cursor]) -> int:
        """Files that are new since the last look, wherever they were shared."""
        key = f"catchup:{me.team_id}:files"
        since = await self._store.cursor(key)
        answer, now = await self._timed(Method.FILE_LIST, count=1) if not since else ({}, 0.0)
        if not since:
            await self._store.put_cursor(key, f"{now:.6f}")
            return 0
        oldest = float(since) - OVERLAP_SECONDS
        made, page, first_now = 0, 1, 0.0
        while True:
            answer, now = await self._timed(Method.FILE_LIST, ts_from=f"{oldest:.0f}", count=PAGE, page=page)
            first_now = first_now or now
            for file in rows(answer, "files"):
                made += await self._file(me, file, marks, float(since))
            if page >= number(as_object(answer.get("paging")), "pages"):
                break
            page += 1
        await self._store.put_cursor(key, f"{first_now:.6f}")
        return made

    async def _file(self, me: Identity, file: Json, marks: dict[str, Cursor], since: float) -> int:
        if text(file, "user") == me.bot_user_id or not candidates({"files": [file]}):
            return 0
        places = {*names(file, "channels"), *names(file, "groups"), *names(file, "ims")}
        known = {job.origin.channel_id for job in await self._store.jobs_of_file(me.team_id, text(file, "id"))}
        if not places - known:
            return 0
        try:
            whole = await self._files.info(text(file, "id"))
        except Rejected:
            return 0  # deleted meanwhile
        made = 0
        for side in ("public", "private"):
            for channel in child(whole, "shares", side):
                for share in rows(child(whole, "shares", side), channel):
                    mark = marks.get(channel)
                    begin = mark.joined if mark else since - OVERLAP_SECONDS
                    if number(share, "ts") <= begin or not (mark or channel.startswith(("D", "G"))):
                        continue
                    message = {
                        "files": [whole],
                        "user": text(whole, "user"),
                        "ts": text(share, "ts"),
                        "thread_ts": text(share, "thread_ts"),
                    }
                    made += await self._take(me, FileShare(channel, message, channel.startswith("D")))
        return made

    async def _history(self, me: Identity, channel: str, mark: Cursor) -> int:
        """Messages with files since the channel's mark."""
        oldest = max(mark.joined, mark.seen - OVERLAP_SECONDS)
        made, cursor, seen = 0, "", 0.0
        while True:
            more = {"cursor": cursor} if cursor else {}
            answer, now = await self._timed(Method.HISTORY, channel=channel, oldest=f"{oldest:.6f}", limit=PAGE, **more)
            seen = seen or now
            for message in rows(answer, "messages"):
                if not me.wrote(message) and candidates(message):
                    made += await self._take(me, FileShare(channel, message))
            cursor = text(child(answer, "response_metadata"), "next_cursor")
            if not cursor:
                break
        await self._store.put_cursor(_key(me, channel), str(Cursor(mark.joined, seen)))
        return made

    async def _take(self, me: Identity, shared: FileShare) -> int:
        if not await self._intake.wanted(me, shared):
            return 0
        return sum(made for _, made in await self._intake.add(me, shared))


def _key(me: Identity, channel: str) -> str:
    return f"catchup:{me.team_id}:{channel}"
