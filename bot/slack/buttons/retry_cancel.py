"""*Try again*, *Cancel* and the message shortcut *Transcribe*.

A press is committed before Slack is acknowledged, and acted on afterwards, when Slack was asked whether its user may.
So it survives a crash in between.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from bot.domain.errors import StepError
from bot.domain.job import FINAL, Job, State
from bot.ports.store import AuditAction, OutboxMessage
from bot.slack import texts as words
from bot.slack.api.client import SlackRefusal
from bot.slack.api.identity import Identity
from bot.slack.api.methods import Method
from bot.slack.api.payloads import Json, action_id, as_object, child, person, place, rows, text, value
from bot.slack.background import BackgroundTasks
from bot.slack.blockkit.blocks import Message, context
from bot.slack.blockkit.text import escape_label
from bot.slack.buttons.common import Interactions
from bot.slack.context import SlackContext
from bot.slack.incoming.deferred import ON_REQUEST_ACTION
from bot.slack.incoming.intake import Intake
from bot.slack.job_control import restart, stop
from bot.slack.people.direct import DirectMessages
from bot.slack.thread.posts import Posts
from bot.slack.thread.render import (
    CANCEL_ACTION,
    CANCEL_ONE_ACTION,
    CANCEL_SURELY_ACTION,
    RETRY_ACTION,
    cancel_question,
    is_anothers,
)
from bot.slack.thread.replies import Replies

PRESS = "press"  # kind of the inbox rows that hold presses
_NOT_THERE = frozenset({"not_in_channel", "channel_not_found"})  # refusals: the bot is not in the conversation
_COMMITTED_SECONDS, _LOOK_SECONDS = 20.0, 0.25  # after an answer was posted; how often that is looked for
_KEPT = ("user", "channel", "container", "message", "actions", "response_url")  # of a body

_log = structlog.get_logger(__name__)


@dataclass
class Actions:
    """Acts on the buttons of status lines and failures, and on the shortcut."""

    slack: SlackContext
    intake: Intake
    posts: Posts
    replies: Replies
    interactions: Interactions
    direct: DirectMessages
    background: BackgroundTasks
    notify: Callable[[str], None]

    async def pressed(self, me: Identity, body: Json) -> None:
        """Commit a press of *Try again*, *Cancel* or *Transcribe*. Raises `StoreError`."""
        action = next(iter(rows(body, "actions")), {})
        used = f"{action_id(body)}:{value(body)}:{person(body)}:{text(action, 'action_ts') or self.slack.now()}"
        kept, key = {name: body[name] for name in _KEPT if name in body}, f"{me.team_id}:{used}"
        await self.intake.defer(PRESS, team_id=me.team_id, key=key, ref=place(body), facts=kept)

    async def act(self, body: Json) -> None:
        """Do what a committed press asks for. Its user is answered, also when it fails."""
        me = await self.slack.who.me()
        acts = {
            RETRY_ACTION: self._retry,
            CANCEL_ACTION: self._cancel,
            CANCEL_SURELY_ACTION: self._cancel_surely,
            CANCEL_ONE_ACTION: self._cancel_one,
            ON_REQUEST_ACTION: self._on_request,
        }
        if act := acts.get(action_id(body)):
            await self.interactions.answering(body, act(me, body))

    async def _job(self, me: Identity, body: Json) -> Job | None:
        """The job of a button in its own thread, if its user may; else they are told why not."""
        return await self._if_theirs(body, await self.interactions.job(me, body, value(body)))

    async def _named(self, me: Identity, body: Json) -> Job | None:
        """The same for a button that may be pressed anywhere."""
        job = await self.slack.store.job(value(body))
        return await self._if_theirs(body, job if job is not None and job.origin.team_id == me.team_id else None)

    async def _if_theirs(self, body: Json, job: Job | None) -> Job | None:
        if said := await self.interactions.refusal(body, job):
            await self.interactions.say(body, said)
            return None
        return job

    async def _say(self, body: Json, job: Job, english: str) -> None:
        phrases = await self.slack.users.phrases(person(body))
        await self.interactions.say(body, phrases.say(english).format(name=words.name_of(job, phrases), job=job.id))

    async def _retry(self, me: Identity, body: Json) -> None:
        """*Try again* under a failure."""
        job = await self._job(me, body)
        if job is None:
            return
        job = await self._once_answered(job)
        turn, row = await self.replies.turn(job), await self.replies.answer_row(job)
        moved = await restart(self.slack.store, job, self.slack.now(), self.notify)
        if moved is None:
            link = me.link(job.origin.channel_id, job.origin.thread_ts)
            await self.interactions.say(
                body, words.not_retried(link, job, await self.slack.users.phrases(person(body)))
            )
            return
        await self.slack.note(AuditAction.RETRIED, person(body), "button", job)
        if row is not None and row.ts:
            await self._say_who(job, row, turn, body)

    async def _once_answered(self, job: Job) -> Job:
        """The job when it is over: its message, with the button, is in the thread a moment before that is committed."""
        waits = 0.0
        while job.state is State.REPLYING and waits < _COMMITTED_SECONDS:
            await self.slack.clock.sleep(_LOOK_SECONDS)
            waits += _LOOK_SECONDS
            job = await self.slack.store.job(job.id) or job
        return job

    async def _say_who(self, job: Job, row: OutboxMessage, turn: int, body: Json) -> None:
        """The failure without its button, and who asked for another try."""
        message = as_object(body.get("message"))
        kept = [dict(block) for block in rows(message, "blocks") if text(block, "type") not in ("actions", "context")]
        name = escape_label(await self.slack.users.name(person(body))) or f"<@{person(body)}>"
        again = (await self.replies.phrases(job)).again_by.format(user=name)
        try:
            await self.posts.edit(row, Message(text(message, "text"), [*kept, context(again)]))
            await self.replies.show_failure_again(job.id, turn + 1, row.ts)
        except SlackRefusal as refusal:  # somebody deleted the message; the job is on its way all the same
            _log.info("reply_not_edited", job=job.id, code=refusal.code)

    async def _cancel(self, me: Identity, body: Json) -> None:
        """*Cancel* on a status line: every unfinished job of its message. Another person's are asked about first."""
        job = await self._job(me, body)
        if job is None:
            return
        jobs = await self._unfinished(job)
        if jobs and is_anothers(job, person(body)):
            phrases = await self.slack.users.phrases(person(body))
            await self.interactions.say_message(body, cancel_question(jobs, CANCEL_SURELY_ACTION, phrases))
            return
        if not await self._stop(body, jobs):
            await self._said_of_cancel(body, job, False)

    async def _cancel_surely(self, me: Identity, body: Json) -> None:
        """*Cancel it* below the question that a status line's *Cancel* brought."""
        if job := await self._job(me, body):
            await self._said_of_cancel(body, job, await self._stop(body, await self._unfinished(job)))

    async def _cancel_one(self, me: Identity, body: Json) -> None:
        """*Cancel it* below the question that the command brought: this recording alone."""
        if job := await self._named(me, body):
            await self._said_of_cancel(body, job, await self._stop(body, [job]))

    async def kept(self, me: Identity, body: Json) -> None:
        """*Let it go on* below either question."""
        if job := await self._named(me, body):
            await self._say(body, job, words.GOES_ON)

    async def _unfinished(self, job: Job) -> list[Job]:
        origin = job.origin
        found = await self.slack.store.jobs_of_message(origin.team_id, origin.channel_id, origin.message_ts)
        return [each for each in found if each.state not in FINAL]

    async def _stop(self, body: Json, jobs: Sequence[Job]) -> bool:
        """Have the jobs cancelled; whether there was one to cancel."""
        stopped = False
        for each in jobs:
            now = self.slack.now()
            if each.state not in FINAL and await stop(self.slack.store, each, person(body), now, self.notify):
                await self.slack.note(AuditAction.CANCELLED, person(body), "button", each)
                stopped = True
        return stopped

    async def _said_of_cancel(self, body: Json, job: Job, stopped: bool) -> None:
        await self._say(body, job, words.CANCELLING if stopped else words.CANNOT_CANCEL)

    async def _on_request(self, me: Identity, body: Json) -> None:
        """*Transcribe* under the offer in a channel that wants to be asked."""
        channel, (ts, _, root) = place(body), value(body).partition(" ")
        said, found = words.NO_AUDIO_IN_MESSAGE, list[Json]()
        try:
            page = await self.slack.client.call(
                Method.REPLIES, channel=channel, ts=root, oldest=ts, inclusive=True, limit=2
            )
            found = [each for each in rows(page, "messages") if text(each, "ts") == ts]
        except SlackRefusal as refusal:  # else the message was deleted
            said = words.NOT_A_MEMBER if refusal.code in _NOT_THERE else said
        if found and await self.intake.on_request(me, channel, found[0]):
            said = words.ON_IT
        await self.interactions.say(body, (await self.slack.users.phrases(person(body))).say(said))

    async def shortcut(self, me: Identity, body: Json) -> None:
        """*Transcribe* in a message's menu: the jobs are committed before Slack is acknowledged."""
        if place(body).startswith("D"):  # perhaps one between other people, where the bot is not
            self.background.spawn("shortcut", self.interactions.answering(body, self._direct_shortcut(me, body)))
            return
        found = await self.intake.shortcut(me, body)
        jobs = [job for job, _ in found]
        self.background.spawn("shortcut", self.interactions.answering(body, self._shortcut_answer(me, body, jobs)))

    async def _direct_shortcut(self, me: Identity, body: Json) -> None:
        if not await self.direct.belongs_to(me, place(body), person(body), asked_there=True):
            phrases = await self.slack.users.phrases(person(body))
            await self.interactions.say(body, phrases.say(words.NOT_MY_DIRECT_MESSAGE))
            return
        found = await self.intake.shortcut(me, body)
        await self._shortcut_answer(me, body, [job for job, _ in found])

    async def _shortcut_answer(self, me: Identity, body: Json, jobs: list[Job]) -> None:
        message = as_object(body.get("message"))
        channel = text(child(body, "channel"), "id")
        phrases = await self.slack.users.phrases(person(body))
        said = phrases.say(words.ON_IT)
        if not jobs:
            said = phrases.say(words.NO_AUDIO_IN_MESSAGE)
        elif jobs[0].state is State.DONE:
            link = me.link(channel, jobs[0].origin.thread_ts)
            name = words.name_of(jobs[0], phrases)
            said = phrases.say(words.ALREADY_DONE).format(name=name, job=jobs[0].id, link=link)
        try:
            await self.slack.client.call(Method.REPLIES, channel=channel, ts=text(message, "ts"), limit=1)
        except SlackRefusal as refusal:
            if refusal.code in _NOT_THERE:
                said = phrases.say(words.NOT_A_MEMBER)
        except StepError:
            pass  # this answer is a courtesy; the jobs are committed
        await self.interactions.say(body, said)
