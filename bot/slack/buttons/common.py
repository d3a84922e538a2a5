"""A pressed button: what it is about, whether its person may, and how they are answered."""

from collections.abc import Sequence

import structlog

from bot.domain.errors import StepError
from bot.domain.job import Job
from bot.ports.store import JobStore
from bot.slack.api.client import SlackClient
from bot.slack.api.identity import Identity
from bot.slack.api.methods import Method
from bot.slack.api.payloads import Json, child, rows, text
from bot.slack.blockkit.blocks import Block, Message, actions
from bot.slack.blockkit.modals import notice
from bot.slack.buttons import texts as words
from bot.slack.people.membership import Access
from bot.slack.thread.render import answer

_log = structlog.get_logger(__name__)


def person(body: Json) -> str:
    """Who did it."""
    return text(child(body, "user"), "id")


def place(body: Json) -> str:
    """The conversation of the message that was acted on."""
    return text(child(body, "channel"), "id") or text(child(body, "container"), "channel_id")


def value(body: Json) -> str:
    """The value of the button, or of the option that was chosen."""
    for action in rows(body, "actions"):
        return text(action, "value") or text(child(action, "selected_option"), "value")
    return ""


class Interactions:
    """What the acts behind buttons share."""

    def __init__(self, store: JobStore, client: SlackClient, access: Access) -> None:
        self._store = store
        self._client = client
        self._access = access

    async def job(self, me: Identity, body: Json, job_id: str) -> Job | None:
        """The job of a button, if the message is where the job belongs."""
        job = await self._store.job(job_id)
        if job is None or job.origin.channel_id != place(body) or job.origin.team_id != me.team_id:
            return None
        return job

    async def refusal(self, body: Json, job: Job | None) -> str:
        """Why the person may do nothing with the job: a sentence, or ""; Slack is asked who is there now."""
        if job is None:
            return words.NOT_MINE
        return await self.refusal_for(person(body), job, place(body))

    async def refusal_for(self, user_id: str, job: Job, here: str = "") -> str:
        """The same where there is no message, in a modal."""
        try:
            return "" if await self._access.belongs(user_id, job, here) else words.NOT_HERE
        except StepError as error:
            _log.info("rights_unknown", detail=error.detail)
            return words.TRY_LATER

    async def say(self, body: Json, said: str, *buttons: Block) -> None:
        """Tell the person alone, in the thread of the message. Raises `StepError`s."""
        if url := text(body, "response_url"):
            await self._client.respond(url, self._private(body, said, buttons))

    def _private(self, body: Json, said: str, buttons: Sequence[Block]) -> Json:
        message = with_buttons(said, buttons)
        container = child(body, "container")
        thread = text(container, "thread_ts")
        return {
            "response_type": "ephemeral",
            "replace_original": container.get("is_ephemeral") is True,
            "text": message.text,
            "blocks": message.blocks,
            **({"thread_ts": thread} if thread else {}),
        }

    async def whisper(self, user_id: str, job: Job, said: str, *buttons: Block) -> None:
        """The same where there is no message that was pressed. Raises `StepError`s."""
        message = with_buttons(said, buttons)
        await self._client.call(
            Method.POST_EPHEMERAL,
            channel=job.origin.channel_id,
            user=user_id,
            thread_ts=job.origin.thread_ts,
            text=message.text,
            blocks=message.blocks,
        )

    async def open(self, body: Json, title: str) -> str:
        """Open a modal at once (a trigger lives 3 seconds), to be filled by `fill`; its id."""
        view = notice(title, words.ONE_MOMENT, words.CLOSE)
        opened = await self._client.call(Method.OPEN_VIEW, trigger_id=text(body, "trigger_id"), view=view)
        return text(child(opened, "view"), "id")

    async def fill(self, view_id: str, view: Block) -> None:
        """Put its contents into an opened modal. Raises `StepError`s."""
        await self._client.call(Method.UPDATE_VIEW, view_id=view_id, view=view)


def with_buttons(said: str, buttons: Sequence[Block]) -> Message:
    """A paragraph with a row of buttons below it."""
    message = answer(said)
    return Message(message.text, [*message.blocks, actions("buttons", *buttons)]) if buttons else message
