"""Pacing what is sent: Slack takes about one message a second in a channel, and a tier's worth of other calls.

Processes that share an installation share its limits: they take their turns from rows of the database, all that wait at
one moment in one statement. While the database is away each paces itself.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Protocol

import structlog

from bot.domain.errors import StoreError
from bot.ports.clock import Clock

POST_SECONDS = 1.0  # chat.postMessage: "1 message per second per channel" (docs.slack.dev, rate limits)
TIER_2_SECONDS = 3.0  # reactions.remove: 20 a minute and workspace
TIER_3_SECONDS = 1.2  # chat.update, chat.delete, reactions.add: 50 a minute and workspace
_LONGEST = 600.0  # no honest queue or Retry-After is longer; a larger gap means that the clock was set back

_log = structlog.get_logger(__name__)

_Turn = tuple[float, "asyncio.Future[float]"]  # the seconds it takes, and where it begins (Unix seconds)


class SharedPace(Protocol):
    """The rows that processes share (see `bot.ports.store.Paces`)."""

    async def reserve_pace(self, wanted: Mapping[str, float], now: float) -> Mapping[str, float]:
        """Take as many seconds of each key as are wanted; when those of each key begin."""
        ...

    async def hold_pace(self, key: str, until: float) -> None:
        """No further call of this key before `until`."""
        ...


class RequestPacing:
    """Keeps the calls of one key apart. Messages of a channel have the channel's id as key."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._free_at: dict[str, float] = {}
        self._shared: SharedPace | None = None
        self._scope = ""
        self._waiting: dict[str, list[_Turn]] = defaultdict(list)
        self._holds: dict[str, float] = {}
        self._asking: asyncio.Task[None] | None = None

    def share(self, rows: SharedPace, scope: str) -> None:
        """Take turns together with other processes. `scope` is the workspace that the limits of methods belong to."""
        self._shared, self._scope = rows, scope

    def of(self, scope: str) -> "RequestPacing":
        """The pacing of another workspace, with its own limits; shared as this one is."""
        found = RequestPacing(self._clock)
        if self._shared is not None:
            found.share(self._shared, scope)
        return found

    def free_in(self, key: str) -> float:
        """Seconds until a call would not have to wait, as far as this process knows."""
        wait = self._free_at.get(key, 0.0) - self._clock.now()
        return wait if 0.0 < wait <= _LONGEST else 0.0

    async def turn(self, key: str, seconds: float = POST_SECONDS) -> None:
        """Wait for one's turn; turns come in the order they were asked for, `seconds` apart."""
        if self._shared is None:
            wait = self._next(key, seconds)
        else:
            wait = await self._reserved(key, seconds) - self._clock.now()
        if wait > 0:
            await self._clock.sleep(wait)

    def hold(self, key: str, seconds: float) -> None:
        """Slack asked for a pause of this key."""
        until = self._clock.now() + max(self.free_in(key), min(seconds, _LONGEST))
        self._free_at[key] = until
        if self._shared is not None:
            self._holds[key] = until
            self._ask(self._shared)

    def _next(self, key: str, seconds: float) -> float:
        wait = self.free_in(key)
        self._free_at[key] = self._clock.now() + wait + seconds
        if len(self._free_at) > 4096:
            self._forget()
        return wait

    async def _reserved(self, key: str, seconds: float) -> float:
        turn: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting[key].append((seconds, turn))
        if self._shared is not None:
            self._ask(self._shared)
        return await turn

    def _ask(self, rows: SharedPace) -> None:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._reserve(rows), name="turns at Slack")

    async def _reserve(self, rows: SharedPace) -> None:
        """Take turns for all who wait, until nobody does. Who asks meanwhile is in the next statement."""
        while self._holds or self._waiting:
            holds, self._holds = self._holds, {}
            batch, self._waiting = self._waiting, defaultdict(list)
            wanted = {self._scope + key: sum(seconds for seconds, _ in turns) for key, turns in batch.items()}
            begins: Mapping[str, float] = {}
            try:
                for key, until in holds.items():
                    await rows.hold_pace(self._scope + key, until)
                if batch:
                    begins = await rows.reserve_pace(wanted, self._clock.now())
            except StoreError:
                pass  # each goes by what this process knows
            except Exception:  # a bug must keep nobody waiting for good; it is reported with its traceback
                _log.exception("turns_not_shared")
            for key, turns in batch.items():
                at = begins.get(self._scope + key)
                for seconds, turn in turns:
                    begin = self._clock.now() + self._next(key, seconds) if at is None else at
                    if at is not None:
                        at += seconds
                        self._free_at[key] = max(self._free_at.get(key, 0.0), at)
                    if not turn.done():
                        turn.set_result(begin)
            if len(self._free_at) > 4096:
                self._forget()

    def _forget(self) -> None:
        now = self._clock.now()
        self._free_at = {key: at for key, at in self._free_at.items() if at > now}
