"""Rate budgets (GCRA) and learnt speed, one durable row per account.

GCRA keeps one time per account, the theoretical arrival of the next call: with `T = 60 / per_minute`, a call may
leave when it would arrive at most `(burst - 1) * T` early, and moves that time by T. Any 60 seconds then hold at
most `60 / T + burst` calls, whatever their phase.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from bot.domain.errors import StoreBusy
from bot.ports.provider import Pace
from storage.engines.transaction import (
    Database,
    Transaction,
    execute,
    integer,
    maybe_number,
    number,
    reads_once,
    writes_once,
)

CLOCK_GRACE = 120.0  # seconds by which the clocks of several servers may differ
LATENCY_SAMPLES = 50
_ATTEMPTS = 12  # to take a call, while other processes take some at the same moment
LATENCY_LEAST = 5
LATENCY_TRIM = 8  # old samples are deleted by one call in this many


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """A budget's row: when the next call is theoretically due, until when it is held, when one was taken last."""

    arrival_at: float = 0.0
    held_until: float = 0.0
    asked_at: float | None = None


def take(standing: BudgetRow, pace: Pace, now: float) -> tuple[BudgetRow, float]:
    """The budget after one call, and a time <= now if it was taken, else when to ask again.

    A clock that went back by more than `CLOCK_GRACE` takes the row's times along, so that it never stays shut for
    longer than it would have.
    """
    gap = 60.0 / pace.per_minute * (1.0 if pace.burst >= 1 else 1.001)
    allowance = max(pace.burst - 1, 0) * gap
    arrival, held, asked = standing.arrival_at, standing.held_until, standing.asked_at
    if asked is not None and asked - now > CLOCK_GRACE:
        back = asked - now
        arrival, held, asked = arrival - back, held - back, now
    if arrival - now > allowance + gap + CLOCK_GRACE:  # a slower pace was set before, or the row was damaged
        arrival = now + allowance + gap
    kept = BudgetRow(arrival, held, now if asked is None else asked)
    free_at = max(arrival - allowance, held)
    if free_at > now:
        return kept, free_at
    return BudgetRow(max(arrival, now) + gap, held, now), now


def fit(samples: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """(a, b), neither negative, of the least-squares line a + b * x through these (x, y)."""
    count = len(samples)
    mean_x = sum(x for x, _ in samples) / count
    mean_y = sum(y for _, y in samples) / count
    spread = sum((x - mean_x) ** 2 for x, _ in samples)
    if spread <= 1e-9 * max(1.0, mean_x**2) * count:
        return max(mean_y, 0.0), 0.0  # all of one length: nothing is known of the slope
    b = sum((x - mean_x) * (y - mean_y) for x, y in samples) / spread
    if b < 0.0:
        return max(mean_y, 0.0), 0.0
    a = mean_y - b * mean_x
    if a < 0.0:
        return 0.0, max(sum(x * y for x, y in samples) / sum(x * x for x, _ in samples), 0.0)
    return a, b


class StoredBudgets:
    """Budgets and latencies."""

    _db: Database
    _reserving: dict[str, asyncio.Lock]  # one call at a time of each account, within this process

    async def reserve(self, account: str, pace: Pace, now: float) -> float:
        """Take one call of the account's budget; committed before this returns.

        Returns a time <= now when it is taken, else when to ask again (nothing is taken then). Nothing is locked in
        the database meanwhile: another process that takes a call at the same moment makes this one try again.
        """
        async with self._reserving.setdefault(account, asyncio.Lock()):
            for attempt in range(_ATTEMPTS):
                row = await self._budget_row(account)
                kept, answer = take(row, pace, now)
                if kept == row or await self._put_budget(account, kept, row):
                    return answer
                pause = random.uniform(0, 0.002 * 2**attempt)  # noqa: S311  # no secret: it parts who collided
                await asyncio.sleep(pause)
        raise StoreBusy(f"Too many processes take calls of the account {account} at once.")

    async def _budget_row(self, account: str) -> BudgetRow:
        row = await self._read_budget(account)
        if row is None:
            await self._open_budget(account)
            row = await self._read_budget(account)
        return row or BudgetRow()

    @reads_once
    def _read_budget(self, account: str) -> Transaction[BudgetRow | None]:
        rows = yield from execute("budget", account=account)
        if not rows:
            return None
        row = rows[0]
        return BudgetRow(number(row, "arrival_at"), number(row, "held_until"), maybe_number(row, "asked_at"))

    @writes_once
    def _open_budget(self, account: str) -> Transaction[None]:
        yield from execute("open_budget", account=account)

    @writes_once
    def _put_budget(self, account: str, kept: BudgetRow, row: BudgetRow) -> Transaction[bool]:
        return bool(
            (
                yield from execute(
                    "put_budget",
                    account=account,
                    arrival_at=kept.arrival_at,
                    held_until=kept.held_until,
                    asked_at=kept.asked_at,
                    was_arrival=row.arrival_at,
                    was_held=row.held_until,
                )
            )
        )

    @writes_once
    def hold(self, account: str, until: float) -> Transaction[None]:
        """Nobody takes from this budget before `until` (a Retry-After)."""
        yield from execute("hold", account=account, until=until)

    async def record_latency(self, account: str, audio_seconds: float, took_seconds: float) -> None:
        """Add one finished job to what is known of an account's speed; impossible numbers are ignored."""
        if not (isfinite(audio_seconds) and isfinite(took_seconds)) or audio_seconds < 0 or took_seconds < 0:
            return
        number = await self._add_latency(account, audio_seconds, took_seconds)
        if number % LATENCY_TRIM == 0:
            await self._trim_latency(account)

    @writes_once
    def _add_latency(self, account: str, audio_seconds: float, took_seconds: float) -> Transaction[int]:
        rows = yield from execute(
            "add_latency", account=account, audio_seconds=audio_seconds, took_seconds=took_seconds
        )
        return integer(rows[0], "id")

    @writes_once
    def _trim_latency(self, account: str) -> Transaction[None]:
        yield from execute("trim_latency", account=account, kept=LATENCY_SAMPLES)

    @reads_once
    def latency(self, account: str) -> Transaction[tuple[float, float] | None]:
        """(a, b) of a + b * seconds of audio, by least squares over recent jobs; None before five of them."""
        rows = yield from execute("latency", account=account, kept=LATENCY_SAMPLES)
        if len(rows) < LATENCY_LEAST:
            return None
        return fit([(number(row, "audio_seconds"), number(row, "took_seconds")) for row in rows])
