"""*Delete*: Slack asks first; then the reply becomes one line, its files go, and what is stored is purged."""

import structlog

from bot.domain.errors import StepError
from bot.domain.job import Job
from bot.ports.clock import Clock
from bot.slack import button_words as words
from bot.slack.access import Access
from bot.slack.afterwards import Afterwards
from bot.slack.fields import Json
from bot.slack.identity import Identity
from bot.slack.intake import Intake
from bot.slack.presses import Presses, person, value
from bot.slack.revisions import ERASE

_log = structlog.get_logger(__name__)


class Deletion:
    """Deletes transcripts for those who may."""

    def __init__(self, presses: Presses, access: Access, intake: Intake, afterwards: Afterwards, clock: Clock) -> None:
        self._presses = presses
        self._access = access
        self._intake = intake
        self._afterwards = afterwards
        self._clock = clock

    async def pressed(self, me: Identity, body: Json) -> None:
        """The confirmed button of a reply; rights take several questions to Slack, so they come afterwards."""
        self._afterwards.then("delete", self._delete(me, body))

    async def _delete(self, me: Identity, body: Json) -> None:
        job = await self._presses.job(me, body, value(body))
        said = await self._presses.refusal(body, job)
        if not said and job is not None:
            said = await self._not_theirs(person(body), job)
        if said or job is None:
            await self._presses.say(body, said)
            return
        now = self._clock.now()
        facts = {"job": job.id, "user": person(body), "at": f"{now:.3f}"}
        await self._intake.errand(ERASE, key=f"{job.id}:{now:.3f}", ref=job.id, facts=facts)

    async def _not_theirs(self, user_id: str, job: Job) -> str:
        try:
            return "" if await self._access.may_delete(user_id, job) else words.NOT_YOURS
        except StepError as error:
            _log.info("rights_unknown", detail=error.detail)
            return words.TRY_LATER
