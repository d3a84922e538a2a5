"""What all buttons share: find the job, check permission, answer.

Slack is acknowledged before anything here runs. A press that fails is answered, too: try again in a minute.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from bot.domain.errors import LostLease, StepError, StoreError
from bot.domain.job import Job
from bot.slack.api.client import SlackRefusal
from bot.slack.api.identity import Identity
from bot.slack.api.methods import Method
from bot.slack.api.payloads import Json, action_id, child, person, place, text, thread
from bot.slack.blockkit.blocks import Block, Message, actions
from bot.slack.blockkit.modals import notice
from bot.slack.buttons import texts as words
from bot.slack.context import SlackContext
from bot.slack.people.membership import Access
from bot.slack.people.remembered import DECIDE_SECONDS
from bot.slack.thread.render import answer
from bot.text.phrases import Phrases

_log = structlog.get_logger(__name__)


@dataclass
class Interactions:
    """What the acts behind buttons share."""

    slack: SlackContext
    access: Access

    async def job(self, me: Identity, body: Json, job_id: str) -> Job | None:
        """The job of a button, if the message is where the job belongs."""
        job = await self.slack.store.job(job_id)
        if job is None or job.origin.channel_id != place(body) or job.origin.team_id != me.team_id:
            return None
        return job

    async def refusal(self, body: Json, job: Job | None) -> str:
        """Why the user may do nothing with the job: a sentence, or ""."""
        said = words.NOT_MINE if job is None else await self._refusal(person(body), job, place(body))
        return (await self.phrases(person(body))).say(said) if said else ""

    async def refusal_in_modal(self, user_id: str, job: Job) -> str:
        """The same for a submitted modal, which Slack wants answered at once.

        While Slack is slow, only the user who shared the recording may; for others the question goes on, and its answer
        is there for the next press.
        """
        try:
            async with asyncio.timeout(DECIDE_SECONDS):
                return await self._refusal(user_id, job, "")
        except TimeoutError:
            return "" if user_id == job.origin.user_id else words.ONCE_MORE

    async def _refusal(self, user_id: str, job: Job, here: str) -> str:
        try:
            return "" if await self.access.belongs(user_id, job, here) else words.NOT_HERE
        except StepError as error:
            _log.info("permission_unknown", detail=error.detail)
            return words.TRY_LATER

    async def answering(self, body: Json, work: Awaitable[None]) -> None:
        """Do what a press asks for; if that fails, tell its user so. Never raises for Slack's or the store's sake."""
        try:
            await work
        except (StepError, StoreError, LostLease) as error:
            _log.warning("press_failed", kind=type(error).__name__, detail=str(error))
            await self._apologise(body, words.FAILED if isinstance(error, StoreError) else words.TRY_LATER)
        except Exception as error:  # a bug in one answer must not end the process; it is reported with its traceback
            _log.exception("press_broke", kind=type(error).__name__)
            await self._apologise(body, words.FAILED)

    async def _apologise(self, body: Json, said: str) -> None:
        try:
            await self.say(body, (await self.phrases(person(body))).say(said))
        except StepError as error:
            _log.info("answer_lost", detail=error.detail)

    async def outdated(self, _me: Identity, body: Json) -> None:
        """A button that this version does not know: its message is of another one. Raises `StepError`s."""
        _log.info("unknown_action", action=action_id(body))
        await self.say(body, (await self.phrases(person(body))).say(words.OUTDATED))

    async def phrases(self, user_id: str) -> Phrases:
        """The phrases of the language that this user reads."""
        return await self.access.users.phrases(user_id)

    async def phrases_at_once(self, user_id: str) -> Phrases:
        """The same where Slack waits for an answer."""
        return await self.access.users.phrases_at_once(user_id)

    async def say(self, body: Json, said: str, *buttons: Block) -> None:
        """`say_message` with one paragraph."""
        await self.say_message(body, with_buttons(said, buttons))

    async def say_message(self, body: Json, message: Message) -> None:
        """Tell the user alone, where they are: in the thread of the message, or in the conversation.

        Slack documents `thread_ts` for `chat.postEphemeral`; through a `response_url` it may be ignored (bolt-js #963).
        So the latter is for conversations that the bot is not in, and for an answer in place of an earlier one. Raises
        `StepError`s.
        """
        content = {"text": message.text, "blocks": message.blocks}
        url, channel, root = text(body, "response_url"), place(body), thread(body)
        replaces = child(body, "container").get("is_ephemeral") is True
        if channel and not (replaces and url):
            where = {"thread_ts": root} if root else {}
            try:
                await self.slack.client.call(
                    Method.POST_EPHEMERAL, channel=channel, user=person(body), **where, **content
                )
            except SlackRefusal as refusal:
                _log.info("whisper_refused", code=refusal.code)
            else:
                return
        if url:
            where = {"thread_ts": root} if root else {}
            own = {"response_type": "ephemeral", "replace_original": replaces, **where}
            await self.slack.client.respond(url, {**own, **content})

    async def whisper(self, user_id: str, job: Job, said: str, *buttons: Block) -> None:
        """The same where there is no message that was pressed. Raises `StepError`s."""
        message = with_buttons(said, buttons)
        await self.slack.client.call(
            Method.POST_EPHEMERAL,
            channel=job.origin.channel_id,
            user=user_id,
            thread_ts=job.origin.thread_ts,
            text=message.text,
            blocks=message.blocks,
        )

    async def open(self, body: Json, title: str, make: Callable[[], Awaitable[Block]]) -> None:
        """Open a modal at once (a trigger lives 3 seconds), and put what `make` gives into it; `title` is English.

        Raises `StepError`s.
        """
        phrases = await self.phrases_at_once(person(body))
        title, close = phrases.say(title), phrases.say(words.CLOSE)
        view = notice(title, phrases.say(words.ONE_MOMENT), close)
        opened = await self.slack.client.call(Method.OPEN_VIEW, trigger_id=text(body, "trigger_id"), view=view)
        try:
            view = await make()
        except (StepError, StoreError) as error:
            _log.warning("modal_failed", kind=type(error).__name__, detail=str(error))
            view = notice(title, phrases.say(words.TRY_LATER), close)
        await self.fill(text(child(opened, "view"), "id"), view)

    async def fill(self, view_id: str, view: Block) -> None:
        """Put its contents into an opened modal, unless its user has closed it. Raises `StepError`s."""
        try:
            await self.slack.client.call(Method.UPDATE_VIEW, view_id=view_id, view=view)
        except SlackRefusal as refusal:
            _log.info("modal_gone", code=refusal.code)


def with_buttons(said: str, buttons: Sequence[Block]) -> Message:
    """A paragraph with a row of buttons below it."""
    message = answer(said)
    return Message(message.text, [*message.blocks, actions("buttons", *buttons)]) if buttons else message
