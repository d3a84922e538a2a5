"""Lists of recordings, a page at a time; the buttons below a page bring the next one in its place."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.job import FINAL, Job, State
from bot.ports.store import JobFilter, JobStore
from bot.slack.api.identity import Identity
from bot.slack.api.payloads import Json, as_object, integer, number, text
from bot.slack.blockkit.blocks import Block, Message, actions, button, context, section
from bot.slack.command import texts as words
from bot.slack.command.job_lines import job_lines, sections
from bot.slack.people.visibility import VisibleChannels
from bot.text.phrases import Phrases

LIST_OLDER = "list_older"
LIST_NEWEST = "list_newest"
LISTS = ("mine", "channel", "failed")
UNFINISHED = tuple(state for state in State if state not in FINAL)
PAGE = 10
_READ_AT_ONCE = 50
_ROUNDS = 10  # of reading, so that one answer stays quick even for who has left most conversations


@dataclass
class Lists:
    """Finds the recordings that a person may see."""

    store: JobStore

    async def page(
        self,
        me: Identity,
        visible: VisibleChannels,
        which: str,
        phrases: Phrases,
        before: float | None = None,
        seen: int = 0,
    ) -> Message:
        """A page of one of `LISTS`, below `before` (Unix seconds); `seen` are shown already. Raises `StepError`s."""
        if which == "channel" and not visible.can_see_here:
            said = phrases.say(words.LIST_NOT_HERE)
            return Message(said, [section(said)])
        jobs, further = await self.some(visible, _queries(me, visible, which), before, PAGE)
        heading = phrases.say(words.LISTS[which])
        if not jobs and not seen:
            return Message(heading, [section(f"*{heading}*"), context(phrases.say(words.NONE_LISTED[which]))])
        blocks: list[Block] = [section(f"*{heading}*"), *sections(await self.lines(me, jobs, phrases))]
        if seen or further is not None:
            blocks.append(context(words.PAGE.format(first=seen + 1, last=seen + len(jobs))))
            blocks.append(_buttons(which, further, seen + len(jobs), seen > 0, phrases))
        return Message(heading, blocks)

    async def lines(self, me: Identity, jobs: Sequence[Job], phrases: Phrases) -> list[str]:
        """A line for each job, with the title of its transcript. Raises `StoreError`."""
        done = [job.id for job in jobs if job.state is State.DONE]
        found = {job_id: await self.store.transcript(job_id) for job_id in done}
        transcripts = {job_id: transcript for job_id, transcript in found.items() if transcript is not None}
        return job_lines(me, jobs, transcripts, phrases)

    async def some(
        self, visible: VisibleChannels, queries: Sequence[JobFilter], before: float | None, count: int
    ) -> tuple[list[Job], float | None]:
        """The newest jobs of several queries that may be seen, and where to go on (None: there are no more)."""
        found: list[Job] = []
        for _ in range(_ROUNDS):
            batch: dict[str, Job] = {}
            whole = True
            for query in queries:
                page = await self.store.jobs(_from(query, before))
                batch.update((job.id, job) for job in page)
                whole = whole and len(page) < _READ_AT_ONCE
            newest = sorted(batch.values(), key=lambda job: job.created_at, reverse=True)[:_READ_AT_ONCE]
            for job in newest:
                if await visible.sees(job):
                    if len(found) == count:
                        return found, found[-1].created_at
                    found.append(job)
                before = job.created_at
            if not newest or (whole and len(newest) == len(batch)):
                return found, None
        return found, before


def turned(value: str) -> tuple[str, float | None, int]:
    """Which list a pressed button asks for, below which time, and how many were shown."""
    try:
        asked: Json = as_object(json.loads(value))
    except ValueError:
        asked = {}
    which = text(asked, "list")
    before = number(asked, "before") or None
    return which if which in LISTS else "mine", before, integer(asked, "seen")


def _queries(me: Identity, visible: VisibleChannels, which: str) -> list[JobFilter]:
    if which == "channel":
        return [JobFilter(me.team_id, channel_ids=(visible.here,))]
    if which == "failed":
        own = JobFilter(me.team_id, user_id=visible.user_id, states=(State.FAILED,))
        shared = JobFilter(me.team_id, channel_ids=tuple(sorted(visible.channels)), states=(State.FAILED,))
        return [own, shared] if visible.channels else [own]
    return [JobFilter(me.team_id, user_id=visible.user_id)]


def _from(query: JobFilter, before: float | None) -> JobFilter:
    return JobFilter(query.team_id, query.channel_ids, query.user_id, query.states, limit=_READ_AT_ONCE, before=before)


def _buttons(which: str, further: float | None, seen: int, later: bool, phrases: Phrases) -> Block:
    shown = []
    if further is not None:
        value = json.dumps({"list": which, "before": further, "seen": seen})
        shown.append(button(phrases.say(words.OLDER), LIST_OLDER, value))
    if later:
        shown.append(button(phrases.say(words.NEWEST), LIST_NEWEST, json.dumps({"list": which})))
    return actions("list", *shown)
