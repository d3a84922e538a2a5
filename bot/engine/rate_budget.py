"""Spending a rate budget: calls wait in the order of their importance, and each is committed before it leaves."""

import asyncio
import contextvars
import heapq
import itertools
from dataclasses import dataclass, field

from bot.domain.errors import RateLimited
from bot.ports.clock import Clock
from bot.ports.provider import Pace
from bot.ports.store import Budgets

# The rank of the job whose step is running, set by its lane: a fetch (0) passes a poll (1) passes a submit (2).
step_rank: contextvars.ContextVar[int] = contextvars.ContextVar("step_rank", default=1)

MAX_HOLD = 3600.0  # seconds; a longer one comes of a clock that was set back


@dataclass(slots=True)
class Budget:
    """One account's calls. `spend` returns when the caller may send one request."""

    account: str
    pace: Pace | None
    store: Budgets
    clock: Clock
    spent: int = 0
    waited: int = 0
    _held_until: float = 0.0  # of an account without a pace, which has no row
    _waiting: list[tuple[int, int, asyncio.Future[None]]] = field(default_factory=list)
    _order: "itertools.count[int]" = field(default_factory=itertools.count)
    _pump: asyncio.Task[None] | None = None

    async def spend(self) -> None:
        """Wait for one call; it is on record when this returns. At once for an account without a pace.

        Raises `RateLimited` for one without a pace while it is held: many steps would wait, each in a place of its own.
        """
        if self.pace is None:
            left = self._held_until - self.clock.now()
            if 0 < left <= MAX_HOLD:
                raise RateLimited(f"{self.account}: it asked for a pause, of which {left:.0f} s are left", left)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (step_rank.get(), next(self._order), turn))
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._serve(self.pace), name=f"budget {self.account}")
        await turn

    async def hold(self, seconds: float) -> None:
        """No call for this many seconds, because the service asked for that."""
        until = self.clock.now() + seconds
        if self.pace is None:
            self._held_until = max(self._held_until, until)
        else:
            await self.store.hold(self.account, until)

    async def _serve(self, pace: Pace) -> None:
        while self._waiting:
            try:
                now = self.clock.now()
                free_at = await self.store.reserve(self.account, pace, now)
            except Exception as error:  # the waiting caller gets it; none may hang
                self._next_turn(error)
                continue
            if free_at > now:
                self.waited += 1
                await self.clock.sleep(free_at - now)
                continue
            self.spent += 1
            self._next_turn(None)

    def _next_turn(self, error: Exception | None) -> None:
        while self._waiting:
            turn = heapq.heappop(self._waiting)[2]
            if turn.done():  # its step was cancelled while it stood in line
                continue
            if error is None:
                turn.set_result(None)
            else:
                turn.set_exception(error)
            return

    async def close(self) -> None:
        """Stop serving; callers that still wait are cancelled."""
        if self._pump is not None:
            self._pump.cancel()
        for _, _, turn in self._waiting:
            turn.cancel()
        self._waiting.clear()


@dataclass(slots=True)
class RateBudgets:
    """The budgets of all accounts, by account."""

    store: Budgets
    clock: Clock
    opened: dict[str, Budget] = field(default_factory=dict)

    def open(self, account: str, pace: Pace | None) -> None:
        """Pace an account's calls from now on."""
        self.opened[account] = Budget(account, pace, self.store, self.clock)

    def of(self, account: str) -> Budget:
        """An account's budget; one without a pace if none was opened."""
        return self.opened.get(account) or Budget(account, None, self.store, self.clock)

    async def spend(self, account: str) -> None:
        """Wait until one call of this account may leave."""
        await self.opened[account].spend()
