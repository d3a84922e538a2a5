"""*Delete*: Slack asks first; then the reply becomes one line, its files go, and what is stored is purged."""

from dataclasses import dataclass

import structlog

from bot.domain.errors import StepError
from bot.domain.job import Job
from bot.slack.api.identity import Identity
from bot.slack.api.payloads import Json, person, value
from bot.slack.buttons import texts as words
from bot.slack.buttons.common import Interactions
from bot.slack.buttons.reply_updates import ERASE
from bot.slack.context import SlackContext
from bot.slack.incoming.intake import Intake
from bot.slack.people.membership import Access

_log = structlog.get_logger(__name__)


@dataclass
class Deletion:
    """Deletes transcripts for those who may."""

    interactions: Interactions
    access: Access
    intake: Intake
    slack: SlackContext

    async def pressed(self, me: Identity, body: Json) -> None:
        """The confirmed button of a reply."""
        job = await self.interactions.job(me, body, value(body))
        said = await self.interactions.refusal(body, job)
        if not said and job is not None:
            refused = await self._not_theirs(person(body), job)
            said = (await self.interactions.phrases(person(body))).say(refused) if refused else ""
        if said or job is None:
            await self.interactions.say(body, said)
            return
        now = self.slack.now()
        key, by = f"{job.id}:{now:.3f}", person(body)
        await self.intake.defer_for_reply(ERASE, job, key, user=by, at=f"{now:.3f}")

    async def _not_theirs(self, user_id: str, job: Job) -> str:
        try:
            return "" if await self.access.may_delete(user_id, job) else words.NOT_YOURS
        except StepError as error:
            _log.info("rights_unknown", detail=error.detail)
            return words.TRY_LATER
