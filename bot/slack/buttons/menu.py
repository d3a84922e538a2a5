"""The "..." menu of a short reply: its choices do what the buttons of a longer one do.

Slack cannot ask before one choice of a menu, nor show a menu in a menu: *Download* and *Delete* open a window, and
what is chosen there becomes a press as the button would have made it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.domain.job import Job
from bot.ports.store import JobStore
from bot.slack.api.identity import Identity
from bot.slack.api.payloads import Json, person, place, text, thread, value
from bot.slack.background import BackgroundTasks
from bot.slack.blockkit.blocks import Block, option, section, select
from bot.slack.blockkit.modals import entered, facts_of, field, modal, notice
from bot.slack.buttons import texts as words
from bot.slack.buttons.common import Interactions
from bot.slack.thread.render import AGAIN_ACTION, DELETE_CHOICE, DOWNLOAD_CHOICE, RENAME_ACTION
from bot.text.exports.formats import available

DOWNLOAD_VIEW = "download_format"
DELETE_VIEW = "confirm_delete"
FORMAT = "format"

Press = Callable[[Identity, Json], Awaitable[None]]


@dataclass
class ReplyMenu:
    """Passes each choice on: `rename`, `again`, `download` and `delete` are what the buttons do."""

    store: JobStore
    interactions: Interactions
    background: BackgroundTasks
    rename: Press
    again: Press
    download: Press
    delete: Press

    async def pressed(self, me: Identity, body: Json) -> None:
        """A choice in the menu."""
        kind, _, job_id = value(body).partition(".")
        press = {**body, "actions": [{"action_id": kind, "value": job_id}]}
        if kind == RENAME_ACTION:
            await self.rename(me, press)
        elif kind == AGAIN_ACTION:
            await self.again(me, press)
        elif kind == DOWNLOAD_CHOICE:
            await self.interactions.open(body, words.DOWNLOAD_TITLE, lambda: self._formats(me, press))
        elif kind == DELETE_CHOICE:
            await self.interactions.open(body, words.DELETE_TITLE, lambda: self._question(me, press))

    async def _formats(self, me: Identity, press: Json) -> Block:
        job = await self.interactions.job(me, press, value(press))
        said = await self.interactions.refusal(press, job)
        transcript = None if said or job is None else await self.store.transcript(job.id)
        say = (await self.interactions.phrases(person(press))).say
        if job is None or transcript is None:
            return notice(say(words.DOWNLOAD_TITLE), said or say(words.GONE), say(words.CLOSE))
        options = [option(each.value.upper(), each.value) for each in available(transcript)]
        chooser = field(FORMAT, say(words.FORMAT), select(say(words.FORMAT), FORMAT, options, options[0]))
        return modal(
            say(words.DOWNLOAD_TITLE),
            [section(say(words.DOWNLOAD_INTRO)), chooser],
            callback_id=DOWNLOAD_VIEW,
            close=say(words.CANCEL),
            submit=say(words.DOWNLOAD_ADD),
            facts=_facts(job, press),
        )

    async def _question(self, me: Identity, press: Json) -> Block:
        job = await self.interactions.job(me, press, value(press))
        said = await self.interactions.refusal(press, job)
        say = (await self.interactions.phrases(person(press))).say
        if said or job is None:
            return notice(say(words.DELETE_TITLE), said, say(words.CLOSE))
        return modal(
            say(words.DELETE_TITLE),
            [section(say(words.DELETE_QUESTION))],
            callback_id=DELETE_VIEW,
            close=say(words.CANCEL),
            submit=say(words.DELETE_YES),
            facts=_facts(job, press),
        )

    async def format_chosen(self, me: Identity, body: Json) -> Json | None:
        """The window of *Download* was submitted."""
        extension = entered(body, FORMAT, FORMAT)
        self._spawn(me, self.download, _press(body, f"{text(facts_of(body), 'job')}.{extension}"))
        return None

    async def confirmed(self, me: Identity, body: Json) -> Json | None:
        """The window of *Delete* was submitted."""
        self._spawn(me, self.delete, _press(body, text(facts_of(body), "job")))
        return None

    def _spawn(self, me: Identity, act: Press, press: Json) -> None:
        self.background.spawn("menu", self.interactions.answering(press, act(me, press)))


def _facts(job: Job, press: Json) -> Json:
    return {"job": job.id, "channel": place(press), "thread": thread(press)}


def _press(body: Json, pressed: str) -> Json:
    """A press of the button, by the user who submitted the window."""
    facts = facts_of(body)
    return {
        "user": {"id": person(body)},
        "channel": {"id": text(facts, "channel")},
        "container": {"channel_id": text(facts, "channel"), "thread_ts": text(facts, "thread")},
        "actions": [{"value": pressed}],
    }
