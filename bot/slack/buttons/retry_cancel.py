"""Buttons and the message shortcut: what they change is committed before Slack is acknowledged, as events are."""

from collections.abc import Callable

from bot.domain.errors import StepError
from bot.domain.job import FINAL, Job, State
from bot.ports.clock import Clock
from bot.ports.store import JobStore
from bot.slack import texts as words
from bot.slack.api.client import SlackClient, SlackRefusal
from bot.slack.api.identity import Identity
from bot.slack.api.methods import Method
from bot.slack.api.payloads import Json, as_object, child, rows, text
from bot.slack.background import BackgroundTasks
from bot.slack.blockkit.blocks import Message, context
from bot.slack.buttons.common import Interactions, person, value
from bot.slack.command.command import Commands
from bot.slack.incoming.intake import Intake
from bot.slack.job_control import restart
from bot.slack.thread.posts import Posts
from bot.slack.thread.replies import Replies


class Actions:
    """Acts on buttons and shortcuts. Each method raises `StoreError` when nothing was committed."""

    def __init__(
        self,
        store: JobStore,
        client: SlackClient,
        intake: Intake,
        commands: Commands,
        posts: Posts,
        replies: Replies,
        interactions: Interactions,
        background: BackgroundTasks,
        clock: Clock,
        notify: Callable[[str], None],
    ) -> None:
        self._store = store
        self._client = client
        self._intake = intake
        self._commands = commands
        self._posts = posts
        self._replies = replies
        self._interactions = interactions
        self._background = background
        self._clock = clock
        self._notify = notify

    async def _job(self, me: Identity, body: Json) -> Job | None:
        """The job of a pressed button, if its person may; else they are told why not."""
        job = await self._interactions.job(me, body, value(body))
        if said := await self._interactions.refusal(body, job):
            self._background.spawn("refusal", self._interactions.say(body, said))
            return None
        return job

    async def retry(self, me: Identity, body: Json) -> None:
        """*Try again* under a failure."""
        job = await self._job(me, body)
        if job is None:
            return
        row = await self._replies.answer_row(job)
        moved = await restart(self._store, job, self._clock.now(), self._notify)
        if moved is None:
            said = words.CANNOT_RETRY.format(job=job.id) if job.state is not State.DONE else words.ALREADY_RUNNING
            self._background.spawn("retry answer", self._interactions.say(body, said))
        elif row is not None and row.ts:
            message = as_object(body.get("message"))
            kept = [dict(block) for block in rows(message, "blocks") if text(block, "type") != "actions"]
            edited = Message(text(message, "text"), [*kept, context((await self._replies.phrases(job)).again_below)])
            self._background.spawn("retry edit", self._posts.edit(row, edited))

    async def cancel(self, me: Identity, body: Json) -> None:
        """*Cancel* on a status line: every unfinished job of its message."""
        job = await self._job(me, body)
        if job is None:
            return
        origin = job.origin
        user = person(body)
        for each in await self._store.jobs_of_message(origin.team_id, origin.channel_id, origin.message_ts):
            if each.state not in FINAL:
                await self._commands.stop(each, user)

    async def shortcut(self, me: Identity, body: Json) -> None:
        """*Transcribe* in a message's menu."""
        found = await self._intake.shortcut(me, body)
        self._background.spawn("shortcut answer", self._shortcut_answer(me, body, [job for job, _ in found]))

    async def _shortcut_answer(self, me: Identity, body: Json, jobs: list[Job]) -> None:
        message = as_object(body.get("message"))
        channel = text(child(body, "channel"), "id")
        said = words.ON_IT
        if not jobs:
            said = words.NO_AUDIO_IN_MESSAGE
        elif jobs[0].state is State.DONE:
            said = words.ALREADY_DONE.format(job=jobs[0].id, link=me.link(channel, jobs[0].origin.thread_ts))
        try:
            await self._client.call(Method.REPLIES, channel=channel, ts=text(message, "ts"), limit=1)
        except SlackRefusal as refusal:
            if refusal.code in ("not_in_channel", "channel_not_found"):
                said = words.NOT_A_MEMBER
        except StepError:
            pass  # the word is a courtesy; the job is committed
        await self._interactions.say(body, said)
