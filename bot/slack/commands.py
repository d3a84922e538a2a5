"""`/transcribe`: help, status, list, retry, cancel. Answers are ephemeral and show nothing the asker cannot see."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.domain.errors import StepError, StoreError
from bot.domain.job import FINAL, Job, State
from bot.domain.machine import Parked, stage_of
from bot.ports.clock import Clock
from bot.ports.store import JobFilter, JobStore
from bot.slack import words
from bot.slack.access import Access
from bot.slack.blocks import Message
from bot.slack.client import SlackClient
from bot.slack.fields import Json, text
from bot.slack.identity import Identity, WhoAmI
from bot.slack.listing import job_lines, listed, timeline
from bot.slack.render import answer
from bot.slack.restarts import restart

KNOWN = ("help", "status", "list", "retry", "cancel")
LISTS = ("mine", "channel", "failed")
UNFINISHED = tuple(state for state in State if state not in FINAL)
SHOWN = 15


@dataclass(frozen=True, slots=True)
class Asked:
    """One use of the command: by whom, where, and what followed it."""

    user_id: str
    channel_id: str
    arguments: tuple[str, ...]

    @property
    def job_id(self) -> str:
        """The job that was named, as people type it."""
        return self.arguments[1].strip("`<>").lower() if len(self.arguments) > 1 else ""


class Commands:
    """Answers the slash command."""

    def __init__(
        self,
        store: JobStore,
        client: SlackClient,
        who: WhoAmI,
        access: Access,
        clock: Clock,
        ring: Callable[[str], None],
    ) -> None:
        self._store = store
        self._client = client
        self._who = who
        self._access = access
        self._clock = clock
        self._ring = ring

    async def handle(self, body: Json) -> None:
        """Answer through the command's `response_url`."""
        asked = Asked(text(body, "user_id"), text(body, "channel_id"), tuple(text(body, "text").split()))
        try:
            message = await self.answer(asked)
        except StoreError:
            message = answer(words.UNAVAILABLE)
        except StepError:
            message = answer(words.SLACK_ASKED)
        await self._client.respond(
            text(body, "response_url"),
            {"response_type": "ephemeral", "text": message.text, "blocks": message.blocks},
        )

    async def answer(self, asked: Asked) -> Message:
        """What the person is told. Raises `StepError`s and `StoreError`s."""
        me = await self._who.me()
        word = asked.arguments[0].lower() if asked.arguments else "help"
        match word:
            case "help":
                return answer(words.HELP)
            case "status":
                return await (self._timeline(me, asked) if asked.job_id else self._standing(me, asked))
            case "list":
                return await self._list(me, asked)
            case "retry":
                return await self._retry(me, asked)
            case "cancel":
                return await self._cancel(me, asked)
        close = difflib.get_close_matches(word, KNOWN, n=1, cutoff=0.5)
        return answer(words.nearest(clean_word(word), close[0] if close else ""))

    async def _named(self, me: Identity, asked: Asked) -> Job | None:
        job = await self._store.job(asked.job_id)
        if job is None or job.origin.team_id != me.team_id:
            return None
        return job if await self._access.sees(asked.user_id, job, asked.channel_id) else None

    def _unknown(self, asked: Asked) -> Message:
        return answer(words.NO_SUCH_JOB.format(job=clean_word(asked.job_id)))

    async def _timeline(self, me: Identity, asked: Asked) -> Message:
        job = await self._named(me, asked)
        if job is None:
            return self._unknown(asked)
        ahead = await self._store.ahead_of(job) if job.state in (State.RECEIVED, State.SUBMITTING) else 0
        return timeline(me, job, await self._store.events(job.id), ahead)

    async def _standing(self, me: Identity, asked: Asked) -> Message:
        mine = await self._visible(me, asked, JobFilter(me.team_id, user_id=asked.user_id, states=UNFINISHED, limit=50))
        if mine:
            return listed(words.UNDER_WAY, job_lines(me, mine[:SHOWN]), len(mine) > SHOWN)
        last = await self._visible(me, asked, JobFilter(me.team_id, user_id=asked.user_id, limit=20))
        return listed(words.NONE_UNDER_WAY, job_lines(me, last[:3]), False)

    async def _list(self, me: Identity, asked: Asked) -> Message:
        which = asked.arguments[1].lower() if len(asked.arguments) > 1 else "mine"
        if which not in LISTS:
            close = difflib.get_close_matches(which, LISTS, n=1, cutoff=0.4)
            return answer(words.nearest(clean_word(f"list {which}"), f"list {close[0]}" if close else ""))
        if which == "channel":
            query = JobFilter(me.team_id, channel_ids=(asked.channel_id,), limit=SHOWN + 1)
        elif which == "failed":
            channels = {*await self._access.channels(asked.user_id), asked.channel_id}
            query = JobFilter(me.team_id, channel_ids=tuple(sorted(channels)), states=(State.FAILED,), limit=SHOWN + 1)
        else:
            query = JobFilter(me.team_id, user_id=asked.user_id, limit=50)
        found = await self._visible(me, asked, query)
        return listed(words.LISTS[which], job_lines(me, found[:SHOWN]), len(found) > SHOWN)

    async def _visible(self, me: Identity, asked: Asked, query: JobFilter) -> Sequence[Job]:
        """The jobs of a query that the asker may see; each conversation is asked for once."""
        seen: dict[tuple[str, str], bool] = {}
        found = []
        for job in await self._store.jobs(query):
            place = (job.origin.channel_id, job.origin.user_id)
            if place not in seen:
                seen[place] = await self._access.sees(asked.user_id, job, asked.channel_id)
            if seen[place]:
                found.append(job)
        return found

    async def _last(self, me: Identity, asked: Asked, states: tuple[State, ...]) -> Job | None:
        query = JobFilter(me.team_id, channel_ids=(asked.channel_id,), user_id=asked.user_id, states=states, limit=1)
        return next(iter(await self._store.jobs(query)), None)

    async def _retry(self, me: Identity, asked: Asked) -> Message:
        if asked.job_id:
            job = await self._named(me, asked)
            if job is None:
                return self._unknown(asked)
        else:
            job = await self._last(me, asked, (State.FAILED, State.CANCELLED))
            if job is None:
                return answer(words.NOTHING_TO_RETRY)
        if await restart(self._store, job, self._clock.now(), self._ring) is None:
            said = words.ALREADY_DONE if job.state is State.DONE else words.CANNOT_RETRY
            return answer(said.format(job=job.id, link=me.link(job.origin.channel_id, job.origin.thread_ts)))
        return answer(words.RETRIED.format(job=job.id))

    async def _cancel(self, me: Identity, asked: Asked) -> Message:
        if asked.job_id:
            job = await self._named(me, asked)
            if job is None:
                return self._unknown(asked)
        else:
            job = await self._last(me, asked, UNFINISHED)
            if job is None:
                return answer(words.NOTHING_TO_CANCEL)
        if await self.stop(job, asked.user_id):
            return answer(words.CANCELLING.format(job=job.id))
        return answer(words.CANNOT_CANCEL.format(job=job.id))

    async def stop(self, job: Job, user_id: str) -> bool:
        """Have a job cancelled; False if it is over already."""
        now = self._clock.now()
        stage = stage_of(job)
        if isinstance(stage, Parked):
            moved = await self._store.apply(stage.cancel(now))
            self._ring(moved.lane)
            return True
        if not await self._store.ask_cancel(job.id, user_id, now):
            return False
        self._ring(job.lane)
        return True


def clean_word(word: str) -> str:
    """What a person typed, short and without marks, to be shown back in code style."""
    return "".join(c for c in word if c.isalnum() or c in " -_/")[:40] or "?"
