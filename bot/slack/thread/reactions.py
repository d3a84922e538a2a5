"""The emoji reaction that shows the progress of a message with recordings: seen, done, failed.

Slack takes fifty reactions a minute, so they have a loop of their own: no status line waits for them, and a message
that is answered before its turn gets only the last one.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

import structlog

from bot.domain.errors import RateLimited, StepError, Transient
from bot.domain.job import Job
from bot.ports.clock import Clock
from bot.slack.api.client import SlackClient, SlackRefusal
from bot.slack.api.methods import Method

SEEN, DONE, FAILED = "eyes", "white_check_mark", "warning"
NONE = ""  # what was cancelled has no reaction: nothing is there to look at
TOO_LATE_SECONDS = 60.0  # "seen" says nothing any more
RETRY_SECONDS = 10.0
REMEMBERED = 4096  # messages

_log = structlog.get_logger(__name__)

Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The reaction a message should have, since when, and whether an earlier process may have left another one."""

    name: str
    since: float
    old: bool


class Reactions:
    """One reaction of ours on a message at a time. `run` must be running for any to be set."""

    def __init__(self, client: SlackClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._started = clock.now()
        self._wanted: dict[Place, Wanted] = {}
        self._set: OrderedDict[Place, str] = OrderedDict()
        self._bell = asyncio.Event()

    def show(self, job: Job, name: str) -> None:
        """Have the job's message carry this reaction soon, in place of the one before."""
        origin = job.origin
        place = (origin.channel_id, origin.message_ts)
        self._wanted[place] = Wanted(name, self._clock.now(), job.created_at < self._started)
        self._bell.set()

    async def run(self) -> None:
        """Set what is wanted, in the order it was asked for, until cancelled."""
        while True:
            self._bell.clear()
            while self._wanted:
                await self._next()
            await self._bell.wait()

    async def _next(self) -> None:
        place = next(iter(self._wanted))
        wanted = self._wanted.pop(place)
        waited = self._clock.now() - wanted.since + self._client.pace.free_in(Method.REACT.value.name)
        if wanted.name == SEEN and waited > TOO_LATE_SECONDS:
            return
        try:
            await self._change(place, wanted)
        except Transient as error:
            self._wanted.setdefault(place, wanted)
            pause = error.retry_after if isinstance(error, RateLimited) else error.after or RETRY_SECONDS
            await self._clock.sleep(pause)
        except StepError as error:
            _log.info("reaction_failed", detail=error.detail)

    async def _change(self, place: Place, wanted: Wanted) -> None:
        before = self._set.get(place, SEEN if wanted.old else "")
        if self._set.get(place) == wanted.name:
            return
        if before and before != wanted.name:
            await self._react(Method.UNREACT, place, before)
        if wanted.name != NONE:
            await self._react(Method.REACT, place, wanted.name)
        self._set[place] = wanted.name
        self._set.move_to_end(place)
        if len(self._set) > REMEMBERED:
            self._set.popitem(last=False)

    async def _react(self, method: Method, place: Place, name: str) -> None:
        channel, ts = place
        try:
            await self._client.call(method, channel=channel, timestamp=ts, name=name)
        except SlackRefusal as refusal:  # already there, not there, or the message is gone: all the same to us
            _log.debug("reaction_refused", code=refusal.code)
