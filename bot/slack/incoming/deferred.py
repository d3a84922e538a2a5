"""What intake put aside because it needs a look into Slack: second chances, mentions, greetings.

An errand is an inbox row; it is dropped only when it is done, so a crash repeats it. Every act here is idempotent.
"""

import json
from collections.abc import Awaitable, Callable, Mapping

import structlog

from bot.domain.errors import Rejected, StepError, StoreError, Transient
from bot.domain.job import FINAL
from bot.ports.clock import Clock, WakeEvent
from bot.ports.store import InboxItem, JobStore
from bot.slack import texts as words
from bot.slack.api.client import SlackClient, SlackRefusal
from bot.slack.api.files import SlackFiles
from bot.slack.api.identity import BotIdentity, Identity
from bot.slack.api.methods import Method
from bot.slack.api.payloads import Json, as_object, child, number, rows, text
from bot.slack.incoming.intake import FILE_SHARED, GREETING, MENTION, FileShare, Intake, candidates
from bot.slack.job_control import restart
from bot.slack.thread import render
from bot.slack.thread.posts import Posts

LOOK_SECONDS = 5.0  # between two looks into one errand; doubled each time
AT_ONCE = 500  # errands of a kind in one pass: those that wait must not hide the rest
GIVE_UP_SECONDS = 900.0  # shares are filled late, but not that late; catch-up finds what is left

_log = structlog.get_logger(__name__)


class DeferredTasks:
    """Runs errands that are due."""

    def __init__(
        self,
        store: JobStore,
        client: SlackClient,
        who: BotIdentity,
        files: SlackFiles,
        intake: Intake,
        posts: Posts,
        clock: Clock,
        wake_event: WakeEvent,
        others: Mapping[str, Callable[[Json], Awaitable[None]]],
    ) -> None:
        self._store = store
        self._client = client
        self._who = who
        self._files = files
        self._intake = intake
        self._posts = posts
        self._clock = clock
        self._later: dict[int, tuple[float, float]] = {}  # item -> (not before, next gap)
        self._wake_event = wake_event
        self._others = others  # kinds that other modules run: each is done when it returns, and idempotent

    async def run(self) -> None:
        """Run errands until cancelled: when intake rings, and every few seconds."""
        while True:
            self._wake_event.clear()
            try:
                while await self.run_due():
                    pass
            except (StepError, StoreError) as error:
                _log.info("errands_postponed", detail=str(error))
            await self._wake_event.wait(LOOK_SECONDS / 2)

    async def run_due(self) -> int:
        """Run every errand that is due; how many were finished. Raises when Slack or the store is away."""
        done = 0
        for kind in (*self._others, MENTION, GREETING, FILE_SHARED):
            for item in await self._store.inbox_due(kind, self._clock.now(), AT_ONCE):
                if self._clock.now() >= self._later.get(item.id, (0.0, 0.0))[0] and await self._run(kind, item):
                    await self._store.drop_inbox(item.id)
                    self._later.pop(item.id, None)
                    done += 1
        return done

    async def _run(self, kind: str, item: InboxItem) -> bool:
        me = await self._who.me()
        facts = as_object(json.loads(item.payload))
        try:
            if other := self._others.get(kind):
                await other(facts)
                return True
            if kind == MENTION:
                return await self._mention(me, facts)
            if kind == GREETING:
                return await self._greet(me, item)
            if await self._resolve(me, facts):
                return True
        except Transient as error:
            self._postpone(item, error.after)
            return False
        except Rejected as refusal:
            _log.info("errand_refused", kind=kind, detail=refusal.detail)
            return True
        self._postpone(item, None)
        return self._clock.now() > item.due_at + GIVE_UP_SECONDS

    def _postpone(self, item: InboxItem, after: float | None) -> None:
        _, gap = self._later.get(item.id, (0.0, LOOK_SECONDS))
        self._later[item.id] = (self._clock.now() + (after or gap), min(gap * 2, 120.0))

    async def _resolve(self, me: Identity, facts: Json) -> bool:
        """`file_shared` without a `message`: find the message through `shares`. False: they are not filled yet."""
        file_id, channel = text(facts, "file"), text(facts, "channel")
        if any(job.origin.channel_id == channel for job in await self._store.jobs_of_file(me.team_id, file_id)):
            return True
        file = await self._files.info(file_id)
        message: dict[str, object] = {"files": [file], "user": text(facts, "user") or text(file, "user")}
        if not candidates(message) or text(file, "user") == me.bot_user_id:
            return True
        shares = [
            share
            for side in ("public", "private")
            for share in rows(child(file, "shares", side), channel)
            if text(share, "ts")
        ]
        direct = channel.startswith("D")
        if not direct and not (await self._store.channel_settings(me.team_id, channel)).automatic:
            return True
        for share in shares:
            found = {**message, "ts": text(share, "ts"), "thread_ts": text(share, "thread_ts")}
            await self._intake.add(me, FileShare(channel, found, direct))
        return bool(shares)

    async def _mention(self, me: Identity, facts: Json) -> bool:
        """Mentioned in a thread: every recording in it that has no transcript yet."""
        channel, user = text(facts, "channel"), text(facts, "user")
        found = 0
        async for page in self._client.pages(Method.REPLIES, channel=channel, ts=text(facts, "root"), limit=200):
            for message in rows(page, "messages"):
                pointed_at = text(message, "ts") in (text(facts, "ts"), text(facts, "root"))
                if me.wrote(message) or not candidates(message, linked=pointed_at):
                    continue
                for job, made in await self._intake.add(me, FileShare(channel, message), asked=True):
                    found += 1
                    ended = job.finished_at if job.state in FINAL else None
                    if not made and ended is not None and ended < number(facts, "ts"):
                        await restart(self._store, job, self._clock.now(), self._intake.notify)
        if not found:
            await self._whisper(channel, user, text(facts, "root"), words.NO_AUDIO_IN_THREAD)
        return True

    async def _whisper(self, channel: str, user: str, thread_ts: str, said: str) -> None:
        """An ephemeral word; it may be lost or said twice, and neither matters."""
        try:
            await self._client.call(
                Method.POST_EPHEMERAL, channel=channel, user=user, thread_ts=thread_ts, **_content(said)
            )
        except SlackRefusal as refusal:
            _log.info("whisper_refused", code=refusal.code)
        except StepError as error:
            _log.info("whisper_lost", detail=error.detail)

    async def _greet(self, me: Identity, item: InboxItem) -> bool:
        await self._posts.deliver(f"greeting:{item.key}", "", item.ref, "", render.greeting())
        return True


def _content(said: str) -> dict[str, object]:
    message = render.answer(said)
    return {"text": message.text, "blocks": message.blocks}
