"""Work from events and presses that needs Slack calls: an inbox row, removed when done, so a crash repeats it.

Each item is handled by itself, and those of one reference (a job, a channel) one after the other. One that fails is
postponed with growing gaps and holds up no other; it is dropped with a log line when it is of no use any more. An item
is claimed before it is handled, so of several processes one handles it. Every act here is idempotent.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import structlog

from bot.domain.errors import Ambiguous, LostLease, Misconfigured, Rejected, StepError, StoreError, Transient
from bot.domain.job import FINAL
from bot.ports.clock import WakeEvent
from bot.ports.store import InboxItem
from bot.slack import texts as words
from bot.slack.api.client import SlackRefusal
from bot.slack.api.files import SlackFiles
from bot.slack.api.identity import Identity
from bot.slack.api.methods import Method
from bot.slack.api.payloads import Json, as_object, child, number, rows, text, truth
from bot.slack.blockkit.blocks import Block, Message, actions, button
from bot.slack.context import SlackContext
from bot.slack.incoming.intake import (
    DIRECT_HELP,
    FILE_SHARED,
    GREETING,
    MENTION,
    ON_REQUEST,
    FileShare,
    Intake,
    candidates,
)
from bot.slack.job_control import restart
from bot.slack.settings.retention import Retention
from bot.slack.thread import render
from bot.slack.thread.posts import Posts

ON_REQUEST_ACTION = "transcribe_on_request"
POLL_SECONDS = 2.5
CLAIM_SECONDS = 120.0  # longer than any item takes: calls of 30 s, repeated
AT_ONCE = 8  # items under way
FIRST_GAP_SECONDS, LONGEST_GAP_SECONDS = 5.0, 600.0
MOST_TRIES = 150  # of an item that waits for Slack or for the operator: about a day
MOST_FOR_SHARES = 8  # about a quarter of an hour: they are filled late, but not that late; catch-up finds what is left
MOST_BUGS = 8  # failures that nobody expects

Act = Callable[[Json], Awaitable[None]]

_log = structlog.get_logger(__name__)


class _NotYet(Transient):
    """Slack does not know yet what the item needs."""


@dataclass
class DeferredTasks:
    """Runs what is due. `others` are kinds that other modules run: each is done when it returns."""

    slack: SlackContext
    files: SlackFiles
    intake: Intake
    posts: Posts
    wake_event: WakeEvent
    others: Mapping[str, Act]
    on_broken: Callable[[Misconfigured], None]
    retention: Retention
    team_id: str = ""  # the workspace whose items are run; "": all
    _running: dict[asyncio.Task[None], str] = field(default_factory=dict, init=False)  # with the reference
    _logged: set[str] = field(default_factory=set, init=False)  # failures that are in the log already

    async def run(self) -> None:
        """Run items until cancelled: when intake notifies, and every few seconds. Raises `StoreError`."""
        try:
            while True:
                self.wake_event.clear()
                await self.start_due()
                await self.wake_event.wait(POLL_SECONDS)
        finally:
            self.stop()

    def stop(self) -> None:
        """End what is under way; it is there again when its claim ends."""
        for task in self._running:
            task.cancel()

    async def start_due(self) -> None:
        """Claim what is due, as much as there is room for, and begin it. Raises `StoreError`."""
        for kind in (*self.others, MENTION, DIRECT_HELP, ON_REQUEST, GREETING, FILE_SHARED):
            free = AT_ONCE - len(self._running)
            if free <= 0:
                return  # one that ends wakes this loop
            now, team_id = self.slack.now(), self.team_id
            if not await self.slack.store.inbox_due(kind, now, 1, team_id):  # a read costs less than a claim of nothing
                continue
            for item in await self.slack.store.claim_inbox(kind, now, CLAIM_SECONDS, free, team_id):
                before = [task for task, ref in self._running.items() if ref == item.ref]
                task = asyncio.create_task(self._handle(kind, item, before), name=f"deferred {kind}")
                self._running[task] = item.ref
                task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        self.wake_event.notify()

    async def _handle(self, kind: str, item: InboxItem, before: list[asyncio.Task[None]]) -> None:
        """Do one item; drop it when it is done or of no use, else postpone it. Never raises."""
        if before:
            await asyncio.wait(before)
        try:
            if await self._done(kind, item):
                await self.slack.store.drop_inbox(item.id, item.claim)
                self._logged.discard(kind)
        except StoreError as error:  # the claim ends by itself, and the item is there again
            self._log_once(kind, error)

    async def _done(self, kind: str, item: InboxItem) -> bool:
        """Whether the item is done, or dropped. Raises `StoreError`."""
        after, most = None, MOST_TRIES
        try:
            await self._act(kind, await self.slack.who.me(), item)
        except Rejected as refusal:
            _log.info("deferred_refused", kind=kind, detail=refusal.detail)
            return True
        except _NotYet as error:
            detail, most = error.detail, MOST_FOR_SHARES
        except (StepError, LostLease) as error:
            if isinstance(error, Misconfigured):
                self.on_broken(error)
            self._log_once(kind, error)
            detail, after = str(error), error.after if isinstance(error, Transient) else None
        except StoreError:
            raise
        except Exception as error:  # a bug, or an unreadable item, must hold up nothing else; it is reported
            _log.exception("deferred_broke", kind=kind, attempt=item.attempts + 1)
            detail, most = type(error).__name__, MOST_BUGS
        else:
            return True
        if item.attempts + 1 >= most:
            _log.warning("deferred_dropped", kind=kind, detail=detail)
            return True
        gap = min(FIRST_GAP_SECONDS * 2.0 ** min(item.attempts, 10), LONGEST_GAP_SECONDS)
        await self.slack.store.postpone_inbox(item, self.slack.now() + (after or gap))
        return False

    def _log_once(self, kind: str, error: Exception) -> None:
        """Log the first failure of a kind, until one of them is done again."""
        if kind not in self._logged:
            _log.warning("deferred_postponed", kind=kind, detail=str(error))
        self._logged.add(kind)

    async def _act(self, kind: str, me: Identity, item: InboxItem) -> None:
        facts = as_object(json.loads(item.payload))
        if other := self.others.get(kind):
            await other(facts)
        elif kind == MENTION:
            await self._mention(me, facts)
        elif kind == GREETING:
            await self.posts.deliver(f"greeting:{item.key}", "", item.ref, "", await self._greeting(me, item.ref))
        elif kind == DIRECT_HELP:
            said = words.DIRECT_NO_AUDIO if truth(facts, "files") else words.DIRECT_HELP
            # Said once, as a greeting is.
            key = f"greeting:{me.team_id}:{text(facts, 'channel')}:{text(facts, 'ts')}"
            said = (await self.slack.users.phrases(text(facts, "user"))).say(said)
            await self.posts.deliver(key, "", item.ref, "", render.answer(said))
        elif kind == ON_REQUEST:
            await self._offer(facts)
        else:
            await self._resolve(me, facts)

    async def _greeting(self, me: Identity, channel: str) -> Message:
        return render.greeting(self.retention.days(await self.slack.store.channel_settings(me.team_id, channel)))

    async def _resolve(self, me: Identity, facts: Json) -> None:
        """`file_shared` without a `message`: find the message through `shares`."""
        file_id, channel = text(facts, "file"), text(facts, "channel")
        if any(job.origin.channel_id == channel for job in await self.slack.store.jobs_of_file(me.team_id, file_id)):
            return
        file = await self.files.info(file_id)
        message: dict[str, object] = {"files": [file], "user": text(facts, "user") or text(file, "user")}
        if not candidates(message) or text(file, "user") == me.bot_user_id:
            return
        shares = [
            share
            for side in ("public", "private")
            for share in rows(child(file, "shares", side), channel)
            if text(share, "ts")
        ]
        direct = channel.startswith("D")
        if not direct and not (await self.slack.store.channel_settings(me.team_id, channel)).automatic:
            return
        for share in shares:
            found = {**message, "ts": text(share, "ts"), "thread_ts": text(share, "thread_ts")}
            await self.intake.add(me, FileShare(channel, found, direct))
        if not shares:
            raise _NotYet("files.info: no shares yet")

    async def _mention(self, me: Identity, facts: Json) -> None:
        """Mentioned in a thread: every recording in it that has no transcript yet."""
        channel, user = text(facts, "channel"), text(facts, "user")
        ts, root = text(facts, "ts"), text(facts, "root")
        found = 0
        async for page in self.slack.client.pages(Method.REPLIES, channel=channel, ts=root, limit=200):
            for message in rows(page, "messages"):
                pointed_at = text(message, "ts") in (ts, root)
                if me.wrote(message) or not candidates(message, linked=pointed_at):
                    continue
                for job, made in await self.intake.add(me, FileShare(channel, message), asked=True):
                    found += 1
                    ended = job.finished_at if job.state in FINAL else None
                    if not made and ended is not None and ended < number(facts, "ts"):
                        await restart(self.slack.store, job, self.slack.now(), self.intake.notify)
        if not found:
            english = words.NO_AUDIO_IN_THREAD if root != ts else words.NO_AUDIO_MENTIONED
            said = (await self.slack.users.phrases(user)).say(english)
            await self._whisper(channel, user, root if root != ts else "", said)

    async def _offer(self, facts: Json) -> None:
        """A recording where the channel wants to be asked: its user, and nobody else, is offered a button."""
        ts, root = text(facts, "ts"), text(facts, "root")
        user = text(facts, "user")
        say = (await self.slack.users.phrases(user)).say
        press = actions("offer", button(say(words.TRANSCRIBE), ON_REQUEST_ACTION, f"{ts} {root}"))
        where = root if root != ts else ""
        await self._whisper(text(facts, "channel"), user, where, say(words.ON_REQUEST), press)

    async def _whisper(self, channel: str, user: str, thread_ts: str, said: str, *more: Block) -> None:
        """An ephemeral answer, in the thread if there is one: below a message without replies it would not be seen.

        Where it certainly was not said, `StepError`s are raised, and the item is postponed. It may be lost after a cut
        connection, or said twice after a crash; neither matters.
        """
        message = render.answer(said)
        where = {"thread_ts": thread_ts} if thread_ts else {}
        content = {"text": message.text, "blocks": [*message.blocks, *more]}
        try:
            await self.slack.client.call(Method.POST_EPHEMERAL, channel=channel, user=user, **where, **content)
        except SlackRefusal as refusal:
            _log.info("whisper_refused", code=refusal.code)
        except Ambiguous as error:
            _log.info("whisper_lost", detail=error.detail)
